//! `*` where it is a plain character: only the `pages` of topics are globs.

use super::Warnings;
use super::negation::written_text;
use crate::playbook::problem::Place;
use crate::value::{Operator, Test, Value};

/// What is tested.
#[derive(Clone, Copy)]
pub(crate) enum Tested<'a> {
    Attribute(&'a str),
    /// A property in `where`; `bare`: by its value, without operators.
    Property {
        bare: bool,
    },
}

impl Warnings<'_> {
    pub(super) fn globs(&mut self, test: &Test, tested: Tested<'_>, place: Place) {
        for (operator, value) in &test.0 {
            let texts = match value {
                Value::List(list) => list.as_slice(),
                one => std::slice::from_ref(one),
            };
            let glob = texts.iter().find_map(|text| match text {
                Value::Text(text) => Some((text.as_str(), advice(*operator, text, tested)?)),
                _ => None,
            });
            if let Some((text, advice)) = glob {
                let fact = "`*` stands for any text only in the `pages` of a topic";
                let message = format!("{fact}, and here \"{text}\" is compared as it is written; {advice}");
                return self.warn(place, message);
            }
        }
    }
}

/// How to write what a glob would have meant; `None` where the text is none.
fn advice(operator: Operator, text: &str, tested: Tested<'_>) -> Option<String> {
    let meant = operators(operator, text)?;
    let advice = match (operator, tested) {
        (Operator::In, Tested::Attribute(name)) => {
            format!("take it out of the list and write any: […] with {{attribute: {}, {meant}}}", written_text(name))
        }
        (Operator::Ne | Operator::NotIn, Tested::Attribute(name)) => {
            format!("write not: {{attribute: {}, {meant}}}", written_text(name))
        }
        (Operator::In, Tested::Property { .. }) => {
            format!("write a condition or a rule of its own for it, with {{{meant}}}")
        }
        (Operator::Ne | Operator::NotIn, Tested::Property { .. }) => "list the exact texts in not_in: […]".into(),
        (_, Tested::Property { bare: true }) => format!("write {{{meant}}}"),
        (other, _) => format!("write {meant} instead of `{}`", other.name()),
    };
    Some(advice)
}

/// The operators that find what the glob would.
fn operators(operator: Operator, text: &str) -> Option<String> {
    let inner = text.trim_matches('*');
    if inner.is_empty() || !text.contains('*') {
        return None;
    }
    let (begins, ends) = (!text.starts_with('*'), !text.ends_with('*'));
    let (first, last) = (text.split('*').next().unwrap_or(inner), text.rsplit('*').next().unwrap_or(inner));
    let starts_with = || format!("starts_with: {}", written_text(first));
    let ends_with = || format!("ends_with: {}", written_text(last));
    let contains = || (!inner.contains('*')).then(|| format!("contains: {}", written_text(inner)));
    match operator {
        Operator::StartsWith if begins => Some(starts_with()),
        Operator::EndsWith if ends => Some(ends_with()),
        Operator::Eq | Operator::Ne | Operator::In | Operator::NotIn | Operator::Contains => match (begins, ends) {
            _ if operator == Operator::Contains => contains(),
            (true, false) => Some(starts_with()),
            (false, true) => Some(ends_with()),
            (false, false) => contains(),
            // One inside a text may be meant as it is, but not in a path.
            (true, true) => text.starts_with('/').then(|| format!("{}, {}", starts_with(), ends_with())),
        },
        _ => None,
    }
}
