//! What conditions read of a lead's events, each thing kept once and with the decisions that ask for it.

use crate::condition::Which;
use crate::consent;
use crate::time::{Duration, Instant};
use crate::value::Test;

/// The things kept for a lead, by number. A goal's own stand apart: they begin anew with each enrollment.
#[derive(Default)]
pub(crate) struct Inputs {
    pub counters: Vec<Counter>,
    pub clocks: Vec<Clock>,
    pub attributes: Vec<Attribute>,
    pub copies: Vec<Copies>,
    pub deal_users: Vec<u32>,
    /// The scopes of consent that are asked for; all first.
    pub consents: Vec<consent::Scope>,
    pub consent_users: Vec<u32>,
}

/// Events of some kinds that pass a filter: how many, how many different values, or how much.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Counter {
    /// Sorted, each once.
    pub kinds: Vec<String>,
    /// Only the first or the last event of these kinds, whatever it is like.
    pub which: Option<Which>,
    pub filter: Vec<(String, Test)>,
    /// Only events younger than this.
    pub within: Option<Duration>,
    /// Only events at least this old.
    pub older: Option<Duration>,
    /// Only events from this instant on.
    pub after: Option<Instant>,
    /// Only events before this instant.
    pub before: Option<Instant>,
    pub distinct: Option<String>,
    /// The property whose values are added up.
    pub amount: Option<String>,
    /// Counting further changes no answer.
    pub keep: u32,
    pub sequence: Option<u32>,
    pub users: Vec<u32>,
}

impl Counter {
    /// Whether an event at an instant can count at all.
    pub fn spans(&self, event: Instant) -> bool {
        self.after.is_none_or(|after| event >= after) && self.before.is_none_or(|before| event < before)
    }

    /// Whether an event has the age that is asked for.
    pub fn has_age(&self, event: Instant, at: Instant) -> bool {
        self.within.is_none_or(|within| at - event < within) && self.older.is_none_or(|older| at - event >= older)
    }

    /// The next instant at which one of these events begins or ends to have that age.
    pub fn turns(&self, events: impl Iterator<Item = Instant>, at: Instant) -> Instant {
        if self.within.is_none() && self.older.is_none() {
            return Instant::NEVER;
        }
        let turn = |event: Instant| [self.older, self.within].into_iter().flatten().map(move |age| event + age);
        events.flat_map(turn).filter(|turn| *turn > at).min().unwrap_or(Instant::NEVER)
    }

    /// Whether it keeps the same of a lead as another one, which may count further. Each counter of a playbook is compared
    /// with those before it, so nothing is copied for that. Every field is named, so that a new one is not forgotten here.
    fn is_alike(&self, other: &Counter) -> bool {
        let Counter {
            kinds,
            which,
            filter,
            within,
            older,
            after,
            before,
            distinct,
            amount,
            sequence,
            keep: _,
            users: _,
        } = other;
        let times = (&self.within, &self.older, &self.after, &self.before) == (within, older, after, before);
        let what = (&self.kinds, &self.which, &self.distinct, &self.amount) == (kinds, which, distinct, amount);
        times && what && self.sequence == *sequence && self.filter == *filter
    }
}

/// The last event of some kinds.
pub(crate) struct Clock {
    pub kinds: Vec<String>,
    pub sequence: Option<u32>,
    /// The decisions that ask, each with the silence after which an event changes something for it.
    pub users: Vec<(Duration, u32)>,
}

impl Clock {
    /// What tells it from others: all but who asks. Every field is named, so that a new one is not forgotten here.
    fn kept(&self) -> (&[String], Option<u32>) {
        let Clock { kinds, sequence, users: _ } = self;
        (kinds, *sequence)
    }

    /// Notes a decision that asks. It is looked at after an event that ends at least this `silence`: an earlier event only
    /// puts off an instant that was noted, and that instant may be early. No silence, `Duration(0)`: after each event.
    pub fn note_user(&mut self, user: u32, silence: Duration) {
        self.users.push((silence, user));
    }
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
        let same = |counter: &Counter| counter.is_alike(&wanted);
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
        let wanted = Clock { kinds, sequence, users: Vec::new() };
        let number = self.clocks.iter().position(|clock| clock.kept() == wanted.kept()).unwrap_or_else(|| {
            self.clocks.push(wanted);
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

    pub fn consent(&mut self, scope: &consent::Scope) -> u32 {
        let number = self.consents.iter().position(|other| other == scope).unwrap_or_else(|| {
            self.consents.push(scope.clone());
            self.consents.len() - 1
        });
        number as u32
    }

    /// Whether what two programs keep of a lead has the same numbers and says as much. Every input is named, so that a new
    /// one is not forgotten here.
    pub fn keep_the_same(&self, asked: &Inputs) -> bool {
        let Inputs { counters, clocks, attributes, copies, consents, deal_users: _, consent_users: _ } = self;
        let plain = |counter: &Counter| Counter { users: Vec::new(), ..counter.clone() };
        counters.iter().map(plain).eq(asked.counters.iter().map(plain))
            && clocks.iter().map(Clock::kept).eq(asked.clocks.iter().map(Clock::kept))
            && attributes.iter().map(|one| &one.name).eq(asked.attributes.iter().map(|one| &one.name))
            && copies.iter().map(|one| one.sequence).eq(asked.copies.iter().map(|one| one.sequence))
            && *consents == asked.consents
    }

    /// What a sequence's goal reads of its own, and what is dropped when an enrollment ends. Every input is named, so that a
    /// new one is not forgotten here.
    pub fn scope(&self, sequence: u32) -> Scope {
        let Inputs { counters, clocks, attributes: _, copies, deal_users: _, consents: _, consent_users: _ } = self;
        let own = |of: Option<u32>| of == Some(sequence);
        let numbers = |flags: Vec<bool>| (0..).zip(flags).filter(|(_, own)| *own).map(|(number, _)| number).collect();
        Scope {
            counters: numbers(counters.iter().map(|c| own(c.sequence)).collect()),
            clocks: numbers(clocks.iter().map(|c| own(c.sequence)).collect()),
            copies: numbers(copies.iter().map(|c| own(c.sequence)).collect()),
        }
    }
}
