//! *Why not*: the clauses of a condition that fail, each with its value.

use std::cmp::Ordering;

use super::Explaining;
use crate::condition::{self, Condition};
use crate::playbook::Evaluate;
use crate::program::Node;
use crate::test::{Bound, billionths};
use crate::value::{Operator, Test, Value};

/// What is missing for a condition to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Missing {
    /// A clause that fails: its sentence, and how things stand: “there are 2”.
    Clause { wanted: String, found: String },
    /// All of these are missing.
    All(Vec<Missing>),
    /// One of these would do.
    OneOf(Vec<Missing>),
    /// Nothing: the rules would allow it, but for this.
    Held(String),
}

impl Explaining<'_> {
    pub(super) fn next_stage(&mut self, ladder: u32, stage: u32, set: bool) -> Option<(String, Missing)> {
        let (program, above) = (self.program, stage as usize + 1);
        let declared = &program.playbook().ladders[ladder as usize];
        let next = declared.stages.get(above)?;
        let name = self.names.stage(&declared.id, &next.id).to_owned();
        let rules = &program.ladders[ladder as usize].stages[above];
        let condition = next.enter.clone().or_else(|| {
            let test = Test(vec![(Operator::Gte, Value::Number(next.from?))]);
            Some(Condition::Score(condition::Score { score: declared.score.clone()?, test }))
        })?;
        if set {
            return Some((name, Missing::Held("the stage was set by hand and not released since".into())));
        }
        let missing = self.entry(rules.enter.as_ref()?, &condition, rules.own_leave.as_ref(), next.leave.as_ref());
        Some((name, missing.unwrap_or_else(|| waits(declared.evaluate))))
    }

    pub(super) fn missing_of_segment(&mut self, segment: u32, banned: bool) -> Missing {
        if banned {
            return Missing::Held("banned by hand and not released since".into());
        }
        let program = self.program;
        let declared = &program.playbook().segments[segment as usize];
        let rules = &program.segments[segment as usize];
        let missing = self.entry(&rules.enter, &declared.enter, rules.own_leave.as_ref(), declared.leave.as_ref());
        missing.unwrap_or_else(|| waits(declared.evaluate))
    }

    /// What keeps a lead out: `enter` fails, or `leave` holds.
    fn entry(
        &mut self,
        enter: &Node,
        said: &Condition,
        leave: Option<&Node>,
        leave_said: Option<&Condition>,
    ) -> Option<Missing> {
        if !self.asking.ask(enter).holds {
            return Some(self.missing(enter, said, true));
        }
        let (leave, said) = (leave?, leave_said?);
        self.asking.ask(leave).holds.then(|| self.missing(leave, said, false))
    }

    /// Why a condition's answer is not `wanted`.
    fn missing(&mut self, node: &Node, said: &Condition, wanted: bool) -> Missing {
        match (node, said) {
            (Node::Not(node), Condition::Not(said)) => self.missing(node, said, !wanted),
            (Node::All(nodes), Condition::All(said)) => self.missing_parts(nodes, said, wanted, wanted),
            (Node::Any(nodes), Condition::Any(said)) => self.missing_parts(nodes, said, wanted, !wanted),
            _ => {
                let sentence = said.sentence(&self.names);
                let wanted =
                    if wanted { sentence } else { Condition::Not(Box::new(said.clone())).sentence(&self.names) };
                let found = node.question().map(|question| question.found(&mut self.asking, &self.names));
                Missing::Clause { wanted, found: found.unwrap_or_default() }
            }
        }
    }

    /// The parts that are not as wanted; `each`: all of them must be.
    fn missing_parts(&mut self, nodes: &[Node], said: &[Condition], wanted: bool, each: bool) -> Missing {
        let mut parts = Vec::new();
        for (node, said) in nodes.iter().zip(said) {
            if self.asking.ask(node).holds != wanted {
                parts.push(self.missing(node, said, wanted));
            }
        }
        match (parts.len(), each) {
            (1, _) => parts.remove(0),
            (_, true) => Missing::All(parts),
            (_, false) => Missing::OneOf(parts),
        }
    }
}

fn waits(evaluate: Evaluate) -> Missing {
    Missing::Held(match evaluate {
        Evaluate::Live => "it is held by hand".into(),
        Evaluate::Daily => "it is decided at the start of each day only".into(),
        Evaluate::Weekly => "it is decided at the start of each Monday only".into(),
        Evaluate::Monthly => "it is decided at the start of each month only".into(),
    })
}

/// How a number stands that is tested. Beside a number of the test that looks the same with two decimals, it says on
/// which side of it: "it is 0.5" would not explain why it is not at least 0.5.
pub(crate) fn stands(value: f64, test: &Bound) -> String {
    // An edge is half a billionth beside its number.
    let numbers = test.edges.iter().map(|edge| (edge * 1e8).round() / 1e8);
    let near = numbers.into_iter().find(|number| rounded(*number) == rounded(value));
    match near.map(|number| (number, billionths(value).total_cmp(&billionths(number)))) {
        Some((number, Ordering::Less)) => format!("it is just under {number}"),
        Some((number, Ordering::Greater)) => format!("it is just over {number}"),
        _ => format!("it is {}", rounded(value)),
    }
}

/// At most two decimals.
pub(crate) fn rounded(value: f64) -> String {
    let rounded = (value * 100.0).round() / 100.0;
    format!("{}", if rounded == 0.0 { 0.0 } else { rounded })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_just_beside_the_one_that_is_asked_for_says_its_side() {
        let test = Bound::at_least(0.5);
        for (value, said) in [
            (0.499_99, "it is just under 0.5"),
            (0.499_999_999_9, "it is 0.5"),
            (0.500_01, "it is just over 0.5"),
            (0.49, "it is 0.49"),
            (0.0, "it is 0"),
        ] {
            assert_eq!(stands(value, &test), said, "{value}");
        }
    }
}
