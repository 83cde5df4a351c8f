//! The sample company under its playbook: as many are hot, warm and cold as in a small company, and no segment is empty.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::playbook::vocabulary;
use attractor_engine::program::Program;
use attractor_engine::replay::{Replay, replay};
use attractor_sample::Company;
use serde_json::Value;

/// How many leads there are, and how many on each stage and in each segment.
fn counts(program: &Program, company: Company) -> (f64, BTreeMap<String, usize>) {
    let messages: Vec<String> = company.messages().map(|message| message.json).collect();
    let Replay { output, rejected, conflicts } = replay(program, &messages, None, false);
    assert!(rejected.is_empty() && conflicts.is_empty(), "{rejected:?} {conflicts:?}");
    let mut counts = BTreeMap::new();
    for lead in output.lines() {
        let lead: Value = serde_json::from_str(lead).expect("JSON");
        let stages = lead["stages"].as_object().into_iter().flat_map(|stages| stages.values());
        for name in stages.chain(lead["segments"].as_array().into_iter().flatten()).filter_map(Value::as_str) {
            *counts.entry(name.to_owned()).or_default() += 1;
        }
    }
    (output.lines().count() as f64, counts)
}

#[test]
fn a_small_company_has_few_hot_leads_some_warm_ones_and_nobody_is_forgotten() {
    let program = Program::new(super::playbook("sample"), &jiff::tz::TimeZoneDatabase::from_env())
        .expect("a playbook that cannot be run");
    for seed in [1, 2] {
        let (leads, counts) = counts(&program, Company::ending(2_000, 180, seed));
        let share = |name: &str| counts.get(name).map_or(0.0, |count| *count as f64 / leads);
        for (name, least, most) in
            [("cold", 0.60, 0.80), ("warm", 0.14, 0.30), ("hot", 0.04, 0.10), ("buyers", 0.03, 0.10)]
        {
            assert!((least..most).contains(&share(name)), "seed {seed}: {:.3} are {name}", share(name));
        }
        for segment in &program.playbook().segments {
            let size = counts.get(&segment.id).copied().unwrap_or(0);
            assert!((1..leads as usize / 2).contains(&size), "seed {seed}: {size} are in `{}`", segment.id);
        }
    }
}

/// A replay reads no job titles, so the company's messages bring what the server would read.
#[test]
fn rank_and_department_of_the_sample_company_are_those_that_the_server_reads_from_its_job_titles() {
    let mut titles = BTreeMap::new();
    for message in Company::ending(400, 180, 1).messages() {
        let message: Value = serde_json::from_str(&message.json).expect("JSON");
        let Some(title) = message["traits"]["job_title"].as_str() else { continue };
        let read = attractor_intake::title::read(title);
        let sent = ["seniority", "department"].map(|name| message["traits"][name].as_str());
        assert_eq!(sent, [read.seniority, read.department], "{title}");
        titles.insert(title.to_owned(), ());
    }
    assert_eq!(titles.len(), 20, "{titles:?}");
}

/// `check` takes these names for right: otherwise it would warn of what our own script, company and documents send.
#[test]
fn the_vocabulary_has_every_name_that_the_program_sends_itself() {
    let kinds: BTreeSet<&str> = vocabulary::kinds().collect();
    let attributes: BTreeSet<&str> = vocabulary::attributes().collect();
    let mut missing = BTreeSet::new();
    for message in Company::ending(2_000, 180, 1).messages() {
        let message: Value = serde_json::from_str(&message.json).expect("JSON");
        missing.extend(message["event"].as_str().filter(|kind| !kinds.contains(kind)).map(str::to_owned));
        let prefix = if message["type"] == "group" { "company." } else { "" };
        let traits = message["traits"].as_object().into_iter().flatten();
        let names = traits.map(|(name, _)| format!("{prefix}{name}"));
        missing.extend(names.filter(|name| !attributes.contains(name.as_str())));
    }
    let derived = attractor_intake::source::visit::FIRST.into_iter().chain(attractor_intake::title::NAMES);
    missing.extend(derived.filter(|name| !attributes.contains(name)).map(str::to_owned));
    let script = include_str!("../../../../web/site/clicks.js");
    let quoted = script.split('\'').skip(1).step_by(2);
    let sent = quoted.filter(|text| text.contains(' ') && text.starts_with(char::is_uppercase));
    missing.extend(sent.filter(|kind| !kinds.contains(kind)).map(str::to_owned));
    assert!(script.contains("'Content Downloaded'") && missing.is_empty(), "{missing:?}");
}
