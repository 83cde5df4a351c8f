//! Operators made ready to be asked often: operands in lower case and read as numbers once (contract §3, operators).

use std::borrow::Cow;

use crate::value::{Operator, Test, Value};

/// A `Test` compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked(Vec<(Operator, Operand)>);

#[derive(Clone, Debug, PartialEq)]
enum Operand {
    Bool(bool),
    Number(f64),
    /// In lower case, with the number that it reads as.
    Text(String, Option<f64>),
    List(Vec<Operand>),
    Opaque,
}

impl From<&Value> for Operand {
    fn from(value: &Value) -> Operand {
        match value {
            Value::Bool(b) => Operand::Bool(*b),
            Value::Number(n) => Operand::Number(*n),
            Value::Text(text) => Operand::Text(text.to_lowercase(), number_in(text)),
            Value::List(list) => Operand::List(list.iter().map(Operand::from).collect()),
            Value::Opaque => Operand::Opaque,
        }
    }
}

impl From<&Test> for Asked {
    fn from(test: &Test) -> Asked {
        Asked(test.0.iter().map(|(operator, value)| (*operator, Operand::from(value))).collect())
    }
}

impl Asked {
    /// Whether every operator holds of the value; `None` is a missing one.
    pub fn holds(&self, value: Option<&Value>) -> bool {
        self.0.iter().all(|(operator, operand)| holds(*operator, operand, value))
    }
}

fn holds(operator: Operator, operand: &Operand, value: Option<&Value>) -> bool {
    if operator == Operator::Exists {
        return *operand == Operand::Bool(value.is_some());
    }
    match value {
        None => false,
        Some(Value::List(list)) => match operator {
            Operator::Contains => list.iter().any(|element| equal(element, operand)),
            Operator::Ne | Operator::NotIn => list.iter().all(|element| one_holds(operator, operand, element)),
            _ => list.iter().any(|element| one_holds(operator, operand, element)),
        },
        Some(value) => one_holds(operator, operand, value),
    }
}

fn one_holds(operator: Operator, operand: &Operand, value: &Value) -> bool {
    match operator {
        Operator::Eq => equal(value, operand),
        Operator::Ne => !equal(value, operand),
        Operator::In => is_in(value, operand),
        Operator::NotIn => !is_in(value, operand),
        Operator::Gt => ordered(value, operand, |a, b| a > b),
        Operator::Gte => ordered(value, operand, |a, b| a >= b),
        Operator::Lt => ordered(value, operand, |a, b| a < b),
        Operator::Lte => ordered(value, operand, |a, b| a <= b),
        Operator::Contains => texts(value, operand, |text, part| lower(text).contains(part)),
        Operator::StartsWith => texts(value, operand, starts_with),
        Operator::EndsWith => texts(value, operand, |text, part| lower(text).ends_with(part)),
        Operator::Exists => true,
    }
}

fn is_in(value: &Value, operand: &Operand) -> bool {
    match operand {
        Operand::List(list) => list.iter().any(|one| equal(value, one)),
        single => equal(value, single),
    }
}

fn equal(value: &Value, operand: &Operand) -> bool {
    match (value, operand) {
        (Value::Bool(a), Operand::Bool(b)) => a == b,
        (Value::Number(a), Operand::Number(b)) => a == b,
        (Value::Number(a), Operand::Text(_, b)) => Some(*a) == *b,
        (Value::Text(a), Operand::Number(b)) => number_in(a) == Some(*b),
        (Value::Text(a), Operand::Text(b, _)) => lower(a) == b.as_str(),
        (Value::Bool(a), Operand::Text(b, _)) => b == if *a { "true" } else { "false" },
        (Value::Text(a), Operand::Bool(b)) => lower(a) == if *b { "true" } else { "false" },
        _ => false,
    }
}

/// Whether two values are equal, as the operator `eq` compares.
pub fn same(value: &Value, other: &Value) -> bool {
    equal(value, &Operand::from(other))
}

fn ordered(value: &Value, operand: &Operand, compare: impl Fn(f64, f64) -> bool) -> bool {
    let left = match value {
        Value::Number(n) => Some(*n),
        Value::Text(text) => number_in(text),
        _ => None,
    };
    let right = match operand {
        Operand::Number(n) => Some(*n),
        Operand::Text(_, n) => *n,
        _ => None,
    };
    matches!((left, right), (Some(a), Some(b)) if compare(a, b))
}

fn texts(value: &Value, operand: &Operand, compare: impl Fn(&str, &str) -> bool) -> bool {
    match (value, operand) {
        (Value::Text(text), Operand::Text(part, _)) => compare(text, part),
        _ => false,
    }
}

/// Whether a text in lower case starts with a part, which is in lower case.
fn starts_with(text: &str, part: &str) -> bool {
    // Where the start is in lower case, the rest need not be looked at: most filters ask for the start of a path.
    match text.get(..part.len()).map(lower) {
        Some(Cow::Borrowed(start)) => start == part,
        _ => lower(text).starts_with(part),
    }
}

/// Lower case of Unicode; nothing is copied where there is nothing to change.
pub fn lower(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.to_lowercase())
    }
}

/// The number that a text reads as: decimal, with optional sign and exponent, blanks around it ignored. One that no
/// double holds reads as the double nearest to it: no number that is not finite is compared.
pub fn number_in(text: &str) -> Option<f64> {
    let text = text.trim();
    let plausible = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    // `str::parse` also takes `inf` and `nan`, which are no decimal numbers.
    if !text.bytes().all(plausible) {
        return None;
    }
    text.parse().ok().map(finite)
}

/// The finite double nearest to a value. Nothing that is kept, compared or printed is infinite.
pub fn finite(value: f64) -> f64 {
    value.clamp(f64::MIN, f64::MAX)
}

/// Scores, strengths and shares compare rounded to nine decimals, both sides (contract §4.3): this many billionths.
pub fn billionths(value: f64) -> f64 {
    let scaled = value * 1e9;
    if scaled.is_infinite() {
        return value;
    }
    let rounded = scaled.round();
    if (scaled - rounded).abs() < 0.499 {
        return rounded;
    }
    // The product itself was rounded, perhaps over the half: look at what is truly left.
    let left = value.mul_add(1e9, -rounded);
    if left.abs() <= 0.5 { rounded } else { rounded + left.signum() }
}

/// A test of a number that fades or counts, with the values at which its answer can change.
#[derive(Clone, Debug, PartialEq)]
pub struct Bound {
    operators: Vec<(Operator, Vec<f64>)>,
    /// Ascending: the answer is the same for all values between two of them.
    pub edges: Vec<f64>,
    /// The answer at each place between the edges. Asked once: rounding value and operands to billionths anew for each
    /// question was up to a sixth of what a step cost.
    answers: Vec<bool>,
}

/// Half a billionth: where rounding to nine decimals tips over.
const HALF: f64 = 0.5e-9;

impl From<&Test> for Bound {
    fn from(test: &Test) -> Bound {
        let operators: Vec<_> = test.0.iter().map(|(operator, value)| (*operator, numbers(value))).collect();
        let mut edges: Vec<f64> = operators.iter().flat_map(|(operator, numbers)| edges(*operator, numbers)).collect();
        edges.sort_by(f64::total_cmp);
        edges.dedup();
        // An edge itself lies below it; beyond the last one there is one place more.
        let beyond = edges.last().map_or(0.0, |last| last.next_up());
        let places = edges.iter().copied().chain([beyond]);
        let answers = places.map(|value| all_hold(&operators, value)).collect();
        Bound { operators, edges, answers }
    }
}

/// Whether all operators hold of a value, both sides rounded.
fn all_hold(operators: &[(Operator, Vec<f64>)], value: f64) -> bool {
    let value = billionths(value);
    operators.iter().all(|(operator, numbers)| {
        let mut each = numbers.iter().map(|n| billionths(*n));
        match operator {
            Operator::Eq | Operator::In => each.any(|n| value == n),
            Operator::Ne | Operator::NotIn => each.all(|n| value != n),
            Operator::Gt => each.any(|n| value > n),
            Operator::Gte => each.any(|n| value >= n),
            Operator::Lt => each.any(|n| value < n),
            Operator::Lte => each.any(|n| value <= n),
            Operator::Exists => true,
            Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
        }
    })
}

fn edges(operator: Operator, numbers: &[f64]) -> Vec<f64> {
    let shifts: &[f64] = match operator {
        Operator::Gte | Operator::Lt => &[-HALF],
        Operator::Gt | Operator::Lte => &[HALF],
        _ => &[-HALF, HALF],
    };
    numbers.iter().flat_map(|n| shifts.iter().map(move |shift| edge(*n, *shift))).collect()
}

/// The largest double on the lower side of the place at which rounding tips over, `shift` beside a number. It must be
/// exact: where a sum changes by less than a double holds, an answer that changed a millisecond after its edge would
/// never be seen to change.
fn edge(number: f64, shift: f64) -> f64 {
    // The sum below is off by some of the last digits at most.
    const NEAR: usize = 16;
    let number_is = billionths(number);
    // A number with more than nine decimals is compared as one with nine: it tips over beside that one.
    let compared = if (number * 1e9).is_infinite() { number } else { number_is / 1e9 };
    let is_below =
        |value: f64| if shift < 0.0 { billionths(value) < number_is } else { billionths(value) <= number_is };
    let mut edge = compared + shift;
    for _ in 0..NEAR {
        if is_below(edge) {
            break;
        }
        edge = edge.next_down();
    }
    for _ in 0..NEAR {
        if !is_below(edge.next_up()) {
            break;
        }
        edge = edge.next_up();
    }
    edge
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Number(n) => vec![*n],
        Value::Text(text) => number_in(text).into_iter().collect(),
        Value::List(list) => list.iter().flat_map(numbers).collect(),
        Value::Bool(_) | Value::Opaque => Vec::new(),
    }
}

impl Bound {
    pub fn at_least(threshold: f64) -> Bound {
        Bound::from(&Test(vec![(Operator::Gte, Value::Number(threshold))]))
    }

    pub fn below(threshold: f64) -> Bound {
        Bound::from(&Test(vec![(Operator::Lt, Value::Number(threshold))]))
    }

    /// The largest number asked for; counting further changes no answer.
    pub fn largest(&self) -> f64 {
        self.operators.iter().flat_map(|(_, numbers)| numbers).fold(0.0, |a: f64, b| a.max(*b))
    }

    /// Between which edges a value lies: how many of them are below it.
    pub fn place(&self, value: f64) -> usize {
        self.edges.partition_point(|edge| *edge < value)
    }

    pub fn holds(&self, value: f64) -> bool {
        self.answers[self.place(value)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_changes_exactly_at_its_edge() {
        let numbers = [0.0, 0.1, 0.3, 1.0, 1.5, 2.5, 5.0, 7.3, 20.0, 33.3, 50.0, 99.9, 1e3, 12_345.678, 1e6, 4e6];
        let longer = [1.0 / 3.0, 2.0 / 3.0, 1e-12, 0.999_999_999_9, 7.123_456_789_4, 20.1 - 0.3, 1e15 / 7.0, 1e300];
        for number in numbers.into_iter().chain(longer).flat_map(|number| [number, -number]) {
            for operator in [Operator::Gt, Operator::Gte, Operator::Lt, Operator::Lte, Operator::Eq, Operator::Ne] {
                let bound = Bound::from(&Test(vec![(operator, Value::Number(number))]));
                for edge in &bound.edges {
                    let below = (bound.holds(*edge), bound.holds(edge.next_up()));
                    assert_ne!(below.0, below.1, "{operator:?} {number} at {edge:e}");
                }
            }
        }
    }

    #[test]
    fn an_answer_by_its_place_is_the_one_that_the_operators_give() {
        let list = |numbers: &[f64]| Value::List(numbers.iter().map(|n| Value::Number(*n)).collect());
        let tests = [
            vec![],
            vec![(Operator::Exists, Value::Bool(true))],
            vec![(Operator::Contains, Value::Text("5".into()))],
            vec![(Operator::Eq, Value::Text("no number".into()))],
            vec![(Operator::Ne, Value::Text("no number".into()))],
            vec![(Operator::Lt, Value::Number(f64::MIN)), (Operator::Gt, Value::Number(f64::MIN))],
            vec![(Operator::Lte, Value::Number(f64::MAX))],
            vec![(Operator::Gte, Value::Number(1e300)), (Operator::Lt, Value::Number(2e300))],
            vec![(Operator::Gte, Value::Number(20.0)), (Operator::Lt, Value::Number(50.0))],
            vec![(Operator::Gt, Value::Number(0.1)), (Operator::Ne, Value::Number(0.3))],
            vec![(Operator::Gte, Value::Number(1.0 / 3.0)), (Operator::Lte, Value::Number(2.0 / 3.0))],
            vec![(Operator::In, list(&[3.0, -0.0, 0.0, 1e15, -7.25]))],
            vec![(Operator::NotIn, list(&[0.1, 0.1, 0.100_000_000_5, 9_007_199.254_740_993]))],
        ];
        for test in tests {
            let bound = Bound::from(&Test(test.clone()));
            let numbers = test.iter().flat_map(|(_, value)| numbers(value));
            let mut values = vec![0.0, -0.0, f64::MIN, f64::MAX, f64::MIN_POSITIVE, -1e-9, 2e9, 1e17];
            for number in numbers.chain(bound.edges.clone()) {
                for shift in [0.0, HALF, -HALF, 1e-9, -1e-9, 0.25, -0.25] {
                    let near = (number + shift).clamp(f64::MIN.next_up(), f64::MAX.next_down());
                    values.extend([near.next_down(), near, near.next_up()]);
                }
            }
            for value in values {
                assert_eq!(bound.holds(value), all_hold(&bound.operators, value), "{test:?} of {value:e}");
            }
        }
    }

    #[test]
    fn a_text_starts_with_a_part_in_lower_case() {
        let cases = [
            ("", "", true),
            ("/blog/1", "/blog/", true),
            ("/Blog/1", "/blog/", true),
            ("/blog", "/blog/", false),
            ("/blag/1", "/blog/", false),
            ("/blog/É", "/blog/é", true),
            ("/blog/1/É", "/blog/", true),
            ("é", "e", false),
            // These grow or shrink, or depend on what follows them.
            ("\u{130}x", "i\u{307}", true),
            ("\u{212a}", "k", true),
            ("ΑΣ", "ας", true),
            ("ΑΣΑ", "ας", false),
        ];
        for (text, part, starts) in cases {
            assert_eq!(starts_with(text, part), starts, "{text} {part}");
            assert_eq!(starts_with(text, part), text.to_lowercase().starts_with(part), "{text} {part}");
        }
    }

    #[test]
    fn rounding_looks_at_the_value_and_not_at_its_product() {
        // The double nearest to this lies below it, but times 1e9 it rounds to the half itself.
        let under = 9.999_999_998_5;
        assert_eq!(under * 1e9, 9_999_999_998.5);
        assert_eq!(billionths(under), 9_999_999_998.0);
        assert_eq!(billionths(-under), -9_999_999_998.0);
        assert_eq!(billionths(0.1 + 0.2), billionths(0.3));
    }
}
