//! Calls that are put off, by hand and because nobody answered, and what brings them back.

use attractor_engine::time::{Duration, Instant};
use attractor_server::clock;
use axum::http::Method;
use serde_json::{Value, json};

use super::{ADA, User, act, begin, called, items, letters, of, open, overdue, path, reasons};
use crate::running::Place;
use crate::sink::Sink;
use crate::world::{command, event, get, refused, send, tell, until_at};

#[test]
fn a_call_is_put_off_by_hand_and_because_nobody_answered() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        let calls = called(place, &server, &["c-3", "c-4"]);
        let path = |user: &str, what: &str| path(&calls, user, what);
        let ada = User::sign_in(&server, ADA);
        for (body, words) in [
            (json!({"outcome": "bad_fit", "note": " "}), "say why the lead is a bad fit"),
            (
                json!({"outcome": "bad_fit", "note": "x", "until": "2099-01-01T00:00:00Z"}),
                "only `not_now` and `no_answer`",
            ),
            (json!({"outcome": "not_now", "until": "2020-01-01T00:00:00Z"}), "has passed"),
            (json!({"outcome": "no_answer", "until": "2099-01-01T00:00:00Z"}), "more than a year ahead"),
            (json!({"outcome": "no_answer", "until": "tomorrow"}), "is not an instant"),
        ] {
            let refused = ada.ask("POST", &path("c-3", "/log"), body);
            assert!(refused.status == 422 && refused.body.contains(words), "{refused:?}");
        }
        let until = Instant(clock::now().0 + Duration::DAY.0).to_string();
        let snoozed = ada.ask("POST", &path("c-3", "/snooze"), json!({"until": until})).json();
        let due = Instant::parse(snoozed["due_at"].as_str().unwrap()).unwrap();
        assert_eq!(due.0, Instant::parse(&until).unwrap().0 + 4 * Duration::HOUR.0);
        let snoozed = ada.ask("POST", &path("c-4", "/log"), json!({"outcome": "no_answer", "until": until})).json();
        assert_eq!((&snoozed["state"], &snoozed["late"]), (&json!("snoozed"), &json!(false)));
        assert_eq!((&snoozed["ended_at"], &snoozed["outcome"]), (&Value::Null, &Value::Null), "{snoozed:#}");
        assert_eq!(snoozed["last_outcome"], "no_answer");
        let what = snoozed["what"].as_str().unwrap();
        assert!(what.starts_with("It is put off until ") && what.ends_with("last logged: nobody answered."), "{what}");
        the_lead_and_its_explanation_show(place, &snoozed);
        assert_eq!((open(place, 0), items(&get(place, "/api/calls?state=snoozed")).len()), (Vec::new(), 2));
        let page = get(place, "/api/calls?state=snoozed&limit=1");
        let next = format!("/api/calls?state=snoozed&limit=1&cursor={}", page["next"].as_str().unwrap());
        let rest = get(place, &next);
        assert!(rest["next"].is_null() && items(&rest)[0]["id"] != items(&page)[0]["id"], "{rest:#}");
        assert!(refused(place, &next.replace("snoozed", "open")).contains("in another `state`"));
        let figures = get(place, "/api/calls/figures");
        assert_eq!((&figures["open"], &figures["snoozed"], &figures["late"]), (&json!(0), &json!(2), &json!(0)));
        server.stop();
    });
}

#[test]
fn a_call_that_a_key_logs_is_taken_by_nobody() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        let calls = called(place, &server, &["c-1", "c-2"]);
        let logged = act(place, of(&calls, "c-1"), "log", json!({"outcome": "no_answer"})).unwrap();
        assert_eq!((&logged["state"], &logged["owner"]), (&json!("open"), &of(&calls, "c-1")["owner"]));
        assert_eq!((&logged["last_outcome"], &last_entry(&logged)["action"]), (&json!("no_answer"), &json!("logged")));
        let due = at(&logged, "due_at").0 - at(last_entry(&logged), "at").0;
        assert_eq!(due, 4 * Duration::HOUR.0, "as a new one");
        let what = logged["what"].as_str().unwrap();
        assert!(what.starts_with("Nobody has taken it") && what.ends_with("last logged: nobody answered."), "{what}");
        // A user who logs the same has taken it, and what a key logs then leaves it with the user.
        let ada = User::sign_in(&server, ADA);
        let taken = ada.ask("POST", &path(&calls, "c-2", "/log"), json!({"outcome": "no_answer"})).json();
        assert_eq!(taken["state"], "taken");
        let again = act(place, of(&calls, "c-2"), "log", json!({"outcome": "no_answer"})).unwrap();
        assert_eq!((&again["state"], &again["owner"]), (&json!("taken"), &taken["owner"]));
        let server = overdue(place, server, &logged, &sink);
        until_at(place, &path(&calls, "c-1", ""), |call| !call["escalated_at"].is_null());
        server.stop();
    });
}

/// Whoever looks at a lead sees what sales is about to do.
fn the_lead_and_its_explanation_show(place: &Place, call: &Value) {
    let shown = get(place, "/api/leads/c-4")["calls"].clone();
    assert_eq!(shown.as_array().map(Vec::len), Some(1), "{shown:#}");
    for name in ["id", "state", "what", "owner", "opened_at", "due_at", "late", "snoozed_until"] {
        assert_eq!(shown[0][name], call[name], "{name}");
    }
    assert_eq!(shown[0]["reasons"], json!(["Turned hot"]));
    let told = command(place, &["explain", "c-4"]);
    let (id, owner) = (call["id"].as_str().unwrap(), call["owner"].as_str().unwrap());
    let line = format!("\nCalls\n  call {id}, of {owner}: Turned hot\n    It is put off until ");
    assert!(told.code == 0 && told.out.contains(&line), "{}\n{}", told.out, told.err);
    assert!(told.out.contains(call["what"].as_str().unwrap()), "with the zone of its times: {}", told.out);
}

/// The last thing that was done with a call.
fn last_entry(call: &Value) -> &Value {
    call["log"].as_array().unwrap().last().unwrap()
}

fn at(value: &Value, name: &str) -> Instant {
    Instant::parse(value[name].as_str().unwrap()).unwrap()
}

#[test]
fn a_call_that_was_put_off_comes_back_when_its_lead_asks_for_a_demo() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        let webhook = json!({"url": "https://crm.example/hook", "kinds": ["call"]});
        let webhook = send(place, Method::POST, "/api/webhooks", &webhook).unwrap();
        let calls = called(place, &server, &["c-1", "c-2"]);
        let server = overdue(place, server, of(&calls, "c-1"), &sink);
        until_at(place, &path(&calls, "c-1", ""), |call| !call["escalated_at"].is_null());
        let ada = User::sign_in(&server, ADA);
        let until = Instant(clock::now().0 + 100 * Duration::DAY.0).to_string();
        let body = json!({"outcome": "not_now", "until": until});
        let put_off = ada.ask("POST", &path(&calls, "c-1", "/log"), body).json();
        assert_eq!((&put_off["state"], &put_off["snoozed_until"]), (&json!("snoozed"), &json!(until)));
        let taken = ada.ask("POST", &path(&calls, "c-2", "/take"), json!(null)).json();
        tell(&server, &["c-1", "c-2"].map(|user| event(user, "Demo Requested", json!({}))));
        let has_both = |call: &Value| reasons(call) == ["Turned hot", "Asked for a demo"];
        let page = until_at(place, "/api/calls", |page| items(page).len() == 2 && items(page).iter().all(has_both));

        let back = of(items(&page), "c-1");
        assert_eq!((&back["state"], &back["owner"], &back["late"]), (&json!("open"), &put_off["owner"], &json!(false)));
        assert!(back["snoozed_until"].is_null() && back["escalated_at"].is_null(), "{back:#}");
        assert_eq!((&last_entry(back)["action"], &back["last_outcome"]), (&json!("reopened"), &json!("not_now")));
        assert_eq!(at(back, "due_at").0 - at(last_entry(back), "at").0, 4 * Duration::HOUR.0, "as a new one");
        // Somebody is seeing to the other one: it has the reason, and nothing else changes.
        let other = of(items(&page), "c-2");
        for name in ["state", "owner", "due_at", "log"] {
            assert_eq!(other[name], taken[name], "{name}");
        }

        let server = overdue(place, server, back, &sink);
        until_at(place, &path(&calls, "c-1", ""), |call| !call["escalated_at"].is_null());
        assert_eq!(letters(place, "escalation", 4).len(), 4, "twice, to the owner and to the desk");
        let log = get(place, &format!("/api/webhooks/{}/deliveries", webhook["id"]));
        let count = |kind: &str| items(&log).iter().filter(|delivery| delivery["kind"] == kind).count();
        assert_eq!((count("call.opened"), count("call.escalated"), count("call.logged")), (3, 2, 1), "{log:#}");
        server.stop();
    });
}
