use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::running::Place;
use super::{command, content, fill};

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
