//! Two servers and one database: the second asks first, and the first ends in order.

use attractor_store::holder::{self, Holder};
use attractor_store::lane;

use super::program::{Ran, program, ran};
use super::running::{Place, SERVER_KEY, Server};

/// A data folder of another machine on the same database, and the server that has it already.
fn two() -> Option<(Place, Server, Place)> {
    let url = attractor_trial::postgres()?;
    let first = Place { database: Some(url.clone()), ..Place::sqlite() };
    let server = first.with_keys(None).start();
    Some((first, server, Place { database: Some(url), ..Place::sqlite() }))
}

fn serve(place: &Place, more: &[&str]) -> Ran {
    ran(place.command().args(more))
}

#[track_caller]
fn is_refused(done: &Ran, holder: &Server) {
    let words = format!("the database is held by the attractor with process id {} on ", holder.pid());
    assert!(done.code == 2 && done.err.contains(&words), "{}: {}", done.code, done.err);
    assert!(done.err.contains(" since 20") && done.err.contains("--take-over"), "{}", done.err);
}

fn send(server: &Server, id: &str) {
    let message = format!(r#"{{"event": "E", "userId": "u", "messageId": "{id}"}}"#);
    assert_eq!(server.post(SERVER_KEY, "/v1/track", &message).status, 200);
}

/// Fails unless the server ends because another one has its database.
#[track_caller]
fn is_taken_over(server: Server) {
    let (code, said) = server.ended();
    assert!(code == Some(2) && said.contains("another server has taken over"), "{code:?}: {said}");
}

/// Lets the present hold run out, as if its time had passed.
fn run_out(place: &Place) -> Holder {
    let mut store = place.store();
    let present = holder::present(&mut store).unwrap().unwrap();
    store.execute("UPDATE holder SET until = $1", &[1.into()]).unwrap();
    present
}

#[test]
fn a_database_that_a_living_server_holds_is_refused_to_every_command() {
    let Some((_first, server, second)) = two() else { return };
    is_refused(&serve(&second, &[]), &server);
    let list = second.path().join("list.csv");
    second.write("list.csv", "email\nada@example.org\n");
    let sqlite = Place::sqlite();
    sqlite.with_keys(None);
    let (list, url) = (list.display().to_string(), second.database.clone().unwrap());
    let playbook = concat!(env!("CARGO_MANIFEST_DIR"), "/../../playbooks/starter");
    for arguments in [
        &["import", &list][..],
        &["apply", playbook, "--yes"],
        &["key", "add", "site", "--public"],
        &["user", "add", "ada@example.org"],
        &["restore", &list],
        &["backup", &format!("{list}.backup")],
        &["export", "leads"],
    ] {
        let mut command = program();
        command.args(arguments).arg("--data").arg(second.path()).args(["--database", &url]);
        // What the settings say of `serve` is not said to a command.
        is_refused(&ran(command.env("ATTRACTOR_TAKE_OVER", "1")), &server);
    }
    is_refused(&ran(program().args(["move", "--to", &url, "--data"]).arg(sqlite.path())), &server);
    send(&server, "a");
    server.stop();
    assert_eq!(second.message_ids(), ["a"]);
}

#[test]
fn a_command_that_is_refused_a_database_leaves_nothing_behind() {
    let Some((_first, server, second)) = two() else { return };
    let url = second.database.clone().unwrap();
    let export = || {
        let mut command = program();
        ran(command.args(["export", "leads", "--database", &url, "--data"]).arg(second.path()))
    };
    is_refused(&serve(&second, &[]), &server);
    assert!(!second.path().exists(), "serve");
    is_refused(&export(), &server);
    assert!(!second.path().exists(), "export");
    second.write("notes.txt", "ours");
    is_refused(&serve(&second, &[]), &server);
    is_refused(&export(), &server);
    let left = std::fs::read_dir(second.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["notes.txt"]);
    server.stop();
}

#[test]
fn a_server_that_is_asked_to_takes_the_database_from_a_living_one() {
    let ways: [fn(&Place) -> Server; 3] = [
        |place| Server::start(place.command().arg("--take-over")),
        |place| Server::start(place.command().env("ATTRACTOR_TAKE_OVER", "yes")),
        |place| {
            place.write("attractor.toml", "take_over = true\n");
            place.start()
        },
    ];
    for way in ways {
        let Some((_first, server, second)) = two() else { return };
        send(&server, "a");
        let next = way(&second);
        // It notices by itself, though nobody sends it anything.
        is_taken_over(server);
        send(&next, "b");
        next.stop();
        assert_eq!(second.message_ids(), ["a", "b"]);
    }
}

#[test]
fn a_hold_is_given_up_by_a_stop_and_by_the_end_of_a_command() {
    let Some((first, server, second)) = two() else { return };
    server.stop();
    let server = second.start();
    is_refused(&serve(&first, &[]), &server);
    server.stop();
    let url = second.database.clone().unwrap();
    let added =
        ran(program().args(["key", "add", "site", "--public", "--database", &url, "--data"]).arg(second.path()));
    assert_eq!(added.code, 0, "{}", added.err);
    first.start().stop();
}

#[test]
fn the_hold_of_a_killed_server_is_its_own_folders_at_once_and_others_when_it_has_run_out() {
    let Some((first, server, second)) = two() else { return };
    send(&server, "a");
    server.kill();
    first.start().kill();
    let refused = serve(&second, &[]);
    assert!(refused.code == 2 && refused.err.contains("its hold runs out at 20"), "{}", refused.err);
    // A copy of the folder is not the folder.
    let copy = Place { database: first.database.clone(), ..Place::sqlite() };
    copy.write("attractor.lock", &std::fs::read_to_string(first.path().join("attractor.lock")).unwrap());
    assert_eq!(serve(&copy, &[]).code, 2);
    run_out(&second);
    let next = second.start();
    send(&next, "b");
    next.stop();
    assert_eq!(second.message_ids(), ["a", "b"]);
}

#[test]
fn a_server_that_was_paused_until_its_hold_ran_out_writes_nothing_when_it_goes_on() {
    let Some((_first, server, second)) = two() else { return };
    send(&server, "a");
    server.signal("-STOP");
    is_refused(&serve(&second, &[]), &server);
    run_out(&second);
    let next = second.start();
    server.signal("-CONT");
    let message = r#"{"event": "E", "userId": "u", "messageId": "of the old one"}"#;
    // It may have ended already; if it answers, it takes nothing.
    if let Ok(answer) = server.try_post(SERVER_KEY, "/v1/track", message) {
        assert_eq!(answer.status, 503, "{answer:?}");
    }
    is_taken_over(server);
    send(&next, "b");
    next.stop();
    assert_eq!(second.message_ids(), ["a", "b"]);
}

#[test]
fn a_living_server_renews_its_hold() {
    let Some((first, server, _)) = two() else { return };
    let ran_out = run_out(&first);
    let mut store = first.store();
    let renewed = std::iter::repeat_with(|| {
        // Between two looks the server has the machine for itself.
        std::thread::park_timeout(std::time::Duration::from_millis(20));
        holder::present(&mut store).unwrap().unwrap()
    })
    .find(|present| present.until > 1)
    .unwrap();
    assert!(renewed.until > ran_out.until && renewed.since == ran_out.since, "{renewed:?}");
    drop(store);
    server.stop();
}

#[test]
fn a_folder_is_not_taken_over() {
    let place = Place::sqlite();
    let server = place.start();
    let refused = serve(&place, &["--take-over"]);
    let words = format!("in use by the attractor with process id {} on ", server.pid());
    assert!(refused.code == 2 && refused.err.contains(&words), "{}", refused.err);
    assert!(refused.err.contains("--take-over is for PostgreSQL"), "{}", refused.err);
    assert_eq!(server.get("/readyz").status, 200, "the first is not disturbed");
    server.stop();
}

#[test]
fn a_request_that_has_begun_is_answered_when_the_server_is_taken_over() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        let begun = server.begin(SERVER_KEY, "/v1/track", r#"{"event": "E", "userId": "u", "messageId": "a"}"#);
        lane::take_over(&mut place.store()).unwrap();
        // The first that comes finds out, if nothing has yet; then the server is about to end.
        let _ = server.try_post(SERVER_KEY, "/v1/track", r#"{"event": "E", "userId": "u", "messageId": "b"}"#);
        let answer = begun.go_on();
        assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{answer:?}");
        is_taken_over(server);
        assert_eq!(place.message_ids(), [""; 0]);
    });
}

#[test]
fn a_request_that_has_begun_is_answered_when_the_server_is_told_to_stop() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        let begun = server.begin(SERVER_KEY, "/v1/track", r#"{"event": "E", "userId": "u", "messageId": "a"}"#);
        server.tell_to_stop();
        let answer = begun.go_on();
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")), "{answer:?}");
        assert_eq!(server.ended().0, Some(0));
        assert_eq!(place.message_ids(), ["a"]);
    });
}

#[test]
fn what_takes_longer_than_a_stop_may_is_answered_before_the_end() {
    let place = Place::sqlite();
    place.write("attractor.toml", "stop_seconds = 1\n");
    let server = place.with_keys(None).start();
    let begun = server.begin(SERVER_KEY, "/v1/track", r#"{"event": "E", "userId": "u", "messageId": "a"}"#);
    server.tell_to_stop();
    let answer = begun.wait();
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{answer:?}");
    assert_eq!(server.ended().0, Some(0));
    assert_eq!(place.message_ids(), [""; 0]);
}
