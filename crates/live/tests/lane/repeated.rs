//! A message id under two identities of one lead: the first received counts (contract §2, Once).

use crate::trial::Trial;

const PAGE: &str = r#""type": "page", "properties": {"path": "/"}"#;

#[test]
fn two_of_one_group_with_one_id_are_the_first_of_them() {
    let mut trial = Trial::new();
    trial.receive(&[
        ("m0", "09:00", r#""type": "identify", "userId": "u1", "anonymousId": "v2""#),
        ("m0", "09:30", &format!(r#"{PAGE}, "anonymousId": "v2""#)),
    ]);
    assert_eq!(trial.leads(), [("u1".into(), 0.0)], "the identify came first: the page view counts nowhere");
    trial.agrees();
}

#[test]
fn the_first_of_two_groups_counts_though_its_identity_is_tied_later() {
    let mut trial = Trial::new();
    trial.receive(&[("m1", "09:00", &format!(r#"{PAGE}, "anonymousId": "v0""#))]);
    trial.receive(&[("m2", "09:10", r#""type": "identify", "userId": "u0", "anonymousId": "v0""#)]);
    trial.receive(&[("m1", "09:20", &format!(r#"{PAGE}, "userId": "u0""#))]);
    assert_eq!(trial.leads(), [("u0".into(), 10.0)]);
    trial.agrees();
}

#[test]
fn what_a_visitor_did_as_somebody_else_repeats_nothing() {
    let mut trial = Trial::new();
    let ties = |user: &str| format!(r#""type": "identify", "userId": "{user}", "anonymousId": "v0""#);
    trial.receive(&[("m1", "09:00", &ties("ann")), ("m2", "09:10", &format!(r#"{PAGE}, "anonymousId": "v0""#))]);
    trial.receive(&[("m3", "09:20", &ties("bob")), ("m2", "09:30", &format!(r#"{PAGE}, "userId": "bob""#))]);
    assert_eq!(trial.leads(), [("ann".into(), 10.0), ("bob".into(), 10.0)]);
    trial.agrees();
}

#[test]
fn a_visitor_that_a_repeated_message_ties_is_kept() {
    let mut trial = Trial::new();
    let identify = r#""type": "identify", "traits": {"email": "ann@x.de"}"#;
    trial.receive(&[("m1", "09:00", &format!(r#"{identify}, "userId": "ann""#))]);
    trial.receive(&[("m1", "09:10", &format!(r#"{identify}, "anonymousId": "v0""#))]);
    trial.receive(&[("m2", "09:20", &format!(r#"{PAGE}, "userId": "ann""#))]);
    trial.receive(&[("m3", "09:15", &format!(r#"{PAGE}, "anonymousId": "v0""#))]);
    assert_eq!(trial.leads(), [("ann".into(), 20.0)], "what comes late finds all that is the lead's");
    trial.agrees();
}

#[test]
fn a_visitor_that_is_known_after_its_alias_is_kept() {
    let mut trial = Trial::new();
    let alias = r#""type": "alias", "userId": "ann", "previousId": "v0""#;
    trial.receive(&[("m1", "09:00", alias), ("m2", "09:30", &format!(r#"{PAGE}, "userId": "ann""#))]);
    trial.receive(&[("m3", "09:40", r#""type": "identify", "userId": "bob", "anonymousId": "v0""#)]);
    trial.receive(&[("m4", "08:50", &format!(r#"{PAGE}, "anonymousId": "v0""#))]);
    assert_eq!(trial.leads(), [("ann".into(), 20.0), ("bob".into(), 0.0)]);
    trial.agrees();
}
