//! What people call the things that conditions refer to by their ids.

use std::collections::BTreeMap;

use crate::playbook::Playbook;

/// Names by id. Where it has none, the id stands in; where a name could be taken for another's, too: what differs is
/// called differently. `Names::default()` knows ids alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    scores: ById,
    ladders: ById,
    /// By ladder.
    stages: BTreeMap<String, ById>,
    segments: ById,
    topics: ById,
    subscriptions: ById,
    emails: ById,
    sequences: ById,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct ById(BTreeMap<String, String>);

impl Names {
    pub fn of(playbook: &Playbook) -> Names {
        let stages = playbook
            .ladders
            .iter()
            .map(|ladder| (ladder.id.clone(), ById::of(ladder.stages.iter().map(|stage| (&stage.id, &stage.name)))));
        Names {
            scores: ById::of(playbook.scores.iter().map(|score| (&score.id, &score.name))),
            ladders: ById::of(playbook.ladders.iter().map(|ladder| (&ladder.id, &ladder.name))),
            stages: stages.collect(),
            segments: ById::of(playbook.segments.iter().map(|segment| (&segment.id, &segment.name))),
            topics: ById::of(playbook.topics.iter().map(|topic| (&topic.id, &topic.name))),
            subscriptions: ById::of(
                playbook.subscriptions.iter().map(|subscription| (&subscription.id, &subscription.name)),
            ),
            emails: ById::of(playbook.emails.iter().map(|email| (&email.id, &email.name))),
            sequences: ById::of(playbook.sequences.iter().map(|sequence| (&sequence.id, &sequence.name))),
        }
    }

    pub fn score<'a>(&'a self, id: &'a str) -> &'a str {
        self.scores.name(id)
    }

    pub fn ladder<'a>(&'a self, id: &'a str) -> &'a str {
        self.ladders.name(id)
    }

    pub fn stage<'a>(&'a self, ladder: &str, id: &'a str) -> &'a str {
        self.stages.get(ladder).map_or(id, |stages| stages.name(id))
    }

    pub fn segment<'a>(&'a self, id: &'a str) -> &'a str {
        self.segments.name(id)
    }

    pub fn topic<'a>(&'a self, id: &'a str) -> &'a str {
        self.topics.name(id)
    }

    pub fn subscription<'a>(&'a self, id: &'a str) -> &'a str {
        self.subscriptions.name(id)
    }

    pub fn email<'a>(&'a self, id: &'a str) -> &'a str {
        self.emails.name(id)
    }

    pub fn sequence<'a>(&'a self, id: &'a str) -> &'a str {
        self.sequences.name(id)
    }
}

impl ById {
    fn of<'a>(things: impl Iterator<Item = (&'a String, &'a Option<String>)> + Clone) -> ById {
        let mut called: BTreeMap<String, usize> = BTreeMap::new();
        for (id, name) in things.clone() {
            *called.entry(alike(id)).or_default() += 1;
            if let Some(name) = name.as_ref().filter(|name| alike(name) != alike(id)) {
                *called.entry(alike(name)).or_default() += 1;
            }
        }
        let own = |name: &&String| called.get(&alike(name)) == Some(&1);
        let named = things.filter_map(|(id, name)| Some((id.clone(), name.as_ref().filter(own)?.clone())));
        ById(named.collect())
    }

    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.get(id).map_or(id, String::as_str)
    }
}

/// Names that differ in case or blanks alone are the same to people.
fn alike(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_another_could_be_meant_by_gives_way_to_the_id() {
        let things = [
            ("hot", None),
            ("warm", Some("HOT")),
            ("shirts", Some("Shirts")),
            ("a", Some("Same name")),
            ("b", Some("same  name")),
            ("c", Some("Its own")),
        ];
        let things: Vec<(String, Option<String>)> =
            things.iter().map(|(id, name)| (id.to_string(), name.map(str::to_string))).collect();
        let names = ById::of(things.iter().map(|(id, name)| (id, name)));
        let called: Vec<&str> = things.iter().map(|(id, _)| names.name(id)).collect();
        assert_eq!(called, ["hot", "warm", "Shirts", "a", "b", "Its own"]);
        assert_eq!(names.name("unheard-of"), "unheard-of");
    }
}
