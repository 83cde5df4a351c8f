//! Keys, users, sessions and roles, over the real program.

#![expect(clippy::unwrap_used, reason = "what is unwrapped here is what is tested")]

mod attacks;
mod callers;
mod links;
#[path = "../program/mod.rs"]
mod program;
mod requests;
mod server;
mod signing;
mod wording;

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use server::{Answer, Server, command};

const PASSWORD: &str = "four plain words here";

fn owner(server: &Server) -> (String, String) {
    let token = server.setup.clone().unwrap();
    let setup = json!({"token": token, "email": "Ada@Example.com ", "password": PASSWORD});
    let made = server.post("/api/setup", &[], setup);
    assert_eq!(
        (made.status, &made.body["email"], &made.body["role"]),
        (200, &json!("ada@example.com"), &json!("owner"))
    );
    sign_in(server, "ada@example.com", PASSWORD)
}

fn credentials(server: &Server, email: &str, password: &str) -> Answer {
    server.post("/api/session", &[], json!({"email": email, "password": password}))
}

/// The lines of the cookie and of the CSRF token.
fn sign_in(server: &Server, email: &str, password: &str) -> (String, String) {
    let signed = credentials(server, email, password);
    assert_eq!(signed.status, 200, "{}", signed.body);
    let csrf = format!("X-CSRF-Token: {}", signed.body["csrf_token"].as_str().unwrap());
    (format!("Cookie: {}", signed.cookie()), csrf)
}

#[test]
fn the_first_owner_is_set_up_by_a_link_that_works_once() {
    let server = Server::start();
    let token = server.setup.clone().unwrap();
    let set_up = |token: &str, email: &str, password: &str| {
        server.post("/api/setup", &[], json!({"token": token, "email": email, "password": password}))
    };
    let short = set_up(&token, "ada@example.com", "short");
    assert_eq!((short.status, &short.body["errors"][0]["pointer"]), (422, &json!("/password")));
    assert_eq!(set_up(&token, "nobody", PASSWORD).status, 422);
    assert_eq!(set_up("wrong", "ada@example.com", PASSWORD).status, 401);
    let (cookie, _) = owner(&server);
    let used = set_up(&token, "eve@example.com", PASSWORD);
    assert_eq!(used.status, 401, "it was used");
    assert!(used.text.contains("run `attractor user link EMAIL` on the server"), "{}", used.text);
    let me = server.get("/api/me", &[&cookie]);
    assert_eq!(me.body, json!({"who": "user:1", "role": "owner", "email": "ada@example.com", "name": ""}));
    let folder = server.end();
    std::fs::write(folder.path().join("has-owner"), "").unwrap();
    let again = Server::start_in(folder, &[]);
    assert_eq!(again.setup, None);
    assert_eq!(again.get("/api/me", &[&cookie]).status, 200, "sessions outlive the server");
}

#[test]
fn a_session_is_a_cookie_and_its_changes_bring_the_csrf_token() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let signed = credentials(&server, "ada@example.com", PASSWORD);
    let set = signed.header("set-cookie").unwrap();
    assert!(set.contains("; HttpOnly; SameSite=Lax") && !set.contains("Secure"), "{set}");
    let key = json!({"name": "web", "kind": "public"});
    let unmeant = server.post("/api/keys", &[&cookie], key.clone());
    assert_eq!(unmeant.status, 403);
    assert_eq!(unmeant.header("content-type"), Some("application/problem+json"));
    assert_eq!(server.post("/api/keys", &[&cookie, "X-CSRF-Token: wrong"], key.clone()).status, 403);
    assert_eq!(server.post("/api/keys", &[&cookie, &csrf], key).status, 201);
    let shown = server.get("/api/session", &[&cookie]);
    assert_eq!(csrf, format!("X-CSRF-Token: {}", shown.body["csrf_token"].as_str().unwrap()));
    assert_eq!(server.ask("DELETE", "/api/session", &[&cookie, &csrf], None).status, 204);
    assert_eq!(server.get("/api/me", &[&cookie]).status, 401);
}

#[test]
fn a_key_at_the_wrong_door_is_told_which_door_is_its_own() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let make = |name: &str, kind: &str| {
        let made = server.post("/api/keys", &[&cookie, &csrf], json!({"name": name, "kind": kind}));
        made.body["key"].as_str().unwrap().to_owned()
    };
    let (api, write) = (make("me", "api"), make("site", "public"));
    let event = json!({"userId": "ada", "event": "Demo Requested"});
    let in_body = |key: &str| json!({"userId": "ada", "event": "Demo Requested", "writeKey": key});
    let bearer = |key: &str| format!("Authorization: Bearer {key}");
    for (headers, body, why) in [
        (vec![], in_body(&api), "this is an API key; /v1 wants a write key"),
        (vec![bearer(&api)], event.clone(), "this is an API key; /v1 wants a write key"),
        (vec![bearer("atr_api_gone")], event.clone(), "this is an API key; /v1 wants a write key"),
        (vec![bearer(&write)], event.clone(), "a write key is missing; it goes as the user of basic"),
        (vec![], in_body("nonsense"), "no such write key; it goes as the user of basic"),
        (vec![], event.clone(), "a write key is missing; it goes as the user of basic"),
    ] {
        let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
        let refused = server.post("/v1/track", &headers, body);
        let said = refused.body["detail"].as_str().unwrap();
        assert!(refused.status == 401 && said.starts_with(why), "{headers:?}: {said}");
    }
    assert_eq!(server.post("/v1/track", &[], in_body(&write)).status, 200);
    let refused = server.get("/api/me", &[&bearer(&write)]);
    assert_eq!(refused.body["detail"], "this is a write key; /api wants an API key");
}

#[test]
fn who_cannot_sign_in_hears_nothing_of_who_can() {
    let server = Server::start();
    owner(&server);
    let wrong = credentials(&server, "ada@example.com", "wrong words of that length");
    let unknown = credentials(&server, "eve@example.com", PASSWORD);
    assert_eq!((wrong.status, &wrong.body), (401, &unknown.body));
    let other_site = ["Sec-Fetch-Site: cross-site"];
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    assert_eq!(server.post("/api/session", &other_site, body).status, 403);
    let tries: Vec<u16> = (0..12).map(|_| credentials(&server, "eve@example.com", "x").status).collect();
    assert!(tries.starts_with(&[401; 7]) && tries.ends_with(&[429; 4]), "{tries:?}");
    assert!(credentials(&server, "eve@example.com", "x").header("retry-after").is_some());
    sign_in(&server, "ada@example.com", PASSWORD);
}

#[test]
fn a_cookie_is_secure_where_the_world_comes_by_https() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start_in(folder, &[("ATTRACTOR_PUBLIC_URL", "https://leads.example.org")]);
    owner(&server);
    let signed = credentials(&server, "ada@example.com", PASSWORD);
    let cookie = signed.header("set-cookie").unwrap();
    assert!(cookie.starts_with("__Host-attractor_session=") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(cookie.contains("; Path=/;") && !cookie.contains("Domain"), "{cookie}");
    let cookie = format!("Cookie: {}", signed.cookie());
    assert_eq!(server.get("/api/me", &[&cookie]).status, 200);
    let planted = cookie.replace("__Host-", "");
    assert_eq!(server.get("/api/me", &[&planted]).status, 401, "a site beside this one could set that name");
}

#[test]
fn keys_open_what_their_role_allows_until_they_are_revoked() {
    let server = Server::start();
    let viewer = server.key(&["reports", "--api"]);
    let owner = server.key(&["everything", "--api", "owner"]);
    let public = server.key(&["web", "--public"]);
    let of = |key: &str| format!("Authorization: Bearer {key}");
    assert!(viewer.starts_with("atr_api_") && public.starts_with("atr_pub_"));
    let me = server.get("/api/me", &[&of(&viewer)]);
    assert_eq!((me.status, &me.body["role"], &me.body["who"]), (200, &json!("viewer"), &json!("key:1")));
    assert_eq!(server.get("/api/keys", &[&of(&viewer)]).status, 403);
    assert_eq!(server.get("/api/keys", &[&of(&public)]).status, 401);
    assert_eq!(server.get("/api/keys", &[]).status, 401);
    let listed = server.get("/api/keys", &[&of(&owner)]);
    assert_eq!(listed.body["keys"].as_array().unwrap().len(), 3);
    assert!(!listed.body.to_string().contains(&owner), "a list shows no key");
    assert_eq!(server.ask("DELETE", "/api/keys/1", &[&of(&owner)], None).status, 204);
    assert_eq!(server.get("/api/me", &[&of(&viewer)]).status, 401);
    assert_eq!(server.ask("DELETE", "/api/keys/1", &[&of(&owner)], None).status, 404);
    let twice = server.post("/api/keys", &[&of(&owner)], json!({"name": "web", "kind": "server"}));
    assert_eq!(twice.status, 409);
}

#[test]
fn a_write_key_sends_from_the_moment_it_is_made_until_it_is_revoked() {
    let server = Server::start();
    let key = server.key(&["shop", "--server"]);
    let basic = format!("Authorization: Basic {}", base64(&format!("{key}:")));
    let message = json!({"userId": "ada", "event": "Demo Requested"});
    assert_eq!(server.post("/v1/track", &[&basic], message.clone()).status, 200);
    assert_eq!(server.command(&["key", "revoke", "shop"], "").code, 0);
    assert_eq!(server.post("/v1/track", &[&basic], message).status, 401);
}

fn base64(text: &str) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for part in text.as_bytes().chunks(3) {
        let bits = (0..3).fold(0_u32, |bits, place| bits << 8 | u32::from(part.get(place).copied().unwrap_or(0)));
        for place in 0..4 {
            let letter = char::from(LETTERS[(bits >> (18 - 6 * place) & 63) as usize]);
            out.push(if place > part.len() { '=' } else { letter });
        }
    }
    out
}

#[test]
fn users_are_invited_changed_and_disabled() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let by_owner = [cookie.as_str(), csrf.as_str()];
    let made = server.post("/api/users", &by_owner, json!({"email": "bob@example.com", "role": "sales"}));
    assert_eq!((made.status, &made.body["has_password"]), (201, &json!(false)));
    let link = made.body["link"].as_str().unwrap().strip_prefix("/setup?token=").unwrap();
    let wrong = server.post("/api/setup", &[], json!({"token": link, "email": "eve@x", "password": PASSWORD}));
    assert_eq!(wrong.status, 422, "the link is bob's, and still good");
    assert_eq!(server.post("/api/setup", &[], json!({"token": link, "password": PASSWORD})).status, 200);
    let (bob, bobs) = sign_in(&server, "bob@example.com", PASSWORD);
    assert_eq!(server.get("/api/users", &[&bob]).status, 403);
    assert_eq!(server.ask("PATCH", "/api/users/2", &[&bob, &bobs], Some(json!({"role": "owner"}))).status, 403);
    let last = server.ask("PATCH", "/api/users/1", &by_owner, Some(json!({"role": "viewer"})));
    assert_eq!(last.status, 409, "{}", last.body);
    assert_eq!(server.ask("PATCH", "/api/users/2", &by_owner, Some(json!({"role": "owner"}))).status, 200);
    assert_eq!(server.get("/api/users", &[&bob]).status, 200, "a role counts at once");
    assert_eq!(server.ask("PATCH", "/api/users/2", &by_owner, Some(json!({"disabled": true}))).status, 200);
    assert_eq!(server.get("/api/users", &[&bob]).status, 401, "so does a user's end");
    assert_eq!(credentials(&server, "bob@example.com", PASSWORD).status, 401);
    let again = server.post("/api/users", &by_owner, json!({"email": "BOB@example.com", "role": "sales"}));
    assert_eq!(again.status, 409);
    assert_eq!(server.post("/api/users/9/link", &by_owner, json!({})).status, 404);
}

#[test]
fn a_post_under_one_idempotency_key_is_done_once() {
    let server = Server::start();
    let owner = format!("Authorization: Bearer {}", server.key(&["o", "--api", "owner"]));
    let under = [owner.as_str(), "Idempotency-Key: one"];
    let wanted = json!({"name": "web", "kind": "public"});
    let first = server.post("/api/keys", &under, wanted.clone());
    let second = server.post("/api/keys", &under, wanted.clone());
    assert_eq!((first.status, second.status, &first.body), (201, 201, &second.body));
    assert_eq!((first.header("idempotency-replayed"), second.header("idempotency-replayed")), (None, Some("true")));
    let other = server.post("/api/keys", &under, json!({"name": "other", "kind": "public"}));
    assert_eq!(other.status, 422);
    assert_eq!(server.get("/api/keys", &[&owner]).body["keys"].as_array().unwrap().len(), 2);
    let anew = server.post("/api/keys", &[&owner, "Idempotency-Key: two"], wanted);
    assert_eq!(anew.status, 409, "under another key it is another request");
    let long = format!("Idempotency-Key: {}", "x".repeat(256));
    assert_eq!(server.post("/api/keys", &[&owner, &long], json!({})).status, 400);
}

#[test]
fn what_is_written_is_in_the_audit() {
    let server = Server::start();
    let owner = format!("Authorization: Bearer {}", server.key(&["o", "--api", "owner"]));
    server.post("/api/keys", &[&owner], json!({"name": "web", "kind": "public"}));
    let page = server.get("/api/audit?limit=1", &[&owner]);
    let entry = &page.body["entries"][0];
    assert_eq!(
        (&entry["who"], &entry["what"], &entry["subject"]),
        (&json!("key:1"), &json!("key added"), &json!("key:2"))
    );
    assert_eq!((&entry["who_name"], &entry["subject_name"]), (&json!("o"), &json!("web")));
    let next = page.body["next"].as_str().unwrap();
    let rest = server.get(&format!("/api/audit?cursor={next}"), &[&owner]);
    assert!(rest.body["entries"][0]["who"].as_str().unwrap().starts_with("command line ("));
    assert_eq!(rest.body["entries"][0]["who_name"], json!(null), "the command line has its name in it");
    assert_eq!(rest.body["next"], json!(null));
    assert_eq!(server.get("/api/audit?cursor=-", &[&owner]).status, 400);
}

#[test]
fn commands_do_without_a_server_what_they_do_through_one() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str], input: &str| command(folder.path(), arguments, input);
    let refused = run(&["key", "add", "web", "--public"], "");
    assert!(refused.code == 2 && refused.err.contains("no store in the folder /"), "{}", refused.err);
    assert!(refused.err.contains("ATTRACTOR_DATA") && std::fs::read_dir(folder.path()).unwrap().next().is_none());
    std::fs::write(folder.path().join("attractor.toml"), "").unwrap();
    let added = run(&["user", "add", "ada@example.com", "--role", "owner"], &format!("{PASSWORD}\n"));
    assert_eq!((added.code, added.out.as_str()), (0, ""), "{}", added.err);
    assert!(added.err.contains("made the user ada@example.com with the role owner\n"), "{}", added.err);
    let short = run(&["user", "passwd", "ada@example.com"], "short\n");
    assert_eq!(short.code, 2);
    assert!(short.err.contains("at least 12 characters"), "{}", short.err);
    assert_eq!(run(&["user", "passwd", "Ada@example.com"], "another few plain words\r\n").code, 0);
    assert_eq!(run(&["user", "passwd", "eve@example.com"], "").code, 2);
    let empty = run(&["user", "add", "dan@example.com", "--role", "owner"], "\n");
    assert!(empty.code == 2 && empty.err.contains("nothing was typed"), "{}", empty.err);
    let link = run(&["user", "add", "bob@example.com", "--link"], "");
    assert!(link.out.starts_with("http://127.0.0.1:8080/setup?token="), "{}", link.out);
    assert_eq!(link.out.lines().count(), 1, "scripts read it");
    assert!(link.err.contains("made the user bob@example.com with the role viewer; the link"), "{}", link.err);
    assert!(link.err.contains("this link leads to http://127.0.0.1:8080,"), "{}", link.err);
    let again = run(&["user", "link", "bob@example.com"], "");
    assert!(again.out.contains("/setup?token=") && again.out != link.out, "{}", again.err);
    for (arguments, expected) in [
        (&["role", "bob@example.com", "sales"][..], ("sales", true)),
        (&["role", "bob@example.com", "--role", "viewer"], ("viewer", true)),
        (&["role", "--role", "sales", "bob@example.com"], ("sales", true)),
        (&["disable", "bob@example.com"], ("sales", false)),
        (&["enable", "Bob@example.com"], ("sales", true)),
    ] {
        assert_eq!(run(&[&["user"], arguments].concat(), "").code, 0);
        let users: serde_json::Value = serde_json::from_str(&run(&["user", "list", "--json"], "").out).unwrap();
        let bob = &users["users"][1];
        assert_eq!((bob["role"].as_str().unwrap(), bob["disabled_at"].is_null()), expected, "{arguments:?}");
    }
    for arguments in [&["bob@example.com"][..], &["bob@example.com", "sales", "--role", "owner"]] {
        let refused = run(&[&["user", "role"], arguments].concat(), "");
        assert!(refused.code == 2 && refused.err.contains("ROLE"), "{arguments:?}: {}", refused.err);
    }
    let unknown = run(&["user", "disable", "eve@example.com"], "");
    assert!(unknown.code == 2 && unknown.err.contains("`attractor user list` shows all"), "{}", unknown.err);
    let invited = run(&["user", "add", "cyd@example.com", "--invite"], "");
    assert!(invited.code == 2 && invited.err.contains("user add cyd@example.com --link"), "{}", invited.err);
    assert!(!run(&["user", "list"], "").out.contains("cyd@example.com"), "a refused invitation leaves no user behind");
    let key = run(&["key", "add", "web", "--public"], "");
    assert!(key.out.starts_with("atr_pub_") && key.out.len() == 8 + 43 + 1, "{}", key.out);
    assert!(run(&["key", "list"], "").out.contains("web"));
    assert_eq!(run(&["key", "revoke", "web"], "").code, 0);
    assert_eq!(run(&["key", "revoke", "web"], "").code, 2);
    let listed = run(&["user", "list", "--json"], "").out;
    let users: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!(users["users"][0]["role"], "owner");
    assert!(!listed.contains("argon2"));
    std::fs::write(folder.path().join("has-owner"), "").unwrap();
    let server = Server::start_in(folder, &[]);
    sign_in(&server, "ada@example.com", "another few plain words");
}

/// Asks with each of its secrets, where they are right and where they are not; returns them, and the CSRF token, which is
/// stored as it is.
fn secrets_in_use(server: &Server) -> (Vec<String>, String) {
    let (cookie, csrf) = owner(server);
    let under = [cookie.as_str(), csrf.as_str(), "Idempotency-Key: one"];
    let made = server.post("/api/keys", &under, json!({"name": "web", "kind": "public"}));
    let write = made.body["key"].as_str().unwrap().to_owned();
    let api = server.key(&["me", "--api", "owner"]);
    let bearer = format!("Authorization: Bearer {api}");
    let hook = server.post("/api/hooks", &[&bearer], json!({"name": "web", "mapping": {"email": "$.email"}}));
    let token = hook.body["secret"].as_str().unwrap_or_else(|| panic!("{}", hook.text)).to_owned();
    let path = format!("{}?token={token}", hook.body["path"].as_str().unwrap());
    assert_eq!(server.post(&path, &[], json!({"email": "ada@example.com"})).status, 200);
    assert_eq!(server.post("/v1/track", &[], json!({"userId": "u", "event": "E", "writeKey": write})).status, 200);
    let wrong = json!({"userId": "u", "event": "E", "writeKey": api});
    assert_eq!(server.post("/v1/track", &[&bearer], wrong).status, 401);
    assert_eq!(server.get("/api/me", &[&format!("Authorization: Bearer {write}")]).status, 401);
    assert_eq!(credentials(server, "eve@example.com", PASSWORD).status, 401);
    let misread = json!({"email": "eve@example.com", "password": [PASSWORD]});
    assert_ne!(server.post("/api/session", &[], misread).status, 200);
    let session = cookie.rsplit_once('=').unwrap().1.to_owned();
    (vec![write, api, token, session, PASSWORD.to_owned()], csrf.rsplit_once(' ').unwrap().1.to_owned())
}

#[test]
fn nothing_that_is_stored_logged_or_counted_gives_a_secret_away() {
    let server = Server::start_in(tempfile::tempdir().unwrap(), &[("ATTRACTOR_LOG_LEVEL", "debug")]);
    let (secrets, csrf) = secrets_in_use(&server);
    let figures = server.get("/metrics", &[]).text;
    assert!(figures.contains("attractor_password_hashes_total"), "{figures}");
    let (folder, log) = server.end_with_log();
    assert!(log.contains("DEBUG") && log.contains("/api/keys"), "{log}");
    assert!(!log.contains(&csrf) && !figures.contains(&csrf), "the log or /metrics holds a CSRF token");
    let files = std::fs::read_dir(folder.path()).unwrap().flatten().filter(|file| file.path().is_file());
    let mut places: Vec<(String, Vec<u8>)> =
        files.map(|file| (file.path().display().to_string(), std::fs::read(file.path()).unwrap())).collect();
    places.push(("the log".to_owned(), log.into_bytes()));
    places.push(("/metrics".to_owned(), figures.into_bytes()));
    for (place, bytes) in &places {
        for secret in &secrets {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{place} holds a secret");
        }
    }
}

#[test]
fn a_key_is_made_with_a_rate_of_its_own() {
    let server = Server::start();
    let key = server.key(&["shop", "--server", "--rate", "1"]);
    server.key(&["other", "--server"]);
    let listed = server.command(&["key", "list", "--json"], "").out;
    let keys: serde_json::Value = serde_json::from_str(&listed).unwrap();
    assert_eq!((&keys["keys"][0]["rate"], &keys["keys"][1]["rate"]), (&json!(1), &json!(null)), "{listed}");
    let send = || {
        let message = json!({"writeKey": key, "userId": "u", "event": "Demo Requested"});
        server.post("/v1/track", &[], message).status
    };
    assert_eq!((send(), send()), (200, 429));
    for (arguments, why) in [
        (["key", "add", "x", "--server", "--rate", "0"], "at least 1"),
        (["key", "add", "y", "--api", "--rate", "5"], "only write keys"),
    ] {
        let refused = server.command(&arguments, "");
        assert!(refused.code == 2 && refused.err.contains(why), "{}", refused.err);
    }
}

#[test]
fn a_key_takes_the_place_of_the_one_with_its_name() {
    let server = Server::start();
    let opens = |key: &str| server.get("/api/keys", &[&format!("Authorization: Bearer {key}")]).status == 200;
    let first = server.key(&["me", "--api", "owner", "--replace"]);
    let refused = server.command(&["key", "add", "me", "--api", "owner"], "");
    assert!(refused.code == 2 && refused.err.contains("--replace"), "{}", refused.err);
    assert!(opens(&first));
    let second = server.key(&["me", "--api", "owner", "--replace"]);
    assert_eq!((opens(&first), opens(&second)), (false, true));
    let owner = format!("Authorization: Bearer {second}");
    let audit = server.get("/api/audit?limit=2", &[&owner]).body;
    let noted = |place: usize| (audit["entries"][place]["what"].clone(), audit["entries"][place]["subject"].clone());
    assert_eq!(noted(0), (json!("key added"), json!("key:2")));
    assert_eq!(noted(1), (json!("key revoked"), json!("key:1")));
    let third = server.post("/api/keys", &[&owner], json!({"name": "me", "kind": "public", "replace": true}));
    assert_eq!((third.status, opens(&second)), (201, false), "{}", third.body);
}

/// An open stream, behind its first line.
fn looks_on(server: &Server, header: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    // Only so that a stream which does not end fails the test, before it is asked again by time alone.
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    write!(stream, "GET /api/stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n{header}\r\n\r\n").unwrap();
    let mut lines = BufReader::new(stream);
    let mut line = String::new();
    while line.trim_end() != ": hello" {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "it was not let in");
    }
    lines
}

#[test]
fn a_stream_ends_with_the_right_to_it() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let made = server.post("/api/users", &[&cookie, &csrf], json!({"email": "bob@example.com", "role": "viewer"}));
    assert_eq!(made.status, 201, "{}", made.body);
    let (id, password) = (made.body["id"].clone(), json!({"password": "other plain words here"}));
    let path = format!("/api/users/{id}");
    let set = || server.ask("PUT", &format!("{path}/password"), &[&cookie, &csrf], Some(password.clone())).status;
    assert_eq!(set(), 204);
    let sign_in = || sign_in(&server, "bob@example.com", "other plain words here");
    let (key, other) = (server.key(&["a", "--api"]), server.key(&["b", "--api"]));
    let stays = [looks_on(&server, &format!("Authorization: Bearer {other}")), looks_on(&server, &cookie)];
    let ends = |mut stream: BufReader<TcpStream>, by: &str| {
        let mut rest = String::new();
        stream.read_to_string(&mut rest).unwrap_or_else(|error| panic!("{by}: {error}"));
        assert!(!rest.contains("data"), "{by}: {rest}");
    };
    let stream = looks_on(&server, &format!("Authorization: Bearer {key}"));
    assert_eq!(server.command(&["key", "revoke", "a"], "").code, 0);
    ends(stream, "the key is revoked");
    let (bob, meant) = sign_in();
    let stream = looks_on(&server, &bob);
    assert_eq!(server.ask("DELETE", "/api/session", &[&bob, &meant], None).status, 204);
    ends(stream, "the session is ended");
    let stream = looks_on(&server, &sign_in().0);
    assert_eq!(set(), 204);
    ends(stream, "the password is another");
    let stream = looks_on(&server, &sign_in().0);
    let changed = server.ask("PATCH", &path, &[&cookie, &csrf], Some(json!({"disabled": true})));
    assert_eq!(changed.status, 200, "{}", changed.body);
    ends(stream, "the user is disabled");
    for mut stream in stays {
        stream.get_mut().set_read_timeout(Some(Duration::from_millis(1))).unwrap();
        let kind = stream.read_to_string(&mut String::new()).unwrap_err().kind();
        assert!(matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut), "the others go on: {kind}");
    }
}
