//! From a form to a mail, and from a link in it to a segment: through a real SMTP dialogue and the pages behind the links.

use attractor_mail::message::OpenedMail;
use axum::http::Method;
use serde_json::{Value, json};

use super::running::{Answer, PUBLIC_KEY, Place, Server};
use super::sink::Sink;
use super::smtp::{borrowed, settings};
use super::world::{command, event, get, identify, person, send, start, tell, until, until_at};

const BROWSER: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36";
const LINKS: &str = "https://leads.acme.test/";

fn begin(place: &Place, sink: &Sink) -> Server {
    judging_after(place, sink, 0)
}

/// A server that waits for so many seconds before it judges a click.
fn judging_after(place: &Place, sink: &Sink, seconds: u32) -> Server {
    let mut settings = settings(sink);
    settings.push(("JUDGING_DELAY", seconds.to_string()));
    settings.push(("OWN_DOMAINS", "shop.example".to_owned()));
    start(place, &borrowed(&settings))
}

/// The first mail to an address, as soon as the server knows that it left.
fn letter(place: &Place, sink: &Sink, user: &str) -> OpenedMail {
    until(place, "sent", |copies| copies.iter().any(|copy| copy["lead_name"] == user && copy["state"] == "sent"));
    let mails = sink.mails(&format!("{user}@people.test"));
    assert_eq!(mails.len(), 1, "{mails:?}");
    OpenedMail::read(mails[0].as_bytes()).unwrap()
}

fn header(mail: &OpenedMail, name: &str) -> String {
    let found = mail.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

/// The paths of a mail's links that begin like this, in their order.
pub fn paths(mail: &OpenedMail, start: &str) -> Vec<String> {
    let html = mail.html.as_deref().unwrap();
    let begins = format!("{LINKS}{start}");
    let path = |(at, _): (usize, &str)| {
        let rest = &html[at + LINKS.len() - 1..];
        rest[..rest.find('"').unwrap()].to_owned()
    };
    html.match_indices(&begins).map(path).collect()
}

pub fn visit(server: &Server, path: &str) -> Answer {
    server.ask("GET", path, &[("user-agent", BROWSER)], b"")
}

pub fn submit(server: &Server, path: &str, fields: &str) -> Answer {
    let media = ("content-type", "application/x-www-form-urlencoded");
    server.ask("POST", path, &[("user-agent", BROWSER), media], fields.as_bytes())
}

/// Somebody who agreed to our news and to be measured, and submitted a form.
fn measured(user: &str, traits: Value) -> Vec<Value> {
    let mut messages = person(user, traits);
    messages.insert(1, event(user, "Tracking Allowed", json!({"proof": "the banner"})));
    messages
}

/// Follows a link to one of our own domains: where it leads, and the token that the site's script takes away.
fn follow(server: &Server, path: &str) -> (String, String) {
    let clicked = visit(server, path);
    let location = clicked.header("location").unwrap_or_default();
    let (leads_to, token) = location.split_once("&_a=").unwrap_or_else(|| panic!("{clicked:?}"));
    (leads_to.to_owned(), token.to_owned())
}

/// What the site's script sends: a page that was viewed, and the visit behind a click.
fn arrives(server: &Server, visitor: &str, token: &str) {
    let page = json!({"anonymousId": visitor, "properties": {"path": format!("/of-{visitor}")}}).to_string();
    assert_eq!(server.post(PUBLIC_KEY, "/v1/page", &page).status, 200);
    let seen = json!({"token": token, "anonymousId": visitor, "seen": "loaded"}).to_string();
    assert_eq!(server.ask("POST", "/t/v", &[("user-agent", BROWSER)], seen.as_bytes()).status, 204);
}

fn is_in_shirts(lead: &Value) -> bool {
    lead["segments"].to_string().contains("shirts")
}

#[test]
fn a_persons_click_in_a_signed_mail_leads_into_the_topics_segment() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        tell(&server, &measured("ok-ada", json!({"first_name": "Ada"})));
        let mail = letter(place, &sink, "ok-ada");
        assert_eq!(mail.subject, "Hello Ada");
        assert!(header(&mail, "DKIM-Signature").contains("d=acme.test"), "{mail:?}");
        assert_eq!(visit(&server, &paths(&mail, "t/o/")[0]).status, 200);
        // The first one is the link that nobody sees.
        let (leads_to, _) = follow(&server, &paths(&mail, "t/c/")[1]);
        let utm = "utm_source=attractor&utm_medium=email&utm_campaign=welcome";
        assert_eq!(leads_to, format!("https://shop.example/shirts/blue?a=1&b=2&{utm}"));
        until_at(place, "/api/leads/ok-ada", is_in_shirts);
        server.stop();
    });
}

/// It opens the mail and follows each of its links at once, as a person's browser would one of them.
#[test]
fn a_scanner_that_opens_every_link_of_a_mail_leads_nowhere() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = judging_after(place, &sink, 2);
        tell(&server, &measured("ok-bea", json!({})));
        let mail = letter(place, &sink, "ok-bea");
        assert_eq!(visit(&server, &paths(&mail, "t/o/")[0]).status, 200);
        let links = paths(&mail, "t/c/");
        assert!(links.iter().all(|path| visit(&server, path).status == 302), "it is led on as everybody is");
        // All but the link that nobody sees.
        let of_author = links.len() - 1;
        let is_kept =
            |events: &Value| events.to_string().matches("\"event\":\"Email Link Clicked\"").count() == of_author;
        let events = until_at(place, "/api/leads/ok-bea/events", is_kept);
        let clicks = events["items"].as_array().unwrap().iter().map(|one| &one["message"]);
        let mut clicks = clicks.filter(|message| message["event"] == "Email Link Clicked");
        assert!(clicks.all(|click| click["context"]["machine"] == true), "{events:#}");
        assert!(!is_in_shirts(&get(place, "/api/leads/ok-bea")));
        server.stop();
    });
}

/// It clicked as a person does, so its lead went in; then somebody saw whose network it is.
#[test]
fn a_scanner_that_is_found_out_later_takes_its_lead_back_out() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        tell(&server, &measured("ok-eve", json!({})));
        let mail = letter(place, &sink, "ok-eve");
        follow(&server, &paths(&mail, "t/c/")[1]);
        until_at(place, "/api/leads/ok-eve", is_in_shirts);
        let found =
            json!({"verdict": "machine", "network": "127.0.0.0/8", "from": "2026-01-01T00:00:00Z", "dry_run": false});
        let corrected = send(place, Method::POST, "/api/verdicts", &found).unwrap();
        assert_eq!((&corrected["leads"], &corrected["done"]), (&json!(1), &json!(true)));
        assert!(!is_in_shirts(&get(place, "/api/leads/ok-eve")));
        server.stop();
    });
}

#[test]
fn a_visitor_becomes_the_lead_by_its_click_and_a_friend_who_got_the_mail_does_not() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        tell(&server, &measured("ok-fay", json!({})));
        let mail = letter(place, &sink, "ok-fay");
        let link = paths(&mail, "t/c/")[1].clone();
        let (_, hers) = follow(&server, &link);
        arrives(&server, "hers", &hers);
        let has_seen = |visitor: &str| {
            let page = format!("/of-{visitor}");
            move |events: &Value| events.to_string().contains(&page)
        };
        until_at(place, "/api/leads/ok-fay/events", has_seen("hers"));
        // The mail is forwarded: the friend follows the same link, and even has the token of her visit.
        let (_, friends) = follow(&server, &link);
        arrives(&server, "friend", &friends);
        arrives(&server, "friend", &hers);
        until_at(place, "/api/verdicts", |page| page["items"].as_array().unwrap().len() == 2);
        assert!(!has_seen("friend")(&get(place, "/api/leads/ok-fay/events")));
        assert_eq!(get(place, "/api/leads/visitor:friend")["name"], "friend", "somebody of its own");
        server.stop();
    });
}

#[test]
fn somebody_who_is_not_measured_chooses_a_topic_by_the_offer_behind_an_attractor() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        tell(&server, &person("ok-cid", json!({})));
        let mail = letter(place, &sink, "ok-cid");
        assert_eq!((paths(&mail, "t/c/"), paths(&mail, "t/o/")), (vec![], vec![]), "nobody agreed to be measured");
        let offers: Vec<String> =
            paths(&mail, "p/").into_iter().filter(|path| visit(&server, path).body.contains("about Shirts")).collect();
        assert_eq!(offers.len(), 1, "{mail:?}");
        assert!(!is_in_shirts(&get(place, "/api/leads/ok-cid")), "nobody pressed the button");
        assert_eq!(submit(&server, &offers[0], "offer=choose").status, 200);
        until_at(place, "/api/leads/ok-cid", is_in_shirts);
        server.stop();
    });
}

#[test]
fn whoever_unsubscribes_by_one_click_is_written_to_by_nobody() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        tell(&server, &person("ok-dan", json!({})));
        let mail = letter(place, &sink, "ok-dan");
        assert_eq!(header(&mail, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        let link = header(&mail, "List-Unsubscribe");
        let path = link.trim_matches(['<', '>']).strip_prefix("https://leads.acme.test").unwrap().to_owned();
        assert_eq!(submit(&server, &path, "List-Unsubscribe=One-Click").status, 200);
        // Another lead with the address, and the same one after it was erased, was imported with consent and came again.
        let second =
            [identify("twin", json!({"email": "OK-dan@people.test"})), event("twin", "Form Submitted", json!({}))];
        tell(&server, &second);
        let is_refused = |user: &'static str| {
            move |copies: &[Value]| {
                copies.iter().any(|copy| copy["lead_name"] == user && copy["reason"] == "suppressed")
            }
        };
        until(place, "suppressed at a second lead", is_refused("twin"));
        send(place, Method::DELETE, "/api/leads/ok-dan", &Value::Null).unwrap();
        place.write("fair.csv", "Email,Subscribed\nok-dan@people.test,yes\n");
        let list = place.path().join("fair.csv").display().to_string();
        let imported = command(place, &["import", &list, "--consent", "at the fair"]);
        assert_eq!(imported.code, 0, "{}", imported.err);
        let again =
            [identify("ok-dan", json!({"email": "ok-dan@people.test"})), event("ok-dan", "Form Submitted", json!({}))];
        tell(&server, &again);
        until(place, "suppressed after erasing", is_refused("ok-dan"));
        assert_eq!(sink.mails("ok-dan@people.test").len(), 1);
        server.stop();
    });
}
