//! More comes than can be stored: whoever is turned away hears when to come back, and whoever is not is stored.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use attractor_store::{Connection, Error};
use serde_json::json;

use super::disk::{goes_on, is_told};
use super::load::{Load, is_clear};
use super::running::{Answer, Place, SERVER_KEY, Server, ask, base64};
use super::{truth, until};

const SENDERS: usize = 16;
const BATCH: usize = 10;

fn ids(sender: usize) -> Vec<String> {
    (0..BATCH).map(|number| format!("{sender:02}-{number}")).collect()
}

fn body(sender: usize) -> String {
    let one = |id| json!({"type": "track", "event": "Form Submitted", "userId": format!("u{sender}"), "messageId": id});
    json!({"batch": ids(sender).into_iter().map(one).collect::<Vec<_>>()}).to_string()
}

fn post(address: SocketAddr, sender: usize) -> Answer {
    let basic = format!("Basic {}", base64(format!("{SERVER_KEY}:").as_bytes()));
    ask(address, "POST", "/v1/batch", &[("authorization", &basic)], body(sender).as_bytes()).unwrap()
}

/// Nobody else can write while this goes on: on SQLite by the transaction itself.
pub fn holding<T>(place: &Place, goes_on: impl FnOnce() -> T) -> T {
    let held = place.store().transaction(|connection: &mut Connection| {
        if place.database.is_some() {
            connection.execute("LOCK TABLE lane IN ACCESS EXCLUSIVE MODE", &[])?;
        }
        Ok::<_, Error>(goes_on())
    });
    held.unwrap()
}

#[test]
fn a_full_queue_turns_away_and_drops_nothing_it_took() {
    Place::each(|place| {
        place.with_keys(None);
        let server = Server::start(place.command().env("ATTRACTOR_QUEUE_LENGTH", "80"));
        let (address, turned) = (server.address, AtomicUsize::new(0));
        let mut stored: Vec<String> = thread::scope(|scope| {
            let senders = holding(place, || {
                let turned = &turned;
                let send = move |sender| {
                    let answer = post(address, sender);
                    if answer.status == 429 {
                        is_clear(&answer);
                        turned.fetch_add(1, Ordering::Relaxed);
                        return Vec::new();
                    }
                    assert_eq!(answer.status, 200, "{answer:?}");
                    ids(sender)
                };
                let senders: Vec<_> = (0..SENDERS).map(|sender| scope.spawn(move || send(sender))).collect();
                // One group is with the lane, and four wait: one key gets half of the queue.
                until("the others are turned away", || turned.load(Ordering::Relaxed) >= SENDERS - 9);
                assert!(server.figure("attractor_queue_messages") <= 40.0);
                senders
            });
            senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
        });
        stored.sort();
        assert!(stored.len() >= 4 * BATCH, "{stored:?}");
        assert_eq!(place.message_ids(), stored, "what was accepted, and nothing that was turned away");
        for sender in 0..SENDERS {
            assert_eq!(post(address, sender).status, 200, "it comes back");
        }
        server.stop();
        assert_eq!(place.message_ids().len(), SENDERS * BATCH);
    });
}

#[test]
fn a_request_that_takes_too_long_hears_when_to_come_back() {
    let place = Place::sqlite();
    place.with_keys(None);
    let server = Server::start(place.command().env("ATTRACTOR_REQUEST_SECONDS", "1"));
    holding(&place, || {
        let answer = post(server.address, 0);
        is_clear(&answer);
        assert_eq!(answer.status, 503);
        let ready = server.get("/readyz");
        is_clear(&ready);
        assert_eq!(ready.status, 503, "nothing can be stored, and it is not known for how long");
    });
    until("it is ready", || server.get("/readyz").status == 200);
    assert_eq!(post(server.address, 0).status, 200);
    server.stop();
    assert_eq!(place.message_ids(), ids(0), "sent twice, stored once");
}

/// As by a tool that somebody left open on the file: no writer gets in until it is gone.
#[test]
fn a_foreign_lock_on_the_file_turns_senders_away_and_loses_nothing() {
    let place = Place::sqlite();
    truth::publish(&place);
    place.with_keys(None);
    let mut load = Load::default();
    let server = place.start();
    load.sending(server.address, |heard| {
        until("messages are stored", || heard.stored() > 4);
        let mut foreign = place.store();
        until("the file is locked", || foreign.execute("BEGIN EXCLUSIVE", &[]).is_ok());
        // The server waits for the lock twice before it says that something is wrong.
        is_told(&server, heard);
        let ready = server.get("/readyz").json();
        assert!(ready["detail"].as_str().unwrap().contains("locked"), "{ready}");
        foreign.execute("COMMIT", &[]).unwrap();
        goes_on(&server, heard);
    });
    load.finish(&server);
    server.stop();
    assert_eq!(place.message_ids(), load.sent(), "all of it, each once");
    truth::holds(&place, &load.acknowledged()).unwrap();
}
