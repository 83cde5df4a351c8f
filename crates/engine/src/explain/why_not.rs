//! *Why not*: the clauses of a condition that fail, each with its value.

use std::cmp::Ordering;

use super::Explaining;
use super::text::minute;
use crate::condition::{self, Condition};
use crate::lead::copies::Copies;
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
                Missing::Clause { wanted, found: self.found(node) }
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

    /// How things stand that a leaf asks for.
    fn found(&mut self, node: &Node) -> String {
        let program = self.program;
        let (lead, at) = (self.asking.lead, self.asking.at);
        match node {
            Node::Attribute { attribute, .. } => {
                lead.attributes.get(*attribute).map_or("it is not known".into(), |v| format!("it is {}", spoken(v)))
            }
            Node::Count { counter, test } => {
                let counter_of = &program.inputs.counters[*counter as usize];
                let number = lead.counters.get(*counter).map_or(0, |tally| tally.number(counter_of.within, at));
                counted(number, counter_of.keep, test)
            }
            Node::Idle { clock, span } => {
                let since = self.asking.idle_since(*clock);
                let due = since + *span;
                let later = if at < due { format!("; so it will be from {} on", minute(due)) } else { String::new() };
                format!("the last was at {}{later}", minute(since))
            }
            Node::Score { score, test } => stands(self.asking.curve(*score).value(), test),
            Node::Stage { ladder, .. } => {
                let ladder_of = &program.playbook().ladders[*ladder as usize];
                let stage = lead.ladders.get(*ladder).map(|standing| &ladder_of.stages[standing.stage as usize].id);
                stage.map_or("it has not started".into(), |stage| {
                    format!("the stage is {}", self.names.stage(&ladder_of.id, stage))
                })
            }
            Node::Segment(segment) => {
                let inside = lead.segments.get(*segment).is_some_and(|member| member.since.is_some());
                (if inside { "the lead is in it" } else { "the lead is not in it" }).into()
            }
            Node::Primary { .. } => match lead.primary {
                Some(topic) => format!("it is {}", self.names.topic(&program.playbook().topics[topic as usize].id)),
                None => "there is none".into(),
            },
            Node::Strength { topic, test } => stands(self.asking.strength(*topic).value(), test),
            Node::Deal(_) => deals(lead.deals.iter().map(|(_, stands)| *stands)),
            Node::Rate { copies, of, over, min_sent, .. } => {
                let none = Copies::default();
                let (responses, sent, _) = lead.copies.get(*copies).unwrap_or(&none).share(*of, *over, at);
                rate(responses, sent, *min_sent)
            }
            Node::Sample { .. } => "chance decided so".into(),
            Node::All(_) | Node::Any(_) | Node::Not(_) => String::new(),
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
fn stands(value: f64, test: &Bound) -> String {
    // An edge is half a billionth beside its number.
    let numbers = test.edges.iter().map(|edge| (edge * 1e8).round() / 1e8);
    let near = numbers.into_iter().find(|number| rounded(*number) == rounded(value));
    match near.map(|number| (number, billionths(value).total_cmp(&billionths(number)))) {
        Some((number, Ordering::Less)) => format!("it is just under {number}"),
        Some((number, Ordering::Greater)) => format!("it is just over {number}"),
        _ => format!("it is {}", rounded(value)),
    }
}

/// Counting stops where more would change no answer.
fn counted(number: u32, keep: u32, test: &Bound) -> String {
    let more = if number >= keep && test.largest() >= 1.0 { " or more" } else { "" };
    match number {
        0 => "there is none".into(),
        1 if more.is_empty() => "there is 1".into(),
        n => format!("there are {n}{more}"),
    }
}

fn rate(responses: u32, sent: u32, min_sent: u32) -> String {
    match sent {
        0 => "no e-mail counts".into(),
        _ if sent < min_sent => format!("{responses} of {sent}, and {min_sent} are the fewest that tell anything"),
        _ => format!("{responses} of {sent} ({} %)", rounded(100.0 * f64::from(responses) / f64::from(sent))),
    }
}

fn deals(stand: impl Iterator<Item = condition::Deal>) -> String {
    let words: Vec<&str> = stand.map(condition::Deal::name).collect();
    match words.len() {
        0 => "there is no deal".into(),
        1 => format!("the deal is {}", words[0]),
        _ => format!("the deals are {}", words.join(", ")),
    }
}

fn spoken(value: &Value) -> String {
    match value {
        Value::Bool(yes) => (if *yes { "true" } else { "false" }).into(),
        Value::Number(number) => format!("{number}"),
        Value::Text(text) => format!("“{text}”"),
        Value::List(list) if list.is_empty() => "an empty list".into(),
        Value::List(list) => list.iter().map(spoken).collect::<Vec<_>>().join(", "),
        Value::Opaque => "something else".into(),
    }
}

/// At most two decimals.
pub(super) fn rounded(value: f64) -> String {
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
