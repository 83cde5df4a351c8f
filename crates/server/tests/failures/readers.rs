//! Who reads while the database goes: one request that hears so, and no other afterwards.

use std::os::unix::net::UnixStream;
use std::thread;

use super::connection::Line;
use super::load::is_clear;
use super::running::{Answer, Place, SERVER_KEY, socket, talk};
use super::until;

fn leads(place: &Place) -> Answer {
    let stream = UnixStream::connect(socket(&place.path())).unwrap();
    talk(stream, "GET", "/api/leads", &[], b"").unwrap()
}

/// As many at once as there are reading connections, and more.
fn all_read(place: &Place) {
    thread::scope(|scope| {
        let reading: Vec<_> = (0..12).map(|_| scope.spawn(|| leads(place))).collect();
        for one in reading {
            assert_eq!(one.join().unwrap().status, 200);
        }
    });
}

#[test]
fn connections_that_were_lost_fail_one_reading_request_at_most() {
    let Some(mut line) = Line::open() else { return };
    line.place.with_keys(None);
    let server = line.place.start();
    let message = r#"{"event": "Demo Requested", "userId": "u", "messageId": "a"}"#;
    assert_eq!(server.post(SERVER_KEY, "/v1/track", message).status, 200);
    for restart in [false, true] {
        all_read(&line.place);
        if restart {
            line.cluster.stop().unwrap();
            let refused = leads(&line.place);
            is_clear(&refused);
            line.cluster.start_again().unwrap();
        } else {
            assert!(line.lose_all() > 2, "several readers");
        }
        until("it is ready", || server.get("/readyz").status == 200);
        let failed: Vec<Answer> = (0..12).map(|_| leads(&line.place)).filter(|answer| answer.status != 200).collect();
        failed.iter().for_each(is_clear);
        assert!(failed.len() <= 1, "{failed:?}");
    }
    server.stop();
}
