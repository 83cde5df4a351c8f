//! The keys of places: of the stages and segments that leads are in.

use std::fmt;

use crate::error::{Error, Kind};
use crate::value::{Row, Value};

/// A stage or a segment, as tables and lists name it: `stage:LADDER:STAGE` or `segment:ID`.
///
/// ```
/// use attractor_store::PlaceKey;
///
/// let hot = PlaceKey::stage("temperature", "hot");
/// assert_eq!(hot.to_string(), "stage:temperature:hot");
/// assert_eq!(PlaceKey::parse("stage:temperature:hot"), Some(hot));
/// assert_eq!(PlaceKey::parse("stage:temperature"), None);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceKey {
    Stage { ladder: String, stage: String },
    Segment(String),
}

/// Stages, or segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlaceKind {
    Stage,
    Segment,
}

impl PlaceKind {
    /// How the keys of all its places begin.
    const fn beginning(self) -> &'static str {
        match self {
            PlaceKind::Stage => "stage:",
            PlaceKind::Segment => "segment:",
        }
    }

    /// The keys of all its places are from the first text on and before the second one.
    pub(crate) fn range(self) -> (String, String) {
        let beginning = self.beginning();
        (beginning.to_owned(), format!("{beginning}\u{10ffff}"))
    }
}

impl PlaceKey {
    /// The key of a stage; neither id has a colon in it.
    pub fn stage(ladder: impl Into<String>, stage: impl Into<String>) -> PlaceKey {
        PlaceKey::Stage { ladder: ladder.into(), stage: stage.into() }
    }

    /// The key of a segment, whose id has no colon in it.
    pub fn segment(id: impl Into<String>) -> PlaceKey {
        PlaceKey::Segment(id.into())
    }

    /// The place with this key; `None` where the text is not a key of a place.
    pub fn parse(text: &str) -> Option<PlaceKey> {
        let is_id = |text: &str| !text.is_empty() && !text.contains(':');
        if let Some(id) = text.strip_prefix(PlaceKind::Segment.beginning()) {
            return is_id(id).then(|| PlaceKey::segment(id));
        }
        let (ladder, stage) = text.strip_prefix(PlaceKind::Stage.beginning())?.split_once(':')?;
        (is_id(ladder) && is_id(stage)).then(|| PlaceKey::stage(ladder, stage))
    }

    /// The keys of all stages of a ladder are behind the first text and before the second one.
    pub(crate) fn range_of_ladder(ladder: &str) -> (String, String) {
        let beginning = PlaceKind::Stage.beginning();
        // `;` is the character behind `:`.
        (format!("{beginning}{ladder}:"), format!("{beginning}{ladder};"))
    }

    pub(crate) fn read(row: &Row, place: usize) -> Result<PlaceKey, Error> {
        let text = row.text(place)?;
        PlaceKey::parse(text)
            .ok_or_else(|| Error::new(Kind::Other, format!("the database gave `{text}` as the key of a place")))
    }
}

impl From<&PlaceKey> for Value<'_> {
    fn from(key: &PlaceKey) -> Self {
        key.to_string().into()
    }
}

/// As it is stored, and as lists are asked for it.
impl fmt::Display for PlaceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PlaceKey::Stage { ladder, stage } => write!(f, "{}{ladder}:{stage}", PlaceKind::Stage.beginning()),
            PlaceKey::Segment(id) => write!(f, "{}{id}", PlaceKind::Segment.beginning()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_as_it_is_written() {
        let keys = [
            (PlaceKey::stage("temperature", "hot"), "stage:temperature:hot"),
            (PlaceKey::stage("segment", "stage"), "stage:segment:stage"),
            (PlaceKey::segment("trial-users_2"), "segment:trial-users_2"),
            (PlaceKey::segment("stage"), "segment:stage"),
        ];
        for (key, text) in keys {
            assert_eq!(key.to_string(), text);
            assert_eq!(PlaceKey::parse(text), Some(key));
        }
    }

    #[test]
    fn a_text_that_is_not_a_key_is_not_read() {
        let wrong =
            ["", "hot", "segment:", "segment:a:b", "stage:a", "stage:a:", "stage::b", "stage:a:b:c", "Segment:a"];
        for text in wrong {
            assert_eq!(PlaceKey::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn ranges_hold_the_places_of_their_kind_and_ladder() {
        let (hot, other, trial) =
            (PlaceKey::stage("l", "hot"), PlaceKey::stage("l-2", "hot"), PlaceKey::segment("trial"));
        let holds = |(from, to): (String, String), key: &PlaceKey| from <= key.to_string() && key.to_string() < to;
        let of_all = |key: &PlaceKey| [PlaceKind::Stage, PlaceKind::Segment].map(|kind| holds(kind.range(), key));
        assert_eq!((of_all(&hot), of_all(&trial)), ([true, false], [false, true]));
        let of_ladder = [&hot, &other, &trial].map(|key| holds(PlaceKey::range_of_ladder("l"), key));
        assert_eq!(of_ladder, [true, false, false]);
    }
}
