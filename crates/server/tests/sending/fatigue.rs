//! A topic that was shown three times in vain is tired: e-mails about it are skipped, and its blocks are left out of others,
//! until the lead chooses it or 90 days have passed.

use attractor_engine::time::Duration;
use serde_json::{Value, json};

use super::running::{Place, Server};
use super::world::{again, command, event, get, person, tell, until};

const PLAYBOOK: &str = r#"
playbook: tired
topics: [{id: shirts, name: Shirts}, {id: hats, name: Hats}]
subscriptions: [{id: news, name: Our news}]
scores: [{id: lead, rules: [{id: form, event: Form Submitted, points: 1}]}]
emails:
  - {id: a, subject: A, body: emails/plain.mjml, subscription: news, topic: shirts}
  - {id: b, subject: B, body: emails/plain.mjml, subscription: news, topic: shirts}
  - {id: c, subject: C, body: emails/plain.mjml, subscription: news, topic: shirts}
  - {id: d, subject: D, body: emails/plain.mjml, subscription: news, topic: shirts}
  - {id: both, subject: Shirts and hats, body: emails/both.json, subscription: news, topic: hats}
sequences:
  - {id: three, enroll: {event: Form Submitted}, steps: [{id: a, send: a}, {id: b, send: b}, {id: c, send: c}]}
  - {id: more, enroll: {event: Demo Requested}, steps: [{id: d, send: d}, {id: both, send: both}]}
"#;

const PLAIN: &str =
    "<mjml><mj-body><mj-section><mj-column><mj-text>About shirts</mj-text></mj-column></mj-section></mj-body></mjml>";

const BOTH: &str = r#"{"blocks": [
  {"type": "text", "topic": "shirts", "text": "Our shirts: <a href=\"https://shop.example/shirts\">look</a>"},
  {"type": "text", "topic": "hats", "text": "Our hats: <a href=\"https://shop.example/hats\">look</a>"}
]}"#;

/// Who got the first three before: one of them more than 90 days ago, and one chose the topic since.
const PEOPLE: [&str; 4] = ["ages-ago", "vain", "chooses", "unmeasured"];

fn start(place: &Place) -> Server {
    place.write("playbook/playbook.yaml", PLAYBOOK);
    place.write("playbook/emails/plain.mjml", PLAIN);
    place.write("playbook/emails/both.json", BOTH);
    place.with_keys(None);
    let server = again(place, &[]);
    let applied = command(place, &["apply", &place.path().join("playbook").display().to_string(), "--yes", "--force"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    server
}

/// Sends the first three to somebody.
fn three_to(place: &Place, server: &Server, user: &str) {
    let mut messages = person(user, json!({}));
    if user != "unmeasured" {
        messages.insert(1, event(user, "Tracking Allowed", json!({"proof": "the banner"})));
    }
    tell(server, &messages);
    let is_sent = |copy: &&Value| copy["lead_name"] == user && copy["state"] == "sent";
    until(place, "sent", |copies| copies.iter().filter(is_sent).count() == 3);
}

/// What was shown until now was shown more than 90 days ago.
fn ages_pass(place: &Place, server: Server) -> Server {
    server.stop();
    let sql = "UPDATE addressed SET at = at - $1";
    place.store().execute(sql, &[(91 * Duration::DAY.0).into()]).unwrap();
    again(place, &[])
}

/// State and reason of a lead's copy of an e-mail.
fn copy_of<'c>(copies: &'c [Value], user: &str, email: &str) -> &'c Value {
    copies.iter().find(|copy| copy["lead_name"] == user && copy["email"] == email).unwrap()
}

/// The text of the mail that has two topics.
fn both_to(place: &Place, user: &str) -> String {
    let page = get(place, &format!("/api/caught?search={user}@people.test"));
    let mail = page["items"].as_array().unwrap().iter().find(|mail| mail["subject"] == "Shirts and hats").unwrap();
    get(place, &format!("/api/caught/{}", mail["id"].as_str().unwrap()))["text"].as_str().unwrap().to_owned()
}

#[test]
fn a_topic_that_was_shown_in_vain_is_left_out_until_it_is_chosen() {
    Place::each(|place| {
        let server = start(place);
        three_to(place, &server, PEOPLE[0]);
        let server = ages_pass(place, server);
        PEOPLE[1..].iter().for_each(|user| three_to(place, &server, user));
        tell(&server, &[event("chooses", "Topic Chosen", json!({"topic": "shirts"}))]);
        tell(&server, &PEOPLE.map(|user| event(user, "Demo Requested", json!({}))));
        let is_over = |copy: &Value| copy["state"] != "waiting" && copy["state"] != "claimed";
        let all = until(place, "over", |copies| copies.len() == 5 * PEOPLE.len() && copies.iter().all(is_over));
        for user in PEOPLE {
            let (fourth, both) = (copy_of(&all, user, "d"), copy_of(&all, user, "both"));
            let is_tired = user == "vain";
            let became = ["state", "reason"].map(|name| fourth[name].as_str().unwrap_or_default());
            assert_eq!(became, if is_tired { ["skipped", "fatigue: shirts"] } else { ["sent", ""] }, "{user}");
            assert_eq!(both["state"], "sent", "{user}: {both}");
            let text = both_to(place, user);
            assert_eq!((text.contains("Our shirts"), text.contains("Our hats")), (!is_tired, true), "{user}: {text}");
        }
        let why = copy_of(&all, "vain", "d")["why"].as_str().unwrap();
        assert!(why.contains("shown to the lead three times without a click: Shirts"), "{why}");
        server.stop();
    });
}
