//! `kill -9` while a playbook is published: the version is in force as a whole or not at all, all leads and their moves
//! follow it, and whoever publishes it again gets what was asked for.

use std::io;
use std::os::unix::net::UnixStream;
use std::thread;

use attractor_store::{VersionNumber, versions};
use serde_json::{Value, json};

use super::pressure::holding;
use super::running::{Answer, Place, socket, talk};
use super::seen::client;
use super::work::{publish, settled, with_leads};
use super::{rounds, truth, until};

/// The playbook of these tests in one more wording, so that each round has a version of its own.
fn edition(number: usize) -> String {
    format!("{}# edition {number}\n", truth::PLAYBOOK)
}

/// Publishes as the folder's owner. An error is a server that was killed.
fn put(place: &Place, playbook: &str) -> io::Result<Answer> {
    let candidate = json!({"files": {"playbook.yaml": playbook}, "force": true}).to_string();
    let stream = UnixStream::connect(socket(&place.path()))?;
    talk(stream, "PUT", "/api/playbook", &[("content-type", "application/json")], candidate.as_bytes())
}

/// The version in force, and its playbook.
fn in_force(place: &Place) -> (Value, Value) {
    let shown = client(place).get("/api/playbook").unwrap().value().unwrap();
    (shown["version"].clone(), shown["files"]["playbook.yaml"].clone())
}

/// Publishes it once more, whether or not it is in force, and compares all leads and the log of moves with a replay.
fn ends_well(place: &Place, playbook: &str) {
    let server = place.start();
    publish(place, playbook);
    settled(place);
    assert_eq!(in_force(place).1, playbook);
    server.stop();
    truth::holds(place, &Default::default()).unwrap();
}

#[test]
fn a_version_that_waits_to_be_stored_is_gone_with_a_kill() {
    Place::each(|place| {
        with_leads(place);
        let before = in_force(place);
        let server = place.start();
        thread::scope(|scope| {
            holding(place, || {
                scope.spawn(|| put(place, truth::PLAYBOOK));
                until("nothing can be stored", || server.get("/readyz").status == 503);
                server.kill();
            });
        });
        assert_eq!(in_force(place), before);
        ends_well(place, truth::PLAYBOOK);
    });
}

fn newest(place: &Place) -> VersionNumber {
    versions::last(&mut place.store()).unwrap()
}

/// Publishes on a server that is killed as soon as the version can be read, or after so many looks for it.
fn killed(place: &Place, playbook: &str, mut looks: usize) {
    let server = place.start();
    let mut store = place.store();
    let last = versions::last(&mut store).unwrap();
    thread::scope(|scope| {
        let publishing = scope.spawn(|| put(place, playbook));
        while looks > 0 && versions::last(&mut store).unwrap() == last && !publishing.is_finished() {
            looks -= 1;
            thread::yield_now();
        }
        server.kill();
    });
}

#[test]
fn a_version_is_in_force_whole_or_not_at_all_whenever_the_server_is_killed() {
    Place::each(|place| {
        with_leads(place);
        for round in 0..rounds() {
            let (before, wanted) = (in_force(place), edition(round));
            // The first kill comes while the leads are changed, the others meet any part of the work.
            let looks = if round == 0 { usize::MAX } else { round * 29 % 101 };
            let last = newest(place);
            killed(place, &wanted, looks);
            // PostgreSQL may end a commit whose server is gone; whoever takes the store waits for it.
            let now = in_force(place);
            let stored = newest(place) != last;
            assert_eq!(now != before, stored, "round {round}: {now:?}");
            assert!(!stored || now.1 == wanted, "round {round}: {now:?}");
            assert!(stored || round > 0, "nothing stood in its way");
            ends_well(place, &wanted);
        }
    });
}
