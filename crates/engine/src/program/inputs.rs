//! What conditions read of a lead's events, each thing kept once and with the decisions that ask for it.

use crate::time::Duration;
use crate::value::Test;

/// The things kept for a lead, by number. A goal's own stand apart: they begin anew with each enrolment.
#[derive(Default)]
pub(crate) struct Inputs {
    pub counters: Vec<Counter>,
    pub clocks: Vec<Clock>,
    pub attributes: Vec<Attribute>,
    pub copies: Vec<Copies>,
    pub deal_users: Vec<u32>,
}

/// Counts events of a kind that pass a filter.
pub(crate) struct Counter {
    pub kind: String,
    pub filter: Vec<(String, Test)>,
    pub within: Option<Duration>,
    pub distinct: Option<String>,
    /// Counting further changes no answer.
    pub keep: u32,
    pub sequence: Option<u32>,
    pub users: Vec<u32>,
}

/// The last event of some kinds.
pub(crate) struct Clock {
    pub kinds: Vec<String>,
    pub sequence: Option<u32>,
    /// Who asks, and how long idle: an event in between changes nothing for them.
    pub users: Vec<(Duration, u32)>,
}

pub(crate) struct Attribute {
    pub name: String,
    pub users: Vec<u32>,
}

/// The copies of e-mails that rates are taken of.
pub(crate) struct Copies {
    pub sequence: Option<u32>,
    pub users: Vec<u32>,
}

/// What a sequence's goal reads of its own.
#[derive(Default)]
pub(crate) struct Scope {
    pub counters: Vec<u32>,
    pub clocks: Vec<u32>,
    pub copies: Vec<u32>,
}

impl Inputs {
    pub fn counter(&mut self, wanted: Counter) -> u32 {
        let same = |c: &Counter| {
            c.kind == wanted.kind
                && c.filter == wanted.filter
                && c.within == wanted.within
                && c.distinct == wanted.distinct
                && c.sequence == wanted.sequence
        };
        let number = match self.counters.iter().position(same) {
            Some(number) => {
                self.counters[number].keep = self.counters[number].keep.max(wanted.keep);
                number
            }
            None => {
                self.counters.push(wanted);
                self.counters.len() - 1
            }
        };
        number as u32
    }

    pub fn clock(&mut self, mut kinds: Vec<String>, sequence: Option<u32>) -> u32 {
        kinds.sort();
        kinds.dedup();
        let same = |c: &Clock| c.kinds == kinds && c.sequence == sequence;
        let number = self.clocks.iter().position(same).unwrap_or_else(|| {
            self.clocks.push(Clock { kinds, sequence, users: Vec::new() });
            self.clocks.len() - 1
        });
        number as u32
    }

    pub fn copies(&mut self, sequence: Option<u32>) -> u32 {
        let number = self.copies.iter().position(|c| c.sequence == sequence).unwrap_or_else(|| {
            self.copies.push(Copies { sequence, users: Vec::new() });
            self.copies.len() - 1
        });
        number as u32
    }

    pub fn attribute(&mut self, name: &str) -> u32 {
        let number = self.attributes.iter().position(|a| a.name == name).unwrap_or_else(|| {
            self.attributes.push(Attribute { name: name.to_owned(), users: Vec::new() });
            self.attributes.len() - 1
        });
        number as u32
    }

    pub fn scope(&self, sequence: u32) -> Scope {
        let own = |of: Option<u32>| of == Some(sequence);
        let numbers = |flags: Vec<bool>| (0..).zip(flags).filter(|(_, own)| *own).map(|(number, _)| number).collect();
        Scope {
            counters: numbers(self.counters.iter().map(|c| own(c.sequence)).collect()),
            clocks: numbers(self.clocks.iter().map(|c| own(c.sequence)).collect()),
            copies: numbers(self.copies.iter().map(|c| own(c.sequence)).collect()),
        }
    }
}
