//! What came back and names its copy by an id alone, or cannot be used at all: replies that end a sequence, complaints
//! without a recipient, damaged files.

use axum::http::Method;
use serde_json::{Value, json};

use super::inbound::{COMPLAINT, DOMAIN, PEOPLE, REPORT, Relay, begin, events, header, letter, written_to};
use super::running::{Place, Server};
use super::sink::Sink;
use super::smtp::{borrowed, settings};
use super::world::{again, command, get, person, playbook, send, start, tell, until, until_at};

fn id_of(sink: &Sink, user: &str) -> String {
    header(&sink.mails(&format!("{user}@people.test"))[0], "Message-ID")
}

/// A complaint that returns nothing of the mail but these headers.
fn complaint(headers: &str) -> String {
    let copy = format!("--b\nContent-Type: text/rfc822-headers\n\n{headers}\n\n--b--");
    COMPLAINT.replace("--b--", &copy)
}

fn unmatched(place: &Place) -> Vec<Value> {
    get(place, "/api/inbound/unmatched")["items"].as_array().unwrap().clone()
}

#[test]
fn a_complaint_and_an_automatic_answer_are_found_by_an_id_that_we_signed() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        written_to(place, &sink, &server);
        let (angry, away) = (id_of(&sink, PEOPLE[3]), id_of(&sink, PEOPLE[1]));
        let (mut relay, abuse) = (Relay::connect(place), format!("abuse@{DOMAIN}"));
        relay.ask("EHLO mx.test");
        let tampered = angry.replacen(&angry[30..31], if &angry[30..31] == "a" { "b" } else { "a" }, 1);
        let feedback = header(&sink.mails(&format!("{}@people.test", PEOPLE[3]))[0], "Feedback-ID");
        for (headers, why) in [
            (format!("Message-ID: {tampered}"), "not signed"),
            ("Message-ID: <414@acme.test>".to_owned(), "not signed"),
            (format!("Feedback-ID: {feedback}"), "names no e-mail"),
        ] {
            relay.deliver("", &abuse, &complaint(&headers));
            let listed = unmatched(place);
            assert!(listed[0]["why"].as_str().unwrap().contains(why), "{headers}: {listed:#?}");
            assert_eq!((&listed[0]["kinds"], &listed[0]["by"]), (&json!(["Email Marked as Spam"]), &json!("mail")));
            assert_eq!(listed[0]["from_domain"], "provider.test");
        }
        assert!(PEOPLE.iter().all(|user| events(place, user, "Email Marked as Spam").is_empty()));
        relay.deliver("", &abuse, &complaint(&format!("Message-ID: {angry}")));
        relay.deliver(
            "",
            &abuse,
            &COMPLAINT.replace("Version: 1", &format!("Version: 1\nOriginal-Message-ID: {angry}")),
        );
        let auto = format!("In-Reply-To: {away}\nAuto-Submitted: auto-replied\n");
        relay.deliver("", &abuse, &letter("assistant", &auto, "I am away."));
        assert_eq!(events(place, PEOPLE[3], "Email Marked as Spam").len(), 1);
        assert_eq!(events(place, PEOPLE[1], "Email Auto-Replied").len(), 1);
        assert_eq!(get(place, "/api/inbound/unmatched")["total"], 3);
        let before = unmatched(place);
        server.stop();
        let server = again(place, &[]);
        assert_eq!(unmatched(place), before, "the list outlives the server");
        server.stop();
    });
}

/// Everybody in a conversation knows the id, so it ends nothing and stops nothing by itself.
#[test]
fn an_id_alone_makes_nobody_say_anything_and_no_address_fail() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    written_to(&place, &sink, &server);
    let (id, postmaster) = (id_of(&sink, PEOPLE[2]), format!("postmaster@{DOMAIN}"));
    let mut relay = Relay::connect(&place);
    relay.ask("EHLO mx.test");
    let answers = format!("In-Reply-To: {id}\n");
    let returned = format!("--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {id}\n\n--b--");
    for (mail, kind) in [
        (letter("friend", &answers, "unsubscribe"), "Unsubscribed"),
        (letter("friend", &answers, "Please call me."), "Email Replied"),
        (REPORT.replace("--b--", &returned), "Email Bounced"),
    ] {
        relay.deliver("friend@people.test", &postmaster, &mail);
        assert!(events(&place, PEOPLE[2], kind).is_empty(), "{kind}");
        let listed = unmatched(&place);
        assert_eq!(listed[0]["kinds"], json!([kind]));
        assert!(listed[0]["why"].as_str().unwrap().contains("by its Message-ID alone"), "{listed:#?}");
        assert_eq!(listed[0]["message_ids"], json!([id.trim_matches(['<', '>'])]));
    }
    let exported = get(&place, &format!("/api/leads/{}/export", PEOPLE[2]));
    let oldest_first: Vec<Value> = unmatched(&place).into_iter().rev().collect();
    assert_eq!(exported["unmatched"], Value::from(oldest_first), "{exported:#}");
    // After an erasure nothing is left that an id could name, nor what named the person.
    send(&place, Method::DELETE, &format!("/api/leads/{}", PEOPLE[2]), &Value::Null).unwrap();
    assert_eq!(get(&place, "/api/inbound/unmatched"), json!({"items": [], "total": 0}));
    relay.deliver("", &postmaster, &complaint(&format!("Message-ID: {id}")));
    assert!(unmatched(&place)[0]["why"].as_str().unwrap().contains("erased"), "{:#?}", unmatched(&place));
    server.stop();
}

#[test]
fn a_reply_ends_the_sequence_and_reaches_a_person_and_an_absence_only_delays() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        let while_silent = playbook().replace(
            "    enroll: {segment: asked}\n",
            "    enroll: {segment: asked}\n    while: {not: {event: Email Replied, within: 30d}}\n",
        );
        place.write("playbook/playbook.yaml", &while_silent);
        let folder = place.path().join("playbook").display().to_string();
        let applied = command(place, &["apply", &folder, "--yes", "--force"]);
        assert_eq!(applied.code, 0, "{}", applied.err);
        let (replies, is_away) = ("ok-replies", "ok-is-away");
        tell(&server, &[person(replies, json!({})), person(is_away, json!({}))].concat());
        let of = |copies: &[Value], user: &str, email: &str| {
            copies.iter().find(|copy| copy["lead_name"] == user && copy["email"] == email).cloned().unwrap_or_default()
        };
        let waits = |copies: &[Value], user: &str| of(copies, user, "more")["state"] == "waiting";
        until(place, "both wait for the second e-mail", |copies| waits(copies, replies) && waits(copies, is_away));
        let path = |user: &str| sink.senders(&format!("{user}@people.test")).pop().unwrap();
        let mut relay = Relay::connect(place);
        relay.ask("EHLO mx.test");
        relay.deliver(&format!("{replies}@people.test"), &path(replies), &letter(replies, "", "Please call me."));
        relay.deliver("", &path(is_away), &letter(is_away, "Auto-Submitted: auto-replied\n", "I am away."));
        let copies = until(place, "withdrawn", |copies| of(copies, replies, "more")["state"] == "withdrawn");
        assert!(waits(&copies, is_away), "{copies:#?}");
        let enrollment = |user: &str| {
            let lead = get(place, &format!("/api/leads/{user}"));
            let all = lead["sequences"].as_array().unwrap().clone();
            all.into_iter().find(|one| one["sequence"] == "welcoming").unwrap()["enrollment"].clone()
        };
        assert!(enrollment(replies).is_null() && !enrollment(is_away).is_null());
        until_at(place, "/api/letters", |page| {
            page["items"].as_array().unwrap().iter().any(|one| one["kind"] == "reply" && one["state"] == "sent")
        });
        let forwarded = sink.mails("news@acme.test");
        assert!(forwarded.len() == 1 && forwarded[0].contains("Please call me."), "{forwarded:#?}");
        let answers = format!("In-Reply-To: {}\n", header(&forwarded[0], "Message-ID"));
        relay.deliver(
            "news@acme.test",
            &format!("postmaster@{DOMAIN}"),
            &letter("colleague", &answers, "Please call me."),
        );
        let listed = unmatched(place);
        assert!(listed[0]["why"].as_str().unwrap().contains("a mail from this server to the team"), "{listed:#?}");
        server.stop();
    });
}

/// A server that takes mails from a folder.
fn with_folder(place: &Place, sink: &Sink) -> Server {
    let mut settings = settings(sink);
    settings.extend([("BOUNCE_DOMAIN", DOMAIN.to_owned()), ("INBOUND_FOLDER", "came-back".to_owned())]);
    start(place, &borrowed(&settings))
}

/// Puts a file into the folder, whole.
fn put(place: &Place, name: &str, content: &str) {
    place.write(&format!("came-back/.{name}"), content);
    let folder = place.path().join("came-back");
    std::fs::rename(folder.join(format!(".{name}")), folder.join(name)).unwrap();
}

/// The names of the files in a folder of it.
fn names(place: &Place, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(place.path().join("came-back").join(folder)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn files_that_cannot_be_read_are_listed_taken_once_more_and_deleted() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = with_folder(place, &sink);
        let (paths, _) = written_to(place, &sink, &server);
        put(place, "cut.eml", " \n");
        put(place, "empty.eml", "");
        let listed = until_at(place, "/api/inbound/failed", |page| page["items"].as_array().unwrap().len() == 2);
        let item =
            |name: &str| listed["items"].as_array().unwrap().iter().find(|one| one["name"] == name).cloned().unwrap();
        let (cut, empty) = (item("cut.eml"), item("empty.eml"));
        assert_eq!((&cut["why"], &cut["size"]), (&json!("it is empty"), &json!(2)), "{listed:#}");
        assert!(cut["at"].as_str().unwrap().starts_with("20"), "{listed:#}");
        let first = get(place, "/api/inbound/failed?limit=1");
        let next = get(place, &format!("/api/inbound/failed?limit=1&cursor={}", first["next"].as_str().unwrap()));
        assert_ne!(first["items"][0]["id"], next["items"][0]["id"], "page by page");
        assert_eq!(next["next"], Value::Null);

        let of = |item: &Value| format!("/api/inbound/failed/{}", item["id"].as_str().unwrap());
        // Somebody has mended one.
        let mail = format!("X-Original-To: {}\n{}", paths[3], COMPLAINT);
        place.write("came-back/failed/cut.eml", &mail);
        send(place, Method::POST, &format!("{}/retry", of(&cut)), &Value::Null).unwrap();
        let marked = |events: &Value| events.to_string().contains("Email Marked as Spam");
        until_at(place, &format!("/api/leads/{}/events", PEOPLE[3]), marked);
        send(place, Method::DELETE, &of(&empty), &Value::Null).unwrap();
        assert_eq!(get(place, "/api/inbound/failed")["items"], json!([]));
        assert!(names(place, "failed").is_empty(), "the reasons go with their files");
        for (method, path) in [
            (Method::DELETE, of(&empty)),
            (Method::POST, format!("{}/retry", of(&empty))),
            (Method::DELETE, "/api/inbound/failed/..%2Fdone".to_owned()),
        ] {
            let refused = send(place, method, &path, &Value::Null).unwrap_err();
            assert!(refused.contains("GET /api/inbound/failed lists them"), "{path}: {refused}");
        }
        let audit = get(place, "/api/audit")["entries"].to_string();
        assert!(audit.contains("inbound file taken once more") && audit.contains("inbound file deleted"), "{audit}");
        server.stop();
    });
}

#[test]
fn files_that_were_put_aside_are_exported_and_go_with_the_person_whom_they_are_about() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = with_folder(place, &sink);
        let (paths, _) = written_to(place, &sink, &server);
        let auto = letter("assistant", "Auto-Submitted: auto-replied\n", "Nobody is here.");
        for (name, content) in [
            ("1.eml", format!("X-Original-To: {}\n{auto}", paths[2])),
            ("2.eml", letter(PEOPLE[2], "", "Who are you?")),
            ("3.eml", REPORT.replace("moved@", &format!("{}@", PEOPLE[2]))),
            ("4.eml", format!("X-Original-To: {}\n{auto}", paths[1])),
            ("5.eml", letter("stranger", "", "Buy my pills.")),
        ] {
            put(place, name, &content);
        }
        let last = place.path().join("came-back/done/5.eml");
        until_at(place, "/api/sending", |_| last.exists());
        place.write("came-back/failed/6.eml", &letter(PEOPLE[2], "", "Nobody could read this."));
        place.write("came-back/failed/7.eml", &letter("stranger", "", "Nor this."));
        let exported = get(place, &format!("/api/leads/{}/export", PEOPLE[2]));
        let aside = exported["put_aside"].as_array().unwrap();
        let mut files: Vec<&str> = aside.iter().map(|mail| mail["file"].as_str().unwrap()).collect();
        files.sort_unstable();
        assert_eq!(files, ["done/1.eml", "done/2.eml", "done/3.eml", "failed/6.eml"], "what an erasure deletes");
        let unread = aside.iter().find(|mail| mail["file"] == "failed/6.eml").unwrap();
        assert!(unread["raw"].as_str().unwrap().contains("Nobody could read this."), "{unread:#}");
        send(place, Method::DELETE, &format!("/api/leads/{}", PEOPLE[2]), &Value::Null).unwrap();
        assert_eq!(names(place, "done"), ["4.eml", "5.eml"]);
        assert_eq!(names(place, "failed"), ["7.eml"]);
        server.stop();
    });
}
