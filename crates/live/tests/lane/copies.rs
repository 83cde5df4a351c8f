//! What senders report back.

use attractor_live::{CopyKey, Outcome};
use attractor_store::copies::{self, CopySource, MailCopy};
use attractor_store::moves::MoveKind;
use attractor_store::versions::Version;
use attractor_store::{IdentityKind, LeadId, VersionNumber};

use crate::trial::{PLAYBOOK, Trial, at};

fn states(trial: &Trial, lead: LeadId) -> Vec<(String, String)> {
    let rows = copies::of_leads(&mut trial.reader(), &[lead]).unwrap();
    let step = |copy: &MailCopy| match &copy.source {
        CopySource::Sequence { step, .. } => step.clone(),
        other => panic!("{other:?}"),
    };
    rows.iter().map(|copy| (step(copy), copy.state.to_string())).collect()
}

fn asked() -> (Trial, LeadId) {
    let mut trial = Trial::new();
    trial.receive(&[("d", "09:00", r#""type": "track", "event": "Demo Requested", "userId": "ann""#)]);
    let lead = trial.lead(IdentityKind::User, "ann");
    assert_eq!(states(&trial, lead), [("first".into(), "waiting".into())]);
    (trial, lead)
}

fn key(lead: LeadId, step: &str) -> CopyKey {
    (lead, asked_at("09:00", step))
}

fn asked_at(began: &str, step: &str) -> CopySource {
    CopySource::Sequence { sequence: "track".to_owned(), began: at(began).0, step: step.to_owned() }
}

#[test]
fn the_sequence_goes_on_from_when_the_copy_left() {
    let (mut trial, lead) = asked();
    assert!(trial.send(&key(lead, "first"), at("10:00")));
    assert_eq!(states(&trial, lead), [("first".into(), "sent".into())]);
    let day = attractor_engine::time::Duration::DAY;
    assert_eq!(trial.lane.next_wake().unwrap().map(|wake| wake <= at("10:00") + day), Some(true));
    while trial.lane.wake(at("09:59") + day).unwrap() > 0 {}
    assert_eq!(states(&trial, lead).len(), 1, "a minute too early");
    while trial.lane.wake(at("10:00") + day).unwrap() > 0 {}
    assert_eq!(states(&trial, lead), [("first".into(), "sent".into()), ("second".into(), "waiting".into())]);
}

#[test]
fn reported_twice_it_is_over_once_and_the_truth_ends_a_doubt() {
    let (mut trial, lead) = asked();
    let first = key(lead, "first");
    let claim = trial.claim(&first, at("10:00"));
    let doubt = || Outcome::InDoubt { why: "the connection was cut".into() };
    assert!(trial.report(&first, claim, doubt(), at("10:00")));
    assert!(trial.report(&first, claim, Outcome::Sent { at: at("10:00") }, at("11:00")));
    assert!(!trial.report(&first, claim, doubt(), at("11:00")), "nobody doubts what is known");
    assert!(!trial.report(&first, claim, Outcome::Failed { answer: "550".into() }, at("11:00")));
    assert_eq!(states(&trial, lead), [("first".into(), "sent".into())]);
    let waits = trial.row(lead).unwrap().enrollments.unwrap();
    assert!(waits.contains(&format!("{}", at("10:00").0)), "it waits from the first report on: {waits}");
}

#[test]
fn what_nobody_asked_for_is_nothing() {
    let (mut trial, lead) = asked();
    let sent = || Outcome::Sent { at: at("10:00") };
    for key in [key(lead, "second"), key(LeadId(lead.0 + 256_000), "first")] {
        assert_eq!(trial.claim(&key, at("10:00")), None);
        assert!(!trial.report(&key, None, sent(), at("10:00")));
    }
}

#[test]
fn a_copy_of_a_lead_that_became_another_is_found() {
    let (mut trial, lead) = asked();
    let claim = trial.claim(&key(lead, "first"), at("09:05"));
    trial.receive(&[("p", "09:10", r#""type": "page", "userId": "new""#)]);
    trial.receive(&[("m", "09:20", r#""type": "alias", "userId": "new", "previousId": "ann""#)]);
    let successor = trial.lead(IdentityKind::User, "new");
    assert_eq!(states(&trial, successor), [], "a sender has the one copy");
    assert!(trial.report(&key(lead, "first"), claim, Outcome::Sent { at: at("10:00") }, at("10:00")));
    assert_eq!(states(&trial, lead), [("first".into(), "sent".into())]);
    assert!(went_on(&trial, successor));
}

/// The server was away when it fell due; then a version without its step is published before the lead is woken.
#[test]
fn a_copy_that_was_due_and_is_no_more_does_not_wait() {
    let (mut trial, lead) = asked();
    assert!(trial.send(&key(lead, "first"), at("10:00")));
    let later = at("12:00") + attractor_engine::time::Duration::DAY;
    let without = PLAYBOOK.replace("{id: second, send: hello}", "{wait: 2d}");
    let files = serde_json::json!({"playbook.yaml": without}).to_string();
    let version = Version { number: VersionNumber(2), at: later.0, author: "test".into(), note: String::new(), files };
    trial.lane.publish(&version, false).unwrap();
    while trial.lane.background(later).unwrap() {}
    let found = states(&trial, lead);
    assert!(found.iter().all(|(_, state)| state != "waiting"), "{found:?}");
    assert!(
        found.contains(&("second".into(), "withdrawn".into())),
        "it was asked for, and is accounted for: {found:?}"
    );
}

#[test]
fn a_step_that_is_no_mail_any_more_waits_for_no_copy() {
    let (mut trial, lead) = asked();
    let other = PLAYBOOK.replace("{id: first, send: hello}, {wait: 1d}", "{id: first, wait: 2h}");
    let files = serde_json::json!({"playbook.yaml": other}).to_string();
    let version =
        Version { number: VersionNumber(2), at: at("10:00").0, author: "test".into(), note: String::new(), files };
    trial.lane.publish(&version, false).unwrap();
    while trial.lane.background(at("10:00")).unwrap() {}
    assert_eq!(states(&trial, lead), [("first".into(), "withdrawn".into())]);
    while trial.lane.wake(at("13:00")).unwrap() > 0 {}
    assert!(
        states(&trial, lead).contains(&("second".into(), "waiting".into())),
        "it goes on: {:?}",
        states(&trial, lead)
    );
}

#[test]
fn a_copy_that_waits_for_a_person_is_looked_at_when_it_becomes_too_late() {
    let mut trial = Trial::new();
    let playbook = PLAYBOOK.replace("id: first, send: hello", "id: first, send: {email: hello, not_after: 2h}");
    publish(&mut trial, 2, &playbook, "08:00", false);
    trial.receive(&[("d", "09:00", r#""type": "track", "event": "Demo Requested", "userId": "ann""#)]);
    let lead = trial.lead(IdentityKind::User, "ann");
    for (until, due, expected) in
        [(None, None, "11:00"), (Some("12:00"), Some("12:00"), "11:00"), (None, Some("10:00"), "10:00")]
    {
        let reason = "domain_unverified".to_owned();
        let held = Outcome::Held { reason, until: until.map(at), due: due.map(at), trouble_since: None };
        assert!(trial.report(&key(lead, "first"), None, held, at("09:05")));
        let copy = copies::of_leads(&mut trial.reader(), &[lead]).unwrap().pop().unwrap();
        assert_eq!(copy.dispatch.due, Some(at(expected).0), "until {until:?}, due {due:?}");
    }
}

fn went_on(trial: &Trial, lead: LeadId) -> bool {
    let waiting = states(trial, lead).iter().any(|(_, state)| state == "waiting");
    let sending = trial.row(lead).unwrap().enrollments.is_some_and(|json| json.contains("\"sending\":true"));
    assert_eq!(waiting, sending, "what is awaited waits: {:?}", states(trial, lead));
    !sending
}

fn publish(trial: &mut Trial, number: i64, playbook: &str, time: &str, enrols: bool) {
    only_publish(trial, number, playbook, time, enrols);
    while trial.lane.background(at(time)).unwrap() {}
}

/// The same, and no lead has followed yet.
fn only_publish(trial: &mut Trial, number: i64, playbook: &str, time: &str, enrols: bool) {
    let files = serde_json::json!({"playbook.yaml": playbook}).to_string();
    let version =
        Version { number: VersionNumber(number), at: at(time).0, author: "test".into(), note: String::new(), files };
    trial.lane.publish(&version, enrols).unwrap();
}

const ALIAS: &str = r#""type": "alias", "userId": "new", "previousId": "ann""#;

#[test]
fn after_an_unmerge_both_go_on() {
    let (mut trial, lead) = asked();
    trial.receive(&[("p", "09:10", r#""type": "page", "userId": "new""#)]);
    trial.receive(&[("m", "09:20", ALIAS)]);
    let successor = trial.lead(IdentityKind::User, "new");
    trial.unmerge(successor, "m", trial.now);
    assert!(!went_on(&trial, lead) && !went_on(&trial, successor), "nothing was sent yet");
}

#[test]
fn what_was_sent_while_they_were_one_is_not_sent_again_after_an_unmerge() {
    let (mut trial, lead) = asked();
    trial.receive(&[("p", "09:10", r#""type": "page", "userId": "new""#)]);
    trial.receive(&[("m", "09:20", ALIAS)]);
    let successor = trial.lead(IdentityKind::User, "new");
    assert!(trial.send(&key(successor, "first"), at("10:00")));
    trial.unmerge(successor, "m", at("10:30"));
    assert!(went_on(&trial, lead), "its copy left");
    assert_eq!(states(&trial, lead), [("first".into(), "withdrawn".into())]);
}

/// Two leads are enrolled by one version; one of them had its mail when they turn out to be one person.
#[test]
fn what_one_of_two_had_the_other_does_not_get_again() {
    let mut trial = Trial::new();
    for user in ["ann", "new"] {
        trial.receive(&[(user, "09:00", &format!(r#""type": "page", "userId": "{user}""#))]);
    }
    let enrolls = PLAYBOOK.replace("{segment: asked}", "{event: Page Viewed}");
    publish(&mut trial, 2, &enrolls, "09:30", true);
    let (ann, new) = (trial.lead(IdentityKind::User, "ann"), trial.lead(IdentityKind::User, "new"));
    assert!(trial.send(&(ann, asked_at("09:30", "first")), at("10:00")));
    trial.receive(&[("m", "10:10", ALIAS)]);
    assert_eq!(states(&trial, new), [("first".into(), "withdrawn".into())]);
    assert!(went_on(&trial, new));
}

/// The lead had taken over an enrollment of the same instant before, and that one has ended.
#[test]
fn a_copy_that_was_given_up_is_awaited_again() {
    let mut trial = Trial::new();
    for user in ["ann", "bob", "new"] {
        trial.receive(&[(user, "09:00", &format!(r#""type": "track", "event": "X", "userId": "{user}""#))]);
    }
    let enrolls = PLAYBOOK.replace("{segment: asked}", "{event: X}");
    publish(&mut trial, 2, &enrolls, "09:30", true);
    let (ann, new) = (trial.lead(IdentityKind::User, "ann"), trial.lead(IdentityKind::User, "new"));
    assert_eq!(states(&trial, ann), [("first".into(), "waiting".into())]);
    let stop = r#""type": "track", "event": "Sequence Stopped", "properties": {"sequence": "track"}, "userId": "new""#;
    trial.receive(&[("s", "10:00", stop)]);
    assert_eq!(states(&trial, new), [("first".into(), "withdrawn".into())]);
    trial.receive(&[("m", "10:10", ALIAS)]);
    assert_eq!(states(&trial, new), [("first".into(), "waiting".into())]);
    assert!(!went_on(&trial, new));
}

#[test]
fn who_is_enrolled_again_at_the_same_instant_awaits_a_copy() {
    let (mut trial, lead) = asked();
    let by_hand = |kind: &str| {
        format!(r#""type": "track", "event": "{kind}", "properties": {{"sequence": "track"}}, "userId": "ann""#)
    };
    trial.receive(&[("s", "09:00", &by_hand("Sequence Stopped"))]);
    assert_eq!(states(&trial, lead), [("first".into(), "withdrawn".into())]);
    trial.receive(&[("e", "09:00", &by_hand("Sequence Entered"))]);
    assert!(!went_on(&trial, lead));
}

#[test]
fn who_is_enrolled_again_at_the_same_instant_has_had_what_was_sent() {
    let (mut trial, lead) = asked();
    assert!(trial.send(&key(lead, "first"), at("09:00")));
    let by_hand = |kind: &str| {
        format!(r#""type": "track", "event": "{kind}", "properties": {{"sequence": "track"}}, "userId": "ann""#)
    };
    trial.receive(&[("s", "09:00", &by_hand("Sequence Stopped")), ("e", "09:00", &by_hand("Sequence Entered"))]);
    assert!(went_on(&trial, lead));
    assert_eq!(states(&trial, lead), [("first".into(), "sent".into())]);
}

/// The one that is gone was still in the old version's steps when it became one with the other.
#[test]
fn an_enrollment_of_an_older_version_goes_on_at_its_own_step() {
    let (mut trial, _) = asked();
    trial.receive(&[("p", "09:10", r#""type": "page", "userId": "new""#)]);
    let other = PLAYBOOK.replace("{id: first, send: hello}, ", "{id: zeroth, send: hello}, ");
    let files = serde_json::json!({"playbook.yaml": other}).to_string();
    let version =
        Version { number: VersionNumber(2), at: at("09:30").0, author: "test".into(), note: String::new(), files };
    trial.lane.publish(&version, false).unwrap();
    trial.receive(&[("m", "09:40", ALIAS)]);
    let new = trial.lead(IdentityKind::User, "new");
    assert!(went_on(&trial, new), "the step is gone, and the next one is a wait");
    assert_eq!(states(&trial, new), []);
}

/// The track, in which each demo request enrols anew as far as `again` allows it.
fn enrolling(again: &str) -> String {
    PLAYBOOK.replace("{segment: asked}", &format!("{{event: Demo Requested, within: 1h}}\n    again: {again}"))
}

/// The playbook without the track.
fn without() -> &'static str {
    PLAYBOOK.split_once("sequences:").unwrap().0
}

fn asks_for_a_demo(trial: &mut Trial, user: &str, time: &str) -> LeadId {
    let rest = format!(r#""type": "track", "event": "Demo Requested", "userId": "{user}""#);
    trial.receive(&[(&format!("{user}-{time}"), time, &rest)]);
    trial.lead(IdentityKind::User, user)
}

/// What became of a lead in sequences: what, when and why it is known.
fn of_sequences(trial: &Trial, lead: LeadId) -> Vec<(String, i64, String)> {
    let noted = trial.moves(lead).into_iter().filter(|noted| noted.kind == MoveKind::Sequence);
    noted.map(|noted| (noted.became, noted.at, noted.reason.to_string())).collect()
}

#[test]
fn a_sequence_that_goes_and_comes_back_sends_nothing_twice() {
    let mut trial = Trial::new();
    publish(&mut trial, 2, &enrolling("never"), "08:30", false);
    let lead = asks_for_a_demo(&mut trial, "ann", "09:00");
    assert!(trial.send(&key(lead, "first"), at("09:10")));
    publish(&mut trial, 3, without(), "10:00", false);
    publish(&mut trial, 4, &enrolling("never"), "12:00", false);
    asks_for_a_demo(&mut trial, "ann", "13:00");
    assert_eq!(states(&trial, lead), [("first".into(), "sent".into())]);
    let moves = of_sequences(&trial, lead);
    assert_eq!(moves.len(), 2, "{moves:?}");
    assert_eq!(moves[1], ("stopped".to_owned(), at("10:00").0, "version 3".to_owned()));
}

#[test]
fn a_copy_that_waits_when_its_sequence_goes_is_withdrawn_and_may_be_asked_for_again() {
    let mut trial = Trial::new();
    publish(&mut trial, 2, &enrolling("always"), "08:30", false);
    let lead = asks_for_a_demo(&mut trial, "ann", "09:00");
    publish(&mut trial, 3, without(), "10:00", false);
    assert_eq!(states(&trial, lead), [("first".into(), "withdrawn".into())]);
    publish(&mut trial, 4, &enrolling("always"), "12:00", false);
    assert_eq!(states(&trial, lead), [("first".into(), "withdrawn".into())], "nothing resumes");
    asks_for_a_demo(&mut trial, "ann", "13:00");
    let mut found: Vec<String> =
        states(&trial, lead).into_iter().map(|(step, state)| format!("{step} {state}")).collect();
    found.sort();
    assert_eq!(found, ["first waiting", "first withdrawn"]);
}

#[test]
fn what_a_sender_has_when_the_sequence_goes_is_not_asked_for_when_it_is_back() {
    let mut trial = Trial::new();
    publish(&mut trial, 2, &enrolling("always"), "08:30", false);
    let lead = asks_for_a_demo(&mut trial, "ann", "09:00");
    let claim = trial.claim(&key(lead, "first"), at("09:55"));
    assert!(claim.is_some());
    publish(&mut trial, 3, without(), "10:00", false);
    assert!(trial.report(&key(lead, "first"), claim, Outcome::Sent { at: at("10:05") }, at("10:05")));
    publish(&mut trial, 4, &enrolling("always"), "12:00", false);
    asks_for_a_demo(&mut trial, "ann", "13:00");
    assert_eq!(states(&trial, lead), [("first".into(), "sent".into())]);
    let moves: Vec<String> = of_sequences(&trial, lead).into_iter().map(|(became, ..)| became).collect();
    assert_eq!(moves, ["enrolled", "stopped", "enrolled"]);
}

#[test]
fn what_is_kept_of_a_sequence_that_is_gone_goes_over_to_who_takes_a_lead_over() {
    // The other one is taken over after the version has reached it, or before.
    for is_reached in [true, false] {
        let mut trial = Trial::new();
        publish(&mut trial, 2, &enrolling("never"), "08:30", false);
        let ann = asks_for_a_demo(&mut trial, "ann", "09:00");
        assert!(trial.send(&key(ann, "first"), at("09:10")));
        trial.receive(&[("p", "09:15", r#""type": "page", "userId": "new""#)]);
        let new = trial.lead(IdentityKind::User, "new");
        if is_reached {
            publish(&mut trial, 3, without(), "10:00", false);
        } else {
            only_publish(&mut trial, 3, without(), "10:00", false);
        }
        trial.receive(&[("m", "10:10", ALIAS)]);
        let noted: Vec<String> =
            of_sequences(&trial, new).into_iter().map(|(became, _, why)| became + " " + &why).collect();
        let expected: &[&str] = if is_reached { &[] } else { &["stopped version 3"] };
        assert_eq!(noted, expected, "is_reached: {is_reached}");
        publish(&mut trial, 4, &enrolling("never"), "12:00", false);
        asks_for_a_demo(&mut trial, "new", "13:00");
        assert_eq!(states(&trial, new), [], "is_reached: {is_reached}");
    }
}
