//! When the lane is to be woken: never late, and not for ever early.

use attractor_engine::time::{Duration, Instant};
use attractor_store::copies::CopySource;
use attractor_store::versions::Version;
use attractor_store::{Error, IdentityKind, Kind, VersionNumber, leads};

use crate::trial::{Trial, at};

const DEMO: &str = r#""type": "track", "event": "Demo Requested", "userId": "ann""#;

/// Points that fade and never fall below the edge: 50 of them stay.
const FADING: &str = r#"
playbook: fading
scores:
  - id: lead
    rules:
      - {id: visit, event: Page Viewed, points: 10, decay: {half_life: 30d}}
      - {id: demo, event: Demo Requested, points: 50}
ladders:
  - {id: lifecycle, score: lead, stages: [{id: low}, {id: high, from: 50}]}
"#;

fn stored(trial: &Trial) -> Option<Instant> {
    leads::first_wake(&mut trial.reader()).unwrap().map(Instant)
}

fn sent(trial: &mut Trial, step: &str, now: Instant) {
    let lead = trial.lead(IdentityKind::User, "ann");
    let source = CopySource::Sequence { sequence: "track".to_owned(), began: at("09:00").0, step: step.to_owned() };
    assert!(trial.send(&(lead, source), now));
}

#[test]
fn a_wake_up_that_comes_first_is_known_at_once_and_the_next_one_when_it_has_passed() {
    let mut trial = Trial::new();
    assert_eq!(trial.lane.next_wake().unwrap(), None);
    trial.receive(&[("a", "09:00", DEMO)]);
    sent(&mut trial, "first", at("10:00"));
    let first = stored(&trial).unwrap();
    assert_eq!(trial.lane.next_wake().unwrap(), Some(first));
    trial.receive(&[("b", "09:30", &DEMO.replace("ann", "bob"))]);
    assert_eq!(trial.lane.next_wake().unwrap(), Some(first), "bob's is none yet");
    let later = at("10:00") + Duration::DAY;
    while trial.lane.wake(later).unwrap() > 0 {}
    assert_eq!(trial.lane.next_wake().unwrap(), stored(&trial));
    assert!(trial.lane.next_wake().unwrap().is_none_or(|next| next > later));
}

#[test]
fn a_wake_up_that_went_with_its_lead_is_passed_over() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", DEMO)]);
    sent(&mut trial, "first", at("10:00"));
    let first = trial.lane.next_wake().unwrap().unwrap();
    trial.erase(trial.lead(IdentityKind::User, "ann"), at("10:01"));
    assert_eq!(stored(&trial), None);
    assert_eq!(trial.lane.wake(first).unwrap(), 0);
    assert_eq!(trial.lane.next_wake().unwrap(), None);
}

#[test]
fn what_a_transaction_planned_that_failed_keeps_nobody_waiting() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", DEMO)]);
    assert_eq!(trial.lane.next_wake().unwrap(), None);
    let failed: Result<(), Error> = trial.lane.write(|_| Err(Error::new(Kind::Other, "on order")));
    assert!(failed.is_err());
    sent(&mut trial, "first", at("10:00"));
    assert_eq!(trial.lane.next_wake().unwrap(), stored(&trial));
}

#[test]
fn what_never_changes_wakes_nobody() {
    let mut trial = Trial::new();
    let files = serde_json::json!({"playbook.yaml": FADING}).to_string();
    let version =
        Version { number: VersionNumber(2), at: trial.now.0, author: "test".into(), note: String::new(), files };
    trial.lane.publish(&version, false).unwrap();
    trial.receive(&[("a", "09:00", r#""type": "track", "event": "Demo Requested", "userId": "ada""#)]);
    trial.receive(&[("b", "09:01", r#""type": "page", "userId": "ada""#)]);
    assert_eq!(trial.row(trial.lead(IdentityKind::User, "ada")).unwrap().wake, None);
    assert_eq!(leads::first_wake(&mut trial.reader()).unwrap(), None);
}

/// Bounces that are not for good, counted as `docs/operate.md` advises.
const FAILING: &str = "
playbook: failing
segments: [{id: failing, enter: {event: Email Bounced, where: {permanent: false}, count: {gte: 3}, within: 30d}}]
";

#[test]
fn bounces_that_are_not_for_good_fade_with_the_time() {
    let mut trial = Trial::new();
    let files = serde_json::json!({"playbook.yaml": FAILING}).to_string();
    let version =
        Version { number: VersionNumber(2), at: trial.now.0, author: "test".into(), note: String::new(), files };
    trial.lane.publish(&version, false).unwrap();
    let bounced = r#""type": "track", "event": "Email Bounced", "userId": "ada", "properties": {"permanent": false}"#;
    trial.receive(&[("a", "08:10", bounced), ("b", "08:20", bounced), ("c", "08:30", bounced)]);
    let moves = |trial: &Trial| {
        let all = trial.moves(trial.lead(IdentityKind::User, "ada"));
        all.into_iter().map(|noted| (noted.became, Instant(noted.at))).collect::<Vec<_>>()
    };
    let entered = ("entered".to_owned(), at("08:30"));
    assert_eq!(moves(&trial), std::slice::from_ref(&entered));
    let over = at("08:10") + Duration(30 * Duration::DAY.0);
    while trial.lane.wake(Instant(over.0 - 1)).unwrap() > 0 {}
    assert_eq!(moves(&trial), std::slice::from_ref(&entered));
    while trial.lane.wake(over).unwrap() > 0 {}
    assert_eq!(moves(&trial), [entered, ("left".to_owned(), over)]);
}
