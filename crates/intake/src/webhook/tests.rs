//! Deliveries of other systems, and the messages that mappings make of them.

use serde_json::json;

use super::*;
use crate::{Envelope, Receipt, Rights, normalise};

fn compiled(mapping: Value) -> Compiled {
    serde_json::from_value::<Mapping>(mapping).unwrap().compile().unwrap()
}

fn made(mapping: Value, body: &str) -> Vec<Result<Value, String>> {
    let messages = compiled(mapping).messages("hook", None, body.as_bytes()).unwrap();
    let read = |raw: Raw| serde_json::from_str(&raw.json).unwrap();
    messages.into_iter().map(|message| message.map(read).map_err(|rejected| rejected.to_string())).collect()
}

fn attendees() -> Value {
    json!({
        "each": "$.attendees",
        "type": "track",
        "event": "Webinar Attended",
        "email": "$.email",
        "timestamp": "$.joined",
        "message_id": "$.id",
        "traits": {"job_title": "$.title"},
        "properties": {"webinar": "$$.webinar", "minutes": "$.minutes", "via": "zoom", "price": "$5"}
    })
}

#[test]
fn each_item_is_an_identify_and_an_event() {
    let body = r#"{"webinar": "Intro", "attendees": [
        {"id": 7, "email": " Ada@x.org ", "joined": 1773057600, "title": "CEO", "minutes": 41.5},
        {"email": ["x"]},
        {"id": 8}
    ]}"#;
    let made = made(attendees(), body);
    assert_eq!(
        made[0].as_ref().unwrap(),
        &json!({"anonymousId": "email:ada@x.org", "timestamp": "2026-03-09T12:00:00.000Z", "type": "identify", "messageId": "7:identify", "traits": {"job_title": "CEO", "email": "Ada@x.org"}})
    );
    assert_eq!(
        made[1].as_ref().unwrap(),
        &json!({"anonymousId": "email:ada@x.org", "timestamp": "2026-03-09T12:00:00.000Z", "type": "track", "messageId": "7", "event": "Webinar Attended", "properties": {"webinar": "Intro", "minutes": 41.5, "via": "zoom", "price": "$5"}})
    );
    assert_eq!(made[2], Err("message 1: `email`: a list stands there; a text is wanted".into()));
    assert!(made[3].as_ref().unwrap_err().contains("names nobody"));
    assert_eq!(made.len(), 4);
}

#[test]
fn what_is_made_is_taken() {
    let body = br#"{"webinar": "Intro", "attendees": [{"email": "ada@x.org", "title": "CEO"}]}"#;
    let at = Instant::parse("2026-03-09T12:00:00Z").unwrap();
    let received =
        Receipt { at, rights: Rights::Server, key: Some("zoom"), hook: None, own_domains: &[], agents: None };
    let messages = compiled(attendees()).messages("hook", Some("application/json"), body).unwrap();
    let stored: Vec<String> = messages
        .iter()
        .map(|raw| normalise(raw.as_ref().unwrap(), &Envelope::default(), &received, &mut String::new).unwrap().json)
        .collect();
    assert!(
        stored[0].contains(r#""job_title":"CEO""#) && stored[0].contains(r#""timestamp":"2026-03-09T12:00:00.000Z""#)
    );
    assert!(stored[1].contains(r#""event":"Webinar Attended""#), "{}", stored[1]);
}

#[test]
fn the_same_delivery_twice_is_one() {
    let mapping = || json!({"email": "$.e"});
    let id = |hook: &str, body: &str| {
        let messages = compiled(mapping()).messages(hook, None, body.as_bytes()).unwrap();
        serde_json::from_str::<Value>(&messages[0].as_ref().unwrap().json).unwrap()["messageId"].clone()
    };
    let one = r#"{"e": "a@b.c"}"#;
    assert_eq!(id("h", one), id("h", one));
    assert_ne!(id("h", one), id("i", one));
    assert_ne!(id("h", one), id("h", r#"{"e": "a@b.c", "again": 1}"#));
    let two = made(json!({"each": "$", "email": "$.e"}), r#"[{"e": "a@b.c"}, {"e": "a@b.c"}]"#);
    assert_ne!(two[0].as_ref().unwrap()["messageId"], two[1].as_ref().unwrap()["messageId"]);
}

#[test]
fn forms_are_read_too() {
    let mapping = compiled(json!({"email": "$.mail", "traits": {"name": "$['full name']"}}));
    let form = Some("application/x-www-form-urlencoded; charset=utf-8");
    let messages = mapping.messages("h", form, b"mail=a%40b.c&full+name=Ada+L").unwrap();
    assert!(messages[0].as_ref().unwrap().json.contains(r#""traits":{"name":"Ada L","email":"a@b.c"}"#));
}

#[test]
fn other_types_have_their_sections() {
    let group = json!({"type": "group", "user_id": "$.u", "group_id": "$.g", "traits": {"name": "$.n"}});
    let made_of_group = made(group, r#"{"u": 12345678901234567890, "g": "acme", "n": "Acme"}"#);
    let message = made_of_group[0].as_ref().unwrap();
    assert_eq!(
        (made_of_group.len(), &message["traits"], &message["groupId"]),
        (1, &json!({"name": "Acme"}), &json!("acme"))
    );
    assert_eq!(message["userId"], json!("12345678901234567890"));
    let page = json!({"type": "$.t", "anonymous_id": "v", "properties": {"path": "/x"}});
    assert_eq!(made(page.clone(), r#"{"t": "page"}"#)[0].as_ref().unwrap()["properties"]["path"], "/x");
    assert!(made(page.clone(), r#"{"t": "alias"}"#)[0].as_ref().unwrap_err().contains("`alias` is none of"));
    assert!(made(page, r#"{}"#)[0].as_ref().unwrap_err().contains("`type`"));
}

#[test]
fn instants_are_read_as_systems_write_them() {
    for (said, instant) in [
        ("1773057600", Some("2026-03-09T12:00:00.000Z")),
        ("1773057600.25", Some("2026-03-09T12:00:00.250Z")),
        ("1773057600250", Some("2026-03-09T12:00:00.250Z")),
        ("20260309", Some("2026-03-09T00:00:00.000Z")),
        ("2026-03-09T13:00:00+01:00", Some("2026-03-09T12:00:00.000Z")),
        ("-5", None),
        ("1e300", None),
        ("NaN", None),
        ("noon", None),
    ] {
        let read = timestamp(Some(said.into()));
        assert_eq!(read.clone().ok().flatten().as_deref(), instant, "{said}: {read:?}");
    }
    assert_eq!(timestamp(None), Ok(None));
}

#[test]
fn all_problems_of_a_mapping_are_said_with_their_fields() {
    let mapping = json!({"each": "items", "type": "trak", "timestamp": "$.", "traits": {"a": "$[x]"}});
    let problems = serde_json::from_value::<Mapping>(mapping).unwrap().compile().unwrap_err();
    let fields: Vec<&str> = problems.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(fields, ["each", "timestamp", "traits.a", "type", "email"]);
    assert!(serde_json::from_value::<Mapping>(json!({"user": "x"})).unwrap_err().to_string().contains("`user`"));
    let track = json!({"type": "track", "email": "$.e"});
    assert_eq!(serde_json::from_value::<Mapping>(track).unwrap().compile().unwrap_err()[0].field, "event");
}

#[test]
fn what_a_type_cannot_hold_is_named_before_it_is_dropped() {
    let (event, group, properties) = ("an event needs `type: track`", "a group needs `type: group`", "properties need");
    let no_type = "without a `type` it is an `identify`";
    for (mapping, told) in [
        (json!({"event": "Webinar Attended"}), vec![("event", event, no_type)]),
        (json!({"event": "$.kind"}), vec![("event", event, no_type)]),
        (json!({"type": "identify", "event": "$.kind"}), vec![("event", event, "`type` is `identify`")]),
        (json!({"type": "page", "event": "$.kind"}), vec![("event", event, "`type` is `page`")]),
        (json!({"properties": {"minutes": "$.m"}}), vec![("properties", properties, no_type)]),
        (
            json!({"type": "group", "group_id": "$.g", "properties": {"a": 1}}),
            vec![("properties", properties, "`group`")],
        ),
        (json!({"type": "track", "event": "X", "group_id": "$.g"}), vec![("group_id", group, "`type` is `track`")]),
        (
            json!({"event": "X", "properties": {"a": 1}}),
            vec![("event", event, no_type), ("properties", properties, no_type)],
        ),
        (json!({"type": "$.type", "event": "$.kind", "group_id": "$.g", "properties": {"a": 1}}), vec![]),
        (json!({"type": "track", "event": "X", "properties": {"a": 1}, "traits": {"b": 2}}), vec![]),
        (json!({"traits": {"b": 2}}), vec![]),
    ] {
        let dropped = serde_json::from_value::<Mapping>(mapping.clone()).unwrap().dropped();
        assert_eq!(dropped.len(), told.len(), "{mapping}: {dropped:?}");
        for (problem, (field, why, kind)) in dropped.iter().zip(told) {
            let is_told = problem.field == field && problem.reason.contains(why) && problem.reason.contains(kind);
            assert!(is_told, "{mapping}: {problem:?}");
        }
    }
}

#[test]
fn a_body_that_does_not_fit_is_refused() {
    let mapping = compiled(attendees());
    for (body, word) in [("{", "not valid JSON"), ("{}", "nothing there"), (r#"{"attendees": 1}"#, "no list")] {
        let refused = mapping.messages("h", None, body.as_bytes()).unwrap_err();
        assert!(refused.reason.contains(word) && !refused.reason.contains("form"), "{refused}");
    }
    // What `curl -d` sends unless it is told otherwise.
    let form = Some("application/x-www-form-urlencoded");
    let refused = mapping.messages("h", form, br#"{"attendees": []}"#).unwrap_err();
    assert!(refused.reason.contains("it was read as a form"), "{refused}");
}

#[test]
fn ids_keep_their_digits_and_half_a_character_costs_itself() {
    let body = r#"{"webinar": "Intro \ud83d", "attendees": [
        {"id": 20000000000000000001, "email": "Ada@B\u00fccher.example", "minutes": 1e400},
        {"id": 7.0, "email": "ada@x.org"},
        {"id": 8, "email": "not an address"}
    ]}"#;
    let made = made(attendees(), body);
    let event = made[1].as_ref().unwrap();
    assert_eq!(event["messageId"], "20000000000000000001");
    assert_eq!(event["anonymousId"], "email:ada@xn--bcher-kva.example");
    assert_eq!(event["properties"]["webinar"], "Intro \u{fffd}");
    assert_eq!(event["properties"]["minutes"], "1e400");
    assert_eq!(made[3].as_ref().unwrap()["messageId"], "7");
    assert_eq!(
        made.last().unwrap(),
        &Err(
            "message 2: names nobody: “not an address” at `email` is not one address, and nothing else is given".into()
        )
    );
}
