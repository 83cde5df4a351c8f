use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use attractor_app::signature;
use axum::http::Method;
use serde_json::{Value, json};

use super::running::{Place, SERVER_KEY, Server};
use super::{client, get, post};

struct Heard {
    headers: Vec<(String, String)>,
    body: String,
}

impl Heard {
    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// Answers with these heads one after the other, then with 200.
fn receiver(heads: &'static [&'static str]) -> (SocketAddr, Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, heard) = channel();
    thread::spawn(move || {
        let mut heads = heads.iter();
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            let mut headers = Vec::new();
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap_or(0) > 2 {
                headers.extend(line.trim_end().split_once(": ").map(|(k, v)| (k.to_owned(), v.to_owned())));
                line.clear();
            }
            let mut heard = Heard { headers, body: String::new() };
            let length: u64 = heard.header("content-length").parse().unwrap_or(0);
            stream.by_ref().take(length).read_to_string(&mut heard.body).unwrap();
            let head = heads.next().copied().unwrap_or("200 OK");
            let answer = format!("HTTP/1.1 {head}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
            let _ = stream.get_mut().write_all(answer.as_bytes());
            if sender.send(heard).is_err() {
                return;
            }
        }
    });
    (address, heard)
}

fn start(place: &Place) -> Server {
    place.with_keys(None);
    Server::start(place.command().env("ATTRACTOR_WEBHOOKS_PRIVATE", "true"))
}

fn webhook(place: &Place, address: SocketAddr, more: Value) -> Value {
    let mut wanted = json!({"url": format!("http://{address}/in")});
    wanted.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    post(place, "/api/webhooks", &wanted).unwrap()
}

fn event(server: &Server, user: &str) {
    let body = format!(r#"{{"event":"Demo Requested","userId":"{user}"}}"#);
    assert_eq!(server.post(SERVER_KEY, "/v1/track", &body).status, 200);
}

/// Asks until the delivery stands so.
fn delivery(place: &Place, path: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..2_000 {
        let log = get(place, path);
        if let Some(found) = log["items"].as_array().unwrap().iter().find(|one| is_so(one)) {
            return found.clone();
        }
    }
    panic!("{}", get(place, path));
}

#[test]
fn a_move_is_told_signed_and_again_with_the_same_id_when_it_failed() {
    Place::each(|place| {
        let (address, heard) = receiver(&["500 Oh", "302 Found\r\nlocation: http://127.0.0.1:1/"]);
        let server = start(place);
        let made = webhook(place, address, json!({"kinds": ["stage"], "subjects": ["lifecycle"]}));
        let secret = made["secret"].as_str().unwrap();
        event(&server, "ada");
        let first = heard.recv().unwrap();
        let (id, stamp) = (first.header("webhook-id"), first.header("webhook-timestamp"));
        let right = signature::sign(secret, id, stamp.parse().unwrap(), &first.body).unwrap();
        assert_eq!(first.header("webhook-signature"), right);
        let told = first.json();
        assert_eq!((&told["type"], &told["data"]["kind"]), (&json!("move.stage"), &json!("stage")), "{told}");
        assert_eq!((&told["data"]["lead"]["name"], &told["data"]["from"]), (&json!("ada"), &Value::Null));
        let log = format!("/api/webhooks/{}/deliveries", made["id"]);
        let failed = delivery(place, &log, |one| one["tries"] == 1);
        assert_eq!((&failed["state"], &failed["status"]), (&json!("waiting"), &json!(500)));
        let again = format!("{log}/{}/replay", failed["number"]);
        post(place, &again, &Value::Null).unwrap();
        assert_eq!(heard.recv().unwrap().header("webhook-id"), id);
        let turned = delivery(place, &log, |one| one["tries"] == 2);
        assert_eq!(turned["status"], 302, "a redirect is not followed");
        post(place, &again, &Value::Null).unwrap();
        assert_eq!(heard.recv().unwrap().header("webhook-id"), id);
        delivery(place, &log, |one| one["state"] == "delivered" && one["number"] == failed["number"]);
        assert!(!get(place, "/api/webhooks").to_string().contains(secret), "the secret is shown once");
        server.stop();
    });
}

#[test]
fn what_moved_while_nobody_served_is_told_later_and_a_filter_is_kept_to() {
    let place = Place::sqlite();
    let (address, heard) = receiver(&[]);
    let server = start(&place);
    webhook(&place, address, json!({"subjects": ["re-engagement"]}));
    webhook(&place, address, json!({"kinds": ["stage"]}));
    server.stop();
    // Without the loop of a server nothing is delivered.
    let server = Server::start(place.command().env("ATTRACTOR_WEBHOOKS_PRIVATE", "false"));
    event(&server, "ada");
    let refused = delivery(&place, "/api/webhooks/2/deliveries", |one| one["tries"] == 1);
    assert!(refused["error"].as_str().unwrap().contains("private network"), "{refused}");
    server.kill();
    let server = start_again(&place);
    post(&place, &format!("/api/webhooks/2/deliveries/{}/replay", refused["number"]), &Value::Null).unwrap();
    // The other move's delivery is tried again by itself, perhaps before this one.
    assert!(heard.iter().take(2).any(|one| one.header("webhook-id") == refused["message"]));
    assert!(get(&place, "/api/webhooks/1/deliveries")["items"].as_array().unwrap().is_empty());
    server.stop();
}

/// A receiver that took its ten seconds delayed all others by as much.
#[test]
fn a_receiver_that_does_not_answer_delays_no_other() {
    let place = Place::sqlite();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, heard) = receiver(&[]);
    let server = start(&place);
    webhook(&place, silent.local_addr().unwrap(), json!({"note": "silent"}));
    webhook(&place, address, json!({"note": "quick"}));
    post(&place, "/api/webhooks/1/test", &Value::Null).unwrap();
    // It is called, and gets no answer: the call goes on until the server gives it up.
    let (called, _) = silent.accept().unwrap();
    for _ in 0..3 {
        post(&place, "/api/webhooks/2/test", &Value::Null).unwrap();
        assert_eq!(heard.recv().unwrap().json()["type"], "test");
    }
    let waiting = get(&place, "/api/webhooks/1/deliveries")["items"][0].clone();
    assert_eq!((&waiting["state"], &waiting["tries"]), (&json!("waiting"), &json!(0)), "the first call still waits");
    drop(called);
    server.stop();
}

fn start_again(place: &Place) -> Server {
    Server::start(place.command().env("ATTRACTOR_WEBHOOKS_PRIVATE", "true"))
}

#[test]
fn a_webhook_that_is_gone_is_disabled_and_can_be_enabled_again() {
    let place = Place::sqlite();
    let (address, heard) = receiver(&["410 Gone"]);
    let server = start(&place);
    let made = webhook(&place, address, json!({"note": "ours"}));
    post(&place, "/api/webhooks/1/test", &Value::Null).unwrap();
    assert_eq!(heard.recv().unwrap().json()["type"], "test");
    delivery(&place, "/api/webhooks/1/deliveries", |one| one["tries"] == 1);
    let stands = get(&place, "/api/webhooks/1");
    assert!(stands["disabled_why"].as_str().unwrap().contains("410"), "{stands}");
    let refused = post(&place, "/api/webhooks/1/test", &Value::Null).unwrap_err();
    assert!(refused.contains("enable it first"), "{refused}");
    assert_eq!(made["enabled"], true);
    let wanted = json!({"enabled": true});
    let put = |wanted: &Value| client(&place).json(Method::PUT, "/api/webhooks/1", wanted).unwrap().value();
    assert_eq!(put(&wanted).unwrap()["enabled"], true);
    post(&place, "/api/webhooks/1/test", &Value::Null).unwrap();
    let tested = heard.iter().find(|heard| heard.header("webhook-id").contains("_test_"));
    assert_eq!(tested.unwrap().json()["data"]["webhook"], 1);
    let wrong = put(&json!({"url": "ftp://x"})).unwrap_err();
    assert!(wrong.contains("not the address of a web server"), "{wrong}");
    client(&place).json(Method::DELETE, "/api/webhooks/1", &Value::Null).unwrap().value().unwrap();
    assert!(get(&place, "/api/webhooks")["items"].as_array().unwrap().is_empty());
    server.stop();
}

/// What is left out of a change would have been set to its default: all moves, and enabled.
#[test]
fn what_a_change_leaves_out_stays_as_it_is() {
    let place = Place::sqlite();
    let server = start(&place);
    let address = "127.0.0.1:9".parse().unwrap();
    webhook(&place, address, json!({"kinds": ["stage"], "subjects": ["lifecycle"], "note": "CRM"}));
    let mut expected = get(&place, "/api/webhooks/1");
    let put = |change: &Value| client(&place).json(Method::PUT, "/api/webhooks/1", change).unwrap().value();
    let url = format!("http://{address}/other");
    for change in [
        json!({"enabled": false}),
        json!({"note": "the new CRM"}),
        json!({"url": url}),
        json!({"kinds": ["stage", "segment"]}),
        json!({"subjects": ["lifecycle", "lifecycle"]}),
        json!({"kinds": null, "subjects": null, "note": null, "url": null, "enabled": null}),
        json!({}),
        json!({"enabled": true}),
        json!({"kinds": []}),
    ] {
        let shown = put(&change).unwrap();
        for (name, value) in change.as_object().unwrap().iter().filter(|(_, value)| !value.is_null()) {
            expected[name] = value.clone();
        }
        for name in ["url", "note", "kinds", "subjects", "enabled", "made_at", "made_by"] {
            assert_eq!(shown[name], expected[name], "{name} after {change}");
        }
        assert_eq!(get(&place, "/api/webhooks/1"), shown);
    }
    for (change, why) in [
        (json!({"url": "ftp://x"}), "not the address of a web server"),
        (json!({"kinds": ["stages"]}), "stages"),
        (json!({"subject": []}), "subject"),
    ] {
        assert!(put(&change).unwrap_err().contains(why), "{change}");
    }
    server.stop();
}

/// Every body by which something is changed: none of its fields has to be there, unless it is all that is changed.
#[test]
fn a_change_never_asks_for_what_stays() {
    let place = Place::sqlite();
    let server = start(&place);
    let api = get(&place, "/api/openapi.json");
    let mut seen = Vec::new();
    for (path, methods) in api["paths"].as_object().unwrap() {
        for method in ["put", "patch"] {
            let schema = &methods[method]["requestBody"]["content"]["application/json"]["schema"];
            let Some(reference) = schema["$ref"].as_str() else { continue };
            let body = api.pointer(&reference[1..]).unwrap();
            let required: Vec<&str> =
                body["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            // A password, a playbook, a form and a draft of a broadcast are one value each, and are set as a whole.
            let whole: &[&str] = match path.as_str() {
                "/api/broadcasts/{id}" => &["name", "email", "audience"],
                "/api/forms/{id}" => &["form"],
                "/api/playbook" => &["files"],
                "/api/me/password" => &["old", "password"],
                "/api/users/{id}/password" => &["password"],
                _ => &[],
            };
            assert_eq!(required, whole, "{method} {path}");
            let defaults = body["properties"].as_object().unwrap().iter().filter(|(_, of)| of.get("default").is_some());
            if whole.is_empty() {
                assert_eq!(defaults.count(), 0, "{method} {path}: what is left out would be set");
            }
            seen.push(path.as_str());
        }
    }
    for path in ["/api/webhooks/{id}", "/api/hooks/{id}", "/api/users/{id}"] {
        assert!(seen.contains(&path), "{path}: {seen:?}");
    }
    server.stop();
}

#[test]
fn a_webhook_whose_filter_cannot_be_read_is_disabled_and_not_sent_everything() {
    Place::each(|place| {
        let (address, heard) = receiver(&[]);
        let server = start(place);
        let made = webhook(place, address, json!({"kinds": ["stage"], "subjects": ["lifecycle"]}));
        server.stop();
        place.store().execute("UPDATE webhooks SET filter = $1", &["{".into()]).unwrap();
        let server = start_again(place);
        event(&server, "ada");
        let stands = (0..2_000).map(|_| get(place, "/api/webhooks/1")).find(|one| !one["disabled_at"].is_null());
        let stands = stands.expect("it is disabled");
        let why = stands["disabled_why"].as_str().unwrap();
        assert!(why.contains("cannot be read") && stands["enabled"] == false, "{stands}");
        let put = |change: &Value| client(place).json(Method::PUT, "/api/webhooks/1", change).unwrap().value();
        for half in [json!({"enabled": true}), json!({"kinds": ["stage"]}), json!({"subjects": [], "enabled": true})] {
            let refused = put(&half).unwrap_err();
            assert!(refused.contains("set `kinds` and `subjects` again"), "{half}: {refused}");
        }
        assert_eq!(put(&json!({"note": "ours"})).unwrap()["enabled"], false);
        let wanted = json!({"url": made["url"], "kinds": ["stage"], "subjects": ["lifecycle"], "enabled": true});
        client(place).json(Method::PUT, "/api/webhooks/1", &wanted).unwrap().value().unwrap();
        event(&server, "bob");
        assert_eq!(heard.recv().unwrap().json()["data"]["lead"]["name"], "bob");
        server.stop();
    });
}
