//! A server's life: its settings, its data folder, how it starts and how it ends.

use std::fs;
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::program::{program, ran, run};
use super::running::{Place, SERVER_KEY, Server, ask, base64, socket};

#[test]
fn the_printed_settings_are_a_settings_file() {
    let printed = run(&["serve", "--print-settings"]);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    let place = Place::sqlite();
    place.write("attractor.toml", &printed.out);
    place.start().stop();
}

#[test]
fn a_flag_goes_before_the_environment_before_the_file() {
    let place = Place::sqlite();
    // Nobody can listen there.
    let nowhere = "192.0.2.1:9";
    place.write("attractor.toml", &format!("listen = \"{nowhere}\""));
    let serve = || {
        let mut command = program();
        command.args(["serve", "--data"]).arg(place.path());
        command
    };
    let by_file = serve().output().unwrap();
    assert_eq!(by_file.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&by_file.stderr).contains(nowhere));
    Server::start(serve().env("ATTRACTOR_LISTEN", "127.0.0.1:0")).stop();
    Server::start(serve().env("ATTRACTOR_LISTEN", nowhere).args(["--listen", "127.0.0.1:0"])).stop();
}

#[test]
fn a_wrong_setting_is_named_with_its_line() {
    let place = Place::sqlite();
    place.write("attractor.toml", "readers = 2\nlistne = \"127.0.0.1:0\"\n");
    let refused = place.command().output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(2));
    assert!(said.contains("attractor.toml:2: there is no setting `listne`"), "{said}");
}

#[test]
fn the_data_is_its_owners_alone() {
    let place = Place::sqlite();
    let server = place.start();
    let mode = |path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(place.path()), mode(socket(&place.path()))), (0o700, 0o600));
    let files = || fs::read_dir(place.path()).unwrap().map(|entry| entry.unwrap().path());
    let open: Vec<_> = files().filter(|file| mode(file.clone()) & 0o077 != 0).collect();
    assert!(open.is_empty() && files().count() > 4, "{open:?}");
    server.kill();
    // As an earlier version left them.
    for file in files().filter(|file| file.to_str().unwrap().contains("attractor.db")) {
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
    }
    let server = place.start();
    let open: Vec<_> = files().filter(|file| mode(file.clone()) & 0o077 != 0).collect();
    assert!(open.is_empty(), "{open:?}");
    server.stop();
    assert!(!socket(&place.path()).exists());
}

#[test]
fn a_second_server_refuses() {
    let place = Place::sqlite();
    let server = place.start();
    let second = place.command().output().unwrap();
    let said = String::from_utf8_lossy(&second.stderr);
    assert_eq!(second.status.code(), Some(2));
    assert!(said.contains(&format!("process id {} on ", server.pid())) && said.contains(" since 20"), "{said}");
    assert_eq!(server.get("/readyz").status, 200, "the first is not disturbed");
    server.stop();
}

#[test]
fn a_port_that_is_taken_leaves_nothing_behind() {
    let place = Place::sqlite();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = ran(place.command().args(["--listen", &address]));
    assert!(refused.code == 2 && refused.err.contains("is used by another program"), "{}", refused.err);
    let command = format!("`attractor serve --data {} --listen ", place.path().display());
    let (_, hint) = refused.err.split_once(&command).unwrap();
    TcpListener::bind(hint.split_once('`').unwrap().0).expect("the port of the hint is free");
    assert!(!place.path().exists());
}

#[test]
fn it_starts_over_what_a_killed_one_left() {
    let place = Place::sqlite();
    place.start().kill();
    assert!(socket(&place.path()).exists());
    place.start().stop();
}

#[test]
fn a_server_that_is_taken_over_ends() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        attractor_store::lane::take_over(&mut place.store()).unwrap();
        let message = r#"{"event": "E", "userId": "u", "messageId": "a"}"#;
        match server.try_post(SERVER_KEY, "/v1/track", message) {
            Ok(answer) => assert_eq!((answer.status, answer.header("retry-after")), (503, Some("5")), "{answer:?}"),
            // It may have noticed by itself, and ended, before the message comes. Whoever it let in gets a whole answer.
            Err(error) => assert_eq!(error.kind(), ErrorKind::ConnectionRefused, "{error}"),
        }
        let (code, said) = server.ended();
        assert!(code == Some(2) && said.contains("another server has taken over"), "{code:?}: {said}");
        assert_eq!(place.message_ids(), [""; 0]);
    });
}

#[test]
fn a_stop_loses_nothing_that_was_acknowledged() {
    Place::each(|place| {
        let server = place.with_keys(None).start();
        let (address, enough) = (server.address, AtomicBool::new(false));
        let acknowledged: Vec<String> = thread::scope(|scope| {
            let enough = &enough;
            let senders: Vec<_> =
                (0..4).map(|sender| scope.spawn(move || send_until_it_ends(address, sender, enough))).collect();
            while !enough.load(Ordering::Relaxed) {
                thread::yield_now();
            }
            server.signal("-TERM");
            senders.into_iter().flat_map(|sender| sender.join().unwrap()).collect()
        });
        let (code, said) = server.ended();
        assert_eq!(code, Some(0), "{said}");
        let stored = place.message_ids();
        let lost: Vec<_> = acknowledged.iter().filter(|id| stored.binary_search(id).is_err()).collect();
        assert!(acknowledged.len() >= 20 && lost.is_empty(), "{} acknowledged, lost: {lost:?}", acknowledged.len());
    });
}

/// Sends messages one after the other until the server does not answer; returns the ids of those acknowledged.
fn send_until_it_ends(address: std::net::SocketAddr, sender: usize, enough: &AtomicBool) -> Vec<String> {
    let basic = format!("Basic {}", base64(format!("{SERVER_KEY}:").as_bytes()));
    let mut acknowledged = Vec::new();
    for number in 0.. {
        let id = format!("{sender}-{number:06}");
        let body = format!(r#"{{"event": "E", "userId": "u{sender}", "messageId": "{id}"}}"#);
        match ask(address, "POST", "/v1/track", &[("authorization", &basic)], body.as_bytes()) {
            Ok(answer) if answer.status == 200 => acknowledged.push(id),
            _ => break,
        }
        if number == 20 {
            enough.store(true, Ordering::Relaxed);
        }
    }
    acknowledged
}
