//! How many events a second the engine takes on one core, by the playbook's size and by events a lead. Prints a table:
//! reading a message and distilling it, and stepping what was distilled.
//!
//! `cargo run --release -p attractor-engine --example throughput`

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant as Clock};

use attractor_engine::lead::Lead;
use attractor_engine::message::Message;
use attractor_engine::playbook;
use attractor_engine::program::{Event, Program};
use attractor_engine::step::{Sends, Stepper};
use attractor_engine::time::Instant;

/// Events of one measurement.
const EVENTS: usize = 200_000;
const TURNS: usize = 5;
/// 2026-01-01T00:00:00Z, in ms; events lie in the half year from there.
const START: i64 = 1_767_225_600_000;
const SPAN: i64 = 180 * 86_400_000;

fn main() {
    println!("{EVENTS} events over 180 days, {TURNS} turns each; millions of events a second on one core");
    println!(
        "{:<10}{:>6}{:>10}{:>12}{:>12}{:>12}{:>12}",
        "playbook", "rules", "ev./lead", "read best", "median", "step best", "median"
    );
    for (name, build) in [("plain", plain as fn(usize) -> String), ("full", full)] {
        for rules in [5, 20, 100] {
            let program = program(&build(rules));
            for each in [10, 50, 500] {
                let lines: Vec<String> = (0..EVENTS).map(|number| line(number, each)).collect();
                let reading = Rates::of(|| read(&program, &lines).len());
                let events = read(&program, &lines);
                let stepping = Rates::of(|| step(&program, &events, each));
                println!("{name:<10}{rules:>6}{each:>10}{reading}{stepping}");
            }
        }
    }
}

/// Events a second, of several turns.
struct Rates(Vec<f64>);

impl Rates {
    #[expect(clippy::disallowed_methods, reason = "a bench looks at the clock; what it measures does not")]
    fn of(mut work: impl FnMut() -> usize) -> Rates {
        let mut turn = || {
            let began = Clock::now();
            black_box(work());
            EVENTS as f64 / began.elapsed().max(Duration::from_nanos(1)).as_secs_f64()
        };
        let mut rates: Vec<f64> = (0..TURNS).map(|_| turn()).collect();
        rates.sort_by(f64::total_cmp);
        Rates(rates)
    }
}

impl std::fmt::Display for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "{:>12.2}{:>12.2}", self.0[TURNS - 1] / 1e6, self.0[TURNS / 2] / 1e6)
    }
}

fn read(program: &Program, lines: &[String]) -> Vec<Event> {
    let distilled = lines.iter().map(|line| {
        let message = Message::parse(line, program.wanted()).unwrap_or_else(|why| panic!("{why}: {line}"));
        let mut event = Event::default();
        program.distill(&message, &mut event);
        event
    });
    distilled.collect()
}

/// Steps lead after lead through its events; returns how many moves there were, so that none is left out as unused.
fn step(program: &Program, events: &[Event], each: usize) -> usize {
    let mut stepper = Stepper::new(program, Lead::new(""), Sends::AtOnce);
    let mut moves = 0;
    for events in events.chunks(each) {
        stepper.take_up(Lead::new("a lead"));
        for event in events {
            stepper.event(event);
        }
        stepper.advance(Instant(START + SPAN));
        moves += stepper.effects.len();
    }
    moves
}

fn program(text: &str) -> Program {
    let reading = playbook::read(text);
    let problems: Vec<String> = reading.problems.iter().map(ToString::to_string).collect();
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{}", problems.join("\n")));
    Program::new(playbook, &jiff::tz::TimeZoneDatabase::bundled()).unwrap_or_else(|why| panic!("{why}"))
}

/// Scores with their decays and a ladder.
fn plain(rules: usize) -> String {
    let mut text = String::from(
        "playbook: plain
scores:
  - id: lead
    range: [0, 100]
    rules:
      - {id: visit, event: Page Viewed, points: 1, limit: {times: 3, within: 1d}, cap: 30, decay: {half_life: 30d}}
      - {id: open, event: Email Opened, points: 2, decay: {half_life: 14d}}
      - {id: click, event: Email Link Clicked, points: 5, decay: {half_life: 30d}}
      - {id: download, event: Content Downloaded, points: 10, decay: {loses: 2, every: 7d}}
      - {id: form, event: Form Submitted, points: 10, decay: {expires: 60d}}
",
    );
    let decays = ["half_life: 30d", "expires: 60d", "loses: 1, every: 14d"];
    for extra in 5..rules {
        let decay = decays[extra % decays.len()];
        let _ = writeln!(
            text,
            "      - {{id: part-{extra}, event: Page Viewed, where: {{path: {{starts_with: /part-{extra}/}}}}, points: 3, decay: {{{decay}}}}}"
        );
    }
    text + "ladders:
  - id: temperature
    score: lead
    stages: [{id: cold}, {id: warm, from: 20}, {id: hot, from: 50}]
    hold: 5
"
}

/// The same with topics, six segments and a sequence.
fn full(rules: usize) -> String {
    plain(rules)
        + "topics:
  - {id: first, pages: [\"/part-1*\"]}
  - {id: second, pages: [\"/part-2*\"]}
  - {id: third, pages: [\"/part-3*\"]}
interests: {half_life: 30d, weights: {Email Link Clicked: 1, Page Viewed: 0.25}, minimum: 0.5, margin: 1.25}
segments:
  - {id: reader, enter: {event: Content Downloaded, within: 30d, count: {gte: 2}}}
  - {id: busy, enter: {event: Page Viewed, within: 7d, count: {gte: 5}}}
  - {id: silent, enter: {inactive: 30d}}
  - {id: dormant, enter: {rate: opened, over: 30d, min_sent: 2, lte: 0}}
  - {id: second-first, enter: {interest: second, primary: true}}
  - {id: hot-reader, enter: {all: [{stage: temperature, is: hot}, {segment: reader}]}}
emails:
  - {id: hello, subject: Hello, body: \"<mjml></mjml>\"}
sequences:
  - {id: welcome, enroll: {stage: temperature, at_least: warm}, steps: [{send: hello}, {wait: 3d}, {send: hello}]}
"
}

/// The `number`th message, of the lead that it falls to where each has `each`. A multiplication scatters its numbers:
/// no dice, the same in each run.
fn line(number: usize, each: usize) -> String {
    let (lead, place) = (number / each, number % each);
    let chance = (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 33;
    let step = SPAN / each as i64;
    let at = Instant(START + place as i64 * step + chance as i64 % step.max(1));
    let what = match chance % 20 {
        0..12 => format!(
            r#""type": "page", "properties": {{"path": "/part-{}/page", "title": "A page of a part"}}"#,
            chance / 20 % 100
        ),
        12..16 => {
            format!(r#""type": "track", "event": "Email Opened", "properties": {{"send_id": "s{number}", "age": 900}}"#)
        }
        16..18 => format!(
            r#""type": "track", "event": "Email Link Clicked", "properties": {{"send_id": "s{number}", "topic": "second"}}"#
        ),
        18 => r#""type": "track", "event": "Content Downloaded", "properties": {"asset": "guide", "format": "guide"}"#
            .into(),
        _ => r#""type": "track", "event": "Form Submitted", "properties": {"form": "contact"}"#.into(),
    };
    format!(r#"{{"messageId": "m{number}", "userId": "u{lead}", "timestamp": "{at}", {what}}}"#)
}
