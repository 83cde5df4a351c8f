//! What goes on in the background while the disk or the connection fails ends exactly where it would have.

use std::os::unix::net::UnixStream;
use std::process::{Child, Stdio};

use attractor_store::Error;
use axum::http::Method;
use serde_json::json;

use super::connection::Line;
use super::disk::{limit, start};
use super::program::run;
use super::proxy::Cut;
use super::running::{Answer, Place, Server, socket, talk};
use super::seen::{client, command, count, import, same, seen, show};
use super::{truth, until};

/// Returns when the server has noticed that nothing can be written.
fn notices(server: &Server) {
    until("it notices", || server.get("/readyz").status == 503);
}

fn messages() -> String {
    run(&["simulate", "--leads", "150", "--days", "90", "--end", "2026-06-30"]).out
}

/// Starts the import of `messages`, and returns when some are stored.
fn begun(place: &Place, messages: &str) -> Child {
    place.write("events.ndjson", messages);
    let child = command(place, &["events.ndjson"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut asking = client(place);
    until("the import has begun", || asking.get("/api/imports/1").unwrap().value().is_ok_and(|one| one["new"] != 0));
    child
}

/// Returns when the import is over, and compares it with one that nobody disturbed.
fn ends_as(place: &Place, server: Server, mut child: Child, messages: &str) {
    let mut asking = client(place);
    let mut state = || Some(asking.get("/api/imports/1").ok()?.value().ok()?["state"].as_str()?.to_owned());
    until("the import is over", || state().is_some_and(|state| state == "done" || state == "failed"));
    let done = show(&mut asking, 1);
    assert_eq!((done["state"].as_str(), done["rejected"].as_i64()), (Some("done"), Some(0)), "{done}");
    assert_eq!(child.wait().unwrap().code(), Some(0), "whoever waits for it hears of its end");
    server.stop();
    let undisturbed = Place::sqlite();
    undisturbed.write("events.ndjson", messages);
    assert_eq!(import(&undisturbed, &["events.ndjson"]).code, 0);
    assert_eq!(done["new"].as_i64(), Some(count(&undisturbed, "events")));
    same("after failures", &seen(&undisturbed), &seen(place));
}

#[test]
fn an_import_goes_on_when_the_disk_does() {
    let (place, messages) = (Place::sqlite(), messages());
    let server = start(&place);
    let child = begun(&place, &messages);
    for _ in 0..3 {
        let before = count(&place, "events");
        limit(&server, Some(0));
        notices(&server);
        limit(&server, None);
        until("it goes on", || count(&place, "events") > before || is_over(&place));
    }
    ends_as(&place, server, child, &messages);
}

fn is_over(place: &Place) -> bool {
    client(place).get("/api/imports/1").unwrap().value().is_ok_and(|import| import["state"] == "done")
}

#[test]
fn an_import_goes_on_when_the_connection_does() {
    let (Some(mut line), messages) = (Line::open(), messages()) else { return };
    let server = line.place.start();
    let child = begun(&line.place, &messages);
    line.lose_all();
    line.proxy.cut(Cut::Answer);
    until("a commit is cut", || line.proxy.has_cut() || is_over(&line.place));
    line.proxy.cut(Cut::Commit);
    until("a commit is cut", || line.proxy.has_cut() || is_over(&line.place));
    line.cluster.stop().unwrap();
    notices(&server);
    line.cluster.start_again().unwrap();
    ends_as(&line.place, server, child, &messages);
}

fn post(place: &Place, path: &str, body: &str) -> Answer {
    let stream = UnixStream::connect(socket(&place.path())).unwrap();
    talk(stream, "POST", path, &[("content-type", "application/json")], body.as_bytes()).unwrap()
}

#[test]
fn files_are_read_again_when_there_is_room_for_their_messages() {
    let place = Place::sqlite();
    // Twice as much as the store, and the limit between the two.
    let message = |number| json!({"type": "page", "userId": "u", "timestamp": "2024-01-01", "messageId": number, "properties": {"text": "x".repeat(8_000)}});
    let lines: Vec<String> = (0..500).map(|number| message(number.to_string()).to_string()).collect();
    let (messages, between) = (lines.join("\n"), Some(2_000_000));
    let server = start(&place);
    let mut asking = client(&place);
    let post = |path: &str, body: &str| post(&place, path, body);
    assert_eq!(post("/api/imports", r#"{"files": ["events.ndjson"]}"#).status, 201);
    limit(&server, between);
    let large = post("/api/imports/1/files/0", &messages);
    assert_eq!(large.status, 507, "{large:?}");
    limit(&server, None);
    assert_eq!(post("/api/imports/1/files/0", &messages).status, 204);
    // The store has room, the messages have not.
    limit(&server, between);
    assert!(post("/api/imports/1/start", "").status < 300);
    let part = place.path().join("imports/1/messages.part");
    until("the disk is full", || part.metadata().is_ok_and(|file| Some(file.len()) == between));
    limit(&server, None);
    until("it is done", || show(&mut asking, 1)["state"] == "done");
    let done = show(&mut asking, 1);
    assert_eq!((done["new"].as_i64(), &done["rejected"]), (done["messages"].as_i64(), &json!(0)), "{done}");
    server.stop();
}

/// Puts another playbook in force by the API, as its owner.
pub fn publish(place: &Place, playbook: &str) {
    let candidate = json!({"files": {"playbook.yaml": playbook}, "force": true});
    client(place).json(Method::PUT, "/api/playbook", &candidate).unwrap().value().unwrap();
}

/// Returns when all leads live under the version in force.
pub fn settled(place: &Place) {
    let is_complete = || {
        let progress = client(place).get("/api/playbook/progress").unwrap().value();
        progress.is_ok_and(|progress| progress["complete"] == true)
    };
    until("all leads live under the new version", is_complete);
}

/// Leads under the starter's playbook.
pub fn with_leads(place: &Place) {
    place.write("events.ndjson", &messages());
    assert_eq!(import(place, &["events.ndjson"]).code, 0);
}

#[test]
fn the_leads_follow_a_new_version_when_the_disk_fails() {
    let place = Place::sqlite();
    with_leads(&place);
    let server = start(&place);
    publish(&place, truth::PLAYBOOK);
    for _ in 0..2 {
        limit(&server, Some(0));
        notices(&server);
        limit(&server, None);
    }
    settled(&place);
    server.stop();
    truth::holds(&place, &Default::default()).unwrap();
}

#[test]
fn the_leads_follow_a_new_version_when_the_connection_is_lost() {
    let Some(line) = Line::open() else { return };
    with_leads(&line.place);
    let server = line.place.start();
    publish(&line.place, truth::PLAYBOOK);
    line.lose_all();
    line.proxy.cut(Cut::Answer);
    until("a commit is cut", || line.proxy.has_cut());
    line.proxy.cut(Cut::Commit);
    until("a commit is cut", || line.proxy.has_cut());
    settled(&line.place);
    server.stop();
    truth::holds(&line.place, &Default::default()).unwrap();
}

/// Nothing can read the leads until all connections are lost, that of whoever holds them too.
#[test]
fn a_dry_run_goes_on_when_the_connection_does() {
    let Some(line) = Line::open() else { return };
    with_leads(&line.place);
    let server = line.place.start();
    let candidate = json!({"files": {"playbook.yaml": truth::PLAYBOOK}});
    let mut begun = None;
    let held = line.place.store().transaction(|connection| {
        connection.execute("LOCK TABLE leads IN ACCESS EXCLUSIVE MODE", &[])?;
        begun = Some(post(&line.place, "/api/playbook/dry-run", &candidate.to_string()));
        assert!(line.lose_all() > 1);
        Ok::<_, Error>(())
    });
    assert!(held.is_err(), "it was lost as well");
    let begun = begun.unwrap().json();
    assert_eq!((&begun["people"]["complete"], &begun["people"]["looked_at"]), (&json!(false), &json!(0)), "{begun}");
    let path = format!("/api/playbook/dry-run/{}", begun["id"]);
    let mut seen = json!(null);
    until("it is through", || {
        seen = client(&line.place).get(&path).unwrap().value().unwrap_or_default();
        seen["people"]["complete"] == true || !seen["people"]["failed"].is_null()
    });
    assert_eq!(
        (&seen["people"]["complete"], count(&line.place, "leads WHERE became IS NULL")),
        (&json!(true), seen["people"]["looked_at"].as_i64().unwrap()),
        "{seen}"
    );
    server.stop();
}
