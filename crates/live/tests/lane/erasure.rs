//! A person erased.

use attractor_live::{Amended, owe_erasures};
use attractor_store::erasures::{self, Erasure};
use attractor_store::{IdentityKind, transfer};
use sha2::{Digest, Sha256};

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
    let names = ["0/ann", "0/ann2", "1/ann@x.de", "2/v"];
    let is_guessed = |erasure: &Erasure| names.iter().any(|name| erasure.hash == without_key(name));
    assert!(!listed.iter().any(is_guessed), "whoever knows a name cannot look it up");
    assert!(matches!(trial.erase(lead, trial.now), Amended::Refused(_)));
}

/// An identity as earlier versions listed it.
fn without_key(identity: &str) -> String {
    Sha256::digest(identity).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hands on the keys of hashes, as a backup does and a restore keeps them.
fn hand_keys(from: &Trial, to: &mut Trial) {
    let tables = transfer::tables().unwrap();
    let table = tables.iter().find(|table| table.name == "suppression_keys").unwrap();
    let rows = table.rows(&mut from.reader()).unwrap();
    assert!(!rows.is_empty());
    to.lane.write(|connection| table.add_missing(connection, rows)).unwrap();
}

#[test]
fn whom_an_earlier_version_listed_is_erased_again() {
    let mut trial = Trial::new();
    trial.receive(&[("b", "09:02", &tie("ann")), ("c", "09:03", &format!(r#"{DEMO}, "userId": "bob""#))]);
    let listed = ["0/ann", "1/ann@x.de"].map(|name| Erasure { hash: without_key(name), at: at("09:10").0 });
    trial.lane.write(|connection| erasures::insert(connection, &listed)).unwrap();
    trial.lane.write(owe_erasures).unwrap();
    assert_eq!(trial.lane.erase_listed(at("09:40")).unwrap(), 2);
    assert_eq!(trial.leads(), [("bob".into(), 50.0)]);
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
    hand_keys(&trial, &mut copy);
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
