//! Copies under way: between the claim and the report, leads join and part, sequences end, people are erased and servers
//! die. Whatever happens, no step's copy is sent twice, and every sequence goes on.

use attractor_engine::time::{Duration, Instant};
use attractor_live::{Arrived, Claiming, CopyKey, Fills, Lane, Outcome, Report};
use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy, Rank};
use attractor_store::versions::Version;
use attractor_store::{ClaimNumber, Fault, IdentityKind, Kind, LeadId, VersionNumber, addressed, contents};
use jiff::tz::TimeZoneDatabase;

use crate::trial::{PLAYBOOK, Trial, at};

const ALIAS: &str = r#""type": "alias", "userId": "new", "previousId": "ann""#;
const STOP: &str =
    r#""type": "track", "event": "Sequence Stopped", "properties": {"sequence": "track"}, "userId": "ann""#;

fn step(step: &str) -> CopySource {
    CopySource::Sequence { sequence: "track".to_owned(), began: at("09:00").0, step: step.to_owned() }
}

/// Ann's first copy waits.
fn asked() -> (Trial, CopyKey) {
    let mut trial = Trial::new();
    trial.receive(&[("d", "09:00", r#""type": "track", "event": "Demo Requested", "userId": "ann""#)]);
    let lead = trial.lead(IdentityKind::User, "ann");
    (trial, (lead, step("first")))
}

/// Ann's first copy waits, and there is another lead.
fn beside_another() -> (Trial, CopyKey, LeadId) {
    let (mut trial, key) = asked();
    trial.receive(&[("p", "09:10", r#""type": "page", "userId": "new""#)]);
    let other = trial.lead(IdentityKind::User, "new");
    (trial, key, other)
}

fn copy(trial: &Trial, (lead, source): &CopyKey) -> Option<MailCopy> {
    let found = copies::of_leads(&mut trial.reader(), &[*lead]).unwrap();
    found.into_iter().find(|copy| copy.source == *source)
}

fn state(trial: &Trial, key: &CopyKey) -> Option<CopyState> {
    copy(trial, key).map(|copy| copy.state)
}

/// Whether a lead's sequence waits for a copy.
fn awaits(trial: &Trial, lead: LeadId) -> bool {
    trial.row(lead).unwrap().enrollments.is_some_and(|json| json.contains("\"sending\":true"))
}

fn sent(time: &str) -> Outcome {
    Outcome::Sent { at: at(time) }
}

/// A server refused it for the time being.
fn put_off(due: &str) -> Outcome {
    let due = Some(at(due));
    Outcome::Held { reason: "server".into(), until: due, due, trouble_since: Some(at("10:00")) }
}

fn failed() -> Outcome {
    Outcome::Failed { answer: "550 no such user".into() }
}

#[test]
fn a_copy_is_claimed_once_and_with_it_its_content() {
    let (mut trial, key) = asked();
    let claiming = trial.claiming(&key).unwrap();
    let claims = trial.lane.deed(at("10:00"), |deed| deed.claim(&[claiming.clone(), claiming.clone()])).unwrap();
    let [(claimed, number)] = &claims[..] else { panic!("{claims:?}") };
    assert_eq!(*claimed, key);
    assert!(*number > ClaimNumber::first(trial.lane.epoch()));
    let known = copy(&trial, &key).unwrap();
    assert_eq!((known.state, known.dispatch.claim), (CopyState::Claimed, Some(*number)));
    let content = contents::of_copy(&mut trial.reader(), key.0, claiming.content.tag).unwrap().unwrap();
    assert_eq!((content.send_id, content.address.as_str()), (known.send_id(), "ann@x.example"));
    assert_eq!(contents::link_set(&mut trial.reader(), "a1").unwrap().as_deref(), Some("{}"));
    assert_eq!(trial.claim(&key, at("10:01")), None, "a sender has it");
}

#[test]
fn what_changed_since_the_sender_looked_is_not_claimed() {
    let (mut trial, key) = asked();
    let seen = trial.claiming(&key).unwrap();
    let refused = |trial: &mut Trial, claiming, why: &str| {
        assert_eq!(trial.lane.deed(at("10:00"), |deed| deed.claim(&[claiming])).unwrap(), [], "{why}");
        assert_eq!(contents::of_leads(&mut trial.reader(), &[key.0]).unwrap(), [], "{why}");
    };
    let anew = Claiming { asked_at: seen.asked_at - 1, ..seen.clone() };
    refused(&mut trial, anew, "it was asked for anew");
    let of_another = Claiming { version: VersionNumber(2), ..seen.clone() };
    refused(&mut trial, of_another, "its content was made with another version");
    trial.receive(&[("s", "09:30", STOP)]);
    refused(&mut trial, seen, "its sequence is over");
}

/// A new version is in force, and the lead has not followed yet.
#[test]
fn a_copy_of_a_step_that_is_gone_is_not_claimed() {
    let (mut trial, key) = asked();
    let without = PLAYBOOK.replace("{id: first, send: hello}, {wait: 1d}", "{id: first, wait: 2h}");
    publish(&mut trial, &without, "10:00", false);
    assert_eq!(trial.claim(&key, at("10:01")), None);
    assert_eq!(state(&trial, &key), Some(CopyState::Withdrawn));
}

#[test]
fn what_may_go_to_an_address_once_goes_to_one_of_two_leads() {
    let (mut trial, ann) = asked();
    trial.receive(&[("b", "09:00", r#""type": "track", "event": "Demo Requested", "userId": "bob""#)]);
    let bob = (trial.lead(IdentityKind::User, "bob"), step("first"));
    let once = |trial: &Trial, key: &CopyKey| Claiming {
        once: Some("step:track/first".into()),
        ..trial.claiming(key).unwrap()
    };
    let claim = |trial: &mut Trial, keys: &[&CopyKey]| {
        let claiming: Vec<_> = keys.iter().map(|key| once(trial, key)).collect();
        let claims = trial.lane.deed(at("10:00"), |deed| deed.claim(&claiming)).unwrap();
        claims.into_iter().map(|(key, number)| (key.0, number)).collect::<Vec<_>>()
    };
    let both = claim(&mut trial, &[&ann, &bob]);
    assert_eq!(both.iter().map(|(lead, _)| *lead).collect::<Vec<_>>(), [ann.0], "in one batch");
    assert_eq!(claim(&mut trial, &[&bob]), [], "and in a later one");
    assert!(trial.report(&ann, Some(both[0].1), Outcome::Released, at("10:00")));
    let bobs = claim(&mut trial, &[&bob, &ann]);
    assert_eq!(bobs.iter().map(|(lead, _)| *lead).collect::<Vec<_>>(), [bob.0], "ann's did not go");
    assert!(trial.report(&bob, Some(bobs[0].1), sent("10:00"), at("10:00")));
    assert_eq!(claim(&mut trial, &[&ann]), []);
    trial.erase(bob.0, at("10:01"));
    assert_eq!(claim(&mut trial, &[&ann]).len(), 1, "bob is gone");
}

#[test]
fn leads_that_join_during_the_dialogue_get_one_mail() {
    for (outcome, went_on) in [(sent("09:30"), true), (failed(), true), (Outcome::Released, false)] {
        let (mut trial, key, other) = beside_another();
        let claim = trial.claim(&key, at("09:15"));
        trial.receive(&[("m", "09:20", ALIAS)]);
        assert_eq!(state(&trial, &(other, step("first"))), None, "nothing is asked for beside it");
        assert!(awaits(&trial, other));
        assert!(trial.report(&key, claim, outcome.clone(), at("09:30")), "{outcome:?}");
        assert_eq!(awaits(&trial, other), !went_on, "{outcome:?}");
        let waits = (!went_on).then_some(CopyState::Waiting);
        assert_eq!(state(&trial, &(other, step("first"))), waits, "{outcome:?}");
        if !went_on {
            assert_eq!(state(&trial, &key), Some(CopyState::Withdrawn), "the copy is its heir's");
            assert!(trial.send(&(other, step("first")), at("09:40")));
        }
    }
}

#[test]
fn what_a_server_put_off_keeps_its_trouble_under_the_heir() {
    let (mut trial, key, other) = beside_another();
    let claim = trial.claim(&key, at("09:15"));
    trial.receive(&[("m", "09:20", ALIAS)]);
    assert!(trial.report(&key, claim, put_off("11:00"), at("10:00")));
    let heir = copy(&trial, &(other, step("first"))).unwrap();
    let dispatch = &heir.dispatch;
    assert_eq!((heir.state, heir.reason.as_deref()), (CopyState::Waiting, Some("server")));
    assert_eq!((dispatch.due, dispatch.tries), (Some(at("11:00").0), 1));
    assert_eq!((dispatch.trouble_since, dispatch.claim), (Some(at("10:00").0), None));
}

#[test]
fn leads_that_became_one_get_a_broadcast_once() {
    let mut trial = Trial::new();
    trial.receive(&[
        ("a", "09:00", r#""type": "page", "userId": "ann""#),
        ("n", "09:00", r#""type": "page", "userId": "new""#),
    ]);
    let broadcast = CopySource::Broadcast("7".into());
    let keys = ["ann", "new"].map(|user| (trial.lead(IdentityKind::User, user), broadcast.clone()));
    let copies: Vec<MailCopy> = keys
        .iter()
        .map(|(lead, source)| MailCopy {
            lead: *lead,
            source: source.clone(),
            email: Some("hello".into()),
            class: "marketing".into(),
            asked_at: at("09:01").0,
            not_after: None,
            state: CopyState::Waiting,
            reason: None,
            until: None,
            dispatch: Dispatch::due(at("09:01").0),
        })
        .collect();
    trial.lane.write(|connection| copies::insert(connection, &copies).map(drop)).unwrap();
    let claim = |trial: &mut Trial, key: &CopyKey, now: Instant| {
        let claiming = Claiming { once: Some(addressed::broadcast("7")), ..trial.claiming(key).unwrap() };
        trial.lane.deed(now, |deed| deed.claim(&[claiming])).unwrap().pop().map(|(_, number)| number)
    };
    let first = claim(&mut trial, &keys[0], at("09:05"));
    assert!(trial.report(&keys[0], first, sent("09:05"), at("09:05")));
    trial.receive(&[("m", "09:20", ALIAS)]);
    assert_eq!(claim(&mut trial, &keys[1], at("09:30")), None, "the person has it");
}

/// Ann and another lead are enrolled by one version, and their first copies wait.
fn enrolled_together() -> (Trial, [CopyKey; 2]) {
    let mut trial = Trial::new();
    let enrolls = PLAYBOOK.replace("{segment: asked}", "{event: Page Viewed}");
    for user in ["ann", "new"] {
        trial.receive(&[(user, "08:30", &format!(r#""type": "page", "userId": "{user}""#))]);
    }
    publish(&mut trial, &enrolls, "09:00", true);
    while trial.lane.background(at("09:00")).unwrap() {}
    let keys = ["ann", "new"].map(|user| (trial.lead(IdentityKind::User, user), step("first")));
    assert_eq!(keys.each_ref().map(|key| state(&trial, key)), [Some(CopyState::Waiting); 2]);
    (trial, keys)
}

fn publish(trial: &mut Trial, playbook: &str, time: &str, enrols: bool) {
    let files = serde_json::json!({"playbook.yaml": playbook}).to_string();
    let version =
        Version { number: VersionNumber(2), at: at(time).0, author: "test".into(), note: String::new(), files };
    trial.lane.publish(&version, enrols).unwrap();
}

#[test]
fn the_copy_of_a_heir_that_waits_is_withdrawn_where_its_predecessors_is_under_way() {
    let (mut trial, keys) = enrolled_together();
    let claim = trial.claim(&keys[0], at("09:15"));
    trial.receive(&[("m", "09:20", ALIAS)]);
    let states = keys.each_ref().map(|key| state(&trial, key));
    assert_eq!(states, [Some(CopyState::Claimed), Some(CopyState::Withdrawn)]);
    assert!(trial.report(&keys[0], claim, sent("09:30"), at("09:30")));
    assert!(!awaits(&trial, keys[1].0), "its sequence goes on");
}

/// Both were enrolled by one version, and both dialogues had begun when it turned out that they are one.
#[test]
fn of_two_copies_under_way_at_most_one_waits_again() {
    for outcomes in [[sent("09:30"), Outcome::Released], [Outcome::Released, Outcome::Released]] {
        for at_once in [true, false] {
            for places in [[0, 1], [1, 0]] {
                let (mut trial, keys) = enrolled_together();
                let claims = keys.each_ref().map(|key| trial.claim(key, at("09:15")));
                trial.receive(&[("m", "09:20", ALIAS)]);
                let reports = places.map(|place| Report {
                    key: keys[place].clone(),
                    claim: claims[place],
                    outcome: outcomes[place].clone(),
                    messages: Vec::new(),
                });
                for reports in reports.chunks(if at_once { 2 } else { 1 }) {
                    let counts = trial.lane.deed(at("09:30"), |deed| deed.settle_copies(reports)).unwrap();
                    assert!(counts.into_iter().all(|counts| counts));
                }
                let waiting = keys.iter().filter(|key| state(&trial, key) == Some(CopyState::Waiting)).count();
                let expected = usize::from(outcomes[0] == Outcome::Released);
                assert_eq!(waiting, expected, "{outcomes:?}, at once: {at_once}, {places:?}");
                assert_eq!(awaits(&trial, keys[1].0), waiting == 1, "{outcomes:?}, at once: {at_once}, {places:?}");
            }
        }
    }
}

#[test]
fn leads_that_part_during_the_dialogue_get_one_mail() {
    // Asked for and claimed before they were one, and while they were.
    for claimed_first in [true, false] {
        let (mut trial, ann, other) = beside_another();
        let early = if claimed_first { trial.claim(&ann, at("09:15")) } else { None };
        trial.receive(&[("m", "09:20", ALIAS)]);
        let key = if claimed_first { ann.clone() } else { (other, step("first")) };
        let claim = early.or_else(|| trial.claim(&key, at("09:25")));
        assert!(claim.is_some());
        trial.unmerge(other, "m", at("09:30"));
        for lead in [ann.0, other] {
            let first = (lead, step("first"));
            assert_ne!(state(&trial, &first), Some(CopyState::Waiting), "claimed first: {claimed_first}, {lead}");
        }
        assert!(trial.report(&key, claim, sent("09:40"), at("09:40")));
        let waits = [ann.0, other].map(|lead| awaits(&trial, lead));
        assert_eq!(waits, [false; 2], "claimed first: {claimed_first}");
    }
}

#[test]
fn what_holds_a_copy_in_between_does_not_end_the_trouble_with_its_server() {
    let (mut trial, key) = asked();
    let claim = trial.claim(&key, at("10:00"));
    assert!(trial.report(&key, claim, put_off("10:30"), at("10:00")));
    let held = Outcome::Held { reason: "window".into(), until: None, due: Some(at("11:00")), trouble_since: None };
    assert!(trial.report(&key, None, held, at("10:30")));
    let copy = copies::of_leads(&mut trial.reader(), &[key.0]).unwrap().pop().unwrap();
    assert_eq!(copy.reason.as_deref(), Some("window"));
    assert_eq!((copy.dispatch.trouble_since, copy.dispatch.tries), (Some(at("10:00").0), 1));
}

#[test]
fn a_copy_whose_sequence_ended_during_the_dialogue_does_not_wait_again() {
    for outcome in [put_off("11:00"), Outcome::Released] {
        let (mut trial, key) = asked();
        let claim = trial.claim(&key, at("09:15"));
        trial.receive(&[("s", "09:20", STOP)]);
        assert_eq!(state(&trial, &key), Some(CopyState::Claimed), "a sender has it");
        assert!(trial.report(&key, claim, outcome.clone(), at("09:30")));
        assert_eq!(state(&trial, &key), Some(CopyState::Withdrawn), "{outcome:?}");
    }
    let (mut trial, key) = asked();
    let claim = trial.claim(&key, at("09:15"));
    trial.receive(&[("s", "09:20", STOP)]);
    assert!(trial.report(&key, claim, sent("09:30"), at("09:30")));
    assert_eq!(state(&trial, &key), Some(CopyState::Sent), "what was sent was sent");
}

#[test]
fn a_report_after_an_erasure_brings_nobody_back() {
    let (mut trial, key) = asked();
    let claim = trial.claim(&key, at("09:15"));
    trial.erase(key.0, at("09:20"));
    let json = format!(
        r#"{{"messageId": "s", "timestamp": "{}", "type": "track", "event": "Email Sent", "userId": "ann"}}"#,
        at("09:30")
    );
    let message = Arrived { json, received_at: at("09:30"), origin: "mail".into(), fills: Fills::All };
    let report = Report { key: key.clone(), claim, outcome: sent("09:30"), messages: vec![message.clone()] };
    let found = trial.lane.deed(at("09:30"), |deed| deed.settle_copies(&[report])).unwrap();
    assert_eq!((found, trial.events().len(), trial.leads().len()), (vec![false], 0, 0));
    assert_eq!(contents::of_leads(&mut trial.reader(), &[key.0]).unwrap(), []);
}

#[test]
fn the_messages_of_a_report_are_stored_once() {
    let (mut trial, key) = asked();
    let claim = trial.claim(&key, at("09:15"));
    let json = format!(
        r#"{{"messageId": "s", "timestamp": "{}", "type": "track", "event": "Email Sent", "userId": "ann"}}"#,
        at("09:30")
    );
    let message = Arrived { json, received_at: at("09:30"), origin: "mail".into(), fills: Fills::All };
    let report = Report { key: key.clone(), claim, outcome: sent("09:30"), messages: vec![message] };
    let twice = [report.clone(), report.clone()];
    assert_eq!(trial.lane.deed(at("09:30"), |deed| deed.settle_copies(&twice)).unwrap(), [true, false]);
    assert_eq!(trial.lane.deed(at("09:31"), |deed| deed.settle_copies(&[report])).unwrap(), [false]);
    assert_eq!(trial.events().len(), 2, "the request and the mail");
    trial.agrees();
}

/// The report comes late, as after an outage.
#[test]
fn a_sequence_waits_from_when_its_copy_was_sent() {
    let day = Duration::DAY;
    for (sent_at, from) in [("10:00", "10:00"), ("08:30", "09:15")] {
        let (mut trial, key) = asked();
        let claim = trial.claim(&key, at("09:10"));
        assert!(trial.report(&key, claim, sent(sent_at), at("10:15")));
        assert_eq!(copy(&trial, &key).unwrap().dispatch.sent_at, Some(at(sent_at).0));
        let minute = Duration(60_000);
        while trial.lane.wake(at(from) + day - minute).unwrap() > 0 {}
        assert_eq!(state(&trial, &(key.0, step("second"))), None, "{sent_at}: a minute too early");
        while trial.lane.wake(at(from) + day).unwrap() > 0 {}
        assert_eq!(state(&trial, &(key.0, step("second"))), Some(CopyState::Waiting), "{sent_at}");
    }
}

#[test]
fn a_held_copy_is_asked_again_before_it_is_too_late() {
    let mut trial = Trial::new();
    let bounded = PLAYBOOK.replace("{id: first, send: hello}", "{id: first, send: {email: hello, not_after: 2h}}");
    publish(&mut trial, &bounded, "08:00", false);
    trial.receive(&[("d", "09:00", r#""type": "track", "event": "Demo Requested", "userId": "ann""#)]);
    let key = (trial.lead(IdentityKind::User, "ann"), step("first"));
    let held = |due: Option<Instant>| Outcome::Held { reason: "paused".into(), until: None, due, trouble_since: None };
    for (due, expected) in [(None, "11:00"), (Some("10:00"), "10:00"), (Some("12:00"), "11:00")] {
        assert!(trial.report(&key, None, held(due.map(at)), at("09:30")));
        assert_eq!(copy(&trial, &key).unwrap().dispatch.due, Some(at(expected).0), "{due:?}");
    }
}

#[test]
fn claims_of_a_server_that_died_are_in_doubt_and_their_sequences_go_on() {
    let (mut trial, key) = asked();
    let claim = trial.claim(&key, at("10:00"));
    assert_eq!(trial.lane.doubt_claimed(at("10:00")).unwrap(), 0, "the server lives");
    trial.lane = Lane::open(&trial.location, TimeZoneDatabase::bundled()).unwrap();
    assert_eq!(trial.lane.doubt_claimed(at("11:00")).unwrap(), 1);
    assert_eq!(trial.lane.doubt_claimed(at("11:00")).unwrap(), 0);
    let known = copy(&trial, &key).unwrap();
    assert_eq!(known.state, CopyState::InDoubt);
    assert!(known.reason.is_some_and(|why| why.contains("stopped")));
    assert!(!awaits(&trial, key.0));
    assert!(!trial.report(&key, claim, Outcome::Released, at("11:00")), "its sequence has gone on");
}

/// The lead became nobody, and what was done under it stays.
#[test]
fn a_claim_of_a_lead_that_is_nobody_any_more_ends_too() {
    let (mut trial, key) = asked();
    trial.claim(&key, at("10:00"));
    trial.lane.write(|connection| connection.execute("UPDATE leads SET became = 0", &[])).unwrap();
    trial.lane = Lane::open(&trial.location, TimeZoneDatabase::bundled()).unwrap();
    assert_eq!(trial.lane.doubt_claimed(at("11:00")).unwrap(), 1);
    assert_eq!(state(&trial, &key), Some(CopyState::InDoubt));
}

#[test]
fn a_claim_whose_answer_was_lost_is_released_by_its_number() {
    let (mut trial, key) = asked();
    let claiming = trial.claiming(&key).unwrap();
    let mut lost = false;
    for after in 0..60 {
        trial.lane.inject(Some(Fault { after, kind: Kind::Full, commits: true }));
        lost |= trial.lane.deed(at("10:00"), |deed| deed.claim(std::slice::from_ref(&claiming))).is_err()
            && state(&trial, &key) == Some(CopyState::Claimed);
        trial.lane.inject(None);
        if lost {
            break;
        }
    }
    assert!(lost, "the commit was lost on its way");
    let claim = copy(&trial, &key).unwrap().dispatch.claim;
    assert!(trial.report(&key, claim, Outcome::Released, at("10:01")));
    let again = trial.claim(&key, at("10:02"));
    assert!(again > claim, "no number is given twice: {again:?}, {claim:?}");
}

#[test]
fn the_earliest_due_of_what_waits_anew_is_known_without_looking() {
    let (mut trial, key) = asked();
    assert_eq!(trial.lane.take_due(), None, "it must be looked up once");
    let due = |trial: &mut Trial| trial.lane.take_due().unwrap().into_iter().collect::<Vec<_>>();
    trial.receive(&[("b", "09:05", r#""type": "track", "event": "Demo Requested", "userId": "bob""#)]);
    assert_eq!(due(&mut trial), [(Rank::Sequence, at("09:05"))]);
    assert_eq!(due(&mut trial), []);
    let claim = trial.claim(&key, at("10:00"));
    assert!(trial.report(&key, claim, put_off("11:00"), at("10:00")));
    assert_eq!(due(&mut trial), [(Rank::Sequence, at("11:00"))]);
    trial.lane.inject(Some(Fault { after: 3, kind: Kind::Full, commits: true }));
    trial.lane.wake(at("12:00")).unwrap_err();
    trial.lane.inject(None);
    trial.lane.next_wake().unwrap();
    assert_eq!(trial.lane.take_due(), None, "after a failure it must be looked up");
}
