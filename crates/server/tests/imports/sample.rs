//! The sample company's messages: the import agrees with a replay, and a kill in its middle is not seen afterwards.

use attractor_store::ImportId;
use std::process::Stdio;

use attractor_store::imports::{self, ImportState};

use super::program::run;
use super::running::Place;
use super::seen::{agrees_with_replay, client, command, count, import, same, seen, settle, show};

fn messages() -> String {
    run(&["simulate", "--leads", "120", "--days", "90", "--end", "2026-06-30"]).out
}

#[test]
fn it_agrees_with_a_replay_of_what_it_stored() {
    let messages = messages();
    Place::each(|place| {
        let server = place.start();
        place.write("events.ndjson", &messages);
        let ran = import(place, &["events.ndjson"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let moves = count(place, "moves");
        let after = seen(place);
        let again = import(place, &["events.ndjson"]);
        assert!(again.out.starts_with("import 2: 0 new, "), "{}", again.out);
        same("imported again", &after, &seen(place));
        assert_eq!((count(place, "moves"), count(place, "copies")), (moves, 0), "history sends nothing");
        settle(place, server);
        agrees_with_replay(place);
        let server = place.start();
        assert_eq!(import(place, &["--undo", "1", "--yes"]).code, 0);
        for table in ["events", "leads", "identities", "ties", "claims", "aliases", "moves", "places", "wakes"] {
            assert_eq!(count(place, table), 0, "{table}");
        }
        server.stop();
    });
}

#[test]
fn a_kill_in_the_middle_is_not_seen_afterwards() {
    let messages = messages();
    let undisturbed = Place::sqlite();
    undisturbed.write("events.ndjson", &messages);
    assert_eq!(import(&undisturbed, &["events.ndjson"]).code, 0);
    Place::each(|place| {
        place.write("events.ndjson", &messages);
        let server = place.start();
        let mut asking = client(place);
        let mut child = command(place, &["events.ndjson"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while asking.get("/api/imports/1").unwrap().value().map_or(true, |import| import["new"] == 0) {
            std::thread::yield_now();
        }
        server.kill();
        assert_eq!(child.wait().unwrap().code(), Some(2), "it says that it does not know the end");
        let import = imports::one(&mut place.store(), ImportId(1)).unwrap().unwrap();
        assert_eq!(import.state, ImportState::Storing, "killed too late to show anything");
        assert_eq!(import.progress.stored, count(place, "events"), "the count is of what is stored");
        drop(asking);
        let server = place.start();
        let mut asking = client(place);
        while show(&mut asking, 1)["state"] != "done" {
            std::thread::yield_now();
        }
        let done = show(&mut asking, 1);
        assert_eq!(done["new"].as_i64(), Some(count(&undisturbed, "events")));
        same("after a kill", &seen(&undisturbed), &seen(place));
        server.stop();
    });
}
