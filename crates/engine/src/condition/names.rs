//! What people call the things that conditions refer to by their ids.

use std::collections::{BTreeMap, BTreeSet};

use crate::playbook::{Ladder, Playbook, Stage};
use crate::vocabulary::spoken::Declared;

/// Names by id. Where it has none, the id stands in; where a name could be taken for another's, too: what differs is
/// called differently. `Names::default()` knows ids alone.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Names {
    scores: ById,
    ladders: ById,
    /// By ladder.
    stages: BTreeMap<String, ById>,
    /// The stages, with their ladders, whose names are those of no other ladder's stage.
    lone_stages: BTreeSet<(String, String)>,
    segments: ById,
    topics: ById,
    subscriptions: ById,
    emails: ById,
    sequences: ById,
}

/// Every declared id with what it is called.
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
            lone_stages: lone_stages(playbook),
            segments: ById::of(playbook.segments.iter().map(|segment| (&segment.id, &segment.name))),
            topics: ById::of(playbook.topics.iter().map(|topic| (&topic.id, &topic.name))),
            subscriptions: ById::of(
                playbook.subscriptions.iter().map(|subscription| (&subscription.id, &subscription.name)),
            ),
            emails: ById::of(playbook.emails.iter().map(|email| (&email.id, &email.name))),
            sequences: ById::of(playbook.sequences.iter().map(|sequence| (&sequence.id, &sequence.name))),
        }
    }

    /// These names, and those that an earlier playbook had for what is not declared any more.
    pub fn with_earlier(mut self, earlier: Names) -> Names {
        self.scores.complete(earlier.scores);
        self.ladders.complete(earlier.ladders);
        for (ladder, stages) in earlier.stages {
            self.stages.entry(ladder).or_default().complete(stages);
        }
        self.segments.complete(earlier.segments);
        self.topics.complete(earlier.topics);
        self.subscriptions.complete(earlier.subscriptions);
        self.emails.complete(earlier.emails);
        self.sequences.complete(earlier.sequences);
        self
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

    /// What a stage is called where it is named without its ladder, as e-mails do; its id, where ladders call it differently.
    pub(crate) fn stage_of_any<'a>(&'a self, id: &'a str) -> &'a str {
        let called: BTreeSet<&str> =
            self.stages.values().filter_map(|stages| stages.0.get(id)).map(String::as_str).collect();
        match called.first() {
            Some(&name) if called.len() == 1 => name,
            _ => id,
        }
    }

    /// Whether people know which stage is meant without its ladder.
    pub(crate) fn is_lone_stage(&self, ladder: &str, id: &str) -> bool {
        self.lone_stages.contains(&(ladder.to_string(), id.to_string()))
    }

    pub fn segment<'a>(&'a self, id: &'a str) -> &'a str {
        self.segments.name(id)
    }

    /// `None`: it is not declared.
    pub(crate) fn declared<'a>(&'a self, what: Declared, id: &str) -> Option<&'a str> {
        let things = match what {
            Declared::Topic => &self.topics,
            Declared::Email => &self.emails,
        };
        things.0.get(id).map(String::as_str)
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
        let named = things.map(|(id, name)| (id.clone(), name.as_ref().filter(own).unwrap_or(id).clone()));
        ById(named.collect())
    }

    /// Adds what is called otherwise than everything here.
    fn complete(&mut self, earlier: ById) {
        let taken: BTreeSet<String> = self.0.iter().flat_map(|(id, name)| [alike(id), alike(name)]).collect();
        for (id, name) in earlier.0 {
            if !taken.contains(&alike(&name)) {
                self.0.entry(id).or_insert(name);
            }
        }
    }

    fn name<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.get(id).map_or(id, String::as_str)
    }
}

fn lone_stages(playbook: &Playbook) -> BTreeSet<(String, String)> {
    let called = |stage: &Stage| [alike(&stage.id), alike(stage.name.as_ref().unwrap_or(&stage.id))];
    let mut ladders: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for ladder in &playbook.ladders {
        for name in ladder.stages.iter().flat_map(called) {
            ladders.entry(name).or_default().insert(&ladder.id);
        }
    }
    let is_lone = |stage: &&Stage| called(stage).iter().all(|name| ladders.get(name).is_some_and(|of| of.len() == 1));
    let of_ladder = |ladder: &Ladder| {
        let lone = ladder.stages.iter().filter(is_lone);
        lone.map(|stage| (ladder.id.clone(), stage.id.clone())).collect::<Vec<_>>()
    };
    playbook.ladders.iter().flat_map(of_ladder).collect()
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

    #[test]
    fn what_is_gone_keeps_its_name_unless_something_else_has_it_now() {
        let names = |things: &[(&str, &str)]| {
            let things: Vec<_> = things.iter().map(|(id, name)| (id.to_string(), Some(name.to_string()))).collect();
            ById::of(things.iter().map(|(id, name)| (id, name)))
        };
        let mut now = names(&[("hot", "Hot leads"), ("new", "Trial users")]);
        now.complete(names(&[("hot", "Warm"), ("trial", "Trial Users"), ("idle", "Idle leads")]));
        for (id, name) in [("hot", "Hot leads"), ("new", "Trial users"), ("trial", "trial"), ("idle", "Idle leads")] {
            assert_eq!(now.name(id), name);
        }
    }
}
