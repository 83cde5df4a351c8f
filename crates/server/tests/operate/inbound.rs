use axum::http::Method;
use serde_json::{Value, json};

use super::running::{Place, Server};
use super::{client, get, post};

fn mapping() -> Value {
    json!({
        "type": "track", "event": "Webinar Attended", "email": "$.email", "message_id": "$.id",
        "traits": {"job_title": "$.title"}, "properties": {"minutes": "$.minutes"}
    })
}

fn deliver(server: &Server, path: &str, headers: &[(&str, &str)], body: &str) -> (u16, Value) {
    let answer = server.ask("POST", path, headers, body.as_bytes());
    let json = if answer.body.is_empty() { Value::Null } else { answer.json() };
    (answer.status, json)
}

#[test]
fn a_lead_is_updated_within_the_request() {
    Place::each(|place| {
        let server = place.start();
        let made = post(place, "/api/hooks", &json!({"name": "webinars", "mapping": mapping()})).unwrap();
        let path = format!("{}?token={}", made["path"].as_str().unwrap(), made["secret"].as_str().unwrap());
        let body = r#"{"id": "a1", "email": "Ada@example.org", "title": "CTO", "minutes": 50}"#;
        let (status, done) = deliver(&server, &path, &[], body);
        assert_eq!((status, &done["stored"]), (200, &json!(2)), "{done}");
        let lead: i64 = done["leads"][0].as_str().unwrap().parse().unwrap();
        assert_eq!(done["leads"].as_array().unwrap().len(), 1);
        let found = attractor_store::leads::load(&mut place.store(), &[attractor_store::LeadId(lead)]).unwrap();
        assert_eq!(found[0].email.as_deref(), Some("ada@example.org"), "it is there when the answer is");
        let (status, again) = deliver(&server, &path, &[], body);
        assert_eq!((status, &again["stored"], &again["leads"]), (200, &json!(2), &json!([])), "twice is once");
        assert_eq!(place.message_ids().len(), 2);
        let (status, nobody) = deliver(&server, &path, &[], r#"{"id": "a2"}"#);
        assert!(
            status == 400 && nobody["rejected"][0]["reason"].as_str().unwrap().contains("names nobody"),
            "{nobody}"
        );
        server.stop();
    });
}

#[test]
fn who_cannot_prove_it_is_refused() {
    let place = Place::sqlite();
    let server = place.start();
    let hook = |body: Value| post(&place, "/api/hooks", &body).unwrap();
    let by_token = hook(json!({"name": "a", "mapping": mapping()}));
    let by_hmac = hook(json!({"name": "b", "mapping": mapping(), "proof": "hmac", "header": "X-Hub-Signature-256"}));
    let body = r#"{"id": "a1", "email": "ada@example.org"}"#;
    for (path, why) in [
        (by_token["path"].as_str().unwrap(), "the token in the address (`?token=…`) is missing or wrong"),
        (by_hmac["path"].as_str().unwrap(), "the header x-hub-signature-256 is missing or wrong"),
    ] {
        let (status, refused) = deliver(&server, path, &[], body);
        assert!(status == 401 && refused.to_string().contains(why), "{refused}");
        assert_eq!(deliver(&server, &format!("{path}?token=x"), &[("x-hub-signature-256", "sha256=00")], body).0, 401);
    }
    assert_eq!(deliver(&server, "/hooks/nothing?token=x", &[], body).0, 404);
    // The secret never comes back, and is not in the store.
    let listed = get(&place, "/api/hooks").to_string();
    assert!(!listed.contains(by_token["secret"].as_str().unwrap()) && listed.contains("x-hub-signature-256"));
    assert!(place.message_ids().is_empty());
    let path = format!("/api/hooks/{}", by_token["id"].as_str().unwrap());
    client(&place).json(Method::DELETE, &path, &Value::Null).unwrap().value().unwrap();
    let path = format!("{}?token={}", by_token["path"].as_str().unwrap(), by_token["secret"].as_str().unwrap());
    assert_eq!(deliver(&server, &path, &[], body).0, 404);
    server.stop();
}

#[test]
fn a_mapping_is_tried_before_it_is_used() {
    let place = Place::sqlite();
    let tried = |body: Value| post(&place, "/api/hooks/try", &body);
    let made = tried(json!({"mapping": mapping(), "body": {"email": "a@example.org", "minutes": 5, "id": 1}})).unwrap();
    assert_eq!(made["messages"][1]["properties"]["minutes"], 5);
    assert_eq!(made["messages"][0]["traits"]["email"], "a@example.org");
    let form = json!({"mapping": mapping(), "body": "email=a%40example.org&id=7", "content_type": "application/x-www-form-urlencoded"});
    assert_eq!(tried(form).unwrap()["messages"][1]["messageId"], "hook:try:7");
    let wrong = tried(json!({"mapping": {"type": "track"}, "body": {}})).unwrap_err();
    assert!(wrong.contains("`event`: missing") && wrong.contains("`email`: missing"), "{wrong}");
    let typeless = json!({"event": "Webinar Attended", "email": "$.email"});
    for (path, body) in [
        ("/api/hooks/try", json!({"mapping": typeless, "body": {"email": "a@example.org"}})),
        ("/api/hooks", json!({"mapping": typeless, "name": "webinars"})),
    ] {
        let wrong = post(&place, path, &body).unwrap_err();
        assert!(wrong.contains("an event needs `type: track`"), "{path}: {wrong}");
    }
    assert!(place.message_ids().is_empty());
}

#[test]
fn a_hook_changes_its_name_or_its_mapping_and_keeps_the_other() {
    let place = Place::sqlite();
    let server = place.start();
    let made = post(&place, "/api/hooks", &json!({"name": "webinars", "mapping": mapping()})).unwrap();
    let path = format!("/api/hooks/{}", made["id"].as_str().unwrap());
    let put = |change: &Value| client(&place).json(Method::PUT, &path, change).unwrap().value();
    let shown = || get(&place, "/api/hooks")["items"][0].clone();
    let other = json!({"email": "$.mail"});
    put(&json!({"name": "talks"})).unwrap();
    assert_eq!((&shown()["name"], &shown()["mapping"]["event"]), (&json!("talks"), &json!("Webinar Attended")));
    put(&json!({"mapping": other})).unwrap();
    assert_eq!((&shown()["name"], &shown()["mapping"]["email"]), (&json!("talks"), &json!("$.mail")));
    assert_eq!(shown()["mapping"]["event"], Value::Null, "a mapping is one value");
    assert!(put(&json!({"name": ""})).unwrap_err().contains("(/name)"));
    assert!(put(&json!({"mapping": {}})).unwrap_err().contains("`email`: missing"));
    assert_eq!(shown()["name"], "talks");
    server.stop();
}

/// It was refused only later: what such a hook took it goes on taking.
#[test]
fn a_stored_hook_that_drops_a_part_goes_on_with_the_rest() {
    let place = Place::sqlite();
    let server = place.start();
    let made = post(&place, "/api/hooks", &json!({"name": "old", "mapping": {"email": "$.email"}})).unwrap();
    let dropping = json!({"event": "Webinar Attended", "email": "$.email"}).to_string();
    place.store().execute("UPDATE hooks SET mapping = $1", &[dropping.as_str().into()]).unwrap();
    let path = format!("{}?token={}", made["path"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let (status, done) = deliver(&server, &path, &[], r#"{"email": "ada@example.org"}"#);
    assert_eq!((status, &done["stored"]), (200, &json!(1)), "{done}");
    server.stop();
}

#[test]
fn a_page_tells_the_source_of_its_visit() {
    let place = Place::sqlite();
    place.write("attractor.toml", "own_domains = [\"example-pay.org\"]\n");
    let server = place.start();
    let mapping = json!({
        "type": "page", "user_id": "$.user", "message_id": "$.id",
        "properties": {"url": "$.url", "referrer": "$.from"}
    });
    let made = post(&place, "/api/hooks", &json!({"name": "pages", "mapping": mapping})).unwrap();
    let path = format!("{}?token={}", made["path"].as_str().unwrap(), made["secret"].as_str().unwrap());
    let visit = |id: &str, query: &str, from: &str| {
        let url = format!("https://shop.example.org/{query}");
        let body = json!({"id": id, "user": "u", "url": url, "from": from}).to_string();
        let (status, done) = deliver(&server, &path, &[], &body);
        assert_eq!((status, &done["stored"]), (200, &json!(1)), "{done}");
        get(&place, "/api/leads/u")["attributes"].clone()
    };
    let campaign = |attributes: &Value, which: &str| attributes[format!("{which}_campaign")]["value"].clone();
    let first = visit("a", "?utm_source=news&utm_campaign=spring", "");
    assert_eq!((campaign(&first, "first"), campaign(&first, "last")), (json!("spring"), json!("spring")), "{first}");
    let second = visit("b", "?utm_source=news&utm_campaign=autumn", "");
    assert_eq!((campaign(&second, "first"), campaign(&second, "last")), (json!("spring"), json!("autumn")));
    let paid = visit("c", "", "https://www.example-pay.org/done");
    assert_eq!(campaign(&paid, "last"), json!("autumn"), "it came from a domain of our own");
    server.stop();
}
