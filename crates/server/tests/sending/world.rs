//! An installation with a playbook that sends.

use attractor_server::commands::client::Client;
use attractor_server::commands::serve::DataArgs;
use axum::http::Method;
use serde_json::{Value, json};

use super::program::{self, Ran};
use super::running::{Place, SERVER_KEY, Server};

/// Whoever submits a form is written to; a second copy is an answer, a third of a class that nobody needs to agree to.
const PLAYBOOK: &str = r#"
playbook: shop
topics:
  - {id: shirts, name: Shirts, pages: ["/shirts*"]}
subscriptions:
  - {id: news, name: Our news}
scores:
  - {id: lead, rules: [{id: form, event: Form Submitted, points: 5}]}
ladders:
  - {id: life, score: lead, stages: [{id: cold}, {id: hot, from: 100}]}
segments:
  - {id: asked, enter: {event: Form Submitted}}
  - {id: shirts, enter: {any: [{event: Email Link Clicked, where: {topic: shirts}}, {event: Topic Chosen, where: {topic: shirts}}]}}
cadence: {ladder: life, every: {cold: 30d, hot: 7d}, answer: 1d}
emails:
  - {id: welcome, name: The welcome, subject: "Hello {{ lead.first_name | default: 'there' }}", body: emails/welcome.mjml, subscription: news, topic: shirts, languages: {de: {subject: "Hallo {{ lead.first_name }}", body: emails/welcome.mjml}}}
  - {id: more, subject: More, body: emails/welcome.mjml, subscription: news}
  - {id: extra, subject: One more, body: emails/welcome.mjml, subscription: news}
  - {id: broken, subject: Broken, body: emails/broken.mjml, subscription: news}
sequences:
  - id: welcoming
    enroll: {segment: asked}
    steps: [{id: first, send: welcome}, {id: second, send: more}]
  - {id: asking, enroll: {attribute: asks, exists: true}, steps: [{id: only, send: extra}]}
  - {id: reviewing, review: true, enroll: {attribute: reviewed, exists: true}, steps: [{id: only, send: extra}]}
  - {id: calling, enroll: {attribute: calls, exists: true}, steps: [{id: tell, alert: {to: desk, say: Call this lead}}]}
  - {id: failing, enroll: {attribute: fails, exists: true}, steps: [{id: only, send: broken}]}
"#;

const BODY: &str = r#"<mjml><mj-body><mj-section><mj-column>
  <mj-text>Hello {{ lead.first_name | default: "there" }}, <a href="https://shop.example/shirts/blue?a=1&amp;b=2">a shirt</a>
  or <a href="{{ "https://shop.example/hats" | attractor: "shirts", pain: "cold ears" }}">a hat</a></mj-text>
  <mj-button href="https://shop.example/">The shop</mj-button>
</mj-column></mj-section></mj-body></mjml>"#;

const BROKEN: &str = "<mjml><mj-body><mj-section><mj-column><mj-text>{{ 1 | divided_by: 0 }}</mj-text></mj-column></mj-section></mj-body></mjml>";

/// A server with the playbook, and settings of its own.
pub fn start(place: &Place, settings: &[(&str, &str)]) -> Server {
    place.write("playbook/playbook.yaml", PLAYBOOK);
    place.write("playbook/emails/welcome.mjml", BODY);
    place.write("playbook/emails/broken.mjml", BROKEN);
    place.with_keys(None);
    let server = again(place, settings);
    let applied = command(place, &["apply", &place.path().join("playbook").display().to_string(), "--yes", "--force"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    server
}

/// The playbook's text.
pub fn playbook() -> &'static str {
    PLAYBOOK
}

/// Why something is not shown.
pub fn refused(place: &Place, path: &str) -> String {
    client(place).get(path).unwrap().value().unwrap_err()
}

/// The server once more.
pub fn again(place: &Place, settings: &[(&str, &str)]) -> Server {
    let mut command = place.command();
    for (name, value) in
        [("SENDER_EMAIL", "news@acme.test"), ("SENDER_NAME", "Acme"), ("POSTAL_ADDRESS", "1 Road, Leeds")]
    {
        command.env(format!("ATTRACTOR_{name}"), value);
    }
    for (name, value) in settings {
        command.env(format!("ATTRACTOR_{name}"), value);
    }
    Server::start(&mut command)
}

/// `attractor COMMAND … --data …` on this place.
pub fn command(place: &Place, arguments: &[&str]) -> Ran {
    let data = place.path().display().to_string();
    let mut all = [arguments, &["--data", &data]].concat();
    if let Some(url) = &place.database {
        all.extend(["--database", url]);
    }
    program::run(&all)
}

fn client(place: &Place) -> Client {
    Client::open(&DataArgs { data: place.path(), database: place.database.clone() }).unwrap()
}

pub fn get(place: &Place, path: &str) -> Value {
    client(place).get(path).unwrap().value().unwrap()
}

pub fn send(place: &Place, method: Method, path: &str, body: &Value) -> Result<Value, String> {
    client(place).json(method, path, body)?.value()
}

/// Posts messages with the server key.
pub fn tell(server: &Server, messages: &[Value]) {
    let answer = server.post(SERVER_KEY, "/v1/batch", &json!({"batch": messages}).to_string());
    assert_eq!(answer.status, 200, "{answer:?}");
}

pub fn identify(user: &str, traits: Value) -> Value {
    json!({"type": "identify", "userId": user, "traits": traits})
}

pub fn event(user: &str, event: &str, properties: Value) -> Value {
    json!({"type": "track", "userId": user, "event": event, "properties": properties})
}

/// Somebody who agreed to our news and submitted a form.
pub fn person(user: &str, traits: Value) -> Vec<Value> {
    let mut all = json!({"email": format!("{user}@people.test"), "first_name": user});
    all.as_object_mut().unwrap().extend(traits.as_object().unwrap().clone());
    let proof = json!({"subscription": "news", "proof": "the form at /news, double opt-in"});
    vec![identify(user, all), event(user, "Subscribed", proof), event(user, "Form Submitted", json!({}))]
}

/// The copies of the outbox, those asked for first at first.
pub fn copies(place: &Place) -> Vec<Value> {
    let page = get(place, "/api/outbox?limit=500");
    let mut items = page["items"].as_array().unwrap().clone();
    items.reverse();
    items
}

/// Asks until the copies are so.
pub fn until(place: &Place, what: &str, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    waited(what, || copies(place), |copies| is_so(copies))
}

/// Asks until an answer of the API is so.
pub fn until_at(place: &Place, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    waited(path, || get(place, path), is_so)
}

/// An answer about all people, when everybody was asked.
pub fn complete(place: &Place, path: &str) -> Value {
    until_at(place, path, |found| found["complete"] == true)
}

/// How often the same answer is taken for an answer: a busy machine may take minutes.
const PATIENCE: usize = 60_000;

fn waited<T: std::fmt::Debug + PartialEq>(what: &str, ask: impl Fn() -> T, is_so: impl Fn(&T) -> bool) -> T {
    let (mut last, mut same) = (ask(), 0);
    while same < PATIENCE {
        if is_so(&last) {
            return last;
        }
        std::thread::yield_now();
        let next = ask();
        same = if next == last { same + 1 } else { 0 };
        last = next;
    }
    panic!("never {what}: {last:#?}");
}

/// Lead, e-mail and state of each copy, sorted.
pub fn states(copies: &[Value]) -> Vec<(String, String, String)> {
    let text = |copy: &Value, name: &str| copy[name].as_str().unwrap_or_default().to_owned();
    let mut states: Vec<_> =
        copies.iter().map(|copy| (text(copy, "lead_name"), text(copy, "email"), text(copy, "state"))).collect();
    states.sort();
    states
}
