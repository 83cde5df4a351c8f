//! What fuzzing kept goes through the doors again: the corpus of `fuzz/`, one input a file.

#[path = "../../../fuzz/doors.rs"]
mod doors;

use std::fs;
use std::path::Path;

/// Gives every input of a door to `check`; text where it is UTF-8.
fn each(door: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus")).join(door);
    let mut inputs = 0;
    for entry in fs::read_dir(&folder).expect("the corpus is there") {
        let path = entry.expect("a file of the corpus").path();
        println!("{}", path.display());
        check(&fs::read(&path).expect("it can be read"));
        inputs += 1;
    }
    assert!(inputs > 3, "only {inputs} inputs in {}", folder.display());
}

#[test]
fn playbooks() {
    each("playbook", |bytes| doors::playbook(&String::from_utf8_lossy(bytes)));
}

#[test]
fn messages() {
    each("messages", |bytes| doors::messages(&String::from_utf8_lossy(bytes)));
}

#[test]
fn tables() {
    each("csv", doors::csv);
}

#[test]
fn mails_that_came_back() {
    each("mail", doors::mail);
}

#[test]
fn webhooks_of_providers() {
    each("webhook", doors::webhook);
}

#[test]
fn dialogues_with_the_mail_server() {
    each("dialogue", doors::dialogue);
}

#[test]
fn tokens_of_links() {
    each("links", |bytes| doors::links(&String::from_utf8_lossy(bytes)));
}
