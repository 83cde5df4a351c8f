//! `ne` and `not_in` alone leave out leads whose value nobody knows, which hardly anybody expects.

use super::{Warnings, items, place};
use crate::condition::{Attribute, Condition};
use crate::playbook::marked::Node;
use crate::value::{Operator, Test, Value};

impl Warnings<'_> {
    /// Looks for attributes that are only denied, in a condition and everything in it.
    pub(super) fn denials(&mut self, condition: &Condition, node: &Node) {
        self.denials_within(condition, node, &Around { wanted: true, settled: Vec::new() });
    }

    fn denials_within(&mut self, condition: &Condition, node: &Node, around: &Around) {
        match condition {
            Condition::All(list) => self.each_denial(list, items(node, "all"), around),
            Condition::Any(list) => self.each_denial(list, items(node, "any"), around),
            Condition::Not(inner) => {
                if let Some(node) = node.get("not") {
                    let settled = around.settled.clone();
                    self.denials_within(inner, node, &Around { wanted: !around.wanted, settled });
                }
            }
            form => self.denial(form, node, around),
        }
    }

    fn denial(&mut self, form: &Condition, node: &Node, around: &Around) {
        let denies = |c: &&Attribute| only_denies(&c.test) && !around.settled.contains(&c.attribute.as_str());
        let Some(c) = compared(form).filter(denies) else { return };
        let ([(operator, value)] | [.., (operator, value)]) = c.test.0.as_slice() else { return };
        let (denial, opposite) = match operator {
            Operator::NotIn => ("not_in", "in"),
            _ => ("ne", "eq"),
        };
        let (name, value) = (written_text(&c.attribute), written(value));
        let message = if around.wanted {
            format!(
                "`{denial}` leaves out leads whose `{}` is not known; to include them write not: {{attribute: {name}, {opposite}: {value}}}, to leave them out on purpose add exists: true",
                c.attribute
            )
        } else {
            format!(
                "under `not`, `{denial}` includes leads whose `{}` is not known; to leave them out write attribute: {name}, {opposite}: {value} without `not`, to include them on purpose add exists: true",
                c.attribute
            )
        };
        self.warn(place(node, denial), message);
    }

    fn each_denial(&mut self, list: &[Condition], nodes: &[Node], around: &Around) {
        // A test beside it that says what happens without a value shows that somebody has thought of it.
        let settled = list.iter().filter_map(|part| {
            let form = if let Condition::Not(inner) = part { inner.as_ref() } else { part };
            compared(form).filter(|c| !only_denies(&c.test)).map(|c| c.attribute.as_str())
        });
        let settled = around.settled.iter().copied().chain(settled).collect();
        let around = Around { wanted: around.wanted, settled };
        for (part, node) in list.iter().zip(nodes) {
            self.denials_within(part, node, &around);
        }
    }
}

/// Where a condition stands.
struct Around<'a> {
    /// Whether it must hold, or under an odd number of `not`s must not.
    wanted: bool,
    /// Attributes whose missing value is dealt with beside it.
    settled: Vec<&'a str>,
}

/// The form, where it compares values of an attribute. Every form by its name, so that a new one must say whether it does.
fn compared(condition: &Condition) -> Option<&Attribute> {
    match condition {
        Condition::Attribute(form) => Some(form),
        Condition::All(_)
        | Condition::Any(_)
        | Condition::Not(_)
        | Condition::Event(_)
        | Condition::Inactive(_)
        | Condition::Score(_)
        | Condition::Stage(_)
        | Condition::Segment(_)
        | Condition::Interest(_)
        | Condition::Deal(_)
        | Condition::Date(_)
        | Condition::Consent(_)
        | Condition::Rate(_)
        | Condition::Sample(_) => None,
    }
}

/// Whether a test is made of `ne` and `not_in` alone.
fn only_denies(test: &Test) -> bool {
    test.0.iter().all(|(operator, _)| matches!(operator, Operator::Ne | Operator::NotIn))
}

/// A value as it can be written in YAML.
fn written(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Text(text) => written_text(text),
        Value::List(list) => format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Opaque => "null".into(),
    }
}

/// Bare where it reads back as this text, else in quotes.
pub(super) fn written_text(text: &str) -> String {
    let plain = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '/'));
    let bare = plain && text.starts_with(|c: char| c.is_alphabetic() || c == '/') && !is_word_of_yaml(text);
    if bare { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

fn is_word_of_yaml(text: &str) -> bool {
    ["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(&text.to_lowercase().as_str())
}
