//! Webhooks of providers: verified, then read into the same facts as mails. What providers count themselves (opens,
//! clicks) is left out.
//!
//! ```
//! use attractor_mail::inbound::webhooks::{read, Instant, Key, Refusal, Request, Window};
//!
//! let request = Request { headers: &[("Content-Type", "application/json")], body: b"[]" };
//! let window = Window { now: Instant(1_795_000_000_000), most_age: Window::RETRIES };
//! let refused = read(&request, &Key::SendGrid { public_key: "MFkw…" }, window).unwrap_err();
//! assert_eq!(refused, Refusal::Missing("X-Twilio-Email-Event-Webhook-Signature"));
//! ```

mod form;
mod mailgun;
mod postmark;
mod sendgrid;
mod ses;
mod sns;

use std::fmt;

use serde_json::Value;

use super::fact::{Fact, Kind, Original, Reason};
use super::reason::Evidence;
use super::{answer, bounce};

pub use sendgrid::is_verification_key;
pub(super) use ses::of_text as ses_in_text;
pub use sns::{certificate_url, topic_of};

pub use attractor_engine::time::Instant;

/// A request as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Names in any case.
    pub headers: &'a [(&'a str, &'a str)],
    pub body: &'a [u8],
}

impl<'a> Request<'a> {
    fn header(&self, name: &'static str) -> Result<&'a str, Refusal> {
        let own = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.trim()).filter(|value| !value.is_empty()).ok_or(Refusal::Missing(name))
    }
}

/// Whose webhook it is, and what proves that.
#[derive(Clone, Copy)]
pub enum Key<'a> {
    /// Amazon SES over SNS.
    Ses {
        /// The certificate behind [`certificate_url`], as PEM.
        certificate: &'a [u8],
        /// The topics that are ours. Without one nothing is accepted: SNS signs for all its customers alike.
        topics: &'a [&'a str],
    },
    /// The verification key of the settings "Signed Event Webhook": base64 of a P-256 key's SubjectPublicKeyInfo.
    SendGrid { public_key: &'a str },
    /// Postmark does not sign; the address of the webhook has a user and password (HTTP Basic), which the server made.
    Postmark { user: &'a str, password: &'a str },
    /// The "HTTP webhook signing key".
    Mailgun { signing_key: &'a str },
}

/// When a signed request is too old, or from the future.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    pub now: Instant,
    /// In milliseconds. An older signature is refused: somebody replays it. (Ids make a replay harmless besides.)
    pub most_age: i64,
}

impl Window {
    /// Providers repeat a request that failed for up to a day; three leave room for a server that was down.
    pub const RETRIES: i64 = 3 * 24 * 60 * 60 * 1000;

    /// Clocks differ; more than this is not a difference of clocks.
    const AHEAD: i64 = 10 * 60 * 1000;

    fn check(self, at: Instant) -> Result<(), Refusal> {
        let age = self.now.0.saturating_sub(at.0);
        if age > self.most_age {
            return Err(Refusal::TooOld);
        }
        if age < -Window::AHEAD { Err(Refusal::FromTheFuture) } else { Ok(()) }
    }
}

/// A longer body is refused: providers send batches of at most 1 MB.
pub const MOST_BODY: usize = 8 * 1024 * 1024;

/// What a verified request says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivered {
    pub notices: Vec<Notice>,
    /// How many events were left out: opens, clicks, sendings, and kinds that are not known.
    pub ignored: usize,
    /// SNS asks for a `GET` of this URL before it sends anything. It belongs to Amazon.
    pub confirm: Option<String>,
    /// What the provider signs once only, where the signature does not cover the events: with other events it is a forgery.
    pub nonce: Option<String>,
}

/// One event at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notice {
    /// The provider's id of the event: the same when it is sent again.
    pub id: Option<String>,
    pub at: Option<Instant>,
    pub fact: Fact,
    /// The mail of ours: the ids by which the provider knows it, ours first.
    pub original: Original,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The header or field is missing or empty.
    Missing(&'static str),
    /// The signature, user or password is wrong.
    Unproven,
    /// The key in our settings cannot be read.
    Key(&'static str),
    /// The body or a field is not what the provider's documentation says.
    Malformed(&'static str),
    /// The certificate is not at Amazon.
    ForeignCertificate,
    /// A topic that is not ours.
    ForeignTopic,
    TooOld,
    FromTheFuture,
    TooLarge,
}

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Missing(name) => write!(formatter, "`{name}` is missing; only signed webhooks are accepted"),
            Refusal::Unproven => {
                write!(formatter, "the signature or password is wrong; compare the settings on both sides")
            }
            Refusal::Key(name) => write!(formatter, "the {name} cannot be read; copy it again from the provider"),
            Refusal::Malformed(what) => write!(formatter, "{what} cannot be read"),
            Refusal::ForeignCertificate => {
                write!(formatter, "`SigningCertURL` is not https://sns.REGION.amazonaws.com/….pem")
            }
            Refusal::ForeignTopic => write!(formatter, "`TopicArn` is not one of the topics in the settings"),
            Refusal::TooOld => write!(formatter, "the signature is too old"),
            Refusal::FromTheFuture => write!(formatter, "the signature is from the future; check the clock"),
            Refusal::TooLarge => write!(formatter, "the body is larger than {MOST_BODY} bytes"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Verifies a request and reads it.
pub fn read(request: &Request, key: &Key, window: Window) -> Result<Delivered, Refusal> {
    if request.body.len() > MOST_BODY {
        return Err(Refusal::TooLarge);
    }
    match key {
        Key::Ses { certificate, topics } => sns::read(request, certificate, topics, window),
        Key::SendGrid { public_key } => sendgrid::read(request, public_key, window),
        Key::Postmark { user, password } => postmark::read(request, user, password),
        Key::Mailgun { signing_key } => mailgun::read(request, signing_key, window),
    }
}

/// Reads bytes as each provider's events, as if they were proven: what a stolen key could send must not panic either.
pub(super) fn unproven(bytes: &[u8]) {
    let at = Instant(0);
    _ = ses::read(&String::from_utf8_lossy(bytes), "id", at);
    _ = certificate_url(bytes);
    _ = form::fields("multipart/form-data; boundary=x", bytes);
    _ = form::fields("", bytes);
    let Ok(event) = serde_json::from_slice::<Value>(bytes) else { return };
    _ = sendgrid::events(std::slice::from_ref(&event));
    _ = postmark::event(&event);
    _ = mailgun::event(&event, &event);
}

/// The text at a path of a JSON document; empty if the document has no text there.
fn text<'v>(value: &'v Value, path: &str) -> &'v str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

/// Seconds since 1970, whole or broken, as a number or a text.
fn seconds(value: &Value) -> Option<Instant> {
    let seconds = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    let is_sane = (0.0..1e11).contains(&seconds);
    is_sane.then_some(Instant((seconds * 1000.0).floor() as i64))
}

/// RFC 3339, as most providers write instants.
fn instant(text: &str) -> Option<Instant> {
    text.parse::<jiff::Timestamp>().ok().map(|at| Instant(at.as_millisecond()))
}

fn ids<'t>(candidates: impl IntoIterator<Item = &'t str>) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for id in candidates.into_iter().map(|id| id.trim().trim_matches(['<', '>'])).filter(|id| !id.is_empty()) {
        if !ids.iter().any(|own| own == id) {
            ids.push(id.to_owned());
        }
    }
    ids
}

/// The token that names a copy, where an event repeats it.
fn token(event: &Value, path: &str) -> Option<String> {
    let token = text(event, path);
    (!token.is_empty()).then(|| token.to_owned())
}

fn address(text: &str) -> Option<String> {
    super::address::first(text)
}

/// What a provider says about a mail that did not arrive.
#[derive(Default)]
struct Failure<'a> {
    reply: &'a str,
    status: &'a str,
    /// What the provider itself makes of it; decides where the reply leaves it open.
    verdict: Reason,
    /// True if the provider tries again.
    is_delayed: bool,
}

/// The reply decides where it says something; a verdict that the address is dead decides over vague replies, as the
/// provider saw the dialogue.
fn failure(recipient: Option<String>, failure: &Failure) -> Fact {
    let status = answer::status(failure.reply).or_else(|| super::Status::parse(failure.status.trim()));
    let code = answer::code(failure.reply);
    let step = answer::step(failure.reply);
    let evidence = Evidence { reply: failure.reply, status, code, step, ..Evidence::default() };
    let reason = match (evidence.reason(), failure.verdict) {
        (own, Reason::HeldBack) if own.kind() != Kind::Full => Reason::HeldBack,
        (Reason::Unknown | Reason::Filtered | Reason::Policy, verdict) if verdict != Reason::Unknown => verdict,
        (own, _) => own,
    };
    let reason = if failure.is_delayed && reason.kind() == Kind::Hard { Reason::Late } else { reason };
    Fact {
        kind: reason.kind(),
        reason,
        recipient,
        status,
        code,
        reply: bounce::one_line(failure.reply),
        ..Fact::default()
    }
}

/// A fact without a reason: delivered, complaint, stop.
fn plain(kind: Kind, recipient: Option<String>, reply: &str) -> Fact {
    let status = answer::status(reply);
    Fact { kind, recipient, status, code: answer::code(reply), reply: bounce::one_line(reply), ..Fact::default() }
}
