//! How a server ends, and begins, while its store cannot be written to.

use attractor_server::clock::Stopwatch;
use serde_json::json;

use super::connection::Line;
use super::disk::{limit, start};
use super::load::Load;
use super::running::{Place, Server};
use super::seen::command;
use super::{truth, until};

/// Ends soon, though nothing can be written, and says that nothing was wrong with it.
fn ends(server: Server) {
    let watch = Stopwatch::start();
    server.signal("-TERM");
    let (code, said) = server.ended();
    assert_eq!((code, said.contains("panicked")), (Some(0), false), "{said}");
    assert!(watch.elapsed().as_secs() < 9, "{:?}: {said}", watch.elapsed());
}

/// A list that is imported in many groups.
fn list(place: &Place) {
    let row = |number| json!({"type": "page", "userId": format!("u{}", number % 900), "timestamp": "2024-01-01", "messageId": format!("m{number}")});
    let lines: Vec<String> = (0..20_000).map(|number| row(number).to_string()).collect();
    place.write("events.ndjson", &lines.join("\n"));
}

#[test]
fn a_stop_while_the_disk_fails_is_a_stop() {
    let place = Place::sqlite();
    truth::publish(&place);
    place.with_keys(None);
    list(&place);
    let server = start(&place);
    let mut import = command(&place, &["events.ndjson"]).stderr(std::process::Stdio::null()).spawn().unwrap();
    let mut load = Load::default();
    load.sending(server.address, |heard| {
        until("the import has begun", || super::seen::count(&place, "events WHERE origin = 'import:1'") > 0);
        limit(&server, Some(0));
        let refused = heard.refused();
        until("somebody is refused", || heard.refused() > refused + 3);
        ends(server);
    });
    assert_eq!(import.wait().unwrap().code(), Some(2));
    truth::holds(&place, &load.acknowledged()).unwrap();
}

#[test]
fn a_stop_while_the_database_is_gone_is_a_stop() {
    let Some(mut line) = Line::open() else { return };
    truth::publish(&line.place);
    line.place.with_keys(None);
    let server = line.place.start();
    let mut load = Load::default();
    load.sending(server.address, |heard| {
        until("messages are stored", || heard.stored() > 5);
        line.cluster.stop().unwrap();
        let refused = heard.refused();
        until("somebody is refused", || heard.refused() > refused + 3);
        ends(server);
    });
    // Nor can it start: it says so, and what it is about.
    let refused = line.place.command().output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("PostgreSQL") && said.lines().count() == 1, "{said}");
    line.cluster.start_again().unwrap();
    truth::holds(&line.place, &load.acknowledged()).unwrap();
}

#[test]
fn whoever_cannot_start_for_want_of_room_says_so() {
    let place = Place::sqlite();
    place.with_keys(None);
    let mut command = std::process::Command::new("sh");
    command.args(["-c", r#"trap "" XFSZ; ulimit -f 1; exec "$0" "$@""#]);
    let served = place.command();
    let refused =
        command.arg(served.get_program()).args(served.get_args()).env("ATTRACTOR_LISTEN", "127.0.0.1:0").output();
    let refused = refused.unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2), "{said}");
    assert!(said.contains("SQLite") && said.lines().count() == 1, "{said}");
    place.start().stop();
}
