//! What must be so whatever a client sends.

use attractor_engine::message::{Message, Wanted};
use attractor_engine::time::Instant;
use attractor_intake::webhook::Mapping;
use attractor_intake::{Envelope, Limits, Normalised, Raw, Receipt, Request, Rights, normalise, read};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

const NOW: Instant = Instant(1_773_057_600_000);

fn received<'a>(rights: Rights) -> Receipt<'a> {
    Receipt { at: NOW, rights, key: Some("site"), hook: None, own_domains: &["own.org"], agents: None }
}

fn one_raw(json: &str) -> Result<Raw, String> {
    let body = format!("{{\"batch\": [{json}]}}");
    let batch = read(&Request { path: "/v1/batch", body: body.as_bytes(), ..Request::default() }, &Limits::default());
    batch.map_err(|refused| refused.reason)?.messages.remove(0).map_err(|rejected| rejected.reason)
}

/// What becomes of one message, with why it was not taken.
fn one(json: &str, rights: Rights) -> Result<Normalised, String> {
    let raw = one_raw(json)?;
    normalise(&raw, &Envelope::default(), &received(rights), &mut || "made".into()).map_err(|rejected| rejected.reason)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,6}",
        "\\PC{0,6}",
        Just("Page Viewed".to_owned()),
        Just("https://t.co/?gclid=1&share".to_owned()),
        Just("Deal Won".to_owned()),
        Just("a@b.c".to_owned())
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((name(), inner), 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "(email|title|job_title|seniority|url|path|referrer|search|source|medium|page|campaign|traits|attractor|machine|history|name)",
        "\\PC{0,4}",
    ]
}

fn section() -> impl Strategy<Value = Value> {
    let object =
        prop::collection::vec((name(), value()), 0..6).prop_map(|members| Value::Object(members.into_iter().collect()));
    prop_oneof![9 => object, 1 => value()]
}

/// Messages as clients send them, and as they should not.
fn message() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![9 => "(identify|track|page|screen|group|alias)".prop_map(Value::from), 1 => value()];
    let stamp = prop_oneof![
        Just(json!("2026-03-01T10:00:00.1234+02:00")),
        Just(json!("0001-01-01T00:00:00+23:00")),
        Just(Value::Null),
        value()
    ];
    let id = || prop_oneof![3 => text().prop_map(Value::from), 1 => value()];
    let ids = (id(), id(), id(), id());
    (kind, ids, prop::collection::vec(stamp, 3), text(), prop::collection::vec(section(), 3), any::<u16>()).prop_map(
        |(kind, ids, stamps, event, sections, present)| {
            let mut all = Map::new();
            let [timestamp, sent_at, original] = <[Value; 3]>::try_from(stamps).expect("three");
            let [traits, properties, context] = <[Value; 3]>::try_from(sections).expect("three");
            let members = [
                ("type", kind),
                ("userId", ids.0),
                ("anonymousId", ids.1),
                ("previousId", ids.2),
                ("messageId", ids.3),
                ("timestamp", timestamp),
                ("sentAt", sent_at),
                ("originalTimestamp", original),
                ("event", event.into()),
                ("traits", traits),
                ("properties", properties),
                ("context", context),
            ];
            for (bit, (name, value)) in members.into_iter().enumerate() {
                if bit == 0 || present >> bit & 1 == 1 {
                    all.insert(name.into(), value);
                }
            }
            Value::Object(all)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// What is stored is one line that the engine takes, and says the same of who and what as what was sent.
    #[test]
    fn what_is_taken_is_valid_and_says_the_same(sent in message()) {
        let json = sent.to_string();
        let mut timeless = sent.clone();
        timeless["timestamp"] = Value::Null;
        let timeless = timeless.to_string();
        let expected = Message::parse(&timeless, &Wanted::Everything);
        let Ok(taken) = one(&json, Rights::Server) else { return Ok(()) };
        prop_assert!(!taken.json.contains(['\n', '\r']));
        let stored = Message::parse(&taken.json, &Wanted::Everything);
        let stored = stored.map_err(TestCaseError::fail)?;
        prop_assert!(stored.timestamp.is_some_and(|at| at <= NOW));
        // An e-mail of `context.traits` may name who is named by nothing else.
        let Ok(expected) = expected else { return Ok(()) };
        prop_assert_eq!((stored.kind, &stored.user_id, &stored.anonymous_id), (expected.kind, &expected.user_id, &expected.anonymous_id));
        prop_assert_eq!((&stored.previous_id, &stored.event, stored.machine, stored.history), (&expected.previous_id, &expected.event, expected.machine, expected.history));
        prop_assert_eq!(stored.message_id.as_deref(), expected.message_id.as_deref().or(Some("made")));
        for (path, _) in &expected.fields {
            let (was, is) = (expected.property(path), stored.property(path));
            prop_assert!(was.is_none() || was == is, "{}: {:?} became {:?}", path, was, is);
        }
    }

    /// A valid message without an instant of its own is refused for its length alone.
    #[test]
    fn what_is_valid_is_taken(sent in message()) {
        let mut timeless = sent;
        for name in ["timestamp", "sentAt", "originalTimestamp"] {
            timeless[name] = Value::Null;
        }
        let json = timeless.to_string();
        if Message::parse(&json, &Wanted::Everything).is_ok() {
            prop_assert!(one(&json, Rights::Server).is_ok(), "{}", json);
        }
    }

    /// Normalising what is stored changes nothing but its receipt.
    #[test]
    fn once_is_enough(sent in message()) {
        let Ok(first) = one(&sent.to_string(), Rights::Server) else { return Ok(()) };
        let second = one(&first.json, Rights::Server);
        prop_assert_eq!(second.map(|second| second.json), Ok(first.json));
    }

    /// The source's `identify` belongs to whom the page view belongs, and ties nobody.
    #[test]
    fn what_is_derived_is_valid(sent in message()) {
        let Ok(taken) = one(&sent.to_string(), Rights::Server) else { return Ok(()) };
        let Some(derived) = taken.source.map(|source| source.identify()) else { return Ok(()) };
        let page = Message::parse(&taken.json, &Wanted::Everything).unwrap();
        let derived = Message::parse(&derived, &Wanted::Everything).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&derived.user_id, &page.user_id);
        prop_assert!(derived.anonymous_id.is_none() || derived.user_id.is_none() && derived.anonymous_id == page.anonymous_id);
        prop_assert_eq!((derived.timestamp, derived.history), (page.timestamp, page.history));
        prop_assert!(!page.machine && derived.email.is_none());
    }

    /// A public key's messages mark nothing and are of no reserved kind.
    #[test]
    fn public_keys_stay_in_their_bounds(sent in message()) {
        let Ok(taken) = one(&sent.to_string(), Rights::Public) else { return Ok(()) };
        let message = Message::parse(&taken.json, &Wanted::Everything).unwrap();
        prop_assert!(message.public);
        prop_assert!(message.message_id.as_deref().is_some_and(|id| id == "made" || id.starts_with("public:")));
        prop_assert!(!message.machine && !message.history && message.event.as_deref() != Some("Deal Won") || message.kind != attractor_engine::message::Type::Track);
    }

    /// Nothing that arrives is a panic.
    #[test]
    fn any_bytes_are_answered(path in "/v1/(batch|t|x)", body in prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        "\\{\"batch\": ?\\[[\\[\\]{}\":,\\\\u0d8a-z\\n]{0,40}\\]\\}".prop_map(String::into_bytes),
    ], encoding in prop::option::of("(gzip|br)")) {
        let request = Request { path: &path, content_encoding: encoding.as_deref(), authorization: encoding.as_deref(), agent: None, body: &body };
        if let Ok(batch) = read(&request, &Limits::default()) {
            for raw in batch.messages.into_iter().flatten() {
                let _ = normalise(&raw, &batch.envelope, &received(Rights::Public), &mut || "made".into());
            }
        }
        attractor_intake::address::read(&String::from_utf8_lossy(&body));
    }

    /// Whatever a webhook's mapping and body are, the outcome is messages or reasons.
    #[test]
    fn any_delivery_is_answered(mapping in section(), path in "[$.\\[\\]a'0-9-]{0,12}", body in value()) {
        let mapping = json!({"email": path, "each": mapping["email"].as_str(), "traits": mapping, "user_id": "$.email"});
        let Ok(mapping) = serde_json::from_value::<Mapping>(mapping) else { return Ok(()) };
        let Ok(compiled) = mapping.compile() else { return Ok(()) };
        for raw in compiled.messages("h", None, body.to_string().as_bytes()).into_iter().flatten().flatten() {
            let _ = normalise(&raw, &Envelope::default(), &received(Rights::Server), &mut || "made".into());
        }
    }
}

/// Messages that would parse in part, or on one machine, or with some of what they hold.
#[test]
fn what_the_engine_could_not_read_again_is_rejected() {
    let deep =
        format!(r#"{{"type": "page", "userId": "u", "properties": {{"a": {}1{}}}}}"#, "[".repeat(200), "]".repeat(200));
    let long = format!(r#"{{"type": "page", "userId": "{}"}}"#, "x".repeat(513));
    for (json, word) in [
        (deep.as_str(), "nested too deeply"),
        (&long, "`userId` is longer than 512 bytes"),
        (r#"{"type": "page", "userId": "u", "timestamp": "noon"}"#, "`timestamp` “noon” is no instant"),
        (r#"{"type": "page", "userId": "u", "timestamp": 7}"#, "`timestamp` is not text"),
        (r#"{"type": "page", "userId": "u", "context": []}"#, "`context` is not an object"),
        (r#"{"type": "page", "userId": "u", "properties": 7}"#, "`properties` is not an object"),
        (r#"{"type": "track", "userId": "u", "event": "E", "traits": []}"#, "`traits` is not an object"),
        (r#"{"type": "batch"}"#, "`batch` has no place here"),
        (r#"{"userId": "u"}"#, "no `type`"),
        (r#"{"type": "page"}"#, "names nobody; a `userId`"),
        (r#"{"type": "page", "userId": "null"}"#, "names nobody: “null” at `userId` is a placeholder; a `userId`"),
        ("[]", "not a JSON object"),
        ("7", "not a JSON object"),
    ] {
        let reason = one(json, Rights::Server).map(|taken| taken.json).unwrap_err();
        assert!(reason.contains(word), "{json}: {reason}");
    }
}

#[test]
fn what_clients_send_beside_it_is_put_in_its_place() {
    let stored = |json: &str| -> Value { serde_json::from_str(&one(json, Rights::Public).unwrap().json).unwrap() };
    let page = stored(
        r#"{"type": "page", "anonymousId": 12345678901234567890, "name": "Pricing", "context": {"attractor": {"forged": 1}, "traits": {"a": 1}, "page": {"path": "/p", "url": "https://a.org/p", "referrer": ""}}, "messageId": {}}"#,
    );
    assert_eq!(
        page["properties"],
        json!({"name": "Pricing", "url": "https://a.org/p", "path": "/p", "referrer": "", "channel": "Direct", "source": "direct", "medium": "none"})
    );
    assert_eq!(page["context"]["attractor"], json!({"normaliser": 1, "key": "site"}));
    assert!(page["context"].get("traits").is_none());
    assert_eq!((&page["messageId"], &page["anonymousId"]), (&json!("made"), &json!(12345678901234567890_u64)));
    let page = stored(
        r#"{"type": "page", "anonymousId": "a", "properties": {"path": "/x"}, "context": {"page": {"path": "/p"}}}"#,
    );
    assert_eq!(page["properties"], json!({"path": "/x"}));
    let identify = stored(
        r#"{"type": "identify", "anonymousId": "a", "traits": {"a": 1, "title": "CEO"}, "context": {"traits": {"a": 2, "email": "a@b.c"}}}"#,
    );
    assert_eq!(
        identify["traits"],
        json!({"a": 1, "title": "CEO", "email": "a@b.c"}),
        "what a title says depends on the lead and is read where that is known"
    );
}

#[test]
fn the_envelopes_context_is_each_messages() {
    let envelope = Envelope { sent_at: None, context: Some(r#"{"ip": "::1", "history": true}"#.into()) };
    let body = br#"{"batch": [{"type": "page", "userId": "u", "context": {"ip": "::2"}}]}"#;
    let batch = read(&Request { path: "/v1/batch", body, ..Request::default() }, &Limits::default()).unwrap();
    let raw = batch.messages[0].as_ref().unwrap();
    let taken = normalise(raw, &envelope, &received(Rights::Server), &mut String::new).unwrap();
    assert!(taken.json.contains(r#""context":{"ip":"::2","history":true,"attractor""#), "{}", taken.json);
    let refused = normalise(raw, &envelope, &received(Rights::Public), &mut String::new).unwrap_err();
    assert!(refused.to_string().contains("message 0: a public key may not send `context.history`"), "{refused}");
}

#[test]
fn what_is_stored_keeps_the_digits_of_ids_and_is_read_by_everybody() {
    for (sent, stored) in [
        (r#""userId": 20000000000000000001"#, r#""userId":"20000000000000000001""#),
        (r#""userId": 7.50"#, r#""userId":7.50"#),
        (r#""userId": "u", "messageId": -20000000000000000001"#, r#""messageId":"-20000000000000000001""#),
        (r#""userId": "u", "properties": {"deal_id": 20000000000000000001.0}"#, r#""deal_id": "20000000000000000001""#),
        (r#""userId": "u", "properties": {"n": 1e400}"#, r#""n": "1e400""#),
        (
            r#""userId": "u", "properties": {"title": "a\ud83d", "emoji": "\ud83d\ude00"}"#,
            r#""title": "a\ufffd", "emoji": "\ud83d\ude00""#,
        ),
        (r#""userId": "u", "context": {"page": {"title": "\ude00"}}"#, r#""title": "\ufffd""#),
    ] {
        let json = one(&format!(r#"{{"type": "track", "event": "X", {sent}}}"#), Rights::Server).unwrap().json;
        assert!(json.contains(stored), "{sent}: {json}");
        assert!(serde_json::from_str::<Value>(&json).is_ok(), "{json}");
    }
}

#[test]
fn half_a_character_in_a_name_costs_no_message() {
    let body = br#"{"type": "page", "userId": "u", "a\ud83d": 1, "properties": {"b\ud83d": 2}}"#;
    let batch = read(&Request { path: "/v1/page", body, ..Request::default() }, &Limits::default()).unwrap();
    let raw = batch.messages[0].as_ref().unwrap();
    let normalised = normalise(raw, &Envelope::default(), &received(Rights::Public), &mut || "made".into()).unwrap();
    assert!(
        normalised.json.contains(r#""b\ufffd": 2"#) || normalised.json.contains("\"b\u{fffd}\":2"),
        "{}",
        normalised.json
    );
}

/// The message as a sender's rights store it.
fn stored_for(rights: Rights, hook: Option<&str>, json: &str) -> Value {
    let raw = one_raw(json).expect("one message");
    let taken = normalise(&raw, &Envelope::default(), &Receipt { hook, ..received(rights) }, &mut || "made".into());
    serde_json::from_str(&taken.expect("it is taken").json).expect("JSON")
}

#[test]
fn every_sender_has_ids_of_its_own() {
    for (id, text) in
        [(r#""a""#, "a"), ("7", "7"), ("20000000000000000001", "20000000000000000001"), (r#""ü\"""#, "ü\"")]
    {
        let json = format!(r#"{{"type": "page", "userId": "u", "messageId": {id}}}"#);
        for (rights, hook, prefix) in [
            (Rights::Public, None, "public:"),
            (Rights::Server, Some("4"), "hook:4:"),
            (Rights::Server, Some("5"), "hook:5:"),
        ] {
            assert_eq!(stored_for(rights, hook, &json)["messageId"], format!("{prefix}{text}"));
        }
        let own = stored_for(Rights::Server, None, &json).to_string();
        assert_eq!(Message::parse(&own, &Wanted::Everything).unwrap().message_id.as_deref(), Some(text));
    }
    let without = r#"{"type": "page", "userId": "u", "messageId": ""}"#;
    assert_eq!(stored_for(Rights::Public, None, without)["messageId"], "made");
    let longest = format!(r#"{{"type": "page", "userId": "u", "messageId": "{}"}}"#, "i".repeat(512));
    assert_eq!(stored_for(Rights::Public, None, &longest)["messageId"].as_str().map(str::len), Some(519));
    assert!(one(&longest.replace("iii", "iiii"), Rights::Public).is_err());
}

#[test]
fn the_server_alone_says_whether_a_message_is_public() {
    for context in [
        "",
        r#", "context": {}"#,
        r#", "context": {"public": false}"#,
        r#", "context": {"public": true, "publi\u0063": null, "public": 1}"#,
        r#", "context": {"publi\u0063": true}"#,
    ] {
        let json = format!(r#"{{"type": "page", "userId": "u"{context}}}"#);
        assert_eq!(stored_for(Rights::Public, None, &json)["context"]["public"], true, "{json}");
        for hook in [None, Some("4")] {
            let stored = stored_for(Rights::Server, hook, &json);
            assert_eq!(stored["context"].get("public"), None, "{json}");
            assert!(!Message::parse(&stored.to_string(), &Wanted::Everything).unwrap().public);
        }
    }
}
