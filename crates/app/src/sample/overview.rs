//! How many people care about which topic and are on which stage, and what moved since: a few lines of text.

use std::collections::BTreeMap;
use std::fmt::Write;

use attractor_engine::time::Instant;
use serde_json::Value;

use crate::App;
use crate::ladders;
use crate::moves::{self, MoveFilter, MoveItem};
use crate::refusal::Refusal;
use crate::segments::{self, in_force};
use crate::view::View;

/// The most moves that are read for one look.
const MOST_MOVES: usize = 10_000;
/// As many kinds of moves are named.
const NAMED: usize = 5;

/// Where people are at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overview {
    at: Instant,
    /// Each a name and how many people.
    topics: Vec<(String, i64)>,
    /// The stages of each ladder, the lowest first.
    ladders: Vec<(String, Vec<(String, i64)>)>,
    /// The number of the last move.
    last_move: i64,
    /// What moved since the overview before, the most frequent first.
    moved: Vec<(String, usize)>,
}

/// Where people are now, and what moved since `before`.
pub async fn overview(app: &App, before: Option<&Overview>) -> Result<Overview, Refusal> {
    let after = before.map_or(0, |before| before.last_move);
    app.read(move |view| Overview::read(view, after)).await
}

impl Overview {
    fn read(view: &mut View, after: i64) -> Result<Overview, Refusal> {
        let program = in_force(&view.versions()?)?;
        let segments = segments::all(view)?;
        let of_topic = |topic: &str| {
            let is_its = |enter: &Value| enter["interest"] == topic && enter["primary"] == true;
            segments.iter().find(|segment| is_its(&segment.definition["enter"])).map_or(0, |segment| segment.people)
        };
        let topics = program
            .playbook()
            .topics
            .iter()
            .map(|topic| (topic.name.clone().unwrap_or_else(|| topic.id.clone()), of_topic(&topic.id)));
        let stages = |ladder: ladders::LadderItem| {
            (ladder.name, ladder.stages.into_iter().map(|stage| (stage.name, stage.people)).collect())
        };
        let ladders = ladders::all(view)?.into_iter().map(stages).collect();
        let filter = MoveFilter { after: Some(after), ..MoveFilter::default() };
        let moves = moves::page(view, &filter, MOST_MOVES)?.items;
        Ok(Overview {
            at: view.now,
            topics: topics.collect(),
            ladders,
            last_move: moves.iter().map(|one| one.number).max().unwrap_or(after),
            moved: frequent(&moves),
        })
    }

    /// A few lines; beside each number what it grew by since `before`.
    pub fn text(&self, before: Option<&Overview>) -> String {
        let at = self.at.to_string();
        let mut text = format!("{} {} UTC\n", at.get(..10).unwrap_or_default(), at.get(11..16).unwrap_or_default());
        let was = before.map(|before| before.topics.as_slice());
        let _ = writeln!(text, "  Topics: {}", counts(&self.topics, was));
        for (name, stages) in &self.ladders {
            let was = before.and_then(|before| before.ladders.iter().find(|(other, _)| other == name));
            let _ = writeln!(text, "  {name}: {}", counts(stages, was.map(|(_, stages)| stages.as_slice())));
        }
        if before.is_some() {
            let _ = writeln!(text, "  Moved: {}", self.moved_text());
        }
        text
    }

    fn moved_text(&self) -> String {
        if self.moved.is_empty() {
            return "nobody".into();
        }
        let named = self.moved.iter().take(NAMED).map(|(what, count)| format!("{what} {count}"));
        let others: usize = self.moved.iter().skip(NAMED).map(|(_, count)| count).sum();
        let others = (others > 0).then(|| format!("others {others}"));
        named.chain(others).collect::<Vec<_>>().join(", ")
    }
}

/// Moves between topics and stages by what they are; first steps are not among them.
fn frequent(moves: &[MoveItem]) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for one in moves.iter().filter(|one| matches!(one.kind, "stage" | "interest")) {
        if let Some(from) = &one.from_name {
            let to = if one.to_name.is_empty() { "no topic" } else { &one.to_name };
            *counts.entry(format!("{from} → {to}")).or_default() += 1;
        }
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
    counts
}

/// “Stock 22 (−1), Quality 17”.
fn counts(now: &[(String, i64)], was: Option<&[(String, i64)]>) -> String {
    let one = |(name, count): &(String, i64)| {
        let before = was.and_then(|was| was.iter().find(|(other, _)| other == name)).map_or(*count, |(_, was)| *was);
        match count - before {
            0 => format!("{name} {count}"),
            more if more > 0 => format!("{name} {count} (+{more})"),
            fewer => format!("{name} {count} (−{})", fewer.abs()),
        }
    };
    now.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overview(at: i64, topics: &[(&str, i64)], moved: &[(&str, usize)]) -> Overview {
        let named = |all: &[(&str, i64)]| all.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect();
        Overview {
            at: Instant(at),
            topics: named(topics),
            ladders: vec![("Temperature".into(), named(&[("Cold", 40), ("Hot", 2)]))],
            last_move: 0,
            moved: moved.iter().map(|(what, count)| ((*what).to_owned(), *count)).collect(),
        }
    }

    #[test]
    fn an_overview_says_what_grew_and_what_moved() {
        let before = overview(0, &[("Stock", 7), ("Quality", 3), ("Costing", 1)], &[]);
        let moved = [("Stock → Quality", 3), ("a → b", 2), ("a → c", 2), ("a → d", 2), ("a → e", 2), ("a → f", 1)];
        let now = overview(60_000, &[("Stock", 4), ("Quality", 6), ("Costing", 1)], &moved);
        assert_eq!(
            now.text(Some(&before)),
            "1970-01-01 00:01 UTC\n  Topics: Stock 4 (−3), Quality 6 (+3), Costing 1\n  Temperature: Cold 40, Hot 2\n  \
             Moved: Stock → Quality 3, a → b 2, a → c 2, a → d 2, a → e 2, others 1\n"
        );
        assert!(before.text(None).ends_with("Cold 40, Hot 2\n"));
        assert!(before.text(Some(&before)).ends_with("Moved: nobody\n"));
    }
}
