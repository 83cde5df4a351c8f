//! What a lead's messages say of it as a person: attributes with their source and age, consent, deals. Beside the
//! engine, which holds no more than the playbook asks for.

use std::collections::BTreeMap;

use attractor_engine::address::canonical;
use attractor_engine::consent::{Change, Consents, Heard, Scope};
use attractor_engine::deal;
use attractor_engine::fact::{self, DealFact, Fact, tags_after};
use attractor_engine::message::{Message, Type};
use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use attractor_engine::value::Value;
use attractor_store::Received;
use attractor_store::deals::DealStatus;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::lead::chosen::{self, ChosenTopics};
use crate::lead::timing::{self, Timing};
use crate::lead::titles;
use crate::sending::suppression::{AddressBlock, SuppressionKind};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    /// `null` where it was removed: what is older does not bring it back.
    pub value: Json,
    /// Milliseconds since 1970.
    pub at: i64,
    /// Who brought it: `key:3`, `import:2` …
    pub by: String,
    /// It came with a public key, so the next may overwrite it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub public: bool,
    /// It was read from the job title and follows it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub read: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Deal {
    pub status: DealStatus,
    pub amount: Option<f64>,
    pub currency: Option<String>,
    pub opened_at: i64,
    pub at: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    #[serde(default)]
    pub attributes: BTreeMap<String, Attribute>,
    /// Consent, by scope.
    #[serde(flatten)]
    pub consents: Consents,
    #[serde(default)]
    pub deals: BTreeMap<String, Deal>,
    /// The company that its last `group` named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// When, in milliseconds since 1970; absent in profiles of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group_at: Option<i64>,
    /// The last address, in canonical form, at which a live grant of consent was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<String>,
    /// What was withdrawn, and waits for the lead's first address: by scope the last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unbound: Vec<UnboundBlock>,
    /// When it is written to, as far as it has said.
    #[serde(default, skip_serializing_if = "Timing::is_empty")]
    pub timing: Timing,
    /// The topics that it chose by its own act.
    #[serde(default, skip_serializing_if = "ChosenTopics::is_empty")]
    pub chosen: ChosenTopics,
}

/// What an event does to the address of its lead, which is not known yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnboundBlock {
    pub scope: Scope,
    pub kind: SuppressionKind,
    pub at: Instant,
}

/// A message with its source.
pub struct SourcedMessage<'a> {
    pub message: &'a Message<'a>,
    pub id: &'a str,
    /// Milliseconds since 1970.
    pub at: i64,
    pub received: Received,
    pub by: &'a str,
    pub public: bool,
    /// It gives an e-mail that belongs to another lead, which it does not set.
    pub lost: bool,
}

/// Whether a message can change a profile.
pub fn concerns(message: &Message) -> bool {
    match message.kind {
        Type::Identify => !message.fields.is_empty(),
        Type::Group => message.group_id.is_some() || !message.fields.is_empty(),
        Type::Track => Fact::of(message).is_some() || timing::concerns(message) || chosen::concerns(message),
        Type::Page | Type::Screen | Type::Alias => false,
    }
}

impl Profile {
    /// A stored document. One that cannot be read must not pass for an empty one: a withdrawn consent would be lost.
    pub fn parse(document: &str) -> Result<Profile, String> {
        serde_json::from_str(document).map_err(|error| said_of(&error))
    }

    pub fn document(&self) -> String {
        // Maps with texts for keys, texts and finite numbers can always be written.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What an attribute is, where it is anything.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.get(name).filter(|attribute| !attribute.value.is_null())
    }

    /// The attributes under a name: `address.city` is under `address`. They stand together, so none beside them is looked
    /// at.
    pub fn below(&self, name: &str) -> impl Iterator<Item = (&String, &Attribute)> {
        let prefix = format!("{name}.");
        self.attributes.range(prefix.clone()..).take_while(move |(other, _)| other.starts_with(&prefix))
    }

    /// Its e-mail in canonical form; `None` where the attribute is not one address.
    pub fn email(&self) -> Option<String> {
        self.attribute("email")?.value.as_str().and_then(canonical)
    }

    /// Whether its address came with public keys alone and no live grant of consent was given at it (contract §2, Keys 7).
    /// Then nothing is sent there but what a form or the like asked for, which says nothing of the lead.
    pub fn is_unconfirmed(&self) -> bool {
        self.attribute("email").is_some_and(|email| email.public) && self.email() != self.confirmed
    }

    /// Takes in a message; messages come in the order of events. Returns what it does to the address that it is about.
    pub fn take_in(&mut self, sourced: &SourcedMessage) -> Vec<AddressBlock> {
        let had_address = self.address(sourced.message).is_some();
        match sourced.message.kind {
            Type::Identify => {
                self.fields(sourced, "");
                titles::note_read(self, sourced.message);
            }
            Type::Group => {
                if let Some(id) = &sourced.message.group_id {
                    (self.group, self.group_at) = (Some(id.to_string()), Some(sourced.at));
                }
                self.fields(sourced, "company.");
            }
            Type::Track => {
                self.track(sourced);
                self.timing.take_in(sourced.message, Instant(sourced.at));
                self.chosen.take_in(sourced.message, Instant(sourced.at));
            }
            Type::Page | Type::Screen | Type::Alias => {}
        }
        let heard = Heard { message: sourced.message, id: sourced.id, at: Instant(sourced.at), by: sourced.by };
        let Some(change) = self.consents.hear(heard) else {
            return if had_address { Vec::new() } else { self.bind_waiting(sourced.received) };
        };
        if matches!(&change, Change::Granted(scope) if *scope != Scope::Tracking) {
            self.confirmed = self.email().or(self.confirmed.take());
        }
        let address = self.address(sourced.message);
        let Some(block) = AddressBlock::of(change, heard, sourced.received, address) else { return Vec::new() };
        if block.address.is_empty() {
            self.unbound(block);
            return Vec::new();
        }
        vec![block]
    }

    /// The lead's address when a message came: its e-mail, otherwise its user id if that is an address (contract §2, Who 2).
    fn address(&self, message: &Message) -> Option<String> {
        self.email().or_else(|| canonical(message.user_id.as_deref()?))
    }

    /// What waited for the lead's first address.
    fn bind_waiting(&mut self, received: Received) -> Vec<AddressBlock> {
        let Some(address) = self.email() else { return Vec::new() };
        let block = |UnboundBlock { scope, kind, at }| AddressBlock {
            address: address.clone(),
            scope,
            kind: Some(kind),
            at,
            received,
        };
        std::mem::take(&mut self.unbound).into_iter().map(block).collect()
    }

    /// Keeps what an event does to addresses until one is known.
    fn unbound(&mut self, block: AddressBlock) {
        self.unbound.retain(|waiting| waiting.scope != block.scope);
        self.unbound.extend(block.kind.map(|kind| UnboundBlock { scope: block.scope, kind, at: block.at }));
    }

    fn fields(&mut self, sourced: &SourcedMessage, prefix: &str) {
        for (name, value) in &sourced.message.fields {
            if sourced.lost && name == "email" && value.is_some() {
                continue;
            }
            let name = format!("{prefix}{name}");
            match value {
                Some(value) => self.set(sourced, name, plain(value)),
                None => self.unset(sourced, &name),
            }
        }
    }

    fn set(&mut self, sourced: &SourcedMessage, name: String, value: Json) {
        // What a public key only repeats is still whose it was, and not for the next public key to change.
        if sourced.public && self.attribute(&name).is_some_and(|held| !held.public && held.value == value) {
            return;
        }
        let (by, public) = (sourced.by.to_owned(), sourced.public);
        self.attributes.insert(name, Attribute { value, at: sourced.at, by, public, read: false });
    }

    fn unset(&mut self, sourced: &SourcedMessage, name: &str) {
        let own = self.attributes.contains_key(name).then(|| name.to_owned());
        let names: Vec<String> = own.into_iter().chain(self.below(name).map(|(name, _)| name.clone())).collect();
        names.into_iter().for_each(|name| self.set(sourced, name, Json::Null));
    }

    fn track(&mut self, sourced: &SourcedMessage) {
        match Fact::of(sourced.message) {
            Some(Fact::Deal(deal)) => self.deal(sourced, deal),
            Some(Fact::Tag { tag, adds }) => {
                let held = self.attribute("tags").map(|tags| value_of(&tags.value));
                if let Some(tags) = tags_after(held.as_ref(), tag, adds) {
                    self.set(sourced, "tags".into(), plain(&tags));
                }
            }
            Some(Fact::Owner(owner)) => self.set(sourced, "owner".into(), plain(owner)),
            Some(Fact::Consent(_)) | None => {}
        }
    }

    fn deal(&mut self, sourced: &SourcedMessage, fact: DealFact) {
        let status = status_of(fact.state);
        let deal = self.deals.entry(fact.id.unwrap_or_default().into_owned()).or_insert_with(|| Deal {
            status,
            amount: None,
            currency: None,
            opened_at: sourced.at,
            at: sourced.at,
        });
        (deal.status, deal.at) = (status, sourced.at);
        deal.amount = fact.amount.or(deal.amount);
        if let Some(currency) = fact.currency {
            deal.currency = Some(currency.to_owned());
        }
    }
}

/// As the store has it what an event says of a deal.
pub fn status_of(state: deal::Deal) -> DealStatus {
    match state {
        deal::Deal::Open => DealStatus::Open,
        deal::Deal::Won => DealStatus::Won,
        deal::Deal::Lost => DealStatus::Lost,
    }
}

/// Whether an attribute of tags has this one.
pub fn has_tag(tags: &Json, tag: &Value) -> bool {
    fact::has_tag(&value_of(tags), tag)
}

/// A value as JSON.
pub fn plain(value: &Value) -> Json {
    match value {
        Value::Bool(value) => json!(value),
        Value::Number(value) if value.fract() == 0.0 && value.abs() < 9e15 => json!(*value as i64),
        Value::Number(value) => json!(value),
        Value::Text(value) => json!(value),
        Value::List(values) => Json::Array(values.iter().map(plain).collect()),
        Value::Opaque => json!({}),
    }
}

/// JSON as a value.
fn value_of(json: &Json) -> Value {
    match json {
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number.as_f64().map_or(Value::Opaque, Value::Number),
        Json::String(text) => Value::Text(text.clone()),
        Json::Array(values) => Value::List(values.iter().map(value_of).collect()),
        Json::Null | Json::Object(_) => Value::Opaque,
    }
}
