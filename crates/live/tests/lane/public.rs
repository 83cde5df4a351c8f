//! What the key of a site's script may set: what is empty, and what came with such a key (contract §2, Keys).

use attractor_live::Fills;
use serde_json::{Value, json};

use crate::trial::Trial;

fn identify(rest: &str, traits: &str) -> String {
    format!(r#""type": "identify", {rest}, "traits": {{{traits}}}"#)
}

/// A user with two e-mails; mail goes to the second.
fn with_two_emails() -> Trial {
    let mut trial = Trial::new();
    trial.hear(&[("a", "09:00", &identify(r#""userId": "ada""#, r#""email": "old@x.de", "plan": "large""#))]);
    trial.hear(&[("b", "09:01", &identify(r#""userId": "ada""#, r#""email": "Ada@x.de""#))]);
    trial
}

#[test]
fn an_email_that_names_its_lead_does_not_become_its_address() {
    let mut trial = with_two_emails();
    trial.hear_public("c", "09:10", &identify(r#""anonymousId": "v""#, r#""email": "OLD@x.de", "city": "Ulm""#));
    trial.hear_public("d", "09:11", r#""type": "page", "anonymousId": "v""#);
    assert_eq!(trial.attribute("ada", "email"), "Ada@x.de");
    assert_eq!(trial.attribute("ada", "city"), "Ulm", "what was empty is filled");
    assert_eq!(trial.leads(), [("ada".into(), 10.0)], "the visitor is hers");
    let stored: Value = serde_json::from_str(&trial.events()[2].message).unwrap();
    assert_eq!((&stored["userId"], &stored["traits"]), (&json!("ada"), &json!({"city": "Ulm"})));
    trial.agrees();
}

#[test]
fn an_email_keeps_its_spelling_and_its_source() {
    let mut trial = with_two_emails();
    trial.hear_public("c", "09:10", &identify(r#""anonymousId": "v""#, r#""email": " ada@X.de""#));
    let email = trial.profile("ada").attribute("email").cloned().unwrap();
    assert_eq!((email.value, email.by.as_str(), email.public), (json!("Ada@x.de"), "key:1", false));
    trial.hear_public("d", "09:11", &identify(r#""userId": "ada""#, r#""email": "eve@x.de""#));
    assert_eq!(trial.attribute("ada", "email"), "Ada@x.de", "what was repeated may not be overwritten either");
    trial.agrees();
}

#[test]
fn what_came_with_a_public_key_may_be_overwritten_by_the_next() {
    let mut trial = Trial::new();
    trial.hear_public("a", "09:00", &identify(r#""userId": "ada""#, r#""email": "a@x.de", "plan": "small""#));
    trial.hear_public("b", "09:01", &identify(r#""userId": "ada""#, r#""email": "b@x.de", "plan": null"#));
    trial.hear_public("c", "09:02", &identify(r#""anonymousId": "v""#, r#""email": "a@x.de""#));
    assert_eq!((trial.attribute("ada", "email"), trial.attribute("ada", "plan")), (json!("a@x.de"), Value::Null));
    trial.agrees();
}

#[test]
fn a_new_user_with_a_known_email_overwrites_nothing_of_its_lead() {
    let mut trial = Trial::new();
    trial.hear(&[("a", "09:00", &identify(r#""context": {}"#, r#""email": "ada@x.de", "plan": "large""#))]);
    trial.hear_public(
        "b",
        "09:10",
        &identify(r#""userId": "eve""#, r#""email": "ada@x.de", "plan": "x", "city": "Ulm""#),
    );
    assert_eq!(trial.leads(), [("eve".into(), 0.0)], "the e-mail belongs to the first user who came with it");
    assert_eq!((trial.attribute("eve", "plan"), trial.attribute("eve", "city")), (json!("large"), json!("Ulm")));
    trial.agrees();
}

#[test]
fn a_visitor_that_becomes_somebody_keeps_what_was_known_of_it() {
    let mut trial = Trial::new();
    trial.hear(&[("a", "09:00", &identify(r#""anonymousId": "v""#, r#""plan": "large""#))]);
    trial.hear_public("b", "09:10", &identify(r#""userId": "ada", "anonymousId": "v""#, r#""plan": "x""#));
    assert_eq!(trial.attribute("ada", "plan"), "large");
    trial.agrees();
}

#[test]
fn nothing_is_removed_by_its_parent_nor_reached_by_two_spellings() {
    let mut trial = Trial::new();
    trial.hear(&[("a", "09:00", &identify(r#""userId": "ada""#, r#""address": {"city": "Ulm", "zip": "1"}"#))]);
    trial.hear_public("b", "09:10", &identify(r#""userId": "ada""#, r#""address": null"#));
    let twice = r#""address.city": "Bonn", "address": {"city": "Rome", "zip": null, "street": "A"}"#;
    trial.hear_public("c", "09:11", &identify(r#""userId": "ada""#, twice));
    let of = |name: &str| trial.attribute("ada", &format!("address.{name}"));
    assert_eq!((of("city"), of("zip"), of("street")), (json!("Ulm"), json!("1"), json!("A")));
    trial.agrees();
}

#[test]
fn within_one_group_too_what_came_before_counts_by_whatever_name() {
    let mut trial = Trial::new();
    trial.hear(&[("a", "09:00", r#""type": "identify", "userId": "ada", "anonymousId": "v""#)]);
    let server = identify(r#""userId": "ada""#, r#""plan": "large""#);
    let public = identify(r#""anonymousId": "v""#, r#""plan": "x""#);
    trial.take_with("key:1", &[(Fills::All, "b", "09:01", &server), (Fills::Empty, "c", "09:02", &public)]);
    assert_eq!(trial.attribute("ada", "plan"), "large");
    trial.agrees();
}
