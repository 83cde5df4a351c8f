//! A condition by itself, as the API is asked it: read against a playbook, as though it were its last segment's.

use super::form::Form;
use super::marked::{self, Node};
use super::problem::{Place, Problem};
use super::reader::{Kind, Note, Reader};
use super::{Playbook, references, write};
use crate::condition::Condition;
use crate::condition::any::AnyCondition;

/// What is wrong with a condition, and where: a JSON pointer into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// Reads a condition, JSON or YAML. It may refer to every score, topic, ladder and segment of the playbook.
pub fn condition(text: &str, playbook: &Playbook) -> Result<Condition, Vec<Wrong>> {
    let (tree, problems) = marked::parse(text);
    let Some(tree) = tree.filter(|_| problems.is_empty()) else {
        return Err(if problems.is_empty() { vec![nothing()] } else { wrongs(problems, None) });
    };
    let mut reader = declared(playbook);
    reader.notes.push(Note::Begin(Kind::Segment));
    let condition = AnyCondition::read(&tree, &mut reader);
    references::check(&mut reader, playbook.interests.is_some());
    match condition {
        Some(condition) if reader.problems.is_empty() => Ok(condition),
        _ => Err(wrongs(reader.problems, Some(&tree))),
    }
}

/// A reader that has read the playbook: what it declares can be referred to.
pub(super) fn declared(playbook: &Playbook) -> Reader {
    let mut reader = Reader::default();
    let (tree, _) = marked::parse(&write(playbook).to_string());
    if let Some(tree) = tree {
        let _ = super::form::WholePlaybook::read(&tree, &mut reader);
    }
    reader.problems.clear();
    reader
}

fn nothing() -> Wrong {
    Wrong { pointer: String::new(), message: "there is no condition; `{all: []}` is true of everybody".into() }
}

fn wrongs(problems: Vec<Problem>, tree: Option<&Node>) -> Vec<Wrong> {
    let wrong = |problem: Problem| {
        let place = Place { line: problem.line, column: problem.column };
        let pointer = tree.and_then(|tree| pointer(tree, place)).unwrap_or_default();
        Wrong { pointer, message: problem.message }
    };
    problems.into_iter().map(wrong).collect()
}

/// The way to the value that stands at a place, or whose key does.
pub(super) fn pointer(node: &Node, place: Place) -> Option<String> {
    let entries = node.entries().iter().find_map(|(key, value)| {
        let step = || format!("/{}", key.text.replace('~', "~0").replace('/', "~1"));
        let below = || pointer(value, place).map(|rest| step() + &rest);
        if key.place == place { Some(step()) } else { below() }
    });
    let items = || {
        (0..).zip(node.items()).find_map(|(place_in_list, item): (usize, _)| {
            pointer(item, place).map(|rest| format!("/{place_in_list}{rest}"))
        })
    };
    entries.or_else(items).or_else(|| (node.place == place).then(String::new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playbook::read;

    fn playbook() -> Playbook {
        let text = "playbook: p\ntopics: [{id: shirts}]\nscores: [{id: lead, rules: []}]\n\
            ladders: [{id: life, score: lead, stages: [{id: a}, {id: b, from: 5}]}]\n\
            segments: [{id: keen, enter: {score: lead, gte: 3}}, {id: keener, enter: {segment: keen}}]";
        let reading = read(text);
        reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems))
    }

    fn wrong(text: &str) -> Vec<(String, String)> {
        let found = condition(text, &playbook()).unwrap_err();
        found.into_iter().map(|wrong| (wrong.pointer, wrong.message)).collect()
    }

    #[test]
    fn everything_declared_can_be_referred_to() {
        for text in [
            r#"{"segment": "keener"}"#,
            r#"{"all": [{"stage": "life", "at_least": "b"}, {"not": {"score": "lead", "lt": 2}}]}"#,
            r#"{"any": [{"attribute": "country", "in": ["DE", "FR"]}, {"event": "Page Viewed", "within": "30d"}]}"#,
            "{deal: open}",
        ] {
            condition(text, &playbook()).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        }
    }

    #[test]
    fn what_is_wrong_is_named_with_its_pointer() {
        let all = r#"{"all": [{"segment": "keen"}, {"not": {"stage": "life", "is": "c"}}]}"#;
        let found = wrong(all);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].0, "/all/1/not/is");
        assert!(found[0].1.contains("no stage `c`"), "{found:?}");
        for (text, pointer, says) in [
            (r#"{"segment": "kean"}"#, "/segment", "keen"),
            (r#"{"segmant": "keen"}"#, "/segmant", "segment"),
            (r#"{"interest": "shirts", "primary": true}"#, "/interest", "interests"),
            (r#"{"score": "lead"}"#, "", "gte"),
            ("7", "", "condition"),
            ("", "", "no condition"),
            ("{", "", ""),
        ] {
            let found = wrong(text);
            assert!(found.iter().any(|(at, why)| at == pointer && why.contains(says)), "{text}: {found:?}");
        }
    }
}
