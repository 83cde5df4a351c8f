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
    trial.receive(&[("a", "09:00", &identify(r#""userId": "ada""#, r#""email": "old@x.de", "plan": "large""#))]);
    trial.receive(&[("b", "09:01", &identify(r#""userId": "ada""#, r#""email": "Ada@x.de""#))]);
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
fn a_new_user_with_an_email_that_public_messages_brought_takes_it_up() {
    let mut trial = Trial::new();
    trial.hear_public("a", "09:00", &identify(r#""anonymousId": "v""#, r#""email": "eve@x.de", "plan": "small""#));
    trial.hear_public("b", "09:10", &identify(r#""userId": "eve""#, r#""email": "Eve@x.de", "city": "Ulm""#));
    assert_eq!(trial.leads(), [("eve".into(), 0.0)]);
    assert_eq!((trial.attribute("eve", "plan"), trial.attribute("eve", "city")), (json!("small"), json!("Ulm")));
    assert_eq!(trial.attribute("eve", "email"), "Eve@x.de");
    trial.agrees();
}

#[test]
fn a_public_claim_takes_no_email_that_another_message_brought() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &identify(r#""context": {}"#, r#""email": "ada@x.de", "plan": "large""#))]);
    let claim = identify(r#""userId": "evil-1""#, r#""email": "ada@x.de", "plan": "x", "city": "Ulm""#);
    trial.hear_public("b", "09:10", &claim);
    assert_eq!(trial.leads(), [("ada@x.de".into(), 0.0), ("evil-1".into(), 0.0)]);
    assert_eq!((trial.attribute("evil-1", "email"), trial.attribute("evil-1", "city")), (Value::Null, json!("Ulm")));
    trial.agrees();
    trial.receive(&[("c", "09:20", &identify(r#""userId": "ada-1""#, r#""email": "ada@x.de""#))]);
    assert_eq!(trial.leads(), [("ada-1".into(), 0.0), ("evil-1".into(), 0.0)]);
    assert_eq!((trial.attribute("ada-1", "plan"), trial.attribute("ada-1", "city")), (json!("large"), Value::Null));
    trial.agrees();
}

#[test]
fn a_public_claim_gives_way_to_a_later_one_that_is_not_public() {
    let mut trial = Trial::new();
    trial.hear_public("a", "09:00", &identify(r#""userId": "evil-1", "anonymousId": "v""#, r#""email": "ada@x.de""#));
    trial.hear_public("b", "09:05", &identify(r#""userId": "evil-2""#, r#""email": "ada@x.de""#));
    let emails = |trial: &Trial| ["evil-1", "evil-2"].map(|user| trial.attribute(user, "email"));
    assert_eq!(emails(&trial), [json!("ada@x.de"), Value::Null], "the first claim has it");
    trial.receive(&[("c", "09:10", &identify(r#""context": {}"#, r#""email": "ada@x.de", "plan": "large""#))]);
    assert_eq!(trial.attribute("evil-1", "plan"), "large", "it came later than a claim");
    trial.agrees();
    trial.receive(&[("d", "09:20", &identify(r#""userId": "ada-1""#, r#""email": "ada@x.de""#))]);
    assert_eq!(trial.leads(), [("ada-1".into(), 0.0), ("evil-1".into(), 0.0), ("evil-2".into(), 0.0)]);
    assert_eq!(emails(&trial), [Value::Null, Value::Null]);
    assert_eq!((trial.attribute("ada-1", "plan"), trial.attribute("evil-1", "plan")), (json!("large"), Value::Null));
    trial.agrees();
}

#[test]
fn a_claim_that_was_public_first_is_as_strong_as_its_strongest_message() {
    let mut trial = Trial::new();
    trial.hear_public("a", "09:00", &identify(r#""userId": "ada-1""#, r#""email": "ada@x.de""#));
    trial.receive(&[
        ("b", "09:10", &identify(r#""userId": "ada-1""#, r#""email": "ada@x.de""#)),
        ("c", "09:20", &identify(r#""userId": "ada-2""#, r#""email": "ada@x.de", "plan": "x""#)),
        ("d", "09:30", &identify(r#""context": {}"#, r#""email": "ada@x.de", "plan": "large""#)),
    ]);
    assert_eq!((trial.attribute("ada-1", "plan"), trial.attribute("ada-2", "plan")), (json!("large"), json!("x")));
    trial.agrees();
}

#[test]
fn an_email_goes_back_when_the_stronger_claim_is_undone() {
    let mut trial = Trial::new();
    trial.hear_public("a", "09:00", &identify(r#""userId": "eve""#, r#""email": "ada@x.de""#));
    trial.take("import:7", &[("b", "09:10", &identify(r#""userId": "ada-1""#, r#""email": "ada@x.de""#))]);
    assert_eq!(trial.attribute("eve", "email"), Value::Null);
    let now = trial.now;
    while trial.lane.undo("import:7", now, 1).unwrap() {}
    assert_eq!(trial.attribute("eve", "email"), "ada@x.de");
    assert_eq!(trial.leads(), [("eve".into(), 0.0)]);
    trial.agrees();
}

#[test]
fn a_public_key_sets_neither_owner_nor_tags() {
    let mut trial = Trial::new();
    let traits = r#""owner": "eve", "tags": ["vip"], "plan": "x", "owner.name": "E""#;
    trial.hear_public("a", "09:00", &identify(r#""userId": "ada""#, traits));
    trial.hear_public("b", "09:01", &identify(r#""userId": "ada""#, r#""tags": null, "owner": {"name": "E"}"#));
    let attributes: Vec<String> = trial.profile("ada").attributes.into_keys().collect();
    assert_eq!(attributes, ["plan"]);
    trial.receive(&[("c", "09:02", &identify(r#""userId": "ada""#, r#""owner": "kim", "tags": ["new"]"#))]);
    trial.hear_public("d", "09:03", &identify(r#""userId": "ada""#, r#""tags": null, "owner": null"#));
    assert_eq!((trial.attribute("ada", "owner"), trial.attribute("ada", "tags")), (json!("kim"), json!(["new"])));
    trial.agrees();
}

#[test]
fn a_visitor_that_becomes_somebody_keeps_what_was_known_of_it() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &identify(r#""anonymousId": "v""#, r#""plan": "large""#))]);
    trial.hear_public("b", "09:10", &identify(r#""userId": "ada", "anonymousId": "v""#, r#""plan": "x""#));
    assert_eq!(trial.attribute("ada", "plan"), "large");
    trial.agrees();
}

#[test]
fn nothing_is_removed_by_its_parent_nor_reached_by_two_spellings() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &identify(r#""userId": "ada""#, r#""address": {"city": "Ulm", "zip": "1"}"#))]);
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
    trial.receive(&[("a", "09:00", r#""type": "identify", "userId": "ada", "anonymousId": "v""#)]);
    let server = identify(r#""userId": "ada""#, r#""plan": "large""#);
    let public = identify(r#""anonymousId": "v", "context": {"public": true}"#, r#""plan": "x""#);
    trial.take_with("key:1", &[(Fills::All, "b", "09:01", &server), (Fills::Empty, "c", "09:02", &public)]);
    assert_eq!(trial.attribute("ada", "plan"), "large");
    trial.agrees();
}
