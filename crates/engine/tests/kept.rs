//! *Why still*: what keeps a lead in a stage or segment that it would not enter now, since when and until when.

#![expect(clippy::unwrap_used, reason = "what is unwrapped here is what is tested")]

use attractor_engine::explain::{Explanation, Happened, Kept, KeptBy, explain};
use attractor_engine::message::Message;
use attractor_engine::playbook;
use attractor_engine::program::{Event, Program};
use attractor_engine::time::Instant;
use jiff::tz::TimeZoneDatabase;

const PLAYBOOK: &str = "
playbook: kept
scores:
  - {id: lead, name: Interest, rules: [{id: visit, event: Page Viewed, points: 10, decay: {half_life: 10d}}]}
ladders:
  - {id: life, score: lead, hold: 3, stages: [{id: cold}, {id: warm, name: Warm, from: 8}]}
  - {id: slow, score: lead, min_stay: 9d, stages: [{id: low}, {id: high, from: 8}]}
segments:
  - {id: stay, enter: {event: Demo Requested, within: 1d}, min_stay: 7d}
  - {id: own, enter: {event: Demo Requested, within: 1d}, leave: {inactive: 10d}}
  - {id: daily, enter: {event: Demo Requested, within: 1d}, evaluate: daily}
  - {id: plain, enter: {event: Demo Requested, within: 30d}}
";

const HISTORY: [(&str, &str); 3] = [
    ("2024-01-01T00:00:00Z", r#""type": "page", "properties": {"path": "/"}"#),
    ("2024-01-01T10:00:00Z", r#""type": "track", "event": "Demo Requested""#),
    (
        "2024-01-02T10:00:00Z",
        r#""type": "track", "event": "Segment Pinned", "properties": {"segment": "own", "by": "ada"}"#,
    ),
];

fn explained(text: &str, history: &[(&str, &str)], at: &str) -> Explanation {
    let program = Program::new(playbook::read(text).playbook.unwrap(), &TimeZoneDatabase::bundled()).unwrap();
    let lines: Vec<String> =
        history.iter().map(|(at, rest)| format!(r#"{{"userId": "u", "timestamp": "{at}", {rest}}}"#)).collect();
    let distilled = |line: &String| {
        let mut event = Event::default();
        program.distill(&Message::parse(line, program.wanted()).unwrap(), &mut event);
        event
    };
    let events: Vec<Event> = lines.iter().map(distilled).collect();
    let happened: Vec<Happened> = events.iter().map(|event| Happened { id: "m", event, what: "something" }).collect();
    explain(&program, "u", &happened, Instant::parse(at).unwrap())
}

/// The place, the rule that keeps the lead there, since when it would not enter, and when it leaves.
fn kept(explanation: &Explanation) -> Vec<(String, String, String, String)> {
    let of_ladders = explanation.ladders.iter().map(|ladder| (&ladder.id, &ladder.kept));
    let of_segments = explanation.segments.iter().map(|segment| (&segment.id, &segment.kept));
    let said = |at: Option<Instant>| at.map_or("-".into(), |at| at.to_string()[..16].to_owned());
    let one = |(id, kept): (&String, &Option<Kept>)| {
        let kept = kept.as_ref()?;
        let rule = match &kept.by {
            KeptBy::Hold { hold, below, score } => format!("hold {hold} of {score} below {below}"),
            KeptBy::Leave(sentence) => format!("leave: {sentence}"),
            KeptBy::MinStay => "min_stay".into(),
            KeptBy::Hand => "hand".into(),
            KeptBy::Schedule(held) => format!("{held:?}"),
        };
        Some((id.clone(), rule, said(kept.since), said(kept.until)))
    };
    of_ladders.chain(of_segments).filter_map(one).collect()
}

#[test]
fn a_lead_that_would_not_enter_its_place_now_is_kept_there_by_a_rule() {
    let hold = ("life", "hold 3 of Interest below 5", "2024-01-04T05:15", "2024-01-11T00:00");
    let slow = ("slow", "min_stay", "2024-01-04T05:15", "2024-01-10T00:00");
    let stay = ("stay", "min_stay", "2024-01-02T10:00", "2024-01-08T10:00");
    let own = ("own", "leave: has gone 10 days without any activity", "2024-01-02T10:00", "2024-01-11T10:00");
    let daily = ("daily", "Daily", "2024-01-02T10:00", "2024-01-03T00:00");
    let pinned = ("own", "hand", "2024-01-02T10:00", "-");
    for (events, at, expected) in [
        (2, "2024-01-01T12:00:00Z", vec![]),
        (2, "2024-01-02T12:00:00Z", vec![stay, own, daily]),
        (2, "2024-01-03T12:00:00Z", vec![stay, own]),
        (2, "2024-01-05T00:00:00Z", vec![hold, slow, stay, own]),
        (2, "2024-01-09T00:00:00Z", vec![hold, slow, own]),
        (2, "2024-01-12T00:00:00Z", vec![]),
        (3, "2024-01-05T00:00:00Z", vec![hold, slow, stay, pinned]),
    ] {
        let found = kept(&explained(PLAYBOOK, &HISTORY[..events], at));
        let found: Vec<(&str, &str, &str, &str)> =
            found.iter().map(|(id, rule, since, until)| (&**id, &**rule, &**since, &**until)).collect();
        assert_eq!(found, expected, "{at}");
    }
}

#[test]
fn a_new_event_begins_the_time_anew() {
    let again = [HISTORY[0], ("2024-01-05T00:00:00Z", HISTORY[0].1)];
    // The score is 17.58 then and 8 eleven days later; what it lacked before does not count.
    let found = kept(&explained(PLAYBOOK, &again, "2024-01-17T00:00:00Z"));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&*found[0].0, &found[0].2[..10]), ("life", "2024-01-16"), "{found:?}");
}

#[test]
fn the_text_names_the_rule_and_what_is_missing() {
    let text = explained(PLAYBOOK, &HISTORY[..1], "2024-01-05T00:00:00Z").to_string();
    let expected = "  life: Warm since 2024-01-01 00:00, because of something
    still here by `hold` of 3 points: it leaves when its score Interest is below 5
      if nothing happens, it leaves on 2024-01-11 00:00
      it would not enter now, because this is missing since 2024-01-04 05:15:
        - their score Interest is at least 8 (it is 7.58)
";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn the_text_tells_the_time_of_the_playbooks_zone() {
    let berlin = PLAYBOOK.replace("playbook: kept", "playbook: kept\ntimezone: Europe/Berlin");
    let text = explained(&berlin, &HISTORY[..1], "2024-07-05T00:00:00Z").to_string();
    assert!(text.starts_with("u, as of 2024-07-05 02:00 Europe/Berlin (all times)\n"), "{text}");
    assert!(text.contains("  2024-01-01 01:00  life: starts at"), "{text}");
    assert!(!text.contains("2024-01-01 00:00"), "{text}");
}
