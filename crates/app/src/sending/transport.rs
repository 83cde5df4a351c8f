//! The way of a mail out of this program: what takes it, and what it answered. The server brings one.

use attractor_engine::time::Instant;
pub use attractor_mail::inbound::Step;

/// A mail as it goes over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingMail {
    /// The return path: where bounces go.
    pub from: String,
    pub to: String,
    /// Whether only a server that offers SMTPUTF8 (RFC 6531) can take it.
    pub needs_smtputf8: bool,
    /// RFC 5322, lines with CRLF.
    pub bytes: Vec<u8>,
    /// When it was composed, by the leads' clock.
    pub made_at: Instant,
    /// The copy's random tag; of a test about a lead, the lead's number, so that an erasure finds what was caught of it.
    pub tag: i64,
}

/// What became of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The next server has it.
    Accepted,
    /// The next server does not have it, and may take it later; what it answered with the step of the dialogue, or why it
    /// was not asked.
    PutOff { answer: String, step: Option<Step> },
    /// The next server refused it for good: its answer, and the step of the dialogue that it answered.
    Refused { answer: String, step: Step },
    /// The next server does not accept the login, and was not asked to take the mail: its answer. The next try would count
    /// against the account like this one.
    LoginRefused { answer: String },
    /// Whether the next server has it cannot be known.
    Unknown { why: String },
}

/// What takes mails.
pub trait Transport: Send + Sync {
    /// Tries each mail once, and calls `ended` once for each, by its place, as soon as it is known what became of it.
    fn deliver(&self, mails: &[OutgoingMail], ended: &(dyn Fn(usize, Delivery) + Sync));

    /// How many mails one batch has: what a crash leaves in doubt.
    fn batch(&self) -> usize;

    /// Whether mails leave this machine.
    fn is_real(&self) -> bool;

    /// Nothing is due: what is open for the next batch may be closed.
    fn rest(&self) {}
}
