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
mod bounce;
mod complaint;
mod fact;
mod fields;
mod original;
mod parts;
mod phrases;
mod plain;
mod reason;

pub use answer::Step;
pub use fact::{Back, Fact, Inbound, Kind, Original, REPLY_CHARS, Reason, Status};
pub use parts::{MOST_BYTES, MOST_NESTED};
pub use reason::reason_of_reply;

use parts::Parts;

/// Reads a raw mail (RFC 5322, lines ending with CR LF or LF). Any bytes give an answer; see [`MOST_BYTES`] and
/// [`MOST_NESTED`] for what is left unread.
pub fn read(raw: &[u8]) -> Inbound {
    let parts = Parts::of(raw);
    let mut inbound = Inbound {
        original: Original::of(&parts),
        message_id: parts.headers.get("message-id").and_then(original::message_id),
        is_cut: parts.is_cut,
        ..Inbound::default()
    };
    inbound.facts = complaint::read(&parts).or_else(|| bounce::read(&parts)).unwrap_or_else(|| {
        vec![Fact { kind: Kind::Reply, recipient: Some(parts.from.clone()), ..Fact::default() }]
    });
    inbound.from = parts.from;
    inbound.to = parts.to;
    inbound.subject = parts.subject;
    inbound
}
