//! Where the library has nothing left: people who have read everything that fits, by their primary interest and stage.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::choose::{Reader, choose};
use crate::playbook::Playbook;

/// People by their primary interest and their stage on the ladder of the cadence, and for how many of them [`choose`] finds
/// nothing. Whether they may be written to is not asked: that is no reason to write another piece.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps(BTreeMap<(String, Option<String>), Counts>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    of: u64,
    waiting: u64,
    unserved: u64,
}

/// A primary interest and a stage with people for whom nothing is left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The id of the topic.
    pub topic: String,
    /// The id of the stage; `None` where the playbook has no cadence, or the person is not on its ladder.
    pub stage: Option<String>,
    /// People for whom nothing is left.
    pub waiting: u64,
    /// Those of them for whom nothing would fit if they had read nothing.
    pub unserved: u64,
    /// All people with this primary interest in this stage.
    pub of: u64,
}

impl Gaps {
    /// Adds a person by its primary interest; `reader` is what it is interested in, where it is and what it has got.
    pub fn add(&mut self, playbook: &Playbook, primary: &str, reader: Reader<'_>) {
        let ladder = playbook.cadence.as_ref().map(|cadence| cadence.ladder.as_str());
        let stage = reader.stages.iter().find(|(of, _)| Some(*of) == ladder).map(|(_, stage)| (*stage).to_owned());
        let counts = self.0.entry((primary.to_owned(), stage)).or_default();
        counts.of += 1;
        if nothing_fits(playbook, reader) {
            counts.waiting += 1;
            counts.unserved += u64::from(nothing_fits(playbook, Reader { read: &BTreeSet::new(), ..reader }));
        }
    }

    /// Where people wait, most of them first.
    pub fn found(&self) -> Vec<Gap> {
        let gap = |((topic, stage), counts): (&(String, Option<String>), &Counts)| Gap {
            topic: topic.clone(),
            stage: stage.clone(),
            waiting: counts.waiting,
            unserved: counts.unserved,
            of: counts.of,
        };
        let mut found: Vec<Gap> = self.0.iter().filter(|(_, counts)| counts.waiting > 0).map(gap).collect();
        found.sort_by_key(|gap| Reverse(gap.waiting));
        found
    }
}

fn nothing_fits(playbook: &Playbook, reader: Reader<'_>) -> bool {
    choose(playbook, reader, |_| None).chosen.is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAYBOOK: &str = r#"
playbook: library
topics: [{id: shirts, related: [ties]}, {id: ties}, {id: hats}]
scores: [{id: lead, rules: []}]
ladders: [{id: life, score: lead, stages: [{id: low}, {id: high, from: 61}]}]
cadence: {ladder: life, every: {low: 30d, high: 7d}}
emails:
  - {id: shirt-news, subject: s, body: "<mjml><mj-body></mj-body></mjml>", topic: shirts}
  - {id: shirt-guide, subject: s, body: "<mjml><mj-body></mj-body></mjml>", topic: shirts, format: guide}
  - {id: hat-case, subject: s, body: "<mjml><mj-body></mj-body></mjml>", topic: hats, format: case-study, stages: [high]}
  - {id: tie-guide, subject: s, body: "<mjml><mj-body></mj-body></mjml>", topic: ties, format: guide}
"#;

    /// Topic, stage, people who wait, of them those for whom nothing fits, and all.
    type Found<'a> = (&'a str, Option<&'a str>, u64, u64, u64);

    /// The gaps of people, each with its interests, the primary one first, its stage and what it has got.
    fn gaps(playbook: &str, people: &[(&[&str], &str, &[&str])]) -> Gaps {
        let read = crate::playbook::read(playbook);
        let playbook = read.playbook.unwrap_or_else(|| panic!("{:?}", read.problems));
        let mut gaps = Gaps::default();
        for (interests, stage, read) in people.iter().copied() {
            let read = read.iter().map(|id| (*id).to_owned()).collect();
            gaps.add(&playbook, interests[0], Reader { interests, stages: &[("life", stage)], read: &read });
        }
        gaps
    }

    fn shown(found: &[Gap]) -> Vec<Found<'_>> {
        found.iter().map(|gap| (&*gap.topic, gap.stage.as_deref(), gap.waiting, gap.unserved, gap.of)).collect()
    }

    #[test]
    fn people_wait_where_they_have_read_everything_that_fits() {
        let all = ["shirt-guide", "tie-guide"];
        let found = gaps(
            PLAYBOOK,
            &[
                (&["shirts"], "low", &[]),
                (&["shirts"], "low", &["shirt-guide"]),
                (&["shirts"], "low", &all),
                (&["shirts"], "high", &all),
                (&["hats"], "low", &[]),
                (&["hats"], "low", &["shirt-guide"]),
                (&["hats"], "high", &[]),
                (&["hats", "ties"], "low", &[]),
                (&["hats", "ties"], "low", &["tie-guide"]),
            ],
        )
        .found();
        assert_eq!(
            shown(&found),
            [("hats", Some("low"), 3, 2, 4), ("shirts", Some("high"), 1, 0, 1), ("shirts", Some("low"), 1, 0, 3),]
        );
    }

    #[test]
    fn without_a_cadence_gaps_have_no_stage() {
        let without: Vec<&str> = PLAYBOOK.lines().filter(|line| !line.starts_with("cadence")).collect();
        let found = gaps(&without.join("\n"), &[(&["hats"], "low", &[]), (&["hats"], "high", &[])]).found();
        assert_eq!(shown(&found), [("hats", None, 1, 1, 2)]);
    }
}
