//! Consent as a lead's own events say it (contract §2, Consent 1–5): a table of lines for each sentence, and a second
//! reading, slow and plain, that must give the same for random events.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]
#![allow(clippy::if_same_then_else, reason = "each branch is a sentence of the contract")]

use attractor_engine::consent::{Change, Consents, Heard, Scope, State};
use attractor_engine::message::{Message, Wanted};
use attractor_engine::time::Instant;
use proptest::prelude::*;

/// One event of a line, such as `subscribed news`, `told news`, `spam`.
fn json(event: &str) -> String {
    let (word, rest) = event.split_once(' ').unwrap_or((event, ""));
    let scope = match rest.strip_prefix('#') {
        Some(topic) => format!(r#", "topic": "{topic}""#),
        None if rest.is_empty() || rest == "mild" => String::new(),
        None => format!(r#", "subscription": "{rest}""#),
    };
    let (kind, properties, context) = match word {
        "subscribed" => ("Subscribed", format!(r#""proof": "form"{scope}"#), ""),
        "told" => ("Subscribed", format!(r#""proof": "fair"{scope}"#), r#""history": true"#),
        "unproved" => ("Subscribed", format!(r#""by": "x"{scope}"#), ""),
        "unsubscribed" => ("Unsubscribed", format!(r#""by": "x"{scope}"#), ""),
        "past-unsubscribed" => ("Unsubscribed", format!(r#""by": "x"{scope}"#), r#""history": true"#),
        "machine-unsubscribed" => ("Unsubscribed", format!(r#""by": "x"{scope}"#), r#""machine": true"#),
        "machine-subscribed" => ("Subscribed", format!(r#""proof": "form"{scope}"#), r#""machine": true"#),
        "spam" => ("Email Marked as Spam", String::new(), ""),
        "bounced" if rest == "mild" => ("Email Bounced", r#""permanent": false"#.into(), ""),
        "bounced" => ("Email Bounced", String::new(), ""),
        "allowed" => ("Tracking Allowed", r#""proof": "banner""#.into(), ""),
        "told-allowed" => ("Tracking Allowed", r#""proof": "banner""#.into(), r#""history": true"#),
        "allowed-unproved" => ("Tracking Allowed", String::new(), ""),
        "declined" => ("Tracking Declined", String::new(), ""),
        other => panic!("{other} is not an event of these tables"),
    };
    format!(
        r#"{{"type": "track", "userId": "ada", "event": "{kind}", "properties": {{{properties}}}, "context": {{{context}}}}}"#
    )
}

/// The consents after events, separated by commas. All happen at one instant: their order alone counts.
fn after(events: &str) -> Consents {
    let mut consents = Consents::default();
    for event in events.split(',').map(str::trim).filter(|event| !event.is_empty()) {
        let json = json(event);
        let message = Message::parse(&json, &Wanted::Everything).unwrap();
        consents.hear(Heard { message: &message, id: event, at: Instant(0), by: "key:1" });
    }
    consents
}

fn holds(table: &[(&str, &str, &str)]) {
    for (events, scope, wanted) in table {
        let consents = after(events);
        let found = consents.in_effect(&scope.parse().unwrap()).state.name();
        assert_eq!(found, *wanted, "{scope} after {events}");
    }
}

#[test]
fn every_scope_begins_unknown_and_machine_events_change_nothing() {
    holds(&[
        ("", "all", "unknown"),
        ("", "subscription:news", "unknown"),
        ("", "topic:shirts", "unknown"),
        ("", "tracking", "unknown"),
        ("machine-subscribed", "all", "unknown"),
        ("subscribed, machine-unsubscribed", "all", "granted"),
        ("unsubscribed, machine-subscribed", "all", "withdrawn"),
    ]);
}

#[test]
fn a_withdrawal_is_of_the_scope_that_it_names() {
    holds(&[
        ("unsubscribed", "all", "withdrawn"),
        ("unsubscribed", "subscription:news", "withdrawn"),
        ("unsubscribed", "topic:shirts", "withdrawn"),
        ("unsubscribed", "tracking", "unknown"),
        ("unsubscribed news", "subscription:news", "withdrawn"),
        ("unsubscribed news", "subscription:offers", "unknown"),
        ("unsubscribed news", "all", "unknown"),
        ("unsubscribed #shirts", "topic:shirts", "withdrawn"),
        ("unsubscribed #shirts", "subscription:shirts", "unknown"),
        ("spam", "all", "withdrawn"),
        ("spam", "subscription:news", "withdrawn"),
        ("declined", "tracking", "withdrawn"),
        ("declined", "all", "unknown"),
    ]);
}

#[test]
fn a_grant_needs_a_proof_and_is_of_the_scope_that_it_names() {
    holds(&[
        ("subscribed", "all", "granted"),
        ("subscribed", "subscription:news", "granted"),
        ("subscribed", "tracking", "unknown"),
        ("unproved", "all", "unknown"),
        ("subscribed news", "subscription:news", "granted"),
        ("subscribed news", "all", "unknown"),
        ("subscribed #shirts", "topic:shirts", "granted"),
        ("allowed", "tracking", "granted"),
        ("allowed", "all", "unknown"),
        ("allowed-unproved", "tracking", "unknown"),
        ("declined, allowed", "tracking", "granted"),
        ("told-allowed", "tracking", "granted"),
        ("declined, told-allowed", "tracking", "withdrawn"),
        ("told-allowed, declined", "tracking", "withdrawn"),
        ("declined, allowed, told-allowed", "tracking", "granted"),
    ]);
}

#[test]
fn what_is_told_counts_where_nothing_else_is_known_of_the_scope() {
    holds(&[
        ("told", "all", "granted"),
        ("told", "subscription:news", "granted"),
        ("told news", "subscription:news", "granted"),
        ("told news", "all", "unknown"),
        ("told news", "subscription:offers", "unknown"),
        ("told, unsubscribed", "all", "withdrawn"),
        ("unsubscribed, told", "all", "withdrawn"),
        ("past-unsubscribed, told", "all", "withdrawn"),
        ("unsubscribed news, told news", "subscription:news", "withdrawn"),
        ("unsubscribed news, told", "subscription:news", "withdrawn"),
        ("unsubscribed news, told", "all", "granted"),
        ("unsubscribed, told news", "subscription:news", "withdrawn"),
        ("told, bounced", "all", "unknown"),
        ("bounced, told", "all", "unknown"),
        ("bounced, told", "subscription:news", "unknown"),
        ("bounced mild, told", "all", "granted"),
        ("bounced, subscribed news, told", "all", "granted"),
        ("told, subscribed news, bounced", "all", "unknown"),
        ("told, subscribed news, bounced", "subscription:news", "granted"),
        ("bounced, allowed, told", "all", "unknown"),
        ("bounced, unproved, told", "all", "unknown"),
    ]);
}

#[test]
fn the_later_of_all_and_the_own_last_grant_decides_in_a_subscription_or_topic() {
    holds(&[
        ("unsubscribed, subscribed news", "subscription:news", "granted"),
        ("unsubscribed, subscribed news", "subscription:offers", "withdrawn"),
        ("unsubscribed, subscribed news", "all", "withdrawn"),
        ("subscribed news, unsubscribed", "subscription:news", "withdrawn"),
        ("subscribed news, unsubscribed, subscribed", "subscription:news", "granted"),
        ("unsubscribed news, subscribed", "subscription:news", "withdrawn"),
        ("unsubscribed news, subscribed", "subscription:offers", "granted"),
        ("unsubscribed, subscribed news, spam", "subscription:news", "withdrawn"),
        ("unsubscribed, subscribed undeclared", "all", "withdrawn"),
        ("subscribed undeclared", "all", "unknown"),
        ("unsubscribed #shirts, subscribed", "topic:shirts", "withdrawn"),
        ("subscribed, bounced", "all", "granted"),
    ]);
}

#[test]
fn a_scope_that_is_not_an_id_raises_nothing_and_withdraws_all() {
    for value in ["true", "{\"id\": \"news\"}", "[\"news\"]"] {
        for (kind, wanted) in [("Subscribed", State::Unknown), ("Unsubscribed", State::Withdrawn)] {
            let json = format!(
                r#"{{"type": "track", "userId": "a", "event": "{kind}", "properties": {{"proof": "form", "subscription": {value}}}}}"#
            );
            let message = Message::parse(&json, &Wanted::Everything).unwrap();
            let mut consents = Consents::default();
            consents.hear(Heard { message: &message, id: "m", at: Instant(0), by: "key:1" });
            assert_eq!(consents.in_effect(&Scope::All).state, wanted, "{kind} {value}");
        }
    }
}

#[test]
fn an_empty_id_is_as_absent_and_a_number_is_its_digits() {
    let scope = |properties: &str| {
        let json =
            format!(r#"{{"type": "track", "userId": "a", "event": "Unsubscribed", "properties": {{{properties}}}}}"#);
        Scope::of(&Message::parse(&json, &Wanted::Everything).unwrap()).to_string()
    };
    assert_eq!(scope(r#""subscription": """#), "all");
    assert_eq!(scope(r#""subscription": null, "topic": "shirts""#), "topic:shirts");
    assert_eq!(scope(r#""subscription": 7, "topic": "shirts""#), "subscription:7");
}

#[test]
fn a_message_says_what_it_changed_by_itself() {
    let change = |event: &str| {
        let json = json(event);
        let message = Message::parse(&json, &Wanted::Everything).unwrap();
        Consents::default().hear(Heard { message: &message, id: "m", at: Instant(0), by: "key:1" })
    };
    let news = || Scope::Subscription("news".into());
    assert_eq!(change("subscribed news"), Some(Change::Granted(news())));
    assert_eq!(change("unsubscribed news"), Some(Change::Withdrawn(news())));
    assert_eq!(change("past-unsubscribed"), Some(Change::Withdrawn(Scope::All)));
    assert_eq!(change("spam"), Some(Change::Complained));
    assert_eq!(change("bounced"), Some(Change::Bounced));
    for nothing in ["told", "unproved", "machine-unsubscribed", "bounced mild", "told-allowed", "allowed-unproved"] {
        assert_eq!(change(nothing), None, "{nothing}");
    }
}

/// A list that is imported again with other words of consent changes no proof.
#[test]
fn the_first_of_several_claims_is_the_proof_and_another_way_of_opting_in_replaces_it() {
    let single = r#", "opt_in": "single""#;
    for (told, expected) in [
        ([("fair", ""), ("shop", "")], "fair"),
        ([("fair", ""), ("form", single)], "form"),
        ([("form", single), ("fair", "")], "fair"),
        ([("form", single), ("other form", single)], "other form"),
    ] {
        let mut consents = Consents::default();
        for (proof, opt_in) in told {
            let json = format!(
                r#"{{"type": "track", "userId": "ada", "event": "Subscribed", "properties": {{"proof": "{proof}"{opt_in}}},
                    "context": {{"history": true}}}}"#
            );
            let message = Message::parse(&json, &Wanted::Everything).unwrap();
            consents.hear(Heard { message: &message, id: proof, at: Instant(0), by: "import:1" });
        }
        let because = consents.in_effect(&Scope::All).because.unwrap();
        assert_eq!(because.proof.as_deref(), Some(expected), "{told:?}");
    }
}

#[test]
fn consents_are_stored_and_read_again() {
    let consents = after("told, unsubscribed news, subscribed #shirts, bounced, declined, allowed");
    let text = serde_json::to_string(&consents).unwrap();
    assert_eq!(serde_json::from_str::<Consents>(&text).unwrap(), consents, "{text}");
    assert!(serde_json::from_str::<Consents>(&text.replace("topic:shirts", "topical")).is_err());
}

const EVENTS: [&str; 19] = [
    "subscribed",
    "subscribed news",
    "subscribed #shirts",
    "told",
    "told news",
    "told #shirts",
    "unproved",
    "unsubscribed",
    "unsubscribed news",
    "unsubscribed #shirts",
    "past-unsubscribed news",
    "machine-unsubscribed",
    "machine-subscribed",
    "spam",
    "bounced",
    "bounced mild",
    "allowed",
    "told-allowed",
    "declined",
];

/// The contract's sentences, each asked of the whole list of events.
struct Naive<'e>(&'e [&'e str]);

impl Naive<'_> {
    fn named(event: &str) -> &'static str {
        match event {
            e if e.ends_with(" news") => "subscription:news",
            e if e.ends_with(" #shirts") => "topic:shirts",
            "spam" => "all",
            "allowed" | "told-allowed" | "declined" => "tracking",
            _ => "all",
        }
    }

    fn withdraws(event: &str) -> bool {
        ["unsubscribed", "past-unsubscribed", "spam", "declined"]
            .iter()
            .any(|word| event.split(' ').next() == Some(word))
    }

    fn grants(&self, place: usize) -> bool {
        match self.0[place] {
            "told-allowed" => !self.0[..place].contains(&"declined"),
            event => event == "allowed" || event.split(' ').next() == Some("subscribed"),
        }
    }

    /// The place of the last event that grants or withdraws the scope, and whether it grants.
    fn last_word(&self, scope: &str) -> Option<(usize, bool)> {
        let words = (0..self.0.len()).filter(|place| Self::named(self.0[*place]) == scope);
        words
            .filter(|place| self.grants(*place) || Self::withdraws(self.0[*place]))
            .map(|p| (p, self.grants(p)))
            .next_back()
    }

    fn told(&self, scope: &str) -> bool {
        let is_told = self.0.iter().any(|e| e.split(' ').next() == Some("told") && Self::named(e) == scope);
        let granted = (0..self.0.len()).rfind(|p| self.0[*p].split(' ').next() == Some("subscribed"));
        let bounced = self.0.iter().rposition(|event| *event == "bounced");
        let came_back = bounced.is_some_and(|bounced| granted.is_none_or(|granted| granted < bounced));
        is_told && self.last_word(scope).is_none() && !came_back
    }

    fn in_effect(&self, scope: &str) -> &'static str {
        let own = self.last_word(scope);
        let all = if scope == "tracking" { None } else { self.last_word("all") };
        let told_all = scope != "tracking" && self.told("all");
        let grant = own.filter(|(_, grants)| *grants).map(|(place, _)| place);
        if own.is_some_and(|(_, grants)| !grants) {
            "withdrawn"
        } else if all.is_some_and(|(place, grants)| !grants && grant.is_none_or(|grant| grant <= place)) {
            "withdrawn"
        } else if own.is_some() || all.is_some_and(|(_, grants)| grants) || self.told(scope) || told_all {
            "granted"
        } else {
            "unknown"
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_second_reading_gives_the_same(events in prop::collection::vec(prop::sample::select(&EVENTS[..]), 0..12)) {
        let consents = after(&events.join(","));
        for scope in ["all", "subscription:news", "subscription:other", "topic:shirts", "tracking"] {
            let found = consents.in_effect(&scope.parse().unwrap()).state.name();
            prop_assert_eq!(found, Naive(&events).in_effect(scope), "{} after {:?}", scope, &events);
        }
    }

    #[test]
    fn nothing_that_is_told_raises_what_was_withdrawn(
        events in prop::collection::vec(prop::sample::select(&EVENTS[..]), 0..12),
        told in prop::sample::select(&["told", "told news", "told #shirts", "told-allowed"][..]),
    ) {
        let before = after(&events.join(","));
        let behind = after(&[events.as_slice(), &[told]].concat().join(","));
        for scope in ["all", "subscription:news", "topic:shirts", "tracking"] {
            let scope: Scope = scope.parse().unwrap();
            if before.in_effect(&scope).state == State::Withdrawn {
                prop_assert_eq!(behind.in_effect(&scope).state, State::Withdrawn, "{} after {:?}, {}", scope, &events, told);
            }
        }
    }
}
