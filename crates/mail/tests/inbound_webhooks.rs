//! Webhooks of providers as their documentation has them: read right, and refused where the proof is missing or wrong.

use attractor_mail::inbound::webhooks::{Instant, Key, Refusal, Request, Window, read};
use attractor_mail::inbound::{Kind, Reason};
use serde_json::{Value, json};
use signing::SendGrid;

mod signing;

/// Provider's name of the event, the event, and the kinds, reasons and recipients of the facts.
type Row = (&'static str, Value, Vec<(Kind, Reason, &'static str)>);

fn check(rows: Vec<Row>, read: impl Fn(&Value) -> Vec<(Kind, Reason, String)>) {
    for (name, event, wanted) in rows {
        let wanted: Vec<_> = wanted.into_iter().map(|(kind, reason, to)| (kind, reason, to.to_owned())).collect();
        assert_eq!(read(&event), wanted, "{name}");
    }
}

fn found(delivered: attractor_mail::inbound::webhooks::Delivered) -> Vec<(Kind, Reason, String)> {
    let facts = delivered.notices.into_iter().map(|notice| notice.fact);
    facts.map(|fact| (fact.kind, fact.reason, fact.recipient.unwrap_or_default())).collect()
}

fn notification(event: &Value) -> Value {
    json!({"Type": "Notification", "MessageId": "m-1", "Timestamp": "2026-11-01T10:00:00.000Z", "Message": event.to_string()})
}

#[test]
fn amazon_ses_is_read() {
    let mail = json!({"messageId": "ses-1", "destination": ["ada@example.com"], "headers": [{"name": "Message-ID", "value": "<own@x.example>"}]});
    let bounce = |kind: &str, sub: &str, recipients: Value| json!({"eventType": "Bounce", "mail": mail, "bounce": {"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": recipients}});
    let one = |status: &str, reply: &str| json!([{"emailAddress": "ada@example.com", "status": status, "diagnosticCode": reply}]);
    let rows: Vec<Row> = vec![
        (
            "permanent",
            bounce("Permanent", "General", one("5.1.1", "smtp; 550 5.1.1 user unknown")),
            vec![(Kind::Hard, Reason::NoUser, "ada@example.com")],
        ),
        (
            "permanent without words",
            bounce("Permanent", "NoEmail", json!([{"emailAddress": "ada@example.com"}])),
            vec![(Kind::Hard, Reason::NoUser, "ada@example.com")],
        ),
        (
            "a block is not permanent",
            bounce("Permanent", "General", one("5.7.1", "smtp; 550 5.7.1 listed at Spamhaus")),
            vec![(Kind::Blocked, Reason::Reputation, "ada@example.com")],
        ),
        (
            "on the list of the account",
            bounce(
                "Permanent",
                "OnAccountSuppressionList",
                one(
                    "5.1.1",
                    "Amazon SES did not send the message to this address because it is on the suppression list for your account.",
                ),
            ),
            vec![(Kind::Soft, Reason::HeldBack, "ada@example.com")],
        ),
        (
            "full",
            bounce("Transient", "MailboxFull", json!([{"emailAddress": "ada@example.com"}])),
            vec![(Kind::Full, Reason::Full, "ada@example.com")],
        ),
        (
            "too large",
            bounce("Transient", "MessageTooLarge", json!([{"emailAddress": "ada@example.com"}])),
            vec![(Kind::Policy, Reason::TooLarge, "ada@example.com")],
        ),
        (
            "two recipients",
            bounce(
                "Permanent",
                "General",
                json!([{"emailAddress": "a@example.com", "diagnosticCode": "smtp; 550 5.1.1 unknown user"}, {"emailAddress": "b@example.com", "diagnosticCode": "smtp; 552 5.2.2 mailbox full"}]),
            ),
            vec![(Kind::Hard, Reason::NoUser, "a@example.com"), (Kind::Full, Reason::Full, "b@example.com")],
        ),
        (
            "late",
            json!({"eventType": "DeliveryDelay", "mail": mail, "deliveryDelay": {"delayType": "TransientCommunicationFailure", "delayedRecipients": [{"emailAddress": "ada@example.com", "status": "4.4.1", "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host"}]}}),
            vec![(Kind::Soft, Reason::Network, "ada@example.com")],
        ),
        (
            "complaint",
            json!({"notificationType": "Complaint", "mail": mail, "complaint": {"complainedRecipients": [{"emailAddress": "ada@example.com"}], "complaintFeedbackType": "abuse"}}),
            vec![(Kind::Complaint, Reason::Unknown, "ada@example.com")],
        ),
        (
            "not spam after all",
            json!({"eventType": "Complaint", "mail": mail, "complaint": {"complainedRecipients": [{"emailAddress": "ada@example.com"}], "complaintFeedbackType": "not-spam"}}),
            vec![(Kind::Report, Reason::Unknown, "ada@example.com")],
        ),
        (
            "delivery",
            json!({"eventType": "Delivery", "mail": mail, "delivery": {"recipients": ["ada@example.com"], "smtpResponse": "250 ok"}}),
            vec![(Kind::Delivered, Reason::Unknown, "ada@example.com")],
        ),
        (
            "reject",
            json!({"eventType": "Reject", "mail": mail, "reject": {"reason": "Bad content"}}),
            vec![(Kind::Policy, Reason::Content, "ada@example.com")],
        ),
        (
            "left",
            json!({"eventType": "Subscription", "mail": mail, "subscription": {"newTopicPreferences": {"unsubscribeAll": true}}}),
            vec![(Kind::Stop, Reason::Unknown, "ada@example.com")],
        ),
        ("open", json!({"eventType": "Open", "mail": mail}), vec![]),
        ("nothing", json!({}), vec![]),
    ];
    check(rows, |event| found(signing::read_ses(&signing::ses(notification(event))).unwrap()));
    let read =
        signing::read_ses(&signing::ses(notification(&bounce("Permanent", "General", one("5.1.1", "x"))))).unwrap();
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
fn sendgrid_is_read_and_only_with_its_signature() {
    let sendgrid = SendGrid::new();
    let event = |kind: &str, more: Value| {
        let mut event = json!({"event": kind, "email": "ada@example.com", "timestamp": 1_600_000_000, "smtp-id": "<own@x.example>", "sg_event_id": "e-1"});
        event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([event])
    };
    let ada = "ada@example.com";
    let rows: Vec<Row> = vec![
        (
            "bounce",
            event(
                "bounce",
                json!({"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 The email account that you tried to reach does not exist."}),
            ),
            vec![(Kind::Hard, Reason::NoUser, ada)],
        ),
        (
            "bounce without words",
            event("bounce", json!({"type": "bounce", "status": "5.0.0", "reason": "500 unknown recipient"})),
            vec![(Kind::Hard, Reason::NoUser, ada)],
        ),
        (
            "block",
            event(
                "bounce",
                json!({"type": "blocked", "status": "5.7.1", "reason": "554 5.7.1 blocked using zen.spamhaus.org"}),
            ),
            vec![(Kind::Blocked, Reason::Reputation, ada)],
        ),
        (
            "full",
            event("bounce", json!({"type": "bounce", "status": "5.2.2", "reason": "552 5.2.2 mailbox is full"})),
            vec![(Kind::Full, Reason::Full, ada)],
        ),
        (
            "deferred",
            event(
                "deferred",
                json!({"response": "450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages"}),
            ),
            vec![(Kind::Soft, Reason::Rate, ada)],
        ),
        (
            "dropped, bounced before",
            event("dropped", json!({"reason": "Bounced Address"})),
            vec![(Kind::Soft, Reason::HeldBack, ada)],
        ),
        (
            "dropped, unsubscribed",
            event("dropped", json!({"reason": "Unsubscribed Address"})),
            vec![(Kind::Soft, Reason::HeldBack, ada)],
        ),
        ("spam report", event("spamreport", json!({})), vec![(Kind::Complaint, Reason::Unknown, ada)]),
        ("unsubscribe", event("group_unsubscribe", json!({})), vec![(Kind::Stop, Reason::Unknown, ada)]),
        ("delivered", event("delivered", json!({"response": "250 OK"})), vec![(Kind::Delivered, Reason::Unknown, ada)]),
        ("click", event("click", json!({})), vec![]),
        ("processed", event("processed", json!({})), vec![]),
    ];
    check(rows, |event| found(sendgrid.read(event.to_string().as_bytes()).unwrap()));

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
    let ada = "ada@example.com";
    let bounce = |kind: &str, details: &str| json!({"RecordType": "Bounce", "ID": 7, "Type": kind, "Email": ada, "MessageID": "p-1", "Details": details, "BouncedAt": "2026-11-01T10:00:00Z"});
    let rows: Vec<Row> = vec![
        (
            "hard",
            bounce("HardBounce", "smtp;550 5.1.1 The email account that you tried to reach does not exist."),
            vec![(Kind::Hard, Reason::NoUser, ada)],
        ),
        ("hard without words", bounce("HardBounce", ""), vec![(Kind::Hard, Reason::NoUser, ada)]),
        ("soft", bounce("SoftBounce", "smtp;452 4.2.2 over quota"), vec![(Kind::Full, Reason::Full, ada)]),
        ("transient", bounce("Transient", ""), vec![(Kind::Soft, Reason::Late, ada)]),
        ("blocked", bounce("Blocked", ""), vec![(Kind::Blocked, Reason::Reputation, ada)]),
        ("spam", bounce("SpamNotification", ""), vec![(Kind::Blocked, Reason::Spam, ada)]),
        ("DMARC", bounce("DMARCPolicy", ""), vec![(Kind::Policy, Reason::Authentication, ada)]),
        ("auto-reply", bounce("AutoResponder", ""), vec![(Kind::AutoReply, Reason::Unknown, ada)]),
        ("challenge", bounce("ChallengeVerification", ""), vec![(Kind::Challenge, Reason::Unknown, ada)]),
        (
            "complaint",
            json!({"RecordType": "SpamComplaint", "Email": ada, "MessageID": "p-1"}),
            vec![(Kind::Complaint, Reason::Unknown, ada)],
        ),
        (
            "left",
            json!({"RecordType": "SubscriptionChange", "Recipient": ada, "SuppressSending": true, "SuppressionReason": "ManualSuppression"}),
            vec![(Kind::Stop, Reason::Unknown, ada)],
        ),
        ("back again", json!({"RecordType": "SubscriptionChange", "Recipient": ada, "SuppressSending": false}), vec![]),
        (
            "delivery",
            json!({"RecordType": "Delivery", "Recipient": ada, "MessageID": "p-1"}),
            vec![(Kind::Delivered, Reason::Unknown, ada)],
        ),
        ("open", json!({"RecordType": "Open", "Recipient": ada}), vec![]),
    ];
    check(rows, |event| found(signing::read_postmark(event.to_string().as_bytes(), Some(signing::POSTMARK)).unwrap()));
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
    let ada = "ada@example.com";
    let failed = |severity: &str, reason: &str, status: Value| json!({"event": "failed", "severity": severity, "reason": reason, "recipient": ada, "id": "g-1", "timestamp": 1_234_567_890.5, "delivery-status": status, "message": {"headers": {"message-id": "own@x.example"}}});
    let rows: Vec<Row> = vec![
        (
            "permanent",
            failed(
                "permanent",
                "bounce",
                json!({"code": 550, "message": "5.1.1 The email account that you tried to reach does not exist", "mx-host": "mx.example"}),
            ),
            vec![(Kind::Hard, Reason::NoUser, ada)],
        ),
        (
            "blocked",
            failed("permanent", "espblock", json!({"code": 550, "message": "5.7.1 not accepted"})),
            vec![(Kind::Blocked, Reason::Reputation, ada)],
        ),
        (
            "suppressed",
            failed(
                "permanent",
                "suppress-bounce",
                json!({"code": 605, "message": "", "description": "Not delivering to previously bounced address"}),
            ),
            vec![(Kind::Soft, Reason::HeldBack, ada)],
        ),
        (
            "temporary",
            failed(
                "temporary",
                "generic",
                json!({"code": 452, "message": "4.2.2 The email account that you tried to reach is over quota"}),
            ),
            vec![(Kind::Full, Reason::Full, ada)],
        ),
        (
            "temporary without words",
            failed("temporary", "generic", json!({"code": 499})),
            vec![(Kind::Soft, Reason::Late, ada)],
        ),
        (
            "too old",
            failed("permanent", "old", json!({"code": 602, "message": "Too old"})),
            vec![(Kind::Soft, Reason::Late, ada)],
        ),
        ("complaint", json!({"event": "complained", "recipient": ada}), vec![(Kind::Complaint, Reason::Unknown, ada)]),
        ("left", json!({"event": "unsubscribed", "recipient": ada}), vec![(Kind::Stop, Reason::Unknown, ada)]),
        ("opened", json!({"event": "opened", "recipient": ada}), vec![]),
    ];
    let body = |event: &Value| json!({"signature": mailgun_signature(), "event-data": event}).to_string();
    let read = |event: &Value, key: &str| signing::read_mailgun("application/json", body(event).as_bytes(), key);
    check(rows, |event| found(read(event, signing::MAILGUN_KEY).unwrap()));

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
    let unsigned = signing::read_mailgun("application/json", b"{\"event-data\": {}}", signing::MAILGUN_KEY);
    assert_eq!(unsigned, Err(Refusal::Missing("timestamp")));
}

#[test]
fn mailgun_forms_are_read_like_its_json() {
    let form = "event=bounced&recipient=ada%40example.com&code=550&error=5.1.1+unknown+user&Message-Id=%3Cown%40x.example%3E&timestamp=1234567890&token=1234567890abcdef1234567890abcdef&signature=3b754b7c269e4c08fb3f5f36b2b5f98e45245965522dc16ca4c9faa0b11b557d";
    let read =
        signing::read_mailgun("application/x-www-form-urlencoded", form.as_bytes(), signing::MAILGUN_KEY).unwrap();
    assert_eq!(read.notices[0].original.message_ids, ["own@x.example"]);
    assert_eq!(read.notices[0].at, Some(Instant(1_234_567_890_000)));
    assert_eq!(found(read), [(Kind::Hard, Reason::NoUser, "ada@example.com".to_owned())]);
}
