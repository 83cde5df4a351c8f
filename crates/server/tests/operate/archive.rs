use std::fs;
use std::os::unix::fs::PermissionsExt;

use attractor_store::erasures::{self, Erasure};
use axum::http::Method;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::running::{Place, Server};
use super::{client, command, content, fill};

/// An archive of a server that ran meanwhile, in `name` of the place's folder, and what was in it.
fn backed_up(place: &Place, name: &str) -> (String, Vec<(String, u64, String)>) {
    place.with_keys(None);
    let server = place.start();
    fill(&server, 0, 300);
    let file = place.path().join(name).display().to_string();
    let done = command(place, &["backup", &file]);
    assert_eq!(done.code, 0, "{}", done.err);
    assert!(done.err.contains(" tables, "), "{}", done.err);
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let there = content(place);
    fill(&server, 300, 310);
    server.stop();
    (file, there)
}

#[test]
fn a_backup_of_either_database_is_restored_to_either() {
    Place::each(|place| {
        let (file, there) = backed_up(place, "one");
        Place::each(|other| {
            let done = command(other, &["restore", &file]);
            assert_eq!(done.code, 0, "{}", done.err);
            assert_eq!(content(other), there);
            let server = other.start();
            assert_eq!(other.message_ids().len(), 300);
            fill(&server, 290, 305);
            assert_eq!(other.message_ids().len(), 305, "known ones stay known, new ones are taken");
            server.stop();
        });
    });
}

#[test]
fn data_that_is_there_is_replaced_by_force_alone_while_serving_too() {
    Place::each(|place| {
        let (file, there) = backed_up(place, "one");
        let other = Place::sqlite();
        other.with_keys(None);
        let server = other.start();
        fill(&server, 1_000, 1_003);
        let refused = command(&other, &["restore", &file]);
        assert_eq!(refused.code, 2);
        assert!(
            refused.err.contains("there is data here already") && refused.err.contains("--force"),
            "{}",
            refused.err
        );
        assert_eq!(other.message_ids().len(), 3);
        let done = command(&other, &["restore", &file, "--force"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.err.contains("restart the server"), "{}", done.err);
        assert_eq!(content(&other), there);
        fill(&server, 299, 301);
        assert_eq!(other.message_ids().len(), 301, "the server goes on with what was restored");
        server.stop();
    });
}

#[test]
fn a_damaged_archive_changes_nothing() {
    let place = Place::sqlite();
    let (file, _) = backed_up(&place, "one");
    let bytes = fs::read(&file).unwrap();
    let mut changed = bytes.clone();
    changed[bytes.len() / 2] ^= 1;
    let other = Place::sqlite();
    for (bytes, words) in [
        (&bytes[..bytes.len() - 9], "damaged"),
        (&changed[..], "damaged"),
        (&b"hello"[..], "no archive"),
        (&b"attractor backup 7\n"[..], "format 7"),
    ] {
        let bad = place.path().join("bad");
        fs::write(&bad, bytes).unwrap();
        let done = command(&other, &["restore", &bad.display().to_string()]);
        assert_eq!(done.code, 2);
        assert!(done.err.contains(words), "{}", done.err);
    }
    assert!(other.message_ids().is_empty());
    let again = command(&place, &["backup", &file]);
    assert!(again.code == 2 && again.err.contains("there is such a file already"), "{}", again.err);
    assert_eq!(fs::read(&file).unwrap(), bytes);
}

fn erase(place: &Place, lead: &str) {
    let mut owner = client(place);
    let answer = owner.json(Method::DELETE, &format!("/api/leads/{lead}"), &Value::Null).unwrap();
    assert_eq!(answer.status.as_u16(), 204);
}

/// Whether anything of the lead is left.
fn is_there(place: &Place, server: &Server, lead: &str) -> bool {
    let exported = command(place, &["export", "events"]);
    assert_eq!(exported.code, 0, "{}", exported.err);
    let known = client(place).get(&format!("/api/leads/{lead}")).unwrap().status.as_u16() == 200;
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(exported.out.contains(&format!(r#""userId":"{lead}""#)), known, "{}", exported.out);
    known
}

#[test]
fn who_was_erased_stays_erased_when_an_older_archive_is_restored() {
    Place::each(|place| {
        place.with_keys(None);
        let server = place.start();
        fill(&server, 0, 30);
        let file = place.path().join("older").display().to_string();
        assert_eq!(command(place, &["backup", &file]).code, 0);
        erase(place, "u7");
        fill(&server, 30, 31);
        let done = command(place, &["restore", &file, "--force"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.err.contains("erased again"), "{}", done.err);
        assert!(!is_there(place, &server, "u7") && is_there(place, &server, "u8") && !is_there(place, &server, "u30"));
        fill(&server, 7, 8);
        assert!(is_there(place, &server, "u7"), "who comes back is somebody again");
        server.stop();
        let server = place.start();
        assert!(is_there(place, &server, "u7"), "a start erases nobody who came back");
        server.stop();
        let done = command(place, &["restore", &file, "--force"]);
        assert_eq!(done.code, 0, "{}", done.err);
        assert!(done.err.contains("erased again"), "also where no server runs: {}", done.err);
        let server = place.start();
        assert!(!is_there(place, &server, "u7") && is_there(place, &server, "u8"));
        server.stop();
    });
}

#[test]
fn a_restore_that_was_killed_before_it_erased_is_finished_at_the_next_start() {
    Place::each(|place| {
        place.with_keys(None);
        let server = place.start();
        fill(&server, 0, 3);
        server.kill();
        // What a restore commits at once: the older events, the newer list, and the note that it is to be applied.
        let listed = Erasure { hash: hash("0/u1"), at: i64::MAX };
        let mut store = place.store();
        erasures::insert(&mut store, &[listed]).unwrap();
        attractor_live::owe_erasures(&mut store).unwrap();
        drop(store);
        let server = place.start();
        assert!(!is_there(place, &server, "u1") && is_there(place, &server, "u2"));
        server.stop();
    });
}

/// An identity as the list of erasures names it.
fn hash(identity: &str) -> String {
    Sha256::digest(identity).iter().map(|byte| format!("{byte:02x}")).collect()
}
