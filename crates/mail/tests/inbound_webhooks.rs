//! Webhooks of providers as their documentation has them: read right, and refused where the proof is missing or wrong.
//! The events and what they mean are in `tables/`, one to a line.

use attractor_mail::inbound::webhooks::{Delivered, Instant, Key, Refusal, Request, Window, read};
use attractor_mail::inbound::{Kind, Reason};
use serde_json::{Value, json};
use signing::SendGrid;

mod signing;

/// Reads each event of a table, and compares kind, reason and recipient of the facts.
fn check(table: &str, read: impl Fn(&Value) -> Delivered) {
    for line in table.lines() {
        let row: Value = serde_json::from_str(line).expect("a line of JSON");
        let read = read(&row["event"]);
        let facts: Vec<Value> = read.notices.iter().map(|notice| &notice.fact).map(fact).collect();
        assert_eq!(Value::from(facts), row["facts"], "{}", row["case"]);
        assert_eq!(read.ignored, usize::from(read.notices.is_empty()), "{}", row["case"]);
    }
}

fn fact(fact: &attractor_mail::inbound::Fact) -> Value {
    json!([format!("{:?}", fact.kind), format!("{:?}", fact.reason), fact.recipient])
}

fn notification(event: &Value) -> Value {
    json!({"Type": "Notification", "MessageId": "m-1", "Timestamp": "2026-11-01T10:00:00.000Z", "Message": event.to_string()})
}

#[test]
fn amazon_ses_is_read() {
    let table = include_str!("tables/ses.ndjson");
    check(table, |event| signing::read_ses(&signing::ses(notification(event))).unwrap());
    let first: Value = serde_json::from_str(table.lines().next().unwrap()).unwrap();
    let read = signing::read_ses(&signing::ses(notification(&first["event"]))).unwrap();
    assert_eq!(read.notices[0].original.message_ids, ["own@x.example", "ses-1"]);
    assert_eq!(read.notices[0].id.as_deref(), Some("m-1"));
}

#[test]
fn amazon_sns_is_only_believed_with_its_signature_and_our_topic() {
    let event = json!({"eventType": "Open"});
    let signed = signing::ses(notification(&event));
    assert!(signing::read_ses(&signed).is_ok());
    let changed = |name: &str, value: Value| {
        let mut envelope: Value = serde_json::from_slice(&signed).unwrap();
        envelope[name] = value;
        signing::read_ses(envelope.to_string().as_bytes())
    };
    assert_eq!(changed("Message", json!("{}")), Err(Refusal::Unproven));
    assert_eq!(changed("Subject", json!("more")), Err(Refusal::Unproven));
    assert_eq!(changed("Signature", json!("")), Err(Refusal::Missing("Signature")));
    assert_eq!(changed("Signature", json!("AAAA")), Err(Refusal::Unproven));
    assert_eq!(changed("SignatureVersion", json!("1")), Err(Refusal::Unproven));
    assert_eq!(changed("SignatureVersion", json!("3")), Err(Refusal::Malformed("`SignatureVersion`")));
    assert_eq!(changed("SigningCertURL", json!("https://evil.example/a.pem")), Err(Refusal::ForeignCertificate));
    let request = Request { headers: &[], body: &signed };
    let key = |certificate, topics| Key::Ses { certificate, topics };
    assert_eq!(read(&request, &key(signing::CERTIFICATE, &[]), signing::ANY_TIME), Err(Refusal::ForeignTopic));
    assert_eq!(read(&request, &key(b"no PEM", &[signing::TOPIC]), signing::ANY_TIME), Err(Refusal::Key("certificate")));
    let late = Window { now: Instant(1_795_000_000_000), most_age: Window::RETRIES };
    assert_eq!(read(&request, &key(signing::CERTIFICATE, &[signing::TOPIC]), late), Err(Refusal::TooOld));
    assert_eq!(signing::read_ses(b"[]"), Err(Refusal::Malformed("the SNS message")));
}

/// A topic has version 1 (SHA-1) unless its owner chooses version 2. Both were signed with OpenSSL.
#[test]
fn amazon_sns_signs_in_two_versions() {
    for signed in [include_str!("sns/version-1.json"), include_str!("sns/version-2.json")] {
        assert_eq!(signing::read_ses(signed.as_bytes()).map(|read| read.ignored), Ok(1), "{signed}");
        let changed = signed.replace("Open", "Opan");
        assert_eq!(signing::read_ses(changed.as_bytes()), Err(Refusal::Unproven), "{changed}");
    }
}

#[test]
fn amazon_sns_asks_to_confirm_at_amazon_only() {
    let confirmation = |url: &str| {
        let envelope = json!({"Type": "SubscriptionConfirmation", "MessageId": "m", "Token": "t", "Message": "x", "SubscribeURL": url, "Timestamp": "2026-11-01T10:00:00Z"});
        signing::read_ses(&signing::ses(envelope)).unwrap().confirm
    };
    let ours = "https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription";
    assert_eq!(confirmation(ours).as_deref(), Some(ours));
    assert_eq!(confirmation("https://sns.evil.example/?x"), None);
}

#[test]
fn sendgrid_is_read() {
    let sendgrid = SendGrid::new();
    check(include_str!("tables/sendgrid.ndjson"), |event| {
        sendgrid.read(json!([event]).to_string().as_bytes()).unwrap()
    });
    let two = json!([{"event": "open"}, {"event": "spamreport", "email": "ada@example.com", "sg_event_id": "e-1", "smtp-id": "<own@x.example>", "timestamp": 1_600_000_000}]);
    let read = sendgrid.read(two.to_string().as_bytes()).unwrap();
    assert_eq!((read.ignored, read.notices.len()), (1, 1));
    assert_eq!(read.notices[0].id.as_deref(), Some("e-1"));
    assert_eq!(read.notices[0].at, Some(Instant(1_600_000_000_000)));
    assert_eq!(read.notices[0].original.message_ids, ["own@x.example"]);
}

#[test]
fn sendgrid_is_only_believed_with_its_signature() {
    let sendgrid = SendGrid::new();
    let body = b"[]";
    let signature = sendgrid.signature("1600000000", body);
    let with = |pairs: &[(&str, &str)], body: &[u8]| sendgrid.read_with(pairs, body, signing::ANY_TIME);
    assert!(with(&[("1600000000", &signature)], body).is_ok());
    assert!(matches!(with(&[], body), Err(Refusal::Missing(_))));
    assert!(matches!(with(&[("", &signature)], body), Err(Refusal::Missing(_))));
    assert_eq!(with(&[("1600000001", &signature)], body), Err(Refusal::Unproven));
    assert_eq!(with(&[("1600000000", &signature)], b"[{}]"), Err(Refusal::Unproven));
    assert_eq!(with(&[("1600000000", "YWJj")], body), Err(Refusal::Unproven));
    assert!(matches!(with(&[("yesterday", &signature)], body), Err(Refusal::Malformed(_))));
    let now = |now| Window { now: Instant(now), most_age: Window::RETRIES };
    let at = |now| sendgrid.read_with(&[("1600000000", &signature)], body, now);
    assert!(at(now(1_600_000_060_000)).is_ok());
    assert_eq!(at(now(1_600_000_000_000 + Window::RETRIES + 1)), Err(Refusal::TooOld));
    assert_eq!(at(now(1_599_999_000_000)), Err(Refusal::FromTheFuture));
}

#[test]
fn postmark_is_read_and_only_with_its_password() {
    let table = include_str!("tables/postmark.ndjson");
    check(table, |event| signing::read_postmark(event.to_string().as_bytes(), Some(signing::POSTMARK)).unwrap());
    for wrong in ["Basic aG9vazp3cm9uZw==", "Basic ", "Basic ??", "Bearer aG9vazpzZWNyZXQ=", "x"] {
        assert_eq!(signing::read_postmark(b"{}", Some(wrong)), Err(Refusal::Unproven), "{wrong}");
    }
    assert_eq!(signing::read_postmark(b"{}", None), Err(Refusal::Missing("Authorization")));
    let open = Key::Postmark { user: "", password: "" };
    let request = Request { headers: &[("Authorization", "Basic Og==")], body: b"{}" };
    assert_eq!(read(&request, &open, signing::ANY_TIME), Err(Refusal::Unproven));
}

/// Signed with [`signing::MAILGUN_KEY`]: HMAC of `1234567890` and the token.
fn mailgun_signature() -> Value {
    json!({"timestamp": "1234567890", "token": "1234567890abcdef1234567890abcdef", "signature": "3b754b7c269e4c08fb3f5f36b2b5f98e45245965522dc16ca4c9faa0b11b557d"})
}

#[test]
fn mailgun_is_read_and_only_with_its_signature() {
    let body = |event: &Value| json!({"signature": mailgun_signature(), "event-data": event}).to_string();
    let read = |event: &Value, key: &str| signing::read_mailgun("application/json", body(event).as_bytes(), key);
    check(include_str!("tables/mailgun.ndjson"), |event| read(event, signing::MAILGUN_KEY).unwrap());

    let delivered = json!({"event": "delivered"});
    assert_eq!(read(&delivered, "another"), Err(Refusal::Unproven));
    assert_eq!(read(&delivered, ""), Err(Refusal::Key("webhook signing key")));
    for name in ["timestamp", "token", "signature"] {
        let mut signature = mailgun_signature();
        signature[name] = json!("12");
        let body = json!({"signature": signature, "event-data": delivered}).to_string();
        let read = signing::read_mailgun("application/json", body.as_bytes(), signing::MAILGUN_KEY);
        assert_eq!(read, Err(Refusal::Unproven), "{name}");
    }
    // What is signed could be cut anew where a number may have letters.
    let mut cut = mailgun_signature();
    cut["timestamp"] = json!("1234567890e0");
    let cut = json!({"signature": cut, "event-data": delivered}).to_string();
    let cut = signing::read_mailgun("application/json", cut.as_bytes(), signing::MAILGUN_KEY);
    assert_eq!(cut, Err(Refusal::Malformed("timestamp")));
    let unsigned = signing::read_mailgun("application/json", b"{\"event-data\": {}}", signing::MAILGUN_KEY);
    assert_eq!(unsigned, Err(Refusal::Missing("timestamp")));
}

#[test]
fn mailgun_forms_are_read_like_its_json() {
    let form = "event=bounced&recipient=ada%40example.com&code=550&error=5.1.1+unknown+user&Message-Id=%3Cown%40x.example%3E&timestamp=1234567890&token=1234567890abcdef1234567890abcdef&signature=3b754b7c269e4c08fb3f5f36b2b5f98e45245965522dc16ca4c9faa0b11b557d";
    let read =
        signing::read_mailgun("application/x-www-form-urlencoded", form.as_bytes(), signing::MAILGUN_KEY).unwrap();
    let notice = &read.notices[0];
    assert_eq!(notice.original.message_ids, ["own@x.example"]);
    assert_eq!(notice.at, Some(Instant(1_234_567_890_000)));
    assert_eq!((notice.fact.kind, notice.fact.reason), (Kind::Hard, Reason::NoUser));
    assert_eq!(notice.fact.recipient.as_deref(), Some("ada@example.com"));
}

#[test]
fn a_refusal_says_what_would_be_right() {
    let refusal = Refusal::Missing("X-Twilio-Email-Event-Webhook-Signature").to_string();
    assert_eq!(refusal, "`X-Twilio-Email-Event-Webhook-Signature` is missing; only signed webhooks are accepted");
}
