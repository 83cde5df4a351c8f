//! How commands reach `/api`: by the running server, or in its place.

use std::io::Read;

use attractor_server::commands::client::Client;
use attractor_server::commands::serve::DataArgs;

use super::running::Place;

fn arguments(place: &Place) -> DataArgs {
    DataArgs { data: place.path(), database: place.database.clone() }
}

fn who(place: &Place) -> String {
    let mut client = Client::open(&arguments(place)).unwrap();
    let status = client.get("/api/status").unwrap().value().unwrap();
    client.close().unwrap();
    assert_eq!(status["role"], "owner");
    status["who"].as_str().unwrap().to_owned()
}

#[test]
fn a_command_is_the_owner_with_and_without_a_server() {
    Place::each(|place| {
        let inside = who(place);
        assert!(inside.starts_with("command line ("), "{inside}");
        let server = place.start();
        assert_eq!(who(place), inside);
        assert_eq!(server.get("/readyz").status, 200, "the server goes on");
        server.stop();
        assert_eq!(who(place), inside);
    });
}

#[test]
fn an_error_is_a_sentence() {
    let place = Place::sqlite();
    let mut client = Client::open(&arguments(&place)).unwrap();
    let error = client.get("/api/nowhere").unwrap().value().unwrap_err();
    assert!(error.contains("there is nothing here"), "{error}");
    let refused = Client::open(&arguments(&place)).err().unwrap();
    assert!(refused.contains("it does not answer"), "another command holds the folder: {refused}");
}

/// Fails after some bytes, as a file on a network does.
struct Broken(usize);

impl Read for Broken {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0 = self.0.checked_sub(1).ok_or_else(|| std::io::Error::other("broken"))?;
        buffer.fill(b' ');
        Ok(buffer.len())
    }
}

#[test]
fn a_body_of_any_size_streams_and_a_broken_one_is_an_error() {
    let place = Place::sqlite();
    let server = place.start();
    let mut client = Client::open(&arguments(&place)).unwrap();
    let large = std::io::repeat(b' ').take(3 << 20);
    let answer = client.stream("/v1/batch", "application/json", large).unwrap();
    assert_eq!(answer.status, 400, "it was read to its end, and is no JSON");
    drop(answer);
    let broken = client.stream("/v1/batch", "application/json", Broken(3)).map(|answer| answer.status.as_u16());
    assert!(broken.is_err() || broken == Ok(400), "{broken:?}");
    drop(client);
    server.stop();
}
