//! Clients that are slow, silent, or too many: nobody else notices.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::running::{Place, SERVER_KEY, Server};

/// A server that waits a second for anybody, and for `connections` of them.
fn hasty(place: &Place, connections: usize) -> Server {
    place.write("attractor.toml", &format!("request_seconds = 1\nconnections = {connections}\n"));
    place.start()
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    // Only so that a server which waits for ever fails the test.
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// What comes back until the server ends the connection.
fn until_it_ends(mut stream: TcpStream) -> String {
    let mut text = String::new();
    match stream.read_to_string(&mut text) {
        Ok(_) => text,
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "it is kept waiting");
            text
        }
    }
}

#[test]
fn whoever_does_not_finish_a_head_is_given_up() {
    let place = Place::sqlite();
    let server = hasty(&place, 800);
    for begun in ["", "GET /heal", "GET /healthz HTTP/1.1\r\nhost: a\r\nx: "] {
        let mut stream = connect(server.address);
        stream.write_all(begun.as_bytes()).unwrap();
        let answer = until_it_ends(stream);
        assert!(!answer.contains("200"), "{answer}");
    }
    server.stop();
}

#[test]
fn whoever_does_not_finish_a_body_is_given_up() {
    let place = Place::sqlite();
    let server = hasty(&place, 800);
    for (path, status) in [("/v1/track", "503"), ("/api/session", "503"), ("/api/leads/query", "401")] {
        let mut stream = connect(server.address);
        let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{{");
        stream.write_all(head.as_bytes()).unwrap();
        let answer = until_it_ends(stream);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")) || answer.starts_with("HTTP/1.1 408"), "{answer}");
    }
    server.stop();
}

#[test]
fn whoever_is_let_in_and_falls_silent_is_told_so() {
    let place = Place::sqlite();
    place.with_keys(None);
    let made = super::program::run(&["key", "add", "k", "--api", "owner", "--data", &place.path().to_string_lossy()]);
    let server = hasty(&place, 800);
    let mut stream = connect(server.address);
    let head = format!(
        "POST /api/leads/query HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-length: 100\r\n\r\n{{",
        made.out.trim()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let answer = until_it_ends(stream);
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("problem+json"), "{answer}");
    server.stop();
}

/// Text that no archive makes much smaller; always the same.
fn noise(seed: usize) -> String {
    let part = |number: usize| Sha256::digest(format!("{seed} {number}")).iter().map(|b| format!("{b:02x}")).collect();
    (0..470).map(part).collect::<Vec<String>>().concat()
}

/// A store must not be held as it was for whoever does not go on.
#[test]
fn whoever_stops_taking_an_export_is_not_waited_for() {
    let place = Place::sqlite();
    place.with_keys(None).write("attractor.toml", "request_seconds = 1\nreaders = 1\n");
    let made = super::program::run(&["key", "add", "k", "--api", "owner", "--data", &place.path().to_string_lossy()]);
    let (server, key) = (place.start(), format!("Bearer {}", made.out.trim()));
    for batch in 0..12 {
        let known = |user: usize| {
            let (id, text) = (format!("u{batch}-{user}"), noise(batch * 100 + user));
            format!(r#"{{"type": "identify", "userId": "{id}", "traits": {{"t": "{text}"}}}}"#)
        };
        let messages: Vec<String> = (0..100).map(known).collect();
        let body = format!(r#"{{"batch": [{}]}}"#, messages.join(","));
        assert_eq!(server.post(SERVER_KEY, "/v1/batch", &body).status, 200);
    }
    for path in ["/api/export/events", "/api/backup"] {
        let mut stream = connect(server.address);
        let head = format!("GET {path} HTTP/1.1\r\nhost: a\r\nauthorization: {key}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.read_exact(&mut [0]).unwrap();
        let asked = server.ask("GET", "/api/leads?limit=1", &[("authorization", &key)], b"");
        assert_eq!(asked.status, 200, "the one reader is free again");
        drop(stream);
    }
    server.stop();
}

#[test]
fn idle_connections_make_room() {
    let place = Place::sqlite();
    let server = hasty(&place, 4);
    let mut idle = Vec::new();
    for _ in 0..12 {
        idle.push(connect(server.address));
    }
    assert_eq!(server.get("/healthz").status, 200);
    drop(idle);
    server.stop();
}

#[test]
fn a_connection_serves_request_after_request_where_there_is_room() {
    for (connections, kept) in [(800, true), (1, false)] {
        let place = Place::sqlite();
        let server = hasty(&place, connections);
        let mut stream = connect(server.address);
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"ok\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            answer.extend(byte);
        }
        assert_eq!(String::from_utf8_lossy(&answer).contains("connection: close"), !kept, "{answer:?}");
        let again = stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        if kept {
            again.unwrap();
            assert!(until_it_ends(stream).ends_with("ok\n"));
        }
        server.stop();
    }
}

/// A key that may read everything under `/api`.
fn reader(place: &Place) -> String {
    drop(place.store());
    let made = super::program::run(&["key", "add", "k", "--api", "viewer", "--data", &place.path().to_string_lossy()]);
    format!("authorization: Bearer {}", made.out.trim())
}

/// 800 silent connections shut everybody out for a minute, again and again.
#[test]
fn silent_connections_go_when_others_wait() {
    let place = Place::sqlite();
    let key = reader(&place);
    place.write("attractor.toml", "request_seconds = 3600\ncrowded_seconds = 1\nconnections = 4\n");
    let server = place.start();
    let begun = [
        String::new(),
        "GET /heal".to_owned(),
        "POST /api/session HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\n{".to_owned(),
        format!("POST /api/leads/query HTTP/1.1\r\nhost: a\r\n{key}\r\ncontent-length: 9\r\n\r\n{{"),
    ];
    let mut silent = Vec::new();
    for text in begun.iter().cycle().take(12) {
        let mut stream = connect(server.address);
        stream.write_all(text.as_bytes()).unwrap();
        silent.push(stream);
    }
    assert_eq!(server.get("/healthz").status, 200);
    server.stop();
}

#[test]
fn the_owners_commands_need_no_place_among_the_connections() {
    let place = Place::sqlite();
    place.write("attractor.toml", "request_seconds = 3600\ncrowded_seconds = 3600\nconnections = 2\n");
    let server = place.start();
    let silent: Vec<TcpStream> = (0..8).map(|_| connect(server.address)).collect();
    let listed = super::program::run(&["key", "list", "--data", &place.path().to_string_lossy()]);
    assert_eq!(listed.code, 0, "{}", listed.err);
    drop(silent);
    server.kill();
}

#[test]
fn whoever_takes_no_answers_is_given_up() {
    let place = Place::sqlite();
    let server = hasty(&place, 800);
    let mut stream = connect(server.address);
    let request = b"GET /api/openapi.json HTTP/1.1\r\nhost: a\r\n\r\n";
    // As many answers as no socket holds, asked for until the server stops reading and gives up.
    let ended = (0..100_000).map(|_| stream.write_all(request)).find_map(Result::err);
    let kind = ended.expect("it takes requests for ever").kind();
    assert!(matches!(kind, ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{kind}");
    server.stop();
}

#[test]
fn one_key_has_a_few_streams_and_all_together_leave_room() {
    let place = Place::sqlite();
    let keys = [reader(&place), {
        let data = place.path().to_string_lossy().into_owned();
        let made = super::program::run(&["key", "add", "other", "--api", "viewer", "--data", &data]);
        format!("authorization: Bearer {}", made.out.trim())
    }];
    place.write("attractor.toml", "streams_per_user = 2\nconnections = 6\n");
    let server = place.start();
    let open = |key: &str| {
        let mut stream = connect(server.address);
        write!(stream, "GET /api/stream HTTP/1.1\r\nhost: a\r\n{key}\r\n\r\n").unwrap();
        let mut lines = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            assert_ne!(lines.read_line(&mut head).unwrap(), 0, "{head}");
        }
        (head, lines)
    };
    let is_refused = |head: &str| head.starts_with("HTTP/1.1 429") && head.contains("\r\nretry-after: ");
    let [first, second, third] = [open(&keys[0]), open(&keys[0]), open(&keys[0])];
    assert!(first.0.starts_with("HTTP/1.1 200") && second.0.starts_with("HTTP/1.1 200"), "{}", first.0);
    assert!(is_refused(&third.0), "{}", third.0);
    let other = open(&keys[1]);
    assert!(other.0.starts_with("HTTP/1.1 200"), "{}", other.0);
    drop(third);
    let full = open(&keys[1]);
    assert!(is_refused(&full.0), "half of the connections are for streams: {}", full.0);
    assert_eq!(server.get("/healthz").status, 200);
    server.kill();
}
