//! Who a message belongs to, settled from all messages read.

use super::address::canonical;
use super::message::Message;
use std::collections::{BTreeMap, BTreeSet};

/// What a lead is named by. The order decides where two leads have the same name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    User(String),
    Email(String),
    Visitor(String),
}

/// A lead's name and its messages by instant, ties in the order received, each `messageId` once.
pub struct Person {
    pub name: String,
    pub messages: Vec<Message>,
}

struct Settled<'a> {
    messages: &'a [Message],
    users: BTreeSet<&'a str>,
    /// Of each `userId` that went into another lead, the `userId` it went into.
    gone_into: BTreeMap<String, String>,
    /// Of each e-mail that belongs to a `userId`, that `userId`.
    owners: BTreeMap<String, String>,
    /// Of each visitor, the person tied to it from an instant on.
    ties: BTreeMap<String, BTreeMap<i64, Key>>,
}

/// The leads ordered by name, and the conflicts between e-mails and `userId`s.
pub fn settle(messages: &[Message]) -> (Vec<Person>, Vec<(usize, String)>) {
    let users = messages.iter().filter_map(|m| m.user.as_deref()).collect();
    let (gone_into, owners, ties) = Default::default();
    let mut settled = Settled { messages, users, gone_into, owners, ties };
    settled.own_emails();
    settled.apply_aliases();
    settled.tie_visitors();
    let mut leads: BTreeMap<Key, Vec<Message>> = BTreeMap::new();
    for message in messages {
        let theirs = leads.entry(settled.lead_of(message)).or_default();
        // Of several with the same id the first received stays.
        if !theirs.iter().any(|other| other.id == message.id) {
            theirs.push(settled.without_lost_email(message));
        }
    }
    let mut people: Vec<_> = leads.into_iter().collect();
    people.sort_by(|(a, _), (b, _)| (a.name(), a).cmp(&(b.name(), b)));
    let conflicts = settled.conflicts();
    (people.into_iter().map(|(key, messages)| Person::new(key, messages)).collect(), conflicts)
}

impl Person {
    fn new(key: Key, mut messages: Vec<Message>) -> Person {
        messages.sort_by_key(|message| (message.at, message.line));
        Person { name: key.name().into(), messages }
    }
}

impl Key {
    fn name(&self) -> &str {
        match self {
            Key::User(name) | Key::Email(name) | Key::Visitor(name) => name,
        }
    }
}

/// The e-mails that a message brings.
fn emails(message: &Message) -> Vec<String> {
    let from_user = message.user.as_deref().and_then(canonical);
    message.email.clone().into_iter().chain(from_user).collect()
}

impl Settled<'_> {
    fn own_emails(&mut self) {
        let all: BTreeSet<String> = self.messages.iter().flat_map(emails).collect();
        for email in all {
            let came = || self.messages.iter().filter(|message| emails(message).contains(&email));
            let private = came().find(|message| message.user.is_some() && !message.public);
            let public = came().find(|message| message.user.is_some() && message.public);
            let alone = came().find(|message| message.user.is_none() && !message.public);
            let owner = match (private, public, alone) {
                (Some(private), ..) => private,
                (None, Some(public), Some(alone)) if public.line < alone.line => public,
                (None, Some(public), None) => public,
                _ => continue,
            };
            self.owners.insert(email, owner.user.clone().expect("it has one"));
        }
    }

    /// The lead that an e-mail belongs to, as the one that names it.
    fn owner(&self, email: &str) -> Key {
        match self.owners.get(email) {
            Some(owner) => Key::User(self.root(owner)),
            None => Key::Email(email.to_owned()),
        }
    }

    /// A public message does not set an e-mail that belongs to another lead than its `userId`.
    fn without_lost_email(&self, message: &Message) -> Message {
        let mut message = message.clone();
        if let (true, Some(user), Some(email)) = (message.public, &message.user, &message.email)
            && self.owner(email) != Key::User(self.root(user))
        {
            message.settings.retain(|(path, value)| path != "email" || value.is_none());
        }
        message
    }

    /// The `userId` that stands for the lead of a `userId`.
    fn root(&self, user: &str) -> String {
        let mut user = user;
        while let Some(next) = self.gone_into.get(user) {
            user = next;
        }
        user.to_owned()
    }

    fn apply_aliases(&mut self) {
        let mut aliases: Vec<_> = self.messages.iter().filter(|message| message.type_ == "alias").collect();
        aliases.sort_by_key(|message| (message.at, message.line));
        for message in aliases {
            let (Some(previous), Some(user)) = (&message.previous, &message.user) else { continue };
            if self.users.contains(previous.as_str()) {
                let (old, new) = (self.root(previous), self.root(user));
                if old != new {
                    self.gone_into.insert(old, new);
                }
            }
        }
    }

    /// The person that an `identify` or `alias` belongs to, or that a message with a `userId` does.
    fn person(&self, message: &Message) -> Option<Key> {
        match (&message.user, &message.email) {
            (Some(user), _) => Some(Key::User(self.root(user))),
            (None, Some(email)) => Some(self.owner(email)),
            (None, None) => None,
        }
    }

    fn tie_visitors(&mut self) {
        for message in self.messages {
            if !matches!(message.type_.as_str(), "identify" | "alias") {
                continue;
            }
            let Some(person) = self.person(message) else { continue };
            let previous = message.previous.as_ref().filter(|_| message.type_ == "alias");
            let previous = previous.filter(|id| !self.users.contains(id.as_str()));
            for visitor in message.visitor.iter().chain(previous) {
                // In the order received: of several ties at one instant the last stays.
                self.ties.entry(visitor.clone()).or_default().insert(message.at, person.clone());
            }
        }
    }

    fn lead_of(&self, message: &Message) -> Key {
        if let Some(person) = self.person(message) {
            return person;
        }
        let visitor = message.visitor.clone().expect("a valid message names somebody");
        let tied = self.ties.get(&visitor).and_then(|ties| {
            let before = ties.range(..=message.at).next_back();
            before.or_else(|| ties.first_key_value()).map(|(_, person)| person.clone())
        });
        tied.unwrap_or(Key::Visitor(visitor))
    }

    /// E-mails that came with another lead's `userId`; where an alias has joined the two there is none.
    fn conflicts(&self) -> Vec<(usize, String)> {
        let (mut found, mut listed) = (Vec::new(), BTreeSet::new());
        for message in self.messages {
            let Some(user) = &message.user else { continue };
            for email in emails(message) {
                if self.owner(&email) != Key::User(self.root(user)) && listed.insert((email.clone(), user)) {
                    let owner = self.owners.get(&email).unwrap_or(&email);
                    let alias = format!(r#"{{"type":"alias","previousId":{user:?},"userId":{owner:?}}}"#);
                    found.push((message.line, format!("{email} belongs to {owner}; {alias} would join the two")));
                }
            }
        }
        found
    }
}
