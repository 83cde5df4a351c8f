//! A sequence in review: its copies are drafts until somebody releases or rejects them.

use attractor_live::{CopyKey, Outcome};
use attractor_store::copies::{self, CopySource};
use attractor_store::versions::Version;
use attractor_store::{IdentityKind, LeadId, VersionNumber};

use crate::trial::{PLAYBOOK, Trial, at};

const DAY: attractor_engine::time::Duration = attractor_engine::time::Duration::DAY;

/// The trial's playbook, its sequence in review or not, with a goal.
fn publish(trial: &mut Trial, number: i64, is_reviewed: bool) {
    let review = format!("while: always\n    review: {is_reviewed}\n    goal: {{event: Bought}}");
    let text = PLAYBOOK.replace("while: always", &review);
    let files = serde_json::json!({"playbook.yaml": text}).to_string();
    let number = VersionNumber(number);
    let version = Version { number, at: 0, author: "test".into(), note: String::new(), files };
    trial.lane.publish(&version, false).unwrap();
    while trial.lane.background(trial.now).unwrap() {}
}

fn asked() -> (Trial, LeadId) {
    let mut trial = Trial::new();
    publish(&mut trial, 2, true);
    trial.receive(&[("d", "09:00", r#""type": "track", "event": "Demo Requested", "userId": "ann""#)]);
    let lead = trial.lead(IdentityKind::User, "ann");
    (trial, lead)
}

fn key(lead: LeadId, step: &str) -> CopyKey {
    (lead, CopySource::Sequence { sequence: "track".to_owned(), began: at("09:00").0, step: step.to_owned() })
}

/// Step, state and reason of each copy, in the order of the steps.
fn states(trial: &Trial, lead: LeadId) -> Vec<(String, String, String)> {
    let mut rows = copies::of_leads(&mut trial.reader(), &[lead]).unwrap();
    rows.sort_by_key(|copy| copy.asked_at);
    let of = |copy: &copies::MailCopy| match &copy.source {
        CopySource::Sequence { step, .. } => {
            (step.clone(), copy.state.to_string(), copy.reason.clone().unwrap_or_default())
        }
        other => panic!("{other:?}"),
    };
    rows.iter().map(of).collect()
}

fn expected(all: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
    all.iter().map(|(step, state, reason)| ((*step).into(), (*state).into(), (*reason).into())).collect()
}

fn wake(trial: &mut Trial, at: attractor_engine::time::Instant) {
    while trial.lane.wake(at).unwrap() > 0 {}
}

#[test]
fn a_draft_leaves_when_it_is_released() {
    let (mut trial, lead) = asked();
    let first = key(lead, "first");
    assert_eq!(states(&trial, lead), expected(&[("first", "draft", "")]));
    assert_eq!(trial.claim(&first, at("09:05")), None, "nobody sends a draft");
    let held = Outcome::Held { reason: "cadence".into(), until: None, due: None, trouble_since: None };
    for outcome in [held, Outcome::Skipped { reason: "suppressed".into() }, Outcome::Released] {
        assert!(!trial.report(&first, None, outcome.clone(), at("09:05")), "{outcome:?} of a draft");
    }
    assert!(trial.report(&first, None, Outcome::DraftReleased, at("09:30")));
    assert_eq!(states(&trial, lead), expected(&[("first", "waiting", "")]));
    let late = Outcome::DraftSkipped { reason: "too_late".into() };
    for outcome in [Outcome::DraftReleased, Outcome::DraftRejected, late] {
        assert!(!trial.report(&first, None, outcome.clone(), at("09:31")), "{outcome:?} of what waits");
    }
    assert!(trial.send(&first, at("10:00")));
    wake(&mut trial, at("10:00") + DAY);
    assert_eq!(states(&trial, lead), expected(&[("first", "sent", ""), ("second", "draft", "")]));
}

#[test]
fn the_sequence_goes_on_after_a_rejected_draft_which_nothing_asks_for_again() {
    let (mut trial, lead) = asked();
    assert!(trial.report(&key(lead, "first"), None, Outcome::DraftRejected, at("09:30")));
    let rejected = ("first", "withdrawn", "rejected");
    assert_eq!(states(&trial, lead), expected(&[rejected]));
    assert!(!trial.report(&key(lead, "first"), None, Outcome::DraftReleased, at("09:31")), "it is over");
    // Everything anew: once by a version, once by a message that comes late.
    publish(&mut trial, 3, false);
    trial.receive(&[("p", "08:30", r#""type": "page", "userId": "ann""#)]);
    assert_eq!(states(&trial, lead), expected(&[rejected]));
    wake(&mut trial, at("09:29") + DAY);
    assert_eq!(states(&trial, lead), expected(&[rejected]), "a minute too early");
    wake(&mut trial, at("09:30") + DAY);
    assert_eq!(states(&trial, lead), expected(&[rejected, ("second", "waiting", "")]), "it is in review no more");
}

#[test]
fn the_sequence_goes_on_after_a_draft_that_nobody_released_in_time() {
    let (mut trial, lead) = asked();
    let late = Outcome::DraftSkipped { reason: "too_late".into() };
    assert!(trial.report(&key(lead, "first"), None, late, at("09:30")));
    let skipped = ("first", "skipped", "too_late");
    assert_eq!(states(&trial, lead), expected(&[skipped]));
    assert!(!trial.report(&key(lead, "first"), None, Outcome::DraftReleased, at("09:31")), "it is over");
    wake(&mut trial, at("09:30") + DAY);
    assert_eq!(states(&trial, lead), expected(&[skipped, ("second", "draft", "")]));
}

#[test]
fn a_draft_comes_to_nothing_when_its_sequence_ends_and_stays_when_the_review_does() {
    let (mut trial, lead) = asked();
    publish(&mut trial, 3, false);
    assert_eq!(states(&trial, lead), expected(&[("first", "draft", "")]), "only a person releases it");
    trial.receive(&[("b", "10:00", r#""type": "track", "event": "Bought", "userId": "ann""#)]);
    assert_eq!(states(&trial, lead), expected(&[("first", "withdrawn", "")]));
}

#[test]
fn a_draft_goes_with_its_lead_into_another() {
    let (mut trial, lead) = asked();
    trial.receive(&[("p", "09:10", r#""type": "page", "userId": "new""#)]);
    trial.receive(&[("m", "09:20", r#""type": "alias", "userId": "new", "previousId": "ann""#)]);
    let successor = trial.lead(IdentityKind::User, "new");
    assert_ne!(successor, lead);
    assert_eq!(states(&trial, successor), expected(&[("first", "draft", "")]));
    assert!(trial.report(&key(successor, "first"), None, Outcome::DraftReleased, at("09:30")));
    assert_eq!(states(&trial, successor), expected(&[("first", "waiting", "")]));
}
