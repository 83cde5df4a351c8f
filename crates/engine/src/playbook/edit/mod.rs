//! Edits of a playbook's text in place: single values change, comments and layout stay.

mod layout;
mod morph;
mod render;
mod sheet;
mod tree;

use serde_json::Value as Json;

use super::{Problem, marked, read, write};

/// One structured edit. A path is a JSON pointer in which items of lists are named by their ids
/// (`/scores/lead/rules/pricing/points`), or by their position where they have none.
#[derive(Clone, Debug, PartialEq)]
pub enum Edit {
    /// A value becomes another one; a key that is not there is added.
    Set { path: String, value: Json },
    /// A new entry of the list at `path`; the list is made where there is none.
    Add { path: String, value: Json, place: Beside },
    /// An entry or a key goes, with the comment above it.
    Remove { path: String },
    /// An entry of a list gets another place in it.
    Move { path: String, place: Beside },
}

/// Where in a list: by the id or position of another entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Beside {
    #[default]
    End,
    Before(String),
    After(String),
}

impl Beside {
    fn pointer(&self) -> &'static str {
        match self {
            Beside::End => "/path",
            Beside::Before(_) => "/before",
            Beside::After(_) => "/after",
        }
    }
}

impl Edit {
    pub fn path(&self) -> &str {
        let (Edit::Set { path, .. } | Edit::Add { path, .. } | Edit::Remove { path } | Edit::Move { path, .. }) = self;
        path
    }
}

/// Why an edit cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The field of the edit that is wrong, as a JSON pointer into it.
    pub pointer: &'static str,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl Refused {
    fn path(message: impl Into<String>) -> Refused {
        Refused { pointer: "/path", message: message.into() }
    }
}

/// A text that was edited.
#[derive(Clone, Debug, PartialEq)]
pub struct Edited {
    pub text: String,
    /// What was at the path before: it is lost. `None` where the edit takes nothing away.
    pub was: Option<Json>,
}

/// Makes one edit in a playbook's text. The new text is read again and compared with the same edit made to the tree, and
/// it is YAML; whether it is a playbook that can be used, `problems` says.
pub fn edit(text: &str, edit: &Edit) -> Result<Edited, Refused> {
    let text = marked::with_wide_escapes(text);
    let unfit = |why: String| Refused::path(format!("the text of the playbook cannot be edited in place: {why}"));
    let before = layout::layout(&text).map_err(unfit)?.json();
    let mut wanted = before.clone();
    let was = tree::edit(&mut wanted, &normal(edit))?;
    if wanted == before && !matches!(edit, Edit::Move { .. }) {
        return Err(Refused {
            pointer: "",
            message: "this edit changes nothing; what it asks for is there already".into(),
        });
    }
    let text = morph::morphed(&text, &wanted).map_err(unfit)?;
    match layout::layout(&text).map(|after| after.json()) {
        Ok(after) if after == wanted => Ok(Edited { text, was }),
        _ => Err(unfit("the text around this place does not allow it".into())),
    }
}

/// The tree that a text is, usable as a playbook or not; the error says why it is not one YAML document.
pub fn tree_of(text: &str) -> Result<Json, String> {
    layout::layout(&marked::with_wide_escapes(text)).map(|piece| piece.json())
}

/// What of the text is not a usable playbook any more.
pub fn problems(text: &str) -> Vec<Problem> {
    read(text).problems.into_iter().filter(Problem::is_error).collect()
}

/// Whole numbers are the same with and without a fraction.
fn normal(edit: &Edit) -> Edit {
    let mut edit = edit.clone();
    if let Edit::Set { value, .. } | Edit::Add { value, .. } = &mut edit {
        normalise(value);
    }
    edit
}

fn normalise(value: &mut Json) {
    match value {
        Json::Number(number) => *value = number.as_f64().map_or(Json::Null, write::number),
        Json::Array(items) => items.iter_mut().for_each(normalise),
        Json::Object(members) => members.values_mut().for_each(normalise),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TEXT: &str = "# The head stays.
playbook: p   # its name
topics: [{id: shirts}, {id: ties}]   # what they like

segments:   # who is where

  # Warm ones:
  # all of them
  - id: warm   # by score
    name: Warm
    enter: {deal: open}

  # --- Others -------------

  # Bought something.
  - {id: buyers, name: \"Buyers\", enter: {deal: won}}

  # Lost.
  - id: lost
    # Deals gone.
    enter:
      any:
        # the deal
        - {deal: lost}
        - {event: Deal Lost, within: 30d}   # lately
    min_stay: 7d   # a week
";

    /// The lines that went and came, with `-` and `+`.
    fn changed(edit: Edit) -> Vec<String> {
        changed_in(TEXT, edit)
    }

    fn changed_in(before: &str, edit: Edit) -> Vec<String> {
        let after = super::edit(before, &edit).unwrap_or_else(|refused| panic!("{refused:?}")).text;
        assert_eq!(problems(&after), [], "{after}");
        let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
        let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let rest = (old.len() - head).min(new.len() - head);
        let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
        let gone = old[head..old.len() - tail].iter().map(|line| format!("-{line}"));
        gone.chain(new[head..new.len() - tail].iter().map(|line| format!("+{line}"))).collect()
    }

    fn set(path: &str, value: Json) -> Edit {
        Edit::Set { path: path.into(), value }
    }

    fn add(path: &str, value: Json, place: Beside) -> Edit {
        Edit::Add { path: path.into(), value, place }
    }

    fn remove(path: &str) -> Edit {
        Edit::Remove { path: path.into() }
    }

    #[test]
    fn a_value_changes_and_the_comments_around_it_stay() {
        let table: [(Edit, &[&str]); 9] = [
            (set("/playbook", json!("shop")), &["-playbook: p   # its name", "+playbook: shop   # its name"]),
            (set("/segments/warm/name", json!("Hot: now")), &["-    name: Warm", "+    name: \"Hot: now\""]),
            (
                set("/segments/buyers/name", json!("Buyer")),
                &[
                    "-  - {id: buyers, name: \"Buyers\", enter: {deal: won}}",
                    "+  - {id: buyers, name: \"Buyer\", enter: {deal: won}}",
                ],
            ),
            (
                set("/segments/lost/min_stay", json!("14d")),
                &["-    min_stay: 7d   # a week", "+    min_stay: 14d   # a week"],
            ),
            (
                set("/segments/lost/enter/any/1/within", json!("8w")),
                &[
                    "-        - {event: Deal Lost, within: 30d}   # lately",
                    "+        - {event: Deal Lost, within: 8w}   # lately",
                ],
            ),
            (set("/segments/warm/leave", json!({"deal": "lost"})), &["+    leave: {deal: lost}"]),
            (
                set("/topics/ties", json!({"id": "ties", "name": "Ties"})),
                &[
                    "-topics: [{id: shirts}, {id: ties}]   # what they like",
                    "+topics: [{id: shirts}, {id: ties, name: Ties}]   # what they like",
                ],
            ),
            (
                set("/segments/warm/enter", json!({"all": [{"deal": "open"}, {"not": {"deal": "won"}}]})),
                &["-    enter: {deal: open}", "+    enter: {all: [{deal: open}, {not: {deal: won}}]}"],
            ),
            (
                set(
                    "/segments/lost",
                    json!({"id": "lost", "enter": {"any": [{"deal": "lost"}, {"event": "Deal Lost", "within": "60d"}]}}),
                ),
                &[
                    "-        - {event: Deal Lost, within: 30d}   # lately",
                    "-    min_stay: 7d   # a week",
                    "+        - {event: Deal Lost, within: 60d}   # lately",
                ],
            ),
        ];
        for (edit, lines) in table {
            assert_eq!(changed(edit.clone()), lines, "{edit:?}");
        }
    }

    #[test]
    fn entries_come_and_go_with_their_comments() {
        let new = json!({"id": "new", "enter": {"deal": "won"}});
        let table: [(Edit, &[&str]); 8] = [
            (
                remove("/segments/warm"),
                &[
                    "-  # Warm ones:",
                    "-  # all of them",
                    "-  - id: warm   # by score",
                    "-    name: Warm",
                    "-    enter: {deal: open}",
                    "-",
                ],
            ),
            (
                remove("/segments/buyers"),
                &["-  # Bought something.", "-  - {id: buyers, name: \"Buyers\", enter: {deal: won}}", "-"],
            ),
            (remove("/segments/lost/min_stay"), &["-    min_stay: 7d   # a week"]),
            (
                remove("/topics/shirts"),
                &["-topics: [{id: shirts}, {id: ties}]   # what they like", "+topics: [{id: ties}]   # what they like"],
            ),
            (
                remove("/topics/ties"),
                &[
                    "-topics: [{id: shirts}, {id: ties}]   # what they like",
                    "+topics: [{id: shirts}]   # what they like",
                ],
            ),
            (add("/segments", new.clone(), Beside::End), &["+", "+  - id: new", "+    enter: {deal: won}"]),
            (add("/segments", new, Beside::Before("buyers".into())), &["+  - id: new", "+    enter: {deal: won}", "+"]),
            (
                add("/subscriptions", json!({"id": "news", "name": "News"}), Beside::End),
                &["+", "+subscriptions: [{id: news, name: News}]"],
            ),
        ];
        for (edit, lines) in table {
            assert_eq!(changed(edit.clone()), lines, "{edit:?}");
        }
    }

    #[test]
    fn the_last_entry_leaves_an_empty_list_and_the_comment_of_its_key() {
        let text = "playbook: p\nsegments:   # all\n  # one\n  - {id: a, enter: {deal: won}}\ntopics: [{id: t}]\n";
        assert_eq!(
            super::edit(text, &remove("/segments/a")).unwrap().text,
            "playbook: p\nsegments: []   # all\ntopics: [{id: t}]\n"
        );
        let again = "playbook: p\nsegments: [{id: b, enter: {deal: won}}]   # all\n";
        let empty = "playbook: p\nsegments: []   # all\n";
        assert_eq!(
            super::edit(empty, &add("/segments", json!({"id": "b", "enter": {"deal": "won"}}), Beside::End))
                .unwrap()
                .text,
            again
        );
    }

    #[test]
    fn an_entry_moves_with_its_comment() {
        let moved = Edit::Move { path: "/segments/lost".into(), place: Beside::Before("warm".into()) };
        let text = super::edit(TEXT, &moved).unwrap().text;
        let order = [
            "# who is where",
            "# Lost.",
            "- id: lost",
            "# a week",
            "# Warm ones:",
            "- id: warm",
            "# Others",
            "# --- Others",
            "- {id: buyers",
        ];
        let places: Vec<usize> = order
            .iter()
            .filter(|part| **part != "# Others")
            .map(|part| text.find(part).unwrap_or_else(|| panic!("{part} in {text}")))
            .collect();
        assert!(places.is_sorted(), "{text}");
        let to_end = Edit::Move { path: "/segments/warm".into(), place: Beside::End };
        let text = super::edit(TEXT, &to_end).unwrap().text;
        assert!(text.ends_with("# a week\n\n  # Warm ones:\n  # all of them\n  - id: warm   # by score\n    name: Warm\n    enter: {deal: open}\n"), "{text}");
    }

    #[test]
    fn what_is_too_long_for_a_line_becomes_a_block() {
        let kinds: Vec<String> = (0..9).map(|n| format!("A kind of event {n}")).collect();
        let lines = changed(set("/segments/warm/enter", json!({"all": [{"event": kinds}, {"deal": "open"}]})));
        assert_eq!(
            lines[..4],
            ["-    enter: {deal: open}", "+    enter:", "+      all:", "+        - event:"],
            "{lines:?}"
        );
    }

    #[test]
    fn an_alias_is_written_out_where_it_is_edited() {
        let text = "playbook: p\nsegments:\n  - {id: a, enter: &e {deal: won}}\n  - {id: b, enter: *e}\n";
        let edited = super::edit(text, &set("/segments/b/enter/deal", json!("open"))).unwrap().text;
        assert_eq!(edited, text.replace("*e", "{deal: open}"));
        let first = super::edit(text, &set("/segments/a/enter/deal", json!("open"))).unwrap().text;
        assert_eq!(first, text.replace("won", "open").replace("*e", "{deal: won}"));
        let gone = super::edit(text, &remove("/segments/a")).unwrap_err();
        assert!(gone.message.contains("cannot be edited in place"), "{gone:?}");
    }

    #[test]
    fn what_is_there_already_is_no_edit_and_what_is_lost_is_returned() {
        let refused = super::edit(TEXT, &set("/segments/lost/min_stay", json!("7d"))).unwrap_err();
        assert!(refused.message.contains("changes nothing"), "{refused:?}");
        assert_eq!(super::edit(TEXT, &set("/segments/lost/min_stay", json!("8d"))).unwrap().was, Some(json!("7d")));
        assert_eq!(super::edit(TEXT, &remove("/topics/ties")).unwrap().was, Some(json!({"id": "ties"})));
    }

    #[test]
    fn other_layouts_are_kept() {
        let windows = TEXT.replace('\n', "\r\n");
        let edited =
            super::edit(&windows, &add("/segments", json!({"id": "x", "enter": {"deal": "won"}}), Beside::End));
        let text = edited.unwrap().text;
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        let json = "{\"playbook\": \"p\", \"topics\": [\n  {\"id\": \"a\"},\n  {\"id\": \"b\"}\n]}";
        let edited = super::edit(json, &add("/topics", json!({"id": "c"}), Beside::End)).unwrap().text;
        assert!(edited.contains("{\"id\": \"b\"},\n  {\"id\":\"c\"}\n]"), "{edited}");
        serde_json::from_str::<Json>(&edited).unwrap();
    }
}
