//! The naive evaluator against the answers that come with the contract, so that it may judge the engine.

use flate2::read::GzDecoder;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_json::Value;
use std::fs;
use std::io::Read;

use crate::naive;

const CONFORMANCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/conformance");
const ZONES: &str = "/usr/share/zoneinfo";

/// The answers were computed with the time zones of a Debian; the bundled ones are newer and tell another future.
fn zone(name: &str) -> TimeZone {
    match fs::read(format!("{ZONES}/{name}")) {
        Ok(rules) => TimeZone::tzif(name, &rules).expect("the machine's time zones can be read"),
        Err(error) => {
            eprintln!("{ZONES}/{name}: {error}; taking the bundled one");
            TimeZoneDatabase::bundled().get(name).expect("the time zone is known")
        }
    }
}

/// The first difference between what is expected of a case and what the naive evaluator says.
fn difference(case: &Value) -> Option<String> {
    let texts = case["events"].as_array().expect("a case has events").iter();
    let lines: Vec<String> = texts.map(|line| line.as_str().expect("events are lines").to_owned()).collect();
    let answer = naive::evaluate(&zone, &case["playbook"], &lines, case["at"].as_str());
    let expected = case["expected"].as_array().expect("a case has an answer");
    let exit = match (answer.refused.is_empty(), answer.rejected.is_empty()) {
        (false, _) => 2,
        (true, false) => 1,
        (true, true) => 0,
    };
    if exit != case["exit"] {
        return Some(format!("exit {}, not {exit}: {:?} {:?}", case["exit"], answer.refused, answer.rejected));
    }
    let said = answer.rejected.iter().chain(&answer.conflicts).map(|(line, why)| format!("ndjson:{line}: {why}\n"));
    let said: String = said.collect();
    for wanted in case["stderr_contains"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !said.contains(wanted) {
            return Some(format!("not said: {wanted} in {said}"));
        }
    }
    let longest = expected.len().max(answer.lines.len());
    let (expected, got) =
        (|n| expected.get(n).unwrap_or(&Value::Null), |n| answer.lines.get(n).unwrap_or(&Value::Null));
    let line = (0..longest).find(|&n| !naive::close(expected(n), got(n)))?;
    Some(format!("line {}:\n expected {}\n      got {}", line + 1, expected(line), got(line)))
}

fn check(cases: &str, count: usize) {
    let cases: Vec<Value> = cases.lines().map(|line| serde_json::from_str(line).expect("cases are JSON")).collect();
    assert_eq!(cases.len(), count, "all cases were read");
    let mut different = 0;
    for case in &cases {
        if let Some(difference) = difference(case) {
            different += 1;
            eprintln!("{}: {}: {difference}", case["theme"], case["case"]);
        }
    }
    assert_eq!(different, 0, "of {count} cases");
}

/// The text of a file beside the contract, unpacked; nothing if it is missing, which is said.
fn read(file: &str) -> Option<String> {
    let path = format!("{CONFORMANCE}/{file}");
    let bytes = fs::read(&path).inspect_err(|error| eprintln!("NOT TESTED: {path}: {error}")).ok()?;
    let mut text = String::new();
    match file.ends_with(".gz") {
        true => GzDecoder::new(bytes.as_slice()).read_to_string(&mut text),
        false => bytes.as_slice().read_to_string(&mut text),
    }
    .expect("the cases are text");
    Some(text)
}

#[test]
fn answers_the_cases_made_by_hand() {
    read("cases.ndjson").inspect(|cases| check(cases, 59));
}

#[test]
fn answers_the_random_cases() {
    read("random.ndjson.gz").inspect(|cases| check(cases, 200));
}

#[test]
fn answers_the_cases_made_by_hand_of_the_newer_forms() {
    read("forms.ndjson").inspect(|cases| check(cases, 150));
}

#[test]
fn answers_the_random_cases_of_the_newer_forms() {
    read("forms-random.ndjson.gz").inspect(|cases| check(cases, 120));
}
