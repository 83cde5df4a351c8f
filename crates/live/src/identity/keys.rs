//! Keys as they are stored, and what a message says of them.

use attractor_engine::identity::{Fact, Key, facts};
use attractor_engine::message::Message;
use attractor_store::{IdentityId, IdentityKind, Received};

/// A key as it is stored: its kind and its text.
pub fn key(key: Key<'_>) -> (IdentityKind, &str) {
    match key {
        Key::User(text) => (IdentityKind::User, text),
        Key::Email(text) => (IdentityKind::Email, text),
        Key::Visitor(text) => (IdentityKind::Visitor, text),
    }
}

/// A message on its way into the ledger, with the identity that it is stored under.
pub struct NewEvent<'m> {
    pub message: Message<'m>,
    pub id: &'m str,
    pub identity: IdentityId,
    /// Milliseconds since 1970.
    pub at: i64,
    pub received: Received,
    pub flags: i64,
    pub origin: &'m str,
    /// It gives an e-mail that belongs to another lead, which it does not set.
    pub lost: bool,
}

/// The keys beside its own that a message's facts name, and these facts. A fact names a key by its
/// place in the list, from 1; 0 is the identity that the message is stored under.
pub fn keys_and_facts(message: &Message) -> (Vec<(IdentityKind, String)>, Vec<Fact>) {
    let mut keys: Vec<(IdentityKind, String)> = Vec::new();
    let mut found = Vec::new();
    let number = |of: Key| {
        let (kind, text) = key(of);
        keys.push((kind, text.to_owned()));
        keys.len() as u32
    };
    facts(message, 0, number, |fact| found.push(fact));
    (keys, found)
}
