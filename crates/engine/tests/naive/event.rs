//! The form `event`: which of the lead's events match, and how many they are or what they add up to.

use super::lead::Event;
use super::operators::{Operator, all_hold};
use serde_json::Value;

pub struct EventForm {
    /// Counted together.
    pub kinds: Vec<String>,
    pub which: Option<Which>,
    pub demanded: Vec<(String, Vec<Operator>)>,
    pub within: Option<i64>,
    pub older: Option<i64>,
    pub after: Option<i64>,
    pub before: Option<i64>,
    pub distinct: Option<String>,
}

#[derive(Clone, Copy)]
pub enum Which {
    First,
    Last,
}

/// What is compared of the events that match. Operators on sums and averages compare billionths.
pub enum Measure {
    Count(Vec<Operator>),
    Sum(Vec<(String, Vec<Operator>)>),
    Average(Vec<(String, Vec<Operator>)>),
}

impl Which {
    pub fn read(word: &str) -> Which {
        if word == "first" { Which::First } else { Which::Last }
    }

    /// The one of these that alone is considered.
    pub fn of<T>(self, mut events: impl DoubleEndedIterator<Item = T>) -> Option<T> {
        match self {
            Which::First => events.next(),
            Which::Last => events.next_back(),
        }
    }
}

impl EventForm {
    pub fn is_of_kind(&self, event: &Event) -> bool {
        event.kind.as_ref().is_some_and(|kind| self.kinds.contains(kind))
    }

    /// Whether the event matches what is asked of its properties and of its own instant.
    pub fn fits(&self, event: &Event) -> bool {
        let property = |name: &String| event.properties.get(name);
        self.demanded.iter().all(|(name, operators)| all_hold(operators, property(name)))
            && self.after.is_none_or(|after| event.at >= after)
            && self.before.is_none_or(|before| event.at < before)
            && self.distinct.as_ref().is_none_or(|name| property(name).is_some())
    }

    /// Whether the age of an event is one that counts, in milliseconds.
    pub fn is_of_age(&self, age: i64) -> bool {
        self.within.is_none_or(|within| age < within) && self.older.is_none_or(|older| age >= older)
    }
}

/// The numbers that a property is in these events: text that reads as one too.
pub fn numbers<'a>(property: &'a str, events: &'a [&Event]) -> impl Iterator<Item = f64> + 'a {
    events.iter().filter_map(move |event| event.properties.get(property).and_then(super::operators::number))
}
