//! What must hold of any input: for property tests, and for the fuzz targets.

use super::session::{MOST_RECIPIENTS, Session, Step, Stored};
use super::webhooks::{self, Instant, Key, Request, Window};
use super::{Inbound, Kind, MOST_BYTES, REPLY_CHARS, mails, only_asks_to_stop, read};

/// Any bytes as a mail or a file of mails: they are read within the limits, each time with the same result.
///
/// # Panics
///
/// If that does not hold.
pub fn mail(bytes: &[u8]) {
    let inbound = read(bytes);
    assert_eq!(inbound, read(bytes), "another answer to the same bytes");
    check(&inbound);
    assert!(inbound.is_cut || bytes.len() <= MOST_BYTES, "a mail beyond the limit is read whole");
    let total: usize = mails(bytes).iter().map(|mail| mail.len()).sum();
    assert!(total <= bytes.len(), "more mails than there are bytes");
}

fn check(inbound: &Inbound) {
    assert!(!inbound.facts.is_empty(), "no fact");
    for fact in &inbound.facts {
        assert!(fact.reply.chars().count() <= REPLY_CHARS, "a reply beyond the limit");
        assert!(!fact.reply.contains(['\r', '\n']), "a reply of several lines");
        assert_eq!(fact.is_permanent(), fact.kind == Kind::Hard, "permanent, and not hard");
        let is_address = |address: &String| address.is_empty() || address.matches('@').count() <= 1;
        assert!(fact.recipient.iter().all(is_address), "not an address: {:?}", fact.recipient);
    }
    if inbound.facts.iter().any(|fact| fact.kind == Kind::Stop) && inbound.words.contains('?') {
        assert!(!only_asks_to_stop(&inbound.words), "a question is taken for a request to stop");
    }
}

/// Any bytes as a webhook of each provider: without a proof all are refused, and nothing panics.
///
/// # Panics
///
/// If that does not hold.
pub fn webhook(bytes: &[u8]) {
    let window = Window { now: Instant(1_795_000_000_000), most_age: i64::MAX };
    let headers = [
        ("Content-Type", "multipart/form-data; boundary=x"),
        ("Authorization", "Basic eDp5"),
        ("X-Twilio-Email-Event-Webhook-Signature", "AAAA"),
        ("X-Twilio-Email-Event-Webhook-Timestamp", "1600000000"),
    ];
    let keys = [
        Key::Ses { certificate: bytes, topics: &[""] },
        Key::SendGrid { public_key: "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE" },
        Key::Postmark { user: "hook", password: "secret" },
        Key::Mailgun { signing_key: "key" },
    ];
    for key in &keys {
        let read = webhooks::read(&Request { headers: &headers, body: bytes }, key, window);
        assert!(read.is_err(), "a webhook without a proof is accepted");
    }
    webhooks::unproven(bytes);
}

/// Any bytes as what a client of the mail server says: replies are lines, only our mailboxes get mails, and how the bytes
/// are cut into pieces changes nothing.
///
/// # Panics
///
/// If that does not hold.
pub fn dialogue(bytes: &[u8]) {
    let whole = played(&[bytes]);
    let pieces: Vec<&[u8]> = bytes.chunks(7).collect();
    assert_eq!(whole, played(&pieces), "another answer to the same bytes");
}

/// The replies to pieces, and how many mails came.
fn played(pieces: &[&[u8]]) -> (String, usize) {
    let is_ours = |recipient: &str| recipient.starts_with("ours");
    let mut session = Session::new("bounce.x.example");
    let (mut replies, mut mails) = (String::new(), 0);
    for piece in pieces {
        session.feed(piece);
        while let Some(step) = session.next(&is_ours) {
            match step {
                Step::Reply(text) | Step::Close(text) => {
                    assert!(text.ends_with("\r\n") && text.len() > 5, "not a reply: {text:?}");
                    replies += &text;
                }
                Step::Mail(mail) => {
                    let is_right = (1..=MOST_RECIPIENTS).contains(&mail.recipients.len());
                    assert!(is_right && mail.recipients.iter().all(|recipient| is_ours(recipient)), "{mail:?}");
                    mails += 1;
                    replies += &session.answer(&[Stored::Yes; MOST_RECIPIENTS][..mail.recipients.len()]);
                }
            }
        }
    }
    (replies, mails)
}
