//! Whoever listens while the database goes hears of everything that happened: a webhook of each move, a stream by a hint.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use attractor_store::{MoveNumber, moves};
use axum::http::Method;
use serde_json::{Value, json};

use super::connection::Line;
use super::load::Load;
use super::running::{Place, Server, socket};
use super::seen::client;
use super::{truth, until};

/// The numbers of the moves that were told, however often.
type Told = Arc<Mutex<BTreeSet<i64>>>;

fn receiver() -> (SocketAddr, Told) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (address, told) = (listener.local_addr().unwrap(), Told::default());
    let hears = told.clone();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut stream = BufReader::new(stream);
            let (mut line, mut length, mut body) = (String::new(), 0, String::new());
            while stream.read_line(&mut line).unwrap_or(0) > 2 {
                let lower = line.to_ascii_lowercase();
                length = lower.strip_prefix("content-length: ").map_or(length, |text| text.trim().parse().unwrap());
                line.clear();
            }
            stream.by_ref().take(length).read_to_string(&mut body).unwrap();
            let told: Value = serde_json::from_str(&body).unwrap();
            hears.lock().unwrap().insert(told["data"]["number"].as_i64().unwrap());
            let _ = stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        }
    });
    (address, told)
}

/// The number of the last move that the stream hinted at; below 0 when it has ended.
fn hinted(place: &Place) -> Arc<AtomicI64> {
    let mut stream = UnixStream::connect(socket(&place.path())).unwrap();
    write!(stream, "GET /api/stream HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == ": hello"));
    let last = Arc::new(AtomicI64::new(0));
    let hears = last.clone();
    thread::spawn(move || {
        for line in lines {
            if let Some(id) = line.strip_prefix("id: ") {
                hears.store(id.parse().unwrap(), Ordering::Relaxed);
            }
        }
        hears.store(-1, Ordering::Relaxed);
    });
    last
}

#[test]
fn whoever_listens_hears_of_everything_when_the_connection_is_back() {
    let Some(mut line) = Line::open() else { return };
    truth::publish(&line.place);
    line.place.with_keys(None);
    let (address, told) = receiver();
    let server = Server::start(line.place.command().env("ATTRACTOR_WEBHOOKS_PRIVATE", "true"));
    let webhook = json!({"url": format!("http://{address}/in")});
    client(&line.place).json(Method::POST, "/api/webhooks", &webhook).unwrap().value().unwrap();
    let hinted = hinted(&line.place);
    let mut load = Load::default();
    load.sending(server.address, |heard| {
        for restart in [false, true, false] {
            let (stored, before) = (heard.stored(), told.lock().unwrap().len());
            until("messages are stored", || heard.stored() > stored + 5);
            until("moves are told", || told.lock().unwrap().len() > before);
            if restart {
                line.cluster.stop().unwrap();
                let refused = heard.refused();
                until("somebody is refused", || heard.refused() > refused + 3);
                line.cluster.start_again().unwrap();
            } else {
                assert!(line.lose_all() > 0);
            }
        }
        let stored = heard.stored();
        until("messages are stored again", || heard.stored() > stored + 5);
    });
    load.finish(&server);
    let mut store = line.place.store();
    // Leads go on moving by time alone, for a few seconds.
    until("all moves are told, and hinted at", || {
        let all = moves::following(&mut store, MoveNumber::START, 1_000_000).unwrap();
        let told = told.lock().unwrap();
        let last = all.last().map_or(0, |one| one.number.0);
        all.len() > 20 && all.iter().all(|one| told.contains(&one.number.0)) && hinted.load(Ordering::Relaxed) >= last
    });
    assert!(hinted.load(Ordering::Relaxed) > 0, "the stream is open");
    server.stop();
    truth::holds(&line.place, &load.acknowledged()).unwrap();
}
