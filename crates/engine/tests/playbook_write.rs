//! What is written is read again as the same playbook: `read(write(p)) == p`. Random playbooks stand beside the schema.

mod forms;

use attractor_engine::playbook::{Action, Playbook, Problem, read, write};
use serde_json::Value as Json;

const CONTRACT: &str = include_str!("playbooks/contract.yaml");
const EVERY_FORM: &str = include_str!("playbooks/every-form.yaml");

fn parsed(text: &str) -> Playbook {
    let reading = read(text);
    let errors: Vec<&Problem> = reading.problems.iter().filter(|problem| problem.is_error()).collect();
    reading.playbook.clone().unwrap_or_else(|| panic!("{errors:?}\n{text}"))
}

fn comes_back(text: &str) -> Playbook {
    let playbook = parsed(text);
    let written = write(&playbook);
    assert_eq!(parsed(&written.to_string()), playbook);
    assert_eq!(parsed(&format!("{written:#}")), playbook);
    playbook
}

/// A file shared beside the repository; without it these tests see less, and say so.
fn shared(path: &str) -> Option<String> {
    let path = format!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/{}"), path);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("SKIPPED, NOTHING SEEN: {path} is not there");
    }
    text
}

#[test]
fn rich_playbooks_come_back() {
    comes_back(CONTRACT);
    let playbook = comes_back(EVERY_FORM);
    assert_eq!(forms::within(&write(&playbook)), forms::every());
    assert_eq!(playbook.name, "yes");
    assert_eq!(playbook.topics[0].name.as_deref(), Some("Ä: # not a comment"));
    assert_eq!(playbook.emails[0].subject, "{{ first_name }}: \u{263a}");
    let Action::Alert { say, .. } = (match &playbook.sequences[0].steps[6].action {
        Action::Branch { otherwise, .. } => &otherwise[0].action,
        other => panic!("{other:?}"),
    }) else {
        panic!("no alert")
    };
    assert_eq!(say, "multi\nline");
}

#[test]
fn what_is_at_its_default_is_left_out() {
    let text = "{playbook: p, timezone: UTC, topics: [], ladders: [{id: l, stages: [{id: s}], evaluate: live}],
        sequences: [{id: q, enroll: {all: []}, again: never, while: enrolled, holdout: 0, buyers: false, review: false, steps: []}]}";
    let left = r#"{"playbook":"p","ladders":[{"id":"l","stages":[{"id":"s"}]}],"sequences":[{"id":"q","enroll":{"all":[]},"steps":[]}]}"#;
    assert_eq!(write(&parsed(text)).to_string(), left);
}

#[test]
fn the_example_of_the_contract_is_read() {
    let Some(contract) = shared("contract.md") else { return };
    let (_, behind) = contract.split_once("```yaml\n").expect("an example");
    let (example, _) = behind.split_once("```").expect("an end");
    assert_eq!(comes_back(example), parsed(CONTRACT));
}

#[test]
fn the_playbooks_of_the_conformance_cases_come_back() {
    let Some(cases) = shared("conformance/cases.ndjson") else { return };
    for line in cases.lines() {
        let case: Json = serde_json::from_str(line).expect("a case");
        comes_back(&case["playbook"].to_string());
    }
}
