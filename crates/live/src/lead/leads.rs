//! The leads at hand: their states, and what is remembered of them between transactions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Index;

use attractor_engine::lead::Lead;
use attractor_store::{Connection, Error, IdentityId, IdentityKind, LeadId, MoveNumber, VersionNumber, leads};

use crate::cache::Cache;
use crate::effort::Effort;
use crate::identity::slice::Slice;
use crate::lead::changed::Changed;
use crate::lead::held::HeldLead;
use crate::lead::history::{Past, histories_within};
use crate::lead::profiles::Profiles;
use crate::lead::recent::{RecentMemory, Recents};
use crate::unreadable::{Unreadable, Unreadables};
use crate::versions::{Under, Versions};

/// How many leads a generation of the cache holds; a lead takes a kilobyte or two.
const LEADS: usize = 10_000;

/// What is remembered of leads between transactions.
pub struct LeadMemory {
    cache: Cache<LeadId, HeldLead>,
    pub recent: RecentMemory,
    pub versions: Versions,
    /// The number of the last move.
    pub moves: MoveNumber,
    /// What could not be read since somebody asked last.
    pub unreadable: Unreadables,
    /// Counted as long as the lane lives.
    pub effort: Effort,
}

impl LeadMemory {
    pub fn new(moves: MoveNumber, versions: Versions) -> LeadMemory {
        LeadMemory {
            cache: Cache::new(LEADS),
            recent: RecentMemory::default(),
            versions,
            moves,
            unreadable: Unreadables::default(),
            effort: Effort::default(),
        }
    }

    pub fn forget(&mut self) {
        self.cache.clear();
        self.recent.forget();
        self.unreadable = Unreadables::default();
        self.versions.forget();
    }
}

/// Leads as one transaction knows them.
pub struct Leads<'m> {
    cache: &'m mut Cache<LeadId, HeldLead>,
    at_hand: BTreeMap<LeadId, HeldLead>,
    moves: &'m mut MoveNumber,
    unreadable: &'m mut Unreadables,
    pub(in crate::lead) recent: Recents<'m>,
    /// What their messages made of them, where that is at hand.
    pub profiles: Profiles,
    pub versions: &'m mut Versions,
    pub effort: &'m mut Effort,
    /// How many events of several leads may be read at once.
    pub most_events: usize,
}

impl Index<&LeadId> for Leads<'_> {
    type Output = HeldLead;

    fn index(&self, lead: &LeadId) -> &HeldLead {
        &self.at_hand[lead]
    }
}

impl<'m> Leads<'m> {
    pub fn new(memory: &'m mut LeadMemory) -> Leads<'m> {
        let LeadMemory { cache, recent, versions, moves, unreadable, effort } = memory;
        Leads {
            cache,
            at_hand: BTreeMap::new(),
            moves,
            unreadable,
            recent: Recents(recent),
            profiles: Profiles::default(),
            versions,
            effort,
            most_events: usize::MAX,
        }
    }

    /// Loads leads. Returns those whose sources cannot be read, with the reason: they are empty until they are found out
    /// anew.
    pub fn load(
        &mut self,
        connection: &mut Connection,
        ids: &BTreeSet<LeadId>,
    ) -> Result<Vec<(LeadId, String)>, Error> {
        let mut missing = Vec::new();
        for id in ids {
            if self.at_hand.contains_key(id) {
                continue;
            }
            match self.cache.get(id) {
                Some(held) => _ = self.at_hand.insert(*id, held.clone()),
                None => missing.push(*id),
            }
        }
        let mut damaged = Vec::new();
        for row in leads::load(connection, &missing)? {
            let program = self.versions.program(connection, row.version)?;
            if row.became.is_none() && Lead::is_damaged(&row.head, &program) {
                self.note_unreadable("state", row.id, "it is built anew from the lead's events");
            }
            let id = row.id;
            let (held, damage) = HeldLead::of(row, &program);
            self.at_hand.insert(id, held);
            damaged.extend(damage.map(|why| (id, why)));
        }
        Ok(damaged)
    }

    pub fn get(&self, lead: LeadId) -> Option<&HeldLead> {
        self.at_hand.get(&lead)
    }

    pub fn get_mut(&mut self, lead: LeadId) -> Option<&mut HeldLead> {
        self.at_hand.get_mut(&lead)
    }

    pub fn has(&self, lead: LeadId) -> bool {
        self.at_hand.contains_key(&lead)
    }

    pub fn take(&mut self, lead: LeadId) -> Option<HeldLead> {
        self.at_hand.remove(&lead)
    }

    pub fn put(&mut self, held: HeldLead) {
        self.at_hand.insert(held.id, held);
    }

    /// A lead is nobody any more, and one with its successor where there is one. Returns its stored wake-up; `None` where the
    /// store has no row of it and will have none.
    pub fn dissolve(&mut self, lead: LeadId, successor: Option<LeadId>) -> Option<Option<i64>> {
        let mut held = self.forget(lead).filter(|held| held.stored)?;
        held.became = successor.or(Some(LeadId::NOBODY));
        held.sources.clear();
        (held.lead, held.email) = (None, None);
        let wake = held.wake.take();
        self.put(held);
        Some(wake)
    }

    /// What is at hand of a lead is what the store will have: it is remembered. Returns its row.
    pub fn mark_stored(&mut self, connection: &mut Connection, lead: LeadId) -> Result<Option<leads::Lead>, Error> {
        let Some(held) = self.at_hand.get_mut(&lead) else { return Ok(None) };
        let program = self.versions.program(connection, held.version)?;
        held.stored = true;
        if held.became.is_none() {
            self.cache.insert(lead, held.clone());
        }
        Ok(Some(held.row(&program)))
    }

    /// Nothing of a lead is at hand or remembered any more.
    pub fn forget(&mut self, lead: LeadId) -> Option<HeldLead> {
        self.cache.remove(&lead);
        self.recent.drop(lead);
        self.profiles.remove(lead);
        self.at_hand.remove(&lead)
    }

    /// Gives a lead its slices and its name; what that changes is noted. Returns whether its row must be saved for it
    /// alone. `made` are the identities that were made in this run.
    pub fn own(
        &mut self,
        lead: LeadId,
        (kind, name): (IdentityKind, String),
        slices: Vec<Slice>,
        made: &BTreeSet<IdentityId>,
        changed: &mut Changed,
    ) -> bool {
        let held = self.at_hand.entry(lead).or_insert_with(|| HeldLead::new(lead, kind, &name, VersionNumber::NONE));
        let old =
            |slices: &[Slice]| -> BTreeSet<Slice> { slices.iter().filter(|s| !made.contains(&s.0)).copied().collect() };
        let same = old(&held.sources) == old(&slices) && (held.kind, &held.name) == (kind, &name);
        let is_anew = !same || held.became.is_some();
        if is_anew {
            changed.rebuild.insert(lead);
        }
        // A new identity has no events yet, perhaps not even in this transaction; whose it is, is kept all the same.
        let is_saved = !is_anew && held.stored && held.sources != slices;
        let parted = held.became.take().filter(|successor| *successor != LeadId::NOBODY);
        changed.parted.extend(parted.map(|successor| (lead, successor)));
        (held.kind, held.sources) = (kind, slices);
        if held.name != name {
            held.lead = held.lead.take().map(|lead| lead.renamed(&name));
            held.name = name;
        }
        is_saved
    }

    /// The version that a lead lives under.
    pub fn under(&self, lead: LeadId) -> Option<Under> {
        self.versions.of(&self.get(lead)?.name)
    }

    /// Whether a lead's state is of the program that it lives under now.
    pub fn fits(&self, held: &HeldLead, under: &Under) -> bool {
        let compiled = self.versions.compiled(held.version);
        compiled.is_some_and(|program| program.hash() == under.program.hash())
    }

    /// Whether a lead can be stepped as it is.
    pub fn is_ready(&self, lead: LeadId) -> bool {
        let Some(held) = self.get(lead) else { return false };
        self.under(lead).is_some_and(|under| held.lead.is_some() && self.fits(held, &under))
    }

    /// By lead, its events in order.
    pub fn histories(
        &mut self,
        connection: &mut Connection,
        leads: &BTreeSet<LeadId>,
    ) -> Result<BTreeMap<LeadId, Vec<Past>>, Error> {
        let sources: Vec<(LeadId, Vec<Slice>)> = leads.iter().map(|lead| (*lead, self[lead].sources.clone())).collect();
        // The rebuild of one lead is not cut.
        let most = if sources.len() > 1 { self.most_events } else { usize::MAX };
        let found = histories_within(connection, sources, most)?;
        self.effort.rebuilt += found.len() as u64;
        self.effort.parsed += found.values().map(|past| past.len() as u64).sum::<u64>();
        Ok(found)
    }

    /// These leads and all that ever became one with them, but for those that are two with them again.
    pub fn with_predecessors(
        &self,
        connection: &mut Connection,
        leads: Vec<LeadId>,
    ) -> Result<BTreeSet<LeadId>, Error> {
        let mut all: BTreeSet<LeadId> = leads.iter().copied().collect();
        let mut open = leads;
        while !open.is_empty() {
            open = leads::predecessors(connection, &open)?;
            // What parted is at hand.
            let is_alone = |id: &LeadId| self.get(*id).is_some_and(|held| held.became.is_none());
            open.retain(|id| !is_alone(id) && all.insert(*id));
        }
        Ok(all)
    }

    /// The number of a new move.
    pub fn number_move(&mut self) -> MoveNumber {
        *self.moves = self.moves.next();
        *self.moves
    }

    pub fn note_unreadable(&mut self, what: &'static str, lead: LeadId, why: impl Into<String>) {
        self.unreadable.note(Unreadable { what, lead, why: why.into() });
    }
}
