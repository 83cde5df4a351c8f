//! What `If-Match` names: a state of the draft, and the version in force beside it, so that who has not seen the newest
//! version changes nothing of it.

use std::fmt;
use std::str::FromStr;

use attractor_store::{DraftNumber, VersionNumber};

use crate::refusal::Refusal;

/// A state of the draft as somebody has seen it: `7.3` is the draft's number 7 beside version 3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DraftTag {
    pub draft: DraftNumber,
    pub in_force: VersionNumber,
}

impl fmt::Display for DraftTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.draft, self.in_force)
    }
}

impl FromStr for DraftTag {
    type Err = ();

    fn from_str(text: &str) -> Result<DraftTag, ()> {
        let (draft, in_force) = text.split_once('.').ok_or(())?;
        Ok(DraftTag { draft: draft.parse().map_err(drop)?, in_force: in_force.parse().map_err(drop)? })
    }
}

/// Which state of the draft somebody wants to change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Whatever it is.
    Any,
    Tag(DraftTag),
}

impl Expected {
    /// An error where the draft is in another state.
    pub(super) fn demand(self, now: DraftTag) -> Result<(), Refusal> {
        let Expected::Tag(seen) = self else { return Ok(()) };
        let why = match (seen.draft == now.draft, seen.in_force == now.in_force) {
            (true, true) => return Ok(()),
            (false, _) => "the draft has changed since you read it".to_owned(),
            (true, false) => format!("version {} has come in force since you read the draft", now.in_force),
        };
        Err(Refusal::Stale(format!(
            "{why}; read it again (GET /api/playbook/draft), and send the new `ETag` as `If-Match`"
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_reads_as_it_prints() {
        let tag = DraftTag { draft: DraftNumber(7), in_force: VersionNumber(3) };
        assert_eq!((tag.to_string().as_str(), "7.3".parse()), ("7.3", Ok(tag)));
        for text in ["", "7", "7.", ".3", "7.3.1", "a.b"] {
            assert_eq!(text.parse::<DraftTag>(), Err(()), "{text}");
        }
    }

    #[test]
    fn another_state_is_refused_with_what_changed() {
        let tag = |draft, in_force| DraftTag { draft: DraftNumber(draft), in_force: VersionNumber(in_force) };
        assert!(Expected::Any.demand(tag(1, 1)).is_ok());
        assert!(Expected::Tag(tag(1, 1)).demand(tag(1, 1)).is_ok());
        let why = |seen| match Expected::Tag(seen).demand(tag(2, 2)) {
            Err(Refusal::Stale(why)) => why,
            other => panic!("{other:?}"),
        };
        assert!(why(tag(1, 2)).starts_with("the draft has changed since you read it; read it again"));
        assert!(why(tag(2, 1)).starts_with("version 2 has come in force"));
    }
}
