//! Confirmations that are disturbed: by strangers, by leads that become one, by a store that fails.

use std::io::{Read, Write};
use std::net::TcpStream;

use axum::http::Method;
use serde_json::{Value, json};

use super::forms::{begin, events, form, letter, link, make, marketer, submit, upload};
use super::running::{PUBLIC_KEY, Place, Server};
use super::world::{again, get, identify, send, tell, until, until_at};

const ADA: &str = "ada@people.test";

/// A form that asks Ada to confirm it; the link of the confirmation.
fn asked(place: &Place, server: &Server) -> String {
    make(place, "demo", &form(None));
    assert_eq!(submit(server, "/f/demo", "email=ada%40people.test&name=Ada&_consent=0").status, 200);
    link(&letter(place, ADA, 1))
}

#[test]
fn a_confirmation_that_could_not_be_stored_grants_nothing_and_pressing_again_grants_to_one_lead() {
    let place = Place::sqlite();
    let server = begin(&place);
    let link = asked(&place, &server);
    let broken = "CREATE TRIGGER broken BEFORE UPDATE OF confirmed_at ON form_requests BEGIN
        SELECT RAISE(ABORT, 'not now'); END";
    place.store().execute(broken, &[]).unwrap();
    let failed = submit(&server, &link, "act=confirm");
    assert!(failed.status >= 500, "whoever pressed hears of it: {failed:?}");
    assert_eq!(
        (events(&place, ADA, "Subscribed").len(), &get(&place, "/api/leads/ada@people.test")["unconfirmed"]),
        (0, &json!(true))
    );
    // By now the address belongs to somebody else.
    tell(&server, &[identify("c-1", json!({"email": ADA}))]);
    place.store().execute("DROP TRIGGER broken", &[]).unwrap();
    for _ in 0..2 {
        assert_eq!(submit(&server, &link, "act=confirm").status, 200);
    }
    assert_eq!(events(&place, "user:c-1", "Subscribed").len(), 1);
    let all = get(&place, "/api/leads");
    assert_eq!(all["items"].as_array().unwrap().len(), 1, "nobody else was granted anything: {all}");
    server.stop();
}

#[test]
fn what_strangers_used_up_is_no_limit_for_what_a_person_does_on_our_pages() {
    Place::each(|place| {
        let server = begin(place);
        let visitor =
            |number| json!({"type": "identify", "anonymousId": format!("v-{number}"), "traits": {"email": ADA}});
        let all: Vec<Value> = (0..300).map(visitor).collect();
        assert_eq!(server.post(PUBLIC_KEY, "/v1/batch", &json!({"batch": all}).to_string()).status, 200);
        make(place, "demo", &form(None));
        let sent = submit(&server, "/f/demo", "email=ada%40people.test&name=Ada&_consent=0&_visitor=my-own");
        assert_eq!(sent.status, 200);
        assert_eq!(events(place, ADA, "Form Submitted").len(), 1, "it is taken without the visitor");
        let link = link(&letter(place, ADA, 1));
        assert_eq!(submit(&server, &link, "act=confirm").status, 200);
        assert_eq!(events(place, ADA, "Subscribed").len(), 1);
        let lead = get(place, "/api/leads/ada@people.test");
        assert_eq!(lead["consent"]["subscription:news"]["state"], "granted", "{}", lead["consent"]);
        server.stop();
    });
}

#[test]
fn a_confirmation_that_waits_goes_with_the_lead_that_its_own_becomes() {
    Place::each(|place| {
        let server = begin(place);
        send(place, Method::POST, "/api/sending/pause", &json!({"why": "we move house"})).unwrap();
        make(place, "demo", &form(None));
        submit(&server, "/f/demo", "email=ada%40people.test&name=Ada&_consent=0");
        tell(&server, &[identify("c-1", json!({"email": ADA}))]);
        let of_form = |copy: &&Value| copy["source"] == "form";
        let waiting = until(place, "asked for", |copies| copies.iter().any(|copy| copy["source"] == "form"));
        assert_eq!(waiting.iter().find(of_form).unwrap()["state"], "waiting");
        send(place, Method::POST, "/api/sending/resume", &Value::Null).unwrap();
        let link = link(&letter(place, ADA, 1));
        assert_eq!(submit(&server, &link, "act=confirm").status, 200);
        assert_eq!(events(place, "user:c-1", "Subscribed").len(), 1);
        let sent = events(place, "user:c-1", "Email Sent");
        assert_eq!(sent.iter().filter(|event| event["properties"]["email_id"] == "confirmation").count(), 1);
        server.stop();
    });
}

#[test]
fn a_person_confirms_what_its_page_shows_and_nothing_else() {
    let place = Place::sqlite();
    let server = begin(&place);
    let mut asks = form(None);
    let more = json!([
        {"name": "team", "type": "choice", "label": "Team", "options": ["small", "large"], "attribute": "team"},
        {"name": "terms", "type": "checkbox", "label": "Calls are fine", "attribute": "calls_are_fine"},
        {"name": "place", "type": "hidden", "attribute": "place"}
    ]);
    asks["fields"].as_array_mut().unwrap().extend(more.as_array().unwrap().clone());
    make(&place, "demo", &asks);
    let fields = "email=ada%40people.test&name=%3Cb%3EEve&team=large&terms=on&place=fair&message=Hello";
    submit(&server, "/f/demo", &format!("{fields}&_consent=0"));
    let link = link(&letter(&place, ADA, 1));
    let page = server.get(&link).body;
    for shown in [
        "<dt>First name</dt><dd>&lt;b&gt;Eve</dd>",
        "<dt>Team</dt><dd>large</dd>",
        "<dt>Calls are fine</dt><dd>yes</dd>",
        "<dt>place</dt><dd>fair</dd>",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    // As it was stored before pages showed it: nobody saw this name.
    let hide = r#"UPDATE form_requests SET document = replace(document, '"attribute":"first_name"', '"attribute":"seen_name"')"#;
    place.store().execute(hide, &[]).unwrap();
    assert_eq!(submit(&server, &link, "act=confirm").status, 200);
    let lead = get(&place, "/api/leads/ada@people.test");
    let is_public = |name: &str| lead["attributes"][name]["public"].clone();
    assert_eq!(
        ["first_name", "team", "place", "calls_are_fine"].map(is_public),
        [json!(true), Value::Null, Value::Null, Value::Null]
    );
    assert_eq!(lead["unconfirmed"], false);
    server.stop();
}

#[test]
fn after_a_complaint_no_form_mails_the_address_and_the_person_itself_may_ask() {
    Place::each(|place| {
        let server = begin(place);
        let first = asked(place, &server);
        let week = 7 * 24 * 60 * 60 * 1_000_i64 + 1;
        place.store().execute("UPDATE form_requests SET asked_at = asked_at - $1", &[week.into()]).unwrap();
        tell(
            &server,
            &[
                json!({"type": "identify", "anonymousId": "a-1", "traits": {"email": ADA}}),
                json!({"type": "track", "anonymousId": "a-1", "event": "Email Marked as Spam", "properties": {}}),
            ],
        );
        let thanks = submit(&server, "/f/demo", "email=ada%40people.test&_consent=0");
        assert!(thanks.body.contains("We have sent you an e-mail"), "nobody learns of the complaint");
        let is_kept_back = |copy: &Value| copy["source"] == "form" && copy["reason"] == "suppressed";
        until(place, "suppressed", |copies| copies.iter().any(is_kept_back));
        // Whoever has the link has the mailbox.
        assert_eq!(submit(&server, &first, "act=again").status, 200);
        letter(place, ADA, 2);
        server.stop();
    });
}

#[test]
fn what_nobody_confirms_is_forgotten_without_anybody_sending_a_form() {
    let place = Place::sqlite();
    let server = begin(&place);
    asked(&place, &server);
    let of_ada = "/api/leads/ada@people.test/export";
    assert_eq!(get(&place, of_ada)["form_requests"].as_array().unwrap().len(), 1);
    let month = 31 * 24 * 60 * 60 * 1_000_i64;
    place.store().execute("UPDATE form_requests SET asked_at = asked_at - $1", &[month.into()]).unwrap();
    server.stop();
    let server = again(&place, &[]);
    until_at(&place, of_ada, |export| export["form_requests"].as_array().unwrap().is_empty());
    server.stop();
}

#[test]
fn a_request_that_cannot_be_read_keeps_no_other_from_its_confirmation() {
    let place = Place::sqlite();
    let server = begin(&place);
    send(&place, Method::POST, "/api/sending/pause", &json!({"why": "we move house"})).unwrap();
    make(&place, "demo", &form(None));
    for name in ["ada", "bea"] {
        submit(&server, "/f/demo", &format!("email={name}%40people.test&_consent=0"));
    }
    let damage = "UPDATE form_requests SET document = '{' WHERE document LIKE '%ada@people.test%'";
    assert_eq!(place.store().execute(damage, &[]).unwrap(), 1);
    send(&place, Method::POST, "/api/sending/resume", &Value::Null).unwrap();
    letter(&place, "bea@people.test", 1);
    let is_skipped = |copy: &Value| copy["source"] == "form" && copy["state"] == "skipped";
    until(&place, "skipped", |copies| copies.iter().any(is_skipped));
    server.stop();
}

/// The most memory that the server has had, in kilobytes.
fn memory(server: &Server) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

#[test]
fn many_who_read_a_large_file_slowly_do_not_multiply_it_in_memory() {
    let place = Place::sqlite();
    let server = begin(&place);
    let whole: Vec<u8> = (0..(20_u32 << 20)).map(|number| (number % 251) as u8).collect();
    let made = upload(&server, &marketer(&place), "whole.bin", &whole).json();
    let path = format!("/a/{}/whole.bin", made["id"].as_str().unwrap());
    let before = memory(&server);
    let readers: Vec<TcpStream> = (0..30)
        .map(|_| {
            let mut stream = TcpStream::connect(server.address).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n").unwrap();
            stream.read_exact(&mut [0; 1_000]).unwrap();
            stream
        })
        .collect();
    let grown = memory(&server) - before;
    assert!(grown < 150_000, "{grown} kB for {} readers of 20 MB", readers.len());
    let mut last = readers.into_iter().next_back().unwrap();
    let mut rest = Vec::new();
    last.read_to_end(&mut rest).unwrap();
    assert!(rest.ends_with(&whole[whole.len() - 1_000_000..]), "who goes on reading gets all of it");
    let head = server.ask("HEAD", &path, &[], b"");
    assert_eq!(head.header("content-length"), Some("20971520"));
    // What a browser has already is not read at all.
    place.store().execute("DELETE FROM asset_parts", &[]).unwrap();
    let tag = format!("\"{}\"", made["id"].as_str().unwrap());
    assert_eq!(server.ask("GET", &path, &[("if-none-match", &tag)], b"").status, 304);
    server.stop();
}
