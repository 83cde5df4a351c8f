//! Operators on values: `eq ne in not_in gt gte lt lte contains starts_with ends_with exists`.

use serde_json::Value;
use std::cmp::Ordering;

/// The names of all operators.
pub const NAMES: [&str; 12] =
    ["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "contains", "starts_with", "ends_with", "exists"];

/// One operator with what it compares to.
#[derive(Clone, Debug)]
pub enum Operator {
    Eq(Value),
    Ne(Value),
    In(Vec<Value>),
    NotIn(Vec<Value>),
    Gt(Value),
    Gte(Value),
    Lt(Value),
    Lte(Value),
    Contains(Value),
    StartsWith(Value),
    EndsWith(Value),
    Exists(bool),
}

impl Operator {
    /// The operator that the playbook names, or nothing where the key is another part of the condition.
    pub fn read(name: &str, operand: &Value) -> Option<Operator> {
        let list = || operand.as_array().cloned().unwrap_or_default();
        Some(match name {
            "eq" => Operator::Eq(operand.clone()),
            "ne" => Operator::Ne(operand.clone()),
            "in" => Operator::In(list()),
            "not_in" => Operator::NotIn(list()),
            "gt" => Operator::Gt(operand.clone()),
            "gte" => Operator::Gte(operand.clone()),
            "lt" => Operator::Lt(operand.clone()),
            "lte" => Operator::Lte(operand.clone()),
            "contains" => Operator::Contains(operand.clone()),
            "starts_with" => Operator::StartsWith(operand.clone()),
            "ends_with" => Operator::EndsWith(operand.clone()),
            "exists" => Operator::Exists(operand.as_bool().unwrap_or(true)),
            _ => return None,
        })
    }

    /// The values that it compares to.
    pub fn operands(&mut self) -> Vec<&mut Value> {
        match self {
            Operator::In(list) | Operator::NotIn(list) => list.iter_mut().collect(),
            Operator::Exists(_) => Vec::new(),
            Operator::Eq(v) | Operator::Ne(v) | Operator::Gt(v) | Operator::Gte(v) | Operator::Lt(v) => vec![v],
            Operator::Lte(v) | Operator::Contains(v) | Operator::StartsWith(v) | Operator::EndsWith(v) => vec![v],
        }
    }

    fn holds(&self, value: Option<&Value>) -> bool {
        if let Operator::Exists(wanted) = self {
            return value.is_some() == *wanted;
        }
        let Some(value) = value else { return false };
        let Value::Array(elements) = value else { return self.holds_of(value) };
        match self {
            Operator::Ne(_) | Operator::NotIn(_) => elements.iter().all(|element| self.holds_of(element)),
            Operator::Contains(wanted) => elements.iter().any(|element| equal(element, wanted)),
            _ => elements.iter().any(|element| self.holds_of(element)),
        }
    }

    /// Whether it holds of one value that is no list.
    fn holds_of(&self, value: &Value) -> bool {
        match self {
            Operator::Eq(wanted) => equal(value, wanted),
            Operator::Ne(wanted) => !equal(value, wanted),
            Operator::In(list) => list.iter().any(|wanted| equal(value, wanted)),
            Operator::NotIn(list) => !list.iter().any(|wanted| equal(value, wanted)),
            Operator::Gt(limit) => compare(value, limit) == Some(Ordering::Greater),
            Operator::Gte(limit) => compare(value, limit).is_some_and(Ordering::is_ge),
            Operator::Lt(limit) => compare(value, limit) == Some(Ordering::Less),
            Operator::Lte(limit) => compare(value, limit).is_some_and(Ordering::is_le),
            Operator::Contains(part) => texts(value, part).is_some_and(|(value, part)| value.contains(&part)),
            Operator::StartsWith(part) => texts(value, part).is_some_and(|(value, part)| value.starts_with(&part)),
            Operator::EndsWith(part) => texts(value, part).is_some_and(|(value, part)| value.ends_with(&part)),
            Operator::Exists(_) => unreachable!("asked of the value as a whole"),
        }
    }
}

/// Whether all of the operators hold of a value, `None` where it is missing.
pub fn all_hold(operators: &[Operator], value: Option<&Value>) -> bool {
    operators.iter().all(|operator| operator.holds(value))
}

/// Equal as `eq` has it.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.to_lowercase() == b.to_lowercase(),
        (Value::Number(_), Value::Number(_) | Value::String(_)) | (Value::String(_), Value::Number(_)) => {
            compare(a, b) == Some(Ordering::Equal)
        }
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Bool(a), Value::String(b)) | (Value::String(b), Value::Bool(a)) => b.to_lowercase() == a.to_string(),
        // Lists and objects stand here only inside of lists; they have one type each.
        (Value::Array(_), Value::Array(_)) | (Value::Object(_), Value::Object(_)) => a == b,
        _ => false,
    }
}

fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    number(a)?.partial_cmp(&number(b)?)
}

/// A number, or what a text that reads as one stands for.
pub fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => reads_as_number(text.trim()),
        _ => None,
    }
}

/// Decimal, with optional sign and exponent; Rust's own parser also takes `inf` and `nan`, which are none.
fn reads_as_number(text: &str) -> Option<f64> {
    let decimal = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E'));
    let number: f64 = text.parse().ok().filter(|_| decimal)?;
    // What is too large for a double reads as the largest.
    Some(if number.is_infinite() { f64::MAX.copysign(number) } else { number })
}

fn texts(a: &Value, b: &Value) -> Option<(String, String)> {
    Some((a.as_str()?.to_lowercase(), b.as_str()?.to_lowercase()))
}

/// What `distinct` tells apart: the type and the value, text in lower case.
pub fn distinct_key(value: &Value) -> String {
    match value {
        Value::String(text) => format!("text {:?}", text.to_lowercase()),
        Value::Number(number) => format!("number {:?}", number.as_f64().unwrap_or(f64::NAN) + 0.0),
        Value::Array(list) => format!("list {:?}", list.iter().map(distinct_key).collect::<Vec<_>>()),
        other => other.to_string(),
    }
}
