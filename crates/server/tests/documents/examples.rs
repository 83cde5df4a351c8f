//! Examples of requests name segments, e-mails and sequences that a reader has, who uses one of our playbooks.

use std::fs;

use super::{documents, root};

/// What comes before an id in an example, and what comes after it.
const PLACES: [(&str, &str); 5] = [
    ("\"segment\": \"", "\""),
    ("\"sequence\": \"", "\""),
    ("\"email\": \"", "\""),
    ("$MAILS/", "/preview"),
    ("place=segment:", "&"),
];

/// The ids that examples of a text name.
fn ids(text: &str) -> Vec<&str> {
    let after = |before: &'static str, end: &'static str| {
        text.split(before).skip(1).filter_map(move |rest| rest.split_once(end)).map(|(id, _)| id)
    };
    let is_id = |id: &&str| id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    PLACES.iter().flat_map(|(before, end)| after(before, end)).filter(is_id).collect()
}

#[test]
fn examples_name_what_a_playbook_has() {
    let playbook = |name: &str| fs::read_to_string(root().join("playbooks").join(name).join("playbook.yaml"));
    let known: String = ["starter", "sample"].into_iter().map(|name| playbook(name).expect("a playbook")).collect();
    let is_known = |text: &str, id: &str| {
        let marks = [",", "}", "\n"].map(|end| format!("id: {id}{end}"));
        marks.iter().any(|mark| known.contains(mark) || text.contains(mark))
    };
    for (path, text) in
        documents().iter().filter(|(path, _)| path.ends_with("marketer.md") || path.contains("afternoon"))
    {
        let unknown: Vec<&str> = ids(text).into_iter().filter(|id| !is_known(text, id)).collect();
        assert!(unknown.is_empty(), "{path} names what neither playbook has: {unknown:?}");
    }
}

#[test]
fn ids_of_examples_are_found() {
    let text = "{\"email\": \"may\", \"to\": {\"email\": \"ada@x.org\"}} $MAILS/call-me/preview leads?place=segment:hot&sort=score";
    assert_eq!(ids(text), ["may", "call-me", "hot"]);
}
