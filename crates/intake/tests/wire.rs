//! The requests that seven official clients send, as they were captured beside the repository.

use std::collections::BTreeMap;
use std::io::Write;

use attractor_engine::message::{Message, Type, Wanted};
use attractor_engine::time::Instant;
use attractor_intake::{Limits, Receipt, Request, Rights, normalise, read};
use serde_json::Value;

const CAPTURED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/client_wire/captured_requests.jsonl");

fn captured() -> Vec<Value> {
    match std::fs::read_to_string(CAPTURED) {
        Ok(text) => text.lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect(),
        Err(_) => {
            // Not by `eprintln!`, which is kept back where a test passes.
            let said =
                format!("!!! The captured requests of the official clients were NOT read: there is no {CAPTURED}\n");
            std::io::stderr().write_all(said.as_bytes()).expect("standard error is written to");
            Vec::new()
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packed.write_all(bytes).expect("memory is written to");
    packed.finish().expect("memory is written to")
}

/// The request as bytes on the wire: the capture unpacked what was packed.
fn body_of(request: &Value) -> Vec<u8> {
    let plain = request["body"].to_string().into_bytes();
    if request["headers"]["Content-Encoding"] == "gzip" { gzip(&plain) } else { plain }
}

fn received<'a>(rights: Rights) -> Receipt<'a> {
    Receipt {
        at: Instant::parse("2026-11-22T05:00:00Z").expect("an instant"),
        rights,
        key: None,
        hook: None,
        own_domains: &[],
        agents: None,
    }
}

/// The stored lines of a captured request, each with what it was in the capture.
fn stored(request: &Value) -> Vec<(Value, String)> {
    let body = body_of(request);
    let headers = &request["headers"];
    let sent = Request {
        path: request["path"].as_str().expect("a path"),
        content_encoding: headers["Content-Encoding"].as_str(),
        authorization: headers["Authorization"].as_str(),
        agent: headers["User-Agent"].as_str(),
        body: &body,
    };
    let batch = read(&sent, &Limits::default()).expect("a request is understood");
    assert_eq!(batch.write_key.as_deref(), Some("wk_test"));
    let single = vec![request["body"].clone()];
    let elements = request["body"]["batch"].as_array().unwrap_or(&single);
    assert_eq!(batch.messages.len(), elements.len());
    let lines = batch.messages.into_iter().map(|raw| {
        let raw = raw.expect("a message is divided off");
        let taken = normalise(&raw, &batch.envelope, &received(Rights::Server), &mut || "made".into());
        taken.expect("a message is taken").json
    });
    elements.iter().cloned().zip(lines).collect()
}

#[test]
fn every_captured_message_is_understood() {
    let mut kinds = BTreeMap::new();
    for (sent, line) in captured().iter().flat_map(stored) {
        let message = Message::parse(&line, &Wanted::Everything).unwrap();
        assert_eq!(message.user_id.as_deref(), sent["userId"].as_str(), "{line}");
        assert_eq!(message.anonymous_id.as_deref(), sent["anonymousId"].as_str());
        assert_eq!(message.message_id.as_deref(), sent["messageId"].as_str());
        assert_eq!(message.previous_id.as_deref(), sent["previousId"].as_str());
        let stored: Value = serde_json::from_str(&line).unwrap();
        for section in ["properties", "traits"] {
            for (name, value) in sent[section].as_object().into_iter().flatten() {
                assert_eq!(&stored[section][name], value, "{section}.{name} of {line}");
            }
        }
        for dropped in ["writeKey", "integrations", "_metadata", "channel", "sentAt", "originalTimestamp"] {
            assert!(stored.get(dropped).is_none(), "{dropped}");
        }
        assert!(stored["context"].get("traits").is_none());
        assert_eq!(stored["context"]["library"], sent["context"]["library"]);
        assert_eq!(stored["context"]["attractor"]["normaliser"], 1);
        *kinds.entry(format!("{:?}", message.kind)).or_insert(0) += 1;
    }
    // Of the types, as many as stand in the capture.
    let expected = [("Alias", 5), ("Group", 5), ("Identify", 7), ("Page", 5), ("Screen", 1), ("Track", 7)];
    if !kinds.is_empty() {
        assert_eq!(kinds, expected.map(|(kind, count)| (kind.to_owned(), count)).into());
    }
}

#[test]
fn an_identify_always_brings_its_address() {
    for (_, line) in captured().iter().flat_map(stored) {
        let message = Message::parse(&line, &Wanted::Everything).unwrap();
        if message.kind == Type::Identify {
            assert_eq!(message.email.as_deref(), Some("jane@example.com"), "{line}");
        }
    }
}

#[test]
fn instants_are_those_of_the_clients_corrected() {
    let captured = captured();
    let Some(first) = captured.first() else { return };
    let stamps: Vec<String> = stored(first)
        .iter()
        .map(|(_, line)| serde_json::from_str::<Value>(line).unwrap()["timestamp"].as_str().unwrap().to_owned())
        .collect();
    // Sent at 04:35:38.616, received at 05:00:00.000.
    assert_eq!(stamps[0], "2026-11-22T04:59:59.979Z");
    assert_eq!(stamps[1], "2026-01-02T03:28:26.384Z");
}

#[test]
fn the_browsers_page_view_begins_a_visit() {
    let captured = captured();
    let Some(page) = captured.iter().find(|request| request["path"] == "/browser/v1/p") else { return };
    let (_, line) = stored(page).remove(0);
    let line: Value = serde_json::from_str(&line).unwrap();
    let said = ["channel", "source", "medium", "campaign"].map(|name| line["properties"][name].as_str());
    assert_eq!(said, [Some("Email"), Some("newsletter"), Some("email"), Some("jan")], "{line}");
}
