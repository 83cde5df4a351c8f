//! A lead with all its events, and what each condition and rule sees of them.

use super::book::{Book, Decay, Source};
use super::condition::{self, Hit, id_of};
use super::identity::Person;
use super::instant::DAY;
use super::message::{Message, Setting};
use serde_json::Value;
use std::collections::BTreeMap;

/// For how long after `at` the next change is looked for, in milliseconds.
pub const AHEAD: i64 = 366 * DAY;

pub struct Event {
    pub at: i64,
    pub id: String,
    pub kind: Option<String>,
    pub properties: BTreeMap<String, Value>,
    pub settings: Vec<Setting>,
    pub machine: bool,
    pub history: bool,
}

/// A copy of an e-mail: the numbers of the events that tell of it.
#[derive(Default)]
pub struct Copy {
    pub delivered: Vec<usize>,
    pub bounced: Vec<usize>,
    pub opened: Vec<usize>,
    pub clicked: Vec<usize>,
    /// By a privacy proxy.
    pub loaded: Vec<usize>,
}

/// An event that a rule or a topic counts, and for how much.
pub struct Share {
    pub index: usize,
    pub at: i64,
    pub amount: f64,
}

pub struct Lead {
    pub name: String,
    pub events: Vec<Event>,
    /// The instant of the first event that no machine caused.
    pub start: i64,
    /// Up to and including this instant nobody is enrolled.
    pub history: Option<i64>,
    /// Of each leaf of the playbook.
    pub hits: Vec<Vec<Hit>>,
    pub copies: Vec<Copy>,
    /// The events by which the lead declined to be tracked.
    pub declined: Vec<usize>,
    /// Of each score and rule, the events that count. Empty where the rule is about no events.
    pub counted: Vec<Vec<Vec<Share>>>,
    /// Of each topic, the events that make it strong.
    pub topical: Vec<Vec<Share>>,
    /// Instants at which windows, idle times and steps of decay end, whatever comes: sorted.
    pub turns: Vec<i64>,
}

impl Lead {
    /// Nothing where only machines caused events.
    pub fn new(book: &Book, person: Person) -> Option<Lead> {
        let start = person.messages.iter().find(|message| !message.machine)?.at;
        let history = person.messages.iter().filter(|message| message.history).map(|message| message.at).max();
        let events: Vec<_> = person.messages.into_iter().map(Event::from).collect();
        let hits = book.leaves.iter().map(|leaf| {
            let hits = events.iter().enumerate();
            hits.filter_map(|(index, event)| leaf.hit(index, event)).collect()
        });
        let (hits, copies, declined) = (hits.collect(), copies(&events), declined(&events));
        let (counted, topical, turns) = Default::default();
        let mut lead =
            Lead { name: person.name, start, history, hits, copies, counted, topical, declined, turns, events };
        let rules = |rules: &[super::book::Rule]| rules.iter().map(|rule| lead.counted(rule)).collect();
        lead.counted = book.scores.iter().map(|score| rules(&score.rules)).collect();
        lead.topical = (0..book.topics.len()).map(|topic| lead.topical(book, topic)).collect();
        lead.turns = lead.turns(book);
        Some(lead)
    }

    /// The events that count for a rule, its limit respected.
    fn counted(&self, rule: &super::book::Rule) -> Vec<Share> {
        let Source::Event { leaf, limit, .. } = &rule.source else { return Vec::new() };
        let mut counted: Vec<Share> = Vec::new();
        for hit in self.hits[*leaf].iter().filter(|hit| hit.fits) {
            let full = limit.is_some_and(|(times, within)| {
                counted.iter().filter(|earlier| hit.at - earlier.at < within).count() >= times
            });
            if !full {
                counted.push(Share { index: hit.index, at: hit.at, amount: rule.points });
            }
        }
        counted
    }

    fn topical(&self, book: &Book, topic: usize) -> Vec<Share> {
        let Some(interests) = &book.interests else { return Vec::new() };
        let mut found = Vec::new();
        for (index, event) in self.events.iter().enumerate().filter(|(_, event)| !event.machine) {
            let weight = event.kind.as_ref().and_then(|kind| interests.weights.get(kind));
            if let Some(&amount) = weight.filter(|_| super::interest::topic_of(book, event) == Some(topic)) {
                found.push(Share { index, at: event.at, amount });
            }
        }
        found
    }

    fn turns(&self, book: &Book) -> Vec<i64> {
        let leaves = book.leaves.iter().enumerate();
        let mut turns: Vec<i64> = leaves.flat_map(|(number, leaf)| leaf.turns(self, number)).collect();
        for (score, counted) in book.scores.iter().zip(&self.counted) {
            for (rule, counted) in score.rules.iter().zip(counted) {
                let Source::Event { decay, .. } = &rule.source else { continue };
                turns.extend(counted.iter().flat_map(|share| decay.turns(share)));
            }
        }
        turns.sort_unstable();
        turns.dedup();
        turns
    }

    /// How the lead's deals stand once so many events are taken.
    pub fn deals(&self, taken: usize) -> Vec<&'static str> {
        let mut deals = BTreeMap::new();
        for event in self.events[..taken].iter().filter(|event| !event.machine) {
            let state = match event.kind.as_deref() {
                Some("Deal Created") => "open",
                Some("Deal Won") => "won",
                Some("Deal Lost") => "lost",
                _ => continue,
            };
            deals.insert(id_of(event, "deal_id"), state);
        }
        deals.into_values().collect()
    }

    pub fn in_sample(&self, percent: f64, seed: &str) -> bool {
        condition::in_sample(percent, seed, &self.name)
    }
}

impl Decay {
    /// The instants at which an event's points change by a step.
    fn turns(&self, share: &Share) -> Vec<i64> {
        match *self {
            Decay::None | Decay::HalfLife(_) => Vec::new(),
            Decay::Expires(after) => vec![share.at + after],
            Decay::Loses(loss, _) if loss <= 0.0 => Vec::new(),
            Decay::Loses(loss, every) => {
                let steps = (share.amount.abs() / loss).ceil() as i64 + 1;
                (1..=steps).map(|step| share.at + step * every).collect()
            }
        }
    }
}

impl From<Message> for Event {
    fn from(message: Message) -> Event {
        let Message { at, id, kind, properties, settings, machine, history, .. } = message;
        Event { at, id, kind, properties, settings, machine, history }
    }
}

impl Event {
    /// Whether it says that the copy was not measured.
    pub fn is_untracked(&self) -> bool {
        self.properties.get("tracked") == Some(&Value::Bool(false))
    }
}

fn declined(events: &[Event]) -> Vec<usize> {
    let declines = |event: &Event| !event.machine && event.kind.as_deref() == Some("Tracking Declined");
    (0..events.len()).filter(|&index| declines(&events[index])).collect()
}

fn copies(events: &[Event]) -> Vec<Copy> {
    let mut copies: BTreeMap<String, Copy> = BTreeMap::new();
    for (index, event) in events.iter().enumerate() {
        let Some(send) = id_of(event, "send_id") else { continue };
        let copy = copies.entry(send).or_default();
        match (event.kind.as_deref(), event.machine) {
            (Some("Email Opened"), true) if event.properties.get("proxy") == Some(&Value::Bool(true)) => {
                copy.loaded.push(index);
            }
            (_, true) => {}
            (Some("Email Delivered"), _) => copy.delivered.push(index),
            (Some("Email Bounced"), _) => copy.bounced.push(index),
            (Some("Email Opened"), _) => copy.opened.push(index),
            (Some("Email Link Clicked"), _) => copy.clicked.push(index),
            _ => {}
        }
    }
    copies.into_values().collect()
}
