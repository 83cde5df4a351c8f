//! E-mails that answer what a lead did itself: nothing is learned from them, and they say nothing that a stranger wrote.

use axum::http::Method;
use serde_json::{Value, json};

use super::running::{PUBLIC_KEY, Place, Server};
use super::world::{command, event, get, identify, person, send, start, tell, until};

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
    begin_with(place, PLAYBOOK)
}

fn begin_with(place: &Place, playbook: &str) -> Server {
    let server = start(place, &[]);
    place.write("thanks/playbook.yaml", playbook);
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

/// What a site sends of a visitor who filled in something.
fn say(server: &Server, kind: &str, message: Value) {
    let answer = server.post(PUBLIC_KEY, &format!("/v1/{kind}"), &message.to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
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

/// Anybody can name an address with a public key, and write anything as a name: neither may reach somebody else's mailbox.
#[test]
fn nothing_that_is_said_of_a_lead_goes_to_an_address_that_only_a_public_key_named() {
    Place::each(|place| {
        let server = begin(place);
        let name = "Buy pills at evil.example";
        say(
            &server,
            "identify",
            json!({"userId": "eve", "traits": {"email": "victim@people.test", "first_name": name, "name": name}}),
        );
        // The server knows Cid, and somebody else gives an address for him.
        tell(&server, &[identify("cid", json!({"first_name": "Cidney"}))]);
        say(&server, "identify", json!({"userId": "cid", "traits": {"email": "mallory@people.test"}}));
        tell(&server, &[identify("bea", json!({"email": "bea@people.test", "first_name": "Bea"}))]);
        for user in ["eve", "cid", "bea"] {
            say(&server, "track", json!({"userId": user, "event": "Form Submitted"}));
        }
        for (lead, to) in [("eve", "victim@people.test"), ("cid", "mallory@people.test")] {
            let (_, mail) = sent(place, lead, to);
            assert_eq!(mail["subject"], "Thank you, friend");
            let whole = mail.to_string();
            assert!(!whole.contains("pills") && !whole.contains("Cidney"), "{whole}");
            let preview = send(place, Method::POST, "/api/emails/thanks/preview", &json!({"lead": lead})).unwrap();
            assert_eq!(preview["subject"], "Thank you, friend");
        }
        let (_, known) = sent(place, "bea", "bea@people.test");
        assert_eq!(known["subject"], "Thank you, Bea");
        server.stop();
    });
}

/// Anybody can make up a user with the address of somebody else and submit each form of a site in its name: that mailbox
/// must not be filled by us.
#[test]
fn an_address_that_only_a_public_key_named_gets_three_copies_a_day_however_many_are_asked_for() {
    const FORMS: usize = 6;
    let answers = |form: usize| {
        format!(
            "  - {{id: thanking-{form}, enroll: {{event: Form Submitted, where: {{form: f-{form}}}}}, steps: [{{id: only, send: thanks}}]}}\n"
        )
    };
    let (head, _) = PLAYBOOK.split_once("  - {id: thanking,").unwrap();
    let playbook = format!("{head}{}", (0..FORMS).map(answers).collect::<String>());
    Place::each(|place| {
        let server = begin_with(place, &playbook);
        say(&server, "identify", json!({"userId": "mallory", "traits": {"email": "victim@people.test"}}));
        for form in 0..FORMS {
            let submitted =
                json!({"userId": "mallory", "event": "Form Submitted", "properties": {"form": format!("f-{form}")}});
            say(&server, "track", submitted);
        }
        let is_decided = |copy: &Value| copy["state"] == "sent" || copy["reason"].is_string();
        let copies = until(place, "sent or held", |copies| copies.len() == FORMS && copies.iter().all(is_decided));
        let (left, held): (Vec<&Value>, Vec<&Value>) = copies.iter().partition(|copy| copy["state"] == "sent");
        assert_eq!((left.len(), held.len()), (3, 3), "{copies:#?}");
        for copy in held {
            assert_eq!((&copy["state"], &copy["reason"]), (&json!("waiting"), &json!("rate")), "{copy:#}");
            let until: jiff::Timestamp = copy["until"].as_str().unwrap().parse().unwrap();
            let wait = until.as_millisecond() - attractor_server::clock::now().0;
            assert!((23 * 3_600_000..=24 * 3_600_000).contains(&wait), "until the day is over: {copy:#}");
            let why = copy["why"].as_str().unwrap();
            assert!(why.contains("3 a day to an address that nobody has confirmed"), "{why}");
        }
        let caught = get(place, "/api/caught?search=victim@people.test");
        assert_eq!(caught["items"].as_array().unwrap().len(), 3, "{caught:#}");
        // Somebody who is known gets what is asked for in their own name.
        tell(&server, &[identify("bea", json!({"email": "bea@people.test", "first_name": "Bea"}))]);
        say(&server, "track", json!({"userId": "bea", "event": "Form Submitted", "properties": {"form": "f-0"}}));
        sent(place, "bea", "bea@people.test");
        server.stop();
    });
}
