//! The way of a mail out of this program: what takes it, and what it answered. The server brings one.

use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use attractor_engine::time::Instant;
pub use attractor_mail::inbound::Step;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::machine::Time;

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

    /// What takes mails at this moment, where that may change; the same one until it does. `None` where it never changes.
    fn at_present(&self) -> Option<Arc<dyn Transport>> {
        None
    }

    /// Connects, encrypts and signs in as for a mail, and sends none; the error is what failed first. `None` where there is
    /// nothing to connect to.
    fn try_out(&self) -> Option<Result<Usable, Unreached>> {
        None
    }
}

/// How a mail server that can be used was spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usable {
    pub encryption: UsedEncryption,
    pub login: UsedLogin,
}

/// How a connection was encrypted: `tls` from its start on, by `starttls`, or `none`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UsedEncryption {
    Tls,
    Starttls,
    None,
}

/// Whether a mail server was signed in to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsedLogin {
    SignedIn,
    /// No login is set, and the server offers none.
    NotOffered,
    /// No login is set, and the server offers one.
    NotUsed,
}

/// How far a connection to a mail server came
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransportStage {
    /// The connection, and the greeting of the server.
    Connection,
    Encryption,
    Login,
    /// A command that does nothing, after all of that.
    Noop,
}

impl TransportStage {
    /// Its spelling in the API.
    pub fn name(self) -> &'static str {
        match self {
            TransportStage::Connection => "connection",
            TransportStage::Encryption => "encryption",
            TransportStage::Login => "login",
            TransportStage::Noop => "noop",
        }
    }
}

/// Why a mail server could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    pub stage: TransportStage,
    /// Without secrets.
    pub why: String,
}

/// What takes mails at this moment. Where it may change, whoever asks it twice must ask the same one, so that no mail that
/// was meant to be caught leaves.
pub fn present(transport: &Arc<dyn Transport>) -> Arc<dyn Transport> {
    transport.at_present().unwrap_or_else(|| transport.clone())
}

/// What takes mails, as it was when it was looked at last: what is decided for a batch holds for the whole of it.
pub struct PresentTransport {
    source: Arc<dyn Transport>,
    now: Arc<dyn Transport>,
}

impl PresentTransport {
    pub fn of(source: Arc<dyn Transport>) -> PresentTransport {
        PresentTransport { now: present(&source), source }
    }

    /// Looks again. Whether it is another one than before.
    pub fn renew(&mut self) -> bool {
        let now = present(&self.source);
        let is_other = !Arc::ptr_eq(&now, &self.now);
        if is_other {
            std::mem::replace(&mut self.now, now).rest();
        }
        is_other
    }

    /// Tells later, and elsewhere, whether it is still the same.
    pub fn is_still(&self) -> impl FnOnce() -> bool + Send + 'static + use<> {
        let (source, now) = (self.source.clone(), self.now.clone());
        move || Arc::ptr_eq(&present(&source), &now)
    }

    pub fn share(&self) -> Arc<dyn Transport> {
        self.now.clone()
    }
}

impl Deref for PresentTransport {
    type Target = dyn Transport;

    fn deref(&self) -> &(dyn Transport + 'static) {
        &*self.now
    }
}

/// By place, what became of each mail, and when.
pub fn delivered(
    transport: &dyn Transport,
    mails: &[OutgoingMail],
    clock: &dyn Time,
) -> Vec<Option<(Delivery, Instant)>> {
    let ended: Mutex<Vec<Option<(Delivery, Instant)>>> = Mutex::new(vec![None; mails.len()]);
    transport.deliver(mails, &|place, delivery| {
        if let Some(slot) = ended.lock().unwrap_or_else(PoisonError::into_inner).get_mut(place) {
            *slot = Some((delivery, clock.now()));
        }
    });
    ended.into_inner().unwrap_or_else(PoisonError::into_inner)
}
