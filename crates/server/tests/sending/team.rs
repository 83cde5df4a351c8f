//! Mails to the team: alerts, forwarded replies, notices, invitations and links that set a password.

use attractor_store::lane;
use axum::http::Method;
use serde_json::{Value, json};

use super::calls::User;
use super::inbound::{DOMAIN, Relay, header, letter};
use super::running::{Answer, Place, Server};
use super::sink::Sink;
use super::smtp::{borrowed, settings};
use super::world::{again, command, get, identify, person, send, start, tell, until, until_at};

const OWNER: &str = "ok-owner@acme.test";
const SALES: &str = "ok-sales@acme.test";

fn begin(place: &Place, sink: &Sink) -> Server {
    let mut settings = settings(sink);
    settings.extend([
        ("BOUNCE_DOMAIN", DOMAIN.to_owned()),
        ("INBOUND", "127.0.0.1:0".to_owned()),
        ("ALERT_LISTS", "desk: ok-desk@acme.test ok-other@acme.test".to_owned()),
    ]);
    start(place, &borrowed(&settings))
}

fn add_user(place: &Place, email: &str, role: &str) -> Value {
    let wanted = json!({"email": email, "role": role, "name": "", "password": "a few plain words here"});
    send(place, Method::POST, "/api/users", &wanted).unwrap()
}

/// The letters, the newest first, when they are so.
fn letters(place: &Place, is_so: impl Fn(&[Value]) -> bool) -> Vec<Value> {
    let page = until_at(place, "/api/letters?limit=500", |page| is_so(page["items"].as_array().unwrap()));
    page["items"].as_array().unwrap().clone()
}

/// The letter of a kind to somebody, once it has left or failed.
fn one(place: &Place, kind: &str, to: &str) -> Value {
    let is_it =
        |one: &Value| one["kind"] == kind && one["to"] == to && one["state"] != "waiting" && one["state"] != "claimed";
    letters(place, |all| all.iter().any(is_it)).into_iter().find(is_it).unwrap()
}

/// Adds an owner, who is told of what happens to the installation.
pub fn add_owner(place: &Place) {
    add_user(place, OWNER, "owner");
}

/// The notices with a subject that the owner has got, once there is one and all have left.
pub fn told_the_owner(place: &Place, subject: &str) -> Vec<Value> {
    let of = |all: &[Value]| -> Vec<Value> {
        all.iter().filter(|one| one["subject"] == subject && one["to"] == OWNER).cloned().collect()
    };
    let is_sent = |all: &[Value]| !of(all).is_empty() && of(all).iter().all(|one| one["state"] == "sent");
    of(&letters(place, is_sent))
}

fn post(server: &Server, path: &str, body: &Value) -> Answer {
    server.ask("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
}

#[test]
fn alerts_go_to_their_list_and_replies_to_the_owner_or_the_sender() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        add_user(place, SALES, "sales");
        let mut people = person("ok-1", json!({"owner": SALES, "phone": "+44 20 7946 0018"}));
        people.extend(person("ok-2", json!({"owner": "ok-stranger@evil.test"})));
        tell(&server, &people);
        until(place, "sent", |copies| copies.iter().filter(|copy| copy["state"] == "sent").count() == 2);
        tell(&server, &[identify("ok-1", json!({"calls": true}))]);
        for address in ["ok-desk@acme.test", "ok-other@acme.test"] {
            assert_eq!(one(place, "alert", address)["state"], "sent");
        }
        let mail = sink.mails("ok-desk@acme.test").pop().unwrap();
        assert_eq!(header(&mail, "Subject"), "ok-1: Call this lead");
        assert!(mail.contains("Phone: +44 20 7946 0018") && mail.contains("asked") && mail.contains("cold"), "{mail}");
        assert_eq!(header(&mail, "Auto-Submitted"), "auto-generated");
        assert!(
            mail.contains("ok-1@people.test") && !mail.contains("\nList-Unsubscribe:") && !mail.contains("<img"),
            "{mail}"
        );

        let mut relay = Relay::connect(place);
        relay.ask("EHLO mx.test");
        for (user, owner) in [("ok-1", SALES), ("ok-2", "news@acme.test")] {
            let path = sink.senders(&format!("{user}@people.test")).pop().unwrap();
            let words = "Please call me.\n\n> what you wrote\n";
            relay.deliver(&format!("{user}@people.test"), &path, &letter(user, "", words));
            relay.deliver(&format!("{user}@people.test"), &path, &letter(user, "", words));
            relay.deliver("", &path, &letter(user, "Auto-Submitted: auto-replied\n", "I am away."));
            assert_eq!(one(place, "reply", owner)["state"], "sent");
            let mails = sink.mails(owner);
            assert_eq!(mails.len(), 1, "twice the same is once, and machines are not forwarded: {mails:#?}");
            assert_eq!(header(&mails[0], "Reply-To").trim_matches(['<', '>']), format!("{user}@people.test"));
            assert_eq!(header(&mails[0], "Auto-Submitted"), "auto-generated");
            assert!(mails[0].contains("Please call me.") && !mails[0].contains("what you wrote"), "{}", mails[0]);
        }
        // What is known of a person goes with the person.
        send(place, Method::DELETE, "/api/leads/ok-1", &Value::Null).unwrap();
        let left = letters(place, |_| true);
        assert!(left.iter().all(|letter| letter["to"] != SALES && letter["kind"] != "alert"), "{left:#?}");
        server.stop();
    });
}

#[test]
fn an_alert_is_posted_to_the_webhooks_that_name_alerts() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        let fields = json!({"Score": "score.lead", "Stage": "stage.life", "Owner": "owner"});
        let add_about = |kinds: Value, subjects: Value| {
            let url = "https://crm.example/hook";
            let wanted = json!({"url": url, "kinds": kinds, "subjects": subjects, "fields": fields});
            send(place, Method::POST, "/api/webhooks", &wanted).unwrap()["id"].clone()
        };
        let add = |kinds: Value| add_about(kinds, json!([]));
        let (own, other) =
            (add_about(json!(["alert"]), json!(["calling"])), add_about(json!(["alert"]), json!(["asking"])));
        let (alerts, both, calls, all) =
            (add(json!(["alert"])), add(json!(["call", "alert"])), add(json!(["call"])), add(json!([])));
        tell(&server, &person("ok-1", json!({"phone": "+44 20 7946 0018"})));
        tell(&server, &[identify("ok-1", json!({"calls": true}))]);
        one(place, "alert", "ok-desk@acme.test");
        let posted = |webhook: &Value| {
            let log = get(place, &format!("/api/webhooks/{webhook}/deliveries?limit=500"));
            log["items"].as_array().unwrap().clone()
        };
        let kinds = |webhook: &Value| {
            let all = posted(webhook).into_iter().filter(|one| one["kind"] == "alert.raised");
            (all.count(), posted(webhook).len())
        };
        assert_eq!((kinds(&alerts), kinds(&both), kinds(&calls)), ((1, 1), (1, 1), (0, 0)), "the list opens no call");
        assert_eq!(kinds(&all).0, 0, "the empty list is moves alone");
        assert_eq!((kinds(&own), kinds(&other)), ((1, 1), (0, 0)), "an alert goes by its sequence");
        let body = posted(&alerts)[0]["body"].clone();
        assert_eq!(body["type"], "alert.raised");
        let data = &body["data"];
        let said = json!([data["to"], data["say"], data["sequence"], data["step"]]);
        assert_eq!(said, json!(["desk", "Call this lead", "calling", "tell"]));
        assert!(data["at"].as_str().unwrap().starts_with("20"), "{body:#}");
        let lead = &data["lead"];
        let known = json!([lead["name"], lead["email"], lead["phone"], lead["scores"], lead["stages"]]);
        let expected = json!(["ok-1", "ok-1@people.test", "+44 20 7946 0018", {"lead": 5.0}, {"life": "cold"}]);
        assert_eq!(known, expected);
        assert_eq!(data["fields"], json!({"Score": 5.0, "Stage": "cold", "Owner": null}));
        // Of whom it tells, it goes with.
        send(place, Method::DELETE, "/api/leads/ok-1", &Value::Null).unwrap();
        assert!(posted(&alerts).is_empty());
        server.stop();
    });
}

#[test]
fn an_alert_that_reaches_nobody_is_seen() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    // Neither a list nor a user.
    let server = start(&place, &borrowed(&settings(&sink)));
    tell(&server, &person("ok-1", json!({"calls": true})));
    let lost = one(&place, "alert", "desk");
    assert_eq!((&lost["state"], &lost["subject"]), (&json!("failed"), &json!("ok-1: Call this lead")));
    assert!(lost["reason"].as_str().unwrap().contains("reaches nobody"), "{lost}");
    assert_eq!(get(&place, "/api/status")["lost_alerts"], 1);
    server.stop();
}

#[test]
fn owners_are_told_of_changes_also_while_sending_is_paused() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    add_user(&place, OWNER, "owner");
    send(&place, Method::POST, "/api/sending/pause", &json!({"why": "we look into it"})).unwrap();
    let key = send(&place, Method::POST, "/api/keys", &json!({"name": "the site", "kind": "public"})).unwrap();
    send(&place, Method::DELETE, &format!("/api/keys/{}", key["id"]), &Value::Null).unwrap();
    let user = add_user(&place, "nobody-1@acme.test", "sales");
    let has = |subject: &'static str| move |one: &Value| one["subject"] == subject && one["state"] == "sent";
    letters(&place, |all| all.iter().any(has("A new key: the site")));
    letters(&place, |all| all.iter().any(has("A key was revoked: the site")));
    letters(&place, |all| all.iter().any(has("A new user: nobody-1@acme.test")));
    let path = format!("/api/users/{}/password", user["id"]);
    send(&place, Method::PUT, &path, &json!({"password": "other plain words here"})).unwrap();
    let failed = one(&place, "notice", "nobody-1@acme.test");
    assert_eq!((&failed["state"], &failed["subject"]), (&json!("failed"), &json!("Your password was changed")));
    assert!(
        failed["reason"].as_str().unwrap().starts_with("550 5.1.1"),
        "what cannot be delivered is visible: {failed}"
    );
    let credentials = json!({"email": OWNER, "password": "a wrong one"});
    while post(&server, "/api/session", &credentials).status != 429 {}
    assert_eq!(post(&server, "/api/session", &credentials).status, 429);
    assert_eq!(one(&place, "lockout", OWNER)["state"], "sent");
    let lockouts = letters(&place, |_| true).into_iter().filter(|one| one["kind"] == "lockout");
    assert_eq!(lockouts.count(), 1, "once a day");
    server.stop();
}

#[test]
fn owners_are_told_of_keys_that_go_with_their_user_or_make_room_for_others() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    add_user(&place, OWNER, "owner");
    let wanted = json!({"name": "the site", "kind": "public", "replace": true});
    for _ in 0..2 {
        send(&place, Method::POST, "/api/keys", &wanted).unwrap();
    }
    let count = |all: &[Value], subject: &str| all.iter().filter(|one| one["subject"] == subject).count();
    letters(&place, |all| count(all, "A new key: the site") == 2 && count(all, "A key was revoked: the site") == 1);
    let other = add_user(&place, "ok-other@acme.test", "owner");
    let own = json!({"name": "reports", "kind": "api", "role": "owner"});
    let made = User::sign_in(&server, "ok-other@acme.test").ask("POST", "/api/keys", own);
    assert_eq!(made.status, 201, "{made:?}");
    send(&place, Method::PATCH, &format!("/api/users/{}", other["id"]), &json!({"role": "viewer"})).unwrap();
    letters(&place, |all| count(all, "A key was revoked: reports") == 1);
    server.stop();
}

#[test]
fn owners_are_told_when_the_login_at_the_mail_server_is_another() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let mut server = begin(&place, &sink);
    add_user(&place, OWNER, "owner");
    let told = |all: &[Value]| all.iter().filter(|one| one["subject"] == "E-mails leave with another login").count();
    for (login, expected) in [("", 0), ("ada:hunter2@", 1), ("ada:hunter2@", 1), ("ada:hunter3@", 2)] {
        server.stop();
        let mut settings = settings(&sink);
        settings.push(("SMTP", sink.url().replace("://", &format!("://{login}"))));
        server = again(&place, &borrowed(&settings));
        assert_eq!(told(&letters(&place, |all| told(all) >= expected)), expected, "{login}");
    }
    server.stop();
    let stored = lane::state(&mut place.store(), "transport").unwrap().unwrap();
    assert!(stored.contains("to the mail server") && !stored.contains("hunter"), "{stored}");
}

/// The token in the last mail to somebody.
fn token(sink: &Sink, to: &str) -> String {
    let mail = sink.mails(to).pop().unwrap().replace("=\r\n", "").replace("=3D", "=");
    let (_, rest) = mail.split_once("/setup?token=").unwrap();
    rest.chars().take_while(char::is_ascii_alphanumeric).collect()
}

#[test]
fn links_that_set_a_password_come_by_mail_alone_and_work_once() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    add_user(&place, OWNER, "owner");
    let made =
        send(&place, Method::POST, "/api/users", &json!({"email": "ok-new@acme.test", "role": "sales"})).unwrap();
    let mailed = send(&place, Method::POST, &format!("/api/users/{}/invite", made["id"]), &Value::Null).unwrap();
    assert!(mailed["to"] == "ok-new@acme.test" && mailed["expires_at"].is_string(), "{mailed}");
    assert_eq!(one(&place, "invitation", "ok-new@acme.test")["state"], "sent");
    let invited = token(&sink, "ok-new@acme.test");
    // A stranger asks for a link to the same account: the invitation goes on working, and ends the other link.
    assert_eq!(post(&server, "/api/password-links", &json!({"email": "ok-new@acme.test"})).status, 202);
    assert_eq!(one(&place, "password_link", "ok-new@acme.test")["state"], "sent");
    let by_stranger = token(&sink, "ok-new@acme.test");
    assert_ne!(by_stranger, invited);
    let old = made["link"].as_str().unwrap().rsplit('=').next().unwrap();
    let set_up =
        |token: &str| post(&server, "/api/setup", &json!({"token": token, "password": "yet other plain words"})).status;
    assert_eq!(set_up(old), 401, "an older link works no more");
    assert_eq!((set_up(&invited), set_up(&invited), set_up(&by_stranger)), (200, 401, 401));

    let asked = ["ok-owner@ACME.test", "ok-stranger@acme.test", "no address"];
    let answers = asked.map(|email| post(&server, "/api/password-links", &json!({"email": email})));
    for answer in &answers {
        assert_eq!((answer.status, &answer.body), (202, &answers[0].body), "nobody learns who has an account");
    }
    assert_eq!(one(&place, "password_link", OWNER)["state"], "sent");
    let asked_for = token(&sink, OWNER);
    for answer in [get(&place, "/api/letters"), get(&place, "/api/audit")] {
        let text = answer.to_string();
        assert!(!text.contains(&asked_for) && !text.contains(&invited), "{text}");
    }
    assert_eq!((set_up(&asked_for), set_up(&asked_for)), (200, 401));
    let by_command = command(&place, &["user", "add", "ok-cyd@acme.test", "--role", "sales", "--invite"]);
    assert!(by_command.code == 0 && by_command.out.is_empty(), "{}", by_command.err);
    assert!(by_command.err.contains("the invitation goes to ok-cyd@acme.test; its link sets"), "{}", by_command.err);
    let many = (0..60).map(|_| post(&server, "/api/password-links", &json!({"email": OWNER})).status);
    assert!(many.collect::<Vec<_>>().contains(&429), "there is a limit");
    let links = letters(&place, |all| all.iter().all(|one| one["state"] == "sent"));
    assert!(links.iter().filter(|one| one["kind"] == "password_link" && one["to"] == OWNER).count() <= 5, "{links:#?}");
    server.stop();
}

/// Whoever may see caught mails must not find a link to somebody else's account among them.
#[test]
fn links_that_set_a_password_are_not_caught() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    let owner = add_user(&place, OWNER, "owner");
    let refused = send(&place, Method::POST, &format!("/api/users/{}/invite", owner["id"]), &Value::Null).unwrap_err();
    assert!(refused.contains("no mail server is set"), "{refused}");
    assert_eq!(post(&server, "/api/password-links", &json!({"email": OWNER})).status, 202);
    let notice = one(&place, "notice", OWNER);
    assert_eq!((&notice["state"], &notice["reason"]), (&json!("sent"), &Value::Null));
    let why = notice["why"].as_str().unwrap_or_default();
    assert!(why.starts_with("It was caught on 20") && why.ends_with(", so nobody got it."), "{notice}");
    let caught = get(&place, "/api/caught");
    assert!(!caught["items"].as_array().unwrap().is_empty(), "other mails to the team are caught");
    assert!(letters(&place, |_| true).iter().all(|letter| letter["kind"] != "password_link"));
    server.stop();
}
