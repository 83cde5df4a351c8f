//! A copy in doubt that a person sends again: it leaves once more, and its sequence does not notice.

use attractor_engine::time::{Duration, Instant};
use attractor_live::suppression::HashKeys;
use attractor_live::{Claiming, CopyKey, Lane, Outcome};
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::{IdentityKind, LeadId, addressed, contents};
use jiff::tz::TimeZoneDatabase;

use crate::trial::{Trial, at};

const ALIAS: &str = r#""type": "alias", "userId": "new", "previousId": "ann""#;
const STOP: &str =
    r#""type": "track", "event": "Sequence Stopped", "properties": {"sequence": "track"}, "userId": "ann""#;

fn step(step: &str) -> CopySource {
    CopySource::Sequence { sequence: "track".to_owned(), began: at("09:00").0, step: step.to_owned() }
}

fn copy(trial: &Trial, (lead, source): &CopyKey) -> Option<MailCopy> {
    let found = copies::of_leads(&mut trial.reader(), &[*lead]).unwrap();
    found.into_iter().find(|copy| copy.source == *source)
}

fn state(trial: &Trial, key: &CopyKey) -> Option<CopyState> {
    copy(trial, key).map(|copy| copy.state)
}

/// How far the lead's sequence is.
fn enrollments(trial: &Trial, lead: LeadId) -> Option<String> {
    trial.row(lead).unwrap().enrollments
}

fn doubt() -> Outcome {
    Outcome::InDoubt { why: "the connection was cut".into() }
}

fn put_off() -> Outcome {
    let due = Some(at("12:00"));
    Outcome::Held { reason: "server".into(), until: due, due, trouble_since: Some(at("11:00")) }
}

/// The first copy of somebody who asked for a demo.
fn first(trial: &mut Trial, user: &str) -> CopyKey {
    let asks = format!(r#""type": "track", "event": "Demo Requested", "userId": "{user}""#);
    trial.receive(&[(user, "09:00", &asks)]);
    (trial.lead(IdentityKind::User, user), step("first"))
}

/// Ann's first copy is in doubt since 09:15.
fn in_doubt() -> (Trial, CopyKey) {
    let mut trial = Trial::new();
    let key = first(&mut trial, "ann");
    let claim = trial.claim(&key, at("09:15"));
    assert!(trial.report(&key, claim, doubt(), at("09:15")));
    (trial, key)
}

fn again(trial: &mut Trial, key: &CopyKey, now: Instant) -> bool {
    trial.lane.deed(now, |deed| deed.send_again(key)).unwrap()
}

#[test]
fn it_waits_once_and_its_sequence_stays_where_it_is() {
    let (mut trial, key) = in_doubt();
    let before = enrollments(&trial, key.0);
    let doubted = copy(&trial, &key).unwrap().dispatch.claim;
    assert!(again(&mut trial, &key, at("11:00")));
    assert!(!again(&mut trial, &key, at("11:00")), "it waits");
    let waiting = copy(&trial, &key).unwrap();
    assert_eq!((waiting.state, waiting.reason), (CopyState::Waiting, None));
    assert_eq!((waiting.dispatch.due, waiting.dispatch.again_at), (Some(at("11:00").0), Some(at("11:00").0)));
    let late = Outcome::Sent { at: at("09:15") };
    assert!(!trial.report(&key, doubted, late, at("11:01")), "that dialogue is over");
    let claim = trial.claim(&key, at("11:02"));
    assert!(claim > doubted);
    assert!(!again(&mut trial, &key, at("11:02")), "a sender has it");
    assert!(trial.report(&key, claim, Outcome::Sent { at: at("11:02") }, at("11:02")));
    assert_eq!(state(&trial, &key), Some(CopyState::Sent));
    assert!(!again(&mut trial, &key, at("11:03")), "it was sent");
    assert_eq!(enrollments(&trial, key.0), before);
    while trial.lane.wake(at("09:15") + Duration::DAY).unwrap() > 0 {}
    assert_eq!(state(&trial, &(key.0, step("second"))), Some(CopyState::Waiting), "a day after the doubt");
}

#[test]
fn whatever_becomes_of_it_its_sequence_is_not_asked() {
    let skipped = Outcome::Skipped { reason: "suppressed".into() };
    let failed = Outcome::Failed { answer: "550 no such user".into() };
    for (outcome, expected) in [
        (skipped, CopyState::Skipped),
        (failed, CopyState::Failed),
        (doubt(), CopyState::InDoubt),
        (put_off(), CopyState::Waiting),
        (Outcome::Released, CopyState::Waiting),
    ] {
        let (mut trial, key) = in_doubt();
        let before = enrollments(&trial, key.0);
        assert!(again(&mut trial, &key, at("11:00")));
        let claim = trial.claim(&key, at("11:00"));
        assert!(trial.report(&key, claim, outcome.clone(), at("11:00")), "{outcome:?}");
        assert_eq!(state(&trial, &key), Some(expected), "{outcome:?}");
        assert_eq!(enrollments(&trial, key.0), before, "{outcome:?}");
    }
}

#[test]
fn a_doubt_that_comes_back_is_sent_again_as_well() {
    let (mut trial, key) = in_doubt();
    assert!(again(&mut trial, &key, at("10:00")));
    assert!(trial.claim(&key, at("10:00")).is_some());
    trial.lane = Lane::open(&trial.location, TimeZoneDatabase::bundled()).unwrap();
    assert_eq!(trial.lane.doubt_claimed(at("11:00")).unwrap(), 1);
    assert_eq!(state(&trial, &key), Some(CopyState::InDoubt));
    assert!(again(&mut trial, &key, at("11:00")));
    assert!(trial.send(&key, at("11:00")));
}

/// What would withdraw a copy that its sequence waits for.
#[test]
fn nothing_but_its_sender_takes_it_back() {
    let (mut trial, key) = in_doubt();
    assert!(again(&mut trial, &key, at("10:00")));
    trial.receive(&[("p", "08:30", r#""type": "page", "userId": "ann""#)]);
    assert_eq!(state(&trial, &key), Some(CopyState::Waiting), "everything anew");
    assert!(trial.report(&key, None, put_off(), at("10:05")));
    assert_eq!(state(&trial, &key), Some(CopyState::Waiting), "it is held");
    trial.receive(&[("s", "10:10", STOP)]);
    assert_eq!(state(&trial, &key), Some(CopyState::Waiting), "its sequence is over");
    assert!(trial.send(&key, at("12:00")));
}

#[test]
fn a_lead_that_is_one_with_another_is_sent_nothing_again() {
    for waits in [false, true] {
        let (mut trial, key) = in_doubt();
        assert!(!waits || again(&mut trial, &key, at("09:16")));
        trial.receive(&[("p", "09:17", r#""type": "page", "userId": "new""#)]);
        let heir = (trial.lead(IdentityKind::User, "new"), step("first"));
        trial.receive(&[("m", "09:20", ALIAS)]);
        assert!(!again(&mut trial, &key, at("10:00")));
        let expected = if waits { CopyState::Withdrawn } else { CopyState::InDoubt };
        assert_eq!(state(&trial, &key), Some(expected));
        assert_eq!(state(&trial, &heir), None, "the step is over for both");
    }
}

#[test]
fn what_may_have_arrived_counts_for_its_address_whatever_becomes_of_the_second_try() {
    let mut trial = Trial::new();
    let (ann, bob) = (first(&mut trial, "ann"), first(&mut trial, "bob"));
    let claim = |trial: &mut Trial, key: &CopyKey| {
        let claiming = Claiming { once: Some("step:track/first".into()), ..trial.claiming(key).unwrap() };
        trial.lane.deed(at("10:00"), |deed| deed.claim(&[claiming])).unwrap().pop().map(|(_, number)| number)
    };
    let tried = claim(&mut trial, &ann);
    assert!(trial.report(&ann, tried, doubt(), at("10:00")));
    assert!(again(&mut trial, &ann, at("10:00")));
    let tried = claim(&mut trial, &ann);
    assert!(tried.is_some(), "it is not a duplicate of itself");
    assert!(trial.report(&ann, tried, put_off(), at("10:00")));
    assert_eq!(claim(&mut trial, &bob), None, "ann's first mail may be there");
    assert!(claim(&mut trial, &ann).is_some());
}

#[test]
fn the_budget_of_an_address_counts_the_mail_in_doubt_and_no_later_try_that_did_not_leave() {
    let skipped = || Outcome::Skipped { reason: "suppressed".into() };
    let cases =
        [(Outcome::Sent { at: at("11:00") }, "11:00"), (doubt(), "11:00"), (put_off(), "09:15"), (skipped(), "09:15")];
    for (outcome, expected) in cases.into_iter().chain([(Outcome::Released, "09:15")]) {
        let (mut trial, key) = in_doubt();
        assert!(again(&mut trial, &key, at("11:00")));
        let claim = trial.claim(&key, at("11:00"));
        assert!(trial.report(&key, claim, outcome.clone(), at("11:01")));
        let mut reader = trial.reader();
        let hashes = HashKeys::read(&mut reader).unwrap().hashes("ann@x.example");
        let left = addressed::last_left(&mut reader, &hashes).unwrap();
        assert_eq!(left, [(hashes[0].clone(), at(expected).0)], "{outcome:?}");
    }
}

#[test]
fn links_of_the_mail_that_was_in_doubt_work_on() {
    let (mut trial, key) = in_doubt();
    assert!(again(&mut trial, &key, at("10:00")));
    let mut claiming = trial.claiming(&key).unwrap();
    let tags = [claiming.content.tag, -9];
    claiming.content.tag = tags[1];
    assert_eq!(trial.lane.deed(at("10:00"), |deed| deed.claim(&[claiming])).unwrap().len(), 1);
    let mut reader = trial.reader();
    let found = tags.map(|tag| contents::of_copy(&mut reader, key.0, tag).unwrap().map(|content| content.send_id));
    assert_eq!(found, [1, 2].map(|_| Some(key.1.send_id(key.0))));
    let last = contents::of_leads(&mut reader, &[key.0]).unwrap();
    assert_eq!(last.iter().map(|content| content.tag).collect::<Vec<_>>(), [-9]);
}
