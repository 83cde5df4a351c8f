//! `{all: […]}`, `{any: […]}`, `{not: …}`: conditions put together. `all: []` is true, `any: []` false.
//!
//! On one line, groups inside others stand in parentheses: "A and (B or C)". What is long becomes a list, a group
//! inside it a list in the list. Both are written from the same parts, and both read back.

use serde_json::Value as Json;

use super::any::AnyCondition;
use super::{Condition, Names};
use crate::playbook::form::group::List;
use crate::playbook::form::{Definitions, Form, record};
use crate::playbook::marked;
use crate::playbook::reader::Reader;

/// Characters that a group takes on one line at most before it becomes a list.
const LINE: usize = 80;

record! { AllCondition as "an `all` condition" => Condition;
    keys {
        must "all" all: List<AnyCondition>, "True when all of these are true; an empty list is true.";
    }
    build Condition::All(all)
}

record! { AnyOfCondition as "an `any` condition" => Condition;
    keys {
        must "any" any: List<AnyCondition>, "True when at least one of these is true; an empty list is false.";
    }
    build Condition::Any(any)
}

/// A condition in a box, for `not`.
struct Inner;

impl Form for Inner {
    type Value = Box<Condition>;

    fn wanted() -> String {
        AnyCondition::wanted()
    }

    fn read(node: &marked::Node, reader: &mut Reader) -> Option<Box<Condition>> {
        AnyCondition::read(node, reader).map(Box::new)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        AnyCondition::schema(definitions)
    }
}

record! { NotCondition as "a `not` condition" => Condition;
    keys {
        must "not" not: Inner, "True when this is false.";
    }
    build Condition::Not(not)
}

impl Condition {
    /// One line, however long: for logs, lists and titles.
    pub fn sentence(&self, names: &Names) -> String {
        match self {
            Condition::All(parts) => joined(parts, "always", "all of", " and ", names),
            Condition::Any(parts) => joined(parts, "never", "any of", " or ", names),
            Condition::Not(part) => {
                let denied = part.predicate().and_then(|form| form.denies(names));
                denied.unwrap_or_else(|| format!("not ({})", part.sentence(names)))
            }
            form => form.predicate().map(|form| form.says(names)).unwrap_or_default(),
        }
    }

    /// The sentence where it is short; else a list that is Markdown too, one part a line, groups indented below theirs:
    /// ```text
    /// all of these:
    /// - is in segment “Evaluating seriously”
    /// - any of these:
    ///   - …
    /// ```
    pub fn outline(&self, names: &Names) -> String {
        self.lines(names).join("\n")
    }

    fn lines(&self, names: &Names) -> Vec<String> {
        let sentence = self.sentence(names);
        let Some((heading, parts)) = self.headed().filter(|_| sentence.chars().count() > LINE) else {
            return vec![sentence];
        };
        let item = |part: &Condition| {
            let marks = std::iter::once("- ").chain(std::iter::repeat("  "));
            marks.zip(part.lines(names)).map(|(mark, line)| format!("{mark}{line}")).collect::<Vec<_>>()
        };
        std::iter::once(heading.to_string()).chain(parts.iter().flat_map(item)).collect()
    }

    /// What stands above the list of a group's parts; `None` where there is nothing to list.
    fn headed(&self) -> Option<(&'static str, &[Condition])> {
        match self {
            Condition::All(parts) => Some(("all of these:", parts)),
            Condition::Any(parts) => Some(("any of these:", parts)),
            Condition::Not(part) => match part.as_ref() {
                Condition::All(parts) => Some(("not all of these:", parts)),
                Condition::Any(parts) => Some(("none of these:", parts)),
                Condition::Not(_) => Some(("not this:", std::slice::from_ref(part.as_ref()))),
                _ => None,
            },
            _ => None,
        }
    }
}

fn joined(parts: &[Condition], empty: &str, only: &str, word: &str, names: &Names) -> String {
    match parts {
        [] => empty.to_string(),
        [part] => format!("{only} ({})", part.sentence(names)),
        parts => parts.iter().map(|part| enclosed(part, names)).collect::<Vec<_>>().join(word),
    }
}

/// In parentheses where it is itself joined by "and" or "or".
fn enclosed(part: &Condition, names: &Names) -> String {
    let sentence = part.sentence(names);
    match part {
        Condition::All(parts) | Condition::Any(parts) if parts.len() > 1 => format!("({sentence})"),
        _ => sentence,
    }
}
