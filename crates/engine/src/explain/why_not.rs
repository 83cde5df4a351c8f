//! *Why not*: the clauses of a condition that fail, each with its value.

use std::cmp::Ordering;
use std::fmt::{self, Display, Formatter};

use serde_json::Value as Json;

use super::{Explaining, NextStage};
use crate::condition::{self, Condition, Predicate};
use crate::playbook::{Evaluate, Ladder, Stage, write};
use crate::program::Node;
use crate::test::{Bound, billionths};
use crate::value::{Operator, Test, Value};

/// What is missing for a condition to hold.
#[derive(Clone, Debug, PartialEq)]
pub enum Missing {
    Clause(Box<Clause>),
    /// All of these are missing.
    All(Vec<Missing>),
    /// One of these would do.
    OneOf(Vec<Missing>),
    /// Nothing: the rules would allow it, but for this.
    Held(HeldReason),
}

/// A clause that fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Clause {
    /// Its sentence.
    pub wanted: String,
    /// How things stand, for people: “there are 2”.
    pub found: String,
    /// The clause in the notation of playbooks.
    pub form: Json,
    /// With which operators it tests a number or a value, `{"gte": 31}`; `None` where it tests none, or must not hold.
    pub needed: Option<Json>,
    /// How things stand, in the units of the notation; `None` where the lead has nothing of the kind.
    pub value: Option<Json>,
}

/// Why a lead stays out though the rules would let it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeldReason {
    /// The stage was set by hand.
    Set,
    /// Banned from the segment by hand.
    Banned,
    /// Held by hand.
    ByHand,
    /// Decided at the start of each day only.
    Daily,
    Weekly,
    Monthly,
}

impl HeldReason {
    pub const ALL: [HeldReason; 6] = [
        HeldReason::Set,
        HeldReason::Banned,
        HeldReason::ByHand,
        HeldReason::Daily,
        HeldReason::Weekly,
        HeldReason::Monthly,
    ];

    /// As the API writes it.
    pub fn name(self) -> &'static str {
        match self {
            HeldReason::Set => "set",
            HeldReason::Banned => "banned",
            HeldReason::ByHand => "by_hand",
            HeldReason::Daily => "daily",
            HeldReason::Weekly => "weekly",
            HeldReason::Monthly => "monthly",
        }
    }
}

impl Display for HeldReason {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        f.write_str(match self {
            HeldReason::Set => "the stage was set by hand and not released since",
            HeldReason::Banned => "banned by hand and not released since",
            HeldReason::ByHand => "it is held by hand",
            HeldReason::Daily => "it is decided at the start of each day only",
            HeldReason::Weekly => "it is decided at the start of each Monday only",
            HeldReason::Monthly => "it is decided at the start of each month only",
        })
    }
}

impl Explaining<'_> {
    pub(super) fn next_stage(&mut self, ladder: u32, stage: u32, set: bool) -> Option<NextStage> {
        let (program, above) = (self.program, stage as usize + 1);
        let declared = &program.playbook().ladders[ladder as usize];
        let next = declared.stages.get(above)?;
        let name = self.names.stage(&declared.id, &next.id).to_owned();
        let rules = &program.ladders[ladder as usize].stages[above];
        let condition = entry_of_stage(declared, next)?;
        let missing = if set {
            Missing::Held(HeldReason::Set)
        } else {
            let entry = Entry::new(rules.enter.as_ref()?, &condition, rules.own_leave.as_ref(), next.leave.as_ref());
            self.entry(&entry).unwrap_or_else(|| waits(declared.evaluate))
        };
        Some(NextStage { id: next.id.clone(), name, missing })
    }

    pub(super) fn missing_of_segment(&mut self, segment: u32, banned: bool) -> Missing {
        if banned {
            return Missing::Held(HeldReason::Banned);
        }
        let program = self.program;
        let declared = &program.playbook().segments[segment as usize];
        let rules = &program.segments[segment as usize];
        let entry = Entry::new(&rules.enter, &declared.enter, rules.own_leave.as_ref(), declared.leave.as_ref());
        self.entry(&entry).unwrap_or_else(|| waits(declared.evaluate))
    }

    /// What keeps a lead out: `enter` fails, or `leave` holds.
    pub(super) fn entry(&mut self, entry: &Entry) -> Option<Missing> {
        let (enter, said) = entry.enter;
        if !self.asking.ask(enter).holds {
            return Some(self.missing(enter, said, true));
        }
        let (leave, said) = entry.leave?;
        self.asking.ask(leave).holds.then(|| self.missing(leave, said, false))
    }

    /// Why a condition's answer is not `wanted`.
    pub(super) fn missing(&mut self, node: &Node, said: &Condition, wanted: bool) -> Missing {
        match (node, said) {
            (Node::Not(node), Condition::Not(said)) => self.missing(node, said, !wanted),
            (Node::All(nodes), Condition::All(said)) => self.missing_parts(nodes, said, wanted, wanted),
            (Node::Any(nodes), Condition::Any(said)) => self.missing_parts(nodes, said, wanted, !wanted),
            _ => {
                let said = if wanted { said.clone() } else { Condition::Not(Box::new(said.clone())) };
                let question = node.question();
                let found = question.map(|question| question.found(&mut self.asking, &self.names));
                Missing::Clause(Box::new(Clause {
                    wanted: said.sentence(&self.names),
                    found: found.unwrap_or_default(),
                    needed: said.predicate().and_then(Predicate::needed),
                    form: write::condition(&said),
                    value: question.and_then(|question| question.value(&mut self.asking)),
                }))
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

/// The rules for entering a stage or segment, each compiled and as it is written.
pub(super) struct Entry<'a> {
    enter: (&'a Node, &'a Condition),
    /// Its own `leave`.
    leave: Option<(&'a Node, &'a Condition)>,
}

impl<'a> Entry<'a> {
    pub fn new(
        enter: &'a Node,
        said: &'a Condition,
        leave: Option<&'a Node>,
        leave_said: Option<&'a Condition>,
    ) -> Entry<'a> {
        Entry { enter: (enter, said), leave: leave.zip(leave_said) }
    }
}

/// A stage's `enter`, or what its `from` asks; `None` for the lowest stage.
pub(super) fn entry_of_stage(ladder: &Ladder, stage: &Stage) -> Option<Condition> {
    stage.enter.clone().or_else(|| {
        let test = Test(vec![(Operator::Gte, Value::Number(stage.from?))]);
        Some(Condition::Score(condition::Score { score: ladder.score.clone()?, test }))
    })
}

/// When the rules decide; `None` where they decide at once.
pub(super) fn scheduled(evaluate: Evaluate) -> Option<HeldReason> {
    match evaluate {
        Evaluate::Live => None,
        Evaluate::Daily => Some(HeldReason::Daily),
        Evaluate::Weekly => Some(HeldReason::Weekly),
        Evaluate::Monthly => Some(HeldReason::Monthly),
    }
}

fn waits(evaluate: Evaluate) -> Missing {
    Missing::Held(scheduled(evaluate).unwrap_or(HeldReason::ByHand))
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
