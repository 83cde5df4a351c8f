use std::fs;

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
    let paused = |place: &Place| attractor_app::sending::paused(&mut place.store()).unwrap();
    assert_eq!(paused(&place), None);
    place.database = None;
    assert_eq!(paused(&place).as_deref(), Some("it was moved to another database"), "the old store sends nothing");
    let again = command(&place, &["move", "--to", &url]);
    assert!(again.code == 2 && again.err.contains("in PostgreSQL already"), "{}", again.err);
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
