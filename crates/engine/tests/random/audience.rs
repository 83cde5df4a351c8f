//! A condition asked of a lead holds where the lead would be in a segment that says it: by the lead's state and by its
//! messages alike.

use std::collections::BTreeSet;

use attractor_engine::audience::Audience;
use attractor_engine::condition::Condition;
use attractor_engine::lead::Lead;
use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::{self, Evaluate, Playbook, Segment};
use attractor_engine::program::{Event, Program};
use attractor_engine::step::{Input, Sends, step};
use attractor_engine::time::{Duration, Instant};
use jiff::tz::TimeZoneDatabase;

use crate::forms;
use crate::naive::{Forms, random_case_of};

/// Asked of every lead, whatever its playbook.
const OF_ANYBODY: [&str; 17] = [
    "{all: []}",
    "{not: {all: []}}",
    "{deal: open}",
    "{sample: 50, seed: half}",
    "{attribute: an_attribute_of_its_own, exists: false}",
    "{event: Page Viewed, within: 3d, count: {gte: 2}}",
    "{inactive: 2d}",
    "{not: {rate: opened, over: 30d, gte: 0.5}}",
    "{date: first_seen, in_last: 3d}",
    "{date: birthday, during: this month, every_year: true}",
    "{consent: unknown}",
    "{not: {consent: withdrawn, to: tracking}}",
    "{event: [Page Viewed, Order Placed], which: last, older: 1d}",
    "{event: Order Placed, sum: {amount: {gte: 5}}}",
    "{event: Order Placed, within: 10d, average: {amount: {gt: 0}}}",
    "{event: Page Viewed, older: 1d, within: 5d, before: 2027-12-30}",
    "{any: [{deal: won}, {inactive: 10d}]}",
];

/// The forms about parts of a playbook. They are asked where a case has such parts: in its own conditions, and of each segment.
const OF_PARTS: [&str; 4] = ["score", "stage", "segment", "interest"];

fn program(playbook: Playbook) -> Program {
    Program::new(playbook, &TimeZoneDatabase::bundled()).expect("a playbook that compiles")
}

/// All valid messages as though they were one lead's, in order.
fn messages(lines: &[String]) -> Vec<(Instant, &str)> {
    let at = |line: &str| Message::parse(line, &Wanted::Everything).ok().and_then(|message| message.timestamp);
    let mut messages: Vec<(Instant, &str)> = lines.iter().filter_map(|line| Some((at(line)?, line.as_str()))).collect();
    messages.sort_by_key(|(at, _)| *at);
    messages
}

fn stepped(program: &Program, messages: &[(Instant, &str)]) -> Lead {
    messages.iter().fold(Lead::new("ada"), |lead, (at, json)| {
        let mut event = Event::default();
        program.distill(&Message::parse(json, program.wanted()).expect("a message"), &mut event);
        event.at = *at;
        step(program, lead, Input::Event(&event), Sends::Reported).lead
    })
}

/// Whether the lead is in a segment that says this, the last of the playbook.
fn would_be_in(playbook: &Playbook, condition: &Condition, messages: &[(Instant, &str)], at: Instant) -> bool {
    let mut playbook = playbook.clone();
    playbook.segments.push(Segment {
        id: "would-be".into(),
        name: None,
        enter: condition.clone(),
        leave: None,
        min_stay: None,
        evaluate: Evaluate::Live,
    });
    let last = playbook.segments.len() as u32 - 1;
    let program = program(playbook);
    let lead = step(&program, stepped(&program, messages), Input::Clock(at), Sends::Reported).lead;
    lead.memberships().any(|(segment, _)| segment == last)
}

#[test]
fn conditions_of_every_form_are_asked() {
    let playbook = playbook::read("playbook: p").playbook.expect("a valid playbook");
    let of_text = |text: &str| {
        let condition = playbook::condition(text, &playbook).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        forms::within(&playbook::write_condition(&condition))
    };
    let mut asked: BTreeSet<String> = OF_ANYBODY.into_iter().flat_map(of_text).collect();
    asked.extend(OF_PARTS.map(str::to_owned));
    assert_eq!(asked, forms::every(), "add a condition to `OF_ANYBODY`");
}

#[test]
fn states_and_messages_say_what_a_segment_would() {
    let (mut by_state, mut by_messages, mut held) = (0, 0, 0);
    let cases = (1..=150).flat_map(|seed| [(Forms::Older, seed), (Forms::Newer, seed)]);
    for (forms, seed) in cases {
        let case = random_case_of(forms, seed);
        let playbook = playbook::read(&case.playbook.to_string()).playbook.expect("a valid playbook");
        let mut asked: Vec<Condition> = OF_ANYBODY
            .iter()
            .map(|text| playbook::condition(text, &playbook).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}")))
            .collect();
        asked.extend(playbook.segments.iter().map(|segment| segment.enter.clone()));
        asked.extend(playbook.sequences.iter().map(|sequence| sequence.enroll.clone()));
        asked.extend(
            playbook.segments.iter().map(|s| {
                Condition::Segment(attractor_engine::condition::Segment { segment: s.id.clone(), for_: None })
            }),
        );
        let program = program(playbook.clone());
        let messages = messages(&case.lines);
        let Some((last, _)) = messages.last() else { continue };
        let lead = stepped(&program, &messages);
        for (number, condition) in asked.iter().enumerate() {
            let audience = Audience::new(&program, condition, &TimeZoneDatabase::bundled()).expect("it compiles");
            let events: Vec<Event> =
                messages.iter().map(|(at, json)| audience.read(json, *at, |_| true).expect("a message")).collect();
            // A message may arrive while a count runs: nobody is asked as of an instant before what was stepped.
            let (early, late) = (*last - Duration::DAY, *last);
            assert_eq!(audience.of_events("ada", &events, early), audience.of_events("ada", &events, late));
            assert_eq!(audience.of_state(&program, &lead, early), audience.of_state(&program, &lead, late));
            // At once too: some conditions hold for a short time only.
            for at in [*last, *last + Duration(Duration::DAY.0 * number as i64)] {
                let wanted = would_be_in(&playbook, condition, &messages, at);
                let read = audience.of_events("ada", &events, at);
                assert_eq!(read, wanted, "{forms:?} forms, seed {seed}, by messages: {condition:?}");
                let state = audience.of_state(&program, &lead, at);
                assert_eq!(state.is_some(), audience.reads_states());
                assert!(
                    state.is_none_or(|state| state == wanted),
                    "{forms:?} forms, seed {seed}, by state: {condition:?}"
                );
                by_state += usize::from(state.is_some());
                by_messages += usize::from(state.is_none());
                held += usize::from(wanted);
            }
        }
    }
    assert!(by_state > 300 && by_messages > 300 && held > 300, "{by_state} by state, {by_messages} not, {held} held");
}

#[test]
fn what_the_states_keep_is_asked_of_them() {
    let text = "playbook: p\nscores: [{id: lead, rules: [{id: visit, event: Page Viewed, points: 5}]}]\n\
        ladders: [{id: life, score: lead, stages: [{id: a}, {id: b, from: 5}]}]\n\
        segments: [{id: keen, enter: {all: [{attribute: country, eq: DE}, {event: Page Viewed, within: 7d}]}},\
        {id: newer, enter: {all: [{event: Order, within: 7d, sum: {amount: {gte: 100}}}, {event: [A, B], which: last, older: 2d}, \
        {date: trial_ends, in_next: 7d}, {consent: granted}]}}]";
    let reading = playbook::read(text);
    let playbook = reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems));
    let program = program(playbook.clone());
    for (text, kept) in [
        ("{segment: keen}", true),
        ("{stage: life, is: b}", true),
        ("{score: lead, gte: 3}", true),
        ("{attribute: country, in: [FR, IT]}", true),
        ("{event: Page Viewed, within: 7d}", true),
        ("{event: Page Viewed, within: 8d}", false),
        ("{event: Page Viewed, within: 7d, count: {gte: 9}}", false),
        ("{attribute: city, eq: Bonn}", false),
        ("{inactive: 7d}", false),
        ("{all: [{segment: keen}, {attribute: city, eq: Bonn}]}", false),
        ("{segment: keen, for: 9d}", true),
        ("{stage: life, is: b, for: 9d}", true),
        ("{event: Order, within: 7d, sum: {amount: {lt: 5}}}", true),
        ("{event: Order, within: 7d, average: {amount: {lt: 5}}}", true),
        ("{event: Order, within: 8d, sum: {amount: {lt: 5}}}", false),
        ("{event: Order, within: 7d, sum: {price: {lt: 5}}}", false),
        ("{event: [B, A, A], which: last, older: 2d}", true),
        ("{event: [A, B], which: first, older: 2d}", false),
        ("{event: [A, B], which: last, older: 3d}", false),
        ("{date: trial_ends, during: today, every_year: true}", true),
        ("{date: renewal, passed: true}", false),
        ("{date: first_seen, older: 30d}", true),
        ("{consent: withdrawn}", true),
        ("{consent: granted, to: tracking}", false),
    ] {
        let condition = playbook::condition(text, &playbook).unwrap_or_else(|wrong| panic!("{text}: {wrong:?}"));
        let audience = Audience::new(&program, &condition, &TimeZoneDatabase::bundled()).expect("it compiles");
        assert_eq!(audience.reads_states(), kept, "{text}");
    }
}
