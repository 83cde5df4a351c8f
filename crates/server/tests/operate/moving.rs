use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;

use attractor_store::{Connection, Error, transfer};

use super::program::program;
use super::running::{Place, Server};
use super::{command, content, fill};

#[test]
fn everything_moves_to_postgresql_and_the_server_goes_on_there() {
    let Some(url) = attractor_trial::postgres() else { return };
    let mut place = Place::sqlite();
    place.write("attractor.toml", "# ours\nreaders = 2\n");
    place.with_keys(None);
    let server = place.start();
    fill(&server, 0, 300);
    let refused = command(&place, &["move", "--to", &url]);
    assert!(refused.code == 2 && refused.err.contains("stop that one first"), "{}", refused.err);
    server.stop();
    let before = content(&place);
    let done = command(&place, &["move", "--to", &url, "--switch"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains("rows have arrived, each table with the same count and checksum"), "{}", done.err);
    let settings = fs::read_to_string(place.path().join("attractor.toml")).unwrap();
    assert!(settings.starts_with("# ours\nreaders = 2\n") && settings.contains(&url), "{settings}");
    let server = Server::start(&mut place.command());
    place.database = Some(url.clone());
    assert_eq!(content(&place), before);
    fill(&server, 295, 303);
    assert_eq!(place.message_ids().len(), 303);
    server.stop();
    assert_eq!(paused(&place), None);
    place.database = None;
    assert_eq!(paused(&place).as_deref(), Some("it was moved to another database"), "the old store sends nothing");
    let again = command(&place, &["move", "--to", &url]);
    assert!(again.code == 2 && again.err.contains("in PostgreSQL already"), "{}", again.err);
}

/// Why a place sends nothing; `None` where it does.
fn paused(place: &Place) -> Option<String> {
    attractor_app::sending::paused(&mut place.store()).unwrap()
}

/// Kills a move between two tables: nothing can be written into `locked`, and everything before it has arrived.
fn killed_at(locked: &str, place: &Place, target: &Place) {
    let names: Vec<String> = transfer::tables().unwrap().into_iter().map(|table| table.name).collect();
    let before = names[names.iter().position(|name| name == locked).unwrap() - 1].as_str();
    let killed = target.store().transaction(|connection: &mut Connection| {
        // Whoever reads gets in, so that the move finds the database empty.
        connection.execute(&format!("LOCK TABLE {locked} IN SHARE MODE"), &[])?;
        let mut moving = program();
        moving.args(["move", "--switch", "--to", target.database.as_ref().unwrap(), "--data"]).arg(place.path());
        let mut child = moving.stderr(Stdio::piped()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines().map_while(Result::ok);
        assert!(said.any(|line| line.split_whitespace().nth(1) == Some(before)), "it ends without {before}");
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it was killed");
        Ok::<_, Error>(())
    });
    killed.unwrap();
}

#[test]
fn a_move_that_is_killed_leaves_the_source_whole_and_can_be_begun_again() {
    let Some(url) = attractor_trial::postgres() else { return };
    let (mut place, target) = (Place::sqlite(), Place { database: Some(url.clone()), ..Place::sqlite() });
    place.with_keys(None);
    let mut messages = 0;
    for locked in ["leads", "versions"] {
        let server = place.start();
        fill(&server, messages, messages + 100);
        messages += 100;
        server.stop();
        let before = content(&place);
        killed_at(locked, &place, &target);
        assert_eq!(content(&place), before, "{locked}");
        assert!(paused(&place).is_none() && !place.path().join("attractor.toml").exists(), "{locked}");
    }
    let server = place.start();
    fill(&server, messages - 5, messages + 3);
    server.stop();
    let before = content(&place);
    let done = command(&place, &["move", "--to", &url, "--switch"]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert_eq!(content(&target), before);
    let server = Server::start(&mut place.command());
    fill(&server, messages, messages + 5);
    server.stop();
    place.database = Some(url);
    assert_eq!(place.message_ids().len(), messages + 5);
}

#[test]
fn what_is_not_empty_is_not_moved_to_and_nothing_is_switched() {
    let Some(url) = attractor_trial::postgres() else { return };
    let mut full = Place::sqlite();
    full.database = Some(url.clone());
    full.with_keys(None);
    let place = Place::sqlite();
    let none = command(&place, &["move", "--to", &url]);
    assert!(none.code == 2 && none.err.contains("there is no attractor.db to move"), "{}", none.err);
    place.with_keys(None);
    let refused = command(&place, &["move", "--to", &url, "--switch"]);
    assert!(refused.code == 2 && refused.err.contains("is not empty (2 keys)"), "{}", refused.err);
    assert!(!place.path().join("attractor.toml").exists());
}
