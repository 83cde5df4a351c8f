use attractor_engine::consent::Heard;
use attractor_engine::message::{Message, Wanted};
use attractor_live::profile::Attribute;
use attractor_live::suppression::{HashKeys, SuppressionKind, of_address};
use attractor_live::timing::Timing;
use attractor_mail::gate::Until::{At, Somebody};
use attractor_store::Location;
use attractor_store::suppressions::{self, SuppressionEffect, SuppressionRow};
use serde_json::{Value, json};

use super::*;
use crate::sending::country_rules::testing::{by_default, never};
use crate::sending::sender::DomainWait;
use crate::sending::situation::testing::{known, situation};
use crate::sending::testing::copy;

/// What a lead's events say, in their order.
fn lead(events: &[(&str, Value)]) -> KnownLead {
    let mut lead = known();
    for (number, (event, properties)) in (1..).zip(events) {
        let json = json!({"type": "track", "userId": "u", "event": event, "properties": properties}).to_string();
        let message = Message::parse(&json, &Wanted::Everything).unwrap();
        lead.profile.consents.hear(Heard { message: &message, id: "m", at: Instant(number), by: "key:1" });
        lead.profile.timing.take_in(&message, Instant(number));
    }
    lead
}

fn granted() -> KnownLead {
    lead(&[("Subscribed", json!({"proof": "a form"}))])
}

/// The name of what decides, with its detail.
fn decided(lead: KnownLead, copy: &MailCopy, change: impl FnOnce(&mut Situation)) -> String {
    let mut situation = situation(lead);
    change(&mut situation);
    let late = Late { nothing_left: None, cannot_render: &mut || None, held_until: &mut |_| None };
    match decide(&situation, copy, late).unwrap() {
        Decision::Send => "send".into(),
        Decision::Skip { reason, detail } => named(reason.name(), &detail),
        Decision::Hold { reason, until: At(at) } => format!("{} until {at}", reason.name()),
        Decision::Hold { reason, until: Somebody } => reason.name().into(),
    }
}

#[test]
fn who_agreed_is_written_to_and_who_did_not_is_not() {
    let proof = || ("Subscribed", json!({"proof": "a form"}));
    let table: [(KnownLead, &str); 8] = [
        (granted(), "send"),
        (lead(&[]), "no_consent: all"),
        (lead(&[("Subscribed", json!({}))]), "no_consent: all"),
        (lead(&[proof(), ("Unsubscribed", json!({}))]), "no_consent: all"),
        (lead(&[proof(), ("Email Marked as Spam", json!({}))]), "no_consent: all"),
        (KnownLead { address: None, ..granted() }, "no_address"),
        (KnownLead { is_unconfirmed: true, ..granted() }, "unconfirmed"),
        (
            KnownLead { address: Some("ada@localhost".into()), ..granted() },
            "no_address: \"localhost\" is not a domain name; expected one such as example.org",
        ),
    ];
    for (lead, expected) in table {
        let address = lead.address.clone();
        assert_eq!(decided(lead, &copy("offer"), |_| ()), expected, "{address:?}");
    }
}

fn set(lead: &mut KnownLead, name: &str, value: &str) {
    let attribute = Attribute { value: json!(value), at: 1, by: "key:1".into(), public: false, read: false };
    lead.profile.attributes.insert(name.to_owned(), attribute);
}

/// What decides of somebody in a country after these events, so many days later.
fn in_country(country: &str, row: &str, events: &[(&str, Value)], days: i64) -> String {
    let mut lead = lead(events);
    set(&mut lead, "country", country);
    let at = Instant(days * Duration::DAY.0);
    if row == "imported" {
        let json = r#"{"type": "track", "userId": "u", "event": "Subscribed", "properties": {"proof": "the fair"},
            "context": {"history": true}}"#;
        let message = Message::parse(json, &Wanted::Everything).unwrap();
        lead.profile.consents.hear(Heard { message: &message, id: "m", at: Instant(1), by: "import:1" });
    }
    decided(lead, &copy("offer"), |situation| situation.now = at)
}

#[test]
fn nobody_in_a_country_of_never_write_is_written_to_not_even_the_best_piece() {
    let decided = |country: &str, copy: &MailCopy| {
        let mut lead = granted();
        set(&mut lead, "country", country);
        decided(lead, copy, |situation| situation.countries = never(&["CH"]).into())
    };
    let best = MailCopy { email: None, ..copy("offer") };
    for copy in [&copy("offer"), &best] {
        assert_eq!(decided("Switzerland", copy), "country: CH:never_write", "{copy:?}");
        assert_eq!(decided("DE", copy), "send", "{copy:?}");
    }
}

/// A row and a column a line, in the order of the table.
#[test]
fn each_country_refuses_what_its_law_refuses() {
    let opt_in = |how: &str| vec![("Subscribed", json!({"proof": "a form", "opt_in": how}))];
    let double = vec![("Subscribed", json!({"proof": "a form"}))];
    let none = "no_consent: all";
    let columns = ["DE", "FR", "IT", "US", "CA", "UK", "AT", ""];
    for (row, events, days, expected) in [
        ("consent_unknown", vec![], 9, [none, none, none, "send", none, none, none, none]),
        ("imported", vec![], 9, ["send"; 8]),
        (
            "single_opt_in",
            opt_in("single"),
            9,
            [
                "country: DE:single_opt_in",
                "send",
                "country: IT:single_opt_in",
                "send",
                "send",
                "send",
                "country: other:single_opt_in",
                "country: unknown:single_opt_in",
            ],
        ),
        ("double_opt_in", double, 9_000, ["send"; 8]),
        (
            "customer",
            opt_in("customer"),
            730,
            ["send", "send", "send", "send", "send", "send", "country: other:customer", "country: unknown:customer"],
        ),
        (
            "implied_old",
            opt_in("customer"),
            731,
            [
                "country: DE:implied_old",
                "country: FR:implied_old",
                "country: IT:implied_old",
                "send",
                "country: CA:implied_old",
                "country: UK:implied_old",
                "country: other:implied_old",
                "country: unknown:implied_old",
            ],
        ),
    ] {
        for (country, expected) in columns.into_iter().zip(expected) {
            assert_eq!(in_country(country, row, &events, days), expected, "{row} in {country}");
        }
        let withdrawn = [events, vec![("Unsubscribed", json!({}))]].concat();
        assert_eq!(in_country("US", row, &withdrawn, days), "no_consent: all", "{row}, then withdrawn");
    }
}

/// The version that these lines add to a playbook.
fn under(lines: &str) -> attractor_live::Under {
    let text = format!("playbook: p\ntimezone: UTC\n{lines}");
    let playbook = attractor_engine::playbook::read(&text).playbook.unwrap();
    let program = attractor_engine::program::Program::new(playbook, &jiff::tz::TimeZoneDatabase::bundled()).unwrap();
    attractor_live::Under {
        version: attractor_store::VersionNumber(1),
        program: std::sync::Arc::new(program),
        at: Instant(0),
        enrols: true,
    }
}

#[test]
fn a_topic_that_was_shown_in_vain_keeps_its_own_e_mail_back() {
    let lines = "topics: [{id: shirts}, {id: hats}]\nemails:\n  - {id: offer, subject: S, body: <mjml></mjml>, topic: shirts}\n";
    for (tired, expected) in [(&["hats"][..], "send"), (&["hats", "shirts"], "fatigue: shirts")] {
        let tired = tired.iter().map(|topic| (*topic).to_owned()).collect();
        let lead = KnownLead { under: Some(under(lines)), tired, ..granted() };
        assert_eq!(decided(lead, &copy("offer"), |_| ()), expected);
    }
}

#[test]
fn an_address_that_nobody_has_confirmed_gets_few_copies_a_day_that_are_asked_for_in_its_name() {
    let now = situation(known()).now;
    let asked = MailCopy { class: "transactional".into(), ..copy("offer") };
    let form = MailCopy { source: CopySource::Form("m".into()), ..asked.clone() };
    let held = format!("rate until {}", (now - Duration(3) + Duration::DAY).0);
    for (left, is_unconfirmed, copy, expected) in [
        (2, true, &asked, "send"),
        (3, true, &asked, held.as_str()),
        (3, false, &asked, "send"),
        (3, true, &form, "send"),
        (3, true, &copy("offer"), "unconfirmed"),
    ] {
        let requested = (1..=left).map(|ago| now - Duration(ago)).collect();
        let lead = KnownLead { is_unconfirmed, requested, ..granted() };
        assert_eq!(decided(lead, copy, |_| ()), expected, "{left} {is_unconfirmed} {:?}", copy.source);
    }
}

/// What blocks an address of which these rows are known, the oldest first.
fn blocked(rows: &[(&str, SuppressionKind)]) -> AddressBlocks {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
    suppressions::make_key(&mut connection, 0).unwrap();
    let hash = HashKeys::read(&mut connection).unwrap().hashes("ada@people.example").remove(0);
    let row = |(at, (scope, kind)): (i64, &(&str, SuppressionKind))| SuppressionRow {
        hash: hash.clone(),
        scope: (*scope).to_owned(),
        effect: SuppressionEffect::Blocks(*kind),
        at,
    };
    let rows: Vec<SuppressionRow> = (1..).zip(rows).map(row).collect();
    suppressions::note(&mut connection, &rows).unwrap();
    of_address(&mut connection, "ada@people.example").unwrap()
}

#[test]
fn a_suppressed_copy_names_the_kind_that_keeps_it_back() {
    use SuppressionKind::{Bounce, Complaint, Erasure, Withdrawal};
    let asked = MailCopy { class: "transactional".into(), source: CopySource::Form("m".into()), ..copy("offer") };
    for (rows, marketing, transactional) in [
        (&[("all", Withdrawal)][..], "suppressed: withdrawal", "send"),
        (&[("all", Erasure)], "suppressed: erasure", "send"),
        (&[("all", Bounce)], "suppressed: bounce", "suppressed: bounce"),
        (&[("all", Bounce), ("all", Complaint)], "suppressed: complaint", "suppressed: complaint"),
        (&[("all", Complaint), ("all", Withdrawal)], "suppressed: withdrawal", "suppressed: complaint"),
        (&[("tracking", Withdrawal), ("subscription:other", Withdrawal)], "send", "send"),
    ] {
        let lead = || KnownLead { blocks: blocked(rows), ..granted() };
        assert_eq!(decided(lead(), &copy("offer"), |_| ()), marketing, "{rows:?}");
        assert_eq!(decided(lead(), &asked, |_| ()), transactional, "{rows:?}");
    }
}

#[test]
fn staff_is_not_written_to() {
    let staff = KnownLead { is_staff: true, ..granted() };
    assert_eq!(decided(staff, &copy("offer"), |_| ()), "staff");
}

#[test]
fn a_copy_is_measured_where_consent_or_all_known_countries_allow_it() {
    let (granted, declined) = (("Tracking Allowed", json!({"proof": "p"})), ("Tracking Declined", json!({})));
    for (events, countries, expected) in [
        (vec![], &[][..], false),
        (vec![], &[("country", "US")], true),
        (vec![], &[("country", "Deutschland")], false),
        (vec![], &[("country", "US"), ("company.country", "DE")], false),
        (vec![granted.clone()], &[("country", "FR")], true),
        (vec![granted, declined.clone()], &[], false),
        (vec![declined], &[("country", "US")], false),
    ] {
        let mut lead = lead(&events);
        countries.iter().for_each(|(name, value)| set(&mut lead, name, value));
        for (class, can_be) in [("marketing", true), ("answer", true), ("transactional", false)] {
            let copy = MailCopy { class: class.into(), ..copy("offer") };
            let is_measured = is_measured(&lead, &copy, &by_default());
            assert_eq!(is_measured, expected && can_be, "{class}: {events:?} {countries:?}");
        }
    }
}

#[test]
fn what_must_wait_says_for_how_long() {
    let now = situation(known()).now.0;
    let day = Duration::DAY.0;
    let with = |timing: Timing, last_left: Option<i64>| {
        let mut lead = granted();
        lead.profile.timing = timing;
        KnownLead { last_left: last_left.map(Instant), ..lead }
    };
    let away = Timing { away_until: Some(now + 5), ..Timing::default() };
    let seldom = Timing { every: Some(3 * day), ..Timing::default() };
    for (lead, expected) in [
        (with(away, None), format!("auto_reply until {}", now + 5)),
        (with(Timing { away_until: Some(now), ..away }, None), "send".into()),
        (with(seldom, Some(now - day)), format!("cadence until {}", now + 2 * day)),
        (with(seldom, Some(now - 3 * day)), "send".into()),
        (with(seldom, None), "send".into()),
        (with(Timing { not_before: Some(now + 1), ..Timing::default() }, None), format!("cadence until {}", now + 1)),
    ] {
        assert_eq!(decided(lead, &copy("offer"), |_| ()), expected);
    }
    let unverified = |situation: &mut Situation| situation.domain_wait = DomainWait::Everybody;
    assert_eq!(decided(granted(), &copy("offer"), unverified), "domain_unverified");
    let for_tests = |situation: &mut Situation| situation.domain_wait = DomainWait::RealRecipients;
    for (address, expected) in [("ada@people.test", "send"), ("ada@acme.com", "domain_unverified")] {
        let lead = KnownLead { address: Some(address.into()), ..granted() };
        assert_eq!(decided(lead, &copy("offer"), for_tests), expected, "{address}");
    }
    let broadcast = MailCopy { source: CopySource::Broadcast("may".into()), ..copy("offer") };
    let scanning = |situation: &mut Situation| situation.is_re_evaluating = true;
    assert_eq!(decided(granted(), &broadcast, scanning), format!("re_evaluation until {}", now + 60_000));
    assert_eq!(decided(granted(), &copy("offer"), scanning), "send", "a sequence waits for its own lead alone");
    let unknown = KnownLead { state: None, ..granted() };
    assert_eq!(decided(unknown, &copy("offer"), |_| ()), format!("re_evaluation until {}", now + 60_000));
}

#[test]
fn what_is_outside_the_sending_hours_waits_until_they_begin_where_the_lead_is() {
    use attractor_mail::hours::SendingHours;
    // It is eight on a Friday morning in London.
    let marketing = copy("offer");
    let answer = MailCopy { class: "answer".into(), ..copy("offer") };
    let asked = MailCopy { class: "transactional".into(), source: CopySource::Form("m".into()), ..copy("offer") };
    for (attributes, copy, expected) in [
        (vec![("timezone", "Europe/Berlin")], &marketing, "send"),
        (vec![("timezone", "Europe/London")], &marketing, "window until 1800003600000"),
        (vec![("timezone", "Asia/Tokyo")], &marketing, "window until 1800230400000"),
        (vec![("country", "US"), ("timezone", "Europe/Berlin")], &marketing, "send"),
        (vec![("country", "US")], &marketing, "window until 1800021600000"),
        (vec![], &marketing, "window until 1800003600000"),
        (vec![], &answer, "window until 1800003600000"),
        (vec![], &asked, "send"),
    ] {
        let mut lead = granted();
        attributes.iter().for_each(|(name, value)| set(&mut lead, name, value));
        let hours = |situation: &mut Situation| {
            situation.hours = SendingHours::read("mon-fri 9:00-17:00").unwrap();
        };
        assert_eq!(decided(lead, copy, hours), expected, "{attributes:?}, {}", copy.class);
    }
}

#[test]
fn what_a_lead_asked_for_itself_needs_no_consent() {
    let asked = MailCopy { class: "transactional".into(), source: CopySource::Form("m".into()), ..copy("offer") };
    let unverified = |situation: &mut Situation| situation.domain_wait = DomainWait::Everybody;
    assert_eq!(decided(lead(&[]), &asked, unverified), "send");
    let late = MailCopy { not_after: Some(situation(known()).now.0), ..asked };
    assert_eq!(decided(lead(&[]), &late, |_| ()), "too_late");
}

#[test]
fn a_copy_for_which_it_is_too_late_keeps_what_held_it_until_then() {
    let last = situation(known()).now.0;
    let held = |reason: &str, until| MailCopy {
        not_after: Some(last),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        until,
        ..copy("offer")
    };
    for (held, expected) in [
        (held("", None), "too_late"),
        (held("cadence", Some(last + 9)), "too_late: cadence"),
        (held("window", Some(last)), "too_late: window"),
        // It ended before, and nothing looked at the copy since: all sending was paused, or no server ran.
        (held("cadence", Some(last - 1)), "too_late"),
        (held("paused", None), "too_late: paused"),
        (held("domain_unverified", None), "too_late: domain_unverified"),
        // What the server answered differs from copy to copy, and is no cause to count by.
        (held("server: 451 try again later", Some(last + 9)), "too_late: server"),
        (held("a hold of a newer program", None), "too_late"),
    ] {
        assert_eq!(decided(granted(), &held, |_| ()), expected, "{held:?}");
    }
}

/// A lead that agreed and has one deal.
fn with_deal(status: &str, at: i64) -> KnownLead {
    let mut lead = granted();
    let status = DealStatus::named(status).unwrap();
    let deal = attractor_live::profile::Deal { status, amount: None, currency: None, opened_at: 0, at };
    lead.profile.deals.insert("d".into(), deal);
    lead
}

#[test]
fn buyers_get_no_broadcast() {
    let now = situation(known()).now.0;
    let broadcast = MailCopy { source: CopySource::Broadcast("may".into()), ..copy("offer") };
    for (status, at, expected) in [
        ("open", 0, "buyer"),
        ("won", 0, "buyer"),
        ("lost", now - 29 * Duration::DAY.0, "buyer"),
        ("lost", now - 30 * Duration::DAY.0, "send"),
    ] {
        assert_eq!(decided(with_deal(status, at), &broadcast, |_| ()), expected, "{status:?} at {at}");
    }
}

#[test]
fn buyers_are_sent_no_copy_again_of_a_sequence_that_leaves_them_alone() {
    let lines = |buyers: &str| {
        format!(
            "emails:\n  - {{id: offer, subject: S, body: <mjml></mjml>}}\nsequences:\n  - {{id: welcome, \
             enroll: {{all: []}}, {buyers}steps: [{{id: hello, send: {{email: offer}}}}]}}\n"
        )
    };
    let again = || {
        let mut again = copy("offer");
        again.dispatch.again_at = Some(9);
        again
    };
    let enrolled = |began: i64, by_hand: bool| {
        let enrollment = json!({"began": began, "by_hand": by_hand, "step": [1, null], "since": 5, "sending": false,
            "taken": 1, "done": []});
        // Stores spell it with one l.
        json!([{"sequence": "welcome", "held": false, "last_began": began, "enrolment": enrollment}]).to_string()
    };
    for (buyers, copy, enrollments, expected) in [
        ("", copy("offer"), None, "send"),
        ("", again(), None, "buyer"),
        ("buyers: true, ", again(), None, "send"),
        ("", again(), Some(enrolled(5, false)), "buyer"),
        ("", again(), Some(enrolled(5, true)), "send"),
        ("", again(), Some(enrolled(6, true)), "buyer"),
        ("", again(), Some("[{".to_owned()), "buyer"),
    ] {
        let mut lead = KnownLead { under: Some(under(&lines(buyers))), ..with_deal("open", 0) };
        lead.row.enrollments.clone_from(&enrollments);
        assert_eq!(decided(lead, &copy, |_| ()), expected, "{buyers}{enrollments:?}");
    }
}

#[test]
fn a_decision_becomes_what_is_reported() {
    let now = Instant(1_000);
    let held = |until| outcome(Decision::Hold { reason: Hold::Cadence, until }, now, false);
    let due = |outcome: Option<Outcome>| match outcome {
        Some(Outcome::Held { until, due, trouble_since: None, .. }) => (until, due),
        other => panic!("{other:?}"),
    };
    assert_eq!(due(held(At(5_000))), (Some(Instant(5_000)), Some(Instant(5_000))));
    let far = now + Duration(90 * Duration::DAY.0);
    assert_eq!(due(held(At(far.0))), (Some(far), Some(now + Duration::DAY)), "something may have changed by then");
    assert_eq!(due(held(Somebody)), (None, None), "whoever ends it recalls the copy");
    let skip = Decision::Skip { reason: Skip::CannotRender, detail: "line 3".into() };
    assert_eq!(outcome(skip, now, false), Some(Outcome::Skipped { reason: "cannot_render: line 3".into() }));
    assert_eq!(outcome(Decision::Send, now, false), None);
    for (is_test, expected) in [(false, "paused"), (true, "paused: test mode")] {
        let paused = outcome(Decision::Hold { reason: Hold::Paused, until: Somebody }, now, is_test);
        assert!(matches!(paused, Some(Outcome::Held { reason, .. }) if reason == expected));
    }
}

#[test]
fn in_the_test_mode_no_lead_gets_an_email() {
    let of_class = |class: &str| MailCopy { class: class.into(), ..copy("offer") };
    let alert = MailCopy { source: CopySource::Alert("call".into()), ..copy("offer") };
    for (lead, copy, expected) in [
        (granted(), of_class("marketing"), "paused"),
        (granted(), of_class("answer"), "paused"),
        (granted(), of_class("transactional"), "paused"),
        (granted(), alert, "send"),
        (lead(&[]), of_class("marketing"), "no_consent: all"),
    ] {
        assert_eq!(decided(lead, &copy, |situation| situation.is_test = true), expected, "{}", copy.class);
    }
}
