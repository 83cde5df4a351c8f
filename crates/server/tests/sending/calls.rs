//! Calls that sales is to make: from an alert to an owner, a due time and an outcome, on both databases.

mod by_hand;
mod put_off;

use attractor_engine::time::{Duration, Instant};
use attractor_server::clock;
use attractor_store::{CallId, calls, lane};
use axum::http::Method;
use serde_json::{Value, json};

use super::inbound::header;
use super::running::{Answer, Place, Server};
use super::sink::Sink;
use super::smtp::settings;
use super::world::{again, command, event, get, identify, refused, send, tell, until_at};

const PLAYBOOK: &str = r#"
playbook: desk
topics: [{id: shirts, name: Shirts}]
scores:
  - id: lead
    name: Engagement
    rules:
      - {id: form, event: Form Submitted, points: 10}
      - {id: bad, event: Call Logged, where: {outcome: bad_fit}, points: -5}
ladders: [{id: life, score: lead, stages: [{id: cold, name: Cold}, {id: hot, name: Hot, from: 8}]}]
segments:
  - {id: reached, name: Reached, enter: {event: Call Logged, where: {outcome: reached}}}
  - {id: wanted, name: Wanted, enter: {attribute: wanted, exists: true}}
sequences:
  - {id: hot, name: Hot leads, enroll: {stage: life, is: hot}, steps: [{id: tell, alert: {to: sales, say: Turned hot}}]}
  - {id: demo, name: Demos, enroll: {event: Demo Requested}, steps: [{id: tell, alert: {to: owner, say: Asked for a demo}}]}
  - {id: other, name: Others, enroll: {event: Trial Started}, steps: [{id: tell, alert: {to: desk, say: Just so}}]}
"#;

const OWNER: &str = "ok-owner@acme.test";
const ADA: &str = "ok-ada@acme.test";
const BOB: &str = "ok-bob@acme.test";
const DESK: &str = "ok-desk@acme.test";
const PASSWORD: &str = "a few plain words here";

/// The settings of a team that works at all times, in which German leads are Ada's.
fn desk(sink: &Sink) -> Vec<(&'static str, String)> {
    let mut settings = settings(sink);
    settings.extend([
        ("ALERT_LISTS", format!("escalation: {DESK}")),
        ("WORKING_HOURS", "mon-sun 0:00-24:00".to_owned()),
        ("WORKING_ZONE", "UTC".to_owned()),
        ("CALL_OWNERS", format!("country=DE: {ADA}")),
    ]);
    settings
}

fn borrowed<'s>(settings: &'s [(&'static str, String)]) -> Vec<(&'static str, &'s str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// A server with an owner and two people in sales.
fn begin(place: &Place, sink: &Sink) -> Server {
    place.write("playbook/playbook.yaml", PLAYBOOK);
    place.with_keys(None);
    let server = again(place, &borrowed(&desk(sink)));
    let folder = place.path().join("playbook").display().to_string();
    let applied = command(place, &["apply", &folder, "--yes", "--force"]);
    assert_eq!(applied.code, 0, "{}", applied.err);
    for (email, name, role) in [(OWNER, "Olga", "owner"), (ADA, "Ada", "sales"), (BOB, "Bob", "sales")] {
        let user = json!({"email": email, "role": role, "name": name, "password": PASSWORD});
        send(place, Method::POST, "/api/users", &user).unwrap();
    }
    server
}

/// A lead of whom much is known, before it has done anything.
fn known(user: &str, traits: Value) -> Value {
    let mut all = json!({
        "email": format!("{user}@people.test"), "first_name": "Karin", "last_name": "Price", "phone": "+49 30 1234",
        "job_title": "Managing Director", "company.name": "Weller Bearings"
    });
    all.as_object_mut().unwrap().extend(traits.as_object().unwrap().clone());
    identify(user, all)
}

fn items(page: &Value) -> &Vec<Value> {
    page["items"].as_array().unwrap()
}

/// The open calls, once there are so many.
fn open(place: &Place, count: usize) -> Vec<Value> {
    let page = until_at(place, "/api/calls", |page| items(page).len() == count);
    items(&page).clone()
}

fn of<'c>(calls: &'c [Value], user: &str) -> &'c Value {
    calls.iter().find(|call| call["lead"]["name"] == user).unwrap()
}

fn reasons(call: &Value) -> Vec<&str> {
    call["reasons"].as_array().unwrap().iter().map(|reason| reason["say"].as_str().unwrap()).collect()
}

fn act(place: &Place, call: &Value, what: &str, body: Value) -> Result<Value, String> {
    send(place, Method::POST, &format!("/api/calls/{}/{what}", call["id"].as_str().unwrap()), &body)
}

/// Opens a call by hand.
fn by_hand(place: &Place, lead: &str, owner: &str) -> Value {
    send(place, Method::POST, "/api/calls", &json!({"lead": lead, "note": "Met at the fair", "owner": owner})).unwrap()
}

/// Letters of a kind that have left: to whom, and about what.
fn letters(place: &Place, kind: &str, count: usize) -> Vec<(String, String)> {
    let is_it = |letter: &&Value| letter["kind"] == kind && letter["state"] == "sent";
    let page = until_at(place, "/api/letters?limit=500", |page| items(page).iter().filter(is_it).count() == count);
    let text = |letter: &Value, name: &str| letter[name].as_str().unwrap().to_owned();
    let mut found: Vec<_> =
        items(&page).iter().filter(is_it).map(|letter| (text(letter, "to"), text(letter, "subject"))).collect();
    found.sort();
    found
}

/// Somebody who has signed in.
pub struct User<'s> {
    server: &'s Server,
    cookie: String,
    csrf: String,
}

impl User<'_> {
    pub fn sign_in<'s>(server: &'s Server, email: &str) -> User<'s> {
        let body = json!({"email": email, "password": PASSWORD}).to_string();
        let answer = server.ask("POST", "/api/session", &[("content-type", "application/json")], body.as_bytes());
        assert!(answer.status < 300, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        User { server, cookie, csrf: answer.json()["csrf_token"].as_str().unwrap().to_owned() }
    }

    pub fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let headers =
            [("cookie", self.cookie.as_str()), ("x-csrf-token", &self.csrf), ("content-type", "application/json")];
        let body = if method == "GET" { String::new() } else { body.to_string() };
        self.server.ask(method, path, &headers, body.as_bytes())
    }
}

#[test]
fn alerts_open_calls_that_are_owned_by_rule_or_in_turn() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        tell(&server, &[known("c-1", json!({"country": "DE"})), event("c-1", "Form Submitted", json!({}))]);
        let first = open(place, 1).remove(0);
        assert_eq!(
            (&first["state"], &first["owner"], &first["owner_name"]),
            (&json!("open"), &json!(ADA), &json!("Ada"))
        );
        assert_eq!((reasons(&first), &first["reasons"][0]["sequence_name"]), (vec!["Turned hot"], &json!("Hot leads")));
        assert_eq!((&first["late"], &first["log"]), (&json!(false), &json!([])));
        let lead = &first["lead"];
        assert_eq!((&lead["display_name"], &lead["phone"]), (&json!("Karin Price"), &json!("+49 30 1234")));
        assert_eq!((&lead["job_title"], &lead["company"]), (&json!("Managing Director"), &json!("Weller Bearings")));
        assert_eq!((&lead["stage_names"]["life"], &lead["scores"]["lead"]), (&json!("Hot"), &json!(10.0)));
        assert_eq!((&lead["zone"], &lead["score_names"]["lead"]), (&json!("Europe/Berlin"), &json!("Engagement")));
        let at = |name: &str| Instant::parse(first[name].as_str().unwrap()).unwrap();
        assert_eq!(at("due_at").0 - at("opened_at").0, 4 * Duration::HOUR.0);
        assert_eq!(get(place, "/api/leads/c-1")["owner"], ADA, "the profile agrees");

        // Of the two in sales, Bob has fewer calls; somebody's lead stays with that user.
        tell(&server, &[known("c-2", json!({})), event("c-2", "Form Submitted", json!({}))]);
        tell(&server, &[known("c-3", json!({"owner": OWNER})), event("c-3", "Form Submitted", json!({}))]);
        let calls = open(place, 3);
        assert_eq!((&of(&calls, "c-2")["owner"], &of(&calls, "c-3")["owner"]), (&json!(BOB), &json!(OWNER)));
        // An alert to somebody else opens none; another one to sales or the owner adds its reason.
        tell(&server, &[event("c-2", "Trial Started", json!({})), event("c-1", "Demo Requested", json!({}))]);
        until_at(place, "/api/calls", |page| reasons(of(items(page), "c-1")) == ["Turned hot", "Asked for a demo"]);
        open(place, 3);

        letters(place, "alert", 8);
        let mails = sink.mails(ADA);
        let demo = mails.iter().find(|mail| header(mail, "Subject").contains("Asked for a demo")).unwrap();
        let plain = demo.replace("=\r\n", "").replace("=3D", "=");
        assert!(plain.contains(&format!("Call: {ADA}, by 20")), "{plain}");
        let link = format!("https://leads.acme.test/api/leads/id:{}", lead["id"].as_str().unwrap());
        assert!(plain.contains(&link), "{plain}");
        assert!(sink.mails(BOB).iter().all(|mail| !header(mail, "Subject").contains("Asked for a demo")));
        server.stop();
    });
}

/// The calls of leads that have turned hot.
fn called(place: &Place, server: &Server, users: &[&str]) -> Vec<Value> {
    for user in users {
        tell(server, &[known(user, json!({})), event(user, "Form Submitted", json!({}))]);
    }
    open(place, users.len())
}

fn path(calls: &[Value], user: &str, what: &str) -> String {
    format!("/api/calls/{}{what}", of(calls, user)["id"].as_str().unwrap())
}

#[test]
fn a_call_is_taken_once_and_by_users_alone() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        let calls = called(place, &server, &["c-1", "c-2"]);
        let path = |user: &str, what: &str| path(&calls, user, what);
        let (ada, bob) = (User::sign_in(&server, ADA), User::sign_in(&server, BOB));
        let taken = bob.ask("POST", &path("c-1", "/take"), json!(null));
        assert_eq!((taken.status, &taken.json()["state"], &taken.json()["owner"]), (200, &json!("taken"), &json!(BOB)));
        assert_eq!(get(place, "/api/leads/c-1")["owner"], BOB);
        assert_eq!(bob.ask("POST", &path("c-1", "/take"), json!(null)).status, 200, "again is the same");
        let late = ada.ask("POST", &path("c-1", "/take"), json!(null));
        assert!(late.status == 409 && late.body.contains("has taken this call"), "{late:?}");
        assert!(act(place, of(&calls, "c-2"), "take", json!(null)).unwrap_err().contains("a key cannot take a call"));
        let mine = bob.ask("GET", "/api/calls?mine=true", json!(null)).json();
        assert!(items(&mine).iter().all(|call| call["owner"] == BOB), "{mine:#}");
        assert!(refused(place, "/api/calls?mine=true").contains("a key owns no calls"));
        assert_eq!(items(&get(place, "/api/calls?state=taken")).len(), 1);
        assert_eq!(bob.ask("GET", "/api/letters", json!(null)).status, 403, "sales does not see everything");
        let to_bob = json!({"to": " OK-bob@acme.test "});
        let given = act(place, of(&calls, "c-1"), "give", to_bob).unwrap();
        assert_eq!((&given["owner"], &given["state"]), (&json!(BOB), &json!("open")));
        assert!(
            act(place, of(&calls, "c-1"), "give", json!({"to": "x@acme.test"})).unwrap_err().contains("no user with")
        );
        until_at(place, "/api/letters", |page| {
            items(page)
                .iter()
                .any(|letter| letter["subject"].as_str().unwrap().starts_with("A call for you: Karin Price"))
        });

        server.stop();
    });
}

#[test]
fn what_is_logged_moves_the_lead_and_a_bad_fit_goes_back_to_the_rules() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        let calls = called(place, &server, &["c-1", "c-2"]);
        let path = |user: &str, what: &str| path(&calls, user, what);
        let (ada, bob) = (User::sign_in(&server, ADA), User::sign_in(&server, BOB));
        let elsewhere = || send(place, Method::POST, "/api/leads/c-1/call", &json!({"outcome": "reached"}));
        let (told, log) = (elsewhere().unwrap_err(), path("c-1", "/log"));
        assert!(told.contains("this lead has an open call ("), "{told}");
        assert!(told.contains(&format!("log it with POST {log}")), "it would be called again: {told}");
        let reached = bob.ask("POST", &path("c-1", "/log"), json!({"outcome": "reached", "note": " Wants an offer "}));
        assert_eq!((reached.status, &reached.json()["state"]), (200, &json!("done")), "{reached:?}");
        assert_eq!(reached.json()["log"][0]["note"], "Wants an offer");
        elsewhere().unwrap();
        let lead = get(place, "/api/leads/c-1");
        assert!(lead["segments"].to_string().contains("reached"), "{lead:#}");
        assert_eq!(
            (&lead["notes"][0]["kind"], &lead["notes"][0]["outcome"]),
            (&json!("Call Logged"), &json!("reached"))
        );
        send(place, Method::POST, "/api/leads/c-2/pin", &json!({"segment": "wanted"})).unwrap();
        send(place, Method::POST, "/api/leads/c-2/stage", &json!({"ladder": "life", "stage": "hot"})).unwrap();
        let bad = ada.ask("POST", &path("c-2", "/log"), json!({"outcome": "bad_fit", "note": "A student"}));
        assert_eq!((bad.status, &bad.json()["state"]), (200, &json!("done")), "{bad:?}");
        let lead = get(place, "/api/leads/c-2");
        assert_eq!(lead["stages"]["life"]["stage"], "cold", "its score is 5, and nobody's hand holds it: {lead:#}");
        assert_eq!(lead["segments"], json!([]), "{lead:#}");
        let ended = ada.ask("POST", &path("c-2", "/log"), json!({"outcome": "reached"}));
        assert!(ended.status == 409 && ended.body.contains("has ended"), "{ended:?}");
        let done = get(place, "/api/calls?state=done");
        assert_eq!(items(&done).iter().map(|call| &call["outcome"]).collect::<Vec<_>>(), ["bad_fit", "reached"]);
        let figures = get(place, "/api/calls/figures");
        let logged = json!({"reached": 1, "meeting": 0, "not_now": 0, "bad_fit": 1, "no_answer": 0});
        assert_eq!((&figures["logged"], &figures["bad_fits"][0]["why"]), (&logged, &json!("A student")));
        assert!(refused(place, "/api/calls/99").contains("there is no call 99"));
        server.stop();
    });
}

/// Lets a call have been due long ago, and starts the server again.
fn overdue(place: &Place, server: Server, call: &Value, sink: &Sink) -> Server {
    server.stop();
    let id: CallId = call["id"].as_str().unwrap().parse().unwrap();
    let mut store = place.store();
    let stored = calls::one(&mut store, id).unwrap().unwrap();
    calls::save(&mut store, &calls::Call { due_at: 1_000, ..stored }).unwrap();
    drop(store);
    again(place, &borrowed(&desk(sink)))
}

#[test]
fn a_call_that_nobody_takes_escalates_once() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        tell(&server, &[known("c-1", json!({})), known("c-2", json!({}))]);
        let (call, other) = (by_hand(place, "c-1", ADA), by_hand(place, "c-2", BOB));
        assert_eq!((&call["reasons"][0]["say"], &call["owner"]), (&json!("Met at the fair"), &json!(ADA)));
        let mapped =
            json!({"Lead Score": "score.lead", "Stage": "stage.life", "Owner": "owner", "City": "attribute.city"});
        let webhook = json!({"url": "https://crm.example/hook", "kinds": ["call"], "fields": mapped});
        let wrong = json!({"url": "https://crm.example/hook", "fields": {"x": "score.leed"}});
        assert!(send(place, Method::POST, "/api/webhooks", &wrong).unwrap_err().contains("did you mean `lead`?"));
        let webhook = send(place, Method::POST, "/api/webhooks", &webhook).unwrap();
        let server = overdue(place, server, &call, &sink);
        let path = format!("/api/calls/{}", call["id"].as_str().unwrap());
        let late = until_at(place, &path, |call| !call["escalated_at"].is_null());
        assert_eq!((&late["late"], &late["log"][0]["action"]), (&json!(true), &json!("escalated")));
        let subject =
            "Not called in time: Karin Price, Managing Director at Weller Bearings, c-1@people.test".to_owned();
        let expected = [(DESK.to_owned(), subject.clone()), (OWNER.to_owned(), subject)];
        assert_eq!(letters(place, "escalation", 2), expected);
        assert!(sink.mails(OWNER).iter().any(|mail| mail.contains("has this call and has not taken it in time")));
        let ranked = open(place, 2);
        assert_eq!(ranked[0]["id"], call["id"], "late calls come first");
        assert_eq!(get(place, "/api/calls/figures")["late"], 1);
        let log = get(place, &format!("/api/webhooks/{}/deliveries", webhook["id"]));
        let kinds: Vec<&Value> = items(&log).iter().map(|delivery| &delivery["kind"]).collect();
        assert_eq!(kinds, ["call.escalated"], "{log:#}");
        let fields = json!({"Lead Score": 0.0, "Stage": "cold", "Owner": ADA, "City": null});
        assert_eq!(items(&log)[0]["body"]["data"]["fields"], fields);

        // Once: neither a start nor somebody who is asked again lets it escalate anew.
        act(place, &call, "log", json!({"outcome": "no_answer"})).unwrap();
        let server = overdue(place, server, &call, &sink);
        let server = overdue(place, server, &other, &sink);
        assert_eq!(letters(place, "escalation", 4).len(), 4, "the other one");
        server.stop();
    });
}

#[test]
fn everybody_gets_their_calls_when_a_working_day_begins() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        tell(&server, &[known("c-1", json!({})), known("c-2", json!({})), known("c-3", json!({}))]);
        let calls = [by_hand(place, "c-1", ADA), by_hand(place, "c-2", ADA), by_hand(place, "c-3", BOB)];
        let until = Instant(clock::now().0 + 3 * Duration::DAY.0).to_string();
        act(place, &calls[2], "snooze", json!({"until": until})).unwrap();
        server.stop();
        let settings = in_the_morning(place, &sink);
        let server = again(place, &borrowed(&settings));
        assert_eq!(letters(place, "call_list", 1), [(ADA.to_owned(), "2 calls today".to_owned())]);
        let mail = sink.mails(ADA).into_iter().find(|mail| header(mail, "Subject") == "2 calls today").unwrap();
        assert!(
            mail.contains("1. Karin Price") && mail.contains("2. Karin Price") && mail.contains("Phone: +49"),
            "{mail}"
        );
        server.stop();
        let server = again(place, &borrowed(&settings));
        by_hand(place, "c-2", ADA);
        assert_eq!(letters(place, "call_list", 1).len(), 1, "once a day");
        server.stop();
    });
}

/// Lets the lists have been mailed an hour before this one, in which a working day begins.
fn in_the_morning(place: &Place, sink: &Sink) -> Vec<(&'static str, String)> {
    let hour = clock::now().0.div_euclid(Duration::HOUR.0);
    lane::set_state(&mut place.store(), "calls listed", &((hour - 1) * Duration::HOUR.0).to_string()).unwrap();
    let mut settings = desk(sink);
    settings.push(("WORKING_HOURS", format!("mon-sun {}:00-24:00", hour.rem_euclid(24))));
    settings
}

#[test]
fn two_active_roles_of_a_company_are_worth_a_call() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        for (user, department) in [("karin", "finance"), ("jo", "operations"), ("eve", "finance")] {
            let traits =
                json!({"email": format!("{user}@weller-bearings.de"), "department": department, "first_name": user});
            tell(&server, &[identify(user, traits)]);
        }
        for user in ["karin", "eve"] {
            tell(&server, &[event(user, "Webinar Attended", json!({}))]);
        }
        tell(&server, &[known("c-1", json!({}))]);
        by_hand(place, "c-1", BOB);
        server.stop();
        let settings = in_the_morning(place, &sink);
        let server = again(place, &borrowed(&settings));
        letters(place, "call_list", 1);
        let other = open(place, 1).remove(0);
        assert_eq!(other["owner"], BOB, "two people in one role are not worth a call");
        tell(&server, &[event("jo", "Webinar Attended", json!({}))]);
        server.stop();
        in_the_morning(place, &sink);
        let server = again(place, &borrowed(&settings));
        let is_of_company = |call: &&Value| call["lead"]["name"] != "c-1";
        let call = open(place, 2).iter().find(is_of_company).unwrap().clone();
        let say = reasons(&call)[0].to_owned();
        assert!(
            say.starts_with("Several roles at ") && say.contains("(finance)") && say.contains("jo (operations)"),
            "{say}"
        );
        letters(place, "call_list", 3);
        server.stop();
        in_the_morning(place, &sink);
        let server = again(place, &borrowed(&settings));
        // To Bob three times, and to Ada, who has fewer calls and got this one, twice.
        letters(place, "call_list", 5);
        let calls = open(place, 2);
        assert_eq!(calls.iter().find(is_of_company).unwrap()["reasons"], call["reasons"], "once in 30 days");
        let company = get(place, "/api/companies/weller-bearings.de");
        let roles = company["roles"].as_array().unwrap();
        let counts: Vec<(&str, &Value)> =
            roles.iter().map(|role| (role["department"].as_str().unwrap(), &role["people"])).collect();
        assert_eq!(counts, [("finance", &json!(2)), ("operations", &json!(1))], "{company:#}");
        server.stop();
    });
}

#[test]
fn a_call_goes_with_its_lead() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        let visit = json!({"type": "identify", "anonymousId": "v-1", "traits": {"phone": "1"}});
        tell(&server, &[visit, known("c-1", json!({}))]);
        let (first, _) = (by_hand(place, "visitor:v-1", ADA), by_hand(place, "c-1", BOB));
        tell(&server, &[json!({"type": "identify", "userId": "c-1", "anonymousId": "v-1", "traits": {}})]);
        let person = get(place, "/api/leads/c-1")["id"].clone();
        until_at(place, "/api/calls", |page| items(page).iter().all(|call| call["lead"]["id"] == person));
        // Another reason is one of the first call; whatever changes calls lets the two become one.
        let again = send(place, Method::POST, "/api/calls", &json!({"lead": "c-1", "note": "Called us"})).unwrap();
        assert_eq!(again["id"], first["id"]);
        let one = open(place, 1).remove(0);
        assert_eq!((&one["id"], reasons(&one)), (&first["id"], vec!["Met at the fair", "Called us"]));
        let export = get(place, "/api/leads/c-1/export");
        assert_eq!(export["calls"][0]["reasons"], json!(["Met at the fair", "Called us"]));
        send(place, Method::DELETE, "/api/leads/c-1", &Value::Null).unwrap();
        assert_eq!(open(place, 0), Vec::<Value>::new());
        let gone = refused(place, &format!("/api/calls/{}", first["id"].as_str().unwrap()));
        assert!(gone.contains("there is no call"), "{gone}");
        server.stop();
    });
}

#[test]
fn settings_of_calls_that_are_not_right_are_named() {
    let place = Place::sqlite();
    for (name, value, words) in [
        ("WORKING_HOURS", "9-17", "`working_hours`: `9-17` is not days and hours"),
        ("WORKING_ZONE", "Berlin", "`Berlin` in `working_zone` is not a time zone"),
        ("HOLIDAYS", "25.12.", "`holidays`: `25.12.` is not a holiday"),
        ("CALL_OWNERS", "DE: ada@acme.test", "`DE: ada@acme.test` in `call_owners` is not a rule"),
        ("CALL_HOURS", "0", "`call_hours` must be at least 1"),
    ] {
        let ran = place.command().env(format!("ATTRACTOR_{name}"), value).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert!(!ran.status.success() && said.contains(words), "{said}");
    }
}
