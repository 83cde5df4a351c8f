//! Messages of the contract that stand in a file: they stay as they are, but for being history and having an id.

use std::io;

use attractor_engine::address::is_placeholder;
use attractor_engine::message::decimal_text;
use attractor_engine::replay::MISSING_TIMESTAMP;
use attractor_engine::time::Instant;
use attractor_engine::vocabulary::kind;
use serde_json::{Map, Value, json};

use super::leaving::Leaving;
use super::{Import, RAISES};
use crate::assertion::Assertion;
use crate::message::id_of;
use crate::optouts::Against;
use crate::tally::hash;
use crate::who::{email_key, user_key};

impl Import<'_> {
    /// What a message says of who is who, and whether somebody left by it.
    pub(super) fn tell(&mut self, message: &Map<String, Value>) {
        let keys = keys_of(message);
        let leaving = leaving_by(message);
        if let (Some(leaving), Some(key)) = (leaving, keys.first()) {
            self.counted.left(hash(key), leaving);
        }
        if leaving == Some(Leaving::All) {
            self.optouts.add(&keys, Against::Doubt);
        }
        let visitor = text_of(message.get("anonymousId"));
        self.count_of_message(&keys, visitor.as_deref());
        let people: Vec<String> = keys.into_iter().filter(|key| Some(key) != visitor.as_ref()).collect();
        match message.get("type").and_then(Value::as_str) {
            Some("identify" | "alias") => self.optouts.link(&people),
            _ => return,
        }
        if let (Some(visitor), Some(person)) = (visitor, people.first()) {
            self.optouts.tie(&visitor, person);
        }
        if let (Some(previous), Some(person)) = (text_of(message.get("previousId")), people.first()) {
            let both: Vec<String> = user_key(&previous).into_iter().chain([person.clone()]).collect();
            self.optouts.link(&both);
            self.optouts.tie(&previous, person);
        }
    }

    /// Counts whom a message is about: a person, or a visitor of whom nothing more is known.
    fn count_of_message(&mut self, keys: &[String], visitor: Option<&str>) {
        let is_person = |key: &&String| Some(key.as_str()) != visitor || key.starts_with("email:");
        match (keys.iter().find(is_person), visitor) {
            (Some(key), _) => self.people.add(hash(key)),
            (None, Some(visitor)) => self.visitors.add(hash(visitor)),
            (None, None) => {}
        }
    }

    /// A message of the contract stays as it is, but for being history and having an id. Equal ones without an id are
    /// numbered, as a replay numbers the lines.
    pub(super) fn take_message(&mut self, message: &Map<String, Value>) -> io::Result<Result<(), String>> {
        let kind = message.get("event").and_then(Value::as_str);
        if kind == Some(kind::SUBSCRIBED) && self.optouts.of(&keys_of(message)) == Some(Against::Out) {
            return Ok(Err(RAISES.to_owned()));
        }
        if let Some(why) = self.misdated(message) {
            return Ok(Err(why));
        }
        let mut message = message.clone();
        let said = Value::Object(message.clone()).to_string();
        if text_of(message.get("messageId")).is_none() {
            let id = self.nth_id(id_of(&["message", &said]));
            message.insert("messageId".into(), id.into());
        }
        let context = message.entry("context").or_insert(Value::Null);
        match context {
            Value::Object(context) => drop(context.insert("history".into(), true.into())),
            other => *other = json!({"history": true}),
        }
        if let Some(kind) = kind_of(&message) {
            self.count_event(&message, &kind);
            *self.report.events.entry(kind).or_default() += 1;
        }
        self.report.event_rows += 1;
        self.line(&Value::Object(message), Assertion::Happened)?;
        Ok(Ok(()))
    }

    /// Counts whom a message grants consent, and the deal of which it tells.
    fn count_event(&mut self, message: &Map<String, Value>, event: &str) {
        let person = keys_of(message).first().map(|key| self.optouts.person(hash(key)));
        let properties = message.get("properties").unwrap_or(&Value::Null);
        let has_proof = || text_of(properties.get("proof")).is_some_and(|proof| !proof.trim().is_empty());
        if event == kind::SUBSCRIBED && has_proof() {
            self.counted.granted.extend(person);
        }
        self.counted.event(event, properties, person);
    }

    /// Why nobody knows when a message happened, or it cannot have happened yet, where that is so.
    fn misdated(&self, message: &Map<String, Value>) -> Option<String> {
        let Some(at) = message.get("timestamp").filter(|at| !at.is_null()) else {
            return Some(MISSING_TIMESTAMP.to_owned());
        };
        let at = Instant::parse(at.as_str()?)?;
        let is_later = at.0 > self.rules.latest.as_millisecond();
        is_later.then(|| format!("its `timestamp`, {at}, lies in the future; history is what has happened"))
    }
}

fn leaving_by(message: &Map<String, Value>) -> Option<Leaving> {
    let event = message.get("event").and_then(Value::as_str)?;
    let properties = message.get("properties").and_then(Value::as_object);
    Leaving::by_event(event, |name| properties.is_some_and(|properties| properties.contains_key(name)))
}

fn kind_of(message: &Map<String, Value>) -> Option<String> {
    match message.get("type").and_then(Value::as_str)? {
        "track" => message.get("event").and_then(Value::as_str).map(str::to_owned),
        "page" => Some(kind::PAGE_VIEWED.to_owned()),
        "screen" => Some(kind::SCREEN_VIEWED.to_owned()),
        _ => None,
    }
}

/// The keys under which a message's lead may be known.
fn keys_of(message: &Map<String, Value>) -> Vec<String> {
    let email = message.get("traits").and_then(|traits| traits.get("email"));
    let user = text_of(message.get("userId")).and_then(|id| user_key(&id));
    let email = text_of(email).and_then(|email| email_key(&email));
    let visitor = text_of(message.get("anonymousId")).filter(|id| !is_placeholder(id));
    user.into_iter().chain(visitor).chain(email).collect()
}

pub(super) fn text_of(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(decimal_text(&number.to_string()).into_owned()),
        _ => None,
    }
}
