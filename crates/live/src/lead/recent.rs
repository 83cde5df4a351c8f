//! The recent events of leads that have many, with the state before them. An event that comes a little late rebuilds its
//! lead from there. This is a cache: whatever changes anything but by a further event drops it, and then the lead is
//! rebuilt from all of its events.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::rebuild::Base;
use attractor_store::{Error, events};

use crate::identity::ownership::Changed;
use crate::identity::who::Told;
use crate::lead::history::{Past, mark_lost};
use crate::lead::profile::Profile;
use crate::lead::visits::firsts;
use crate::work::Work;

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
    pub later: Vec<(i64, String)>,
    /// The version that it lived under.
    pub version: i64,
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

impl Work<'_> {
    /// Whether a lead can be rebuilt from its recent events alone.
    pub fn is_recent(&mut self, lead: i64, told: &[&Told], changed: &Changed) -> bool {
        let Some(recent) = self.memory.recent.get(&lead) else { return false };
        let comes_after = !told.is_empty() && told.iter().all(|told| told.at > recent.until);
        let standing = &self.leads[&lead];
        let same = recent.version == standing.version && standing.lead.is_some();
        let under = self.memory.versions.of(&standing.name);
        let fits = same && under.is_some_and(|under| under.version == standing.version && self.fits(standing, &under));
        let is_moved = changed.rebuild.contains(&lead)
            || changed.look.contains(&lead)
            || changed.parted.contains_key(&lead)
            || changed.predecessors(lead).next().is_some();
        comes_after && fits && !is_moved
    }

    /// The events of these leads since the state that is kept, with what is new.
    pub fn recent_histories(
        &mut self,
        leads: &BTreeSet<i64>,
        new: &BTreeMap<i64, Vec<&Told>>,
    ) -> Result<BTreeMap<i64, History>, Error> {
        let (mut kept, mut histories) = (BTreeMap::new(), BTreeMap::new());
        for lead in leads {
            let Some(recent) = self.memory.recent.get(lead).cloned() else { continue };
            let told = new.get(lead).into_iter().flatten().map(|told| (told.identity, told.id));
            let later = recent.later.iter().map(|(identity, id)| (*identity, id.as_str()));
            let keys: Vec<(i64, &str)> = later.chain(told).collect();
            let read = events::of_keys(self.connection, &keys)?;
            let mut past = recent.past.clone();
            past.extend(read.into_iter().filter(|event| event.flags & events::WITHDRAWN == 0).map(Past::of));
            past.sort_by_key(|past| (past.at, past.received));
            self.memory.effort.rebuilt += 1;
            self.memory.effort.from_recent += 1;
            self.memory.effort.parsed += past.len() as u64;
            histories.insert(*lead, past);
            kept.insert(*lead, recent);
        }
        mark_lost(self.connection, &mut histories)?;
        let with_recent = |(lead, past)| (lead, History { past, recent: kept.remove(&lead) });
        Ok(histories.into_iter().map(with_recent).collect())
    }

    /// Keeps the recent events of a lead that was rebuilt, or forgets those that were kept. `made` is what was kept on the
    /// way, before the event at its place.
    pub fn keep_recent(&mut self, lead: i64, history: History, made: Option<Made>, version: i64) {
        self.memory.recent.remove(&lead);
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
            (None, Some(recent)) if past.len() <= self.memory.recent_from * 2 => {
                Recent { past, later: Vec::new(), ..(*recent).clone() }
            }
            _ => return,
        };
        self.memory.recent.insert(lead, Arc::new(next));
    }

    /// Notes what came in time of a lead whose recent events are kept.
    pub fn follow_recent(&mut self, lead: i64, told: &[&Told]) {
        let Some(mut recent) = self.memory.recent.remove(&lead) else { return };
        let kept = Arc::make_mut(&mut recent);
        kept.later.extend(told.iter().map(|told| (told.identity, told.id.to_owned())));
        if kept.later.len() <= self.memory.recent_from * 4 {
            self.memory.recent.insert(lead, recent);
        }
    }
}
