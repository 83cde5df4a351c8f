//! Any lines as messages, replayed under a playbook that asks for everything: each line is taken or named, what is
//! printed is JSON, leads come by name, and a second time gives the same.
#![no_main]

use std::sync::LazyLock;

use attractor_engine::playbook::read;
use attractor_engine::program::Program;
use attractor_engine::replay::replay;
use jiff::tz::TimeZoneDatabase;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

static PROGRAM: LazyLock<Program> = LazyLock::new(|| {
    let playbook = read(include_str!("../playbook.yaml")).playbook.expect("fuzz/playbook.yaml is valid");
    Program::new(playbook, &TimeZoneDatabase::bundled()).expect("fuzz/playbook.yaml compiles")
});

fuzz_target!(|text: &str| {
    let lines: Vec<String> = text.split('\n').map(str::to_owned).collect();
    let replayed = replay(&PROGRAM, &lines, None, true);
    assert!(replayed.rejected.iter().all(|(line, why)| *line as usize <= lines.len() && !why.is_empty()));
    let mut leads: Vec<String> = Vec::new();
    for line in replayed.output.lines() {
        let value: Value = serde_json::from_str(line).expect("what is printed is JSON");
        if value.get("kind").is_none() {
            leads.push(value["lead"].as_str().expect("a lead has a name").to_owned());
        }
    }
    assert!(leads.is_sorted(), "leads come by name");
    assert_eq!(replay(&PROGRAM, &lines, None, true), replayed, "the same lines give the same answer");
});
