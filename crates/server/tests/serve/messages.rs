//! Messages in: acknowledged when they are stored, and only the bad ones refused.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::program;
use super::running::{PUBLIC_KEY, Place, SERVER_KEY, base64};

fn track(id: &str) -> String {
    format!(r#"{{"type": "track", "event": "Demo Requested", "userId": "ada", "messageId": "{id}"}}"#)
}

fn batch(messages: &[String]) -> String {
    format!(r#"{{"batch": [{}]}}"#, messages.join(","))
}

/// Clients send members of their own, which are left out; one that is nearly ours was meant to be read.
#[test]
fn a_member_that_is_probably_misspelt_is_named_in_the_answer() {
    let place = Place::sqlite();
    let server = place.with_keys(None).start();
    let misspelt =
        r#"{"event": "Demo Requested", "userId": "ada", "messageId": "m", "propertis": {"topic": "shirts"}}"#;
    let warnings = json!([{"index": 0, "text": "`propertis` is not read; did you mean `properties`?"}]);
    let answer = server.post(SERVER_KEY, "/v1/track", misspelt);
    assert_eq!((answer.status, answer.json()), (200, json!({"success": true, "warnings": warnings})));
    let of_client =
        r#"{"event": "Demo Requested", "userId": "ada", "integrations": {}, "_metadata": {}, "channel": "web"}"#;
    assert_eq!(server.post(SERVER_KEY, "/v1/track", of_client).body, r#"{"success":true}"#);
    server.stop();
}

#[test]
fn what_is_acknowledged_survives_a_kill() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        let one = server.post(SERVER_KEY, "/v1/track", &track("a"));
        assert_eq!((one.status, one.body.as_str()), (200, r#"{"success":true}"#));
        let two = server.post(SERVER_KEY, "/v1/batch", &batch(&[track("b"), track("c")]));
        assert_eq!(two.status, 200, "{two:?}");
        server.kill();
        assert_eq!(place.message_ids(), ["a", "b", "c"]);
        let server = place.start();
        assert_eq!(server.post(SERVER_KEY, "/v1/track", &track("a")).status, 200, "again is no error");
        assert_eq!(server.figure("attractor_events_duplicate_total"), 1.0);
        assert_eq!(server.figure("attractor_events_accepted_total"), 0.0);
        server.stop();
        assert_eq!(place.message_ids(), ["a", "b", "c"]);
    });
}

#[test]
fn a_bad_message_costs_itself_alone() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        let mixed = batch(&[track("a"), r#"{"type": "track", "userId": "ada"}"#.into(), "7".into(), track("d")]);
        let answer = server.post(SERVER_KEY, "/v1/batch", &mixed);
        assert_eq!((answer.status, answer.json()["success"].as_bool()), (200, Some(true)), "{answer:?}");
        let rejected = answer.json()["rejected"].clone();
        assert_eq!((&rejected[0]["index"], &rejected[1]["index"]), (&1.into(), &2.into()), "{rejected}");
        assert!(rejected[0]["reason"].as_str().unwrap().contains("event"), "{rejected}");
        let bad = server.post(SERVER_KEY, "/v1/track", r#"{"userId": "ada"}"#);
        assert_eq!((bad.status, bad.json()["rejected"][0]["index"].as_u64()), (400, Some(0)), "{bad:?}");
        assert_eq!(server.figure("attractor_events_refused_total"), 3.0);
        server.stop();
        assert_eq!(place.message_ids(), ["a", "d"]);
    });
}

#[test]
fn placeholders_are_counted_and_half_an_emoji_is_stored_readable() {
    let place = Place::sqlite();
    let server = place.with_keys(None).start();
    let messages = [
        r#"{"type": "track", "event": "X", "userId": "undefined", "anonymousId": "v", "messageId": "a"}"#.to_owned(),
        r#"{"type": "track", "event": "X", "userId": "null", "anonymousId": 0, "messageId": "b"}"#.to_owned(),
        r#"{"type": "track", "event": "X", "userId": "u", "messageId": "c\ud83d"}"#.to_owned(),
    ];
    let answer = server.post(SERVER_KEY, "/v1/batch", &batch(&messages));
    assert_eq!(answer.json()["rejected"][0]["index"], 1, "{answer:?}");
    assert_eq!(server.figure("attractor_placeholder_ids_total"), 3.0);
    server.stop();
    assert_eq!(place.message_ids(), ["a", "c\u{fffd}"]);
}

#[test]
fn a_public_key_may_not_send_everything() {
    let place = Place::sqlite();
    let server = place.with_keys(None).start();
    let won = r#"{"type": "track", "event": "Deal Won", "anonymousId": "v", "messageId": "w"}"#;
    let refused = server.post(PUBLIC_KEY, "/v1/track", won);
    assert!(refused.status == 400 && refused.body.contains("public key"), "{refused:?}");
    assert_eq!(server.post(SERVER_KEY, "/v1/track", won).status, 200);
    let page = r#"{"anonymousId": "v", "messageId": "p", "properties": {"url": "https://example.org/pricing"},
        "context": {"page": {"url": "https://example.org/pricing?utm_source=linkedin", "referrer": ""}}}"#;
    assert_eq!(server.post(PUBLIC_KEY, "/v1/page", page).status, 200);
    server.stop();
    assert_eq!(place.message_ids(), ["public:p", "public:p:source", "w"], "the visit's source is a message of its own");
}

const GOOGLED: &str = r#"
playbook: sources
segments:
  - {id: googled, enter: {attribute: first_source, eq: google}}
"#;

/// Two devices: whoever turns out to be one came first by the earlier visit, wherever one looks.
#[test]
fn the_first_source_is_that_of_the_earliest_visit() {
    Place::each(|place| {
        place.with_keys(None).write("playbook.yaml", GOOGLED);
        let (data, playbook) = (place.path(), place.path().join("playbook.yaml"));
        let (data, playbook) = (data.to_string_lossy(), playbook.to_string_lossy());
        let server = place.start();
        let made = program::run(&["key", "add", "k", "--api", "owner", "--data", &data]);
        let applied = program::run(&["apply", &playbook, "--yes", "--force", "--data", &data]);
        assert_eq!((made.code, applied.code), (0, 0), "{}{}", made.err, applied.err);
        for (day, who, source) in [(2, r#""userId": "u""#, "google"), (3, r#""anonymousId": "v""#, "x")] {
            let page = format!(
                r#"{{{who}, "messageId": "{source}", "timestamp": "2026-03-0{day}T10:00:00Z",
                    "properties": {{"url": "https://example.org/?utm_source={source}"}}}}"#
            );
            assert_eq!(server.post(SERVER_KEY, "/v1/page", &page).status, 200);
        }
        let tie = r#"{"userId": "u", "anonymousId": "v", "timestamp": "2026-03-04T10:00:00Z"}"#;
        assert_eq!(server.post(SERVER_KEY, "/v1/identify", tie).status, 200);
        let key = format!("Bearer {}", made.out.trim());
        let get = |path: &str| server.ask("GET", path, &[("authorization", &key)], b"");
        let lead = get("/api/leads/u").json();
        let source = |of: &str| lead["attributes"][format!("{of}_source")]["value"].clone();
        assert_eq!((&source("first"), &source("last")), (&json!("google"), &json!("x")), "{lead:#}");
        assert_eq!(lead["segments"][0]["id"], "googled", "{lead:#}");
        let events = place.path().join("events.ndjson");
        std::fs::write(&events, get("/api/export/events").body).unwrap();
        server.stop();
        let replayed = program::run(&["replay", "--playbook", &playbook, "--events", &events.to_string_lossy()]);
        assert!(replayed.out.contains(r#""segments": ["googled"]"#), "{}", replayed.out);
    });
}

const VIEWS: &str = r#"
playbook: views
scores:
  - {id: lead, rules: [{id: view, event: Page Viewed, points: 5}]}
"#;

/// Crawlers run the site's script, too.
#[test]
fn page_views_of_crawlers_are_stored_and_count_nowhere() {
    const PERSON: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    const CRAWLER: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    Place::each(|place| {
        place.with_keys(None).write("playbook.yaml", VIEWS);
        let (data, playbook) = (place.path(), place.path().join("playbook.yaml"));
        let (data, playbook) = (data.to_string_lossy(), playbook.to_string_lossy());
        let server = place.start();
        let made = program::run(&["key", "add", "k", "--api", "owner", "--data", &data]);
        let applied = program::run(&["apply", &playbook, "--yes", "--force", "--data", &data]);
        assert_eq!((made.code, applied.code), (0, 0), "{}{}", made.err, applied.err);
        let bearer = format!("Bearer {}", made.out.trim());
        let get = |path: &str| server.ask("GET", path, &[("authorization", &bearer)], b"").json();
        let view = |key: &str, agent: &str, id: &str| {
            let basic = format!("Basic {}", base64(format!("{key}:").as_bytes()));
            let page = json!({"anonymousId": "v", "messageId": id, "properties": {"path": "/pricing"}}).to_string();
            let headers = [("authorization", basic.as_str()), ("user-agent", agent)];
            assert_eq!(server.ask("POST", "/v1/page", &headers, page.as_bytes()).status, 200);
            get("/api/leads/visitor:v")["scores"]["lead"]["value"].clone()
        };
        assert_eq!(view(PUBLIC_KEY, PERSON, "a"), 5.0);
        assert_eq!(view(PUBLIC_KEY, CRAWLER, "b"), 5.0, "it gives no points");
        assert_eq!(view(PUBLIC_KEY, PERSON, "c"), 10.0);
        assert_eq!(view(SERVER_KEY, CRAWLER, "d"), 15.0, "a server says itself what a machine caused");
        let events = get("/api/leads/visitor:v/events");
        let events = events["items"].as_array().unwrap();
        let machines: Vec<&str> = events
            .iter()
            .filter(|event| event["message"]["context"]["machine"] == true)
            .filter_map(|event| event["message"]["messageId"].as_str())
            .collect();
        assert_eq!(machines, ["public:b"], "{events:#?}");
        server.stop();
    });
}

/// Staff who look at their own pages, behind the same proxy as everybody.
#[test]
fn page_views_from_networks_of_people_who_are_not_leads_are_stored_and_count_nowhere() {
    Place::each(|place| {
        place.with_keys(None).write("playbook.yaml", VIEWS);
        let settings = "not_leads = [\"acme.example\", \"192.0.2.0/24\"]\ntrusted_proxies = [\"127.0.0.1\"]\n";
        place.write("attractor.toml", settings);
        let (data, playbook) = (place.path(), place.path().join("playbook.yaml"));
        let (data, playbook) = (data.to_string_lossy(), playbook.to_string_lossy());
        let server = place.start();
        let made = program::run(&["key", "add", "k", "--api", "owner", "--data", &data]);
        let applied = program::run(&["apply", &playbook, "--yes", "--force", "--data", &data]);
        assert_eq!((made.code, applied.code), (0, 0), "{}{}", made.err, applied.err);
        let bearer = format!("Bearer {}", made.out.trim());
        let get = |path: &str| server.ask("GET", path, &[("authorization", &bearer)], b"").json();
        let view = |key: &str, from: &str, id: &str| {
            let basic = format!("Basic {}", base64(format!("{key}:").as_bytes()));
            let page = json!({"anonymousId": "v", "messageId": id, "properties": {"path": "/pricing"}}).to_string();
            let headers = [("authorization", basic.as_str()), ("x-forwarded-for", from)];
            assert_eq!(server.ask("POST", "/v1/page", &headers, page.as_bytes()).status, 200);
            get("/api/leads/visitor:v")["scores"]["lead"]["value"].clone()
        };
        assert_eq!(view(PUBLIC_KEY, "203.0.113.9", "a"), 5.0);
        assert_eq!(view(PUBLIC_KEY, "192.0.2.7", "b"), 5.0, "it gives no points");
        assert_eq!(view(PUBLIC_KEY, "192.0.2.7, 203.0.113.9", "c"), 10.0, "only a trusted proxy is believed");
        assert_eq!(view(SERVER_KEY, "192.0.2.7", "d"), 15.0, "a server says itself what counts");
        let events = get("/api/leads/visitor:v/events");
        let is_machine = |event: &&Value| event["message"]["context"]["machine"] == true;
        let machines: Vec<&Value> = events["items"].as_array().unwrap().iter().filter(is_machine).collect();
        assert!(machines.len() == 1 && machines[0]["message"]["messageId"] == "public:b", "{events:#}");
        server.stop();
    });
}

#[test]
fn coming_from_ones_own_domains_is_no_source() {
    let place = Place::sqlite();
    place.write("attractor.toml", "own_domains = [\"checkout.own-shop.com\"]");
    let server = place.with_keys(None).start();
    for (id, referrer) in [("a", "https://www.own-shop.com/cart"), ("b", "https://other.org/")] {
        let page = format!(
            r#"{{"anonymousId": "{id}", "messageId": "{id}", "properties": {{"url": "https://example.org/",
                "referrer": "{referrer}"}}}}"#
        );
        assert_eq!(server.post(PUBLIC_KEY, "/v1/page", &page).status, 200);
    }
    server.stop();
    assert_eq!(place.message_ids(), ["public:a", "public:b", "public:b:source"]);
}

#[test]
fn strangers_and_nonsense_are_told_apart() {
    let place = Place::sqlite();
    let server = place.with_keys(None).start();
    let in_body = format!(r#"{{"batch": [{}], "writeKey": "{PUBLIC_KEY}"}}"#, track("a"));
    for (key, path, body, status) in [
        ("wrong", "/v1/track", track("a"), 401),
        ("", "/v1/track", track("a"), 401),
        ("", "/v1/batch", in_body, 200),
        (SERVER_KEY, "/v1/batch", "{".into(), 400),
        (SERVER_KEY, "/v1/unknown", "{}".into(), 404),
        (SERVER_KEY, "/v1/track", format!(r#"{{"x": "{}"}}"#, "y".repeat(5_000_000)), 413),
    ] {
        let answer = server.post(key, path, &body);
        assert_eq!(answer.status, status, "{path}: {answer:?}");
    }
    server.stop();
}

#[test]
fn who_sends_too_much_hears_when_to_come_back() {
    let place = Place::sqlite();
    let server = place.with_keys(Some(2)).start();
    assert_eq!(server.post(SERVER_KEY, "/v1/batch", &batch(&[track("a"), track("b")])).status, 200);
    let refused = server.post(SERVER_KEY, "/v1/track", &track("c"));
    assert_eq!(refused.status, 429);
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=30).contains(&wait), "{wait}");
    server.stop();
}

#[test]
fn a_large_batch_is_one_answer() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        let mut messages = Vec::new();
        for number in 0..3_000 {
            let mut message = String::new();
            write!(message, r#"{{"type": "page", "userId": "u{}", "messageId": "m{number:04}"}}"#, number % 7).unwrap();
            messages.push(message);
        }
        let answer = server.post(SERVER_KEY, "/v1/batch", &batch(&messages));
        assert_eq!((answer.status, answer.body.as_str()), (200, r#"{"success":true}"#));
        server.stop();
        assert_eq!(place.message_ids().iter().filter(|id| !id.ends_with(":source")).count(), 3_000);
    });
}
