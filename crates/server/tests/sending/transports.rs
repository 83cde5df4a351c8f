//! The mail server as it is set over the API, while the server runs.

use std::net::TcpListener;

use axum::http::Method;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::running::{Answer, Place, Server};
use super::secured::{Encrypts, Manners, OF_ANOTHER, OURS, Secured};
use super::sink::Sink;
use super::smtp::{ask_for, borrowed, welcomes};
use super::team::{add_owner, told_the_owner};
use super::world::{again, command, get, send, start, until, until_at};

const PASSWORD: &str = "p@ss:w/ö%rd€";
const WRONG: &str = "hunter2hunter2";
const MANNERS: Manners = Manners {
    encrypts: Encrypts::FromTheStart,
    certificate: OURS,
    mechanisms: "PLAIN",
    user: "ada@acme.test",
    password: PASSWORD,
};

/// Settings of a server that catches e-mails until a mail server is set. Its domain and its links are reserved, so that
/// marketing may leave.
const SETTINGS: [(&str, &str); 4] = [
    ("SMTP_CA", "authority.pem"),
    ("STOP_SECONDS", "1"),
    ("PUBLIC_URL", "https://leads.acme.test"),
    ("LOG_LEVEL", "debug"),
];

fn begin(place: &Place) -> Server {
    place.write("authority.pem", OURS.authority);
    start(place, &SETTINGS)
}

fn transport(place: &Place) -> Value {
    let page = get(place, "/api/transports");
    assert_eq!(page["items"].as_array().map(Vec::len), Some(1), "{page}");
    page["items"][0].clone()
}

/// Ada's account at a mail server on this machine, and what else is said of it or differs.
fn account(port: u16, more: &Value) -> Value {
    let mut all = json!({"host": "localhost", "port": port, "security": "tls", "user": MANNERS.user});
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn put(place: &Place, wanted: &Value) -> Result<Value, String> {
    send(place, Method::PUT, "/api/transports/default", wanted)
}

fn remove(place: &Place) -> Result<Value, String> {
    send(place, Method::DELETE, "/api/transports/default", &Value::Null)
}

fn test(place: &Place) -> Value {
    send(place, Method::POST, "/api/transports/default/test", &Value::Null).unwrap()
}

/// Waits until the welcome of a user has left, or was caught.
fn written_to(place: &Place, server: &Server, user: &str) {
    ask_for(server, [user.to_owned()].into_iter());
    until(place, "sent", |copies| welcomes(copies).get(user).is_some_and(|(state, _)| state == "sent"));
}

/// Asks with a key of a role.
fn ask_as(place: &Place, server: &Server, role: &str, method: &str, path: &str) -> Answer {
    let key = command(place, &["key", "add", role, "--api", role, "--replace"]).out;
    server.ask(method, path, &[("authorization", &format!("Bearer {}", key.trim_end()))], b"")
}

#[test]
fn a_mail_server_takes_mails_from_when_it_is_set_until_it_is_removed() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place);
        add_owner(place);
        assert_eq!(transport(place)["state"], "caught");
        written_to(place, &server, "ok-1");
        let set = put(place, &json!({"smtp": sink.url()})).unwrap();
        let expected = (&json!("untested"), &json!("api"), &json!("none"));
        assert_eq!((&set["state"], &set["set_in"], &set["security"]), expected, "{set}");
        assert_eq!((&set["host"], &set["has_password"]), (&json!("127.0.0.1"), &json!(false)), "{set}");
        assert_eq!(get(place, "/api/sending")["transport"], format!("to the mail server {}", sink.address));
        assert_eq!(test(place)["works"], true);
        assert_eq!(transport(place)["state"], "ok");
        written_to(place, &server, "ok-2");
        let told = told_the_owner(place, "The mail server was changed");
        assert_eq!(told.len(), 1, "{told:#?}");
        server.stop();

        let server = again(place, &SETTINGS);
        assert_eq!(transport(place)["set_in"], "api");
        written_to(place, &server, "ok-3");
        remove(place).unwrap();
        assert_eq!((&transport(place)["state"], &transport(place)["host"]), (&json!("caught"), &Value::Null));
        written_to(place, &server, "ok-4");
        assert!(remove(place).unwrap_err().contains("no mail server is set over the API"));
        let taken = sink.taken();
        let has = ["ok-1", "ok-2", "ok-3", "ok-4"].map(|user| taken.contains_key(&format!("{user}@people.test")));
        assert_eq!(has, [false, true, true, false], "{taken:?}");
        let audit = get(place, "/api/audit").to_string();
        for what in ["transport set", "transport tested", "transport removed"] {
            assert!(audit.contains(what), "{what}: {audit}");
        }
        server.stop();
    });
}

/// Everything that may be read, to be searched for a secret.
fn readable(place: &Place, server: &Server) -> Vec<String> {
    let mut texts: Vec<String> = ["transports", "sending", "audit", "letters", "outbox", "status", "sending/domain"]
        .iter()
        .map(|path| get(place, &format!("/api/{path}")).to_string())
        .collect();
    for what in ["leads", "events"] {
        let export = ask_as(place, server, "owner", "GET", &format!("/api/export/{what}"));
        assert_eq!(export.status, 200, "{export:?}");
        texts.push(export.body);
    }
    texts
}

#[test]
fn a_login_that_is_corrected_ends_the_pause_and_no_password_is_shown() {
    Place::each(|place| {
        let sink = Secured::start(MANNERS);
        let server = begin(place);
        put(place, &account(sink.port, &json!({"password": WRONG}))).unwrap();
        let tested = test(place);
        assert_eq!((&tested["works"], &tested["failed_at"]), (&json!(false), &json!("login")), "{tested}");
        assert!(tested["message"].as_str().unwrap().contains("535 5.7.8"), "{tested}");
        ask_for(&server, ["ok-1".to_owned()].into_iter());
        let paused = until_at(place, "/api/sending", |status| !status["paused"].is_null());
        let found = transport(place);
        assert!(found["state"] == "login_refused" && found["refused_since"].is_string(), "{found}");
        assert!(found["sentence"].as_str().unwrap().contains("does not accept the login: 535"), "{found}");
        let told = [tested.to_string(), paused.to_string(), found.to_string()];

        // The password that is known goes to nobody else.
        for other in [json!({"host": "127.0.0.1"}), json!({"user": "eve@acme.test"})] {
            let why = put(place, &account(sink.port, &other)).unwrap_err();
            assert!(why.contains("send `password` too") && why.contains("/password"), "{why}");
        }
        put(place, &account(sink.port, &json!({"password": PASSWORD}))).unwrap();
        until(place, "sent", |copies| welcomes(copies).get("ok-1").is_some_and(|(state, _)| state == "sent"));
        assert_eq!((&get(place, "/api/sending")["paused"], &transport(place)["state"]), (&Value::Null, &json!("ok")));
        let kept = put(place, &account(sink.port, &json!({}))).unwrap();
        assert_eq!((&kept["has_password"], &kept["user"]), (&json!(true), &json!(MANNERS.user)));
        assert_eq!(test(place)["works"], true);
        assert_eq!(sink.heard().recipients, ["ok-1@people.test"]);

        let mut texts = readable(place, &server);
        texts.extend(told);
        server.signal("-TERM");
        let (code, log) = server.ended();
        assert_eq!(code, Some(0), "{log}");
        texts.push(log);
        // Nor does the database hold it: it is sealed with a key that is not in there.
        for file in ["attractor.db", "attractor.db-wal"].map(|name| std::fs::read(place.path().join(name))) {
            texts.extend(file.ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned()));
        }
        for secret in [PASSWORD, WRONG].into_iter().flat_map(|one| [one.to_owned(), STANDARD.encode(one)]) {
            assert!(texts.iter().all(|text| !text.contains(&secret)), "{secret} is shown");
        }
    });
}

#[test]
fn a_test_says_what_failed_first() {
    let place = Place::sqlite();
    let server = begin(&place);
    // Nobody listens any more where somebody did.
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (plain, right) = (Sink::start(), Secured::start(MANNERS));
    let stranger = Secured::start(Manners { certificate: OF_ANOTHER, ..MANNERS });
    for (port, security, password, stage) in [
        (nobody, "tls", PASSWORD, json!("connection")),
        (plain.address.port(), "tls", PASSWORD, json!("encryption")),
        (plain.address.port(), "starttls", PASSWORD, json!("encryption")),
        (stranger.port, "tls", PASSWORD, json!("encryption")),
        (right.port, "tls", WRONG, json!("login")),
        (right.port, "tls", PASSWORD, Value::Null),
    ] {
        put(&place, &account(port, &json!({"security": security, "password": password}))).unwrap();
        let tested = test(&place);
        assert_eq!(tested["failed_at"], stage, "{tested}");
        assert_eq!(
            (&tested["works"], &tested["signed_in"]),
            (&json!(stage.is_null()), &json!(stage.is_null())),
            "{tested}"
        );
        assert_eq!(tested["encryption"], if stage.is_null() { json!("tls") } else { Value::Null }, "{tested}");
        assert!(!tested.to_string().contains(password), "{tested}");
        let is_plain = security == "tls" && port == plain.address.port();
        let words = "it does not speak TLS on this port; try `starttls`";
        assert_eq!(tested["message"].as_str().unwrap().contains(words), is_plain, "{tested}");
        let shown = transport(&place);
        assert_eq!(shown["failed_test"]["failed_at"], stage, "{shown}");
        assert_eq!(shown["state"], if stage.is_null() { "ok" } else { "test_failed" }, "{shown}");
    }
    let heard = stranger.heard();
    assert!(heard.logins.is_empty() && right.heard().recipients.is_empty(), "{heard:?}");
    let again = || send(&place, Method::POST, "/api/transports/default/test", &Value::Null).err();
    let why = (0..20).find_map(|_| again()).unwrap();
    assert!(why.contains("too often"), "providers lock an account after many tries: {why}");
    server.stop();
}

#[test]
fn a_test_says_whether_a_login_is_needed_and_how_the_connection_was_encrypted() {
    let place = Place::sqlite();
    let server = begin(&place);
    let (plain, starttls) = (Sink::start(), Secured::start(Manners { encrypts: Encrypts::ByStarttls, ..MANNERS }));
    put(&place, &json!({"smtp": plain.url()})).unwrap();
    let tested = test(&place);
    assert_eq!((&tested["encryption"], &tested["signed_in"]), (&json!("none"), &json!(false)), "{tested}");
    assert!(tested["message"].as_str().unwrap().contains("No login is set, and the server offers none."), "{tested}");
    let mut wanted = json!({"host": "localhost", "port": starttls.port, "security": "starttls"});
    put(&place, &wanted).unwrap();
    let tested = test(&place);
    assert_eq!((&tested["works"], &tested["failed_at"]), (&json!(false), &json!("login")), "{tested}");
    assert!(tested["message"].as_str().unwrap().contains("takes no e-mails without a login: 530 5.7.0"), "{tested}");
    let shown = transport(&place);
    assert_eq!(shown["failed_test"]["message"], tested["message"], "{shown}");
    assert!(shown["sentence"].as_str().unwrap().contains("The last test, at "), "{shown}");
    (wanted["user"], wanted["password"]) = (json!(MANNERS.user), json!(PASSWORD));
    let set = put(&place, &wanted).unwrap();
    assert_eq!((&set["state"], &set["failed_test"]), (&json!("untested"), &Value::Null), "{set}");
    let tested = test(&place);
    assert_eq!((&tested["encryption"], &tested["signed_in"]), (&json!("starttls"), &json!(true)), "{tested}");
    assert!(starttls.heard().recipients.is_empty());
    server.stop();
}

#[test]
fn the_settings_go_before_the_api_and_owners_alone_set_a_mail_server() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let url = sink.url();
    let mut settings: Vec<(&'static str, String)> = SETTINGS.map(|(name, value)| (name, value.to_owned())).into();
    settings.push(("SMTP", url.clone()));
    place.write("authority.pem", OURS.authority);
    let server = start(&place, &borrowed(&settings));
    let found = transport(&place);
    assert_eq!((&found["set_in"], &found["state"], &found["set_at"]), (&json!("settings"), &json!("ok"), &Value::Null));
    let why = put(&place, &json!({"smtp": url})).unwrap_err();
    assert!(why.contains("`smtp`") && why.contains("go before the API"), "{why}");
    assert!(remove(&place).unwrap_err().contains("no mail server is set over the API"));
    for (method, path) in [
        ("GET", "/api/transports"),
        ("PUT", "/api/transports/default"),
        ("DELETE", "/api/transports/default"),
        ("POST", "/api/transports/default/test"),
    ] {
        assert_eq!(ask_as(&place, &server, "marketer", method, path).status, 403, "{method} {path}");
    }
    server.stop();
}

#[test]
fn mails_wait_for_a_password_that_cannot_be_opened_until_it_is_set_again() {
    let (place, sink) = (Place::sqlite(), Secured::start(MANNERS));
    let server = begin(&place);
    let whole = account(sink.port, &json!({"password": PASSWORD}));
    put(&place, &whole).unwrap();
    server.stop();
    place.write("secret.key", &format!("{}\n", "a".repeat(64)));
    let server = again(&place, &SETTINGS);
    let found = transport(&place);
    assert!(found["state"] == "password_unreadable" && found["has_password"] == true, "{found}");
    ask_for(&server, ["ok-1".to_owned()].into_iter());
    let is_put_off = |(state, why): &(String, String)| state == "waiting" && why.contains("cannot be opened");
    until(&place, "put off", |copies| welcomes(copies).get("ok-1").is_some_and(is_put_off));
    assert!(sink.heard().commands.is_empty());
    assert!(put(&place, &account(sink.port, &json!({}))).unwrap_err().contains("send `password` too"));
    assert_eq!(put(&place, &whole).unwrap()["state"], "untested");
    assert_eq!(test(&place)["works"], true);
    server.stop();
}
