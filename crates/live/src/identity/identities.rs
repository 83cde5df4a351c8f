//! The identities at hand: which id a key has, which lead an identity belongs to, and which leads a transaction has
//! affected by changing that.

use std::collections::{BTreeMap, BTreeSet};

use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, Kind, LeadId};

use crate::cache::Cache;
use crate::identity::ties::{TieMemory, Ties};

/// How many identities a generation of the cache holds.
const IDENTITIES: usize = 50_000;

/// An identity's id and the lead that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct CachedIdentity {
    id: IdentityId,
    lead: LeadId,
}

/// What is remembered of identities between transactions.
pub struct IdentityMemory {
    /// By kind and text.
    cache: Cache<(IdentityKind, String), CachedIdentity>,
    ties: TieMemory,
    /// The number behind the last id that was given out.
    sequence: i64,
}

impl IdentityMemory {
    pub fn new(sequence: i64) -> IdentityMemory {
        IdentityMemory { cache: Cache::new(IDENTITIES), ties: TieMemory::new(IDENTITIES), sequence }
    }

    pub fn forget(&mut self) {
        self.cache.clear();
        self.ties.forget();
    }

    /// The number behind the last id that was given out.
    pub fn sequence(&self) -> i64 {
        self.sequence
    }

    /// Ids are given out behind this number.
    pub fn continue_from(&mut self, sequence: i64) {
        self.sequence = sequence;
    }
}

/// Identities as one transaction knows them.
pub struct Identities<'m> {
    cache: &'m mut Cache<(IdentityKind, String), CachedIdentity>,
    sequence: &'m mut i64,
    /// Those of the visitors.
    pub(in crate::identity) ties: Ties<'m>,
    by_id: BTreeMap<IdentityId, Identity>,
    /// Those that were made in this run.
    made: BTreeSet<IdentityId>,
    /// Leads whose events, name or identities changed hands.
    affected: BTreeSet<LeadId>,
    /// By lead, the kind and text of the name that aliases settled.
    names: BTreeMap<LeadId, (IdentityKind, String)>,
    /// By lead, the identity that its events went to where its own is no longer a key.
    successors: BTreeMap<LeadId, IdentityId>,
}

impl<'m> Identities<'m> {
    pub fn new(memory: &'m mut IdentityMemory) -> Identities<'m> {
        let IdentityMemory { cache, ties, sequence } = memory;
        Identities {
            cache,
            sequence,
            ties: Ties::new(ties),
            by_id: BTreeMap::new(),
            made: BTreeSet::new(),
            affected: BTreeSet::new(),
            names: BTreeMap::new(),
            successors: BTreeMap::new(),
        }
    }

    /// The ids of these keys, as far as they are known; from memory, else from the store.
    pub fn find(
        &mut self,
        connection: &mut Connection,
        keys: &BTreeSet<(IdentityKind, &str)>,
    ) -> Result<BTreeMap<(IdentityKind, String), IdentityId>, Error> {
        let mut found = BTreeMap::new();
        let mut asked: Vec<(IdentityKind, &str)> = Vec::new();
        for (kind, text) in keys {
            let key = (*kind, (*text).to_owned());
            match self.cache.get(&key).copied() {
                Some(known) => {
                    self.note(Identity { kind: *kind, text: key.1.clone(), id: known.id, lead: known.lead });
                    found.insert(key, known.id);
                }
                None => asked.push((*kind, text)),
            }
        }
        for identity in identities::find(connection, &asked)? {
            found.insert((identity.kind, identity.text.clone()), identity.id);
            self.note(identity);
        }
        Ok(found)
    }

    /// The ids of these keys; those that nobody had before are made. `near` says in whose bucket a new one goes.
    pub fn find_or_make(
        &mut self,
        connection: &mut Connection,
        keys: &BTreeSet<(IdentityKind, &str)>,
        near: &BTreeMap<(IdentityKind, &str), IdentityId>,
    ) -> Result<BTreeMap<(IdentityKind, String), IdentityId>, Error> {
        let mut found = self.find(connection, keys)?;
        let mut made = Vec::new();
        for (kind, text) in keys {
            let key = (*kind, (*text).to_owned());
            if found.contains_key(&key) {
                continue;
            }
            let id = self.new_id(near.get(&(*kind, *text)).copied());
            made.push(Identity { kind: *kind, text: key.1.clone(), id, lead: LeadId::begun_with(id) });
            found.insert(key, id);
        }
        identities::insert(connection, &made)?;
        self.made.extend(made.iter().map(|identity| identity.id));
        made.into_iter().for_each(|identity| self.note(identity));
        Ok(found)
    }

    /// A new id, in the bucket of another one or in a bucket of its own.
    pub fn new_id(&mut self, near: Option<IdentityId>) -> IdentityId {
        *self.sequence += 1;
        // Fibonacci hashing (Knuth, TAOCP 6.4): neighbouring numbers fall into buckets far apart.
        let spread = ((*self.sequence as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as i64;
        IdentityId(*self.sequence * 256 + near.map_or(spread, IdentityId::bucket))
    }

    /// Loads identities by their ids.
    pub fn load(
        &mut self,
        connection: &mut Connection,
        ids: impl IntoIterator<Item = IdentityId>,
    ) -> Result<(), Error> {
        let missing: BTreeSet<IdentityId> = ids.into_iter().filter(|id| !self.by_id.contains_key(id)).collect();
        let missing: Vec<IdentityId> = missing.into_iter().collect();
        let found = identities::by_id(connection, &missing)?;
        found.into_iter().for_each(|identity| self.note(identity));
        Ok(())
    }

    /// An identity as this transaction knows it; what it changed itself is newer than what anybody reads.
    fn note(&mut self, identity: Identity) {
        let id = identity.id;
        let noted = self.by_id.entry(id).or_insert(identity);
        let known = CachedIdentity { id, lead: noted.lead };
        self.cache.insert((noted.kind, noted.text.clone()), known);
    }

    pub fn get(&self, id: IdentityId) -> Result<&Identity, Error> {
        self.by_id.get(&id).ok_or_else(|| gone(id))
    }

    pub fn has(&self, id: IdentityId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// The identities that were made and not settled in yet.
    pub fn made(&self) -> &BTreeSet<IdentityId> {
        &self.made
    }

    /// From now on the identities that were made count as known.
    pub fn settle_in(&mut self) {
        self.made.clear();
    }

    /// Gives a person's identity to a lead.
    pub fn assign(&mut self, connection: &mut Connection, id: IdentityId, lead: LeadId) -> Result<(), Error> {
        let identity = self.by_id.get_mut(&id).ok_or_else(|| gone(id))?;
        identity.lead = lead;
        let key = (identity.kind, identity.text.clone());
        self.cache.insert(key, CachedIdentity { id, lead });
        identities::set_lead(connection, id, lead)
    }

    /// Gives an identity another text.
    pub fn rename(&mut self, connection: &mut Connection, id: IdentityId, text: &str) -> Result<(), Error> {
        identities::rename(connection, id, text)?;
        let identity = self.by_id.get_mut(&id).ok_or_else(|| gone(id))?;
        let before = std::mem::replace(&mut identity.text, text.to_owned());
        let (kind, lead) = (identity.kind, identity.lead);
        self.cache.remove(&(kind, before));
        self.cache.insert((kind, text.to_owned()), CachedIdentity { id, lead });
        self.mark_affected(lead);
        Ok(())
    }

    /// Forgets an identity that is at hand; its row is the caller's to delete. Returns its text.
    pub fn forget(&mut self, id: IdentityId) -> Result<Option<String>, Error> {
        self.mark_affected(self.get(id)?.lead);
        let Some(identity) = self.by_id.remove(&id) else { return Ok(None) };
        let text = identity.text.clone();
        self.cache.remove(&(identity.kind, identity.text));
        self.ties.remove(&id);
        Ok(Some(text))
    }

    /// Notes that a lead's events, name or identities changed hands.
    pub fn mark_affected(&mut self, lead: LeadId) {
        self.affected.insert(lead);
    }

    /// Whether any lead was affected since the affected ones were taken.
    pub fn has_affected(&self) -> bool {
        !self.affected.is_empty()
    }

    /// The leads that were affected; then none is.
    pub fn take_affected(&mut self) -> BTreeSet<LeadId> {
        std::mem::take(&mut self.affected)
    }

    /// Notes the name that aliases give a lead.
    pub fn call(&mut self, lead: LeadId, name: (IdentityKind, String)) {
        self.names.insert(lead, name);
    }

    /// The names that aliases gave, by lead; then they are forgotten.
    pub fn take_names(&mut self) -> BTreeMap<LeadId, (IdentityKind, String)> {
        std::mem::take(&mut self.names)
    }

    /// Notes the identity that a lead's events went to, unless one is noted.
    pub fn note_successor(&mut self, lead: LeadId, identity: IdentityId) {
        self.successors.entry(lead).or_insert(identity);
    }

    /// The identity that a lead's events went to.
    pub fn successor(&self, lead: LeadId) -> Option<IdentityId> {
        self.successors.get(&lead).copied()
    }
}

fn gone(id: IdentityId) -> Error {
    Error::new(Kind::Other, format!("the identity {id} is gone"))
}
