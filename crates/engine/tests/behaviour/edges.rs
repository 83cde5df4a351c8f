//! Cases that a second reader of the contract derived by hand, sentence by sentence, where programs like to go wrong.

use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::replay::{Replay, replay};
use jiff::tz::TimeZoneDatabase;

tables! {
    a_ladder_falls_through_every_stage_that_is_left_and_asks_the_minimum_stay_once: "
        scores: [{id: lead, rules: [{id: p, if: {attribute: p, eq: 1}, points: 100}]}]
        ladders: [{id: l, score: lead, hold: 5, min_stay: 2d, stages: [{id: a}, {id: b, from: 10}, {id: c, from: 20}, {id: d, from: 30}]}]
        when | what         | then
        d0   | identify p=1 | → l d
        d1   | identify p=0 | l=d, next d2
        d2   | (time)       | → l d>a, next none
    ";

    each_stage_on_the_way_down_is_held_by_its_own_from: "
        scores: [{id: lead, rules: [{id: p, if: {attribute: p, exists: true}, points: 24}, {id: q, if: {attribute: q, eq: 1}, points: 10}]}]
        ladders: [{id: l, score: lead, hold: 5, stages: [{id: a}, {id: b, from: 10}, {id: c, from: 20}, {id: d, from: 30}]}]
        when | what             | then
        d0   | identify p=1 q=1 | → l d
        d1   | identify q=0     | lead=24, → l d>c
    ";

    a_stage_whose_own_leave_holds_is_not_risen_to_and_is_fallen_through: "
        ladders: [{id: l, stages: [{id: a}, {id: b, enter: {attribute: b, eq: 1}, leave: {attribute: x, eq: 1}}, {id: c, enter: {attribute: c, eq: 1}, leave: {attribute: y, eq: 1}}]}]
        when | what                 | then
        d0   | identify b=1 c=1 y=1 | → l b
        d1   | identify x=1         | → l b>a
        d2   | identify y=0         | → l a>c
        d3   | identify y=1         | → l c>a
    ";

    after_a_stage_set_by_hand_is_released_the_minimum_stay_counts_from_when_it_got_there: "
        ladders: [{id: l, min_stay: 2d, stages: [{id: a}, {id: b, enter: {attribute: b, eq: 1}}, {id: c, enter: {attribute: c, eq: 1}}]}]
        when     | what             | then
        d0       | identify b=1     | → l b
        d1       | Stage Set l c    | → l b>c, next none
        d1 12:00 | Stage Released l | l=c, next d3
        d3       | (time)           | → l c>b
    ";

    what_is_released_waits_for_the_next_scheduled_instant_where_time_comes_before_events: "
        ladders: [{id: l, evaluate: daily, stages: [{id: a}, {id: b, enter: {attribute: b, eq: 1}}]}]
        when     | what             | then
        d0 12:00 | identify b=0     | → l a
        d0 13:00 | Stage Set l b    | → l a>b
        d1       | Stage Released l | l=b, next d2
        d2       | (time)           | → l b>a
    ";

    a_scheduled_segment_is_first_evaluated_after_the_first_event_and_a_ladder_with_it: "
        ladders: [{id: l, evaluate: weekly, stages: [{id: a}, {id: b, enter: {attribute: b, eq: 1}}]}]
        segments: [{id: g, enter: {attribute: b, eq: 1}, evaluate: weekly}]
        when | what         | then
        d0   | identify b=1 | → l b, out g
        d7   | (time)       | → g entered
    ";

    a_day_without_a_midnight_begins_at_the_change_of_clocks: "
        timezone: America/Havana
        segments: [{id: g, enter: {attribute: b, eq: 1}, evaluate: daily}]
        when             | what         | then
        2024-03-09 12:00 | identify b=1 | next 2024-03-10 05:00
        2024-03-10 05:00 | (time)       | → g entered
    ";

    two_that_leave_a_window_at_one_instant_leave_it_together: "
        segments: [{id: odd, enter: {event: E, within: 3d, count: {in: [1, 3]}}}]
        when     | what    | then
        d0       | track E | → odd entered
        d0       | track E | → odd left
        d0 12:00 | track E | → odd entered, next d3 12:00
        d3 12:00 | (time)  | → odd left
    ";

    points_that_wear_off_by_fractions_end_at_nothing: "
        scores: [{id: lead, rules: [{id: r, event: E, points: -1, decay: {loses: 0.3, every: 1d}}]}]
        segments: [{id: owes, enter: {score: lead, lt: 0}}]
        when | what    | then
        d0   | track E | lead=-1, → owes entered, next d4
        d4   | (time)  | → owes left, lead=0
    ";

    a_window_that_ends_together_with_a_wait_stops_before_the_step: "
        sequences: [{id: q, enroll: {event: E, within: 1d}, steps: [{wait: 1d}, {send: offer}]}]
        when | what    | then
        d0   | track E | → q enrolled
        d1   | (time)  | → q stopped
    ";

    a_goal_reached_together_with_the_end_of_the_last_step_is_reached: "
        sequences: [{id: q, enroll: {attribute: a, eq: 1}, goal: {inactive: 2d, events: [Z]}, steps: [{wait: 2d}]}]
        when | what         | then
        d0   | track Z      | nothing
        d5   | identify a=1 | → q enrolled
        d7   | (time)       | → q goal
    ";

    a_goal_counts_what_is_taken_after_the_event_that_enrolled: "
        sequences: [{id: q, enroll: {attribute: a, eq: 1}, goal: {event: G}, steps: [{wait: 9d}]}]
        when | what         | then
        d0   | track G      | nothing
        d0   | identify a=1 | → q enrolled
        d0   | track G      | → q goal
    ";

    a_goal_that_nothing_happened_holds_already_and_enrols_nobody: "
        sequences: [{id: q, enroll: {attribute: a, eq: 1}, goal: {not: {event: E}}, steps: [{wait: 9d}]}]
        when | what         | then
        d0   | track E      | nothing
        d1   | identify a=1 | nothing
    ";

    a_share_in_a_goal_is_of_copies_delivered_after_the_enrollment: "
        sequences: [{id: q, enroll: {attribute: a, eq: 1}, goal: {rate: opened, over: 10d, gte: 1}, steps: [{wait: 9d}]}]
        when | what         | then
        d0   | delivered 1  | nothing
        d1   | identify a=1 | → q enrolled
        d2   | opened 1     | nothing
        d3   | delivered 2  | nothing
        d4   | opened 2     | → q goal
    ";

    what_became_true_while_it_ran_by_hand_enrols_after_it_has_been_false: "
        sequences: [{id: q, enroll: {attribute: a, eq: 1}, again: always, steps: [{wait: 2d}]}]
        when | what               | then
        d0   | Sequence Entered q | → q enrolled
        d1   | identify a=1       | nothing
        d2   | (time)             | → q finished
        d3   | identify a=0       | nothing
        d4   | identify a=1       | → q enrolled
    ";

    after_a_lost_deal_time_alone_enrols_when_its_thirty_days_are_over: "
        sequences: [{id: q, enroll: {attribute: a, eq: 1}, steps: [{wait: 90d}]}]
        when | what         | then
        d0   | Deal Created | nothing
        d1   | identify a=1 | nothing
        d2   | Deal Lost    | next d32
        d32  | (time)       | → q enrolled
    ";

    aliases_apply_in_the_order_of_events_and_not_of_the_file: "
        scores: [{id: lead, rules: [{id: e, event: E, points: 1}]}]
        when | what       | then
        d2   | b: alias a | nothing
        d1   | c: alias b | nothing
        d3   | a: track E | nothing
        d3   | b: track E | leads c, c: lead=2
    ";
}

fn replayed(yaml: &str, lines: &[&str]) -> Replay {
    let playbook = playbook::read(yaml).playbook.expect("the playbook has no problems");
    let program = Program::new(playbook, &TimeZoneDatabase::bundled()).expect("what has no problems compiles");
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    replay(&program, &lines, None, false)
}

const INSTANT: &str = "2024-01-01T00:00:00Z";

fn page_of(user: &str) -> String {
    format!(r#"{{"type":"page","userId":{user},"timestamp":"{INSTANT}"}}"#)
}

/// Contract §2, Who: a number stands for its decimal text.
#[test]
fn neighbouring_large_numbers_are_two_leads() {
    let (one, other) = (page_of("9007199254740992"), page_of("9007199254740993"));
    assert_eq!(replayed("playbook: p", &[&one, &other]).output.lines().count(), 2);
}

/// Contract §3, operators: `starts_with` wants text on both sides, `distinct` tells values apart by type.
#[test]
fn a_large_number_is_a_number() {
    let yaml = r#"
playbook: p
segments:
  - {id: text, enter: {event: E, where: {x: {starts_with: "12"}}}}
  - {id: two, enter: {event: E, distinct: x, count: {gte: 2}}}
"#;
    let track = |x: &str| {
        format!(r#"{{"type":"track","event":"E","userId":"ann","properties":{{"x":{x}}},"timestamp":"{INSTANT}"}}"#)
    };
    let number = track("12345678901234567");
    assert!(replayed(yaml, &[&number]).output.contains(r#""segments": []"#));
    let both = replayed(yaml, &[&number, &track(r#""12345678901234567""#)]).output;
    assert!(both.contains(r#""segments": ["text", "two"]"#), "{both}");
}

/// Contract §4: numbers are rounded to 4 decimals.
#[test]
fn large_scores_have_four_decimals_too() {
    let yaml = "
playbook: p
scores: [{id: s, rules: [{id: r, event: Page Viewed, points: 100000000000.12345}]}]
";
    let output = replayed(yaml, &[&page_of(r#""ann""#)]).output;
    let decimals = output.split_once("100000000000.").map(|(_, rest)| rest.find(|c: char| !c.is_ascii_digit()));
    assert!(decimals.is_some_and(|length| length <= Some(4)), "{output}");
}

/// Contract §2, Who: the conflict is listed with the `alias` that would join the two.
#[test]
fn the_alias_in_a_conflict_is_json() {
    let identify = |user: &str| {
        format!(r#"{{"type":"identify","userId":{user},"traits":{{"email":"a@x.com"}},"timestamp":"{INSTANT}"}}"#)
    };
    let conflicts = replayed("playbook: p", &[&identify(r#""ann""#), &identify(r#""a\u200b\n\u0301""#)]).conflicts;
    let (_, said) = &conflicts[0];
    let alias: serde_json::Value = serde_json::from_str(&said[said.find('{').unwrap()..]).unwrap();
    assert_eq!(alias["previousId"], "a\u{200b}\n\u{301}");
}

/// Contract §4.3: an `if` rule may not use scores; said, whatever score it is.
#[test]
fn an_if_rule_on_its_own_score_is_refused() {
    let yaml = "
playbook: p
scores:
  - id: s
    rules:
      - {id: r, if: {score: s, gte: 1}, points: 1}
";
    assert!(playbook::read(yaml).playbook.is_none());
}
