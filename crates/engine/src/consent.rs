//! Consent to receive and to be tracked, as a lead's own events say it (contract §2, Consent 1–5).
//!
//! [`Consents`] takes in a lead's messages in the order of events and answers what is in effect in a [`Scope`]. It knows
//! nothing of addresses: a withdrawal that binds an address beyond its lead is kept elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::fact::Fact;
use crate::message::{Message, id_of};
use crate::time::Instant;
use crate::value::{Value, same};
use crate::vocabulary::{ConsentAct, KINDS};

/// What a consent is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Everything that is sent.
    All,
    Subscription(String),
    Topic(String),
    /// To be measured, apart from receiving.
    Tracking,
}

impl Scope {
    /// The scope that a subscription event names: `properties.subscription`, else `properties.topic`, else all.
    pub fn of(message: &Message) -> Scope {
        let id = |name: &str| message.property(name).and_then(id_of).map(|id| id.into_owned());
        id("subscription").map(Scope::Subscription).or_else(|| id("topic").map(Scope::Topic)).unwrap_or(Scope::All)
    }
}

/// `all`, `tracking`, `subscription:ID` or `topic:ID`.
impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Scope::All => f.write_str("all"),
            Scope::Tracking => f.write_str("tracking"),
            Scope::Subscription(id) => write!(f, "subscription:{id}"),
            Scope::Topic(id) => write!(f, "topic:{id}"),
        }
    }
}

impl FromStr for Scope {
    type Err = String;

    fn from_str(text: &str) -> Result<Scope, String> {
        match text.split_once(':') {
            None if text == "all" => Ok(Scope::All),
            None if text == "tracking" => Ok(Scope::Tracking),
            Some(("subscription", id)) if !id.is_empty() => Ok(Scope::Subscription(id.to_owned())),
            Some(("topic", id)) if !id.is_empty() => Ok(Scope::Topic(id.to_owned())),
            _ => Err(format!("`{text}` is not a scope; expected all, tracking, subscription:ID or topic:ID")),
        }
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Scope, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Whether somebody agreed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    #[default]
    Unknown,
    Granted,
    Withdrawn,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Unknown => "unknown",
            State::Granted => "granted",
            State::Withdrawn => "withdrawn",
        }
    }
}

/// The last event that granted or withdrew a scope, or that told of consent to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Word {
    pub state: State,
    pub at: Instant,
    /// Who brought the event: `key:3`, `import:2` …
    pub by: String,
    /// When, where, to what text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
    pub event_id: String,
    /// Its place among the words of its lead: two of them may have one instant.
    #[serde(default)]
    pub place: u64,
}

/// A message with its id, its instant and who brought it.
#[derive(Clone, Copy)]
pub struct Heard<'a> {
    pub message: &'a Message<'a>,
    pub id: &'a str,
    pub at: Instant,
    pub by: &'a str,
}

/// What an event changed by itself; what an import tells of is none of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Granted(Scope),
    Withdrawn(Scope),
    /// A copy was marked as spam, which withdraws all.
    Complained,
    /// A copy came back for good.
    Bounced,
}

/// The consents of one lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consents {
    /// The last word about each scope.
    #[serde(default, rename = "consent")]
    words: BTreeMap<Scope, Word>,
    /// What the past tells of (rule 4); it counts only where nothing else is known.
    #[serde(default)]
    told: BTreeMap<Scope, Word>,
    /// A copy came back for good, and no `Subscribed` granted anything since.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    bounced: bool,
    /// Tracking was declined at least once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    declined: bool,
    /// How many words there were.
    #[serde(default)]
    count: u64,
}

/// What is in effect in a scope, and because of which word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InEffect<'c> {
    pub state: State,
    /// None where nothing is known.
    pub because: Option<&'c Word>,
}

/// The kinds of events that can change consent.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().filter(|row| row.consent().is_some()).map(|row| row.name)
}

/// What a message does to the consents of its lead, if anything.
pub fn act_of(message: &Message) -> Option<ConsentAct> {
    match Fact::of(message)? {
        Fact::Consent(act) => Some(act),
        Fact::Tag { .. } | Fact::Owner(_) | Fact::Deal(_) => None,
    }
}

/// Whether a message can change the consents of its lead.
pub fn concerns(message: &Message) -> bool {
    act_of(message).is_some()
}

impl Consents {
    /// Takes in a message; messages come in the order of events. Says what the message changed by itself.
    pub fn hear(&mut self, heard: Heard) -> Option<Change> {
        let message = heard.message;
        match act_of(message)? {
            ConsentAct::Subscribe => self.subscribed(heard),
            ConsentAct::Unsubscribe => {
                let scope = Scope::of(message);
                self.note(heard, scope.clone(), State::Withdrawn, None);
                Some(Change::Withdrawn(scope))
            }
            ConsentAct::Complain => {
                self.note(heard, Scope::All, State::Withdrawn, None);
                Some(Change::Complained)
            }
            ConsentAct::Bounce if is_permanent(message) => {
                self.bounced = true;
                Some(Change::Bounced)
            }
            ConsentAct::AllowTracking => self.allowed(heard),
            ConsentAct::DeclineTracking => {
                self.declined = true;
                self.note(heard, Scope::Tracking, State::Withdrawn, None);
                Some(Change::Withdrawn(Scope::Tracking))
            }
            ConsentAct::Bounce => None,
        }
    }

    fn subscribed(&mut self, heard: Heard) -> Option<Change> {
        let proof = proof(heard.message).filter(|_| names_readably(heard.message))?;
        let scope = Scope::of(heard.message);
        if heard.message.history {
            let word = self.word(heard, State::Granted, Some(proof));
            self.told.insert(scope, word);
            return None;
        }
        self.bounced = false;
        self.note(heard, scope.clone(), State::Granted, Some(proof));
        Some(Change::Granted(scope))
    }

    fn allowed(&mut self, heard: Heard) -> Option<Change> {
        let proof = proof(heard.message)?;
        let history = heard.message.history;
        if history && self.declined {
            return None;
        }
        self.note(heard, Scope::Tracking, State::Granted, Some(proof));
        (!history).then_some(Change::Granted(Scope::Tracking))
    }

    fn note(&mut self, heard: Heard, scope: Scope, state: State, proof: Option<&str>) {
        let word = self.word(heard, state, proof);
        self.words.insert(scope, word);
    }

    fn word(&mut self, heard: Heard, state: State, proof: Option<&str>) -> Word {
        self.count += 1;
        Word {
            state,
            at: heard.at,
            by: heard.by.to_owned(),
            proof: proof.map(str::to_owned),
            event_id: heard.id.to_owned(),
            place: self.count,
        }
    }

    /// What is in effect in a scope (rule 5).
    pub fn in_effect(&self, scope: &Scope) -> InEffect<'_> {
        self.in_effect_if(scope, false)
    }

    /// The same, where `bounced` says that copies to the lead's address came back, whoever the lead was then: what is only
    /// told of counts no more.
    pub fn in_effect_if(&self, scope: &Scope, bounced: bool) -> InEffect<'_> {
        let own = self.words.get(scope);
        let all = self.words.get(&Scope::All).filter(|_| *scope != Scope::Tracking);
        let is = |word: Option<&Word>, state: State| word.is_some_and(|word| word.state == state);
        let is_later = |all: &Word| own.is_some_and(|own| own.state == State::Granted && own.place > all.place);
        let told = |scope: &Scope| {
            let counts = !self.bounced && !bounced && !self.words.contains_key(scope);
            self.told.get(scope).filter(|_| counts)
        };
        if is(own, State::Withdrawn) {
            return in_effect(own);
        }
        if is(all, State::Withdrawn) && !all.is_some_and(is_later) {
            return in_effect(all);
        }
        let granted = |word: Option<&'_ Word>| word.filter(|word| word.state == State::Granted).is_some();
        if granted(own) {
            return in_effect(own);
        }
        if granted(all) {
            return in_effect(all);
        }
        let of_all = if *scope == Scope::Tracking { None } else { told(&Scope::All) };
        in_effect(told(scope).or(of_all))
    }

    /// The scopes that anything is known of.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.words.keys().chain(self.told.keys().filter(|scope| !self.words.contains_key(*scope)))
    }

    /// Whether nothing is known of any scope.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.told.is_empty() && !self.bounced
    }
}

fn in_effect(because: Option<&Word>) -> InEffect<'_> {
    InEffect { state: because.map_or(State::Unknown, |word| word.state), because }
}

/// A text that is not blank; without it nothing is granted.
fn proof<'m>(message: &'m Message) -> Option<&'m str> {
    match message.property("proof") {
        Some(Value::Text(proof)) if !proof.trim().is_empty() => Some(proof),
        _ => None,
    }
}

/// Whether a subscription or topic that a message names is an id. Read as absent, a list of subscriptions would grant
/// everything.
fn names_readably(message: &Message) -> bool {
    let is_empty = |value: &Value| matches!(value, Value::Text(text) if text.is_empty());
    ["subscription", "topic"].iter().all(|name| {
        message.property(name).is_none_or(|value| is_empty(value) || id_of(value).is_some())
            && !message
                .fields
                .iter()
                .any(|(field, _)| field.strip_prefix(name).is_some_and(|rest| rest.starts_with('.')))
    })
}

/// `properties.permanent`; true where it is absent.
fn is_permanent(message: &Message) -> bool {
    !message.property("permanent").is_some_and(|value| same(value, &Value::Bool(false)))
}
