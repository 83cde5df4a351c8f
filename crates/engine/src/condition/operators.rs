//! Operators and their values as words.

use super::phrase::{either, number, quoted};
use crate::value::{NumberTest, Operator, Test, Value};

/// What follows the name of a score or an interest, which always have a value: "is at least 31 and is below 61".
pub(super) fn clause(test: &NumberTest) -> String {
    test.0.iter().map(|(operator, value)| asked(*operator, value, number)).collect::<Vec<_>>().join(" and ")
}

/// What follows the name of an attribute or a property. A missing value fails `ne` and `not_in` too, which "is not"
/// alone would hide: "is known and is not “DE”". It is said once, and not behind a test that a missing value fails
/// in plain English as well: "is above 5 and is not 7".
///
/// `measure` adds the unit to a number.
pub(super) fn clause_of_value(test: &Test, measure: fn(f64) -> String) -> String {
    let mut is_known = false;
    let mut parts = Vec::new();
    for (operator, value) in &test.0 {
        let denies = matches!(operator, Operator::Ne | Operator::NotIn);
        let known = if denies && !is_known { "is known and " } else { "" };
        parts.push(format!("{known}{}", asked(*operator, value, measure)));
        is_known |= *operator != Operator::Exists;
    }
    parts.join(" and ")
}

fn asked(operator: Operator, value: &Value, measure: fn(f64) -> String) -> String {
    let scalar = |value: &Value| measured(value, measure);
    match operator {
        Operator::Eq => format!("is {}", scalar(value)),
        Operator::Ne => format!("is not {}", scalar(value)),
        Operator::In => format!("is one of {}", choice(value, scalar)),
        Operator::NotIn => format!("is none of {}", choice(value, scalar)),
        Operator::Gt => format!("is above {}", scalar(value)),
        Operator::Gte => format!("is at least {}", scalar(value)),
        Operator::Lt => format!("is below {}", scalar(value)),
        Operator::Lte => format!("is at most {}", scalar(value)),
        Operator::Contains => format!("contains {}", scalar(value)),
        Operator::StartsWith => format!("starts with {}", scalar(value)),
        Operator::EndsWith => format!("ends with {}", scalar(value)),
        Operator::Exists if *value == Value::Bool(false) => "is unknown".to_string(),
        Operator::Exists => "is known".to_string(),
    }
}

/// So many of something: "at least 2 and fewer than 5". `less` is what `lt` says, `measure` adds the unit to a number.
pub(super) fn quantity(test: &NumberTest, less: &str, measure: impl Fn(f64) -> String + Copy) -> String {
    let measured = |value: &Value| measured(value, measure);
    let each = test.0.iter().map(|(operator, value)| match operator {
        Operator::Ne => format!("other than {}", measured(value)),
        Operator::In => format!("one of {}", choice(value, measured)),
        Operator::NotIn => format!("none of {}", choice(value, measured)),
        Operator::Gt => format!("more than {}", measured(value)),
        Operator::Gte => format!("at least {}", measured(value)),
        Operator::Lt => format!("{less} {}", measured(value)),
        Operator::Lte => format!("at most {}", measured(value)),
        // No number contains, starts or exists; `NumberTest` has no other operator.
        _ => format!("exactly {}", measured(value)),
    });
    each.collect::<Vec<_>>().join(" and ")
}

/// Text stands in quotes, so that 5 and “5”, true and “true” stay apart. `measure` adds the unit to a number.
fn measured(value: &Value, measure: impl Fn(f64) -> String + Copy) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(value) => measure(*value),
        Value::Text(text) => quoted(text),
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| measured(item, measure)).collect::<Vec<_>>().join(", "))
        }
        Value::Opaque => "an object".to_string(),
    }
}

fn choice(value: &Value, each: impl Fn(&Value) -> String) -> String {
    match value {
        Value::List(items) => either(&items.iter().map(each).collect::<Vec<_>>()),
        single => each(single),
    }
}
