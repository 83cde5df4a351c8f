//! Who may be written to, as messages and imports say it (contract §2, Consent).

use attractor_engine::consent::State;

use crate::trial::Trial;

const OPT_IN: &str = r#""event": "Subscribed", "properties": {"proof": "the form of 3 May"}"#;
const TOLD: &str = r#""event": "Subscribed", "context": {"history": true}, "properties": {"proof": "fair 2024"}"#;
const TOLD_NEWS: &str = r#""event": "Subscribed", "context": {"history": true},
    "properties": {"proof": "fair 2024", "subscription": "newsletter"}"#;
const OUT: &str = r#""event": "Unsubscribed""#;
const NO_NEWS: &str = r#""event": "Unsubscribed", "properties": {"subscription": "newsletter"}"#;
const SPAM: &str = r#""event": "Email Marked as Spam""#;
const BOUNCE: &str = r#""event": "Email Bounced""#;

/// Each scope with its state, after these of Ada's events, one a minute.
fn said(events: &[&str]) -> String {
    let mut trial = Trial::new();
    for (minute, event) in events.iter().enumerate() {
        let rest = format!(r#""type": "track", "userId": "ada", {event}"#);
        trial.receive(&[(&format!("m{minute}"), &format!("09:{minute:02}"), &rest)]);
    }
    trial.agrees();
    let profile = trial.profile("ada");
    let shown = profile.consents.scopes().map(|scope| (scope, profile.consents.in_effect(scope).state));
    let known = shown.filter(|(_, state)| *state != State::Unknown);
    known.map(|(scope, state)| format!("{scope} {}", state.name())).collect::<Vec<_>>().join(", ")
}

#[test]
fn it_needs_a_proof() {
    assert_eq!(said(&[OPT_IN]), "all granted");
    for proof in [r#""""#, r#""  ""#, "7", "null", "{}"] {
        assert_eq!(said(&[&format!(r#""event": "Subscribed", "properties": {{"proof": {proof}}}"#)]), "", "{proof}");
    }
}

#[test]
fn what_was_withdrawn_rises_by_the_persons_own_word_alone() {
    assert_eq!(said(&[TOLD]), "all granted");
    for out in [OUT, SPAM] {
        assert_eq!(said(&[out, TOLD, TOLD_NEWS]), "all withdrawn, subscription:newsletter withdrawn");
        assert_eq!(said(&[TOLD, TOLD_NEWS, out]), "all withdrawn, subscription:newsletter withdrawn");
        assert_eq!(said(&[out, TOLD, OPT_IN]), "all granted");
    }
    assert_eq!(said(&[NO_NEWS, TOLD, TOLD_NEWS]), "subscription:newsletter withdrawn, all granted");
}

#[test]
fn whose_mails_came_back_is_granted_nothing_by_an_import() {
    assert_eq!(said(&[BOUNCE, TOLD, TOLD_NEWS]), "");
    assert_eq!(said(&[TOLD, BOUNCE]), "");
    assert_eq!(said(&[BOUNCE, OPT_IN]), "all granted");
    assert_eq!(said(&[OPT_IN, BOUNCE]), "all granted", "it was given; whether mail arrives is another matter");
}
