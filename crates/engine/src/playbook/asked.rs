//! A condition by itself, as the API is asked it: read against a playbook, as though it were its last segment's.

use super::form::Form;
use super::marked::{self, Node};
use super::problem::{Place, Problem, in_order};
use super::read::named;
use super::reader::{Kind, Note, Reader};
use super::vocabulary::{NamedAt, Seen, check_names, is_usual};
use super::{Playbook, references, warnings, write};
use crate::condition::Condition;
use crate::condition::any::AnyCondition;

/// What is wrong with a condition, and where: a JSON pointer into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    pub pointer: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// A condition that can be used, and its text as far as warnings need it.
pub struct ConditionReading {
    pub condition: Condition,
    tree: Node,
    names: Vec<NamedAt>,
}

/// Reads a condition, JSON or YAML. It may refer to every score, topic, ladder and segment of the playbook.
pub fn condition(text: &str, playbook: &Playbook) -> Result<Condition, Vec<Wrong>> {
    read_condition(text, playbook).map(|reading| reading.condition)
}

/// Reads a condition as `condition` does, to ask for warnings too.
pub fn read_condition(text: &str, playbook: &Playbook) -> Result<ConditionReading, Vec<Wrong>> {
    let (tree, problems) = marked::parse(text);
    let Some(tree) = tree.filter(|_| problems.is_empty()) else {
        return Err(if problems.is_empty() { vec![nothing()] } else { wrongs(problems, None) });
    };
    let mut reader = declared(playbook);
    let declared = reader.notes.len();
    reader.notes.push(Note::Begin(Kind::Segment));
    let condition = AnyCondition::read(&tree, &mut reader);
    references::check(&mut reader, playbook.interests.is_some());
    match condition {
        Some(condition) if reader.problems.is_empty() => {
            let names = named(reader.notes.into_iter().skip(declared));
            Ok(ConditionReading { condition, tree, names })
        }
        _ => Err(wrongs(reader.problems, Some(&tree))),
    }
}

impl ConditionReading {
    /// Whether it names a kind of event or an attribute that only this installation's store can know.
    pub fn has_own_names(&self) -> bool {
        self.names.iter().any(|(named, name, _)| !is_usual(*named, name))
    }

    /// What can be used but is hardly meant as written, by place: the warnings that a playbook with this condition gets.
    pub fn warnings(&self, playbook: &Playbook, seen: &Seen) -> Vec<Wrong> {
        let mut problems = warnings::of_condition(&self.condition, &self.tree, playbook);
        problems.extend(check_names(&self.names, seen));
        wrongs(in_order(problems), Some(&self.tree))
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
    fn what_is_hardly_meant_is_a_warning_with_its_pointer() {
        let received = |names: &[&str]| names.iter().map(ToString::to_string).collect();
        let seen = Seen {
            kinds: received(&["Crate Opened"]),
            attributes: received(&["budget"]),
            events: 3,
            leads: 3,
            complete: true,
        };
        for (text, own, pointer, says) in [
            (r#"{"event": "Page Viewed"}"#, false, "", ""),
            (r#"{"event": "Crate Opened"}"#, true, "", ""),
            (
                r#"{"event": "Crate Opend"}"#,
                true,
                "/event",
                "no event of the kind `Crate Opend` has been received; did you mean `Crate Opened`?",
            ),
            (r#"{"not": {"event": "Page Veiwed"}}"#, true, "/not/event", "did you mean `Page Viewed`?"),
            (r#"{"attribute": "bugdet", "gte": 5}"#, true, "/attribute", "did you mean `budget`?"),
            (r#"{"attribute": "seniority", "eq": "directr"}"#, false, "/eq", "did you mean `director`?"),
            (r#"{"all": [{"attribute": "budget", "gte": 5, "lt": 5}]}"#, true, "/all/0", "no single value satisfies"),
        ] {
            let reading = read_condition(text, &playbook()).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
            assert_eq!(reading.has_own_names(), own, "{text}");
            let found = reading.warnings(&playbook(), &seen);
            let found: Vec<_> = found.iter().map(|wrong| (wrong.pointer.as_str(), wrong.message.as_str())).collect();
            match says {
                "" => assert_eq!(found, [], "{text}"),
                _ => assert!(
                    matches!(found[..], [(at, why)] if at == pointer && why.contains(says)),
                    "{text}: {found:?}"
                ),
            }
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
