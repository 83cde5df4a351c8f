//! Stages that no lead reaches, or none ever leaves, and thresholds that a score never comes to.

use super::{Warnings, items, place};
use crate::condition::{self, decimal};
use crate::playbook::marked::Node;
use crate::playbook::provable::{number_truth, score_bounds, truth};
use crate::playbook::{Ladder, Score, Stage};
use crate::value::{Operator, Test, Value};

impl Warnings<'_> {
    pub(super) fn ladder(&mut self, ladder: &Ladder, node: &Node) {
        for (at, (stage, node)) in ladder.stages.iter().zip(items(node, "stages")).enumerate() {
            let key = if at == 0 {
                "id"
            } else if stage.from.is_some() {
                "from"
            } else {
                "enter"
            };
            let before = self.found.len();
            for (condition, key) in [(&stage.enter, "enter"), (&stage.leave, "leave")] {
                if let (Some(condition), Some(node)) = (condition, node.get(key)) {
                    self.look_within(condition, node);
                }
            }
            // What a condition was found to say that nobody fulfils is the same cause.
            let is_told = self.found[before..].iter().any(|found| found.falsifies);
            if let Some(why) = self.unreachable(ladder, at, stage).filter(|_| !is_told) {
                self.warn(place(node, key), format!("no lead can reach the stage `{}` by itself: {why}", stage.id));
            }
        }
        self.hold(ladder, node);
    }

    fn score_of(&self, ladder: &Ladder) -> Option<&Score> {
        self.playbook.scores.iter().find(|score| ladder.score.as_ref() == Some(&score.id))
    }

    /// A `hold` below which the score cannot fall: a stage that was reached is never left.
    fn hold(&mut self, ladder: &Ladder, node: &Node) {
        let (Some(hold), Some(score)) = (ladder.hold, self.score_of(ladder)) else { return };
        let (low, high) = score_bounds(score, self.playbook);
        // A stage that no lead reaches is told of already.
        let kept = ladder.stages.iter().filter(|stage| stage.leave.is_none());
        let kept: Vec<(&str, f64)> = kept
            .filter_map(|stage| Some((stage.id.as_str(), stage.from?)))
            .filter(|(_, from)| *from > low && *from <= high && from - hold <= low)
            .collect();
        let Some(lowest) = kept.iter().map(|(_, from)| *from).min_by(f64::total_cmp) else { return };
        let stages: Vec<String> =
            kept.iter().map(|(id, from)| format!("`{id}` (from {})", decimal(*from, 0))).collect();
        let message = format!(
            "with this `hold` nobody ever leaves {}: the score `{}` would have to fall below its `from` less {}, and it never falls below {}; write a `hold` below {}",
            stages.join(" and "),
            score.id,
            decimal(hold, 0),
            decimal(low, 0),
            decimal(lowest - low, 0)
        );
        self.warn(place(node, "hold"), message);
    }

    /// A threshold that a score never reaches, whatever happens.
    pub fn threshold(&mut self, asked: &condition::Score, node: &Node) {
        let Some(score) = self.playbook.scores.iter().find(|score| score.id == asked.score) else { return };
        let (low, high) = score_bounds(score, self.playbook);
        if number_truth(&asked.test, low, high, false) != Some(false) {
            return;
        }
        let beyond = |operators: [Operator; 3], is_beyond: &dyn Fn(f64) -> bool| {
            asked.test.0.iter().find(|(operator, value)| match value {
                Value::Number(number) => operators.contains(operator) && is_beyond(*number),
                _ => false,
            })
        };
        let too_high = beyond([Operator::Gt, Operator::Gte, Operator::Eq], &|number| number >= high);
        let too_low = beyond([Operator::Lt, Operator::Lte, Operator::Eq], &|number| number <= low);
        let (at, why) = if let Some((operator, _)) = too_high {
            (
                operator,
                format!("never exceeds {}; write a smaller number, or raise its `range` and `cap`s", decimal(high, 0)),
            )
        } else if let Some((operator, _)) = too_low {
            (operator, format!("never falls below {}; write a larger number, or lower its `range`", decimal(low, 0)))
        } else {
            return;
        };
        let message = format!("this can never be true: the score `{}` {why}", score.id);
        self.warn_false(place(node, at.name()), message);
    }

    fn unreachable(&self, ladder: &Ladder, at: usize, stage: &Stage) -> Option<String> {
        if let (Some(from), Some(score)) = (stage.from, self.score_of(ladder)) {
            let (low, high) = score_bounds(score, self.playbook);
            let reached = Test(vec![(Operator::Gte, Value::Number(from))]);
            if number_truth(&reached, low, high, false) == Some(false) {
                return Some(format!(
                    "it begins at {from}, and the score `{}` never exceeds {high}; lower its `from`",
                    score.id
                ));
            }
        }
        if stage.enter.as_ref().is_some_and(|enter| truth(enter, self.playbook) == Some(false)) {
            return Some("its `enter` can never be true; change it".into());
        }
        if stage.leave.as_ref().is_some_and(|leave| truth(leave, self.playbook) == Some(true)) {
            return Some("its `leave` is always true; change or remove it".into());
        }
        ladder.stages[at + 1..].iter().find_map(|above| self.covered(ladder, stage, above))
    }

    /// Whether a lead that could enter a stage is taken further up at once, and never comes down to it.
    fn covered(&self, ladder: &Ladder, stage: &Stage, above: &Stage) -> Option<String> {
        if stage.leave.is_some() || above.leave.is_some() {
            return None;
        }
        match (stage.from, above.from) {
            (Some(from), Some(higher)) if higher <= from => {
                return Some(format!(
                    "`{}`, above it, begins at {higher} already; order the stages by `from`, the lowest first",
                    above.id
                ));
            }
            (_, Some(higher)) => {
                let score = self.score_of(ladder)?;
                let (low, high) = score_bounds(score, self.playbook);
                let reached = Test(vec![(Operator::Gte, Value::Number(higher))]);
                let always = number_truth(&reached, low, high, false) == Some(true);
                return always.then(|| {
                    format!(
                        "everybody is in `{}`, above it, for the score `{}` never falls below {low}; raise the `from` of `{}`",
                        above.id, score.id, above.id
                    )
                });
            }
            _ => {}
        }
        let always = above.enter.as_ref().is_some_and(|enter| truth(enter, self.playbook) == Some(true));
        always.then(|| format!("everybody is in `{}`, above it, whose `enter` is always true; change that", above.id))
    }
}
