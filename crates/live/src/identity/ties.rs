//! Whose a visitor is, from which instant on (contract §2).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_store::identities::{self, Tie};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, LeadId, Received};

use crate::cache::Cache;
use crate::identity::identities::Identities;
use crate::identity::slice::Slice;

/// The ties of visitors, as they are remembered between transactions: by visitor, in order.
pub struct TieMemory(Cache<IdentityId, Arc<Vec<Tie>>>);

impl TieMemory {
    pub fn new(size: usize) -> TieMemory {
        TieMemory(Cache::new(size))
    }

    pub fn forget(&mut self) {
        self.0.clear();
    }
}

/// The ties of visitors as one transaction knows them.
pub struct Ties<'m> {
    known: &'m mut Cache<IdentityId, Arc<Vec<Tie>>>,
    /// Whoever reads ties from the store writes these first.
    unwritten: Vec<Tie>,
}

impl<'m> Ties<'m> {
    pub fn new(memory: &'m mut TieMemory) -> Ties<'m> {
        Ties { known: &mut memory.0, unwritten: Vec::new() }
    }

    /// The ties of a visitor that was loaded.
    fn of(&mut self, visitor: IdentityId) -> Arc<Vec<Tie>> {
        self.known.get(&visitor).cloned().unwrap_or_default()
    }

    fn is_loaded(&mut self, visitor: IdentityId) -> bool {
        self.known.get(&visitor).is_some()
    }

    fn put(&mut self, visitor: IdentityId, mut ties: Vec<Tie>) {
        ties.sort_by_key(order);
        self.known.insert(visitor, Arc::new(ties));
    }

    fn add(&mut self, tie: Tie) {
        self.unwritten.push(tie);
        let mut ties = self.known.remove(&tie.visitor).unwrap_or_default();
        let place = ties.partition_point(|other| order(other) < order(&tie));
        Arc::make_mut(&mut ties).insert(place, tie);
        self.known.insert(tie.visitor, ties);
    }

    /// Forgets what is known of a visitor.
    pub fn remove(&mut self, visitor: &IdentityId) {
        self.known.remove(visitor);
    }

    /// Writes the ties that this transaction made; until then, no reader of the store sees them.
    pub fn write(&mut self, connection: &mut Connection) -> Result<(), Error> {
        identities::insert_ties(connection, &std::mem::take(&mut self.unwritten))
    }
}

fn order(tie: &Tie) -> (i64, Received) {
    (tie.at, tie.received)
}

impl Identities<'_> {
    /// Loads identities, and the ties of those that are visitors.
    pub fn load_ties(
        &mut self,
        connection: &mut Connection,
        ids: impl IntoIterator<Item = IdentityId>,
    ) -> Result<(), Error> {
        let all: BTreeSet<IdentityId> = ids.into_iter().collect();
        self.load(connection, all.iter().copied())?;
        let visitors =
            all.into_iter().filter(|id| self.get(*id).is_ok_and(|identity| identity.kind == IdentityKind::Visitor));
        let visitors: Vec<IdentityId> = visitors.collect();
        let (mut missing, mut made) = (Vec::new(), Vec::new());
        for visitor in visitors {
            if self.ties.is_loaded(visitor) {
                continue;
            }
            if self.made().contains(&visitor) { made.push(visitor) } else { missing.push(visitor) }
        }
        let mut found: BTreeMap<IdentityId, Vec<Tie>> = missing.iter().map(|visitor| (*visitor, Vec::new())).collect();
        for tie in identities::ties_of_visitors(connection, &missing)? {
            found.entry(tie.visitor).or_default().push(tie);
        }
        for visitor in made {
            found.insert(visitor, Vec::new());
        }
        for (visitor, ties) in found {
            self.load(connection, ties.iter().map(|tie| tie.person))?;
            self.ties.put(visitor, ties);
        }
        Ok(())
    }

    pub fn write_ties(&mut self, connection: &mut Connection) -> Result<(), Error> {
        self.ties.write(connection)
    }

    pub fn ties(&mut self, connection: &mut Connection, visitor: IdentityId) -> Result<Vec<Tie>, Error> {
        self.load_ties(connection, [visitor])?;
        Ok(self.ties.of(visitor).to_vec())
    }

    /// The lead that owns an identity's messages of an instant.
    pub fn owner(&mut self, connection: &mut Connection, identity: IdentityId, at: i64) -> Result<LeadId, Error> {
        self.load(connection, [identity])?;
        let own = self.get(identity)?;
        let (kind, lead) = (own.kind, own.lead);
        if kind != IdentityKind::Visitor {
            return Ok(lead);
        }
        self.load_ties(connection, [identity])?;
        let ties = self.ties.of(identity);
        let Some(first) = ties.first() else { return Ok(lead) };
        let until = if first.at <= at { at } else { first.at };
        // Of several ties at one instant only the last received counts.
        let last = ties.iter().rev().find(|tie| tie.at <= until).unwrap_or(first);
        self.load(connection, [last.person])?;
        Ok(self.get(last.person)?.lead)
    }

    /// Whose the parts of a visitor's events are.
    pub fn slices_of_visitor(
        &mut self,
        connection: &mut Connection,
        visitor: IdentityId,
    ) -> Result<Vec<(LeadId, Slice)>, Error> {
        let ties = self.ties(connection, visitor)?;
        if ties.is_empty() {
            return Ok(vec![(self.get(visitor)?.lead, Slice(visitor, None, None))]);
        }
        let mut counted: Vec<Tie> = Vec::new();
        for tie in ties {
            if counted.last().is_some_and(|last| last.at == tie.at) {
                counted.pop();
            }
            counted.push(tie);
        }
        self.load(connection, counted.iter().map(|tie| tie.person))?;
        let mut slices: Vec<(LeadId, Slice)> = Vec::new();
        for (place, tie) in counted.iter().enumerate() {
            let lead = self.get(tie.person)?.lead;
            let from = (place > 0).then_some(tie.at);
            let until = counted.get(place + 1).map(|next| next.at);
            match slices.last_mut() {
                Some((last, slice)) if *last == lead => slice.2 = until,
                _ => slices.push((lead, Slice(visitor, from, until))),
            }
        }
        Ok(slices)
    }
}

/// A visitor is a person's from an instant on.
pub fn tie(identities: &mut Identities, connection: &mut Connection, tie: Tie) -> Result<(), Error> {
    identities.load_ties(connection, [tie.visitor])?;
    identities.load(connection, [tie.person])?;
    let owner = identities.get(tie.person)?.lead;
    let known = identities.ties.of(tie.visitor);
    if known.binary_search_by_key(&order(&tie), order).is_ok_and(|place| known[place] == tie) {
        return Ok(());
    }
    let is_first = known.is_empty();
    drop(known);
    let is_made = identities.made().contains(&tie.visitor);
    if is_first && !is_made && is_nobody(identities, connection, tie.person, owner)? {
        let visitors = identities.get(tie.visitor)?.lead;
        identities.mark_affected(visitors);
        identities.assign(connection, tie.person, visitors)?;
    } else {
        // Whose the visitor was at this instant; nobody else's events change.
        let before = identities.owner(connection, tie.visitor, tie.at)?;
        if before != owner || is_first {
            identities.mark_affected(before);
            identities.mark_affected(owner);
        }
    }
    identities.ties.add(tie);
    Ok(())
}

/// Forgets a tie: an alias that turned out to mean a user, an unmerge, an erasure.
pub fn untie(identities: &mut Identities, connection: &mut Connection, tie: Tie) -> Result<(), Error> {
    identities.ties.write(connection)?;
    let mut ties = identities.ties(connection, tie.visitor)?;
    touch_owners(identities, connection, tie.visitor, &ties)?;
    identities::delete_ties(connection, &[tie])?;
    ties.retain(|other| order(other) != order(&tie));
    identities.ties.put(tie.visitor, ties.clone());
    touch_owners(identities, connection, tie.visitor, &ties)
}

fn touch_owners(
    identities: &mut Identities,
    connection: &mut Connection,
    visitor: IdentityId,
    ties: &[Tie],
) -> Result<(), Error> {
    let mut owners = vec![identities.get(visitor)?.lead];
    identities.load(connection, ties.iter().map(|tie| tie.person))?;
    for tie in ties {
        owners.push(identities.get(tie.person)?.lead);
    }
    owners.into_iter().for_each(|lead| identities.mark_affected(lead));
    Ok(())
}

/// What belonged to an e-mail alone is now the user's.
pub fn unite(
    identities: &mut Identities,
    connection: &mut Connection,
    email: IdentityId,
    user: IdentityId,
) -> Result<(), Error> {
    let (from, to) = (identities.get(email)?.lead, identities.get(user)?.lead);
    if from == to {
        return Ok(());
    }
    if identities.made().contains(&email) {
        identities.mark_affected(to);
        return identities.assign(connection, email, to);
    }
    if is_nobody(identities, connection, user, to)? {
        // A user of whom nothing is known yet takes up the lead as it is: its id stays.
        identities.mark_affected(from);
        return identities.assign(connection, user, from);
    }
    identities.mark_affected(from);
    identities.mark_affected(to);
    identities.assign(connection, email, to)
}

/// Whether a lead is but this identity, made just now.
fn is_nobody(
    identities: &mut Identities,
    connection: &mut Connection,
    identity: IdentityId,
    lead: LeadId,
) -> Result<bool, Error> {
    if !identities.made().contains(&identity) || lead != LeadId::begun_with(identity) {
        return Ok(false);
    }
    identities.ties.write(connection)?;
    Ok(identities::of_leads(connection, &[lead])?.len() == 1
        && identities::visitors_of_persons(connection, &[identity])?.is_empty())
}

/// A visitor that is tied to nobody any more is a lead of its own again; a person may have taken up the one it had.
pub fn stand_alone(identities: &mut Identities, connection: &mut Connection, visitor: IdentityId) -> Result<(), Error> {
    if !identities.ties(connection, visitor)?.is_empty() {
        return Ok(());
    }
    let lead = identities.get(visitor)?.lead;
    let others = identities::of_leads(connection, &[lead])?;
    if others.iter().all(|other| other.kind == IdentityKind::Visitor) {
        return Ok(());
    }
    let own = LeadId::begun_with(identities.new_id(Some(visitor)));
    identities.mark_affected(lead);
    identities.mark_affected(own);
    identities.assign(connection, visitor, own)
}
