//! A step that sends the best unread piece: each lead gets what is about its strongest topic and for its stage, nothing
//! twice, and each copy says why it is the one that it is.

use serde_json::{Value, json};

use super::running::{Place, Server};
use super::world::{again, command, copies, event, get, person, tell, until};

const PLAYBOOK: &str = r#"
playbook: library
topics:
  - {id: shirts, name: Shirts, related: [ties]}
  - {id: ties, name: Ties}
  - {id: hats, name: Hats}
interests: {}
subscriptions: [{id: news, name: Our news}, {id: offers, name: Offers}]
scores: [{id: lead, rules: [{id: demo, event: Demo Requested, points: 20}]}]
ladders: [{id: life, score: lead, stages: [{id: cold}, {id: hot, from: 10}]}]
sequences:
  - id: reading
    enroll: {event: Form Submitted}
    steps: [{id: one, send: {best: true}}, {id: two, send: {best: true}}, {id: three, send: {best: true}}]
emails:
  - {id: letter, name: A letter, subject: Letter, body: emails/a.mjml, subscription: news, topic: shirts}
  - {id: hat-guide, name: Hat guide, subject: Hats, body: emails/a.mjml, subscription: news, topic: hats, format: guide}
  - {id: shirt-case, name: Shirt case, subject: Case, body: emails/a.mjml, subscription: news, topic: shirts, format: case-study, stages: [hot]}
  - {id: shirt-guide, name: Shirt guide, subject: Shirts, body: emails/a.mjml, subscription: news, topic: shirts, format: guide, intent: educate}
  - {id: shirt-offer, name: Shirt offer, subject: Offer, body: emails/a.mjml, subscription: offers, topic: shirts, format: trial}
  - {id: tie-guide, name: Tie guide, subject: Ties, body: emails/a.mjml, subscription: news, topic: ties, format: guide}
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

/// Somebody who agreed to our news and not to offers, and is interested in a topic.
fn reader(user: &str, topic: &str) -> Vec<Value> {
    let mut messages = person(user, json!({}));
    let last = messages.len() - 1;
    messages.insert(last, event(user, "Topic Chosen", json!({"topic": topic})));
    messages
}

/// E-mail, state and reason of a lead's copies, in the order in which they were asked for.
fn of<'c>(copies: &'c [Value], user: &str) -> Vec<(&'c str, &'c str, &'c str)> {
    let text = |copy: &'c Value, name: &str| copy[name].as_str().unwrap_or_default();
    let own = copies.iter().filter(|copy| copy["lead_name"] == user);
    let mut own: Vec<&Value> = own.collect();
    own.sort_by_key(|copy| ["one", "two", "three"].iter().position(|step| text(copy, "send_id").ends_with(step)));
    own.into_iter().map(|copy| (text(copy, "email"), text(copy, "state"), text(copy, "reason"))).collect()
}

#[test]
fn each_lead_gets_the_best_piece_that_it_has_not_had_and_each_copy_says_why() {
    Place::each(|place| {
        let server = start(place);
        tell(&server, &reader("ann", "shirts"));
        tell(&server, &reader("bob", "hats"));
        let is_over = |copies: &[Value]| {
            copies.len() == 6 && copies.iter().all(|copy| copy["state"] != "waiting" && copy["state"] != "claimed")
        };
        let all = until(place, "over", is_over);
        let left = "nothing_left: 1 about other topics, 1 for other stages, 1 not allowed, 2 read";
        assert_eq!(of(&all, "ann"), [("shirt-guide", "sent", ""), ("tie-guide", "sent", ""), ("", "skipped", left)]);
        let left = "nothing_left: 3 about other topics, 1 for other stages, 1 read";
        assert_eq!(of(&all, "bob"), [("hat-guide", "sent", ""), ("", "skipped", left), ("", "skipped", left)]);
        says_why(place);
        // What was read stays read, whatever stage she gets to.
        tell(&server, &[event("ann", "Demo Requested", json!({}))]);
        assert_eq!(of(&copies(place), "ann").len(), 3);
        server.stop();
    });
}

fn says_why(place: &Place) {
    let all = copies(place);
    let first = all.iter().find(|copy| copy["lead_name"] == "ann" && copy["email"] == "shirt-guide").unwrap();
    let path = |copy: &Value| format!("/api/outbox/{}", copy["send_id"].as_str().unwrap().replace('/', "%2F"));
    let shown = get(place, &path(first));
    assert_eq!((&shown["email"], &shown["state"]), (&json!("shirt-guide"), &json!("sent")));
    let because =
        ["Its topic, Shirts, is the lead's primary interest.", "It is meant to educate, as fits the lead's stage."];
    assert_eq!(shown["choice"]["because"], json!(because));
    let why = |email: &str| {
        let others = shown["choice"]["others"].as_array().unwrap();
        others.iter().find(|other| other["email"] == email).map(|other| other["why"].as_str().unwrap().to_owned())
    };
    for (email, expected) in [
        ("hat-guide", "Its topic, Hats, is neither an interest of the lead nor related to one."),
        ("shirt-case", "It is for other stages than the lead's."),
        ("shirt-offer", "The lead has not agreed to get this: Offers."),
        ("tie-guide", "Another one fits better."),
    ] {
        assert_eq!(why(email).as_deref(), Some(expected), "{email}");
    }
    assert_eq!(why("letter"), None, "it has no format");
    let skipped = all.iter().find(|copy| copy["lead_name"] == "ann" && copy["state"] == "skipped").unwrap();
    assert_eq!(get(place, &path(skipped))["choice"], Value::Null);
}
