//! What comes back to the return path of a copy: through a real dialogue, to what becomes of the lead.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use jiff::fmt::rfc2822;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde_json::{Value, json};

use super::running::{Place, Server};
use super::sink::Sink;
use super::smtp::{borrowed, settings};
use super::team::{add_owner, told_the_owner};
use super::world::{get, identify, person, start, tell, until};

pub const DOMAIN: &str = "bounce.acme.test";

pub fn begin(place: &Place, sink: &Sink) -> Server {
    let mut settings = settings(sink);
    settings.extend([("BOUNCE_DOMAIN", DOMAIN.to_owned()), ("INBOUND", "127.0.0.1:0".to_owned())]);
    start(place, &borrowed(&settings))
}

/// A mail server that hands over what came back.
pub struct Relay(BufReader<TcpStream>);

impl Relay {
    pub fn connect(place: &Place) -> Relay {
        let address = get(place, "/api/sending")["inbound"].as_str().unwrap().to_owned();
        let mut relay = Relay(BufReader::new(TcpStream::connect(address).unwrap()));
        assert_eq!(relay.answer()[..4], *"220 ");
        relay
    }

    /// The last line of a reply.
    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                return line;
            }
        }
    }

    pub fn ask(&mut self, line: &str) -> String {
        self.0.get_mut().write_all(format!("{line}\r\n").as_bytes()).unwrap();
        self.answer()
    }

    /// Hands a mail over to a return path, which is stored then.
    pub fn deliver(&mut self, sender: &str, to: &str, mail: &str) {
        for (line, code) in [
            (format!("MAIL FROM:<{sender}> BODY=8BITMIME"), "250"),
            (format!("RCPT TO:<{to}>"), "250"),
            ("DATA".to_owned(), "354"),
            (format!("{}\r\n.", mail.replace('\n', "\r\n")), "250"),
        ] {
            let answer = self.ask(&line);
            assert!(answer.starts_with(code), "{line}: {answer}");
        }
    }
}

/// What comes first in a mail of ours: a header's value.
pub fn header(mail: &str, name: &str) -> String {
    let start = format!("{name}: ");
    let mut lines = mail.lines().skip_while(|line| !line.starts_with(&start));
    let first = lines.next().unwrap_or_else(|| panic!("no {name} in {mail}"))[start.len()..].to_owned();
    lines.take_while(|line| line.starts_with(' ')).fold(first, |value, line| value + line)
}

/// Four people with a first e-mail that has left, and their return paths.
pub const PEOPLE: [&str; 4] = ["ok-gone", "ok-away", "ok-leaving", "ok-angry"];

pub fn written_to(place: &Place, sink: &Sink, server: &Server) -> (Vec<String>, Timestamp) {
    tell(server, &PEOPLE.iter().flat_map(|user| person(user, json!({}))).collect::<Vec<_>>());
    let is_sent = |copy: &&Value| copy["state"] == "sent";
    let copies = until(place, "sent", |copies| copies.iter().filter(is_sent).count() == PEOPLE.len());
    let sent_at = copies.iter().find(is_sent).unwrap()["sent_at"].as_str().unwrap().parse().unwrap();
    let paths = PEOPLE.map(|user| sink.senders(&format!("{user}@people.test")).pop().unwrap());
    (paths.into(), sent_at)
}

pub const REPORT: &str = "From: MAILER-DAEMON@mx.test\nSubject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n\
    Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nIt could not be delivered.\n--b\n\
    Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.test\n\nFinal-Recipient: rfc822; moved@people.test\n\
    Action: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no such user\n\n--b--";

pub const COMPLAINT: &str = "From: fbl@provider.test\nSubject: A complaint\nMIME-Version: 1.0\n\
    Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\n\nThis is a report of spam.\n--b\n\
    Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: Provider/1.0\nVersion: 1\n\n--b--";

/// The report that the address of somebody fails.
fn report_of(user: &str) -> String {
    REPORT.replace("moved@", &format!("{user}@"))
}

pub fn letter(user: &str, headers: &str, words: &str) -> String {
    format!("From: <{user}@people.test>\nTo: <news@acme.test>\nSubject: Re: Hello\n{headers}\n{words}")
}

/// The events of a kind.
pub fn events(place: &Place, user: &str, kind: &str) -> Vec<Value> {
    let events = get(place, &format!("/api/leads/{user}/events"));
    let all = events["items"].as_array().unwrap().iter().map(|one| one["message"].clone());
    all.filter(|message| message["event"] == kind).collect()
}

#[test]
fn what_comes_back_decides_about_the_next_copy() {
    Place::each(|place| {
        let sink = Sink::start();
        let server = begin(place, &sink);
        let (paths, sent_at) = written_to(place, &sink, &server);
        assert!(paths.iter().all(|path| path.ends_with(&format!("@{DOMAIN}"))), "{paths:?}");
        let sent = sent_at.to_zoned(TimeZone::UTC);
        let back = sent.checked_add(10.days()).unwrap();
        let date = rfc2822::to_string(&sent).unwrap();
        let away = letter(
            PEOPLE[1],
            &format!("Date: {date}\nAuto-Submitted: auto-replied\n"),
            &format!("I am out of the office and will be back on {}.", back.strftime("%-d %B %Y")),
        );
        let mut relay = Relay::connect(place);
        assert!(relay.ask("LHLO mx.test").starts_with("250 "));
        // Case is not kept everywhere, and what is handed over twice counts once.
        relay.deliver("", &paths[0], &report_of(PEOPLE[0]));
        relay.deliver("", &paths[0].to_uppercase(), &report_of(PEOPLE[0]));
        relay.deliver("", &paths[1], &away);
        relay.deliver("ok-leaving@people.test", &paths[2], &letter(PEOPLE[2], "", "unsubscribe"));
        relay.deliver("", &paths[3], COMPLAINT);
        assert!(relay.ask("QUIT").starts_with("221 "));
        for (user, kind, name, value) in [
            (PEOPLE[0], "Email Bounced", "permanent", json!(true)),
            (PEOPLE[1], "Email Auto-Replied", "until", json!(back.date().to_string())),
            (PEOPLE[2], "Unsubscribed", "subscription", Value::Null),
            (PEOPLE[3], "Email Marked as Spam", "email_id", json!("welcome")),
        ] {
            let found = events(place, user, kind);
            assert_eq!((found.len(), &found[0]["properties"][name]), (1, &value), "{found:#?}");
        }
        tell(&server, &PEOPLE.map(|user| identify(user, json!({"asks": true}))));
        for (user, state, reason) in [
            (PEOPLE[0], "skipped", "suppressed"),
            (PEOPLE[1], "waiting", "auto_reply"),
            (PEOPLE[2], "skipped", "suppressed"),
            (PEOPLE[3], "skipped", "suppressed"),
        ] {
            let is_so =
                |copy: &Value| copy["lead_name"] == user && copy["email"] == "extra" && copy["reason"] == reason;
            let copies = until(place, reason, |copies| copies.iter().any(is_so));
            assert_eq!(copies.iter().find(|copy| is_so(copy)).unwrap()["state"], state, "{user}");
        }
        let is_held = |copy: &&Value| copy["lead_name"] == PEOPLE[1] && copy["email"] == "extra";
        let copies = super::world::copies(place);
        let held = copies.iter().find(is_held).unwrap();
        let returns: Timestamp = held["until"].as_str().unwrap().parse().unwrap();
        assert_eq!(returns, back.start_of_day().unwrap().timestamp(), "until the return date: {held:#}");
        server.stop();
    });
}

#[test]
fn a_recipient_that_is_not_a_return_path_of_ours_is_refused() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    let (paths, _) = written_to(&place, &sink, &server);
    let (token, _) = paths[0].split_once('@').unwrap();
    let (other, _) = paths[1].split_once('@').unwrap();
    let half = token.len() / 2;
    let mut relay = Relay::connect(&place);
    relay.ask("EHLO mx.test");
    relay.ask("MAIL FROM:<>");
    for recipient in [
        format!("info@{DOMAIN}"),
        "postmaster@acme.test".to_owned(),
        format!("{token}@acme.test"),
        format!("u-{}@{DOMAIN}", &token[..half]),
        format!("{}@{DOMAIN}", &token[..half]),
        format!("{}{}@{DOMAIN}", &token[..half], &other[half..]),
    ] {
        let answer = relay.ask(&format!("RCPT TO:<{recipient}>"));
        assert!(answer.starts_with("550 5.1.1 "), "{recipient}: {answer}");
    }
    assert!(relay.ask("DATA").starts_with("503 "), "nobody is there to get it");
    // A server that stops takes its leave of who is connected.
    server.stop();
    assert!(relay.answer().starts_with("421 4.3.2 "));
}

/// The domain of return addresses has a postmaster (RFC 5321), who may get a bounce that lost its way.
#[test]
fn a_bounce_to_the_postmaster_is_found_by_the_mail_that_it_returns() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    written_to(&place, &sink, &server);
    let mail = sink.mails(&format!("{}@people.test", PEOPLE[0])).pop().unwrap();
    let returned = |id: &str, to: &str| {
        let copy =
            format!("--b\nContent-Type: text/rfc822-headers\n\nMessage-ID: {id}\nTo: <{to}>\nSubject: Hello\n\n--b--");
        REPORT.replace("--b--", &copy)
    };
    let id = header(&mail, "Message-ID");
    let mut relay = Relay::connect(&place);
    relay.ask("EHLO mx.test");
    let postmaster = format!("Postmaster@{DOMAIN}");
    // Neither an id without its address nor an address without the id is enough.
    relay.deliver("", &postmaster, &returned(&id, &format!("{}@people.test", PEOPLE[1])));
    relay.deliver("", &postmaster, &returned("<another@acme.test>", &format!("{}@people.test", PEOPLE[0])));
    assert_eq!(events(&place, PEOPLE[0], "Email Bounced").len(), 0);
    let own = returned(&id, &format!("{}@people.test", PEOPLE[0]));
    relay.deliver("", &postmaster, &own.replace("moved@", &format!("{}@", PEOPLE[0])));
    let found = events(&place, PEOPLE[0], "Email Bounced");
    assert_eq!((found.len(), &found[0]["properties"]["permanent"]), (1, &json!(true)), "{found:#?}");
    server.stop();
}

#[test]
fn people_reply_to_the_copy_and_any_mail_to_its_other_address_unsubscribes() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    let (paths, _) = written_to(&place, &sink, &server);
    let mail = sink.mails(&format!("{}@people.test", PEOPLE[2])).pop().unwrap();
    assert_eq!(header(&mail, "Reply-To"), format!("\"Acme\" <{}>", paths[2]));
    let ways = header(&mail, "List-Unsubscribe");
    let mailto = ways.split_once("<mailto:").unwrap().1.split('?').next().unwrap();
    assert_eq!(mailto, format!("u-{}", paths[2]));
    let mut relay = Relay::connect(&place);
    relay.ask("EHLO mx.test");
    relay.deliver("ok-leaving@people.test", mailto, &letter(PEOPLE[2], "", "No reason."));
    let found = events(&place, PEOPLE[2], "Unsubscribed");
    assert_eq!((found.len(), &found[0]["properties"]["subscription"]), (1, &json!("news")), "{found:#?}");
    server.stop();
}

#[test]
fn a_member_of_a_list_who_fails_is_no_failure_of_the_list() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    let (paths, _) = written_to(&place, &sink, &server);
    let mut relay = Relay::connect(&place);
    relay.ask("EHLO mx.test");
    let permanent = |user: &str| {
        let found = events(&place, user, "Email Bounced");
        found.iter().map(|event| event["properties"]["permanent"].clone()).collect::<Vec<_>>()
    };
    relay.deliver("", &paths[0], REPORT);
    assert_eq!(permanent(PEOPLE[0]), [json!(false)]);
    // The report names the address that we wrote to beside the one behind it.
    let original = format!("Original-Recipient: rfc822; {}@people.test\nFinal-Recipient", PEOPLE[1].to_uppercase());
    relay.deliver("", &paths[1], &REPORT.replace("Final-Recipient", &original));
    assert_eq!(permanent(PEOPLE[1]), [json!(true)]);
    tell(&server, &[identify(PEOPLE[0], json!({"asks": true}))]);
    let is_held = |copy: &Value| copy["lead_name"] == PEOPLE[0] && copy["email"] == "extra";
    let copies = until(&place, "asked for", |copies| copies.iter().any(is_held));
    assert!(copies.iter().all(|copy| !is_held(copy) || copy["reason"] != "suppressed"), "{copies:#?}");
    server.stop();
}

/// Who knows a return address can write to it for ever.
#[test]
fn of_one_copy_so_many_replies_are_kept_and_a_withdrawal_always_counts() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    let (paths, _) = written_to(&place, &sink, &server);
    let mut relay = Relay::connect(&place);
    relay.ask("EHLO mx.test");
    let auto = "Auto-Submitted: auto-replied\n";
    for number in 0..24 {
        relay.deliver("", &paths[0], &letter(PEOPLE[0], auto, &format!("Away, {number}.")));
        relay.deliver("x@people.test", &paths[0], &letter(PEOPLE[0], "", &format!("Call me, {number}.")));
        relay.deliver("x@people.test", &format!("u-{}", paths[0]), &letter(PEOPLE[0], "", &format!("{number}")));
    }
    let count = |kind: &str| events(&place, PEOPLE[0], kind).len();
    assert_eq!([count("Email Auto-Replied"), count("Email Replied"), count("Unsubscribed")], [10, 20, 5]);
    let again = json!({"subscription": "news", "proof": "the form at /news, double opt-in"});
    tell(&server, &[super::world::event(PEOPLE[0], "Subscribed", again)]);
    relay.deliver("x@people.test", &format!("u-{}", paths[0]), &letter(PEOPLE[0], "", "Once more."));
    assert_eq!(count("Unsubscribed"), 6);
    let lead = get(&place, &format!("/api/leads/{}", PEOPLE[0]));
    assert_eq!(lead["consent"]["subscription:news"]["state"], "withdrawn");
    server.stop();
}

/// Many providers hide to whom the mail went (RFC 6590).
#[test]
fn a_complaint_that_hides_its_recipient_is_found_by_what_it_returns() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    let (paths, _) = written_to(&place, &sink, &server);
    let mail = sink.mails(&format!("{}@people.test", PEOPLE[2])).pop().unwrap();
    let ways = header(&mail, "List-Unsubscribe");
    let mut relay = Relay::connect(&place);
    relay.ask("EHLO mx.test");
    let abuse = format!("abuse@{DOMAIN}");
    let from = format!("Version: 1\nOriginal-Mail-From: <{}>\nOriginal-Rcpt-To: <redacted@people.test>", paths[1]);
    relay.deliver("", &abuse, &COMPLAINT.replace("Version: 1", &from));
    let copy = |ways: &str| {
        format!(
            "--b\nContent-Type: message/rfc822\n\nTo: <redacted>\nSubject: x\nList-Unsubscribe: {ways}\n\nHello.\n--b--"
        )
    };
    relay.deliver("", &abuse, &COMPLAINT.replace("--b--", &copy(&ways)));
    let link = ways.split(',').find(|way| way.contains("<http")).unwrap();
    relay.deliver("", &abuse, &COMPLAINT.replace("--b--", &copy("<https://other.test/u/x>, <mailto:u-x@other.test>")));
    let count = |user: &str| events(&place, user, "Email Marked as Spam").len();
    assert_eq!(PEOPLE.map(count), [0, 1, 1, 0], "{link}");
    server.stop();
}

/// A mail server may put mails into a folder instead; those of a mailbox that people write to, too.
#[test]
fn mails_in_a_folder_are_taken_and_put_aside() {
    Place::each(|place| {
        let sink = Sink::start();
        let mut settings = settings(&sink);
        settings.extend([("BOUNCE_DOMAIN", DOMAIN.to_owned()), ("INBOUND_FOLDER", "came-back".to_owned())]);
        let server = start(place, &borrowed(&settings));
        let (paths, _) = written_to(place, &sink, &server);
        let id = header(&sink.mails("ok-angry@people.test").pop().unwrap(), "Message-ID");
        let reply = letter(PEOPLE[3], &format!("In-Reply-To: {id}\n"), "Please call me.");
        for (name, content) in [
            ("1.eml", format!("X-Original-To: {}\n{}", paths[0], report_of(PEOPLE[0]))),
            ("2.eml", " \n".to_owned()),
            ("3.eml", reply),
            ("4.eml", letter("stranger", "", "Buy my pills.")),
        ] {
            place.write(&format!("came-back/.{name}"), &content);
            std::fs::rename(place.path().join(format!("came-back/.{name}")), place.path().join("came-back").join(name))
                .unwrap();
        }
        let last = place.path().join("came-back/done/4.eml");
        super::world::until_at(place, "/api/sending", |_| last.exists());
        assert_eq!(events(place, PEOPLE[0], "Email Bounced").len(), 1);
        assert_eq!(events(place, PEOPLE[3], "Email Replied").len(), 1);
        assert!(place.path().join("came-back/failed/2.eml").exists());
        server.stop();
    });
}

/// Many who were written to, enough for a share to count; and what comes back of one copy.
#[test]
fn sending_stops_when_bounces_or_complaints_come_back_by_mail() {
    for (report, words) in [(REPORT, "their addresses do not exist"), (COMPLAINT, "were marked as spam")] {
        let (place, sink) = (Place::sqlite(), Sink::start());
        let server = begin(&place, &sink);
        add_owner(&place);
        super::smtp::ask_for(&server, (0..204).map(|number| format!("ok-{number}")));
        super::world::until_at(&place, "/api/sending", |status| status["counts"]["sent"] == 204);
        assert_eq!(get(&place, "/api/sending")["paused"], Value::Null);
        let mut relay = Relay::connect(&place);
        relay.ask("EHLO mx.test");
        let blocked = REPORT.replace("5.1.1", "5.7.1").replace("no such user", "your IP address is on a blocklist");
        for number in 0..6 {
            let path = sink.senders(&format!("ok-{number}@people.test")).pop().unwrap();
            let report = if number == 5 { &blocked } else { report };
            relay.deliver("", &path, &report.replace("moved@", &format!("ok-{number}@")));
        }
        let status = get(&place, "/api/sending");
        assert!(status["paused"].as_str().is_some_and(|why| why.contains(words)), "{status}");
        let told = told_the_owner(&place, "Sending has stopped");
        assert!(told.len() == 1 && told[0]["kind"] == "notice", "once, whatever else comes back: {told:#?}");
        assert_eq!(events(&place, "ok-5", "Email Bounced").len(), 0, "a block of ours suppresses nobody");
        server.stop();
    }
}

#[test]
fn a_reply_of_somebody_who_was_erased_is_taken_and_dropped() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let server = begin(&place, &sink);
    let (paths, _) = written_to(&place, &sink, &server);
    super::world::send(&place, axum::http::Method::DELETE, &format!("/api/leads/{}", PEOPLE[2]), &Value::Null).unwrap();
    let mut relay = Relay::connect(&place);
    relay.ask("EHLO mx.test");
    relay.deliver("ok-leaving@people.test", &paths[2], &letter(PEOPLE[2], "", "Who are you?"));
    let leads = get(&place, "/api/leads");
    assert_eq!(leads["items"].as_array().unwrap().len(), PEOPLE.len() - 1, "{leads:#}");
    // The address that unsubscribes works forever, also for somebody who has come back since.
    tell(&server, &person(PEOPLE[2], json!({})));
    let news = || get(&place, &format!("/api/leads/{}", PEOPLE[2]))["consent"]["subscription:news"]["state"].clone();
    assert_eq!(news(), "granted");
    relay.deliver("ok-leaving@people.test", &format!("u-{}", paths[2]), &letter(PEOPLE[2], "", "No more."));
    assert_eq!(news(), "withdrawn");
    server.stop();
}

#[test]
fn a_door_for_mail_needs_a_domain() {
    let place = Place::sqlite();
    let mut command = place.command();
    command.env("ATTRACTOR_INBOUND", "127.0.0.1:0").stderr(std::process::Stdio::piped());
    let ended = command.output().unwrap();
    let error = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(2), "{error}");
    assert!(error.contains("`inbound` is set, and `bounce_domain` is not"), "{error}");
}
