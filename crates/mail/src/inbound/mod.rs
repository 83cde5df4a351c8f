//! Reads what comes back: bounces, complaints, auto-replies, challenges and people's replies.
//!
//! ```
//! use attractor_mail::inbound::{read, Kind};
//!
//! let raw = b"From: MAILER-DAEMON@mx.example\r\nSubject: failure notice\r\nReturn-Path: <>\r\n\r\n\
//!     I wasn't able to deliver your message to the following addresses.\r\n\r\n\
//!     <ada@example.com>:\r\n192.0.2.1 does not like recipient.\r\n\
//!     Remote host said: 550 5.1.1 <ada@example.com>... User Unknown\r\n";
//! let inbound = read(raw);
//! assert_eq!(inbound.facts[0].kind, Kind::Hard);
//! assert_eq!(inbound.facts[0].recipient.as_deref(), Some("ada@example.com"));
//! ```

mod address;
mod answer;
mod away;
mod bounce;
mod complaint;
mod dates;
mod fact;
mod fields;
pub mod hostile;
mod machine;
mod original;
mod parts;
mod phrases;
mod plain;
mod reason;
mod replies;
pub mod session;
mod stop;
pub mod webhooks;

pub use answer::Step;
pub use away::{Sent, back};
pub use fact::{Back, Fact, Inbound, Kind, Original, REPLY_CHARS, Reason, Status};
pub use parts::{MOST_BYTES, MOST_NESTED};
pub use reason::reason_of_reply;
pub use replies::own_words;
pub use stop::only_asks_to_stop;

use parts::Parts;

/// The mails in a file: one, or, where the file begins with a line `From `, as many as an mbox file holds (RFC 4155).
pub fn mails(file: &[u8]) -> Vec<&[u8]> {
    if !file.starts_with(b"From ") {
        return vec![file];
    }
    let mut mails = Vec::new();
    let (mut start, mut at, mut after_empty) = (0, 0, true);
    for line in file.split_inclusive(|byte| *byte == b'\n') {
        if after_empty && line.starts_with(b"From ") {
            mails.push(&file[start..at]);
            start = at + line.len();
        }
        at += line.len();
        after_empty = line.trim_ascii().is_empty();
    }
    mails.push(&file[start..]);
    mails.retain(|mail| !mail.trim_ascii().is_empty());
    mails
}

/// What Amazon SES reports by mail: the same JSON as in its webhook.
fn amazon(parts: &Parts, original: &mut Original) -> Option<Vec<Fact>> {
    if !(parts.from.ends_with("@amazonaws.com") || parts.from.ends_with(".amazonaws.com")) {
        return None;
    }
    let (facts, copy) = parts.texts.iter().find_map(|text| webhooks::ses_in_text(text))?;
    *original = copy;
    Some(facts)
}

/// The fact of a mail that reports nothing: a machine or a person wrote it.
fn letter(parts: &Parts, words: &str) -> Fact {
    let recipient = parts.from.contains('@').then(|| parts.from.clone());
    let stops_by_subject = words.is_empty() && only_asks_to_stop(&parts.subject);
    let kind = if machine::is_report(parts) {
        Kind::Report
    } else if machine::is_challenge(parts, words) {
        Kind::Challenge
    } else if machine::is_auto_reply(parts) {
        Kind::AutoReply
    } else if stops_by_subject || only_asks_to_stop(words) {
        Kind::Stop
    } else {
        Kind::Reply
    };
    let sent = parts.date.map(|day| Sent { day, zone: parts.zone });
    let text = format!("{}.\n{words}", parts.subject);
    let back = sent.filter(|_| kind == Kind::AutoReply).and_then(|sent| away::back(&text, sent));
    Fact { kind, recipient, back, ..Fact::default() }
}

/// Reads a raw mail (RFC 5322, lines ending with CR LF or LF). Any bytes give an answer; see [`MOST_BYTES`] and
/// [`MOST_NESTED`] for the limits.
///
/// A server that takes mail puts the envelope's sender into `Return-Path` before it calls this, as RFC 5321 (4.4) asks:
/// reports and auto-replies come with an empty one. Anybody can write a mail that looks like a report. A fact counts
/// only as far as the mail came to a signed return path of ours, which names the copy.
pub fn read(raw: &[u8]) -> Inbound {
    let parts = Parts::of(raw);
    let mut inbound = Inbound {
        original: Original::of(&parts),
        message_id: parts.headers.get("message-id").and_then(original::message_id),
        is_cut: parts.is_cut,
        ..Inbound::default()
    };
    let report = amazon(&parts, &mut inbound.original);
    let report = report.or_else(|| complaint::read(&parts));
    let report = report.or_else(|| if machine::is_report(&parts) { None } else { bounce::read(&parts) });
    inbound.facts = report.unwrap_or_else(|| {
        inbound.words = own_words(&parts.text());
        vec![letter(&parts, &inbound.words)]
    });
    inbound.from = if parts.from.contains('@') { parts.from } else { String::new() };
    inbound.to = parts.to;
    inbound.subject = parts.subject;
    inbound
}
