//! When the lane is to be woken: never late, and not for ever early.

use attractor_engine::time::{Duration, Instant};
use attractor_live::{Over, Reported};
use attractor_store::{Error, Kind, leads};

use crate::trial::{Trial, at};

const DEMO: &str = r#""type": "track", "event": "Demo Requested", "userId": "ann""#;

fn stored(trial: &Trial) -> Option<Instant> {
    leads::first_wake(&mut trial.reader()).unwrap().map(Instant)
}

fn sent(trial: &mut Trial, step: &str, now: Instant) {
    let lead = trial.lead(0, "ann");
    let report = Reported { lead, sequence: "track", began: at("09:00"), step, over: Over::Sent };
    assert!(trial.lane.send_over(&report, now).unwrap());
}

#[test]
fn a_wake_up_that_comes_first_is_known_at_once_and_the_next_one_when_it_has_passed() {
    let mut trial = Trial::new();
    assert_eq!(trial.lane.next_wake().unwrap(), None);
    trial.hear(&[("a", "09:00", DEMO)]);
    sent(&mut trial, "first", at("10:00"));
    let first = stored(&trial).unwrap();
    assert_eq!(trial.lane.next_wake().unwrap(), Some(first));
    trial.hear(&[("b", "09:30", &DEMO.replace("ann", "bob"))]);
    assert_eq!(trial.lane.next_wake().unwrap(), Some(first), "bob's is none yet");
    let later = at("10:00") + Duration::DAY;
    while trial.lane.wake(later).unwrap() > 0 {}
    assert_eq!(trial.lane.next_wake().unwrap(), stored(&trial));
    assert!(trial.lane.next_wake().unwrap().is_none_or(|next| next > later));
}

#[test]
fn a_wake_up_that_went_with_its_lead_is_passed_over() {
    let mut trial = Trial::new();
    trial.hear(&[("a", "09:00", DEMO)]);
    sent(&mut trial, "first", at("10:00"));
    let first = trial.lane.next_wake().unwrap().unwrap();
    trial.lane.erase(trial.lead(0, "ann"), at("10:01")).unwrap();
    assert_eq!(stored(&trial), None);
    assert_eq!(trial.lane.wake(first).unwrap(), 0);
    assert_eq!(trial.lane.next_wake().unwrap(), None);
}

#[test]
fn what_a_transaction_planned_that_failed_keeps_nobody_waiting() {
    let mut trial = Trial::new();
    trial.hear(&[("a", "09:00", DEMO)]);
    assert_eq!(trial.lane.next_wake().unwrap(), None);
    let failed: Result<(), Error> = trial.lane.write(|_| Err(Error::new(Kind::Other, "on order")));
    assert!(failed.is_err());
    sent(&mut trial, "first", at("10:00"));
    assert_eq!(trial.lane.next_wake().unwrap(), stored(&trial));
}
