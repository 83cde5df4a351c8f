//! An alias taken back.

use attractor_live::Amended;
use attractor_store::IdentityKind;

use crate::trial::Trial;

const DEMO: &str = r#""type": "track", "event": "Demo Requested""#;

#[test]
fn two_users_are_two_again() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &format!(r#"{DEMO}, "userId": "old""#))]);
    trial.receive(&[("b", "09:05", r#""type": "page", "userId": "new""#)]);
    let before = (trial.lead(IdentityKind::User, "old"), trial.lead(IdentityKind::User, "new"));
    trial.receive(&[("m", "09:10", r#""type": "alias", "userId": "new", "previousId": "old""#)]);
    assert_eq!(trial.leads(), [("new".into(), 60.0)]);
    let lead = trial.lead(IdentityKind::User, "new");
    assert_eq!(trial.unmerge(lead, "m", trial.now), Amended::Done);
    assert_eq!(trial.leads(), [("new".into(), 10.0), ("old".into(), 50.0)]);
    assert_eq!(
        (trial.lead(IdentityKind::User, "old"), trial.lead(IdentityKind::User, "new")),
        before,
        "each has the lead again that it had"
    );
    trial.agrees();
    assert_eq!(trial.events().len(), 2, "an export leaves it out");
    trial.take("key:1", &[("m", "09:10", r#""type": "alias", "userId": "new", "previousId": "old""#)]);
    assert_eq!(trial.leads().len(), 2, "the same message again changes nothing");
}

#[test]
fn a_visitor_that_was_tied_by_it_is_a_lead_of_its_own_again() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", r#""type": "page", "anonymousId": "v""#)]);
    trial.receive(&[("m", "09:10", r#""type": "alias", "userId": "ann", "previousId": "v""#)]);
    trial.receive(&[("b", "09:20", &format!(r#"{DEMO}, "userId": "ann""#))]);
    assert_eq!(trial.leads(), [("ann".into(), 60.0)]);
    assert_eq!(trial.unmerge(trial.lead(IdentityKind::User, "ann"), "m", trial.now), Amended::Done);
    assert_eq!(trial.leads(), [("ann".into(), 50.0), ("v".into(), 10.0)]);
    trial.agrees();
}

#[test]
fn an_email_that_came_with_it_goes_to_who_came_next() {
    let mut trial = Trial::new();
    let identify = r#""type": "identify", "traits": {"email": "ann@x.de"}"#;
    trial.receive(&[("e", "09:00", identify)]);
    trial.receive(&[("m", "09:10", r#""type": "alias", "userId": "ann@x.de", "previousId": "nobody""#)]);
    trial.receive(&[("i", "09:20", &format!(r#"{identify}, "userId": "u1""#))]);
    assert_eq!(trial.leads().len(), 2);
    let lead = trial.lead(IdentityKind::User, "ann@x.de");
    assert_eq!(trial.unmerge(lead, "m", trial.now), Amended::Done);
    assert_eq!(trial.leads(), [("u1".into(), 0.0)], "nobody carries the user id any more");
    assert_eq!(trial.identity(IdentityKind::User, "ann@x.de"), None);
    trial.agrees();
}

#[test]
fn of_three_the_other_two_stay_one() {
    let mut trial = Trial::new();
    for user in ["a", "b", "c"] {
        trial.receive(&[(user, "09:00", &format!(r#""type": "page", "userId": "{user}""#))]);
    }
    let alias = |from: &str, to: &str| format!(r#""type": "alias", "userId": "{to}", "previousId": "{from}""#);
    trial.receive(&[("ab", "09:10", &alias("a", "b")), ("bc", "09:20", &alias("b", "c"))]);
    assert_eq!(trial.leads(), [("c".into(), 30.0)]);
    assert_eq!(trial.unmerge(trial.lead(IdentityKind::User, "c"), "ab", trial.now), Amended::Done);
    assert_eq!(trial.leads(), [("a".into(), 10.0), ("c".into(), 20.0)]);
    trial.agrees();
}

/// Who is split off keeps the lead; the next one must not get it for the id that it once had.
#[test]
fn who_is_two_again_does_not_get_the_lead_that_a_third_one_has_now() {
    let mut trial = Trial::new();
    for user in ["a", "b", "c"] {
        trial.receive(&[(user, "09:00", &format!(r#""type": "page", "userId": "{user}""#))]);
    }
    let alias = |from: &str, to: &str| format!(r#""type": "alias", "userId": "{to}", "previousId": "{from}""#);
    trial.receive(&[
        ("ba", "09:10", &alias("b", "a")),
        ("cb", "09:20", &alias("c", "b")),
        ("ac", "09:30", &alias("a", "c")),
    ]);
    assert_eq!(trial.leads(), [("a".into(), 30.0)]);
    for (user, id, left) in [("b", "cb", 1), ("a", "ba", 2), ("c", "ac", 3)] {
        assert_eq!(trial.unmerge(trial.lead(IdentityKind::User, user), id, trial.now), Amended::Done);
        assert_eq!(trial.leads().len(), left, "after {id}: {:?}", trial.leads());
        trial.agrees();
    }
    assert_eq!(trial.leads(), [("a".into(), 10.0), ("b".into(), 10.0), ("c".into(), 10.0)]);
}

#[test]
fn only_an_alias_is_unmerged() {
    let mut trial = Trial::new();
    trial.receive(&[("p", "09:00", r#""type": "page", "userId": "ann""#)]);
    let answer = trial.unmerge(trial.lead(IdentityKind::User, "ann"), "p", trial.now);
    assert!(matches!(answer, Amended::Refused(_)));
}
