//! A copy of which it is not known whether it arrived stays in doubt until a person sends it again.

use axum::http::Method;
use serde_json::{Value, json};

use super::running::Place;
use super::sink::Sink;
use super::smtp::{ask_for, borrowed, settings};
use super::world::{copies, event, get, send, start, tell, until};

/// The operation that sends a copy again.
pub fn path_again(copy: &Value) -> String {
    format!("/api/outbox/{}/again", copy["send_id"].as_str().unwrap().replace('/', "%2F"))
}

/// Somebody's welcome.
fn welcome<'c>(copies: &'c [Value], user: &str) -> &'c Value {
    let is_it = |copy: &&Value| copy["lead_name"] == user && copy["email"] == "welcome";
    copies.iter().find(is_it).unwrap_or(&Value::Null)
}

fn send_again(place: &Place, user: &str) -> Result<Value, String> {
    let all = copies(place);
    send(place, Method::POST, &path_again(welcome(&all, user)), &Value::Null)
}

fn until_state(place: &Place, user: &str, state: &str) -> Vec<Value> {
    until(place, state, |copies| welcome(copies, user)["state"] == state)
}

/// The ids of the mails to an address.
fn message_ids(sink: &Sink, address: &str) -> Vec<String> {
    let id = |mail: &String| {
        mail.lines().find(|line| line.to_ascii_lowercase().starts_with("message-id:")).map(str::to_owned)
    };
    sink.mails(address).iter().filter_map(id).collect()
}

#[test]
fn a_copy_in_doubt_is_sent_again_where_a_person_says_so() {
    Place::each(|place| {
        let sink = Sink::start();
        let settings = settings(&sink);
        let server = start(place, &borrowed(&settings));
        ask_for(&server, ["once-1", "ok-1"].into_iter().map(str::to_owned));
        until_state(place, "ok-1", "sent");
        let doubted = until_state(place, "once-1", "in_doubt");
        assert_eq!(welcome(&doubted, "once-1")["again_at"], Value::Null);
        let refused = send_again(place, "ok-1").unwrap_err();
        assert!(refused.contains("the copy is `sent`: only a copy that is `in_doubt` can be sent again"), "{refused}");
        let shown = send_again(place, "once-1").unwrap();
        assert!(shown["again_at"].is_string(), "{shown}");
        // Neither the budget of its address nor what it went to already keeps it back: it was itself.
        let all = until_state(place, "once-1", "sent");
        let ids = message_ids(&sink, "once-1@people.test");
        assert!(ids.len() == 2 && ids[0] == ids[1], "who has got the first one may see that it is the same: {ids:?}");
        assert!(send_again(place, "once-1").unwrap_err().contains("the copy is `sent`"), "once");
        let further = all.iter().filter(|copy| copy["lead_name"] == "once-1" && copy["email"] == "more");
        assert_eq!(further.count(), 1, "its sequence went on once");
        let events = get(place, "/api/leads/once-1/events");
        let events = events["items"].as_array().unwrap().iter();
        assert_eq!(events.filter(|one| one["message"]["event"] == "Email Sent").count(), 1);
        let audit = get(place, "/api/audit")["entries"].to_string();
        assert_eq!(audit.matches("copy sent again").count(), 1);
        server.stop();
    });
}

#[test]
fn a_copy_that_comes_to_be_in_doubt_once_more_is_sent_again_once_more() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let settings = settings(&sink);
    let server = start(&place, &borrowed(&settings));
    ask_for(&server, ["lost-1".to_owned()].into_iter());
    for mails in 1..=3 {
        until(&place, "in doubt", |copies| {
            welcome(copies, "lost-1")["state"] == "in_doubt" && sink.mails("lost-1@people.test").len() == mails
        });
        if mails < 3 {
            send_again(&place, "lost-1").unwrap();
        }
    }
    let all = copies(&place);
    let why = welcome(&all, "lost-1")["why"].as_str().unwrap();
    assert!(why.starts_with("It may have been sent on ") && why.contains("the connection broke off"), "{why}");
    server.stop();
}

#[test]
fn the_gate_is_asked_again() {
    Place::each(|place| {
        let sink = Sink::start();
        let settings = settings(&sink);
        let server = start(place, &borrowed(&settings));
        ask_for(&server, ["once-1".to_owned()].into_iter());
        until_state(place, "once-1", "in_doubt");
        tell(&server, &[event("once-1", "Unsubscribed", json!({}))]);
        send_again(place, "once-1").unwrap();
        until_state(place, "once-1", "skipped");
        assert_eq!(sink.mails("once-1@people.test").len(), 1);
        server.stop();
    });
}

#[test]
fn what_is_not_a_copy_is_not_sent_again() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    for id in ["7", "1%2Fbroadcast%2F9"] {
        let why = send(&place, Method::POST, &format!("/api/outbox/{id}/again"), &Value::Null).unwrap_err();
        assert!(why.contains("there is no copy `"), "{id}: {why}");
    }
    server.stop();
}
