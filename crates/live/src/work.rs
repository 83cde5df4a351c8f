//! One transaction's work: the owners of what it has read and will write, and the few things that concern several of
//! them.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::consent::Scope;
use attractor_engine::misread::said_of;
use attractor_engine::time::Instant;
use attractor_store::contents::{self, Content};
use attractor_store::gone_copies::{self, GoneCopy};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, LeadId, leads, moves};
use serde::Deserialize;

use crate::identity::identities::Identities;
use crate::identity::keys::NewEvent;
use crate::identity::ownership;
use crate::lead::advance::advance;
use crate::lead::attributes;
use crate::lead::changed::Changed;
use crate::lead::leads::Leads;
use crate::lead::turn::Turn;
use crate::lead::why::Why;
use crate::memory::{LaneMemory, Memory};
use crate::sending::paces;
use crate::sending::resume::end_rounds;
use crate::sending::suppression::BlockWriter;
use crate::write::pending::PendingWrites;
use crate::write::save::save;

pub struct Work<'a> {
    pub connection: &'a mut Connection,
    pub now: Instant,
    /// Whose is it.
    pub identities: Identities<'a>,
    /// States and profiles.
    pub leads: Leads<'a>,
    /// What will be written.
    pub pending: PendingWrites,
    pub memory: &'a mut LaneMemory,
}

impl<'a> Work<'a> {
    pub fn new(connection: &'a mut Connection, memory: &'a mut Memory, now: Instant) -> Work<'a> {
        let Memory { identities, leads, lane } = memory;
        Work {
            connection,
            now,
            identities: Identities::new(identities),
            leads: Leads::new(leads),
            pending: PendingWrites::default(),
            memory: lane,
        }
    }

    /// Loads leads. Where it cannot be read which events are a lead's, that is found out anew.
    pub fn load_leads(&mut self, ids: &BTreeSet<LeadId>) -> Result<(), Error> {
        for (lead, why) in self.leads.load(self.connection, ids)? {
            self.leads.note_unreadable("sources", lead, why);
            let mut owned = ownership::owned(&mut self.identities, self.connection, &[lead].into())?;
            if let Some(held) = self.leads.get_mut(lead) {
                held.sources = owned.remove(&lead).unwrap_or_default().slices;
                self.pending.save(lead);
            }
        }
        Ok(())
    }

    /// Reads profiles; one that cannot be read is built anew from its lead's events.
    pub fn read_profiles(&mut self, leads: &[LeadId]) -> Result<(), Error> {
        let damaged = attributes::read(&mut self.leads, self.connection, leads)?;
        self.load_leads(&damaged)?;
        attributes::rebuild_profiles(&mut self.turn(), &damaged)
    }

    pub fn owner(&mut self, identity: IdentityId, at: i64) -> Result<LeadId, Error> {
        self.identities.owner(self.connection, identity, at)
    }

    /// The lead that a lead is now one with; itself, as a rule. `None` where there never was one, or it is gone.
    pub fn present(&mut self, mut lead: LeadId) -> Result<Option<LeadId>, Error> {
        loop {
            self.load_leads(&[lead].into())?;
            match self.leads.get(lead).map(|held| held.became) {
                Some(None) => return Ok(Some(lead)),
                Some(Some(successor)) if successor != lead => lead = successor,
                _ => return Ok(None),
            }
        }
    }

    /// What leads are advanced with.
    pub fn turn(&mut self) -> Turn<'_, 'a> {
        Turn {
            connection: self.connection,
            leads: &mut self.leads,
            pending: &mut self.pending,
            made: self.identities.made(),
            now: self.now,
        }
    }

    /// Loads the leads that [`advance`] needs, and advances them.
    pub fn advance(
        &mut self,
        new: BTreeMap<LeadId, Vec<&NewEvent>>,
        changed: &Changed,
        why: &Why,
    ) -> Result<(), Error> {
        let all = new.keys().chain(&changed.rebuild).chain(&changed.look).copied().collect();
        self.load_leads(&all)?;
        advance(&mut self.turn(), new, changed, why)
    }

    /// Reckons anew what belongs to the leads that were affected.
    pub fn reckon(&mut self) -> Result<Changed, Error> {
        let mut names = self.new_names()?;
        let affected = self.identities.take_affected();
        let mut changed = Changed { affected, ..Changed::default() };
        if changed.affected.is_empty() {
            return Ok(changed);
        }
        self.identities.write_ties(self.connection)?;
        self.load_leads(&changed.affected)?;
        let mut owned = ownership::owned(&mut self.identities, self.connection, &changed.affected)?;
        for lead in changed.affected.clone() {
            let owned = owned.remove(&lead).unwrap_or_default();
            let present = self.leads.get(lead).map(|held| (held.kind, held.name.as_str()));
            let settled = names.remove(&lead).filter(|_| !owned.slices.is_empty());
            let Some(name) = settled.or_else(|| owned.name(present)) else {
                changed.dissolved.extend(Some((lead, None)).filter(|_| self.leads.has(lead)));
                continue;
            };
            if self.leads.own(lead, name, owned.slices, self.identities.made(), &mut changed) {
                self.pending.save(lead);
            }
        }
        self.find_successors(&mut changed)?;
        Ok(changed)
    }

    /// The names that aliases gave to leads that go by others. To its samples, such a lead is another one.
    fn new_names(&mut self) -> Result<BTreeMap<LeadId, (IdentityKind, String)>, Error> {
        let mut names = self.identities.take_names();
        self.load_leads(&names.keys().copied().collect())?;
        names.retain(|lead, (kind, text)| {
            self.leads.get(*lead).is_none_or(|held| (held.kind, &held.name) != (*kind, text))
        });
        names.keys().for_each(|lead| self.identities.mark_affected(*lead));
        Ok(names)
    }

    fn find_successors(&mut self, changed: &mut Changed) -> Result<(), Error> {
        let gone: Vec<LeadId> = changed.dissolved.keys().copied().collect();
        for lead in gone {
            let held = &self.leads[&lead];
            let name = (held.kind, held.name.clone());
            let successor = ownership::successor(&mut self.identities, self.connection, lead, name)?;
            changed.dissolved.insert(lead, successor);
            if let Some(successor) = successor {
                changed.predecessors.entry(successor).or_default().push(lead);
                changed.rebuild.insert(successor);
            }
        }
        Ok(())
    }

    /// Brings the leads that were affected in line with the ledger; those of whom nothing is left are gone.
    pub fn realign(&mut self, why: &Why) -> Result<(), Error> {
        let mut changed = self.realigned(why)?;
        let nobody: Vec<LeadId> =
            changed.dissolved.iter().filter(|(_, successor)| successor.is_none()).map(|(id, _)| *id).collect();
        for lead in nobody {
            changed.dissolved.remove(&lead);
            self.vanish(lead)?;
        }
        self.dissolve(&changed)
    }

    /// The same, but what was done under a lead that is nobody any more stays.
    pub fn realign_keeping(&mut self, why: &Why) -> Result<(), Error> {
        let changed = self.realigned(why)?;
        self.dissolve(&changed)
    }

    fn realigned(&mut self, why: &Why) -> Result<Changed, Error> {
        let mut changed = self.reckon()?;
        let left = |lead: &LeadId| self.leads.has(*lead) && !changed.dissolved.contains_key(lead);
        let left: Vec<LeadId> = changed.affected.iter().copied().filter(left).collect();
        changed.rebuild.extend(left);
        self.advance(BTreeMap::new(), &changed, why)?;
        Ok(changed)
    }

    /// A lead is gone without a trace, and so are those that became one with it; but not those that are leads of their own again.
    pub fn vanish(&mut self, lead: LeadId) -> Result<(), Error> {
        let all = self.leads.with_predecessors(self.connection, vec![lead])?;
        self.keep_ways_out(&all)?;
        for id in all {
            leads::erase(self.connection, id)?;
            self.leads.forget(id);
            self.pending.forget(id);
        }
        Ok(())
    }

    /// Keeps of copies what the address that unsubscribes from them needs.
    fn keep_ways_out(&mut self, leads: &BTreeSet<LeadId>) -> Result<(), Error> {
        let contents = contents::all_of_leads(self.connection, &leads.iter().copied().collect::<Vec<_>>())?;
        if contents.is_empty() {
            return Ok(());
        }
        let scopes: Vec<Scope> = contents.iter().map(|content| self.scope_of(content)).collect();
        let (mut writer, connection) = self.block_writer();
        let keys = writer.keys(connection)?;
        let gone = contents.iter().zip(scopes).map(|(content, scope)| GoneCopy {
            lead: content.lead,
            tag: content.tag,
            hash: keys.hashes(&content.address).into_iter().next().unwrap_or_default(),
            scope: scope.to_string(),
        });
        gone_copies::insert(connection, &gone.collect::<Vec<_>>())
    }

    /// What the link of a copy ends. A copy that cannot be read keeps nobody from being erased: its link then ends all
    /// mail, which is never less than it promised.
    fn scope_of(&mut self, content: &Content) -> Scope {
        match serde_json::from_str::<FrozenScope>(&content.document) {
            Ok(frozen) => frozen.subscription.map_or(Scope::All, Scope::Subscription),
            Err(error) => {
                self.leads.note_unreadable("copy", content.lead, said_of(&error));
                Scope::All
            }
        }
    }

    /// Leads that are nobody any more: what was done under them stays, the rest goes.
    pub fn dissolve(&mut self, changed: &Changed) -> Result<(), Error> {
        let ids: Vec<LeadId> = changed.dissolved.keys().copied().collect();
        self.pending.revise_joined(&ids, moves::of_leads(self.connection, &ids)?);
        for (id, successor) in &changed.dissolved {
            let Some(wake) = self.leads.dissolve(*id, *successor) else { continue };
            self.pending.wake(*id, wake, None);
            self.pending.save(*id);
        }
        self.pending.dissolve(&ids);
        paces::follow(self, changed)
    }

    /// Ends what belongs together: copies that were asked for a second time are looked up, before anything is written.
    pub fn end_rounds(&mut self) -> Result<(), Error> {
        end_rounds(&mut self.turn())
    }

    /// Writes what was gathered: once, at the end of the transaction.
    pub fn flush(&mut self) -> Result<(), Error> {
        self.end_rounds()?;
        // A tie that affects no lead today says whose later events are.
        self.identities.write_ties(self.connection)?;
        let pending = std::mem::take(&mut self.pending);
        pending.copies.due().for_each(|(rank, at)| self.memory.will_send(rank, Instant(at)));
        let mut writer = BlockWriter { keys: &mut self.memory.keys, now: self.now };
        let woken = save(pending, self.connection, &mut self.leads, &mut writer)?;
        woken.into_iter().for_each(|at| self.memory.will_wake(Instant(at)));
        Ok(())
    }

    /// Writes blocks of addresses, with the connection that it needs.
    pub fn block_writer(&mut self) -> (BlockWriter<'_>, &mut Connection) {
        (BlockWriter { keys: &mut self.memory.keys, now: self.now }, self.connection)
    }
}

/// What is frozen with a copy, as far as it says what the copy's link ends.
#[derive(Deserialize)]
struct FrozenScope {
    #[serde(default)]
    subscription: Option<String>,
}
