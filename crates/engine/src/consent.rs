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
use crate::value::Value;
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
    pub const ALL: [State; 3] = [State::Granted, State::Withdrawn, State::Unknown];

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
    /// How it was given; absent where it was withdrawn, and in words of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub opt_in: Option<OptIn>,
    /// Its place among the words of its lead: two of them may have one instant.
    #[serde(default)]
    pub place: u64,
}

impl Word {
    /// Whether it says that consent was given elsewhere, and nothing of how.
    fn is_claim(&self) -> bool {
        self.opt_in == Some(OptIn::Elsewhere)
    }
}

/// How somebody agreed to receive: what the rules of some countries depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OptIn {
    /// The address was confirmed. The sender of a live `Subscribed` vouches for that (contract §2, Consent 6).
    Double,
    /// Nobody confirmed the address: `properties.opt_in: "single"`.
    Single,
    /// The address came with a sale: `properties.opt_in: "customer"`.
    Customer,
    /// It was given elsewhere: an import or a person tells of it.
    Elsewhere,
}

impl OptIn {
    /// As a message that grants has it. A word that is not known is taken for the weakest proof.
    fn of(message: &Message) -> OptIn {
        match message.property("opt_in") {
            Some(Value::Text(text)) if text == "double" => OptIn::Double,
            Some(Value::Text(text)) if text == "customer" => OptIn::Customer,
            None if message.history || message.property("by").is_some() => OptIn::Elsewhere,
            None => OptIn::Double,
            Some(_) => OptIn::Single,
        }
    }
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
    /// What the past tells of (rule 4); it counts only where nothing else is known. Of several claims that consent was given
    /// elsewhere, the first.
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
        let granted = |scope: Scope| (scope, State::Granted);
        // Stricter than the contract's rule that such an id is absent: nobody is to be written to by accident.
        let grants = |said: &Said| matches!(said, Said::Granted(_) | Said::Told(_));
        let (scope, state) = match said(heard.message).filter(|said| !grants(said) || names_readably(heard.message))? {
            Said::Told(scope) => {
                let word = self.word(heard, State::Granted);
                // The same claim with other words leaves its first proof.
                if !(word.is_claim() && self.told.get(&scope).is_some_and(Word::is_claim)) {
                    self.told.insert(scope, word);
                }
                return None;
            }
            Said::Bounced => {
                self.bounced = true;
                return Some(Change::Bounced);
            }
            Said::Complained => {
                self.note(heard, Scope::All, State::Withdrawn);
                return Some(Change::Complained);
            }
            Said::TrackingAllowed { history: true } if self.declined => return None,
            Said::TrackingAllowed { history: true } => {
                self.note(heard, Scope::Tracking, State::Granted);
                return None;
            }
            Said::Granted(scope) => {
                self.bounced = false;
                granted(scope)
            }
            Said::TrackingAllowed { history: false } => granted(Scope::Tracking),
            Said::Withdrawn(scope) => (scope, State::Withdrawn),
            Said::TrackingDeclined => {
                self.declined = true;
                (Scope::Tracking, State::Withdrawn)
            }
        };
        self.note(heard, scope.clone(), state);
        Some(if state == State::Granted { Change::Granted(scope) } else { Change::Withdrawn(scope) })
    }

    fn note(&mut self, heard: Heard, scope: Scope, state: State) {
        let word = self.word(heard, state);
        self.words.insert(scope, word);
    }

    fn word(&mut self, heard: Heard, state: State) -> Word {
        self.count += 1;
        let proof = proof(heard.message).filter(|_| state == State::Granted);
        Word {
            state,
            at: heard.at,
            by: heard.by.to_owned(),
            proof: proof.map(str::to_owned),
            event_id: heard.id.to_owned(),
            opt_in: (state == State::Granted).then(|| OptIn::of(heard.message)),
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
        let of_all = (*scope != Scope::All && *scope != Scope::Tracking).then_some(&Scope::All);
        let known = |scope: &Scope| Known {
            word: self.words.get(scope).map(|word| (word.state, word.place)),
            told: !self.bounced && !bounced && self.told.contains_key(scope),
        };
        let (state, ground) = decided(known(scope), of_all.map(known));
        let because = match ground {
            Ground::Nothing => None,
            Ground::Own => self.words.get(scope),
            Ground::All => self.words.get(&Scope::All),
            Ground::Told => self.told.get(scope),
            Ground::AllTold => self.told.get(&Scope::All),
        };
        InEffect { state, because }
    }

    /// The scopes that anything is known of.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        self.words.keys().chain(self.told.keys().filter(|scope| !self.words.contains_key(*scope)))
    }

    /// The last word about each scope, by itself: without what is in effect because of all.
    pub fn words(&self) -> impl Iterator<Item = (&Scope, &Word)> {
        self.words.iter().chain(self.told.iter().filter(|(scope, _)| !self.words.contains_key(*scope)))
    }

    /// Whether nothing is known of any scope.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.told.is_empty() && !self.bounced
    }
}

/// What is known of a scope by itself: its last word with its place among all words, and whether it was told and that
/// still counts against a bounce.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub word: Option<(State, u64)>,
    pub told: bool,
}

/// On what a state rests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ground {
    Nothing,
    Own,
    All,
    Told,
    AllTold,
}

/// The state in effect (rule 5). `all` is what is known of all, for a scope that does not stand for itself.
pub(crate) fn decided(own: Known, all: Option<Known>) -> (State, Ground) {
    let word_of_all = all.and_then(|all| all.word);
    let is_granted_since = |place: u64| matches!(own.word, Some((State::Granted, later)) if later > place);
    let is_told = |known: Known| known.told && known.word.is_none();
    match (own.word, word_of_all) {
        (Some((State::Withdrawn, _)), _) => (State::Withdrawn, Ground::Own),
        (_, Some((State::Withdrawn, place))) if !is_granted_since(place) => (State::Withdrawn, Ground::All),
        (Some((State::Granted, _)), _) => (State::Granted, Ground::Own),
        (_, Some((State::Granted, _))) => (State::Granted, Ground::All),
        _ if is_told(own) => (State::Granted, Ground::Told),
        _ if all.is_some_and(is_told) => (State::Granted, Ground::AllTold),
        _ => (State::Unknown, Ground::Nothing),
    }
}

/// What an event says about the consents of its lead (rules 2–4).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Granted(Scope),
    /// An import tells of consent.
    Told(Scope),
    Withdrawn(Scope),
    /// A copy was marked as spam, which withdraws all.
    Complained,
    /// A copy came back for good.
    Bounced,
    TrackingAllowed {
        history: bool,
    },
    TrackingDeclined,
}

/// What a message says about consent, if anything.
pub(crate) fn said(message: &Message) -> Option<Said> {
    let has_proof = proof(message).is_some();
    match act_of(message)? {
        ConsentAct::Subscribe if !has_proof => None,
        ConsentAct::Subscribe if message.history => Some(Said::Told(Scope::of(message))),
        ConsentAct::Subscribe => Some(Said::Granted(Scope::of(message))),
        ConsentAct::Unsubscribe => Some(Said::Withdrawn(Scope::of(message))),
        ConsentAct::Complain => Some(Said::Complained),
        ConsentAct::Bounce => is_permanent(message).then_some(Said::Bounced),
        ConsentAct::AllowTracking => has_proof.then_some(Said::TrackingAllowed { history: message.history }),
        ConsentAct::DeclineTracking => Some(Said::TrackingDeclined),
    }
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
    message.property("permanent") != Some(&Value::Bool(false))
}
