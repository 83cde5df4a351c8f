//! A withdrawal binds the address, not the lead alone (contract §2, Consent 6 and 7).

use attractor_engine::consent::{Scope, State};
use attractor_live::owe_blocks;
use attractor_live::suppression::{AddressBlock, ConsentInEffect, SuppressionKind, of_address, suppressed};
use attractor_store::{IdentityKind, Received, suppressions};

use crate::trial::{Trial, at};

/// The JSON of a track of a user, with properties.
fn track(user: &str, event: &str, properties: &str) -> String {
    format!(r#""type": "track", "userId": "{user}", "event": "{event}", "properties": {{{properties}}}"#)
}

fn told(user: &str) -> String {
    format!(r#"{}, "context": {{"history": true}}"#, track(user, "Subscribed", r#""proof": "fair 2024""#))
}

fn is(user: &str, email: &str) -> String {
    format!(r#""type": "identify", "userId": "{user}", "traits": {{"email": "{email}"}}"#)
}

impl Trial {
    /// What is in effect for a user at an address, as the API says it.
    fn effect(&self, user: &str, address: &str, scope: &str) -> State {
        let profile = self.profile(user);
        let bindings = of_address(&mut self.reader(), address).unwrap();
        ConsentInEffect::of(&profile.consents, &bindings, &scope.parse().unwrap()).state()
    }

    /// Why an address is not written to in a scope.
    fn why(&self, address: &str, scope: &str) -> Option<SuppressionKind> {
        suppressed(&mut self.reader(), address, &scope.parse().unwrap()).unwrap().map(|found| found.kind)
    }
}

const OPT_IN: &str = r#""proof": "double opt-in""#;

#[test]
fn an_address_that_left_under_one_lead_has_left_under_the_other() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &is("g7", "Sh@X.example")), ("b", "09:01", &is("g8", "sh@x.example"))]);
    trial.receive(&[("c", "09:02", &track("g7", "Subscribed", OPT_IN))]);
    trial.receive(&[("d", "09:03", &track("g8", "Subscribed", OPT_IN))]);
    trial.receive(&[("e", "09:04", &track("g7", "Unsubscribed", ""))]);
    assert_eq!(trial.effect("g8", "sh@x.example", "all"), State::Withdrawn);
    assert_eq!(trial.effect("g8", "sh@x.example", "tracking"), State::Unknown);
    let own = trial.profile("g8");
    assert_eq!(own.consents.in_effect(&Scope::All).state, State::Granted, "its own events say so");
    trial.receive(&[("f", "09:05", &track("g8", "Subscribed", OPT_IN))]);
    assert_eq!(trial.effect("g8", "sh@x.example", "all"), State::Granted, "the address came back by its own act");
    trial.agrees();
}

#[test]
fn what_is_withdrawn_before_an_address_is_known_binds_the_first_one() {
    let left = track("g7", "Unsubscribed", "");
    let visitor = r#""type": "track", "anonymousId": "v", "event": "Unsubscribed""#;
    let tied = r#""type": "identify", "userId": "g7", "anonymousId": "v", "traits": {"email": "sh@x.example"}"#;
    for (name, messages) in [
        ("one after the other", vec![("a", "09:00", left.clone()), ("b", "09:01", is("g7", "sh@x.example"))]),
        ("the withdrawal comes late", vec![("b", "09:01", is("g7", "sh@x.example")), ("a", "09:00", left)]),
        ("a visitor who is identified", vec![("a", "09:00", visitor.to_owned()), ("b", "09:01", tied.to_owned())]),
    ] {
        let mut trial = Trial::new();
        for (id, time, json) in &messages {
            trial.receive(&[(*id, *time, json.as_str())]);
        }
        assert_eq!(trial.why("sh@x.example", "all"), Some(SuppressionKind::Withdrawal), "{name}");
        trial.receive(&[("c", "09:05", &is("g7", "other@x.example"))]);
        assert_eq!(trial.why("other@x.example", "all"), None, "{name}: it had an address by then");
        trial.agrees();
    }
}

#[test]
fn a_user_id_that_is_an_address_is_bound() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &track("Solo@x.example", "Unsubscribed", ""))]);
    assert_eq!(trial.why("solo@x.example", "all"), Some(SuppressionKind::Withdrawal));
}

#[test]
fn of_a_grant_and_a_withdrawal_at_one_instant_the_last_received_counts() {
    let (g7, g8) = (is("g7", "sh@x.example"), is("g8", "sh@x.example"));
    for (first, then, expected) in
        [("Subscribed", "Unsubscribed", Some(SuppressionKind::Withdrawal)), ("Unsubscribed", "Subscribed", None)]
    {
        for (one, other) in [("g7", "g8"), ("g8", "g7")] {
            let mut trial = Trial::new();
            trial.receive(&[("a", "09:00", &g7), ("b", "09:00", &g8)]);
            let (first_json, then_json) = (track(one, first, OPT_IN), track(other, then, OPT_IN));
            trial.receive(&[("c", "09:01", &first_json), ("d", "09:01", &then_json)]);
            assert_eq!(trial.why("sh@x.example", "all"), expected, "{one} {first}, {other} {then}");
        }
    }
}

#[test]
fn each_kind_of_event_binds_the_address_in_its_scope() {
    for (event, properties, scope, kind) in [
        ("Unsubscribed", "", "all", SuppressionKind::Withdrawal),
        ("Unsubscribed", "", "subscription:newsletter", SuppressionKind::Withdrawal),
        ("Unsubscribed", r#""subscription": "newsletter""#, "subscription:newsletter", SuppressionKind::Withdrawal),
        ("Unsubscribed", r#""topic": "shirts""#, "topic:shirts", SuppressionKind::Withdrawal),
        ("Email Marked as Spam", "", "all", SuppressionKind::Complaint),
        ("Email Bounced", "", "all", SuppressionKind::Bounce),
        ("Tracking Declined", "", "tracking", SuppressionKind::Withdrawal),
    ] {
        let mut trial = Trial::new();
        trial.receive(&[("a", "09:00", &is("ada", "ada@x.example"))]);
        trial.receive(&[("b", "09:01", &track("ada", event, properties))]);
        assert_eq!(trial.why("ADA@x.example ", scope), Some(kind), "{event} {properties} in {scope}");
        assert_eq!(trial.why("bea@x.example", scope), None);
    }
    for (event, properties) in [("Email Bounced", r#""permanent": false"#), ("Email Opened", "")] {
        let mut trial = Trial::new();
        trial.receive(&[("a", "09:00", &is("ada", "ada@x.example")), ("b", "09:01", &track("ada", event, properties))]);
        assert_eq!(trial.why("ada@x.example", "all"), None, "{event} {properties}");
    }
}

#[test]
fn the_address_of_the_copy_goes_before_that_of_the_lead_and_the_lead_s_is_that_of_the_time() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &is("ada", "old@x.example"))]);
    trial.receive(&[("b", "09:01", &track("ada", "Email Bounced", r#""email": "Copy@x.example""#))]);
    assert_eq!(
        (trial.why("copy@x.example", "all"), trial.why("old@x.example", "all")),
        (Some(SuppressionKind::Bounce), None)
    );
    trial.receive(&[("d", "09:10", &is("ada", "new@x.example"))]);
    trial.receive(&[("e", "09:05", &track("ada", "Unsubscribed", ""))]);
    assert_eq!(trial.why("old@x.example", "all"), Some(SuppressionKind::Withdrawal));
    assert_eq!(trial.why("new@x.example", "all"), None, "it was another address then");
    assert_eq!(trial.effect("ada", "new@x.example", "all"), State::Withdrawn, "the lead's own word");
}

#[test]
fn an_undo_of_the_import_that_brought_the_opt_out_raises_nothing() {
    let mut trial = Trial::new();
    let out = format!(r#"{}, "context": {{"history": true}}"#, track("bea", "Unsubscribed", ""));
    trial.take("import:1", &[("a", "09:00", &is("bea", "bea@x.example")), ("b", "09:00", &out)]);
    trial.take("import:2", &[("c", "09:30", &is("bea", "bea@x.example")), ("d", "09:30", &told("bea"))]);
    assert_eq!(trial.effect("bea", "bea@x.example", "all"), State::Withdrawn);
    while trial.lane.undo("import:1", at("10:00"), 1).unwrap() {}
    let own = trial.profile("bea");
    assert_eq!(
        own.consents.in_effect(&Scope::All).state,
        State::Granted,
        "what is left of its events tells of consent"
    );
    assert_eq!(trial.effect("bea", "bea@x.example", "all"), State::Withdrawn);
    trial.agrees();
}

#[test]
fn whoever_withdrew_and_was_erased_is_granted_nothing_by_a_later_import() {
    for event in ["Unsubscribed", "Email Marked as Spam", "Email Opened"] {
        let mut trial = Trial::new();
        trial.receive(&[("a", "09:00", &is("e1", "erase@x.example")), ("b", "09:01", &track("e1", event, ""))]);
        let lead = trial.lead(IdentityKind::User, "e1");
        trial.erase(lead, at("10:00"));
        assert!(trial.identity(IdentityKind::User, "e1").is_none(), "nothing of it is left");
        trial.take("import:1", &[("c", "10:30", &is("e2", "erase@x.example")), ("d", "10:30", &told("e2"))]);
        assert_eq!(trial.effect("e2", "erase@x.example", "all"), State::Withdrawn, "{event}");
        trial.receive(&[("e", "10:40", &track("e2", "Subscribed", OPT_IN))]);
        assert_eq!(trial.effect("e2", "erase@x.example", "all"), State::Granted, "{event}: by its own act");
    }
}

#[test]
fn an_erasure_leaves_the_address_to_whoever_else_has_it() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &is("g7", "sh@x.example")), ("b", "09:01", &is("g8", "sh@x.example"))]);
    trial.receive(&[("c", "09:02", &track("g8", "Subscribed", OPT_IN))]);
    trial.erase(trial.lead(IdentityKind::User, "g7"), at("10:00"));
    assert_eq!(trial.effect("g8", "sh@x.example", "all"), State::Granted);
}

#[test]
fn a_grant_made_by_hand_ends_nothing() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &is("ada", "ada@x.example")), ("b", "09:01", &track("ada", "Unsubscribed", ""))]);
    let by_hand = track("ada", "Subscribed", r#""proof": "on the phone", "by": "user:1""#);
    trial.take("user:1", &[("c", "09:05", &by_hand)]);
    assert_eq!(trial.effect("ada", "ada@x.example", "all"), State::Withdrawn);
}

#[test]
fn a_withdrawal_that_comes_late_does_not_go_before_a_later_grant() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &is("ada", "ada@x.example")), ("b", "09:10", &track("ada", "Subscribed", OPT_IN))]);
    trial.receive(&[("c", "09:05", &track("ada", "Unsubscribed", ""))]);
    assert_eq!(
        (trial.why("ada@x.example", "all"), trial.effect("ada", "ada@x.example", "all")),
        (None, State::Granted)
    );
    trial.receive(&[("d", "09:15", &track("ada", "Unsubscribed", ""))]);
    assert_eq!(trial.why("ada@x.example", "all"), Some(SuppressionKind::Withdrawal));
    let news = r#""proof": "form", "subscription": "newsletter""#;
    trial.receive(&[("e", "09:20", &track("ada", "Subscribed", news))]);
    assert_eq!(trial.why("ada@x.example", "subscription:newsletter"), None, "a later grant of that scope");
    assert_eq!(trial.why("ada@x.example", "all"), Some(SuppressionKind::Withdrawal));
}

#[test]
fn a_bounce_of_the_address_voids_what_another_lead_was_told_there() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &is("ada", "x@x.example")), ("b", "09:01", &track("ada", "Email Bounced", ""))]);
    trial.take("import:1", &[("c", "09:30", &is("bea", "x@x.example")), ("d", "09:30", &told("bea"))]);
    assert_eq!(trial.effect("bea", "x@x.example", "all"), State::Unknown);
    assert_eq!(trial.why("x@x.example", "all"), Some(SuppressionKind::Bounce));
}

#[test]
fn an_import_says_how_many_grants_took_no_effect() {
    let mut trial = Trial::new();
    trial.receive(&[("a", "09:00", &is("ada", "ada@x.example")), ("b", "09:01", &track("ada", "Unsubscribed", ""))]);
    let lines = [is("ada", "ada@x.example"), told("ada"), is("bea", "bea@x.example"), told("bea")];
    let arrived: Vec<attractor_live::Arrived> = lines
        .iter()
        .enumerate()
        .map(|(place, rest)| attractor_live::Arrived {
            json: format!(r#"{{"messageId": "i{place}", "timestamp": "{}", {rest}}}"#, at("09:30")),
            received_at: at("09:40"),
            origin: "import:1".into(),
            fills: attractor_live::Fills::All,
        })
        .collect();
    let mut count = || {
        trial
            .lane
            .take_import(&arrived, &[attractor_live::Assertion::Happened; 4], at("09:40"), |_, _, suppressed| {
                Ok(suppressed)
            })
            .unwrap()
    };
    assert_eq!((count(), count()), (1, 0), "messages that are known already are not counted again");
}

#[test]
fn addresses_bound_by_hand_are_bound_until_their_own_act() {
    let mut trial = Trial::new();
    let kind = Some(SuppressionKind::Complaint);
    let received = Received::MAX;
    let blocks = [AddressBlock { address: "ada@x.example".into(), scope: Scope::All, kind, at: at("09:00"), received }];
    trial.lane.deed(at("09:00"), |deed| deed.suppress(&blocks)).unwrap();
    trial.receive(&[("a", "09:05", &is("ada", "ada@x.example"))]);
    trial.take("import:1", &[("b", "09:06", &told("ada"))]);
    assert_eq!(trial.effect("ada", "ada@x.example", "all"), State::Withdrawn);
    trial.receive(&[("c", "09:10", &track("ada", "Subscribed", OPT_IN))]);
    assert_eq!(trial.effect("ada", "ada@x.example", "all"), State::Granted);
}

#[test]
fn nothing_of_an_address_is_stored_but_a_hash_under_a_key_of_its_store() {
    let hashes = |trial: &mut Trial| {
        trial
            .receive(&[("a", "09:00", &is("ada", "ada@x.example")), ("b", "09:01", &track("ada", "Unsubscribed", ""))]);
        let mut found = Vec::new();
        suppressions::each(&mut trial.reader(), |one| {
            found.push(one.hash);
            Ok(())
        })
        .unwrap();
        found
    };
    let (one, other) = (hashes(&mut Trial::new()), hashes(&mut Trial::new()));
    assert_eq!((one.len(), one[0].len()), (1, 64));
    assert_ne!(one, other, "each store has a key of its own");
}

#[test]
fn withdrawals_stored_by_an_earlier_version_bind_their_addresses_in_the_background() {
    let mut trial = Trial::new();
    for (place, user) in ["ada", "bea", "cat"].into_iter().enumerate() {
        let time = format!("09:0{place}");
        trial.receive(&[(&format!("i{user}"), &time, &is(user, &format!("{user}@x.example")))]);
        let event = if user == "cat" { "Email Opened" } else { "Unsubscribed" };
        trial.receive(&[(&format!("o{user}"), &format!("09:1{place}"), &track(user, event, ""))]);
    }
    trial
        .lane
        .write(|connection| {
            connection.execute("DELETE FROM suppressions", &[])?;
            owe_blocks(connection)
        })
        .unwrap();
    assert_eq!(trial.why("ada@x.example", "all"), None);
    while trial.lane.background(at("10:00")).unwrap() {}
    let all = ["ada", "bea", "cat"].map(|user| trial.why(&format!("{user}@x.example"), "all"));
    assert_eq!(all, [Some(SuppressionKind::Withdrawal), Some(SuppressionKind::Withdrawal), None]);
    assert!(!trial.lane.background(at("10:00")).unwrap(), "it ends");
    trial.agrees();
}

#[test]
fn a_withdrawal_that_has_yet_to_bind_its_address_does_so_before_it_is_deleted() {
    for undo in [true, false] {
        let mut trial = Trial::new();
        let lines = [("a", "09:00", is("ada", "ada@x.example")), ("b", "09:01", track("ada", "Unsubscribed", ""))];
        trial.take("import:1", &lines.each_ref().map(|(id, time, rest)| (*id, *time, rest.as_str())));
        trial.lane.write(|connection| connection.execute("DELETE FROM suppressions", &[])).unwrap();
        match undo {
            true => while trial.lane.undo("import:1", at("10:00"), 10).unwrap() {},
            false => _ = trial.erase(trial.lead(IdentityKind::User, "ada"), at("10:00")),
        }
        let bindings = of_address(&mut trial.reader(), "ada@x.example").unwrap();
        assert!(bindings.all().any(|found| found.kind == SuppressionKind::Withdrawal), "undo {undo}");
    }
}
