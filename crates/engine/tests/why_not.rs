//! *Why not*, of each form: the sentence that does not hold, and what the lead has instead.

mod forms;

use attractor_engine::explain::{Happened, Missing, explain};
use attractor_engine::message::Message;
use attractor_engine::playbook;
use attractor_engine::program::{Event, Program};
use attractor_engine::time::Instant;
use jiff::tz::TimeZoneDatabase;

/// What happened to the lead, on days of January 2024.
const HISTORY: [(u32, &str); 10] = [
    (1, r#""type": "identify", "traits": {"trial_ends": "2024-02-10", "birthday": "1988-02-29", "renewal": "soon"}"#),
    (1, r#""type": "track", "event": "Order Completed", "properties": {"amount": 60}"#),
    (2, r#""type": "track", "event": "Subscribed", "properties": {"proof": "form", "subscription": "news"}"#),
    (3, r#""type": "track", "event": "Order Completed", "properties": {"amount": 20.5}"#),
    (4, r#""type": "track", "event": "Trial Started", "properties": {"plan": "free"}"#),
    (5, r#""type": "page", "properties": {"path": "/pricing"}"#),
    (6, r#""type": "track", "event": "Tracking Declined""#),
    (7, r#""type": "track", "event": "Email Delivered", "properties": {"send_id": "c1", "tracked": false}"#),
    (8, r#""type": "page", "properties": {"path": "/pricing"}"#),
    (9, r#""type": "page", "properties": {"path": "/"}"#),
];

/// A condition, its sentence where it does not hold, what is found at the start of 10 January, and as data: the operators
/// that are needed, and what the lead has.
const MISSING: [(&str, &str, &str, &str, &str); 33] = [
    ("{attribute: plan, eq: pro}", "their plan is “pro”", "the attribute `plan` is not set", r#"{"eq":"pro"}"#, "null"),
    ("{score: lead, gte: 31}", "their score “lead” is at least 31", "it is 10", r#"{"gte":31}"#, "10"),
    ("{interest: shirts, primary: true}", "their primary interest is Shirts", "there is none", "null", "null"),
    ("{interest: shirts, gte: 2}", "their interest in Shirts is at least 2", "it is 0", r#"{"gte":2}"#, "0"),
    (
        "{inactive: 30d}",
        "has gone 30 days without any activity",
        "the last was at 2024-01-09 00:00; so it will be from 2024-02-08 00:00 on",
        "null",
        r#""2024-01-09T00:00:00.000Z""#,
    ),
    ("{deal: won}", "has a won deal", "there is no deal", "null", "[]"),
    ("{sample: 0.001, seed: v2}", "is among a sample of 0.001 % (seed “v2”)", "chance decided so", "null", "null"),
    (
        "{all: [{any: [{event: Page Viewed}, {deal: won}]}, {deal: open}]}",
        "has an open deal",
        "there is no deal",
        "null",
        "[]",
    ),
    (
        "{date: trial_ends, in_next: 14d}",
        "their trial ends within 14 days",
        "it is 2024-02-10 00:00",
        "null",
        r#""2024-02-10T00:00:00.000Z""#,
    ),
    (
        "{date: trial_ends, passed: true}",
        "their trial has ended",
        "it is 2024-02-10 00:00",
        "null",
        r#""2024-02-10T00:00:00.000Z""#,
    ),
    (
        "{date: birthday, during: this month, every_year: true}",
        "the anniversary of their birthday falls this month",
        "it is 1988-02-29 00:00",
        "null",
        r#""1988-02-29T00:00:00.000Z""#,
    ),
    ("{date: renewal, in_last: 3d}", "their renewal was within the last 3 days", "it is not a date", "null", "null"),
    (
        "{date: contract_expires, passed: false}",
        "their contract has not expired",
        "the attribute `contract_expires` is not set",
        "null",
        "null",
    ),
    (
        "{date: first_seen, older: 30d}",
        "their first event was at least 30 days ago",
        "it is 2024-01-01 00:00",
        "null",
        r#""2024-01-01T00:00:00.000Z""#,
    ),
    (
        "{event: [Page Viewed, Form Submitted], within: 3d, count: {gte: 3}}",
        "has viewed a page or submitted a form at least 3 times in the last 3 days",
        "there are 2",
        r#"{"gte":3}"#,
        "2",
    ),
    (
        "{event: Page Viewed, distinct: path, count: {gt: 2}}",
        "has viewed more than 2 different pages",
        "there are 2",
        r#"{"gt":2}"#,
        "2",
    ),
    (
        "{event: Page Viewed, which: last, where: {path: /pricing}}",
        "has most recently viewed a page whose path is “/pricing”",
        "that one is another",
        r#"{"gte":1}"#,
        "0",
    ),
    (
        "{not: {event: Page Viewed, which: first, where: {path: /pricing}}}",
        "has not first viewed a page whose path is “/pricing”",
        "it is so",
        "null",
        "1",
    ),
    (
        "{event: Demo Requested, which: last}",
        "has most recently requested a demo",
        "there is none",
        r#"{"gte":1}"#,
        "0",
    ),
    (
        "{event: Trial Started, older: 7d}",
        "has started a trial at least 7 days ago",
        "there is none",
        r#"{"gte":1}"#,
        "0",
    ),
    (
        "{event: Trial Started, after: 2024-01-05}",
        "has started a trial since 2024-01-05",
        "there is none",
        r#"{"gte":1}"#,
        "0",
    ),
    (
        "{event: Page Viewed, before: 2024-01-05}",
        "has viewed a page before 2024-01-05",
        "there is none",
        r#"{"gte":1}"#,
        "0",
    ),
    (
        "{event: Order Completed, sum: {amount: {gte: 100}}}",
        "has completed an order with amount adding up to at least 100",
        "it is 80.5",
        r#"{"gte":100}"#,
        "80.5",
    ),
    (
        "{event: Order Completed, within: 8d, average: {amount: {gt: 50}}}",
        "has completed an order with amount averaging more than 50 in the last 8 days",
        "it is 20.5",
        r#"{"gt":50}"#,
        "20.5",
    ),
    (
        "{event: Trial Started, average: {amount: {gt: 50}}}",
        "has started a trial with amount averaging more than 50",
        "there is no number",
        r#"{"gt":50}"#,
        "null",
    ),
    ("{consent: granted}", "has consented to e-mails", "it is unknown", "null", r#""unknown""#),
    (
        "{consent: withdrawn, subscription: news}",
        "has withdrawn consent to the subscription “news”",
        "it is granted",
        "null",
        r#""granted""#,
    ),
    (
        "{not: {consent: withdrawn, to: tracking}}",
        "has not withdrawn consent to tracking",
        "it is withdrawn",
        "null",
        r#""withdrawn""#,
    ),
    (
        "{consent: granted, topic: shirts}",
        "has consented to e-mails about Shirts",
        "it is unknown",
        "null",
        r#""unknown""#,
    ),
    (
        "{stage: life, is: tried, for: 9d}",
        "has been in Tried for 9 days",
        "the stage is Tried since 2024-01-04 00:00",
        "null",
        r#""tried""#,
    ),
    (
        "{segment: pages, for: 30d}",
        "has been in segment Pages for 30 days",
        "the lead is in it since 2024-01-05 00:00",
        "null",
        r#""2024-01-05T00:00:00.000Z""#,
    ),
    (
        "{rate: opened, over: 30d, gte: 0.4}",
        "has opened at least 40 % of the e-mails delivered in the last 30 days",
        "no e-mail counts",
        r#"{"gte":0.4}"#,
        "null",
    ),
    (
        "{event: Email Opened, where: {age: {lte: 172800}}, count: {gte: 2}}",
        "has opened an e-mail within 2 days of delivery, at least 2 times",
        "there is none",
        r#"{"gte":2}"#,
        "0",
    ),
];

#[test]
fn each_form_says_what_is_missing_and_what_there_is() {
    let segments: Vec<String> =
        MISSING.iter().enumerate().map(|(n, (form, ..))| format!("  - {{id: s{n}, enter: {form}}}")).collect();
    let text = format!(
        "playbook: p\ntopics: [{{id: shirts, name: Shirts}}]\ninterests: {{half_life: 30d, weights: {{Email Link \
         Clicked: 1}}, minimum: 1, margin: 1}}\nscores: [{{id: lead, rules: [{{id: trial, event: Trial Started, points: \
         10}}]}}]\nsubscriptions: [{{id: news}}]\nladders: [{{id: life, stages: \
         [{{id: new}}, {{id: tried, name: Tried, enter: {{event: Trial Started}}}}]}}]\nsegments:\n  - {{id: pages, name: \
         Pages, enter: {{event: Page Viewed}}}}\n{}\n",
        segments.join("\n")
    );
    let reading = playbook::read(&text);
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
    assert_eq!(forms::within(&playbook::write(&playbook)["segments"]), forms::every());
    let program = Program::new(playbook, &TimeZoneDatabase::bundled()).expect("a playbook that compiles");
    let ids: Vec<String> = (1..=HISTORY.len()).map(|number| format!("m{number}")).collect();
    let events: Vec<Event> = HISTORY
        .iter()
        .map(|(day, message)| {
            let line = format!(r#"{{"userId": "ada", "timestamp": "2024-01-{day:02}T00:00:00Z", {message}}}"#);
            let mut event = Event::default();
            program.distill(&Message::parse(&line, program.wanted()).expect("a message"), &mut event);
            event
        })
        .collect();
    let happened: Vec<Happened> = ids.iter().zip(&events).map(|(id, event)| Happened { id, event, what: "" }).collect();
    let at = Instant::parse("2024-01-10").expect("an instant");
    let explanation = explain(&program, "ada", &happened, at);
    for ((form, sentence, found, needed, value), segment) in MISSING.iter().zip(&explanation.segments[1..]) {
        let Some(Missing::Clause(clause)) = &segment.missing else { panic!("{form}: {:?}", segment.missing) };
        assert_eq!((clause.wanted.as_str(), clause.found.as_str()), (*sentence, *found), "{form}");
        let data = [&clause.needed, &clause.value].map(|data| data.clone().unwrap_or_default().to_string());
        assert_eq!(data, [*needed, *value], "{form}: what is needed, and what the lead has");
    }
}
