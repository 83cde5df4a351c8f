//! Rebuilds, new versions of the playbook, and states as bytes (contract §4, §4.9, §4.10).

mod live;
mod returning;

use attractor_engine::forecast;
use attractor_engine::lead::Lead;
use attractor_engine::version::reevaluates;

use live::{Live, day, heard, machine, program};

const PLAYBOOK: &str = "
playbook: test
timezone: Europe/Berlin
activity: [Page Viewed, X]
topics: [{id: shirts, name: Shirts, pages: [/shirts]}]
interests: {half_life: 10d}
scores:
  - {id: lead, name: Lead, rules: [{id: x, name: An X, event: X, points: 5, decay: {half_life: 7d}, limit: {times: 2, within: 1d}}, {id: idle, inactive: 3d, points: -4, repeats: true, cap: 9}]}
ladders: [{id: heat, name: Heat, score: lead, hold: 1, min_stay: 1d, stages: [{id: cold, name: Cold}, {id: hot, from: 8}]}]
segments:
  - {id: often, name: Often, enter: {event: X, within: 3d, count: {gte: 2}}}
  - {id: fans, enter: {interest: shirts, primary: true}, evaluate: daily}
subscriptions: [{id: news, name: News}]
cadence: {ladder: heat, every: {cold: 30d, hot: 7d}}
emails: [{id: welcome, subject: Welcome, body: '<mjml></mjml>'}, {id: offer, subject: Offer, body: '<mjml></mjml>'}]
sequences:
  - {id: q, name: Q, enroll: {stage: heat, is: hot}, steps: [{alert: {to: sales, say: Look}}, {send: welcome}, {wait: 5d}, {send: offer}]}
";

#[track_caller]
fn reevaluates_with(old: &str, new: &str) -> bool {
    assert!(PLAYBOOK.contains(old), "`{old}` is not in the playbook");
    reevaluates(program(PLAYBOOK).playbook(), program(&PLAYBOOK.replacen(old, new, 1)).playbook())
}

#[test]
fn a_typo_in_a_name_or_text_reevaluates_nobody() {
    let texts = [
        ("name: Shirts", "name: Shirt"),
        ("name: Lead", "name: Leed"),
        ("name: An X", "name: The X"),
        ("name: Heat", "name: Warmth"),
        ("name: Cold", "name: Cool"),
        ("name: Often", "name: Oftener"),
        ("name: News", "name: Newsletter"),
        ("name: Q", "name: Q1"),
        ("playbook: test", "playbook: best"),
        ("subject: Offer", "subject: Our offer"),
        ("say: Look", "say: Look here"),
        ("cold: 30d", "cold: 60d"),
    ];
    for (old, new) in texts {
        assert!(!reevaluates_with(old, new), "{old} → {new}");
    }
}

#[test]
fn what_is_written_otherwise_but_means_the_same_reevaluates_nobody() {
    assert!(!reevaluates_with("within: 3d", "within: 72h"));
    assert!(!reevaluates_with("stage: heat, is: hot", "is: hot, stage: heat"));
    assert!(!reevaluates_with("enter: {event: X, within: 3d", "evaluate: live, enter: {event: X, within: 3d"));
    assert!(!reevaluates_with("scores:", "# what counts\nscores:"));
}

#[test]
fn a_changed_sequence_reevaluates_nobody() {
    assert!(!reevaluates_with("{wait: 5d}", "{wait: 6d}"));
    assert!(!reevaluates_with("enroll: {stage: heat, is: hot}", "enroll: {event: X}"));
}

#[test]
fn a_changed_rule_reevaluates_everybody() {
    let rules = [
        ("Europe/Berlin", "Europe/London"),
        ("activity: [Page Viewed, X]", "activity: [Page Viewed]"),
        ("pages: [/shirts]", "pages: [/shirt]"),
        ("half_life: 10d", "half_life: 11d"),
        ("interests: {half_life: 10d}", "interests: {half_life: 10d, margin: 2}"),
        ("points: 5", "points: 6"),
        ("times: 2", "times: 3"),
        ("half_life: 7d", "half_life: 8d"),
        ("cap: 9", "cap: 10"),
        ("hold: 1", "hold: 2"),
        ("min_stay: 1d", "min_stay: 2d"),
        ("from: 8", "from: 9"),
        ("within: 3d", "within: 4d"),
        ("evaluate: daily", "evaluate: weekly"),
        ("id: often", "id: seldom"),
    ];
    for (old, new) in rules {
        assert!(reevaluates_with(old, new), "{old} → {new}");
    }
}

/// Kind and hour of a history that reaches every part of a lead's state.
const HISTORY: [(i64, &str); 12] = [
    (0, "Page Viewed"),
    (0, "X"),
    (5, "X"),
    (5, "X"),
    (30, "Y"),
    (31, "X"),
    (31, "Page Viewed"),
    (50, "Page Viewed"),
    (90, "X"),
    (91, "X"),
    (200, "Page Viewed"),
    (201, "X"),
];

fn history() -> Vec<String> {
    HISTORY.iter().map(|(hour, kind)| heard(*hour, kind, r#"{"path": "/shirts"}"#)).collect()
}

/// Rebuilt with `late`, a lead is the same as `known` and has the same past.
#[track_caller]
fn is_the_same(late: &Live, known: &Live, what: &str) {
    assert!(known.log.len() > 5, "a history in which something happens: {:?}", known.log);
    assert_eq!(late.lead, known.lead, "{what}");
    let past: Vec<&str> = late.rebuilt.iter().filter_map(|line| Some(line.split_once(" by ")?.0)).collect();
    assert_eq!(past, known.log, "{what}");
    assert_eq!(
        forecast::ahead(late.program, &late.lead, day(100)),
        forecast::ahead(known.program, &known.lead, day(100)),
        "{what}"
    );
}

#[test]
fn an_event_that_comes_late_gives_the_same_as_had_it_been_known() {
    let program = program(&PLAYBOOK[..PLAYBOOK.find("sequences:").unwrap()]);
    let mut known = Live::new(&program);
    history().iter().for_each(|message| known.hears(message));
    known.time(day(9));
    for late in 0..HISTORY.len() {
        let mut live = Live::new(&program);
        history().iter().enumerate().filter(|(place, _)| *place != late).for_each(|(_, message)| live.hears(message));
        live.time(day(9));
        live.hears_late(late, &history()[late], true);
        is_the_same(&live, &known, &format!("event {late} late"));
    }
}

#[test]
fn a_machine_verdict_that_comes_late_gives_the_same_as_had_it_been_known() {
    let program = program(&PLAYBOOK[..PLAYBOOK.find("sequences:").unwrap()]);
    for judged in 0..HISTORY.len() {
        let mut messages = history();
        messages[judged] = machine(&messages[judged]);
        let mut known = Live::new(&program);
        messages.iter().for_each(|message| known.hears(message));
        known.time(day(9));
        let mut live = Live::new(&program);
        history().iter().for_each(|message| live.hears(message));
        live.time(day(9));
        live.judged(judged, true);
        is_the_same(&live, &known, &format!("event {judged} judged late"));
    }
}

#[test]
fn a_rebuild_tells_each_move_with_its_event() {
    let program = program(&PLAYBOOK[..PLAYBOOK.find("sequences:").unwrap()]);
    let mut live = Live::new(&program);
    live.hears(&heard(0, "X", "{}"));
    live.hears(&heard(2, "Y", "{}"));
    assert_eq!(live.log, ["h0 heat cold"]);
    live.hears_late(1, &heard(1, "X", "{}"), true);
    assert_eq!(live.rebuilt, ["h0 heat cold by 0", "h1 heat cold>hot by 1", "h1 often entered by 1"]);
    live.time(day(4));
    assert!(live.log.contains(&"h72 often left".to_owned()), "{:?}", live.log);
}

const SEQUENCE: &str = "
playbook: test
emails:
  - {id: welcome, subject: Welcome, body: '<mjml></mjml>'}
  - {id: offer, subject: Offer, body: '<mjml></mjml>'}
  - {id: case-study, subject: Case, body: '<mjml></mjml>'}
sequences:
";

fn sequence(steps: &str) -> String {
    format!("{SEQUENCE}  - {{id: q, enroll: {{event: X}}, goal: {{event: Z}}, steps: [{steps}]}}\n")
}

const STEPS: &str = "{id: a, send: welcome}, {id: w, wait: 5d}, {id: b, send: offer}";

/// A lead enrolled at hour 0, welcomed and waiting, put under other steps at hour 48; its log, up to day 20.
fn moved_to(steps: &str) -> Vec<String> {
    let (old, new) = (program(&sequence(STEPS)), program(&sequence(steps)));
    let mut live = Live::new(&old);
    live.hears(&heard(0, "X", "{}"));
    assert_eq!(live.log, ["h0 q enrolled", "h0 q sends welcome"]);
    live.time(day(2));
    let mut live = live.under(&new, false);
    live.time(day(20));
    live.log
}

#[test]
fn a_lead_on_a_removed_step_goes_on_at_the_next_one_that_is_left() {
    assert_eq!(moved_to("{id: a, send: welcome}, {id: b, send: offer}"), ["h48 q sends offer", "h48 q finished"]);
    assert_eq!(moved_to("{id: a, send: welcome}, {id: n, send: case-study}"), ["h48 q finished"]);
    assert_eq!(moved_to("{id: b, send: offer}, {id: n, wait: 1d}"), ["h48 q sends offer", "h72 q finished"]);
}

#[test]
fn done_steps_never_repeat_not_even_when_reordered() {
    assert_eq!(
        moved_to("{id: w, wait: 5d}, {id: a, send: welcome}, {id: b, send: offer}"),
        ["h120 q sends offer", "h120 q finished"]
    );
    assert_eq!(
        moved_to("{id: b, send: offer}, {id: w, wait: 1d}, {id: a, send: welcome}"),
        ["h48 q finished"],
        "the wait has been over for a day, and what follows it is done"
    );
    assert_eq!(moved_to("{id: b, send: offer}, {id: a, send: welcome}"), ["h48 q sends offer", "h48 q finished"]);
}

#[test]
fn a_step_that_stays_goes_on_as_it_was_with_what_it_says_now() {
    assert_eq!(moved_to(STEPS), ["h120 q sends offer", "h120 q finished"]);
    assert_eq!(
        moved_to("{id: a, send: welcome}, {id: w, wait: 3d}, {id: b, send: case-study}"),
        ["h72 q sends case-study", "h72 q finished"]
    );
    assert_eq!(
        moved_to("{id: n, send: case-study}, {id: a, send: welcome}, {id: w, wait: 5d}, {id: b, send: offer}"),
        ["h120 q sends offer", "h120 q finished"],
        "what is new stands before it"
    );
}

#[test]
fn a_lead_in_a_branch_goes_on_in_it_or_behind_it() {
    let (inside, behind) = ("{id: w, wait: 5d}, {id: s, send: offer}", "{id: e, send: case-study}");
    let branch = |then: &str| format!("{{id: c, branch: {{if: {{event: X}}, then: [{then}]}}}}, {behind}");
    let moved = |steps: &str| {
        let (old, new) = (program(&sequence(&branch(inside))), program(&sequence(steps)));
        let mut live = Live::new(&old);
        live.hears(&heard(0, "X", "{}"));
        live.time(day(2));
        let mut live = live.under(&new, false);
        live.time(day(20));
        live.log
    };
    assert_eq!(moved(&branch(inside)), ["h120 q sends offer", "h120 q sends case-study", "h120 q finished"]);
    assert_eq!(
        moved(&branch("{id: s, send: offer}")),
        ["h48 q sends offer", "h48 q sends case-study", "h48 q finished"]
    );
    assert_eq!(moved(behind), ["h48 q sends case-study", "h48 q finished"]);
}

#[test]
fn a_sequence_that_is_gone_ends_and_a_new_one_enrols_nobody_unless_asked() {
    let old = program(&sequence(STEPS));
    let other = program(&sequence(STEPS).replace("id: q", "id: r"));
    let enrolled = vec!["h48 q stopped", "h48 r enrolled", "h48 r sends welcome"];
    for (enrols, log) in [(false, vec!["h48 q stopped"]), (true, enrolled)] {
        let mut live = Live::new(&old);
        live.hears(&heard(0, "X", "{}"));
        live.time(day(2));
        let mut live = live.under(&other, enrols);
        live.time(day(3));
        live.hears(&heard(80, "X", "{}"));
        assert_eq!(live.log, log, "enrols: {enrols}");
    }
}

#[test]
fn enrollments_are_carried_over_and_nothing_is_sent_twice() {
    let program = program(&sequence(STEPS));
    let mut live = Live::new(&program);
    live.hears(&heard(0, "X", "{}"));
    live.time(day(2));
    for place in 1..4 {
        live.hears_late(place, &heard(place as i64, "Y", "{}"), true);
        assert_eq!(live.rebuilt, [""; 0], "a rebuild invents nothing");
    }
    live.time(day(9));
    live.hears_late(1, &heard(0, "Y", "{}"), true);
    assert_eq!(live.log, ["h0 q enrolled", "h0 q sends welcome", "h120 q sends offer", "h120 q finished"]);
}

#[test]
fn a_copy_that_is_asked_for_is_not_asked_for_again() {
    let program = program(&sequence(STEPS));
    let mut live = Live::reported(&program);
    live.hears(&heard(0, "X", "{}"));
    live.time(day(1));
    live.hears_late(1, &heard(1, "Y", "{}"), true);
    let mut live = live.under(&program, false);
    live.copy_decided(day(2));
    live.time(day(20));
    assert_eq!(live.log, ["h168 q sends offer"], "five days after the copy was over");
}

#[test]
fn a_late_event_enrols_where_it_may_and_now() {
    let program = program(&sequence(STEPS));
    for (enrols, log) in [(false, vec![]), (true, vec!["h48 q enrolled", "h48 q sends welcome"])] {
        let mut live = Live::new(&program);
        live.hears(&heard(0, "Y", "{}"));
        live.time(day(2));
        live.hears_late(0, &heard(0, "X", "{}"), enrols);
        live.time(day(3));
        // It stays true, so it enrols nobody later either.
        live.hears(&heard(73, "X", "{}"));
        assert_eq!(live.log, log, "enrols: {enrols}");
    }
}

#[test]
fn an_enrollment_ends_now_where_what_came_late_says_so() {
    let program = program(&sequence(STEPS));
    let end = |place: usize, hour: i64, kind: &str| {
        let mut live = Live::new(&program);
        live.hears(&heard(10, "X", "{}"));
        live.time(day(2));
        live.hears_late(place, &heard(hour, kind, "{}"), false);
        live.log.split_off(2)
    };
    assert_eq!(end(1, 20, "Z"), ["h48 q goal"]);
    assert_eq!(end(0, 5, "Z"), [""; 0], "the goal counts only what came after the enrollment");
    assert_eq!(end(1, 20, "Deal Created"), ["h48 q stopped"]);
}

#[test]
fn a_verdict_stops_an_enrollment_but_takes_back_no_send() {
    let program = program(&sequence(STEPS));
    let mut live = Live::new(&program);
    live.hears(&heard(0, "Y", "{}"));
    live.hears(&heard(10, "X", "{}"));
    live.time(day(2));
    live.judged(1, false);
    assert_eq!(live.log, ["h10 q enrolled", "h10 q sends welcome", "h48 q stopped"]);
    // `again: never`: it was enrolled once.
    live.hears(&heard(60, "X", "{}"));
    assert_eq!(live.log.len(), 3);
}

#[test]
fn a_state_loaded_is_the_state_stored() {
    let program = program(PLAYBOOK);
    let mut live = Live::new(&program);
    for message in history() {
        live.hears(&message);
        let loaded = Lead::load(&live.lead.store(&program), &program).unwrap();
        assert_eq!(loaded, live.lead);
        live.lead = loaded;
    }
    let mut whole = Live::new(&program);
    history().iter().for_each(|message| whole.hears(message));
    assert_eq!(live.log, whole.log, "going on from what was loaded is going on");
}

#[test]
fn a_state_is_refused_under_other_rules_but_not_under_other_names() {
    let old = program(PLAYBOOK);
    let mut live = Live::new(&old);
    history().iter().for_each(|message| live.hears(message));
    let bytes = live.lead.store(&old);
    let loads = |from: &str, to: &str| Lead::load(&bytes, &program(&PLAYBOOK.replacen(from, to, 1))).is_some();
    assert!(loads("name: Heat", "name: Warmth"));
    assert!(loads("subject: Offer", "subject: Our offer"));
    assert!(!loads("points: 5", "points: 6"));
    assert!(!loads("id: often", "id: seldom"));
    assert!(!loads("{wait: 5d}", "{wait: 6d}"), "places in steps are part of the state");
}

#[test]
fn a_state_of_the_format_before_is_read() {
    let program = program(PLAYBOOK);
    let mut live = Live::new(&program);
    history().iter().for_each(|message| live.hears(message));
    let mut bytes = live.lead.store(&program);
    assert_eq!((bytes[0], bytes.pop()), (4, Some(0)), "what came with format 4 is at the end, and empty");
    bytes[0] = 3;
    assert_eq!(Lead::load(&bytes, &program), Some(live.lead));
    bytes[0] = 2;
    assert_eq!(Lead::load(&bytes, &program), None);
}

#[test]
fn bytes_that_are_no_state_are_refused() {
    let program = program(PLAYBOOK);
    let mut live = Live::new(&program);
    history().iter().for_each(|message| live.hears(message));
    let bytes = live.lead.store(&program);
    assert!(Lead::load(&[], &program).is_none());
    let mut other_format = bytes.clone();
    other_format[0] = other_format[0].wrapping_add(1);
    assert!(Lead::load(&other_format, &program).is_none());
    for length in 0..bytes.len() {
        assert!(Lead::load(&bytes[..length], &program).is_none(), "cut off at {length}");
    }
}
