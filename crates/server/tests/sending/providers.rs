//! Webhooks of providers over HTTP: what they report about copies, and what is not believed.

use data_encoding::{BASE64, HEXLOWER};
use ring::hmac;
use serde_json::{Value, json};

use super::inbound::{events, header};
use super::running::{Answer, Place, Server};
use super::signing::SendGrid;
use super::sink::Sink;
use super::smtp::{ask_for, borrowed, settings};
use super::world::{get, person, start, tell, until, until_at};

const MAILGUN: &str = "key-of-these-tests-alone";
const POSTMARK: &str = "postmark:a long password of these tests";
const TOPIC: &str = "arn:aws:sns:eu-central-1:123456789012:mail";

/// A server to which all providers report.
struct Site {
    server: Server,
    sendgrid: SendGrid,
    now: i64,
}

impl Site {
    fn begin(place: &Place, sink: &Sink) -> Site {
        let sendgrid = SendGrid::new();
        let mut settings = settings(sink);
        settings.extend([
            ("SES_TOPICS", TOPIC.to_owned()),
            ("SENDGRID_KEY", sendgrid.public_key()),
            ("POSTMARK_WEBHOOK", POSTMARK.to_owned()),
            ("MAILGUN_KEY", MAILGUN.to_owned()),
        ]);
        let now = attractor_server::clock::now().0 / 1000;
        Site { server: start(place, &borrowed(&settings)), sendgrid, now }
    }

    fn post(&self, provider: &str, headers: &[(&str, &str)], body: &Value) -> Answer {
        let all = [&[("content-type", "application/json")], headers].concat();
        self.server.ask("POST", &format!("/hooks/mail/{provider}"), &all, body.to_string().as_bytes())
    }

    fn postmark(&self, body: &Value) -> Answer {
        let basic = format!("Basic {}", BASE64.encode(POSTMARK.as_bytes()));
        self.post("postmark", &[("authorization", &basic)], body)
    }

    fn sendgrid(&self, body: &Value) -> Answer {
        let at = self.now.to_string();
        let signature = self.sendgrid.signature(&at, body.to_string().as_bytes());
        let headers = [
            ("x-twilio-email-event-webhook-timestamp", at.as_str()),
            ("x-twilio-email-event-webhook-signature", signature.as_str()),
        ];
        self.post("sendgrid", &headers, body)
    }

    fn mailgun(&self, token: &str, event: &Value) -> Answer {
        self.mailgun_at(self.now, token, event)
    }

    fn mailgun_at(&self, at: i64, token: &str, event: &Value) -> Answer {
        let key = hmac::Key::new(hmac::HMAC_SHA256, MAILGUN.as_bytes());
        let signature = HEXLOWER.encode(hmac::sign(&key, format!("{at}{token}").as_bytes()).as_ref());
        let signature = json!({"timestamp": at.to_string(), "token": token, "signature": signature});
        self.post("mailgun", &[], &json!({"signature": signature, "event-data": event}))
    }
}

/// What an answer counts: stored, ignored, unknown.
fn counts(answer: &Answer) -> [i64; 3] {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    ["stored", "ignored", "unknown"].map(|name| body[name].as_i64().unwrap())
}

const PEOPLE: [&str; 5] = ["ok-gone", "ok-full", "ok-leaving", "ok-angry", "ok-quiet"];

fn address(user: &str) -> String {
    format!("{user}@people.test")
}

/// Writes to everybody. Returns the token in each mail's headers and its `Message-ID`.
fn written_to(place: &Place, site: &Site, sink: &Sink) -> Vec<(String, String)> {
    tell(&site.server, &PEOPLE.iter().flat_map(|user| person(user, json!({}))).collect::<Vec<_>>());
    until(place, "sent", |copies| copies.iter().filter(|copy| copy["state"] == "sent").count() == PEOPLE.len());
    let found = PEOPLE.iter().map(|user| {
        let mail = sink.mails(&address(user)).pop().unwrap();
        let token = header(&mail, "X-PM-Metadata-copy");
        for (name, value) in [
            ("X-SES-MESSAGE-TAGS", format!("copy={token}")),
            ("X-SMTPAPI", format!("{{\"unique_args\": {{\"copy\": \"{token}\"}}}}")),
            ("X-Mailgun-Variables", format!("{{\"copy\": \"{token}\"}}")),
        ] {
            assert_eq!(header(&mail, name), value);
        }
        (token, header(&mail, "Message-ID").trim_matches(['<', '>']).to_owned())
    });
    found.collect()
}

#[test]
fn what_providers_report_is_stored_once() {
    Place::each(|place| {
        let sink = Sink::start();
        let site = Site::begin(place, &sink);
        let found = written_to(place, &site, &sink);
        let (token, _) = &found[0];
        let gone = json!({"RecordType": "Bounce", "ID": 7, "Type": "HardBounce", "Email": "another@people.test", "Metadata": {"copy": token}});
        assert_eq!(counts(&site.postmark(&gone)), [1, 0, 0]);
        assert_eq!(counts(&site.postmark(&gone)), [1, 0, 0]);
        // By the id of the mail, as SendGrid keeps it.
        let (_, id) = &found[1];
        let full = json!({"event": "bounce", "email": address("ok-full"), "smtp-id": format!("<{id}>"), "sg_event_id": "a", "reason": "452 4.2.2 mailbox full", "timestamp": site.now});
        let opened = json!({"event": "open", "email": address("ok-full"), "sg_event_id": "b"});
        let strange = json!({"event": "bounce", "email": "nobody@people.test", "sg_event_id": "c", "reason": "550 5.1.1 no such user"});
        assert_eq!(counts(&site.sendgrid(&json!([full, opened, strange]))), [1, 1, 1]);
        // By the address alone: nobody else but the provider can say so.
        let leaving = json!({"event": "unsubscribed", "id": "x", "recipient": address("ok-leaving")});
        assert_eq!(counts(&site.mailgun("one", &leaving)), [1, 0, 0]);
        assert_eq!(counts(&site.mailgun("one", &leaving)), [1, 0, 0], "Mailgun did not get the first answer");
        let (token, _) = &found[3];
        let angry = json!({"event": "complained", "id": "y", "recipient": address("ok-angry"), "user-variables": {"copy": token}});
        assert_eq!(counts(&site.mailgun("two", &angry)), [1, 0, 0]);
        for (user, kind, name, value) in [
            ("ok-gone", "Email Bounced", "permanent", json!(true)),
            ("ok-full", "Email Bounced", "permanent", json!(false)),
            ("ok-leaving", "Unsubscribed", "email", json!(address("ok-leaving"))),
            ("ok-angry", "Email Marked as Spam", "email_id", json!("welcome")),
        ] {
            let found = events(place, user, kind);
            assert_eq!((found.len(), &found[0]["properties"][name]), (1, &value), "{user}: {found:#?}");
        }
        site.server.stop();
    });
}

#[test]
fn nobody_else_is_believed() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let site = Site::begin(&place, &sink);
    let found = written_to(&place, &site, &sink);
    let quiet =
        json!({"RecordType": "SpamComplaint", "ID": 9, "Email": address("ok-quiet"), "Metadata": {"copy": found[4].0}});
    let complaint = json!({"event": "complained", "id": "z", "recipient": address("ok-quiet")});
    let status = |answer: Answer| answer.status;
    assert_eq!(status(site.post("postmark", &[], &quiet)), 401);
    assert_eq!(status(site.post("postmark", &[("authorization", "Basic cG9zdG1hcms6d3Jvbmc=")], &quiet)), 401);
    assert_eq!(status(site.post("sendgrid", &[], &json!([complaint]))), 401);
    let headers = [
        ("x-twilio-email-event-webhook-timestamp", "1600000000"),
        ("x-twilio-email-event-webhook-signature", "MEUCIQ=="),
    ];
    assert_eq!(status(site.post("sendgrid", &headers, &json!([complaint]))), 401);
    assert_eq!(status(site.post("mailgun", &[], &json!({"event-data": complaint}))), 401);
    let wrong = json!({"timestamp": site.now.to_string(), "token": "t", "signature": "ab".repeat(32)});
    assert_eq!(status(site.post("mailgun", &[], &json!({"signature": wrong, "event-data": complaint}))), 401);
    assert_eq!(status(site.mailgun_at(site.now - 4 * 86_400, "old", &complaint)), 403);
    assert_eq!(status(site.mailgun_at(site.now + 86_400, "early", &complaint)), 403);
    // Mailgun's signature does not cover the event: with another event it is a forgery.
    assert_eq!(counts(&site.mailgun("once", &json!({"event": "opened"}))), [0, 1, 0]);
    assert_eq!(status(site.mailgun("once", &complaint)), 401);
    let message = json!({"Type": "Notification", "TopicArn": TOPIC, "Message": "{}", "SigningCertURL": "https://evil.example/a.pem", "Signature": "AAAA", "SignatureVersion": "2", "Timestamp": "2026-11-01T10:00:00Z"});
    assert_eq!(status(site.post("ses", &[], &message)), 403);
    assert_eq!(status(site.post("ses", &[], &json!({"Type": "Notification"}))), 401);
    // Of another topic, nothing is fetched; at ours, only from its region.
    for (topic, url) in [
        ("arn:aws:sns:eu-central-1:1:theirs", "https://sns.eu-central-1.amazonaws.com/a.pem"),
        (TOPIC, "https://sns.s3-eu-west-1.amazonaws.com/a.pem"),
    ] {
        let mut message = message.clone();
        message["TopicArn"] = topic.into();
        message["SigningCertURL"] = url.into();
        assert_eq!(status(site.post("ses", &[], &message)), 403, "{topic} {url}");
    }
    assert_eq!(status(site.post("sparkpost", &[], &complaint)), 404);
    assert_eq!(events(&place, "ok-quiet", "Email Marked as Spam"), Vec::<Value>::new());
    site.server.stop();
}

#[test]
fn a_provider_without_a_key_in_the_settings_is_refused() {
    let (place, sink) = (Place::sqlite(), Sink::start());
    let settings = settings(&sink);
    let server = start(&place, &borrowed(&settings));
    for (provider, setting) in [
        ("ses", "ses_topics"),
        ("sendgrid", "sendgrid_key"),
        ("postmark", "postmark_webhook"),
        ("mailgun", "mailgun_key"),
    ] {
        let answer = server.ask("POST", &format!("/hooks/mail/{provider}"), &[], b"{}");
        assert_eq!(answer.status, 404, "{answer:?}");
        assert!(answer.json()["detail"].as_str().unwrap().contains(setting), "{answer:?}");
    }
    tell(&server, &person("ok-1", json!({})));
    until(&place, "sent", |copies| copies.iter().any(|copy| copy["state"] == "sent"));
    let mail = sink.mails("ok-1@people.test").pop().unwrap();
    assert!(!mail.contains("X-PM-Metadata") && !mail.contains("X-SMTPAPI"), "{mail}");
    server.stop();
}

#[test]
fn sending_stops_when_providers_report_too_much() {
    for (kind, words) in [("HardBounce", "their addresses do not exist"), ("SpamComplaint", "were marked as spam")] {
        let (place, sink) = (Place::sqlite(), Sink::start());
        let site = Site::begin(&place, &sink);
        ask_for(&site.server, (0..204).map(|number| format!("ok-{number}")));
        until_at(&place, "/api/sending", |status| status["counts"]["sent"] == 204);
        for number in 0..5 {
            // Reported twice, each counts once.
            let event =
                json!({"RecordType": "Bounce", "ID": number, "Type": kind, "Email": address(&format!("ok-{number}"))});
            let event = |_: i32| site.postmark(&event);
            assert_eq!((0..2).map(event).map(|answer| counts(&answer)).collect::<Vec<_>>(), [[1, 0, 0]; 2]);
            let paused = get(&place, "/api/sending")["paused"].clone();
            let is_over = kind == "SpamComplaint" || number == 4;
            assert_eq!(paused.as_str().is_some_and(|why| why.contains(words)), is_over, "{number}: {paused}");
        }
        site.server.stop();
    }
}
