//! The cadence adapts: a stage whose e-mails nobody opens and leads who answer nothing get fewer, those who answer get more
//! where their stage allows it; each change says by which numbers, and can be undone.

use attractor_engine::time::{Duration, Instant};
use attractor_store::lane;
use axum::http::Method;
use serde_json::{Value, json};

use super::running::{Place, Server};
use super::world::{again, command, event, get, person, send, tell, until, until_at};

const PLAYBOOK: &str = r#"
playbook: paced
topics: [{id: shirts, name: Shirts}]
subscriptions: [{id: news, name: Our news}]
scores: [{id: lead, rules: [{id: form, event: Form Submitted, points: 1}]}]
ladders: [{id: life, score: lead, stages: [{id: cold, name: Cold}, {id: hot, from: 100}]}]
cadence:
  ladder: life
  every: {cold: 14d, hot: 7d}
  adapt: {slow_below: 0.15, quicken_above: 0.4, over: 30d, min_sent: 20, factor: 1.5, between: [3d, 60d]}
sequences:
  - id: answering
    enroll: {event: Form Submitted}
    steps:
      - {id: a, send: {email: a, class: answer}}
      - {id: b, send: {email: b, class: answer}}
      - {id: c, send: {email: c, class: answer}}
      - {id: d, send: {email: d, class: answer}}
  - {id: later, enroll: {event: Demo Requested}, steps: [{id: only, send: e}]}
emails:
  - {id: a, subject: A, body: emails/a.mjml, subscription: news}
  - {id: b, subject: B, body: emails/a.mjml, subscription: news}
  - {id: c, subject: C, body: emails/a.mjml, subscription: news}
  - {id: d, subject: D, body: emails/a.mjml, subscription: news}
  - {id: e, subject: E, body: emails/a.mjml, subscription: news}
"#;

const BODY: &str =
    "<mjml><mj-body><mj-section><mj-column><mj-text>News</mj-text></mj-column></mj-section></mj-body></mjml>";
const PEOPLE: usize = 8;

fn start(place: &Place) -> Server {
    place.write("playbook/playbook.yaml", PLAYBOOK);
    place.write("playbook/emails/a.mjml", BODY);
    place.with_keys(None);
    let server = again(place, &[]);
    let applied = command(place, &["apply", &place.path().join("playbook").display().to_string(), "--yes", "--force"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    server
}

/// Lets the cadence be asked again.
fn asked_again(place: &Place, server: Server) -> Server {
    server.stop();
    lane::forget_state(&mut place.store(), "cadence asked").unwrap();
    again(place, &[])
}

/// A day later, for the cadence: what has left was there for a day.
fn a_day_later(place: &Place, server: Server) -> Server {
    server.stop();
    let mut store = place.store();
    let day = [Duration::DAY.0.into()];
    store.execute("UPDATE copies SET sent_at = sent_at - $1 WHERE state = 'sent'", &day).unwrap();
    store.execute("UPDATE addressed SET at = at - $1", &day).unwrap();
    lane::forget_state(&mut store, "cadence asked").unwrap();
    drop(store);
    again(place, &[])
}

/// Until the cadence was asked since it was forgotten.
fn until_asked(place: &Place) {
    let mut store = place.store();
    while lane::state(&mut store, "cadence asked").unwrap().is_none() {
        std::thread::yield_now();
    }
}

fn user(number: usize) -> String {
    format!("ok-{number}")
}

/// What was changed for a lead or a stage, as its direction, its reason and its intervals.
fn change(status: &Value, of: impl Fn(&Value) -> bool) -> (&Value, [&str; 4]) {
    let found = status["changes"]["items"].as_array().unwrap().iter().find(|change| of(change)).unwrap();
    (&found["id"], ["direction", "before", "after", "because"].map(|name| found[name].as_str().unwrap()))
}

#[test]
fn who_answers_nothing_gets_fewer_and_who_answers_more_and_each_change_can_be_undone() {
    Place::each(|place| {
        let server = start(place);
        for number in 0..PEOPLE {
            let mut messages = person(&user(number), json!({}));
            messages.insert(1, event(&user(number), "Tracking Allowed", json!({"proof": "the banner"})));
            tell(&server, &messages);
        }
        // Of somebody who is not tracked it cannot be known what was opened or clicked.
        tell(&server, &person(&user(PEOPLE), json!({})));
        let all_sent =
            |copies: &[Value]| copies.len() == 4 * (PEOPLE + 1) && copies.iter().all(|copy| copy["state"] == "sent");
        let copies = until(place, "sent", all_sent);
        // One of them answers three of its four.
        let of_first = copies.iter().filter(|copy| copy["lead_name"] == user(0).as_str()).take(3);
        let choose =
            |copy: &Value| event(&user(0), "Topic Chosen", json!({"topic": "shirts", "send_id": copy["send_id"]}));
        tell(&server, &of_first.map(choose).collect::<Vec<_>>());
        let before = get(place, "/api/cadence");
        assert_eq!((&before["adapts"], &before["stages"][0]["interval"]), (&json!(true), &json!("14d")));
        // Nobody has had a day to read them.
        let server = asked_again(place, server);
        until_asked(place);
        assert_eq!(get(place, "/api/cadence"), before);
        let server = a_day_later(place, server);
        let status = until_at(place, "/api/cadence", |status| status["stages"][0]["level"] == 1);
        assert_eq!((&status["stages"][0]["every"], &status["stages"][0]["interval"]), (&json!("14d"), &json!("21d")));
        assert_eq!((&status["slower_leads"], &status["faster_leads"]), (&json!(7), &json!(1)));
        let (id, of_stage) = change(&status, |change| change["stage_name"] == "Cold");
        assert_eq!(
            of_stage,
            ["slower", "14d", "21d", "3 of the 32 measured copies that the stage had had for a day were opened."]
        );
        let (_, of_lead) = change(&status, |change| change["lead_name"] == user(1).as_str());
        let because = "The lead clicked or chose something in 0 of the last 4 copies that it had had for a day.";
        assert_eq!(of_lead, ["slower", "14d", "21d", because]);
        let (_, of_first) = change(&status, |change| change["lead_name"] == user(0).as_str());
        assert_eq!(of_first[0], "faster");
        let slower = "but at most one e-mail leaves every 21 days, because its stage Cold is slower.";
        let three = "The lead clicked or chose something in 3 of the last 4 copies that it had had for a day";
        assert_eq!(of_first[3], format!("{three}, {slower}"));
        let applies = |user: &str| {
            let items = status["changes"]["items"].as_array().unwrap();
            items.iter().find(|change| change["lead_name"] == user).map(|change| &change["applies"])
        };
        assert_eq!([applies(&user(0)), applies(&user(1))], [Some(&json!("21d")); 2]);
        // The slowest that was adapted applies: her stage's, though she answers.
        assert_eq!(pause(place, &server, &user(0)), Duration(21 * Duration::DAY.0));
        let undo = format!("/api/cadence/changes/{}/undo", id.as_str().unwrap());
        let undone = send(place, Method::POST, &undo, &Value::Null).unwrap();
        assert!(undone["undone_by"].is_string(), "{undone}");
        assert!(send(place, Method::POST, &undo, &Value::Null).unwrap_err().contains("was undone already"));
        assert!(
            send(place, Method::POST, "/api/cadence/changes/99/undo", &Value::Null)
                .unwrap_err()
                .contains("no change 99")
        );
        // Neither the stage nor anybody is slowed again for the same reason, and whoever answers nothing waits longer still.
        let changes = status["changes"]["items"].as_array().unwrap().len();
        let server = a_day_later(place, server);
        assert_eq!(pause(place, &server, &user(1)), Duration(21 * Duration::DAY.0));
        let status = get(place, "/api/cadence");
        assert_eq!(
            (&status["stages"][0]["level"], status["changes"]["items"].as_array().unwrap().len()),
            (&json!(0), changes)
        );
        assert!(get(place, "/api/audit").to_string().contains("cadence change undone"));
        server.stop();
    });
}

#[test]
fn who_becomes_one_with_another_takes_along_its_pace_and_what_it_answered() {
    Place::each(|place| {
        let server = start(place);
        for number in 0..2 {
            let mut messages = person(&user(number), json!({}));
            messages.insert(1, event(&user(number), "Tracking Allowed", json!({"proof": "the banner"})));
            tell(&server, &messages);
        }
        let copies =
            until(place, "sent", |copies| copies.len() == 8 && copies.iter().all(|copy| copy["state"] == "sent"));
        let server = a_day_later(place, server);
        until_at(place, "/api/cadence", |status| status["slower_leads"] == 2);
        // Each is another user now; what the first one got is answered by that user.
        let new = |number: usize| format!("new-{number}");
        for number in 0..2 {
            tell(&server, &[json!({"type": "alias", "userId": new(number), "previousId": user(number)})]);
        }
        let of_first = copies.iter().filter(|copy| copy["lead_name"] == user(0).as_str()).take(3);
        let choose =
            |copy: &Value| event(&new(0), "Topic Chosen", json!({"topic": "shirts", "send_id": copy["send_id"]}));
        tell(&server, &of_first.map(choose).collect::<Vec<_>>());
        assert_eq!(get(place, "/api/cadence")["slower_leads"], 2, "the pace has followed");
        assert_eq!(pause(place, &server, &new(1)), Duration(21 * Duration::DAY.0));
        let server = a_day_later(place, server);
        let status = until_at(place, "/api/cadence", |status| status["slower_leads"] == 1);
        let of_new = |direction: &'static str| {
            let new = new(0);
            move |change: &Value| change["lead_name"] == new.as_str() && change["direction"] == direction
        };
        let (_, of_first) = change(&status, of_new("faster"));
        assert_eq!(
            of_first[3],
            "The lead clicked or chose something in 3 of the last 4 copies that it had had for a day."
        );
        // What was changed before is undone for the lead that it is now.
        let (id, _) = change(&status, of_new("slower"));
        let undo = format!("/api/cadence/changes/{}/undo", id.as_str().unwrap());
        assert_eq!(send(place, Method::POST, &undo, &Value::Null).unwrap()["lead_name"], new(0).as_str());
        assert_eq!(get(place, "/api/cadence")["faster_leads"], 1);
        server.stop();
    });
}

/// For how long behind the last copy the next one to somebody is held.
fn pause(place: &Place, server: &Server, user: &str) -> Duration {
    tell(server, &[event(user, "Demo Requested", json!({}))]);
    let next = |copies: &[Value]| copies.iter().find(|copy| copy["lead_name"] == user && copy["email"] == "e").cloned();
    let copies = until(place, "held", |copies| next(copies).is_some_and(|copy| copy["reason"] == "cadence"));
    let at = |copy: &Value, name: &str| Instant::parse(copy[name].as_str().unwrap()).unwrap();
    let until = at(&next(&copies).unwrap(), "until");
    let sent = copies.iter().filter(|copy| copy["lead_name"] == user && copy["state"] == "sent");
    let last = sent.map(|copy| at(copy, "sent_at")).max().unwrap();
    // The budget counts from the claim, a moment before the server has it.
    Duration(((until - last).0 as f64 / Duration::DAY.0 as f64).round() as i64 * Duration::DAY.0)
}
