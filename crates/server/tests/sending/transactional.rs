//! E-mails that answer what a lead did itself: nothing is learned from them.

use axum::http::Method;
use serde_json::{Value, json};

use super::running::{Place, Server};
use super::world::{command, event, get, person, send, start, tell, until};

const PLAYBOOK: &str = r#"
playbook: thanks
topics: [{id: shirts, pages: ["/shirts*"]}]
emails:
  - {id: thanks, class: transactional, subject: "Thank you, {{ lead.first_name | default: 'friend' }}", body: emails/thanks.mjml, topic: shirts}
sequences:
  - {id: thanking, enroll: {event: Form Submitted}, steps: [{id: only, send: thanks}]}
"#;

const BODY: &str = r#"<mjml><mj-body><mj-section><mj-column>
  <mj-text>Hello {{ lead.first_name | default: "friend" }}, <a href="https://shop.example/shirts/blue">a shirt</a>
  or <a href="{{ "https://shop.example/hats" | attractor: "shirts", pain: "cold ears" }}">a hat</a></mj-text>
</mj-column></mj-section></mj-body></mjml>"#;

/// A server that thanks whoever submits a form.
fn begin(place: &Place) -> Server {
    let server = start(place, &[]);
    place.write("thanks/playbook.yaml", PLAYBOOK);
    place.write("thanks/emails/thanks.mjml", BODY);
    let folder = place.path().join("thanks").display().to_string();
    let applied = command(place, &["apply", &folder, "--yes", "--force"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    server
}

/// The copy of a lead, once it is sent, and the mail that it became.
fn sent(place: &Place, lead: &str, to: &str) -> (Value, Value) {
    let is_its = |copy: &&Value| copy["lead_name"] == lead && copy["state"] == "sent";
    let copies = until(place, "sent", |copies| copies.iter().any(|copy| is_its(&copy)));
    let copy = copies.iter().find(is_its).unwrap().clone();
    let found = get(place, &format!("/api/caught?search={to}"));
    let id = found["items"][0]["id"].as_str().unwrap();
    (copy, get(place, &format!("/api/caught/{id}")))
}

#[test]
fn a_transactional_copy_is_not_measured_although_its_lead_allowed_it() {
    Place::each(|place| {
        let server = begin(place);
        let mut messages = person("ada", json!({}));
        messages.insert(1, event("ada", "Tracking Allowed", json!({"proof": "the banner"})));
        tell(&server, &messages);
        let (copy, mail) = sent(place, "ada", "ada@people.test");
        assert_eq!(mail["subject"], "Thank you, ada");
        let public = format!("http://{}/", server.address);
        for part in [mail["html"].as_str().unwrap(), mail["text"].as_str().unwrap()] {
            assert!(part.contains("https://shop.example/shirts/blue"), "{part}");
            assert!(part.contains("https://shop.example/hats") && !part.contains(&public), "{part}");
        }
        let path = format!("/api/outbox/{}/mail", copy["send_id"].as_str().unwrap().replace('/', "%2F"));
        let shown = get(place, &path);
        assert_eq!((&shown["measured"], shown["links"].as_array().unwrap().len()), (&json!(false), 2), "{shown:#}");
        let events = get(place, "/api/leads/ada/events");
        let mut left = events["items"].as_array().unwrap().iter();
        let left = left.find(|one| one["message"]["event"] == "Email Sent").unwrap();
        assert_eq!(left["message"]["properties"]["tracked"], false, "{left}");
        let asked = json!({"lead": "ada", "measured": true});
        let preview = send(place, Method::POST, "/api/emails/thanks/preview", &asked).unwrap();
        assert_eq!(preview["measured"], false, "{preview:#}");
        for link in [&shown["links"], &preview["links"]].into_iter().flat_map(|links| links.as_array().unwrap()) {
            assert_eq!((&link["topic"], &link["sets"]), (&Value::Null, &json!({})), "{link}");
        }
        server.stop();
    });
}
