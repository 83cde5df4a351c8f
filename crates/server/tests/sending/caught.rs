//! Without a mail server, e-mails are caught.

use std::time::{Duration, SystemTime};

use axum::http::Method;
use serde_json::{Value, json};

use super::running::Place;
use super::world::{again, command, event, get, identify, person, send, start, states, tell, until, until_at};

fn is_sent(copies: &[Value]) -> bool {
    copies.iter().any(|copy| copy["state"] == "sent")
}

fn header<'m>(mail: &'m Value, name: &str) -> &'m str {
    let headers = mail["headers"].as_array().unwrap();
    let found = headers.iter().find(|header| header["name"].as_str().unwrap().eq_ignore_ascii_case(name));
    found.and_then(|header| header["value"].as_str()).unwrap_or_default()
}

#[test]
fn a_step_of_a_sequence_becomes_a_mail_and_what_happened_to_the_lead() {
    Place::each(|place| {
        let server = start(place, &[("BOUNCE_DOMAIN", "bounce.acme.test"), ("PUBLIC_URL", "https://leads.acme.test/")]);
        tell(&server, &person("ada", json!({"language": "de-AT"})));
        let copies = until(place, "sent", is_sent);
        assert_eq!(
            states(&copies)[1..],
            [("ada".to_owned(), "welcome".to_owned(), "sent".to_owned())],
            "one copy left: {copies:#?}"
        );
        let sent = copies.iter().find(|copy| copy["state"] == "sent").unwrap();
        assert_eq!((&sent["email_name"], &sent["rank"]), (&json!("The welcome"), &json!("sequence")));
        // The next step waits for the budget of its stage.
        let held = until(place, "held", |copies| copies.iter().any(|copy| copy["reason"] == "cadence"));
        let second = held.iter().find(|copy| copy["email"] == "more").unwrap();
        let why = second["why"].as_str().unwrap();
        let rule = "Leads in the stage cold get at most one e-mail every 30 days: it waits until ";
        assert!(why.starts_with(rule), "{why}");
        assert!(second["until"].as_str() > sent["sent_at"].as_str() && second["due"].is_string(), "{second}");

        let text = command(place, &["explain", "--lead", "ada"]).out;
        assert!(text.contains("The welcome: was caught on ") && text.contains(", not sent: no mail server"), "{text}");
        assert!(sent["why"].as_str().unwrap().starts_with("It was caught on "), "{sent}");
        assert!(sent["reason"].is_null(), "{sent}");
        assert!(text.contains(&format!(": waits. {rule}")) && !text.contains(" sends "), "{text}");

        let list = get(place, "/api/caught");
        let item = &list["items"][0];
        assert_eq!((&item["subject"], &item["to"]), (&json!("Hallo ada"), &json!("ada@people.test")));
        let mail = get(place, &format!("/api/caught/{}", item["id"].as_str().unwrap()));
        assert_eq!(header(&mail, "From"), "\"Acme\" <news@acme.test>");
        assert_eq!(header(&mail, "List-Unsubscribe-Post"), "List-Unsubscribe=One-Click");
        assert!(header(&mail, "List-Unsubscribe").starts_with("<https://leads.acme.test/u/"));
        assert_eq!(header(&mail, "List-Id"), "\"Our news\" <news.acme.test>");
        assert!(header(&mail, "Feedback-ID").starts_with("welcome:welcoming:marketing:"));
        assert!(header(&mail, "Return-Path").ends_with("@bounce.acme.test>"));
        let (html, text) = (mail["html"].as_str().unwrap(), mail["text"].as_str().unwrap());
        for part in [html, text] {
            assert!(part.contains("https://shop.example/shirts/blue") && part.contains("1 Road, Leeds"), "{part}");
            assert!(!part.contains("shop.example/hats"), "an attractor that is not measured asks: {part}");
            assert!(!part.contains("/t/c/") && !part.contains("/t/o/"), "nobody agreed to be tracked: {part}");
        }
        // The lead has the two events, as any other.
        let events = get(place, "/api/leads/ada/events");
        let of = |kind: &str| {
            events["items"].as_array().unwrap().iter().find(|one| one["message"]["event"] == kind).cloned()
        };
        let delivered = of("Email Delivered").unwrap_or_else(|| panic!("{events:#?}"));
        let properties = json!({"email_id": "welcome", "send_id": sent["send_id"], "tracked": false});
        assert_eq!(delivered["message"]["properties"], properties);
        assert!(of("Email Sent").is_some());
        server.stop();
    });
}

/// A part of a mail without the tokens of the pages that end it or change it; nothing else in it may be ours.
fn without_tokens(part: &str) -> String {
    const OURS: &str = "https://leads.acme.test/";
    let mut pieces = part.split(OURS);
    let mut without = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (path, rest) = piece.split_at(2);
        assert!(path == "u/" || path == "p/", "{piece}");
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_".contains(c))).unwrap_or(rest.len());
        without.extend([OURS, path, &rest[end..]]);
    }
    without
}

/// A header without what must differ from copy to copy: its date, the tokens that name it, and of its signature the time
/// and the hashes.
fn comparable_header(line: &str) -> String {
    let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{line:?}"));
    let is_own = |tag: &&str| ["b=", "bh=", "t="].iter().any(|name| tag.trim_start().starts_with(name));
    let value = match name {
        "Date" => "[date]".to_owned(),
        "Message-ID" | "Return-Path" => format!("[token]@{}", value.split_once('@').unwrap().1),
        "DKIM-Signature" => value.split(';').filter(|tag| !is_own(tag)).collect::<Vec<_>>().join(";"),
        _ => value.to_owned(),
    };
    format!("{name}: {value}")
}

/// The head and the body of a whole mail, in lines that are not folded. Left out are what [`comparable_header`] leaves out,
/// the reader's address, and the border of the parts, which follows from the `Message-ID`.
fn comparable(mail: &Value, user: &str) -> [String; 2] {
    let (head, body) = mail["raw"].as_str().unwrap().split_once("\r\n\r\n").unwrap();
    let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
    let boundary = head.split_once("boundary=\"").unwrap().1.split('"').next().unwrap();
    let headers: Vec<String> = head.split("\r\n").map(comparable_header).collect();
    // A token may be longer than a line of the encoding.
    [headers.join("\r\n"), body.replace("=\r\n", "")]
        .map(|part| part.replace(boundary, "[boundary]").replace(&format!("{user}@people.test"), "[address]"))
}

fn mail_to(place: &Place, user: &str) -> Value {
    let found = get(place, &format!("/api/caught?search={user}@people.test"));
    get(place, &format!("/api/caught/{}", found["items"][0]["id"].as_str().unwrap()))
}

const OURS: [(&str, &str); 2] = [("BOUNCE_DOMAIN", "bounce.acme.test"), ("PUBLIC_URL", "https://leads.acme.test")];

#[test]
fn two_people_of_whom_the_same_is_known_and_who_are_not_measured_get_the_same_mail() {
    Place::each(|place| {
        let server = start(place, &OURS);
        for user in ["ada", "bob"] {
            tell(&server, &person(user, json!({"first_name": "Sam"})));
        }
        until(place, "sent", |copies| copies.iter().filter(|copy| copy["state"] == "sent").count() == 2);
        let [ada, bob] = ["ada", "bob"].map(|user| comparable(&mail_to(place, user), user).map(|p| without_tokens(&p)));
        assert_eq!(ada, bob);
        for what in ["Date: [date]", "Message-ID: [token]@", "Return-Path: [token]@", "Delivered-To: [address]"] {
            assert!(ada[0].contains(what), "{what} was looked for in vain: {}", ada[0]);
        }
        assert!(ada[0].contains("DKIM-Signature: v=1;") && ada[1].contains("[boundary]"), "{ada:?}");
        server.stop();
    });
}

/// A part with a word in place of each link.
fn without_links(part: &Value) -> String {
    let mut pieces = part.as_str().unwrap().split("https://");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        let end = piece.find(|c: char| c.is_whitespace() || "\"<>()".contains(c)).unwrap_or(piece.len());
        text + "[link]" + &piece[end..]
    })
}

/// HTML without its only element that begins so.
fn without_element(html: &str, start: &str, end: &str) -> String {
    assert_eq!(html.matches(start).count(), 1, "{start} in {html}");
    let (before, rest) = html.split_once(start).unwrap();
    format!("{before}{}", rest.split_once(end).unwrap().1)
}

#[test]
fn a_measured_copy_has_its_links_through_us_a_pixel_and_a_hidden_link_and_nothing_else_more() {
    Place::each(|place| {
        let server = start(place, &OURS);
        let [plain, mut measured] = ["ada", "bob"].map(|user| person(user, json!({"first_name": "Sam"})));
        measured.insert(1, event("bob", "Tracking Allowed", json!({"proof": "the banner"})));
        tell(&server, &[plain, measured].concat());
        until(place, "sent", |copies| copies.iter().filter(|copy| copy["state"] == "sent").count() == 2);
        let [plain, measured] = ["ada", "bob"].map(|user| mail_to(place, user));
        let [of_plain, of_measured] =
            [(&plain, "ada"), (&measured, "bob")].map(|(mail, user)| without_tokens(&comparable(mail, user)[0]));
        assert_eq!(of_measured, of_plain, "the headers");
        assert_eq!(without_links(&measured["text"]), without_links(&plain["text"]));
        let html = without_links(&measured["html"]);
        let html = without_element(&html, "<div aria-hidden=\"true\" style=\"display:none;mso-hide:all;", "</div>");
        let html = without_element(&html, "<img src=\"[link]\" width=\"1\" height=\"1\"", ">");
        assert_eq!(html, without_links(&plain["html"]));
        for part in ["html", "text"] {
            assert!(!measured[part].as_str().unwrap().contains("shop.example"), "each link leads through us");
        }
        server.stop();
    });
}

#[test]
fn a_copy_is_measured_if_its_lead_agreed() {
    Place::each(|place| {
        let server = start(place, &[]);
        let mut messages = person("ada", json!({}));
        messages.insert(1, event("ada", "Tracking Allowed", json!({"proof": "the banner"})));
        tell(&server, &messages);
        until(place, "sent", is_sent);
        let id = get(place, "/api/caught")["items"][0]["id"].as_str().unwrap().to_owned();
        let mail = get(place, &format!("/api/caught/{id}"));
        let (html, text) = (mail["html"].as_str().unwrap(), mail["text"].as_str().unwrap());
        let public = format!("http://{}", server.address);
        assert_eq!(
            html.matches(&format!("{public}/t/c/")).count(),
            4,
            "three links and the one that nobody sees: {html}"
        );
        assert_eq!(html.matches(&format!("{public}/t/o/")).count(), 1, "{html}");
        assert!(text.contains(&format!("{public}/t/c/")) && !text.contains("shop.example"), "{text}");
        assert!(html.contains(&format!("{public}/u/")) && html.contains(&format!("{public}/p/")), "{html}");
        let events = get(place, "/api/leads/ada/events");
        let sent =
            events["items"].as_array().unwrap().iter().find(|one| one["message"]["event"] == "Email Sent").unwrap();
        assert_eq!(sent["message"]["properties"]["tracked"], Value::Null, "{sent}");
        server.stop();
    });
}

#[test]
fn a_lead_known_by_its_address_alone_keeps_its_name_and_stays_unconfirmed_no_longer_than_before() {
    Place::each(|place| {
        let server = start(place, &[]);
        let visitor = |event: &str, properties: Value| json!({"type": "track", "anonymousId": "v", "event": event, "properties": properties});
        tell(
            &server,
            &[
                json!({"type": "identify", "anonymousId": "v", "traits": {"email": "bea@people.test"}}),
                visitor("Subscribed", json!({"proof": "a form"})),
                visitor("Form Submitted", json!({})),
            ],
        );
        until(place, "sent", is_sent);
        let lead = get(place, "/api/leads/bea@people.test");
        assert_eq!((&lead["name"], &lead["unconfirmed"]), (&json!("bea@people.test"), &json!(false)));
        let events = get(place, "/api/leads/bea@people.test/events");
        let kinds: Vec<&str> =
            events["items"].as_array().unwrap().iter().filter_map(|one| one["message"]["event"].as_str()).collect();
        assert!(kinds.contains(&"Email Sent") && kinds.contains(&"Email Delivered"), "{kinds:?}");
        server.stop();
    });
}

#[test]
fn caught_mails_are_searched_and_deleted_and_go_with_their_lead() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    for user in ["ada", "bea", "cid"] {
        tell(&server, &person(user, json!({})));
    }
    until(&place, "sent", |copies| copies.iter().filter(|copy| copy["state"] == "sent").count() == 3);
    let found = |path: &str| get(&place, path)["items"].as_array().unwrap().len();
    assert_eq!((found("/api/caught"), found("/api/caught?search=BEA@people")), (3, 1));
    let id = get(&place, "/api/caught?search=cid")["items"][0]["id"].as_str().unwrap().to_owned();
    send(&place, Method::DELETE, "/api/leads/ada", &Value::Null).unwrap();
    assert_eq!((found("/api/caught"), found("/api/caught?search=ada")), (2, 0), "erased with the lead");
    let one = format!("/api/caught/{id}");
    send(&place, Method::DELETE, &one, &Value::Null).unwrap();
    assert!(send(&place, Method::DELETE, &one, &Value::Null).unwrap_err().contains("no caught mail has the id"));
    let gone = send(&place, Method::DELETE, "/api/caught", &Value::Null).unwrap();
    assert_eq!((gone["deleted"].as_u64(), found("/api/caught")), (Some(1), 0));
    server.stop();
}

#[test]
fn caught_mails_go_by_themselves_after_thirty_days() {
    let place = Place::sqlite();
    let server = start(&place, &[]);
    for user in ["ada", "bea"] {
        tell(&server, &person(user, json!({})));
    }
    until(&place, "sent", |copies| copies.iter().filter(|copy| copy["state"] == "sent").count() == 2);
    let id = get(&place, "/api/caught?search=ada")["items"][0]["id"].as_str().unwrap().to_owned();
    server.stop();
    age(&place, &id);
    // What cannot be swept keeps nothing else from going.
    place.store().execute("ALTER TABLE unmatched_mails RENAME TO unmatched_mails_away", &[]).unwrap();
    let server = again(&place, &[]);
    let left = until_at(&place, "/api/caught", |page| page["items"].as_array().unwrap().len() == 1);
    assert_eq!(left["items"][0]["to"], "bea@people.test");
    server.stop();
    place.store().execute("ALTER TABLE unmatched_mails_away RENAME TO unmatched_mails", &[]).unwrap();
}

/// As if it had been written 31 days before it was composed.
fn age(place: &Place, id: &str) {
    let (at, _) = id.split_once('-').unwrap();
    let old = Duration::from_millis(at.parse::<u64>().unwrap()) - Duration::from_secs(31 * 86_400);
    let file = place.path().join("caught").join(format!("{id}.eml"));
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + old).unwrap();
}

#[test]
fn while_sending_is_paused_nothing_leaves_and_the_outbox_says_so() {
    Place::each(|place| {
        let server = start(place, &[]);
        let why = json!({"why": "we move house"});
        let paused = send(place, Method::POST, "/api/sending/pause", &why).unwrap();
        assert_eq!((&paused["paused"], &paused["is_real"]), (&json!("we move house"), &json!(false)));
        tell(&server, &person("ada", json!({})));
        tell(&server, &[identify("bea", json!({}))]);
        let waiting = until(place, "asked for", |copies| !copies.is_empty());
        assert_eq!(waiting[0]["state"], "waiting");
        let why = waiting[0]["why"].as_str().unwrap();
        assert!(why.starts_with("Sending is paused: we move house; it has waited since 20"), "{why}");
        server.stop();
        let server = again(place, &[]);
        let status = get(place, "/api/sending");
        assert_eq!((&status["paused"], &status["counts"]["waiting"]), (&json!("we move house"), &json!(1)));
        assert!(status["transport"].as_str().unwrap().starts_with("caught: "), "{status}");
        let resumed = send(place, Method::POST, "/api/sending/resume", &Value::Null).unwrap();
        assert_eq!(resumed["paused"], Value::Null);
        until(place, "sent", is_sent);
        let status = get(place, "/api/sending");
        assert!(status["caught"] == status["counts"]["sent"] && status["caught"].as_i64() > Some(0), "{status}");
        let audit = get(place, "/api/audit");
        let what: Vec<&str> = audit["entries"].as_array().unwrap().iter().filter_map(|e| e["what"].as_str()).collect();
        assert!(what.contains(&"sending paused") && what.contains(&"sending resumed"), "{what:?}");
        server.stop();
    });
}
