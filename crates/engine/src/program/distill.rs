//! What a message means under a playbook: which counters, rules, clocks, attributes it changes. Filters and globs are
//! asked here, once, so that a step only adds up. What depends on the instant of the event is asked in the step, as
//! `Tally::take` asks for a counter's dates: a stored event gets its instant after it was distilled.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::{Filter, Program};
use crate::consent::{Said, Scope, said};
use crate::deal::Deal;
use crate::fact::{DealFact, Fact};
use crate::lead::{Taken, Word};
use crate::message::{Message, Type};
use crate::test::{finite, lower, number_in};
use crate::time::Instant;
use crate::value::Value;
use crate::vocabulary::{Act, Did, KINDS, kind};

/// An event distilled by a program; of no use to another one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    pub at: Instant,
    pub machine: bool,
    pub history: bool,
    pub updates: Vec<Update>,
}

/// One thing that an event changes of its lead.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Update {
    Count {
        counter: u32,
        taken: Taken,
    },
    Points {
        rule: u32,
    },
    Clock {
        clock: u32,
    },
    Interest {
        topic: u32,
        weight: f64,
    },
    Set {
        attribute: u32,
        value: Value,
    },
    Unset {
        attribute: u32,
    },
    Tagged {
        attribute: u32,
        tag: Value,
    },
    Untagged {
        attribute: u32,
        tag: Value,
    },
    Copy {
        send: u64,
        did: Did,
    },
    Deal {
        deal: u64,
        stands: Deal,
    },
    /// `scope`: its number, where somebody asks for it.
    Consent {
        scope: Option<u32>,
        word: Word,
    },
    /// The lead declined to be tracked: copies until now are not measured.
    Unmeasured,
    Pinned {
        segment: u32,
    },
    Banned {
        segment: u32,
    },
    Released {
        segment: u32,
    },
    StageSet {
        ladder: u32,
        stage: u32,
    },
    StageReleased {
        ladder: u32,
    },
    Entered {
        sequence: u32,
    },
    Stopped {
        sequence: u32,
    },
}

/// What events of a kind change.
#[derive(Default)]
pub(crate) struct KindPlan {
    pub counters: Vec<(u32, Filter, Reads)>,
    pub rules: Vec<(u32, Filter)>,
    pub clocks: Vec<u32>,
    pub weight: f64,
    pub copies: Option<Did>,
    /// Its row of the vocabulary changes a consent that conditions ask for.
    pub consent: bool,
    /// Copies until now are not measured.
    pub unmeasures: bool,
    /// What its row of the vocabulary changes, but for copies and consent.
    pub act: Option<Act>,
}

/// What a counter reads of an event that it counts.
pub(crate) enum Reads {
    Nothing,
    Distinct(String),
    Amount(String),
    /// Of the first or last event: whether it matches, and an amount.
    Whole(Option<String>),
}

/// The properties that events are read for, whatever the playbook asks for.
pub(crate) fn properties_read<'a>() -> impl Iterator<Item = &'a str> {
    let of_acts = KINDS.iter().flat_map(|row| row.acts).flat_map(|act| act.reads().iter().copied());
    ["topic", "path", "url", "proxy"].into_iter().chain(of_acts)
}

impl Program {
    /// What the message changes. `event.at` is its `timestamp`; whoever knows the instant better sets it afterwards, as the
    /// readers of stored events do. So no update may depend on an instant.
    pub fn distill(&self, message: &Message, event: &mut Event) {
        event.at = message.timestamp.unwrap_or_default();
        event.machine = message.machine;
        event.history = message.history;
        event.updates.clear();
        let updates = &mut event.updates;
        match message.kind {
            Type::Identify => self.traits(message, "", updates),
            Type::Group => self.traits(message, "company.", updates),
            Type::Alias => {}
            Type::Track | Type::Page | Type::Screen if message.machine => self.proxied(message, updates),
            Type::Track | Type::Page | Type::Screen => self.behaviour(message, updates),
        }
    }

    fn traits(&self, message: &Message, prefix: &str, updates: &mut Vec<Update>) {
        for (path, value) in &message.fields {
            let name = if prefix.is_empty() { path.clone() } else { Cow::Owned(format!("{prefix}{path}")) };
            match value {
                Some(value) => {
                    if let Some(attribute) = self.attribute(&name) {
                        updates.push(Update::Set { attribute, value: value.clone() });
                    }
                }
                None => updates.extend(self.attribute_and_children(&name).map(|attribute| Update::Unset { attribute })),
            }
        }
    }

    /// Whether an event sets the attribute `email`.
    pub fn sets_email(&self, event: &Event) -> bool {
        let email = self.attribute("email");
        event.updates.iter().any(|update| matches!(update, Update::Set { attribute, .. } if Some(*attribute) == email))
    }

    /// Leaves out that an event sets the attribute `email`: its message is public, and the address belongs to another
    /// lead (contract §2, Who 7).
    pub fn without_email(&self, event: &mut Event) {
        let email = self.attribute("email");
        event.updates.retain(|update| !matches!(update, Update::Set { attribute, .. } if Some(*attribute) == email));
    }

    pub(crate) fn attribute(&self, name: &str) -> Option<u32> {
        let attributes = &self.inputs.attributes;
        attributes.binary_search_by(|a| a.name.as_str().cmp(name)).ok().map(|number| number as u32)
    }

    fn attribute_and_children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = u32> + 'a {
        let removed =
            move |other: &str| other.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
        (0..).zip(&self.inputs.attributes).filter(move |(_, a)| removed(&a.name)).map(|(number, _)| number)
    }

    /// A machine's event has no effect but a privacy proxy's load of a copy.
    fn proxied(&self, message: &Message, updates: &mut Vec<Update>) {
        let proxy = message.property("proxy") == Some(&Value::Bool(true));
        if proxy && message.event_kind() == Some(kind::EMAIL_OPENED) && !self.inputs.copies.is_empty() {
            updates.extend(message.id("send_id").map(|send| Update::Copy { send: hash(&send), did: Did::Proxied }));
        }
    }

    fn behaviour(&self, message: &Message, updates: &mut Vec<Update>) {
        let Some(kind) = message.event_kind() else { return };
        let Some(plan) = self.kinds.get(kind) else { return };
        let path = if kind == kind::PAGE_VIEWED { message.page_path() } else { None };
        let read = |name: &str| match (&path, name) {
            (Some(path), "path") => Some(path.as_ref()),
            _ => message.property(name),
        };
        let passes = |filter: &Filter| filter.iter().all(|(name, test)| test.holds(read(name)));
        for (counter, filter, reads) in &plan.counters {
            let counter = *counter;
            let passes = passes(filter);
            let taken = match reads {
                Reads::Whole(amount) => {
                    Some(Taken::Whole(passes, amount.as_ref().and_then(|name| amount_in(read(name)?))))
                }
                _ if !passes => None,
                Reads::Nothing => Some(Taken::Event),
                Reads::Distinct(name) => read(name).map(|value| Taken::Value(distinct_value(value))),
                Reads::Amount(name) => read(name).and_then(amount_in).map(Taken::Amount),
            };
            updates.extend(taken.map(|taken| Update::Count { counter, taken }));
        }
        updates.extend(
            plan.rules.iter().filter(|(_, filter)| passes(filter)).map(|(rule, _)| Update::Points { rule: *rule }),
        );
        updates.extend(plan.clocks.iter().map(|clock| Update::Clock { clock: *clock }));
        if plan.weight > 0.0 {
            let topic = self.topic(message, kind, path.as_deref());
            updates.extend(topic.map(|topic| Update::Interest { topic, weight: plan.weight }));
        }
        if let Some(did) = plan.copies {
            let measured = message.property("tracked") != Some(&Value::Bool(false));
            let did = if did == Did::Delivered && !measured { Did::DeliveredUnmeasured } else { did };
            updates.extend(message.id("send_id").map(|send| Update::Copy { send: hash(&send), did }));
        }
        if plan.unmeasures {
            updates.push(Update::Unmeasured);
        }
        if plan.consent {
            updates.extend(said(message).map(|said| self.consent(said)));
        }
        updates.extend(plan.act.and_then(|act| self.act(act, message)));
    }

    fn consent(&self, said: Said) -> Update {
        let (scope, word) = match said {
            Said::Granted(scope) => (Some(scope), Word::Granted),
            Said::Told(scope) => (Some(scope), Word::Told),
            Said::Withdrawn(scope) => (Some(scope), Word::Withdrawn),
            Said::Complained => (Some(Scope::All), Word::Withdrawn),
            Said::Bounced => (None, Word::Bounced),
            Said::TrackingAllowed { history } => (Some(Scope::Tracking), Word::TrackingAllowed { history }),
            Said::TrackingDeclined => (Some(Scope::Tracking), Word::TrackingDeclined),
        };
        let number = |scope: Scope| self.inputs.consents.iter().position(|other| *other == scope);
        Update::Consent { scope: scope.and_then(number).map(|number| number as u32), word }
    }

    /// The topic an event is about: its own, else a page's by the first glob that matches its path.
    fn topic(&self, message: &Message, kind: &str, path: Option<&Value>) -> Option<u32> {
        if let Some(topic) = message.id("topic") {
            return self.topics.get(topic.as_ref()).copied();
        }
        match path {
            Some(Value::Text(path)) if kind == kind::PAGE_VIEWED => {
                let stands_for =
                    |(_, globs): &&(u32, Vec<super::glob::Glob>)| globs.iter().any(|glob| glob.matches(path));
                self.pages.iter().find(stands_for).map(|(topic, _)| *topic)
            }
            _ => None,
        }
    }

    fn act(&self, act: Act, message: &Message) -> Option<Update> {
        let segment = || self.place(&message.id("segment")?, self.playbook.segments.iter().map(|s| &s.id));
        let ladder = || self.place(&message.id("ladder")?, self.playbook.ladders.iter().map(|l| &l.id));
        let sequence = || self.place(&message.id("sequence")?, self.playbook.sequences.iter().map(|s| &s.id));
        if let Some(fact) = Fact::read(act, message) {
            return self.fact(fact);
        }
        Some(match act {
            Act::Pin => Update::Pinned { segment: segment()? },
            Act::Ban => Update::Banned { segment: segment()? },
            Act::Release => Update::Released { segment: segment()? },
            Act::SetStage => {
                let ladder = ladder()?;
                let stages = &self.playbook.ladders[ladder as usize].stages;
                let stage = self.place(&message.id("stage")?, stages.iter().map(|s| &s.id))?;
                Update::StageSet { ladder, stage }
            }
            Act::ReleaseStage => Update::StageReleased { ladder: ladder()? },
            Act::Enroll => Update::Entered { sequence: sequence()? },
            Act::Stop => Update::Stopped { sequence: sequence()? },
            Act::Deal(_) | Act::Tag | Act::Untag | Act::SetOwner | Act::Copy(_) | Act::Consent(_) => return None,
        })
    }

    fn fact(&self, fact: Fact) -> Option<Update> {
        Some(match fact {
            Fact::Deal(DealFact { id, state, .. }) => {
                // Events without a deal's id are together one deal; no id hashes to the same as an id with a mark.
                Update::Deal { deal: id.map_or(0, |id| hash(&id)), stands: state }
            }
            Fact::Tag { tag, adds: true } => Update::Tagged { attribute: self.attribute("tags")?, tag: tag.clone() },
            Fact::Tag { tag, adds: false } => Update::Untagged { attribute: self.attribute("tags")?, tag: tag.clone() },
            Fact::Owner(owner) => Update::Set { attribute: self.attribute("owner")?, value: owner.clone() },
            Fact::Consent(_) => return None,
        })
    }

    fn place<'a>(&self, id: &str, mut ids: impl Iterator<Item = &'a String>) -> Option<u32> {
        ids.position(|other| other == id).map(|place| place as u32)
    }
}

/// A hash of an id that never changes: the first 8 bytes of SHA-256.
pub(crate) fn hash(text: &str) -> u64 {
    hash_of(text.as_bytes())
}

pub(crate) fn hash_of(bytes: &[u8]) -> u64 {
    let digest = Sha256::digest(bytes);
    digest.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// A number, or a text that reads as one.
fn amount_in(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => Some(finite(*number)),
        Value::Text(text) => number_in(text),
        _ => None,
    }
}

/// Tells values apart by type and value, text in lower case.
fn distinct_value(value: &Value) -> u64 {
    let mut bytes = Vec::new();
    spell(value, &mut bytes);
    hash_of(&bytes)
}

fn spell(value: &Value, bytes: &mut Vec<u8>) {
    match value {
        Value::Bool(b) => bytes.extend([b'b', u8::from(*b)]),
        Value::Number(n) => {
            bytes.push(b'n');
            // 0 and −0 are one number.
            bytes.extend((n + 0.0).to_bits().to_le_bytes());
        }
        Value::Text(text) => {
            let text = lower(text);
            bytes.push(b't');
            bytes.extend((text.len() as u64).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        Value::List(list) => {
            bytes.push(b'l');
            bytes.extend((list.len() as u64).to_le_bytes());
            list.iter().for_each(|element| spell(element, bytes));
        }
        Value::Opaque => bytes.push(b'o'),
    }
}
