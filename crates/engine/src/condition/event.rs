use serde_json::{Value as Json, json};

use super::filter::{self, whose};
use super::when::{When, WhenText};
use super::{Names, Predicate, Question, kind, operators, phrase};
use crate::ask::Asking;
use crate::explain::stands;
use crate::local::Zone;
use crate::playbook::Playbook;
use crate::playbook::form::free::EventKind;
use crate::playbook::form::group::{MapOf, OneOrSeveral};
use crate::playbook::form::leaf::{Length, OneOf, Text};
use crate::playbook::form::operators::{CountTest, Where};
use crate::playbook::form::record;
use crate::playbook::form::words::{Words, word};
use crate::playbook::marked;
use crate::playbook::provable::{never_holds, number_truth};
use crate::playbook::reader::{Fields, Reader};
use crate::playbook::warnings::Warnings;
use crate::playbook::write::{Object, bare_or_tests, length, number, tests, where_};
use crate::program::{Answer, Compiler, Counter, Measure, Node, Program, note};
use crate::test::Bound;
use crate::time::{Duration, Instant};
use crate::value::{NumberTest, Operator, Test, Value};

/// Properties, each with the number that is required.
type Numbers = MapOf<CountTest>;

/// `{event: KIND or [KIND, …], which: first or last, where: {…}, within: D, older: D, after: DATE, before: DATE,
/// distinct: PROP, count: {OP: N}}`, or instead of the last two `sum: {PROP: {OP: N}}` or `average: {PROP: {OP: N}}`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// At least one; counted together.
    pub kinds: Vec<String>,
    pub which: Option<Which>,
    /// Property path and its test, in the order written; never empty operators.
    pub filter: Vec<(String, Test)>,
    pub within: Option<Duration>,
    pub older: Option<Duration>,
    pub after: Option<When>,
    pub before: Option<When>,
    pub distinct: Option<String>,
    /// `None` where not written, which means `{gte: 1}`.
    pub count: Option<NumberTest>,
    /// Property path and the test of its sum; all must hold.
    pub sum: Vec<(String, NumberTest)>,
    /// The same of its average.
    pub average: Vec<(String, NumberTest)>,
}

/// The only event that is considered, in the order of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    First,
    Last,
}

pub(crate) struct WhichWords;

impl Words for WhichWords {
    type Value = Which;
    const WORDS: &'static [(&'static str, Which)] = &[("first", Which::First), ("last", Which::Last)];
}

record! { EventCondition as "a condition on events" => super::Condition;
    check check_event;
    keys {
        must "event" kinds: OneOrSeveral<EventKind>, "The kind of the events to count, such as `Page Viewed`, or a list of kinds that are counted together.";
        may "which" which: OneOf<WhichWords>, "Considers only the first or the last event of these kinds, whatever its properties.";
        may "where" filter: Where, "Only events with these properties: a value, or operators.";
        may "within" within: Length, "Only events within this period; absent: all events.";
        may "older" older: Length, "Only events that are at least this old.";
        may "after" after: WhenText, "Only events from this date on.";
        may "before" before: WhenText, "Only events before this date.";
        may "distinct" distinct: Text, "Counts the different values of this property; events without it are left out.";
        may "count" count: CountTest, "The required number; absent: {gte: 1}.";
        may "sum" sum: Numbers, "Instead of `count`: the required sum of a property. Values that are not numbers are left out.";
        may "average" average: Numbers, "Instead of `count`: the required average of a property; without a number, the condition is false.";
    }
    build super::Condition::Event(Event {
        kinds,
        which,
        filter: filter.unwrap_or_default(),
        within,
        older,
        after,
        before,
        distinct,
        count,
        sum: sum.unwrap_or_default(),
        average: average.unwrap_or_default(),
    })
}

fn check_event(fields: &Fields<'_>, reader: &mut Reader) {
    const EXCLUDE: [(&str, &str); 7] = [
        ("which", "distinct"),
        ("which", "count"),
        ("sum", "distinct"),
        ("sum", "count"),
        ("average", "distinct"),
        ("average", "count"),
        ("sum", "average"),
    ];
    for (one, other) in EXCLUDE.iter().filter(|(one, other)| fields.has(one) && fields.has(other)) {
        let message = format!("`{one}` and `{other}` exclude each other in a condition on events; remove one of them");
        reader.meaning(fields.key_place(one).max(fields.key_place(other)), message);
    }
    let length = |key| fields.get(key).and_then(marked::Node::text).and_then(Duration::parse);
    if let (Some(older), Some(within)) = (length("older"), length("within"))
        && older >= within
    {
        let message = format!(
            "no event is at least {older} old and younger than {within}; write an `older` shorter than `within`"
        );
        reader.meaning(fields.place("older"), message);
    }
    for key in ["sum", "average"] {
        if fields.get(key).is_some_and(|node| matches!(&node.data, marked::Data::Map(entries) if entries.is_empty())) {
            reader.meaning(
                fields.place(key),
                format!("`{key}` names no property; write {key}: {{amount: {{gte: 100}}}}"),
            );
        }
    }
}

impl Predicate for Event {
    /// "has viewed a page whose path starts with “/pricing”, at least 3 times in the last 30 days"
    fn says(&self, names: &Names) -> String {
        let never = if self.is_never() { "never " } else { "" };
        format!("has {never}{}", self.done(names))
    }

    /// Only of the bare event: in "has not … at least 3 times" people would differ on what the "not" denies.
    fn denies(&self, names: &Names) -> Option<String> {
        let is_counted =
            self.count.is_some() || self.distinct.is_some() || !self.sum.is_empty() || !self.average.is_empty();
        (!is_counted).then(|| format!("has not {}", self.done(names)))
    }

    fn write(&self) -> Json {
        let kinds = match self.kinds.as_slice() {
            [only] => json!(only),
            kinds => json!(kinds),
        };
        let numbers = |tests: &[(String, NumberTest)]| (!tests.is_empty()).then(|| where_(tests));
        Object::default()
            .put("event", kinds)
            .put_some("which", self.which.map(word::<WhichWords>))
            .put_if(!self.filter.is_empty(), "where", where_(&self.filter))
            .put_some("within", self.within.map(length))
            .put_some("older", self.older.map(length))
            .put_some("after", self.after.map(|when| when.to_string()))
            .put_some("before", self.before.map(|when| when.to_string()))
            .put_some("distinct", self.distinct.as_ref())
            .put_some("count", self.count.as_ref().map(bare_or_tests))
            .put_some("sum", numbers(&self.sum))
            .put_some("average", numbers(&self.average))
            .done()
    }

    fn needed(&self) -> Option<Json> {
        let amount = self.sum.iter().chain(&self.average).next();
        Some(amount.map_or_else(|| tests(&self.number()), |(_, test)| tests(test)))
    }

    fn compile(&self, compiler: &mut Compiler, goal: Option<u32>) -> Result<Node, String> {
        let amounts = |tests: &[(String, NumberTest)], measure| -> Vec<_> {
            tests.iter().map(|(property, test)| (measure, Some(property.clone()), Bound::from(test))).collect()
        };
        let mut parts = amounts(&self.sum, Measure::Sum);
        parts.extend(amounts(&self.average, Measure::Average));
        if parts.is_empty() {
            parts.push((Measure::Count, None, Bound::from(&self.number())));
        }
        let part = |(measure, amount, test): (Measure, Option<String>, Bound)| Part {
            measure,
            counter: compiler.inputs.counter(self.counter(amount, &test, &compiler.schedule.0, goal)),
            test,
        };
        Ok(Node::Event(Compiled { parts: parts.into_iter().map(part).collect() }))
    }

    fn truth(&self, _: &Playbook) -> Option<bool> {
        let none_match = self.filter.iter().any(|(_, test)| never_holds(test));
        let highest = match self.which {
            _ if none_match => 0.0,
            Some(_) => 1.0,
            None => f64::INFINITY,
        };
        let of_amounts = |low: f64, high: f64| {
            let truths = self.sum.iter().map(move |(_, test)| number_truth(test, low, high, false));
            if truths.clone().any(|truth| truth == Some(false)) { Some(false) } else { truths.min().flatten() }
        };
        if !self.average.is_empty() {
            let average = |test| number_truth(test, f64::NEG_INFINITY, f64::INFINITY, false) == Some(false);
            return (none_match || self.average.iter().any(|(_, test)| average(test))).then_some(false);
        }
        match self.sum.is_empty() {
            true => number_truth(&self.number(), 0.0, highest, true),
            false if none_match => of_amounts(0.0, 0.0),
            false => of_amounts(f64::NEG_INFINITY, f64::INFINITY),
        }
    }

    fn stays(&self, value: bool, playbook: &Playbook) -> bool {
        let only_grows = self.within.is_none() && self.which != Some(Which::Last);
        if !only_grows || !self.sum.is_empty() || !self.average.is_empty() {
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
        let kind = if let [only] = self.kinds.as_slice() { only } else { "" };
        warnings.filter(kind, &self.filter, node);
        warnings.kept(self, node);
    }
}

impl Event {
    /// The number that is required; one at least where nothing is written.
    fn number(&self) -> NumberTest {
        self.count.clone().unwrap_or_else(|| Test(vec![(Operator::Gte, Value::Number(1.0))]))
    }

    fn counter(&self, amount: Option<String>, test: &Bound, zone: &Zone, goal: Option<u32>) -> Counter {
        let at = |when: Option<When>| when.map(|when| when.instant(zone).unwrap_or(Instant::NEVER));
        let mut kinds = self.kinds.clone();
        kinds.sort();
        kinds.dedup();
        Counter {
            kinds,
            which: self.which,
            filter: self.filter.clone(),
            within: self.within,
            older: self.older,
            after: at(self.after),
            before: at(self.before),
            distinct: self.distinct.clone(),
            keep: if amount.is_some() { 0 } else { compared(test) },
            amount,
            sequence: goal,
            users: Vec::new(),
        }
    }

    /// How many events or values it keeps at most where it counts: one more than the largest number to compare with.
    pub(crate) fn compared(&self) -> u32 {
        compared(&Bound::from(&self.number()))
    }

    /// Whether it may hold of a lead without events of its kinds.
    pub(crate) fn is_true_of_none(&self) -> bool {
        let may_be_zero = |test: &NumberTest| number_truth(test, 0.0, 0.0, true) != Some(false);
        match (self.sum.is_empty(), self.average.is_empty()) {
            (true, true) => may_be_zero(&self.number()),
            (false, true) => self.sum.iter().all(|(_, test)| may_be_zero(test)),
            (_, false) => false,
        }
    }

    /// Whether it holds only of leads without events of its kinds.
    pub(crate) fn is_false_of_any(&self) -> bool {
        number_truth(&self.number(), 1.0, f64::INFINITY, true) == Some(false)
    }

    /// Whether it counts every event of a kind that its window has, whatever the event is like.
    pub(crate) fn counts_all_of(&self, kind: &str) -> bool {
        let whole = Event { kinds: Vec::new(), within: None, count: None, ..self.clone() } == Event::default();
        whole && self.kinds.iter().any(|other| other == kind)
    }

    fn is_never(&self) -> bool {
        let none = [(Operator::Eq, Value::Number(0.0))];
        self.distinct.is_none() && self.count.as_ref().is_some_and(|count| count.0 == none)
    }

    /// What follows "has" or "has not".
    fn done(&self, names: &Names) -> String {
        let which = match self.which {
            None => "",
            Some(Which::First) => "first ",
            Some(Which::Last) => "most recently ",
        };
        if let Some(different) = self.different() {
            let whose = whose(&self.kinds, &self.filter, names);
            return format!("{which}{different}{whose}{}", self.tail(None, !self.filter.is_empty()));
        }
        if let ([kind], [(property, test), rest @ ..]) = (self.kinds.as_slice(), self.filter.as_slice())
            && let Some(did) = filter::the(kind, property, test, names)
        {
            let whose = whose(&self.kinds, rest, names);
            return format!("{which}{did}{whose}{}", self.tail(self.how_often(), !rest.is_empty()));
        }
        let kinds: Vec<String> = self.kinds.iter().map(|kind| kind::participle(kind)).collect();
        let (did, whose) = (phrase::either(&kinds), whose(&self.kinds, &self.filter, names));
        format!("{which}{did}{whose}{}", self.tail(self.how_often(), !self.filter.is_empty()))
    }

    /// "viewed at least 3 different pages", where there is a noun for what is counted.
    fn different(&self) -> Option<String> {
        let ([kind], Some(property), Some(count)) = (self.kinds.as_slice(), &self.distinct, &self.count) else {
            return None;
        };
        let is_one = matches!(count.0.as_slice(), [(_, Value::Number(1.0))]);
        let number = || operators::quantity(count, "fewer than", phrase::number);
        (!is_one).then(|| filter::different(kind, property, &number())).flatten()
    }

    /// How often and since when. After a filter it stands behind a comma: "whose amount is 5, at least 3 times".
    fn tail(&self, how_often: Option<String>, is_filtered: bool) -> String {
        // Without the comma, "at" could belong to the name of the property before it.
        let comma = if self.distinct.is_some() && how_often.is_some() && self.within.is_none() { "," } else { "" };
        let how_often = how_often.map(|words| if self.older.is_some() { words + comma } else { words });
        let dated = [
            self.within.map(|within| format!("in the last {}", phrase::span(within))),
            self.older.map(|older| format!("at least {} ago", phrase::length(older))),
            self.after.map(|after| format!("since {after}")),
            self.before.map(|before| format!("before {before}")),
        ];
        let amounts = |tests: &[(String, NumberTest)], does: &str| {
            let each = tests.iter().map(|(property, test)| {
                let quantity = operators::quantity(test, "less than", filter::measure(&self.kinds, property));
                format!("{} {does} {quantity}", phrase::property(property))
            });
            (!tests.is_empty()).then(|| format!("with {}", each.collect::<Vec<_>>().join(" and with ")))
        };
        let measured = [how_often, amounts(&self.sum, "adding up to"), amounts(&self.average, "averaging")];
        let parts: Vec<String> = measured.into_iter().chain(dated).flatten().collect();
        match (parts.is_empty(), is_filtered) {
            (true, _) => String::new(),
            (false, false) => format!(" {}", parts.join(" ")),
            (false, true) => format!(", {}", parts.join(" ")),
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

fn compared(test: &Bound) -> u32 {
    test.largest().clamp(0.0, 1e9) as u32 + 1
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

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Compiled {
    /// At least one; all must hold.
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
struct Part {
    measure: Measure,
    counter: u32,
    test: Bound,
}

impl Part {
    fn ask(&self, asking: &Asking) -> Answer {
        let counter = &asking.program.inputs.counters[self.counter as usize];
        match asking.lead.counters.get(self.counter) {
            Some(tally) => tally.ask(counter, self.measure, &self.test, asking.at),
            None => Answer::for_good(self.measure.of(0.0, 0).is_some_and(|none| self.test.holds(none))),
        }
    }

    fn found(&self, asking: &Asking) -> String {
        let counter = &asking.program.inputs.counters[self.counter as usize];
        let tally = asking.lead.counters.get(self.counter);
        let (number, events) = tally.map_or((0.0, 0), |tally| tally.number(counter, asking.at));
        match (self.measure, self.measure.of(number, events)) {
            (Measure::Count, _) if counter.which.is_some() => match tally {
                None => "there is none".into(),
                Some(_) if events > 0 => "it is so".into(),
                Some(_) => "that one is another".into(),
            },
            (Measure::Count, _) => {
                // Counting stops where more would change no answer.
                let more = if events >= counter.keep && self.test.largest() >= 1.0 { " or more" } else { "" };
                match events {
                    0 => "there is none".into(),
                    1 if more.is_empty() => "there is 1".into(),
                    n => format!("there are {n}{more}"),
                }
            }
            (_, Some(number)) => stands(number, &self.test),
            (_, None) => "there is no number".into(),
        }
    }

    /// The number that is tested; a count goes no further than changes an answer.
    fn value(&self, asking: &Asking) -> Option<f64> {
        let counter = &asking.program.inputs.counters[self.counter as usize];
        let tally = asking.lead.counters.get(self.counter);
        let (number, events) = tally.map_or((0.0, 0), |tally| tally.number(counter, asking.at));
        self.measure.of(number, events)
    }
}

impl Question for Compiled {
    fn ask(&self, asking: &mut Asking) -> Answer {
        let [first, rest @ ..] = self.parts.as_slice() else { return Answer::for_good(true) };
        rest.iter().fold(first.ask(asking), |all, part| all.and(part.ask(asking)))
    }

    fn found(&self, asking: &mut Asking, _: &Names) -> String {
        let failing = self.parts.iter().filter(|part| !part.ask(asking).holds);
        let found: Vec<String> = failing.map(|part| part.found(asking)).collect();
        match found.is_empty() {
            true => self.parts.first().map(|part| part.found(asking)).unwrap_or_default(),
            false => found.join("; "),
        }
    }

    /// Of the first part that fails: what the sentence begins with.
    fn value(&self, asking: &mut Asking) -> Option<Json> {
        let failing = self.parts.iter().find(|part| !part.ask(asking).holds);
        failing.or(self.parts.first())?.value(asking).map(number)
    }

    fn note_user(&self, program: &mut Program, user: u32) {
        for part in &self.parts {
            note(&mut program.inputs.counters[part.counter as usize].users, user);
        }
    }
}
