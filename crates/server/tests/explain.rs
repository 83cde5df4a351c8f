//! `attractor explain` as somebody runs it.

mod program;

use std::fs;

use serde_json::Value;

use program::{Files, Ran, feed, program, run};

const PLAYBOOK: &str = "
playbook: explained
scores:
  - id: lead
    name: Engagement
    range: [0, 40]
    rules:
      - {id: visit, event: Page Viewed, points: 10, cap: 25, decay: {half_life: 10d}}
      - {id: chief, if: {attribute: job_title, contains: chief}, points: 15}
      - {id: idle, inactive: 10d, points: -5}
ladders:
  - {id: heat, name: Temperature, score: lead, stages: [{id: cold, name: Cold}, {id: warm, name: Warm, from: 20}, {id: hot, name: Hot, from: 39}]}
segments:
  - {id: pricing, name: Looks at prices, enter: {event: Page Viewed, where: {path: /pricing}, within: 30d, count: {gte: 3}}}
  - {id: quiet, enter: {inactive: 10d}}
  - {id: never, enter: {deal: won}}
";

const EVENTS: &str = r#"{"type": "page", "messageId": "p1", "anonymousId": "browser", "timestamp": "2026-03-01T10:00:00Z", "properties": {"path": "/"}}
{"type": "identify", "messageId": "i1", "userId": "ada", "anonymousId": "browser", "timestamp": "2026-03-01T11:00:00Z", "traits": {"email": "Ada@Example.com", "job_title": "Chief of Staff"}}
{"type": "page", "messageId": "p2", "userId": "ada", "timestamp": "2026-03-02T10:00:00Z", "properties": {"path": "/pricing"}}
{"type": "page", "messageId": "p2", "userId": "ada", "timestamp": "2026-03-02T10:00:00Z", "properties": {"path": "/pricing"}}
{"type": "page", "messageId": "p3", "userId": "ada", "timestamp": "2026-03-03T10:00:00Z", "properties": {"path": "/pricing"}}
{"type": "page", "messageId": "x1", "userId": "ben", "timestamp": "2026-03-20T10:00:00Z", "properties": {"path": "/"}}
"#;

fn explain(files: &Files, more: &[&str]) -> Ran {
    let (playbook, events) = (files.path("playbook.yaml"), files.path("events.ndjson"));
    let path = |path: &std::path::Path| path.to_str().expect("a plain path").to_owned();
    let (playbook, events) = (path(&playbook), path(&events));
    run(&[&["explain", "--playbook", &playbook, "--events", &events], more].concat())
}

#[test]
fn the_ledger_the_moves_what_is_missing_and_what_comes() {
    let files = Files::new(PLAYBOOK, EVENTS);
    let ran = explain(&files, &["--lead", "ada", "--at", "2026-03-04T10:00:00Z"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    let expected = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/explained/ada.txt")).unwrap();
    assert_eq!(
        ran.out, expected,
        "if this is how it should read now, write it to tests/explained/ada.txt:\n{}",
        ran.out
    );
}

#[test]
fn every_id_of_a_lead_finds_it() {
    let files = Files::new(PLAYBOOK, EVENTS);
    let by_name = explain(&files, &["--lead", "ada"]);
    for id in ["ADA@example.com", "browser"] {
        assert_eq!(explain(&files, &["--lead", id]).out, by_name.out, "{id}");
    }
}

#[test]
fn a_name_of_two_leads_is_refused_with_the_form_of_each() {
    let page = r#"{"type":"page","anonymousId":"ada","messageId":"alike","timestamp":"2026-03-01T00:00:00Z"}"#;
    let files = Files::new(PLAYBOOK, format!("{EVENTS}\n{page}\n"));
    let ran = explain(&files, &["--lead", "ada"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("`ada` means several leads; write `user:ada` or `visitor:ada`"), "{}", ran.err);
    assert!(explain(&files, &["--lead", "user:ada"]).out.contains("pricing"));
    assert!(explain(&files, &["--lead", "email:ada"]).err.contains("not an e-mail address"));
}

#[test]
fn nobody_of_that_name() {
    let files = Files::new(PLAYBOOK, EVENTS);
    let ran = explain(&files, &["--lead", "adam"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.contains("no message names `adam`"), "{}", ran.err);
    let ran = explain(&files, &["--lead", "ben", "--at", "2026-03-05"]);
    assert!(ran.err.contains("no message up to 2026-03-05T00:00:00.000Z names `ben`"), "{}", ran.err);
}

#[test]
fn json_adds_up_and_names_each_cause() {
    let files = Files::new(PLAYBOOK, EVENTS);
    let ran = explain(&files, &["--lead", "ada", "--at", "2026-03-04T10:00:00Z", "--json"]);
    let lead: Value = serde_json::from_str(&ran.out).unwrap();
    let score = &lead["scores"]["lead"];
    let why = score["why"].as_array().unwrap();
    let sum: f64 = why.iter().map(|point| point["points"].as_f64().unwrap()).sum();
    assert!((sum - score["value"].as_f64().unwrap()).abs() < 1e-9);
    let causes: Vec<&str> =
        why.iter().filter_map(|point| point["event_id"].as_str().or(point["because"].as_str())).collect();
    assert_eq!(causes, ["p1", "p2", "p3", "cap", "attribute"]);
    assert_eq!(lead["stages"]["heat"]["stage"], "hot");
    assert_eq!(lead["outside"][0]["missing"]["found"], "there are 2");
}

#[test]
fn standard_input_will_do() {
    let files = Files::new(PLAYBOOK, EVENTS);
    let mut command = program();
    command.args(["explain", "--lead", "ada", "--events", "-", "--playbook"]).arg(files.path("playbook.yaml"));
    let ran = feed(command, |input| input.write_all(EVENTS.as_bytes()).unwrap());
    assert_eq!(ran.out, explain(&files, &["--lead", "ada"]).out);
}

#[test]
fn a_wrong_playbook_is_told_line_by_line() {
    let files = Files::new("playbook: x\nscors: []\n", EVENTS);
    let ran = explain(&files, &["--lead", "ada"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert!(ran.err.lines().any(|line| line.contains("playbook.yaml:2:1: ")), "{}", ran.err);
}

/// Names and properties are strangers' texts: a line break in one forged a line, an escape cleared the screen.
#[test]
fn what_strangers_sent_begins_no_line_and_moves_no_cursor() {
    let name = r"eve\nScore Engagement: 40\u001b[2J\u009b1m\u202e";
    let event = format!(
        r#"{{"type": "page", "messageId": "m{name}", "userId": "{name}", "timestamp": "2026-03-01T10:00:00Z", "properties": {{"path": "/{name}", "title": "{name}"}}}}
{{"type": "identify", "messageId": "i", "userId": "{name}", "timestamp": "2026-03-01T11:00:00Z", "traits": {{"job_title": "chief {name}"}}}}
{{"type": "{name}", "messageId": "x", "userId": "{name}", "timestamp": "2026-03-01T12:00:00Z"}}
"#
    );
    let files = Files::new(PLAYBOOK, event);
    let real: String = serde_json::from_str(&format!("\"{name}\"")).unwrap();
    let ran = explain(&files, &["--lead", &real]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let json = explain(&files, &["--lead", &real, "--json"]);
    let missing = explain(&files, &["--lead", &format!("{real}2")]);
    for text in [&ran.out, &ran.err, &json.out, &missing.err] {
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text:?}");
    }
    assert!(!ran.out.lines().any(|line| line.starts_with("Score Engagement: 40")), "{}", ran.out);
    assert!(ran.out.contains(r"eve\u000aScore Engagement: 40\u001b[2J"), "{}", ran.out);
    let data: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(data["name"], real.as_str(), "the data is as it was");
}

#[test]
fn without_files_it_explains_a_lead_of_the_store() {
    let files = Files::new(PLAYBOOK, EVENTS);
    let path = |name: &str| files.path(name).to_str().expect("a plain path").to_owned();
    let (data, playbook, events) = (path("data"), path("playbook.yaml"), path("events.ndjson"));
    let nothing = run(&["explain", "--lead", "ada", "--data", &data]);
    assert_eq!(nothing.code, 2, "{}", nothing.err);
    assert!(
        nothing.err.contains("there is no store in the folder") && nothing.err.contains("--data DIR"),
        "{}",
        nothing.err
    );
    assert!(!files.path("data").exists(), "a command that reads makes no store");
    let applied = run(&["apply", &playbook, "--yes", "--data", &data]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    assert!(applied.err.contains("made a new store in the folder"), "{}", applied.err);
    let imported = run(&["import", &events, "--data", &data]);
    assert!(imported.code == 0 && !imported.err.contains("made a new store"), "{}", imported.err);
    let at = ["--lead", "ada", "--at", "2026-03-04T10:00:00Z"];
    let of_store = run(&[&["explain", "--data", &data], &at[..]].concat());
    let mail = "\nMay be written to\n  everything: no, because consent was never given, and without a known country it is needed\n";
    // The store knows which import set attributes; files were not imported.
    let of_files =
        explain(&files, &at).out.replace("because of attributes set: email, job_title", "because of import 1");
    let expected = format!("Chief of Staff, ada@example.com\n{of_files}{mail}");
    assert_eq!((of_store.code, of_store.out), (0, expected), "{}", of_store.err);
    let json = run(&[&["explain", "--json", "--data", &data], &at[..]].concat());
    let lead: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!((&lead["name"], &lead["email"]), (&"ada".into(), &"ada@example.com".into()), "{lead:#}");
    for half in [["--playbook", playbook.as_str()], ["--events", events.as_str()]] {
        let ran = run(&[&["explain", "--lead", "ada"], &half[..]].concat());
        assert!(ran.code == 2 && ran.err.contains("required"), "{half:?}: {}", ran.err);
    }
}
