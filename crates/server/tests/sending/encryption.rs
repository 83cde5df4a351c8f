//! The way to a mail server: encrypted, to the right one alone, and signed in.

use std::collections::BTreeSet;

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::running::{Place, Server};
use super::secured::{Encrypts, Manners, OF_ANOTHER, OURS, Secured};
use super::smtp::{ask_for, welcomes};
use super::world::{again, get, send, start, until, until_at};

const USER: &str = "ada.müller@acme.test";
const PASSWORD: &str = "p@ss:w/ö%rd€";
/// Both as they are written in the setting.
const LOGIN: &str = "ada.müller%40acme.test:p%40ss%3Aw%2F%C3%B6%25rd%E2%82%AC";

const MANNERS: Manners = Manners {
    encrypts: Encrypts::FromTheStart,
    certificate: OURS,
    mechanisms: "PLAIN LOGIN",
    user: USER,
    password: PASSWORD,
};

/// The file of the authority that a server trusts.
const AUTHORITY: &str = "authority.pem";

/// Settings of a server that sends by this URL.
fn settings<'s>(url: &'s str, authority: &'s str) -> [(&'s str, &'s str); 5] {
    [
        ("SMTP", url),
        ("SMTP_CA", authority),
        ("STOP_SECONDS", "1"),
        ("PUBLIC_URL", "https://leads.acme.test"),
        ("LOG_LEVEL", "debug"),
    ]
}

/// A server that has somebody to write to.
fn sender(place: &Place, url: &str, authority: &str) -> Server {
    let server = start(place, &settings(url, authority));
    ask_for(&server, ["ok-1".to_owned()].into_iter());
    server
}

/// Waits until the server has put its mail off, and returns why.
fn put_off(place: &Place) -> String {
    let why = |copies: &[Value]| welcomes(copies).remove("ok-1").filter(|(_, reason)| reason.starts_with("server: "));
    let (state, why) = why(&until(place, "put off", |copies| why(copies).is_some())).unwrap();
    assert_eq!(state, "waiting", "{why}");
    why
}

#[test]
fn mails_leave_encrypted_by_either_way_to_sign_in() {
    use Encrypts::{ByStarttls, FromTheStart};
    for (encrypts, scheme, host, mechanisms, expected) in [
        (FromTheStart, "smtps", "localhost", "PLAIN", "PLAIN"),
        (FromTheStart, "smtps", "127.0.0.1", "LOGIN", "LOGIN"),
        (ByStarttls, "smtp", "127.0.0.1", "LOGIN PLAIN", "PLAIN"),
        // It leads to this machine too, but is not known for that: encryption is demanded.
        (ByStarttls, "smtp", "0.0.0.0", "LOGIN", "LOGIN"),
    ] {
        let (place, sink) = (Place::sqlite(), Secured::start(Manners { encrypts, mechanisms, ..MANNERS }));
        place.write(AUTHORITY, OURS.authority);
        let server = sender(&place, &format!("{scheme}://{LOGIN}@{host}:{}", sink.port), AUTHORITY);
        until(&place, "sent", |copies| welcomes(copies).get("ok-1").is_some_and(|(state, _)| state == "sent"));
        let heard = sink.heard();
        assert_eq!(heard.recipients, ["ok-1@people.test"]);
        assert_eq!(heard.logins, [(expected.to_owned(), USER.to_owned(), PASSWORD.to_owned())]);
        let plain: &[&str] = if encrypts == ByStarttls { &["EHLO", "STARTTLS"] } else { &[] };
        assert_eq!(heard.verbs(false), plain, "{heard:?}");
        assert!(["AUTH", "MAIL", "DATA"].iter().all(|verb| heard.verbs(true).contains(verb)), "{heard:?}");
        server.stop();
    }
}

#[test]
fn who_cannot_be_trusted_gets_neither_a_login_nor_a_mail() {
    use Encrypts::{ByStarttls, ByStarttlsWithMore, FromTheStart, Never};
    let starttls = &["EHLO", "STARTTLS"][..];
    let another = "certificate not valid for name";
    for (encrypts, server, certificate, trusts, told, why) in [
        (ByStarttls, "smtp 127.0.0.1", OURS, OF_ANOTHER.authority, starttls, "certificate: UnknownIssuer"),
        (FromTheStart, "smtps localhost", OURS, OF_ANOTHER.authority, &[], "certificate: UnknownIssuer"),
        // Only the public authorities are trusted.
        (FromTheStart, "smtps localhost", OURS, "", &[], "certificate: UnknownIssuer"),
        (FromTheStart, "smtps localhost", OF_ANOTHER, OF_ANOTHER.authority, &[], another),
        (ByStarttlsWithMore, "smtp 0.0.0.0", OURS, OURS.authority, starttls, "more than the answer to STARTTLS"),
        (ByStarttls, "smtp 0.0.0.0", OF_ANOTHER, OF_ANOTHER.authority, starttls, another),
        (Never, "smtp 0.0.0.0", OURS, OURS.authority, &["EHLO"], "it does not offer STARTTLS"),
    ] {
        let (place, sink) = (Place::sqlite(), Secured::start(Manners { encrypts, certificate, ..MANNERS }));
        place.write(AUTHORITY, trusts);
        let (scheme, host) = server.split_once(' ').unwrap();
        let url = format!("{scheme}://{LOGIN}@{host}:{}", sink.port);
        let server = sender(&place, &url, if trusts.is_empty() { "" } else { AUTHORITY });
        let found = put_off(&place);
        assert!(found.contains(why), "{found}");
        let heard = sink.heard();
        // It may have tried again meanwhile.
        let verbs = |encrypted| heard.verbs(encrypted).into_iter().collect::<BTreeSet<&str>>();
        assert_eq!(verbs(false), told.iter().copied().collect::<BTreeSet<&str>>(), "{found}");
        assert!(verbs(true).is_empty() && heard.logins.is_empty() && heard.recipients.is_empty(), "{heard:?}");
        server.stop();
    }
}

#[test]
fn a_server_without_the_file_of_its_authority_takes_events_and_holds_mails() {
    let (place, sink) = (Place::sqlite(), Secured::start(MANNERS));
    let server = sender(&place, &format!("smtps://{LOGIN}@localhost:{}", sink.port), AUTHORITY);
    let why = put_off(&place);
    assert!(why.contains("`smtp_ca`") && why.contains(AUTHORITY) && why.contains("cannot be read"), "{why}");
    assert!(sink.heard().commands.is_empty());
    server.stop();
}

/// How many people are written to with a wrong password.
const PEOPLE: usize = 8;
/// A transport opens as many connections at once.
const CONNECTIONS: usize = 4;

/// Whether all wait as if they had never been tried.
fn are_untried(copies: &[Value]) -> bool {
    let found = welcomes(copies);
    found.len() == PEOPLE && found.values().all(|(state, reason)| state == "waiting" && reason == "paused")
}

#[test]
fn a_wrong_password_stops_sending_and_costs_no_copy_a_try() {
    const WRONG: &str = "hunter2hunter2";
    let (place, sink) = (Place::sqlite(), Secured::start(Manners { mechanisms: "PLAIN", ..MANNERS }));
    place.write(AUTHORITY, OURS.authority);
    let wrong = format!("smtps://ada.müller%40acme.test:{WRONG}@localhost:{}", sink.port);
    let server = start(&place, &settings(&wrong, AUTHORITY));
    ask_for(&server, (1..=PEOPLE).map(|number| format!("ok-{number}")));
    let status = until_at(&place, "/api/sending", |status| !status["paused"].is_null());
    let why = status["paused"].as_str().unwrap();
    assert!(why.starts_with("Sending stopped: the mail server does not accept the login: 535 5.7.8 "), "{why}");
    let copies = until(&place, "all wait untried", are_untried);
    assert!(copies[0]["why"].as_str().unwrap().contains("does not accept the login"), "{copies:#?}");
    let tries = sink.heard().logins.len();
    assert!((1..=CONNECTIONS).contains(&tries), "{tries} tries");

    let mut told = vec![status.to_string(), json!(copies).to_string(), get(&place, "/api/audit").to_string()];
    server.signal("-TERM");
    let (code, log) = server.ended();
    assert!(code == Some(0) && log.contains("does not accept the login"), "{log}");
    told.push(log);
    for secret in [WRONG.to_owned(), STANDARD.encode(WRONG), STANDARD.encode(format!("\0{USER}\0{WRONG}"))] {
        assert!(told.iter().all(|text| !text.contains(&secret)), "{told:#?}");
    }

    let right = format!("smtps://{LOGIN}@localhost:{}", sink.port);
    let server = again(&place, &settings(&right, AUTHORITY));
    assert!(get(&place, "/api/sending")["paused"].is_string(), "until somebody has seen to it");
    send(&place, Method::POST, "/api/sending/resume", &Value::Null).unwrap();
    until(&place, "all sent", |copies| welcomes(copies).values().all(|(state, _)| state == "sent"));
    let mut recipients = sink.heard().recipients;
    recipients.sort();
    assert_eq!(recipients, (1..=PEOPLE).map(|number| format!("ok-{number}@people.test")).collect::<Vec<_>>());
    server.stop();
}
