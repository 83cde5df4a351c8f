//! Who a message belongs to (contract §2, Who): ties of visitors, owners of e-mails, aliases. Keys are numbers that the
//! caller gives to them, so that a million leads cost a million small entries.

use std::collections::BTreeMap;

/// Beginnings of the visitors' ids that the program makes for people who are known by an address alone. They can be guessed,
/// so what strangers send must not have them: it would move what such a person did to somebody else.
const OWN_VISITORS: [&str; 2] = ["by hand: ", "email:"];

/// Whether a visitor's id is one that only the program makes.
pub fn is_own_visitor(id: &str) -> bool {
    OWN_VISITORS.iter().any(|start| id.starts_with(start))
}

use crate::address::canonical;
use crate::message::{Message, Type};
use crate::time::Instant;

/// What a lead can be known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key<'a> {
    User(&'a str),
    Email(&'a str),
    Visitor(&'a str),
}

impl<'a> Key<'a> {
    pub fn text(self) -> &'a str {
        match self {
            Key::User(text) | Key::Email(text) | Key::Visitor(text) => text,
        }
    }

    /// The key under which a message stands: its `userId`, else an identify's e-mail, else its visitor.
    pub fn of(message: &'a Message) -> Option<Key<'a>> {
        let user = message.user_id.as_deref().map(Key::User);
        let email = message.email.as_deref().map(Key::Email);
        user.or(email).or(message.anonymous_id.as_deref().map(Key::Visitor))
    }
}

/// A number for a key, the same for the same key, counted from 0.
pub type KeyNumber = u32;

/// What one message says about who is who. Most say nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// An e-mail came with a `userId`, or by itself in a message that is not public; `user` is then the e-mail's own key.
    Claim { user: KeyNumber, email: KeyNumber, public: bool },
    /// From its instant on, what the visitor does is the person's.
    Tie { visitor: KeyNumber, person: KeyNumber },
    /// An `alias`; whether `previous` is a user or a visitor is known when all is read.
    Alias { previous: String, user: KeyNumber },
}

/// Reports the facts of a message; `number` gives each key its number. The message stands under the key `person`.
pub fn facts(
    message: &Message,
    person: KeyNumber,
    mut number: impl FnMut(Key) -> KeyNumber,
    mut report: impl FnMut(Fact),
) {
    if let Some(user) = &message.user_id {
        let own = canonical(user);
        for email in own.iter().chain(&message.email) {
            report(Fact::Claim { user: person, email: number(Key::Email(email)), public: message.public });
        }
    } else if message.email.is_some() && !message.public {
        report(Fact::Claim { user: person, email: person, public: false });
    }
    let is_person = message.user_id.is_some() || message.email.is_some();
    if !is_person || !matches!(message.kind, Type::Identify | Type::Alias) {
        return;
    }
    if let Some(visitor) = &message.anonymous_id {
        report(Fact::Tie { visitor: number(Key::Visitor(visitor)), person });
    }
    if let (Type::Alias, Some(previous)) = (message.kind, &message.previous_id) {
        report(Fact::Alias { previous: previous.to_string(), user: person });
    }
}

/// The address that a public message with a `userId` gives: it becomes the attribute `email` only if it belongs to the
/// lead of that `userId` (contract §2, Who 7).
pub fn contested<'m>(message: &'m Message) -> Option<&'m str> {
    message.email.as_deref().filter(|_| message.public && message.user_id.is_some())
}

/// How strong a claim of an e-mail is; the least of an e-mail's claims owns it (contract §2, Who 6).
///
/// The first message received that is not public and has a `userId` comes before all others. Without one, a public
/// `userId` counts as much as the e-mail by itself in a message that is not public: the first received has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    is_weak: bool,
    received: u64,
}

impl Rank {
    /// `is_own` says that the e-mail came by itself, without a `userId`.
    pub fn new(is_own: bool, public: bool, received: u64) -> Rank {
        Rank { is_weak: is_own || public, received }
    }
}

/// All facts of the messages read, in any order of reporting.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// By e-mail, then user; the user is the e-mail itself where it came alone.
    claims: BTreeMap<(KeyNumber, KeyNumber), Claimed>,
    ties: Vec<Tie>,
    aliases: Vec<Alias>,
}

#[derive(Clone, Copy, Debug)]
struct Claimed {
    /// The first message received that said so.
    first: u64,
    best: Rank,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Tie {
    visitor: KeyNumber,
    at: Instant,
    received: u64,
    person: KeyNumber,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Alias {
    at: Instant,
    received: u64,
    previous: String,
    user: KeyNumber,
}

impl Facts {
    /// `received` numbers the messages in the order in which they came.
    pub fn add(&mut self, at: Instant, received: u64, fact: Fact) {
        match fact {
            Fact::Claim { user, email, public } => {
                let best = Rank::new(user == email, public, received);
                let claimed = self.claims.entry((email, user)).or_insert(Claimed { first: received, best });
                *claimed = Claimed { first: claimed.first.min(received), best: claimed.best.min(best) };
            }
            Fact::Tie { visitor, person } => self.ties.push(Tie { visitor, at, received, person }),
            Fact::Alias { previous, user } => self.aliases.push(Alias { at, received, previous, user }),
        }
    }

    /// Settles who is who among `keys` keys. `find` looks up the number of a key that some message carries.
    pub fn settle(mut self, keys: usize, find: impl Fn(Key) -> Option<KeyNumber>) -> Leads {
        let mut into: Vec<KeyNumber> = (0..keys as KeyNumber).collect();
        self.aliases.sort();
        for alias in std::mem::take(&mut self.aliases) {
            if let Some(old) = find(Key::User(&alias.previous)) {
                join(&mut into, old, alias.user);
            } else if let Some(visitor) = find(Key::Visitor(&alias.previous)) {
                self.ties.push(Tie { visitor, at: alias.at, received: alias.received, person: alias.user });
            }
        }
        let conflicts = own_emails(&self.claims, &mut into);
        self.ties.sort();
        Leads { into, ties: Ties::new(self.ties, keys), conflicts }
    }
}

/// The lead of `old` goes into the one that `new` belongs to by now.
fn join(into: &mut [KeyNumber], old: KeyNumber, new: KeyNumber) {
    let (old, new) = (root(into, old), root(into, new));
    into[old as usize] = new;
}

fn root(into: &mut [KeyNumber], mut key: KeyNumber) -> KeyNumber {
    while into[key as usize] != key {
        let above = into[into[key as usize] as usize];
        into[key as usize] = above;
        key = above;
    }
    key
}

/// Gives each e-mail to its strongest claim; the users who came with it otherwise are conflicts.
fn own_emails(claims: &BTreeMap<(KeyNumber, KeyNumber), Claimed>, into: &mut [KeyNumber]) -> Vec<Conflict> {
    let mut owners: BTreeMap<KeyNumber, (Rank, KeyNumber)> = BTreeMap::new();
    for ((email, user), claimed) in claims {
        let owner = owners.entry(*email).or_insert((claimed.best, *user));
        *owner = (claimed.best, *user).min(*owner);
    }
    for (email, (_, user)) in &owners {
        into[*email as usize] = *user;
    }
    let mut conflicts = Vec::new();
    for ((email, user), claimed) in claims {
        let owner = owners[email].1;
        if user != email && root(into, *user) != root(into, owner) {
            conflicts.push(Conflict { received: claimed.first, email: *email, user: *user, owner });
        }
    }
    conflicts.sort();
    conflicts
}

/// A user who came with an e-mail that belongs to another: nothing is joined (contract §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Conflict {
    /// The first message received that showed it.
    pub received: u64,
    pub email: KeyNumber,
    pub user: KeyNumber,
    /// The user that it belongs to, or the e-mail itself where it is a lead of its own.
    pub owner: KeyNumber,
}

/// Ties by visitor, each visitor's in the order of their instants.
#[derive(Clone, Debug)]
struct Ties {
    /// Where the ties of each key begin; the next key's beginning is their end.
    starts: Vec<u32>,
    ties: Vec<(Instant, KeyNumber)>,
}

impl Ties {
    fn new(sorted: Vec<Tie>, keys: usize) -> Ties {
        let mut kept: Vec<Tie> = Vec::with_capacity(sorted.len());
        for tie in sorted {
            // Of several at one instant only the last received counts.
            if kept.last().is_some_and(|last| (last.visitor, last.at) == (tie.visitor, tie.at)) {
                kept.pop();
            }
            kept.push(tie);
        }
        let mut starts = vec![0; keys + 1];
        for tie in &kept {
            starts[tie.visitor as usize + 1] += 1;
        }
        for key in 0..keys {
            starts[key + 1] += starts[key];
        }
        Ties { starts, ties: kept.into_iter().map(|tie| (tie.at, tie.person)).collect() }
    }

    fn of(&self, key: KeyNumber) -> &[(Instant, KeyNumber)] {
        &self.ties[self.starts[key as usize] as usize..self.starts[key as usize + 1] as usize]
    }
}

/// Who is who, settled.
#[derive(Clone, Debug)]
pub struct Leads {
    into: Vec<KeyNumber>,
    ties: Ties,
    pub conflicts: Vec<Conflict>,
}

impl Leads {
    /// The lead of a message that stands under `key` at `at`, as the key that names it.
    pub fn lead(&self, key: KeyNumber, at: Instant) -> KeyNumber {
        let ties = self.ties.of(key);
        let last = ties.partition_point(|(tied, _)| *tied <= at).saturating_sub(1);
        self.root(ties.get(last).map_or(key, |(_, person)| *person))
    }

    /// Whether an e-mail belongs to the lead of a person.
    pub fn has_email(&self, person: KeyNumber, email: KeyNumber) -> bool {
        self.root(person) == self.root(email)
    }

    fn root(&self, mut key: KeyNumber) -> KeyNumber {
        while self.into[key as usize] != key {
            key = self.into[key as usize];
        }
        key
    }
}
