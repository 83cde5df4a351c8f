//! Signing in: what strangers may try, what it costs, what users do with their own passwords and sessions.

use serde_json::{Value, json};

use super::server::Server;
use super::{PASSWORD, credentials, owner, sign_in};

const HASHES: &str = "attractor_password_hashes_total";

/// How many passwords the server hashes while `work` goes on.
fn hashes(server: &Server, work: impl FnOnce()) -> f64 {
    let before = server.figure(HASHES);
    work();
    server.figure(HASHES) - before
}

fn set_up(server: &Server, token: &str) -> u16 {
    let wanted = json!({"token": token, "email": "eve@example.com", "password": PASSWORD});
    server.post("/api/setup", &[], wanted).status
}

fn user(server: &Server, owner: &[&str], email: &str, role: &str) -> Value {
    let made = server.post("/api/users", owner, json!({"email": email, "role": role, "password": PASSWORD}));
    assert_eq!(made.status, 201, "{}", made.body);
    made.body["id"].clone()
}

/// The entries of the audit with this title.
fn audited(server: &Server, owner: &[&str], what: &str) -> Vec<Value> {
    let page = server.get("/api/audit?limit=1000", owner);
    let entries = page.body["entries"].as_array().unwrap();
    entries.iter().filter(|entry| entry["what"] == what).cloned().collect()
}

/// Hashing 1,170 passwords for nobody took all of a core while a user signed in.
#[test]
fn a_stranger_without_a_link_makes_the_server_hash_nothing() {
    let server = Server::start();
    let hashed = hashes(&server, || {
        let tries: Vec<u16> = (0..50).map(|_| set_up(&server, "wrong")).collect();
        assert!(tries.starts_with(&[401; 40]) && tries.ends_with(&[429; 10]), "{tries:?}");
    });
    assert_eq!(hashed, 0.0);
}

#[test]
fn nobody_learns_from_the_work_whether_there_is_an_account() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let by_owner = [cookie.as_str(), csrf.as_str()];
    let disabled = user(&server, &by_owner, "bob@example.com", "sales");
    let changed = server.ask("PATCH", &format!("/api/users/{disabled}"), &by_owner, Some(json!({"disabled": true})));
    assert_eq!(changed.status, 200);
    server.post("/api/users", &by_owner, json!({"email": "cy@example.com", "role": "sales"}));
    for email in ["ada@example.com", "bob@example.com", "cy@example.com", "nobody@example.com"] {
        let hashed = hashes(&server, || {
            let refused = credentials(&server, email, "not the right words");
            assert_eq!(refused.body["detail"], "the e-mail address or the password is wrong", "{email}");
        });
        assert_eq!(hashed, 1.0, "{email}");
    }
}

#[test]
fn who_tried_too_often_makes_the_server_hash_nothing() {
    let server = Server::start();
    let try_once = || credentials(&server, "eve@example.com", "x").status;
    let tries: Vec<u16> = (0..8).map(|_| try_once()).collect();
    assert_eq!(tries, [401; 8]);
    assert_eq!(hashes(&server, || assert_eq!(try_once(), 429)), 0.0);
}

/// 300 addresses of 4 MB took 2.7 GB for a quarter of an hour.
#[test]
fn a_long_address_is_refused_before_anything_is_done_with_it() {
    let server = Server::start();
    let hashed = hashes(&server, || {
        let long = format!("{}@example.com", "a".repeat(300));
        let refused = credentials(&server, &long, PASSWORD);
        assert_eq!((refused.status, &refused.body["errors"][0]["pointer"]), (422, &json!("/email")));
        let huge = credentials(&server, &"a".repeat(20_000), PASSWORD);
        assert_eq!(huge.status, 413, "{}", huge.body);
    });
    assert_eq!(hashed, 0.0);
}

#[test]
fn users_change_their_own_password_and_are_asked_for_the_old_one() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let by_owner = [cookie.as_str(), csrf.as_str()];
    user(&server, &by_owner, "bob@example.com", "viewer");
    let (here, meant) = sign_in(&server, "bob@example.com", PASSWORD);
    let (elsewhere, _) = sign_in(&server, "bob@example.com", PASSWORD);
    let change = |old: &str, new: &str| {
        let body = json!({"old": old, "password": new});
        server.ask("PUT", "/api/me/password", &[&here, &meant], Some(body))
    };
    let wrong = change("not the old one", "another few plain words");
    assert_eq!((wrong.status, &wrong.body["errors"][0]["pointer"]), (422, &json!("/old")));
    let weak = change(PASSWORD, "passwordpassword");
    assert_eq!((weak.status, &weak.body["errors"][0]["pointer"]), (422, &json!("/password")));
    assert_eq!(change(PASSWORD, "another few plain words").status, 204);
    assert_eq!(server.get("/api/me", &[&here]).status, 200, "this session goes on");
    assert_eq!(server.get("/api/me", &[&elsewhere]).status, 401, "others end");
    assert_eq!(credentials(&server, "bob@example.com", PASSWORD).status, 401);
    sign_in(&server, "bob@example.com", "another few plain words");
    assert_eq!(audited(&server, &by_owner, "password changed")[0]["who"], "user:2");
    for (method, path) in [("PUT", "/api/users/1/password"), ("POST", "/api/users/1/link")] {
        let own = server.ask(method, path, &by_owner, Some(json!({"password": "another few plain words"})));
        assert_eq!(own.status, 409, "an owner's own password is changed there as well: {}", own.body);
    }
    assert_eq!(server.post("/api/users/2/link", &by_owner, json!({})).status, 201, "others' are reset");
}

#[test]
fn guesses_of_the_old_password_are_limited() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let guess = || {
        let body = json!({"old": "a guess", "password": "another few plain words"});
        server.ask("PUT", "/api/me/password", &[&cookie, &csrf], Some(body)).status
    };
    let tries: Vec<u16> = (0..10).map(|_| guess()).collect();
    assert!(tries.starts_with(&[422; 7]) && tries.ends_with(&[429; 2]), "{tries:?}");
}

#[test]
fn users_see_their_sessions_and_end_one_or_all_others() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let here = [cookie.as_str(), csrf.as_str()];
    let others: Vec<String> = (0..3).map(|_| sign_in(&server, "ada@example.com", PASSWORD).0).collect();
    let listed = |headers: &[&str]| server.get("/api/sessions", headers).body["sessions"].as_array().unwrap().clone();
    let all = listed(&here);
    assert_eq!(all.iter().filter(|session| session["current"] == true).count(), 1);
    assert_eq!(all.len(), 4, "{all:?}");
    let token = cookie.rsplit_once('=').unwrap().1;
    assert!(all.iter().all(|session| !token.contains(session["id"].as_str().unwrap())), "an id opens nothing");
    let theirs = listed(&[&others[0]]).into_iter().find(|session| session["current"] == true).unwrap();
    let path = format!("/api/sessions/{}", theirs["id"].as_str().unwrap());
    assert_eq!(server.ask("DELETE", &path, &here, None).status, 204);
    assert_eq!(server.ask("DELETE", &path, &here, None).status, 404);
    assert_eq!(server.get("/api/me", &[&others[0]]).status, 401);
    user(&server, &here, "bob@example.com", "viewer");
    let (bob, meant) = sign_in(&server, "bob@example.com", PASSWORD);
    let mine = format!("/api/sessions/{}", listed(&here)[0]["id"].as_str().unwrap());
    assert_eq!(server.ask("DELETE", &mine, &[&bob, &meant], None).status, 404, "nobody ends another's");
    let ended = server.ask("DELETE", "/api/sessions", &here, None);
    assert_eq!((ended.status, &ended.body["ended"]), (200, &json!(2)));
    assert_eq!(server.get("/api/me", &[&others[2]]).status, 401);
    assert_eq!((server.get("/api/me", &here).status, server.get("/api/me", &[&bob]).status), (200, 200));
}

#[test]
fn a_session_ends_as_the_settings_say() {
    let server = Server::start();
    owner(&server);
    let set = credentials(&server, "ada@example.com", PASSWORD).header("set-cookie").unwrap().to_owned();
    assert!(set.contains("; Max-Age=2592000;"), "thirty days at most: {set}");
    let (cookie, _) = sign_in(&server, "ada@example.com", PASSWORD);
    let session = server.get("/api/sessions", &[&cookie]).body["sessions"][0].clone();
    let ends = |session: &Value, name: &str| session[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert_eq!(ends(&session, "ends_at").as_second() - ends(&session, "made_at").as_second(), 12 * 3_600);
}

#[test]
fn a_cookie_that_somebody_planted_is_never_adopted() {
    let server = Server::start();
    owner(&server);
    let planted = "Cookie: attractor_session=planted-by-somebody-else";
    let body = json!({"email": "ada@example.com", "password": PASSWORD});
    let signed = server.post("/api/session", &[planted], body);
    assert!(signed.status == 200 && !signed.cookie().contains("planted"), "{}", signed.head);
    assert_eq!(server.get("/api/me", &[planted]).status, 401);
}

#[test]
fn keys_go_with_the_user_who_made_them() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let by_owner = [cookie.as_str(), csrf.as_str()];
    let id = user(&server, &by_owner, "bob@example.com", "owner");
    let (bob, meant) = sign_in(&server, "bob@example.com", PASSWORD);
    let key = |name: &str, kind: &str, role: Value| {
        let made = server.post("/api/keys", &[&bob, &meant], json!({"name": name, "kind": kind, "role": role}));
        assert_eq!(made.status, 201, "{}", made.body);
        format!("Authorization: Bearer {}", made.body["key"].as_str().unwrap())
    };
    let keys = [key("reads", "api", json!("viewer")), key("owns", "api", json!("owner"))];
    key("site", "public", Value::Null);
    let change = |change: Value| server.ask("PATCH", &format!("/api/users/{id}"), &by_owner, Some(change));
    let may = || keys.each_ref().map(|key| server.get("/api/me", &[key]).status);
    assert_eq!(may(), [200, 200]);
    assert_eq!(change(json!({"role": "marketer"})).body["revoked_keys"], json!(["owns"]));
    assert_eq!(may(), [200, 401], "no key may do more than its maker");
    let disabled = change(json!({"disabled": true}));
    assert_eq!(disabled.body["revoked_keys"], json!(["reads"]));
    assert_eq!(disabled.body["sending_keys"], json!(["site"]), "they are the site's, and are named");
    assert_eq!(may(), [401, 401]);
}

#[test]
fn failures_refusals_and_exports_are_in_the_audit_without_what_was_typed() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let by_owner = [cookie.as_str(), csrf.as_str()];
    user(&server, &by_owner, "bob@example.com", "viewer");
    let (bob, _) = sign_in(&server, "bob@example.com", PASSWORD);
    for _ in 0..3 {
        credentials(&server, "ada@example.com", "typed by mistake");
    }
    credentials(&server, "unknown@example.com", "typed by mistake");
    for _ in 0..5 {
        assert_eq!(server.get("/api/keys", &[&bob]).status, 403);
    }
    assert_eq!(server.get("/api/export/leads", &by_owner).status, 200);
    assert_eq!(server.status("GET", "/api/backup", &by_owner, ""), 200);
    // What nobody waits for is written when the lane has its turn: a change that is waited for comes behind it.
    server.key(&["behind", "--public"]);
    let find = |what: &str| {
        let found = audited(&server, &by_owner, what);
        let lines = found.iter().map(|entry| format!("{} {}", entry["who"], entry["subject"]).replace('"', ""));
        lines.collect::<Vec<_>>()
    };
    assert_eq!(find("sign-in failed"), ["stranger user:1"], "once an hour, and without an account never");
    assert_eq!(find("refused"), ["user:2 api"], "once an hour");
    assert_eq!(find("exported"), ["user:1 export:leads"]);
    assert_eq!(find("backed up"), ["user:1 store"]);
    let all = server.get("/api/audit?limit=1000", &by_owner).text;
    for text in ["typed", "unknown@", PASSWORD, "ada@example.com"] {
        assert!(!all.contains(text), "{text}: {all}");
    }
}

#[test]
fn a_user_signs_in_by_each_spelling_of_one_address_and_by_no_other_address() {
    let server = Server::start();
    let (cookie, csrf) = owner(&server);
    let by_owner = [cookie.as_str(), csrf.as_str()];
    user(&server, &by_owner, "Kay@Bücher.example", "sales");
    let again = json!({"email": "kay@xn--bcher-kva.example", "role": "sales", "password": PASSWORD});
    assert_eq!(server.post("/api/users", &by_owner, again).status, 409);
    for (email, status) in
        [("kay@bücher.example", 200), (" KAY@XN--bcher-kva.example", 200), ("\u{212a}ay@bücher.example", 401)]
    {
        assert_eq!(credentials(&server, email, PASSWORD).status, status, "{email}");
    }
}
