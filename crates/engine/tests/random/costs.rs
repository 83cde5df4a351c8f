//! What stepping costs, counted in evaluations: it must not grow with the time that passes.

use std::collections::BTreeSet;

use attractor_engine::lead::Lead;
use attractor_engine::message::Message;
use attractor_engine::playbook;
use attractor_engine::program::{Event, Program};
use attractor_engine::step::{Sends, Stepper};
use attractor_engine::time::Instant;
use jiff::tz::TimeZoneDatabase;
use serde_json::Value;

use crate::forms;
use crate::naive::{Forms, random_case_of};

fn program(text: &str) -> Program {
    let reading = playbook::read(text);
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{text}: {:?}", reading.problems));
    Program::new(playbook, &TimeZoneDatabase::bundled()).expect("a playbook that compiles")
}

fn instant(text: &str) -> Instant {
    Instant::parse(text).expect("an instant")
}

fn event(program: &Program, kind: &str, at: &str) -> Event {
    let text =
        format!(r#"{{"type":"track","event":"{kind}","userId":"u","timestamp":"{at}","properties":{{"topic":"t"}}}}"#);
    let mut event = Event::default();
    program.distill(&Message::parse(&text, program.wanted()).expect("a message"), &mut event);
    event
}

/// Evaluations from the events on until an instant.
fn evaluations(program: &Program, events: &[(&str, &str)], until: &str) -> u64 {
    let mut stepper = Stepper::new(program, Lead::new("u"), Sends::AtOnce);
    events.iter().for_each(|(kind, at)| stepper.event(&event(program, kind, at)));
    stepper.advance(instant(until));
    stepper.evaluations()
}

const RULES: &str = "
    - {id: x, event: X, points: 100, decay: {half_life: 7d}}
    - {id: down, event: Y, points: -30, decay: {half_life: 1h}}";

/// Playbooks in which something is due again and again.
const PLAYBOOKS: [(&str, &str); 9] = [
    (
        "a daily segment",
        "segments: [{id: a, enter: {event: X, within: 30d}, evaluate: daily}, {id: b, enter: {inactive: 3d}, evaluate: weekly, min_stay: 10d}]",
    ),
    (
        "a scheduled ladder",
        "ladders: [{id: l, score: s, evaluate: daily, min_stay: 3d, stages: [{id: a}, {id: b, from: 5}, {id: c, from: 50}], hold: 2}]",
    ),
    (
        "an idle rule that repeats",
        "segments: [{id: low, enter: {score: r, lt: -5000}}, {id: a, enter: {score: r, gte: -70}}]",
    ),
    (
        "an idle rule that repeats, with a range",
        "segments: [{id: a, enter: {score: bounded, gte: 20}, evaluate: daily}]",
    ),
    (
        "idle rules that pull both ways",
        "segments: [{id: a, enter: {score: both, gte: 20}}, {id: b, enter: {score: both, lt: -20}}]",
    ),
    (
        "points that wear off",
        "segments: [{id: a, enter: {score: worn, gte: 5}}, {id: b, enter: {score: worn, lt: -1000}}]",
    ),
    (
        "points of both signs that wear off and come again",
        "segments: [{id: a, enter: {score: even, gte: 50}}, {id: b, enter: {score: even, lt: -50}}]",
    ),
    (
        "an equation",
        "segments: [{id: a, enter: {score: r, eq: -1000}}, {id: b, enter: {score: r, ne: -50000}, evaluate: monthly}]",
    ),
    (
        "a sequence",
        "sequences: [{id: q, enroll: {score: r, lt: 10}, again: always, steps: [{send: e}, {wait: 3d}]}]\nemails: [{id: e, subject: S, body: '<mjml></mjml>'}]",
    ),
];

#[test]
fn time_that_passes_without_a_change_costs_nothing() {
    for (name, parts) in PLAYBOOKS {
        let scores = format!(
            "scores:
  - id: s
    rules: {RULES}
  - id: r
    rules: {RULES}
    - {{id: idle, inactive: 1d, points: -10, repeats: true}}
  - id: bounded
    range: [0, 100]
    rules: {RULES}
    - {{id: idle, inactive: 1h, points: -0.5, repeats: true}}
  - id: both
    rules: {RULES}
    - {{id: idle, inactive: 1d, points: -3, repeats: true}}
    - {{id: up, inactive: 5d, points: 2, repeats: true, cap: 900}}
  - id: worn
    rules:
    - {{id: x, event: X, points: 1000000000, decay: {{loses: 0.5, every: 1h}}}}
    - {{id: capped, event: X, points: 1000000000, cap: 50, decay: {{loses: 3, every: 5h}}}}
  - id: even
    rules:
    - {{id: x, event: X, points: 1000000000, decay: {{loses: 0.5, every: 1h}}}}
    - {{id: y, event: X, points: -1000000000, decay: {{loses: 0.5, every: 1h}}}}
    - {{id: up, inactive: 1h, points: 3, repeats: true, cap: 1000000000}}
    - {{id: down, inactive: 2h, points: -6, repeats: true, cap: 1000000000}}"
        );
        let program = program(&format!(
            "playbook: p\nactivity: [X]\ntopics: [{{id: t}}]\ninterests: {{weights: {{X: 1}}}}\n{scores}\n{parts}"
        ));
        let first_years = evaluations(&program, &[("X", "2024-01-01"), ("Y", "2024-01-02")], "2224-01-01");
        let all_years = evaluations(&program, &[("X", "2024-01-01"), ("Y", "2024-01-02")], "9999-12-31");
        assert!(first_years < 200, "{name}: {first_years} evaluations in 200 years");
        assert!(all_years - first_years < 20, "{name}: {first_years} in 200 years, {all_years} until 9999");
        let early = evaluations(&program, &[("X", "0001-01-01"), ("X", "2024-01-01")], "2224-01-01");
        assert!(early < 2 * first_years + 50, "{name}: {early} evaluations from year 1 on, {first_years} from 2024 on");
    }
}

/// The form, and whether the state grows with the events.
const KEPT: [(&str, bool); 17] = [
    ("{event: X}", false),
    ("{event: X, count: {lt: 5000}}", false),
    ("{event: X, within: 300d, count: {gte: 3}}", false),
    ("{event: X, within: 300d, count: {gte: 5000}}", true),
    ("{event: X, older: 300d, count: {gte: 3}}", false),
    ("{event: X, older: 2d, within: 300d}", true),
    ("{event: X, distinct: v, count: {gte: 3}}", false),
    ("{event: X, within: 300d, distinct: v, count: {gte: 3}}", false),
    ("{event: X, older: 300d, distinct: v, count: {gte: 3}}", false),
    ("{event: X, sum: {v: {gte: 3}}}", false),
    ("{event: X, after: 2024-01-01, average: {v: {gte: 3}}}", false),
    ("{event: X, within: 300d, sum: {v: {gte: 3}}}", true),
    ("{event: X, older: 300d, average: {v: {gte: 3}}}", true),
    ("{event: X, which: last, within: 300d, where: {v: {gte: 3}}}", false),
    ("{event: X, which: first, older: 3d, sum: {v: {gte: 3}}}", false),
    ("{date: first_seen, older: 300d}", false),
    ("{inactive: 300d, events: [X]}", false),
];

/// The forms that keep nothing of such events: groups, what has a value for the lead, the parts of a playbook, and those that
/// keep events of other kinds: `rate` the copies of e-mails, `deal` the deals, `consent` the last words.
const KEPT_OTHERWISE: [&str; 12] =
    ["all", "any", "not", "attribute", "sample", "score", "stage", "segment", "interest", "rate", "deal", "consent"];

/// How many bytes the state has after so many events, one a minute.
fn size_after(program: &Program, events: i64) -> usize {
    let mut stepper = Stepper::new(program, Lead::new("u"), Sends::AtOnce);
    let start = instant("2024-01-01");
    for number in 0..events {
        let at = Instant(start.0 + number * 60_000);
        let text =
            format!(r#"{{"type":"track","event":"X","userId":"u","timestamp":"{at}","properties":{{"v":{number}}}}}"#);
        let mut event = Event::default();
        program.distill(&Message::parse(&text, program.wanted()).expect("a message"), &mut event);
        stepper.event(&event);
    }
    serde_json::to_string(stepper.lead()).expect("a state is JSON").len()
}

#[test]
fn what_a_form_keeps_of_events_is_known_of_every_form() {
    let of_row = |(form, _): (&str, bool)| {
        let reading = playbook::read(&format!("playbook: p\nsegments: [{{id: a, enter: {form}}}]"));
        forms::within(&playbook::write(&reading.playbook.unwrap_or_else(|| panic!("{form}: {:?}", reading.problems))))
    };
    let mut known: BTreeSet<String> = KEPT.into_iter().flat_map(of_row).collect();
    known.extend(KEPT_OTHERWISE.map(str::to_owned));
    assert_eq!(known, forms::every(), "a row in `KEPT` where events of any kind leave something in the state");
}

#[test]
fn a_state_grows_with_the_events_exactly_where_check_notes_it() {
    for (form, grows) in KEPT {
        let text = format!("playbook: p\nsegments: [{{id: a, enter: {form}}}]");
        let program = program(&text);
        let (few, many) = (size_after(&program, 30), size_after(&program, 600));
        assert_eq!(many > 3 * few, grows, "{form}: {few} bytes after 30 events, {many} after 600");
        let is_noted =
            playbook::read(&text).problems.iter().any(|problem| problem.severity == playbook::Severity::Note);
        assert_eq!(is_noted, grows, "{form}");
    }
}

/// Asks for dates themselves instead of their anniversaries: each year has one, and that is a change.
fn ask_once(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(ask_once),
        Value::Object(object) => {
            object.remove("every_year");
            object.values_mut().for_each(ask_once);
        }
        _ => {}
    }
}

/// Half of the cases have the older forms alone.
#[test]
fn in_random_playbooks_the_last_thousands_of_years_cost_next_to_nothing() {
    let mut worst = (0, 0);
    for seed in 0..400 {
        let mut case = random_case_of(if seed % 2 == 0 { Forms::Older } else { Forms::Newer }, seed);
        ask_once(&mut case.playbook);
        let program = program(&case.playbook.to_string());
        let mut stepper = Stepper::new(&program, Lead::new("u"), Sends::AtOnce);
        let mut events: Vec<Event> = Vec::new();
        for line in &case.lines {
            let Ok(message) = Message::parse(line, program.wanted()) else { continue };
            let mut event = Event::default();
            program.distill(&message, &mut event);
            events.extend(message.timestamp.map(|_| event));
        }
        events.sort_by_key(|event| event.at);
        events.iter().for_each(|event| stepper.event(event));
        stepper.advance(instant("2224-01-01"));
        let before = stepper.evaluations();
        stepper.advance(instant("9999-12-31"));
        worst = worst.max((stepper.evaluations() - before, seed));
    }
    assert!(worst.0 < 100, "{} evaluations from 2224 to 9999 in case {}", worst.0, worst.1);
}
