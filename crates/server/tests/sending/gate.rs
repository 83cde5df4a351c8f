//! Who is not written to, and who has to wait.

use attractor_engine::time::Duration;
use axum::http::Method;
use serde_json::{Value, json};

use super::running::{PUBLIC_KEY, Place};
use super::world::{again, command, event, get, identify, person, playbook, send, start, tell, until};

/// The copy of a lead's welcome.
fn welcome<'c>(copies: &'c [Value], user: &str) -> &'c Value {
    copies.iter().find(|copy| copy["lead_name"] == user && copy["email"] != "more").unwrap_or(&Value::Null)
}

/// A lead, what is posted of it, and the state and the reason of its copy.
type Case = (&'static str, Vec<Value>, &'static str, &'static str);

fn cases() -> Vec<Case> {
    let form = |user: &str| event(user, "Form Submitted", json!({}));
    let with_email = |user: &str| identify(user, json!({"email": format!("{user}@people.test")}));
    let subscribed = |user: &str| event(user, "Subscribed", json!({"proof": "a form"}));
    let unsubscribed = |user: &str| event(user, "Unsubscribed", json!({"subscription": "news"}));
    vec![
        ("nobody", vec![form("nobody")], "skipped", "no_address"),
        ("odd", vec![identify("odd", json!({"email": "odd@localhost"})), form("odd")], "skipped", "no_address"),
        ("silent", vec![with_email("silent"), form("silent")], "skipped", "no_consent: subscription:news"),
        (
            "gone",
            vec![with_email("gone"), subscribed("gone"), unsubscribed("gone"), form("gone")],
            "skipped",
            "suppressed",
        ),
        (
            "topical",
            vec![
                with_email("topical"),
                subscribed("topical"),
                event("topical", "Unsubscribed", json!({"topic": "shirts"})),
                form("topical"),
            ],
            "skipped",
            "no_consent: topic:shirts",
        ),
        (
            "bounced",
            vec![
                with_email("bounced"),
                subscribed("bounced"),
                event("bounced", "Email Bounced", json!({})),
                form("bounced"),
            ],
            "skipped",
            "suppressed",
        ),
        (
            "away",
            vec![
                with_email("away"),
                subscribed("away"),
                event("away", "Email Auto-Replied", json!({"until": "2999-01-01"})),
                form("away"),
            ],
            "waiting",
            "auto_reply",
        ),
        (
            "later",
            vec![
                with_email("later"),
                subscribed("later"),
                event("later", "Frequency Chosen", json!({"until": "2999-01-01"})),
                form("later"),
            ],
            "waiting",
            "cadence",
        ),
        (
            "fails",
            vec![identify("fails", json!({"email": "fails@people.test", "fails": true})), subscribed("fails")],
            "skipped",
            "cannot_render: body, line 1",
        ),
    ]
}

/// What rests on the country, and on a mailbox that answers by itself.
fn cases_of_countries() -> Vec<Case> {
    let form = |user: &str| event(user, "Form Submitted", json!({}));
    let with_email = |user: &str| identify(user, json!({"email": format!("{user}@people.test")}));
    let subscribed = |user: &str| event(user, "Subscribed", json!({"proof": "a form"}));
    vec![
        (
            "unproven",
            vec![
                identify("unproven", json!({"email": "unproven@people.test", "country": "Germany"})),
                event("unproven", "Subscribed", json!({"proof": "a form", "opt_in": "single"})),
                form("unproven"),
            ],
            "skipped",
            "country: DE:single_opt_in",
        ),
        ("seen", vec![with_email("seen"), subscribed("seen"), form("seen")], "sent", ""),
        (
            "american",
            vec![identify("american", json!({"email": "american@people.test", "country": "US"})), form("american")],
            "sent",
            "",
        ),
        (
            "week",
            vec![with_email("week"), subscribed("week"), event("week", "Email Auto-Replied", json!({})), form("week")],
            "waiting",
            "auto_reply",
        ),
    ]
}

#[test]
fn each_reason_has_its_name_and_a_sentence() {
    Place::each(|place| {
        let server = start(place, &[]);
        let table = [cases(), cases_of_countries()].concat();
        for (_, messages, ..) in &table {
            tell(&server, messages);
        }
        for (user, _, state, reason) in &table {
            let copies = until(place, reason, |copies| {
                let copy = welcome(copies, user);
                copy["reason"].as_str().map_or(copy["state"] == *state, |found| found.starts_with(reason))
            });
            let copy = welcome(&copies, user);
            assert_eq!(copy["state"], *state, "{user}: {copy}");
            assert!(reason.is_empty() || copy["why"].as_str().unwrap().ends_with('.'), "{copy}");
        }
        shown_as_decided(place);
        // The second e-mail has no topic that anybody left.
        let caught = get(place, "/api/caught");
        let all: Vec<_> =
            caught["items"].as_array().unwrap().iter().map(|mail| (&mail["to"], &mail["subject"])).collect();
        let to = |user: &str| all.iter().filter(|mail| *mail.0 == format!("{user}@people.test")).count();
        assert_eq!(
            (to("topical"), to("seen"), to("american"), to("silent"), to("unproven")),
            (1, 1, 1, 0, 0),
            "{all:?}"
        );
        assert!(all.contains(&(&json!("topical@people.test"), &json!("More"))), "{all:?}");
        server.stop();
    });
}

/// What is shown of a lead's consent is what the gate decided.
fn shown_as_decided(place: &Place) {
    for (user, allowed, skipped_as, words) in [
        (
            "unproven",
            false,
            json!("country: DE:single_opt_in"),
            "no: in Germany an e-mail address must be confirmed (double opt-in), and this one was given on a form without",
        ),
        (
            "american",
            true,
            json!(null),
            "yes, although consent was never given: the setting `consent_unknown` allows it in",
        ),
        ("seen", true, json!(null), "yes, granted on "),
        ("silent", false, json!("no_consent: subscription:news"), "no, because consent was never given, and without a"),
        ("gone", false, json!("suppressed: withdrawal"), "no, because consent was withdrawn on "),
        ("bounced", false, json!("suppressed: bounce"), "no, because mail to the address came back for good on "),
    ] {
        let path = format!("/api/leads/user:{user}");
        let consent = get(place, &path)["consent"]["subscription:news"].clone();
        assert_eq!((&consent["allowed"], &consent["skipped_as"]), (&json!(allowed), &skipped_as), "{user}: {consent}");
        assert!(consent["decision"].as_str().unwrap().starts_with(words), "{user}: {consent}");
    }
    let nobody = get(place, "/api/leads/user:nobody")["consent"]["all"].clone();
    assert_eq!((&nobody["allowed"], &nobody["skipped_as"]), (&json!(false), &json!("no_address")), "{nobody}");
}

#[test]
fn who_is_in_a_country_of_never_write_is_not_written_to_whatever_was_agreed() {
    let place = Place::sqlite();
    let server = start(&place, &[("NEVER_WRITE", "CH")]);
    let swiss = identify("swiss", json!({"email": "swiss@people.test", "country": "Switzerland"}));
    let agreed = event("swiss", "Subscribed", json!({"proof": "a form"}));
    tell(&server, &[swiss, agreed, event("swiss", "Form Submitted", json!({}))]);
    let copies = until(&place, "skipped", |copies| welcome(copies, "swiss")["state"] == "skipped");
    let copy = welcome(&copies, "swiss");
    assert_eq!(copy["reason"], "country: CH:never_write", "{copy}");
    assert!(copy["why"].as_str().unwrap().contains("nobody in the lead's country is written to (CH)"), "{copy}");
    let consent = get(&place, "/api/leads/user:swiss")["consent"]["all"].clone();
    assert_eq!((&consent["state"], &consent["allowed"]), (&json!("granted"), &json!(false)), "{consent}");
    server.stop();
}

#[test]
fn an_address_of_public_keys_alone_is_not_written_to() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    let identify = r#"{"userId": "eve", "traits": {"email": "eve@people.test"}}"#;
    assert_eq!(server.post(PUBLIC_KEY, "/v1/identify", identify).status, 200);
    let form = r#"{"userId": "eve", "event": "Form Submitted"}"#;
    assert_eq!(server.post(PUBLIC_KEY, "/v1/track", form).status, 200);
    let copies = until(&place, "skipped", |copies| welcome(copies, "eve")["state"] == "skipped");
    assert_eq!(welcome(&copies, "eve")["reason"], "unconfirmed");
    server.stop();
}

#[test]
fn one_address_gets_each_step_once_whichever_leads_have_it() {
    Place::each(|place| {
        let server = start(place, &[]);
        for user in ["ada", "twin"] {
            tell(&server, &person(user, json!({"email": "shared@people.test"})));
        }
        let is_over = |copies: &[Value]| {
            ["ada", "twin"]
                .iter()
                .all(|user| ["sent", "skipped"].contains(&welcome(copies, user)["state"].as_str().unwrap_or_default()))
        };
        let copies = until(place, "over", is_over);
        let mut reasons: Vec<&Value> = ["ada", "twin"].iter().map(|user| &welcome(&copies, user)["reason"]).collect();
        reasons.sort_by_key(|reason| reason.is_null());
        assert_eq!(reasons, [&json!("duplicate"), &Value::Null]);
        assert_eq!(get(place, "/api/caught")["items"].as_array().unwrap().len(), 1);
        server.stop();
    });
}

#[test]
fn nothing_but_what_was_asked_for_leaves_outside_the_sending_hours() {
    Place::each(|place| {
        // A day that is nowhere on earth today.
        let now = jiff::Timestamp::from_millisecond(attractor_server::clock::now().0).unwrap();
        let later = now.to_zoned(jiff::tz::TimeZone::UTC).weekday().wrapping_add(3);
        let day = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"][later.to_monday_zero_offset() as usize];
        let server = start(place, &[("SENDING_HOURS", &format!("{day} 9:00-18:00"))]);
        tell(&server, &person("ada", json!({"timezone": "Asia/Tokyo"})));
        let held = until(place, "held", |copies| welcome(copies, "ada")["reason"] == "window");
        let copy = welcome(&held, "ada");
        // Nine in Tokyo.
        assert!(copy["until"].as_str().unwrap().ends_with("T00:00:00.000Z"), "{copy:#}");
        let why = copy["why"].as_str().unwrap();
        let clock = "by the clock of Asia/Tokyo (the lead's own)";
        let expected = format!("It is outside the sending hours where the lead is, {clock}: it waits until ");
        assert!(why.starts_with(&expected), "{why}");
        // What the lead chooses while the copy waits is shown at once, and not when its turn comes.
        tell(&server, &[event("ada", "Frequency Chosen", json!({"until": "2999-01-01T00:00:00Z"}))]);
        let paused = until(place, "paused", |copies| welcome(copies, "ada")["until"] == "2999-01-01T00:00:00.000Z");
        let copy = welcome(&paused, "ada");
        let why = copy["why"].as_str().unwrap();
        assert!(
            copy["reason"] == "cadence" && why.starts_with("The lead chose a pause: it waits until 2999-"),
            "{copy:#}"
        );
        server.stop();
    });
}

#[test]
fn a_version_whose_rules_are_the_same_forgets_nothing_that_was_sent() {
    Place::each(|place| {
        let server = start(place, &[]);
        tell(&server, &person("ada", json!({})));
        let more = |copies: &[Value]| copies.iter().find(|copy| copy["email"] == "more").cloned().unwrap_or_default();
        let before = more(&until(place, "held", |copies| more(copies)["reason"] == "cadence"));
        place.write("playbook/playbook.yaml", &format!("{}# a remark\n", playbook()));
        let folder = place.path().join("playbook").display().to_string();
        assert_eq!(command(place, &["apply", &folder, "--yes"]).code, 0);
        let draft = json!({"name": "May", "email": "extra", "audience": {"segment": "asked"}});
        let made = send(place, Method::POST, "/api/broadcasts", &draft).unwrap();
        let audience = get(place, &format!("/api/broadcasts/{}/audience", made["id"].as_str().unwrap()));
        assert_eq!(
            (&audience["on_time"], &audience["too_late"], &audience["skipped"][0]["reason"]),
            (&json!(0), &json!(1), &json!("too_late: cadence")),
            "{audience:#}"
        );
        assert_eq!(send(place, Method::POST, "/api/sending/resume", &Value::Null).map(drop), Ok(()));
        let after = more(&until(place, "looked at", |copies| !more(copies).is_null()));
        assert_eq!((&after["reason"], &after["until"]), (&before["reason"], &before["until"]));
        server.stop();
    });
}

/// While no server runs: what was sent left so much earlier, and the turns of what waits have come.
fn time_passes(place: &Place, length: Duration) {
    let length = length.0.into();
    let mut store = place.store();
    for sql in [
        "UPDATE copies SET sent_at = sent_at - $1 WHERE state = 'sent'",
        "UPDATE copies SET due = due - $1 WHERE state = 'waiting'",
        "UPDATE addressed SET at = at - $1",
    ] {
        store.execute(sql, std::slice::from_ref(&length)).unwrap();
    }
}

#[test]
fn a_copy_that_waits_leaves_as_the_version_has_it_that_is_in_force_then() {
    const CORRECTED: &str = "<mjml><mj-body><mj-section><mj-column><mj-text>We have corrected this</mj-text></mj-column></mj-section></mj-body></mjml>";
    Place::each(|place| {
        let server = start(place, &[]);
        tell(&server, &person("ada", json!({})));
        let more = |copies: &[Value]| copies.iter().find(|copy| copy["email"] == "more").cloned().unwrap_or_default();
        let held = more(&until(place, "held", |copies| more(copies)["reason"] == "cadence"));
        let (before, after) = ("subject: More, body: emails/welcome.mjml", "subject: Corrected, body: emails/new.mjml");
        assert!(playbook().contains(before));
        place.write("playbook/playbook.yaml", &playbook().replace(before, after));
        place.write("playbook/emails/new.mjml", CORRECTED);
        let folder = place.path().join("playbook").display().to_string();
        let applied = command(place, &["apply", &folder, "--yes"]);
        assert_eq!(applied.code, 0, "{}", applied.err);
        server.stop();
        time_passes(place, Duration(31 * Duration::DAY.0));
        let server = again(place, &[]);
        let sent = more(&until(place, "sent", |copies| more(copies)["state"] == "sent"));
        assert_eq!(sent["send_id"], held["send_id"], "it is the copy that waited");
        let caught = get(place, "/api/caught?search=ada@people.test");
        let mut subjects: Vec<&str> =
            caught["items"].as_array().unwrap().iter().map(|mail| mail["subject"].as_str().unwrap()).collect();
        subjects.sort_unstable();
        assert_eq!(subjects, ["Corrected", "Hello ada"]);
        let mut mails = caught["items"].as_array().unwrap().iter();
        let id = mails.find(|mail| mail["subject"] == "Corrected").unwrap()["id"].as_str().unwrap();
        let mail = get(place, &format!("/api/caught/{id}"));
        assert!(mail["text"].as_str().unwrap().contains("We have corrected this"), "{mail:#}");
        assert!(!mail["text"].as_str().unwrap().contains("a shirt"), "{mail:#}");
        server.stop();
    });
}

/// The sender looks at it again when it may leave, so that a forecast finds nothing that would hold it then.
#[test]
fn a_copy_that_may_leave_within_a_day_still_names_the_rule_that_holds_it() {
    Place::each(|place| {
        let server = start(place, &[]);
        tell(&server, &person("ada", json!({})));
        let more = |copies: &[Value]| copies.iter().find(|copy| copy["email"] == "more").cloned().unwrap_or_default();
        until(place, "held", |copies| more(copies)["reason"] == "cadence");
        server.stop();
        time_passes(place, Duration(30 * Duration::DAY.0 - 12 * Duration::HOUR.0));
        let server = again(place, &[]);
        until(place, "held until its turn", |copies| {
            let more = more(copies);
            more["reason"] == "cadence" && more["until"] == more["due"]
        });
        let page = get(place, "/api/leads/ada/enrollments/welcoming");
        let why = page["next"]["why_not_sooner"][0].as_str().unwrap_or_default();
        let rule = "Leads in the stage cold get at most one e-mail every 30 days: it waits until ";
        assert!(why.starts_with(rule), "{page:#}");
        server.stop();
    });
}
