//! The recent events of leads that have many, with the state before them. An event that comes a little late rebuilds its
//! lead from there. This is a cache: whatever changes anything but by a further event drops it, and then the lead is
//! rebuilt from all of its events.

use std::collections::BTreeSet;
use std::sync::Arc;

use attractor_engine::rebuild::Base;
use attractor_store::{IdentityId, LeadId, VersionNumber};

use crate::cache::Cache;
use crate::identity::keys::NewEvent;
use crate::lead::history::Past;
use crate::lead::profile::Profile;
use crate::lead::visits::firsts;

/// Of how many leads a generation of the cache keeps them; each takes a few megabytes at most.
const LEADS: usize = 20;
/// How many events a lead has from which on the recent ones are kept.
pub const FROM: usize = 500;
/// How long the messages of one lead's recent events may be together, in bytes.
const BYTES: usize = 1 << 20;

/// The recent events of one lead.
#[derive(Clone)]
pub struct Recent {
    /// What the events up to and including `until` made of it: as the engine has it, as a person, and which names of a
    /// first source its visits have set.
    pub base: Base,
    pub profile: Profile,
    pub firsts: BTreeSet<String>,
    /// Milliseconds since 1970.
    pub until: i64,
    /// The events after it, in order, without those in `later`.
    pub past: Vec<Past>,
    /// What came in time since, each its identity and id.
    pub later: Vec<(IdentityId, String)>,
    /// The version that it lived under.
    pub version: VersionNumber,
}

/// What a rebuild kept on its way.
pub struct Made {
    pub place: usize,
    pub base: Base,
    pub profile: Profile,
}

/// What a lead is rebuilt from.
pub struct History {
    /// Its events in order: all of them, or those behind what is kept.
    pub past: Vec<Past>,
    pub recent: Option<Arc<Recent>>,
}

impl History {
    /// The instant behind which the events lie, in milliseconds since 1970.
    pub fn since(&self) -> i64 {
        self.recent.as_ref().map_or(i64::MIN, |recent| recent.until)
    }
}

/// How many recent events are kept: between this and its double, `from` being how many a lead has at least.
pub fn kept(from: usize) -> usize {
    from.div_ceil(2)
}

/// The place from which on events are recent, where there are enough of them. No two events of one instant are parted, and
/// what lies behind `split` is not rebuilt.
pub fn mark(past: &[Past], split: usize, from: usize) -> Option<usize> {
    if past.len() < from {
        return None;
    }
    let latest = split.min(past.len() - kept(from));
    let place = (1..=latest).rev().find(|place| *place < split && past[place - 1].at < past[*place].at)?;
    let is_short =
        past.len() - place <= from && past[place..].iter().map(|past| past.message.len()).sum::<usize>() <= BYTES;
    is_short.then_some(place)
}

/// The recent events of leads, as they are remembered between transactions.
pub struct RecentMemory {
    kept: Cache<LeadId, Arc<Recent>>,
    /// From how many events on they are kept.
    from: usize,
}

impl Default for RecentMemory {
    fn default() -> RecentMemory {
        RecentMemory { kept: Cache::new(LEADS), from: FROM }
    }
}

impl RecentMemory {
    pub fn forget(&mut self) {
        self.kept.clear();
    }

    pub fn keep_from(&mut self, events: usize) {
        self.from = events;
    }
}

/// The same in a transaction.
pub struct Recents<'m>(pub &'m mut RecentMemory);

impl Recents<'_> {
    /// From how many events on a lead's recent ones are kept.
    pub fn from(&self) -> usize {
        self.0.from
    }

    pub fn get(&mut self, lead: LeadId) -> Option<Arc<Recent>> {
        self.0.kept.get(&lead).cloned()
    }

    pub fn drop(&mut self, lead: LeadId) {
        self.0.kept.remove(&lead);
    }

    /// Keeps the recent events of a lead that was rebuilt, or forgets those that were kept. `made` is what was kept on the
    /// way, before the event at its place.
    pub fn keep(&mut self, lead: LeadId, history: History, made: Option<Made>, version: VersionNumber) {
        self.0.kept.remove(&lead);
        let History { mut past, recent } = history;
        let next = match (made, recent) {
            (Some(made), recent) => {
                let known = recent.map(|recent| recent.firsts.clone()).unwrap_or_default();
                let behind = past.split_off(made.place);
                let until = past.last().map_or(i64::MIN, |past| past.at);
                let firsts = firsts(&past, known);
                let Made { base, profile, .. } = made;
                Recent { base, profile, firsts, until, past: behind, later: Vec::new(), version }
            }
            (None, Some(recent)) if past.len() <= self.0.from * 2 => {
                Recent { past, later: Vec::new(), ..(*recent).clone() }
            }
            _ => return,
        };
        self.0.kept.insert(lead, Arc::new(next));
    }

    /// Notes what came in time of a lead whose recent events are kept.
    pub fn follow(&mut self, lead: LeadId, new_events: &[&NewEvent]) {
        let Some(mut recent) = self.0.kept.remove(&lead) else { return };
        let kept = Arc::make_mut(&mut recent);
        kept.later.extend(new_events.iter().map(|event| (event.identity, event.id.to_owned())));
        if kept.later.len() <= self.0.from * 4 {
            self.0.kept.insert(lead, recent);
        }
    }
}
