//! What can be said of conditions and scores before any lead is seen. All of it is cautious: where the answer is not
//! certain, there is none.

use std::cmp::Ordering;

use super::scalar::reads_as_number;
use super::{Gives, Playbook, Rule, Score};
use crate::audience::Needs;
use crate::condition::{Condition, Predicate};
use crate::time::Duration;
use crate::value::{NumberTest, Operator, Test, Value};

/// What a condition proves of itself. Warnings rest on it, and a law of the tests tries it on random leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proved {
    /// It is this at every instant; `None`: it depends.
    pub truth: Option<bool>,
    /// Once true, it is true for ever.
    pub stays_true: bool,
    /// Once false, it is false for ever.
    pub stays_false: bool,
    /// The longest time for which it stays true if nothing more happens; `None`: maybe for ever.
    pub window: Option<Duration>,
}

impl Condition {
    /// What it proves of itself under a playbook.
    pub fn proved(&self, playbook: &Playbook) -> Proved {
        let [stays_true, stays_false] = [true, false].map(|value| stays(self, value, playbook));
        Proved { truth: truth(self, playbook), stays_true, stays_false, window: window(self) }
    }
}

/// `Some(false)`: never true; `Some(true)`: always true; `None`: it depends.
pub(crate) fn truth(condition: &Condition, playbook: &Playbook) -> Option<bool> {
    match condition {
        Condition::All(list) => all(list.iter().map(|inner| truth(inner, playbook))),
        Condition::Any(list) => all(list.iter().map(|inner| truth(inner, playbook).map(|t| !t))).map(|t| !t),
        Condition::Not(inner) => truth(inner, playbook).map(|t| !t),
        form => form.predicate().and_then(|form| form.truth(playbook)),
    }
}

/// The truth of "all of these": false wins over what is not known.
fn all(truths: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut known = Some(true);
    for truth in truths {
        match truth {
            Some(false) => return Some(false),
            Some(true) => {}
            None => known = None,
        }
    }
    known
}

/// Whether a number from `low` to `high` (both possible; `whole`: a whole one) never or always satisfies the operators.
pub(crate) fn number_truth(test: &NumberTest, low: f64, high: f64, whole: bool) -> Option<bool> {
    if test.0.iter().all(|(operator, value)| holds_throughout(*operator, value, low, high)) {
        return Some(true);
    }
    let possible = Possible::of(test, low, high);
    (!possible.any(whole)).then_some(false)
}

/// Numbers are compared rounded to nine decimals (contract §4.3).
fn rounded(number: f64) -> f64 {
    let scaled = (number * 1e9).round() / 1e9;
    if scaled.is_finite() { scaled } else { number }
}

fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(rounded(*number)),
        Value::Text(text) if reads_as_number(text) => text.trim().parse().ok().map(rounded),
        _ => None,
    }
}

fn holds_throughout(operator: Operator, value: &Value, low: f64, high: f64) -> bool {
    let Some(number) = as_number(value) else { return false };
    match operator {
        Operator::Eq => low == number && high == number,
        Operator::Ne => number < low || number > high,
        Operator::Gt => low > number,
        Operator::Gte => low >= number,
        Operator::Lt => high < number,
        Operator::Lte => high <= number,
        _ => false,
    }
}

/// The numbers that a test leaves.
struct Possible {
    low: f64,
    above_low: bool,
    high: f64,
    below_high: bool,
    /// If given, nothing but these.
    only: Option<Vec<f64>>,
    not: Vec<f64>,
}

impl Possible {
    fn of(test: &NumberTest, low: f64, high: f64) -> Possible {
        let mut possible = Possible { low, above_low: false, high, below_high: false, only: None, not: Vec::new() };
        for (operator, value) in &test.0 {
            possible.narrow(*operator, value);
        }
        possible
    }

    fn narrow(&mut self, operator: Operator, value: &Value) {
        let numbers: Vec<f64> = match value {
            Value::List(items) => items.iter().filter_map(as_number).collect(),
            value => as_number(value).into_iter().collect(),
        };
        match (operator, numbers.as_slice()) {
            (Operator::Eq, [_]) | (Operator::In, _) => {
                let before = self.only.take();
                let still = |n: &f64| before.as_ref().is_none_or(|before| before.contains(n));
                self.only = Some(numbers.iter().copied().filter(still).collect());
            }
            (Operator::Ne, [_]) | (Operator::NotIn, _) => self.not.extend(&numbers),
            (Operator::Gt | Operator::Gte, [n]) => self.from(*n, operator == Operator::Gt),
            (Operator::Lt | Operator::Lte, [n]) => self.to(*n, operator == Operator::Lt),
            _ => {}
        }
    }

    fn from(&mut self, number: f64, strictly: bool) {
        match number.partial_cmp(&self.low) {
            Some(Ordering::Greater) => (self.low, self.above_low) = (number, strictly),
            Some(Ordering::Equal) => self.above_low |= strictly,
            _ => {}
        }
    }

    fn to(&mut self, number: f64, strictly: bool) {
        match number.partial_cmp(&self.high) {
            Some(Ordering::Less) => (self.high, self.below_high) = (number, strictly),
            Some(Ordering::Equal) => self.below_high |= strictly,
            _ => {}
        }
    }

    fn allows(&self, number: f64) -> bool {
        (number > self.low || (number == self.low && !self.above_low))
            && (number < self.high || (number == self.high && !self.below_high))
            && !self.not.contains(&number)
    }

    fn any(&self, whole: bool) -> bool {
        if let Some(only) = &self.only {
            return only.iter().any(|n| self.allows(*n) && (!whole || n.fract() == 0.0));
        }
        if !whole {
            // An interval has numbers enough to escape `ne`; a point has one.
            return self.low < self.high || self.allows(self.low);
        }
        // Of so many whole numbers from the lowest on at least one is not excluded, if it is below the highest.
        let first = self.low.ceil();
        let tries = self.not.len() + 2;
        (0..tries).any(|i| self.allows(first + i as f64))
    }
}

/// Why no value satisfies all operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contradiction {
    /// Neither a single value nor a list.
    Plain,
    /// No single value; different elements of a list could.
    UnlessList,
    /// Larger or smaller than what is no number.
    NoNumber,
    /// One of none.
    EmptyList,
}

/// Whether no value of any type satisfies a test.
pub(crate) fn never_holds(test: &Test) -> bool {
    contradiction(test).is_some_and(|why| why != Contradiction::UnlessList)
}

/// Whether operators over a value of an attribute or a property exclude each other.
pub(crate) fn contradiction(test: &Test) -> Option<Contradiction> {
    let operators = &test.0;
    let wants_none = operators.contains(&(Operator::Exists, Value::Bool(false)));
    if operators.iter().any(|(operator, value)| is_order(*operator) && as_number(value).is_none()) {
        return Some(Contradiction::NoNumber);
    }
    if operators.contains(&(Operator::In, Value::List(Vec::new()))) {
        return Some(Contradiction::EmptyList);
    }
    if (wants_none && operators.len() > 1) || operators.iter().any(|(op, value)| excluded(*op, value, operators)) {
        return Some(Contradiction::Plain);
    }
    let bounds = Test(operators.iter().filter(|(op, _)| is_order(*op)).cloned().collect());
    let empty = !Possible::of(&bounds, f64::NEG_INFINITY, f64::INFINITY).any(false);
    empty.then_some(Contradiction::UnlessList)
}

fn is_order(operator: Operator) -> bool {
    matches!(operator, Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte)
}

/// Whether `eq` or `in` leave nothing that `ne` and `not_in` do not forbid.
fn excluded(operator: Operator, value: &Value, operators: &[(Operator, Value)]) -> bool {
    let wanted = match (operator, value) {
        (Operator::Eq, value) => std::slice::from_ref(value),
        (Operator::In, Value::List(items)) => items,
        _ => return false,
    };
    let forbids = |(op, other): &(Operator, Value), value: &Value| match (op, other) {
        (Operator::Ne, other) => other == value,
        (Operator::NotIn, Value::List(items)) => items.contains(value),
        _ => false,
    };
    wanted.iter().all(|value| operators.iter().any(|other| forbids(other, value)))
}

/// The lowest and the highest value that a score can have, as far as its rules tell.
pub(crate) fn score_bounds(score: &Score, playbook: &Playbook) -> (f64, f64) {
    let bounds = score.rules.iter().map(|rule| rule_bounds(rule, playbook));
    let (low, high) = bounds.fold((0.0, 0.0), |(low, high), (l, h)| (low + l, high + h));
    match score.range {
        Some((lowest, highest)) => (clamped(low, lowest, highest), clamped(high, lowest, highest)),
        None => (low, high),
    }
}

fn clamped(value: f64, lowest: f64, highest: f64) -> f64 {
    value.max(lowest).min(highest)
}

fn rule_bounds(rule: &Rule, playbook: &Playbook) -> (f64, f64) {
    let (once, often) = ((rule.points.min(0.0), rule.points.max(0.0)), rule.points * f64::INFINITY);
    let (low, high) = match &rule.gives {
        _ if rule.points == 0.0 => (0.0, 0.0),
        Gives::Event { filter, .. } => {
            let never = filter.iter().any(|(_, test)| never_holds(test));
            if never { (0.0, 0.0) } else { (often.min(0.0), often.max(0.0)) }
        }
        // One that uses scores is an error told elsewhere; following it could go in circles.
        Gives::If(condition) if uses_score(condition) => once,
        Gives::If(condition) => match truth(condition, playbook) {
            Some(true) => (rule.points, rule.points),
            Some(false) => (0.0, 0.0),
            None => once,
        },
        Gives::Inactive { repeats: true, .. } => (often.min(0.0), often.max(0.0)),
        Gives::Inactive { .. } => once,
    };
    let cap = rule.cap.unwrap_or(f64::INFINITY);
    (clamped(low, -cap, cap), clamped(high, -cap, cap))
}

fn uses_score(condition: &Condition) -> bool {
    let mut needs = Needs::default();
    needs.note(condition);
    !needs.scores.is_empty()
}

/// Once true, true for ever (by further events and by time; corrections apart).
pub(crate) fn stays_true(condition: &Condition, playbook: &Playbook) -> bool {
    stays(condition, true, playbook)
}

/// Once it is `value`, it is so for ever.
fn stays(condition: &Condition, value: bool, playbook: &Playbook) -> bool {
    match condition {
        Condition::All(list) | Condition::Any(list) => list.iter().all(|inner| stays(inner, value, playbook)),
        Condition::Not(inner) => stays(inner, !value, playbook),
        form => form.predicate().is_none_or(|form| form.stays(value, playbook)),
    }
}

/// The longest that a condition that became true stays true if nothing more happens; `None`: maybe for ever.
pub(crate) fn window(condition: &Condition) -> Option<Duration> {
    match condition {
        Condition::All(list) => list.iter().filter_map(window).min(),
        Condition::Any(list) => {
            let windows: Option<Vec<Duration>> = list.iter().map(window).collect();
            windows?.into_iter().max()
        }
        form => form.predicate().and_then(Predicate::window),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test::{Asked, Bound};

    fn number(n: f64) -> Value {
        Value::Number(n)
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    /// Every operator with every operand that a playbook can give it, of these.
    fn asked(scalars: &[Value]) -> Vec<(Operator, Value)> {
        let mut lists = vec![Vec::new()];
        lists.extend(scalars.iter().flat_map(|a| scalars.iter().map(|b| vec![a.clone(), b.clone()])));
        let operands = |operator: Operator| match operator {
            Operator::In | Operator::NotIn => lists.iter().cloned().map(Value::List).collect(),
            Operator::Exists => vec![Value::Bool(true), Value::Bool(false)],
            _ => scalars.to_vec(),
        };
        Operator::ALL.iter().flat_map(|(o, _)| operands(*o).into_iter().map(move |value| (*o, value))).collect()
    }

    /// No operator stands twice in a mapping.
    fn pairs(all: &[(Operator, Value)]) -> impl Iterator<Item = Test> + '_ {
        let pairs = all.iter().flat_map(move |a| all.iter().map(move |b| vec![a.clone(), b.clone()]));
        pairs.filter(|pair| pair[0].0 != pair[1].0).map(Test)
    }

    #[test]
    fn what_is_proved_of_numbers_holds_of_all_tried() {
        let is_numeric = |o: &Operator| Operator::ALL[..8].iter().any(|(numeric, _)| numeric == o);
        let mut all = asked(&[-1.0, 0.0, 1.0, 1.5, 2.0].map(number));
        all.retain(|(operator, _)| is_numeric(operator));
        let mut proved = [0, 0];
        for test in pairs(&all) {
            let bound = Bound::from(&test);
            for (low, high, whole, step) in [(0.0, 2.0, false, 0.25), (1.0, 1.0, false, 1.0), (0.0, 9.0, true, 1.0)] {
                let Some(truth) = number_truth(&test, low, high, whole) else { continue };
                proved[usize::from(truth)] += 1;
                let tried = (0..20).map(|i| low + f64::from(i) * step).filter(|n| *n <= high);
                tried.for_each(|n| assert_eq!(bound.holds(n), truth, "{test:?} of {n} in {low}..{high}"));
            }
        }
        assert!(proved.iter().all(|n| *n > 100), "{proved:?}");
    }

    #[test]
    fn what_is_proved_to_exclude_itself_holds_of_no_value_tried() {
        let scalars = [number(1.0), number(2.0), text("1"), text("x"), Value::Bool(true)];
        let mut values: Vec<Option<Value>> = scalars.iter().cloned().map(Some).collect();
        values.extend([
            None,
            Some(text("")),
            Some(number(1.5)),
            Some(number(0.0)),
            Some(number(3.0)),
            Some(text("true")),
        ]);
        let lists = scalars.iter().flat_map(|a| scalars.iter().map(|b| vec![a.clone(), b.clone()])).chain([vec![]]);
        let lists: Vec<Option<Value>> = lists.map(|list| Some(Value::List(list))).collect();
        let mut proved = 0;
        for test in pairs(&asked(&scalars)) {
            let Some(why) = contradiction(&test) else { continue };
            proved += 1;
            let none = |values: &[Option<Value>]| !values.iter().any(|v| Asked::from(&test).holds(v.as_ref()));
            assert!(none(&values), "{test:?}: {why:?}");
            assert!(why == Contradiction::UnlessList || none(&lists), "{test:?}: {why:?}");
        }
        assert!(proved > 500, "{proved}");
    }
}
