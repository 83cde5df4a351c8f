//! Messages on their way in.

use attractor_engine::message::Message;
use attractor_engine::time::Instant;
use attractor_store::LeadId;

/// What a message's traits may set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fills {
    /// Anything.
    #[default]
    All,
    /// What is empty, or came with a public key: it came with one itself.
    Empty,
    /// The same, without the limits of public keys: the server itself says it, and no stranger can use up its share.
    EmptyByServer,
    /// Anything, but a first source only where the lead has none: it is that of a visit.
    FirstOnce,
}

impl Fills {
    /// Whether it may set only what is empty, or came with a public key.
    pub fn is_public(self) -> bool {
        matches!(self, Fills::Empty | Fills::EmptyByServer)
    }
}

/// A message as it reached the server, normalised: with its `messageId`, and its `timestamp` set right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    /// One JSON object.
    pub json: String,
    pub received_at: Instant,
    /// Who brought it: `key:3`, `import:2`, `user:1` …
    pub origin: String,
    pub fills: Fills,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is in the ledger now, an event of this lead.
    New { lead: LeadId },
    /// It was there already.
    Repeated,
    /// It is not a valid message: the reason.
    Refused(String),
}

/// A message that may go into the ledger.
pub struct Valid<'m> {
    pub place: usize,
    pub message: Message<'m>,
    pub at: Instant,
}
