//! A person erased.

use attractor_live::{Amended, owe_erasures};
use attractor_store::{IdentityKind, erasures};

use crate::trial::{Trial, at};

const DEMO: &str = r#""type": "track", "event": "Demo Requested""#;

fn tie(user: &str) -> String {
    format!(r#""type": "identify", "userId": "{user}", "anonymousId": "v", "traits": {{"email": "{user}@x.de"}}"#)
}

#[test]
fn nothing_is_left_of_a_person_and_others_stay_as_they_are() {
    let mut trial = Trial::new();
    trial.receive(&[("o", "09:00", &format!(r#"{DEMO}, "userId": "bob""#))]);
    let rows = trial.rows();
    trial.receive(&[("a", "09:01", r#""type": "page", "anonymousId": "v""#), ("b", "09:02", &tie("ann"))]);
    trial.receive(&[("c", "09:03", &format!(r#"{DEMO}, "userId": "ann2""#))]);
    trial.receive(&[("d", "09:04", r#""type": "alias", "userId": "ann", "previousId": "ann2""#)]);
    let lead = trial.lead(IdentityKind::User, "ann");
    assert_eq!(trial.erase(lead, trial.now), Amended::Done);
    assert_eq!(trial.rows(), rows);
    trial.agrees();
    let listed = erasures::all(&mut trial.reader()).unwrap();
    assert_eq!(listed.len(), 4, "two user ids, an e-mail, a visitor");
    assert!(listed.iter().all(|erasure| erasure.hash.len() == 64 && erasure.at == trial.now.0));
    assert!(matches!(trial.erase(lead, trial.now), Amended::Refused(_)));
}

#[test]
fn of_a_shared_visitor_only_the_persons_own_part_goes() {
    let mut trial = Trial::new();
    let page = r#""type": "page", "anonymousId": "v""#;
    trial.receive(&[("a", "09:00", page), ("b", "09:10", &tie("ann")), ("c", "09:20", page)]);
    trial.receive(&[("d", "09:30", &tie("bob")), ("e", "09:40", page)]);
    assert_eq!(trial.leads(), [("ann".into(), 20.0), ("bob".into(), 10.0)]);
    trial.erase(trial.lead(IdentityKind::User, "ann"), trial.now);
    assert_eq!(trial.leads(), [("bob".into(), 10.0)]);
    assert!(trial.identity(IdentityKind::Visitor, "v").is_some(), "it is bob's as well");
    assert_eq!(erasures::all(&mut trial.reader()).unwrap().len(), 2);
    trial.agrees();
}

#[test]
fn an_email_that_another_came_with_is_the_others_now() {
    let mut trial = Trial::new();
    let with = |user: &str| format!(r#""type": "identify", "userId": "{user}", "traits": {{"email": "both@x.de"}}"#);
    trial.receive(&[("a", "09:00", &with("ann")), ("b", "09:10", &with("bob"))]);
    trial.erase(trial.lead(IdentityKind::User, "ann"), trial.now);
    assert_eq!(trial.lead(IdentityKind::Email, "both@x.de"), trial.lead(IdentityKind::User, "bob"));
    trial.agrees();
}

#[test]
fn a_restored_copy_forgets_again_but_not_who_came_back() {
    let mut trial = Trial::new();
    trial.receive(&[("b", "09:02", &tie("ann")), ("c", "09:03", &format!(r#"{DEMO}, "userId": "ann""#))]);
    trial.erase(trial.lead(IdentityKind::User, "ann"), at("09:10"));
    // The older copy, in which she still was, and what came after the erasure.
    let listed = erasures::all(&mut trial.reader()).unwrap();
    let mut copy = Trial::new();
    copy.receive(&[("b", "09:02", &tie("ann")), ("c", "09:03", &format!(r#"{DEMO}, "userId": "ann""#))]);
    copy.receive(&[("z", "09:30", r#""type": "page", "userId": "ann""#)]);
    copy.lane.write(|connection| erasures::insert(connection, &listed)).unwrap();
    assert_eq!(copy.lane.erase_listed(at("09:40")).unwrap(), 0, "nothing was restored");
    copy.lane.write(owe_erasures).unwrap();
    assert_eq!(copy.lane.erase_listed(at("09:40")).unwrap(), 3);
    assert_eq!(copy.lane.erase_listed(at("09:40")).unwrap(), 0, "once");
    assert_eq!(copy.leads(), [("ann".into(), 10.0)]);
    assert_eq!(copy.events().len(), 1);
    copy.now = at("09:40");
    copy.agrees();
}
