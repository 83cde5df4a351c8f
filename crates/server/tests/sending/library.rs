//! The gaps of the library: who has read everything that fits, counted by primary interest and stage.

use serde_json::{Value, json};

use super::running::{Place, Server};
use super::world::{again, command, complete, event, person, tell, until};

const PLAYBOOK: &str = r#"
playbook: shelf
topics: [{id: shirts, name: Shirts}, {id: hats, name: Hats}]
interests: {}
subscriptions: [{id: news, name: Our news}]
scores: [{id: lead, rules: [{id: demo, event: Demo Requested, points: 20}]}]
ladders: [{id: life, score: lead, stages: [{id: cold, name: Cold}, {id: hot, name: Hot, from: 10}]}]
cadence: {ladder: life, every: {cold: 1d, hot: 1d}}
sequences: [{id: reading, enroll: {event: Form Submitted}, steps: [{id: one, send: {best: true}}]}]
emails:
  - {id: letter, subject: Letter, body: emails/a.mjml, subscription: news, topic: hats}
  - {id: shirt-guide, name: Shirt guide, subject: Shirts, body: emails/a.mjml, subscription: news, topic: shirts, format: guide, intent: educate}
  - {id: hat-case, subject: Hats, body: emails/a.mjml, subscription: news, topic: hats, format: case-study, stages: [hot]}
"#;

const BODY: &str =
    "<mjml><mj-body><mj-section><mj-column><mj-text>Read on</mj-text></mj-column></mj-section></mj-body></mjml>";

fn start(place: &Place) -> Server {
    place.write("playbook/playbook.yaml", PLAYBOOK);
    place.write("playbook/emails/a.mjml", BODY);
    place.with_keys(None);
    let server = again(place, &[]);
    let applied = command(place, &["apply", &place.path().join("playbook").display().to_string(), "--yes", "--force"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    server
}

/// Somebody with a main interest who agreed to our news and gets nothing yet.
fn interested(user: &str, topic: &str) -> Vec<Value> {
    let mut messages = person(user, json!({}));
    messages.pop();
    messages.push(event(user, "Topic Chosen", json!({"topic": topic})));
    messages
}

#[test]
fn people_who_have_read_everything_are_counted_by_main_interest_and_stage() {
    Place::each(|place| {
        let server = start(place);
        for (users, topic) in [(["ann", "bea", "cid"], "shirts"), (["dan", "eve", "fay"], "hats")] {
            users.iter().for_each(|user| tell(&server, &interested(user, topic)));
        }
        tell(&server, &interested("gil", "hats"));
        // Two get the guide; one gets to the stage for which there is a piece.
        tell(&server, &["ann", "bea"].map(|user| event(user, "Form Submitted", json!({}))));
        tell(&server, &[event("gil", "Demo Requested", json!({}))]);
        let is_sent = |copies: &[Value]| copies.len() == 2 && copies.iter().all(|copy| copy["state"] == "sent");
        let sent = until(place, "sent", is_sent);
        assert!(sent.iter().all(|copy| copy["email"] == "shirt-guide"), "{sent:#?}");
        let found = complete(place, "/api/library");
        assert_eq!((&found["complete"], &found["asked"]), (&json!(true), &json!(7)));
        let hats = "All 3 people in Cold whose primary interest is Hats wait for an e-mail: the library has none that fits \
            them. Write one about Hats for the stage Cold.";
        let shirts = "2 of 3 people in Cold whose primary interest is Shirts have had every e-mail that fits, and wait for the \
            next one. Write one about Shirts for the stage Cold.";
        let gap = |(topic, name): (&str, &str), (people, of): (i64, i64), sentence: &str| {
            json!({"topic": topic, "topic_name": name, "stage": "cold", "stage_name": "Cold", "people": people, "of": of,
                "sentence": sentence})
        };
        let expected = [gap(("hats", "Hats"), (3, 3), hats), gap(("shirts", "Shirts"), (2, 3), shirts)];
        assert_eq!(found["gaps"], json!(expected), "{found:#}");
        let pieces = json!([
            {"email": "shirt-guide", "name": "Shirt guide", "format": "guide", "topic": "shirts", "topic_name": "Shirts",
                "stages": [], "intent": "educate"},
            {"email": "hat-case", "name": "hat-case", "format": "case-study", "topic": "hats", "topic_name": "Hats",
                "stages": ["hot"], "intent": null},
        ]);
        assert_eq!(found["pieces"], pieces);
        server.stop();
    });
}
