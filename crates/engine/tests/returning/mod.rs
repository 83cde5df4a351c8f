//! A sequence that a version of the playbook no longer has, and a later one has again (contract §4.9, §4.10).

use attractor_engine::lead::{Lead, shown_enrollments};
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_engine::version::carry;

use super::live::{Live, day, heard, program};

const NOTHING: [&str; 0] = [];

const WITHOUT: &str = "
playbook: test
emails:
  - {id: welcome, subject: Welcome, body: '<mjml></mjml>'}
  - {id: offer, subject: Offer, body: '<mjml></mjml>'}
";

/// `q`, which each X enrols in anew as far as `again` allows it.
fn with(again: &str) -> Program {
    let steps = "steps: [{id: a, send: welcome}, {id: w, wait: 5d}, {id: b, send: offer}]";
    let enroll = "enroll: {event: X, within: 1h}, while: always";
    program(&format!("{WITHOUT}sequences:\n  - {{id: q, {enroll}, again: {again}, {steps}}}\n"))
}

/// Enrolled at hour 0 and welcomed; without the sequence from hour 48 on.
fn stopped<'p>(old: &'p Program, without: &'p Program) -> Live<'p> {
    let mut live = Live::new(old);
    live.hears(&heard(0, "X", "{}"));
    assert_eq!(live.log, ["h0 q enrolled", "h0 q sends welcome"]);
    live.time(day(2));
    live.under(without, false)
}

/// The same under the sequence again, from hour 72 on.
fn back<'p>(old: &'p Program, without: &'p Program) -> Live<'p> {
    let mut live = stopped(old, without);
    live.time(day(3));
    let live = live.under(old, false);
    assert_eq!(live.log, NOTHING, "nobody is enrolled by the return alone, and nothing resumes");
    live
}

fn by_hand(hour: i64) -> String {
    heard(hour, "Sequence Entered", r#"{"sequence": "q"}"#)
}

#[test]
fn an_enrollment_ends_with_its_sequence_and_says_so() {
    let (old, without) = (with("never"), program(WITHOUT));
    let mut live = stopped(&old, &without);
    assert_eq!(live.log, ["h48 q stopped"]);
    live.time(day(3));
    live.hears_late(0, &heard(-1, "Y", "{}"), true);
    assert_eq!(live.log, ["h48 q stopped"], "a rebuild adds nothing");
    let json = live.lead.write_enrollments(&without).expect("what is left");
    let shown = shown_enrollments(&json, day(3)).expect("readable");
    assert_eq!((shown.len(), shown[0].sequence.as_str()), (1, "q"));
    assert_eq!((shown[0].last_began, shown[0].stopped), (Some(day(0)), Some(day(2))));
    assert_eq!(shown[0].enrollment, None);
    assert_eq!(shown_enrollments(&json, day(1)).expect("readable")[0].stopped, None, "not yet");
}

#[test]
fn an_enrollment_that_was_over_before_does_not_end_again() {
    let (old, without) = (with("never"), program(WITHOUT));
    let mut live = Live::new(&old);
    live.hears(&heard(0, "X", "{}"));
    live.time(day(9));
    let mut live = live.under(&without, false);
    assert_eq!(live.log, NOTHING);
    live.time(day(10));
    let mut live = live.under(&old, false);
    live.hears(&heard(300, "X", "{}"));
    assert_eq!(live.log, NOTHING, "once ever");
}

#[test]
fn once_ever_is_once_ever_across_the_gap() {
    let (old, without) = (with("never"), program(WITHOUT));
    let mut live = back(&old, &without);
    for hour in [80, 200, 3_000] {
        live.hears(&heard(hour, "X", "{}"));
    }
    assert_eq!(live.log, NOTHING);
    // Whoever asks for it enrols those alone whom `again` allows.
    let mut live = stopped(&old, &without);
    live.time(day(3));
    live.hears(&heard(72, "X", "{}"));
    assert_eq!(live.under(&old, true).log, NOTHING);
}

#[test]
fn several_versions_without_it_change_nothing() {
    let (old, without) = (with("never"), program(WITHOUT));
    let other = program(&WITHOUT.replace("playbook: test", "playbook: other\nactivity: [X]"));
    let mut live = stopped(&old, &without).under(&other, false).under(&without, false);
    assert_eq!(live.log, NOTHING);
    live.time(day(3));
    let back = live.under(&old, false).under(&other, false);
    assert_eq!(back.log, NOTHING, "what is over is not stopped a second time");
    let mut live = back.under(&old, false);
    live.hears(&heard(80, "X", "{}"));
    assert_eq!(live.log, NOTHING);
}

#[test]
fn again_counts_from_the_last_beginning_across_the_gap() {
    let (old, without) = (with("{after: 90d}"), program(WITHOUT));
    let mut live = back(&old, &without);
    live.hears(&heard(90 * 24 - 1, "X", "{}"));
    live.time(day(90));
    assert_eq!(live.log, NOTHING, "an hour too early");
    live.hears(&heard(90 * 24 + 1, "X", "{}"));
    let anew = ["h2161 q enrolled", "h2161 q sends welcome"];
    assert_eq!(live.log, anew, "after so long its steps may repeat");
}

#[test]
fn steps_that_were_done_are_passed_over_by_the_next_enrollment() {
    let (always, without) = (with("always"), program(WITHOUT));
    let mut live = back(&always, &without);
    live.hears(&heard(80, "X", "{}"));
    live.time(day(20));
    assert_eq!(live.log, ["h80 q enrolled", "h200 q sends offer", "h200 q finished"]);
    live.hears(&heard(500, "X", "{}"));
    assert_eq!(live.log[3..], ["h500 q enrolled", "h500 q sends welcome"], "the one after it has all of its steps");
}

#[test]
fn whoever_is_enrolled_by_hand_goes_on_behind_what_was_done() {
    for again in ["never", "{after: 90d}"] {
        let (old, without) = (with(again), program(WITHOUT));
        let mut live = back(&old, &without);
        live.hears(&by_hand(80));
        live.time(day(20));
        assert_eq!(live.log, ["h80 q enrolled", "h200 q sends offer", "h200 q finished"], "again: {again}");
    }
}

#[test]
fn done_steps_go_by_their_ids() {
    let (old, without) = (with("always"), program(WITHOUT));
    let steps = "steps: [{id: b, send: offer}, {id: new, send: welcome}, {id: a, send: welcome}]";
    let enroll = "enroll: {event: X, within: 1h}, while: always, again: always";
    let other = program(&format!("{WITHOUT}sequences:\n  - {{id: q, {enroll}, {steps}}}\n"));
    let mut live = stopped(&old, &without).under(&other, false);
    live.hears(&heard(80, "X", "{}"));
    assert_eq!(live.log, ["h80 q enrolled", "h80 q sends offer", "h80 q sends welcome", "h80 q finished"]);
}

#[test]
fn what_a_sender_has_when_the_sequence_goes_is_done() {
    let (old, without) = (with("always"), program(WITHOUT));
    let mut live = Live::reported(&old);
    live.hears(&heard(0, "X", "{}"));
    let mut live = live.under(&without, false);
    live.lead.note_done("q", "a");
    live.lead.note_done("q", "a");
    live.lead.note_done("another", "a");
    let mut live = live.under(&old, false);
    live.hears(&heard(80, "X", "{}"));
    assert_eq!(live.log, ["h80 q enrolled"]);
}

#[test]
fn who_becomes_one_with_somebody_who_was_enrolled_is_enrolled_no_more() {
    let (old, without) = (with("never"), program(WITHOUT));
    let ann = stopped(&old, &without);
    let mut bob = Live::new(&without);
    bob.hears(&heard(50, "Y", "{}"));
    bob.lead.join(&ann.lead);
    let mut live = bob.under(&old, false);
    live.hears(&heard(80, "X", "{}"));
    assert_eq!(live.log, NOTHING);
}

#[test]
fn two_that_become_one_repeat_nothing_that_either_had() {
    let (old, without) = (with("always"), program(WITHOUT));
    let mut ann = stopped(&old, &without);
    let mut bob = Live::reported(&old);
    bob.hears(&heard(1, "X", "{}"));
    bob.time(day(2));
    let mut bob = bob.under(&without, false);
    bob.lead.note_done("q", "b");
    ann.lead.join(&bob.lead);
    let mut live = ann.under(&old, false);
    live.hears(&heard(80, "X", "{}"));
    live.time(day(20));
    assert_eq!(live.log, ["h80 q enrolled", "h200 q finished"]);
}

#[test]
fn a_later_enrollment_of_the_other_one_counts() {
    let (old, without) = (with("always"), program(WITHOUT));
    let mut ann = back(&old, &without);
    let mut bob = Live::new(&old);
    bob.hears(&heard(10, "X", "{}"));
    bob.time(day(9));
    ann.lead.join(&bob.lead);
    ann.hears(&heard(300, "X", "{}"));
    assert_eq!(ann.log, ["h300 q enrolled", "h300 q sends welcome"], "it had begun later, and is over");
}

#[test]
fn what_is_kept_is_read_as_it_was_written() {
    let (old, without) = (with("always"), program(WITHOUT));
    let live = stopped(&old, &without);
    let gone = carry(&without, &without, &live.lead, day(2)).lead;
    let back = carry(&without, &old, &gone, day(3)).lead;
    for (lead, program) in [(&gone, &without), (&back, &old)] {
        let json = lead.write_enrollments(program).expect("what is left");
        assert_eq!(Lead::with_enrollments("ann", program, &json).as_ref(), Ok(lead), "{json}");
        assert_eq!(Lead::load(&lead.store(program), program).as_ref(), Some(lead));
        let before = Lead::with_enrollments_until("ann", program, &json, Instant(day(0).0 - 1)).expect("readable");
        assert_eq!(before, Lead::new("ann"), "nothing had begun");
    }
}

#[test]
fn what_was_written_before_this_was_kept_is_read() {
    let (old, without) = (with("never"), program(WITHOUT));
    let row = r#"[{"sequence":"q","held":true,"last_began":1704067200000,"enrolment":{"began":1704067200000,"by_hand":false,
        "step":[1,"w"],"since":1704067200000,"sending":false,"taken":0,"done":[[0,"a"]]}}]"#;
    let lead = Lead::with_enrollments("ann", &old, row).expect("readable");
    let carried = carry(&old, &without, &lead, day(2));
    assert_eq!(carried.ended.len(), 1);
    let json = carried.lead.write_enrollments(&without).expect("what is left");
    assert!(json.contains(r#""done":["a"]"#), "{json}");
}
