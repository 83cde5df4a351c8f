//! Everything out again, and the same when it is read back.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Stdio;

use serde_json::{Value, json};

use super::program::program;
use super::running;
use super::world::{self, Place, World};

fn by_name(lines: &str) -> BTreeMap<String, Value> {
    let lead = |line: &str| -> (String, Value) {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        (value["lead"].as_str().unwrap().to_owned(), value)
    };
    lines.lines().map(lead).collect()
}

#[test]
fn a_reader_who_has_seen_enough_of_an_export_is_no_failure() {
    let place = Place::sqlite();
    let known = json!({"type": "identify", "userId": "ada", "messageId": "a", "timestamp": "2026-03-02T09:00:00Z"});
    drop(World::of(&place, &[known.to_string()]));
    let mut export = program();
    export.args(["export", "events", "--data"]).arg(place.path()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = export.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[test]
fn a_replay_of_the_exported_events_gives_the_exported_leads() {
    Place::each(|place| {
        let mut world = World::company(place);
        let events = world.export("/api/export/events");
        assert!(events.lines().count() > 500);
        let folder = tempfile::tempdir().unwrap();
        let (playbook, file) = (folder.path().join("playbook.yaml"), folder.path().join("events.ndjson"));
        std::fs::write(&playbook, world::playbook()).unwrap();
        std::fs::File::create(&file).unwrap().write_all(events.as_bytes()).unwrap();
        for ahead in [0, 40] {
            let at = attractor_server::clock::now() + attractor_engine::time::Duration(ahead * 86_400_000);
            let replayed = program()
                .arg("replay")
                .args(["--playbook".as_ref(), playbook.as_os_str(), "--events".as_ref(), file.as_os_str()])
                .args(["--at", &at.to_string()])
                .stderr(Stdio::inherit())
                .output()
                .unwrap();
            let replayed = by_name(&String::from_utf8(replayed.stdout).unwrap());
            let mut exported = by_name(&world.export(&format!("/api/export/leads?at={at}")));
            for (name, lead) in &mut exported {
                let lead = lead.as_object_mut().unwrap();
                for only in ["id", "named_by", "email", "attributes", "consent", "consent_in_effect", "public"] {
                    assert!(lead.remove(only).is_some(), "{name}: {only}");
                }
                for only in ["suppressed", "unconfirmed"] {
                    assert!(lead.remove(only).is_some(), "{name}: {only}");
                }
                lead.remove("group");
            }
            assert!(replayed.len() > 60);
            for (name, lead) in &replayed {
                assert_eq!(exported.get(name), Some(lead), "{name}");
            }
            assert_eq!(exported.len(), replayed.len());
        }
    });
}

/// A client that reads slowly, while others write.
#[test]
fn an_export_is_of_one_instant() {
    Place::each(|place| {
        let text = "x".repeat(6_000);
        let known = |user: &str| {
            json!({"type": "identify", "userId": user, "messageId": user, "timestamp": "2026-01-05T10:00:00Z",
                "traits": {"about": text}})
            .to_string()
        };
        let messages: Vec<String> = (0..4_000).map(|user| known(&format!("u{user}"))).collect();
        drop(World::of(place, &messages));
        let server = place.with_keys(None).start();
        let mut stream = UnixStream::connect(running::socket(&place.path())).unwrap();
        stream.write_all(b"GET /api/export/leads HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").unwrap();
        let mut begun = [0; 4_096];
        stream.read_exact(&mut begun).unwrap();
        for user in 0..100 {
            assert_eq!(server.post(running::SERVER_KEY, "/v1/identify", &known(&format!("later{user}"))).status, 200);
        }
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap();
        assert_eq!(rest.matches("\"lead\": \"later").count(), 0);
        let all = String::from_utf8_lossy(&begun).into_owned() + &rest;
        assert_eq!(all.matches("{\"lead\": \"u").count(), 4_000);
        server.stop();
    });
}

#[test]
fn tables_have_a_row_for_each() {
    let place = Place::sqlite();
    let mut world = World::company(&place);
    let leads = world.all("/api/leads?limit=500").len();
    for (what, rows) in [("leads", leads), ("events", world.export("/api/export/events").lines().count())] {
        let table = world.export(&format!("/api/export/{what}?format=csv"));
        assert!(table.split("\r\n").count() > rows, "{what}");
        assert!(table.starts_with("id,"), "{what}");
    }
    let deals = world.all("/api/deals?limit=500").len();
    assert_eq!(world.export("/api/export/deals").lines().count(), deals);
    let members: i64 = world
        .all("/api/segments?")
        .iter()
        .map(|s| s["people"].as_i64().unwrap() + s["visitors"].as_i64().unwrap())
        .sum();
    assert_eq!(world.export("/api/export/segments").lines().count() as i64, members);
    assert_eq!(world.export("/api/export/segments?format=csv").lines().count() as i64, members + 1);
    assert!(world.refused("/api/export/keys").contains("leads, events"));
    assert!(world.refused("/api/export/leads?at=soon").contains("instant"));
}

#[test]
fn the_command_writes_to_standard_output_with_and_without_a_server() {
    let place = Place::sqlite();
    let messages = world::company();
    drop(World::of(&place, &messages[..50]));
    let export = || {
        let done = program().args(["export", "events", "--data"]).arg(place.path()).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap()
    };
    let alone = export();
    let server = place.start();
    assert_eq!(export(), alone);
    server.stop();
    assert_eq!(alone.lines().next(), Some(messages[0].as_str()), "what was stored, as it was stored");
}
