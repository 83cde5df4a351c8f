use serde_json::Value as Json;

use super::{Names, Predicate, Question, kind, operators, phrase};
use crate::ask::Asking;
use crate::playbook::Playbook;
use crate::playbook::form::free::EventKind;
use crate::playbook::form::leaf::{Length, Text};
use crate::playbook::form::operators::{CountTest, Where};
use crate::playbook::form::record;
use crate::playbook::marked;
use crate::playbook::provable::{never_holds, number_truth};
use crate::playbook::warnings::Warnings;
use crate::playbook::write::{Object, bare_or_tests, length, where_};
use crate::program::{Answer, Compiler, Counter, Node, Program, note};
use crate::test::Bound;
use crate::time::Duration;
use crate::value::{NumberTest, Operator, Test, Value};

/// `{event: KIND, where: {…}, within: D, distinct: PROP, count: {OP: N}}`
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub event: String,
    /// Property path and its test, in the order written; never empty operators.
    pub filter: Vec<(String, Test)>,
    pub within: Option<Duration>,
    pub distinct: Option<String>,
    /// `None` where not written, which means `{gte: 1}`.
    pub count: Option<NumberTest>,
}

record! { EventCondition as "a condition on events" => super::Condition;
    keys {
        must "event" event: EventKind, "The kind of the events to count, such as `Page Viewed`.";
        may "where" filter: Where, "Only events with these properties: a value, or operators.";
        may "within" within: Length, "Only events within this period; absent: all events.";
        may "distinct" distinct: Text, "Counts the different values of this property; events without it are left out.";
        may "count" count: CountTest, "The required number; absent: {gte: 1}.";
    }
    build super::Condition::Event(Event { event, filter: filter.unwrap_or_default(), within, distinct, count })
}

impl Predicate for Event {
    /// "has viewed a page whose path starts with “/pricing”, at least 3 times in the last 30 days"
    fn says(&self, _: &Names) -> String {
        let never = if self.is_never() { "never " } else { "" };
        format!("has {never}{}{}{}", kind::participle(&self.event), whose(&self.filter), self.tail())
    }

    /// Only of the bare event: in "has not … at least 3 times" people would differ on what the "not" denies.
    fn denies(&self, _: &Names) -> Option<String> {
        let bare = self.count.is_none() && self.distinct.is_none();
        let not = || format!("has not {}{}{}", kind::participle(&self.event), whose(&self.filter), self.tail());
        bare.then(not)
    }

    fn write(&self) -> Json {
        Object::default()
            .put("event", &self.event)
            .put_if(!self.filter.is_empty(), "where", where_(&self.filter))
            .put_some("within", self.within.map(length))
            .put_some("distinct", self.distinct.as_ref())
            .put_some("count", self.count.as_ref().map(bare_or_tests))
            .done()
    }

    fn compile(&self, compiler: &mut Compiler, goal: Option<u32>) -> Result<Node, String> {
        let test = Bound::from(&self.number());
        let counter = compiler.inputs.counter(Counter {
            kind: self.event.clone(),
            filter: self.filter.clone(),
            within: self.within,
            distinct: self.distinct.clone(),
            keep: test.largest().clamp(0.0, 1e9) as u32 + 1,
            sequence: goal,
            users: Vec::new(),
        });
        Ok(Node::Event(Compiled { counter, test }))
    }

    fn truth(&self, _: &Playbook) -> Option<bool> {
        let none_match = self.filter.iter().any(|(_, test)| never_holds(test));
        let highest = if none_match { 0.0 } else { f64::INFINITY };
        number_truth(&self.number(), 0.0, highest, true)
    }

    fn stays(&self, value: bool, playbook: &Playbook) -> bool {
        if self.within.is_some() {
            return self.truth(playbook).is_some();
        }
        let operators = self.count.as_ref().map_or(&[][..], |count| &count.0);
        let grows = |op: &Operator| matches!(op, Operator::Gt | Operator::Gte);
        let shrinks = |op: &Operator| matches!(op, Operator::Lt | Operator::Lte);
        operators.iter().all(|(op, _)| if value { grows(op) } else { shrinks(op) }) && (value || self.count.is_some())
    }

    fn window(&self) -> Option<Duration> {
        self.within.filter(|_| !self.is_true_of_none())
    }

    fn look(&self, warnings: &mut Warnings<'_>, node: &marked::Node) {
        warnings.filter(&self.event, &self.filter, node);
    }
}

impl Event {
    /// The number that is required; one at least where nothing is written.
    fn number(&self) -> NumberTest {
        self.count.clone().unwrap_or_else(|| Test(vec![(Operator::Gte, Value::Number(1.0))]))
    }

    /// Whether it may hold of a lead without events of its kind.
    pub(crate) fn is_true_of_none(&self) -> bool {
        number_truth(&self.number(), 0.0, 0.0, true) != Some(false)
    }

    /// Whether it holds only of leads without events of its kind.
    pub(crate) fn is_false_of_any(&self) -> bool {
        number_truth(&self.number(), 1.0, f64::INFINITY, true) == Some(false)
    }

    fn is_never(&self) -> bool {
        let none = [(Operator::Eq, Value::Number(0.0))];
        self.distinct.is_none() && self.count.as_ref().is_some_and(|count| count.0 == none)
    }

    /// How often and since when. After a filter it stands behind a comma: "whose amount is 5, at least 3 times".
    fn tail(&self) -> String {
        let within = self.within.map(|within| format!("in the last {}", phrase::length(within)));
        let parts: Vec<String> = [self.how_often(), within].into_iter().flatten().collect();
        match (parts.is_empty(), self.filter.is_empty()) {
            (true, _) => String::new(),
            (false, true) => format!(" {}", parts.join(" ")),
            (false, false) => format!(", {}", parts.join(" ")),
        }
    }

    fn how_often(&self) -> Option<String> {
        match (&self.distinct, &self.count) {
            (None, None) => None,
            (None, Some(_)) if self.is_never() => None,
            (None, Some(count)) => Some(counted(count, "once", "times")),
            (Some(property), None) => Some(format!("with a value of {}", phrase::property(property))),
            (Some(property), Some(count)) => Some(format!(
                "with {} of {}",
                counted(count, "1 different value", "different values"),
                phrase::property(property)
            )),
        }
    }
}

/// "at least 3 times", "at least once"; `one` is what a single one is called.
fn counted(count: &NumberTest, one: &str, many: &str) -> String {
    let with_unit = |number: f64| match number {
        1.0 => one.to_string(),
        number => format!("{} {many}", phrase::number(number)),
    };
    match count.0.as_slice() {
        [(_, Value::Number(_))] => operators::quantity(count, "fewer than", with_unit),
        _ => format!("{} {many}", operators::quantity(count, "fewer than", phrase::number)),
    }
}

/// " whose path starts with “/pricing” and whose plan is “pro”"; nothing where nothing is asked.
pub(crate) fn whose(filter: &[(String, Test)]) -> String {
    let asked = |(property, test): &(String, Test)| {
        format!(" whose {} {}", phrase::property(property), operators::clause_of_value(test))
    };
    filter.iter().map(asked).collect::<Vec<_>>().join(" and")
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    counter: u32,
    test: Bound,
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        let within = asking.program.inputs.counters[self.counter as usize].within;
        let none = || Answer::for_good(self.test.holds(0.0));
        asking.lead.counters.get(self.counter).map_or_else(none, |tally| tally.ask(within, &self.test, asking.at))
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        let counter = &asking.program.inputs.counters[self.counter as usize];
        let tally = asking.lead.counters.get(self.counter);
        // Counting stops where more would change no answer.
        let number = tally.map_or(0, |tally| tally.number(counter.within, asking.at));
        let more = if number >= counter.keep && self.test.largest() >= 1.0 { " or more" } else { "" };
        match number {
            0 => "there is none".into(),
            1 if more.is_empty() => "there is 1".into(),
            n => format!("there are {n}{more}"),
        }
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        note(&mut program.inputs.counters[self.counter as usize].users, user);
    }
}
