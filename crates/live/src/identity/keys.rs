//! By which keys people are known, and what a message says of them.

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

/// A message that is in the ledger, under its identity.
pub struct Told<'m> {
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

/// The keys beside its own that a message speaks of, each with its number in `fact_of`.
pub fn spoken(message: &Message) -> (Vec<(IdentityKind, String)>, Vec<Fact>) {
    let mut keys: Vec<(IdentityKind, String)> = Vec::new();
    let mut said = Vec::new();
    // The numbers of the facts are places in `keys`, from 1; 0 is the person that the message stands under.
    let number = |of: Key| {
        let (kind, text) = key(of);
        keys.push((kind, text.to_owned()));
        keys.len() as u32
    };
    facts(message, 0, number, |fact| said.push(fact));
    (keys, said)
}
