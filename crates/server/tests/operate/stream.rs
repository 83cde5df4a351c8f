use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use serde_json::Value;

use super::fill;
use super::running::{Place, socket};

/// The lines of the stream, from when the server has answered.
fn lines(place: &Place, more: &str) -> impl Iterator<Item = String> + use<> {
    let mut stream = UnixStream::connect(socket(&place.path())).unwrap();
    write!(stream, "GET /api/stream HTTP/1.1\r\nhost: x\r\n{more}\r\n").unwrap();
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == ": hello"));
    lines
}

/// The next hint: its id and what it says.
fn hint(lines: &mut impl Iterator<Item = String>) -> (i64, Value) {
    let (mut id, mut data) = (0, Value::Null);
    for line in lines {
        match line.split_once(": ") {
            Some(("id", text)) => id = text.parse().unwrap(),
            Some(("data", text)) => data = serde_json::from_str(text).unwrap(),
            _ if line.is_empty() && !data.is_null() => return (id, data),
            _ => {}
        }
    }
    panic!("the stream ended");
}

#[test]
fn hints_come_after_the_commit_are_summed_up_and_resume() {
    Place::each(|place| {
        place.with_keys(None);
        let server = place.start();
        let mut open = lines(place, "");
        fill(&server, 0, 1);
        let (first, told) = hint(&mut open);
        assert_eq!(told["leads"].as_array().unwrap().len(), 1, "{told}");
        assert_eq!(told["moves"].as_array().unwrap().len() as i64, first);
        assert_eq!(told["moves"][0]["lead"], told["leads"][0]);
        fill(&server, 1, 400);
        // The lane may take the batch in several commits, each with a hint; every lead makes as many moves as the first.
        let (mut last, mut summed_up) = (first, 0);
        while last < 400 * first {
            let (to, told) = hint(&mut open);
            assert_eq!((told["from"].as_i64(), told["to"].as_i64()), (Some(last + 1), Some(to)), "{told}");
            if to - last > 100 {
                assert!(told["count"].as_i64().unwrap() > 0 && told["moves"].is_null(), "{told}");
                summed_up += 1;
            }
            last = to;
        }
        assert!(last == 400 * first && summed_up > 0, "{last} moves, {summed_up} hints that sum up");
        let (resumed, told) = hint(&mut lines(place, &format!("last-event-id: {first}\r\n")));
        assert_eq!((resumed, told["from"].as_i64()), (last, Some(first + 1)), "{told}");
        let idle = lines(place, "");
        server.stop();
        let left: Vec<String> = open.chain(idle).filter(|line| line.starts_with("data")).collect();
        assert!(left.is_empty(), "both ended without another hint: {left:?}");
    });
}

#[test]
fn who_does_not_read_keeps_nobody_waiting() {
    let place = Place::sqlite();
    place.with_keys(None);
    let server = place.start();
    let unread = lines(&place, "");
    for round in 0..20 {
        fill(&server, round * 200, (round + 1) * 200);
    }
    assert_eq!(place.message_ids().len(), 4_000);
    drop(unread);
    server.stop();
}
