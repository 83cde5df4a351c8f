//! Scores, interests and their reasons are finite numbers, whenever the events happened: in year 0001 or 9999, with
//! half-lives of an hour or eight weeks, of large points and of many events.

use attractor_engine::explain::{Happened, explain};
use attractor_engine::lead::Lead;
use attractor_engine::message::Message;
use attractor_engine::playbook;
use attractor_engine::program::{Event, Program};
use attractor_engine::replay::replay;
use attractor_engine::step::{Sends, Stepper};
use attractor_engine::time::Instant;
use jiff::tz::TimeZoneDatabase;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

fn program(playbook: &Value) -> Program {
    let reading = playbook::read(&playbook.to_string());
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
    Program::new(playbook, &TimeZoneDatabase::bundled()).expect("a playbook that compiles")
}

/// How an event rule's points change with age.
#[derive(Clone, Copy, Debug)]
enum Decay {
    None,
    HalfLife(i64),
    Expires(i64),
    Loses(f64, i64),
}

/// An event rule, with hours for lengths of time.
#[derive(Clone, Debug)]
struct Rule {
    kind: &'static str,
    points: f64,
    decay: Decay,
    cap: Option<f64>,
    limit: Option<(usize, i64)>,
}

impl Rule {
    fn json(&self, place: usize) -> Value {
        let mut rule = json!({"id": format!("r{place}"), "event": self.kind, "points": self.points});
        match self.decay {
            Decay::None => {}
            Decay::HalfLife(hours) => rule["decay"] = json!({"half_life": format!("{hours}h")}),
            Decay::Expires(hours) => rule["decay"] = json!({"expires": format!("{hours}h")}),
            Decay::Loses(loses, hours) => rule["decay"] = json!({"loses": loses, "every": format!("{hours}h")}),
        }
        if let Some(cap) = self.cap {
            rule["cap"] = cap.into();
        }
        if let Some((times, hours)) = self.limit {
            rule["limit"] = json!({"times": times, "within": format!("{hours}h")});
        }
        rule
    }

    /// Contract §4.3, rules 1, 2 and 5, as one reads them. Also the sum of the absolute values of what is added.
    fn sum(&self, events: &[(Instant, &str)], at: Instant) -> (f64, f64) {
        let mut counted: Vec<Instant> = Vec::new();
        for (event, _) in events.iter().filter(|(event, kind)| *kind == self.kind && *event <= at) {
            let full = self.limit.is_some_and(|(times, hours)| {
                counted.iter().filter(|earlier| event.0 - earlier.0 < hours * HOUR).count() >= times
            });
            if !full {
                counted.push(*event);
            }
        }
        let worth: Vec<f64> = counted.iter().map(|event| self.worth(at.0 - event.0)).collect();
        let sum: f64 = worth.iter().sum();
        let size = worth.iter().map(|points| points.abs()).sum();
        (self.cap.map_or(sum, |cap| sum.clamp(-cap, cap)), size)
    }

    fn worth(&self, age: i64) -> f64 {
        match self.decay {
            Decay::None => self.points,
            Decay::HalfLife(hours) => self.points * (-(age as f64) / (hours * HOUR) as f64).exp2(),
            Decay::Expires(hours) if age < hours * HOUR => self.points,
            Decay::Expires(_) => 0.0,
            Decay::Loses(loses, hours) => {
                let lost = loses * (age / (hours * HOUR)) as f64;
                self.points.signum() * (self.points.abs() - lost).max(0.0)
            }
        }
    }
}

const KINDS: [&str; 2] = ["X", "Y"];
const WEEKS: i64 = 8 * 7 * 24;

fn decays() -> impl Strategy<Value = Decay> {
    prop_oneof![
        1 => Just(Decay::None),
        4 => (1..=WEEKS).prop_map(Decay::HalfLife),
        1 => (1..=WEEKS).prop_map(Decay::Expires),
        1 => (0.5..20.0, 1..=WEEKS).prop_map(|(loses, hours)| Decay::Loses(loses, hours)),
    ]
}

fn rules() -> impl Strategy<Value = Rule> {
    let points = prop_oneof![4 => -100.0..100.0, 1 => prop::sample::select(vec![1e15, -1e15, 1e-300, 0.0])];
    let limit = prop::option::of((1..4_usize, 1..=WEEKS));
    let kind = prop::sample::select(KINDS.to_vec());
    (kind, points, decays(), prop::option::of(0.5..50.0), limit).prop_map(|(kind, points, decay, cap, limit)| Rule {
        kind,
        points,
        decay,
        cap,
        limit,
    })
}

/// Instants of all times that a message may have: the ends of the calendar, around 1970, today, and close together.
fn instants() -> impl Strategy<Value = Instant> {
    let parse = |text: &str| Instant::parse(text).expect("an instant").0;
    let (first, last) = (parse("0001-01-01"), parse("9999-12-31T23:59:59.999Z"));
    let today = parse("2026-03-01");
    prop_oneof![
        1 => prop::sample::select(vec![first, first + 1, last, last - 1, 0, -1, parse("1900-01-01")]),
        1 => first..=last,
        3 => (0..2_000 * HOUR).prop_map(move |later| today + later),
    ]
    .prop_map(Instant)
}

fn event(program: &Program, kind: &str, at: Instant) -> Event {
    let json = json!({"type": "track", "event": kind, "userId": "u", "timestamp": at.to_string(), "properties": {"topic": "t"}});
    let text = json.to_string();
    let mut event = Event::default();
    program.distill(&Message::parse(&text, program.wanted()).expect("a message"), &mut event);
    event
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, rng_seed: RngSeed::Fixed(1), ..ProptestConfig::default() })]

    #[test]
    fn a_score_is_finite_and_the_sum_of_what_the_rules_give(
        rules in prop::collection::vec(rules(), 1..5),
        mut times in prop::collection::vec((instants(), prop::sample::select(KINDS.to_vec())), 1..12),
        looks in prop::collection::vec(instants(), 1..4),
    ) {
        times.sort_by_key(|(at, _)| *at);
        let numbered = rules.iter().enumerate().map(|(place, rule)| rule.json(place)).collect::<Vec<_>>();
        let program = program(&json!({
            "playbook": "p",
            "topics": [{"id": "t"}],
            "interests": {"half_life": "1h", "weights": {"X": 1e15, "Y": 0.5}},
            "scores": [{"id": "s", "rules": numbered}],
            "segments": [{"id": "high", "enter": {"score": "s", "gte": 5}}],
        }));
        let events: Vec<Event> = times.iter().map(|(at, kind)| event(&program, kind, *at)).collect();
        for at in looks.into_iter().chain(times.iter().map(|(at, _)| *at)) {
            let mut stepper = Stepper::new(&program, Lead::new("u"), Sends::AtOnce);
            events.iter().filter(|event| event.at <= at).for_each(|event| stepper.event(event));
            stepper.advance(at);
            let score = stepper.lead().score(&program, 0, at);
            let sums: Vec<(f64, f64)> = rules.iter().map(|rule| rule.sum(&times, at)).collect();
            let (sum, size): (f64, f64) = (sums.iter().map(|sum| sum.0).sum(), sums.iter().map(|sum| sum.1).sum());
            prop_assert!(score.is_finite());
            prop_assert!((score - sum).abs() <= 1e-9 * size.max(1.0), "{} at {}, the sum is {}", score, at, sum);
            let happened: Vec<Happened> = events
                .iter()
                .filter(|event| event.at <= at)
                .map(|event| Happened { id: "m", event, what: "it happened" })
                .collect();
            let explained = explain(&program, "u", &happened, at);
            let why: f64 = explained.scores[0].why.iter().map(|point| point.points).sum();
            prop_assert!((why - score).abs() <= 1e-9 * size.max(1.0), "the reasons at {} add up to {}, not {}", at, why, score);
            prop_assert!(explained.interests.iter().all(|interest| interest.strength.is_finite()));
        }
    }
}

/// The replay's lines are JSON with numbers, and the state is stored and loaded between two events.
#[test]
fn one_event_long_ago_changes_nothing_about_the_score_of_today() {
    for (half_life, long_ago) in
        [("30d", "0001-01-01"), ("7d", "1900-01-01"), ("1h", "1969-10-01"), ("8w", "0001-01-01")]
    {
        let program = program(&json!({
            "playbook": "p",
            "topics": [{"id": "t"}],
            "interests": {"half_life": half_life, "weights": {"X": 1}},
            "scores": [{"id": "s", "rules": [{"id": "x", "event": "X", "points": 100, "decay": {"half_life": half_life}}]}],
            "ladders": [{"id": "l", "score": "s", "stages": [{"id": "low"}, {"id": "high", "from": 60}]}],
        }));
        let line = |at: &str| {
            format!(r#"{{"type":"track","event":"X","userId":"u","timestamp":"{at}","properties":{{"topic":"t"}}}}"#)
        };
        let replayed = replay(&program, &[line(long_ago), line("2024-01-01")], None, false);
        let lead: Value = serde_json::from_str(replayed.output.trim()).expect("the output is JSON");
        let found = (&lead["scores"]["s"], &lead["stages"]["l"], &lead["interests"]["t"]);
        assert_eq!(found, (&json!(100), &json!("high"), &json!(1)), "{half_life} {long_ago}");
        assert!(lead["next_change"].is_string(), "{half_life} {long_ago}");

        let mut lead = Lead::new("u");
        for at in [long_ago, "2024-01-01"] {
            let mut stepper = Stepper::new(&program, lead, Sends::AtOnce);
            stepper.event(&event(&program, "X", Instant::parse(at).expect("an instant")));
            lead = Lead::load(&stepper.lead().store(&program), &program).expect("what was stored loads");
        }
        assert_eq!(lead.score(&program, 0, lead.at()), 100.0, "{half_life} {long_ago}");
    }
}

/// Nothing of a format before the third is read: it may hold what is not a number.
#[test]
fn a_state_of_another_format_is_rebuilt() {
    let program = program(&json!({"playbook": "p"}));
    let mut bytes = Lead::new("u").store(&program);
    assert!(Lead::load(&bytes, &program).is_some());
    bytes[0] = 2;
    assert!(Lead::load(&bytes, &program).is_none());
}

#[test]
fn the_largest_points_of_many_events_add_up_to_a_number() {
    let program = program(&json!({"playbook": "p", "scores": [{"id": "s", "rules": [
        {"id": "x", "event": "X", "points": 1e15},
        {"id": "y", "event": "Y", "points": -1e15, "decay": {"half_life": "8w"}},
    ]}]}));
    let mut stepper = Stepper::new(&program, Lead::new("u"), Sends::AtOnce);
    for hour in 0..20_000 {
        for kind in KINDS {
            stepper.event(&event(&program, kind, Instant(hour * HOUR)));
        }
    }
    let score = stepper.lead().score(&program, 0, stepper.lead().at());
    assert!(score.is_finite() && score > 1.7e19, "{score}");
}
