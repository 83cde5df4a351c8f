//! One transaction's work: what it has read, and what it will write.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::time::Instant;
use attractor_store::identities::{self, Identity, Tie};
use attractor_store::{Connection, Error, Kind};

use crate::lead::profile::Profile;
use crate::lead::standing::Standing;
use crate::memory::{Known, Memory};
use crate::write::outbox::Outbox;

pub struct Work<'a> {
    pub connection: &'a mut Connection,
    pub memory: &'a mut Memory,
    pub now: Instant,
    pub outbox: Outbox,
    /// The leads at hand.
    pub leads: BTreeMap<i64, Standing>,
    /// What their messages made of them, where that is at hand.
    pub profiles: BTreeMap<i64, Profile>,
    /// Identities at hand, by their ids.
    pub identities: BTreeMap<i64, Identity>,
    /// Identities made in this transaction.
    pub fresh: BTreeSet<i64>,
    /// Leads whose events, name or identities changed hands, with the leads whose enrolments they take over.
    pub moved: BTreeMap<i64, BTreeSet<i64>>,
    /// Ties that are not written yet; whoever reads them from the store writes them first.
    pub new_ties: Vec<Tie>,
    /// How many events of several leads may be read at once.
    pub most_events: usize,
    /// By lead, the identity that its events went to where its own is no key any more.
    pub heirs: BTreeMap<i64, i64>,
}

impl<'a> Work<'a> {
    pub fn new(connection: &'a mut Connection, memory: &'a mut Memory, now: Instant) -> Work<'a> {
        Work {
            connection,
            memory,
            now,
            outbox: Outbox::default(),
            leads: BTreeMap::new(),
            profiles: BTreeMap::new(),
            identities: BTreeMap::new(),
            fresh: BTreeSet::new(),
            moved: BTreeMap::new(),
            new_ties: Vec::new(),
            most_events: usize::MAX,
            heirs: BTreeMap::new(),
        }
    }

    /// The ids of these keys, as far as they are known; from memory, else from the store.
    pub fn find(&mut self, keys: &BTreeSet<(i64, &str)>) -> Result<BTreeMap<(i64, String), i64>, Error> {
        let mut found = BTreeMap::new();
        let mut asked: Vec<(i64, &str)> = Vec::new();
        for (kind, text) in keys {
            let key = (*kind, (*text).to_owned());
            match self.memory.identities.get(&key).copied() {
                Some(known) => {
                    self.note(Identity { kind: *kind, text: key.1.clone(), id: known.id, lead: known.lead });
                    found.insert(key, known.id);
                }
                None => asked.push((*kind, text)),
            }
        }
        for identity in identities::find(self.connection, &asked)? {
            found.insert((identity.kind, identity.text.clone()), identity.id);
            self.note(identity);
        }
        Ok(found)
    }

    /// The ids of these keys; those that nobody had before are made. `near` says in whose bucket a new one goes.
    pub fn find_or_make(
        &mut self,
        keys: &BTreeSet<(i64, &str)>,
        near: &BTreeMap<(i64, &str), i64>,
    ) -> Result<BTreeMap<(i64, String), i64>, Error> {
        let mut found = self.find(keys)?;
        let mut made = Vec::new();
        for (kind, text) in keys {
            let key = (*kind, (*text).to_owned());
            if found.contains_key(&key) {
                continue;
            }
            let bucket = near.get(&(*kind, *text)).map(|id| attractor_store::bucket(*id));
            let id = self.memory.new_id(bucket);
            made.push(Identity { kind: *kind, text: key.1.clone(), id, lead: id });
            found.insert(key, id);
        }
        identities::insert(self.connection, &made)?;
        self.fresh.extend(made.iter().map(|identity| identity.id));
        made.into_iter().for_each(|identity| self.note(identity));
        Ok(found)
    }

    /// Loads identities by their ids.
    pub fn load_identities(&mut self, ids: impl IntoIterator<Item = i64>) -> Result<(), Error> {
        let missing: BTreeSet<i64> = ids.into_iter().filter(|id| !self.identities.contains_key(id)).collect();
        let missing: Vec<i64> = missing.into_iter().collect();
        let found = identities::by_id(self.connection, &missing)?;
        found.into_iter().for_each(|identity| self.note(identity));
        Ok(())
    }

    /// An identity as this transaction knows it; what it changed itself is newer than what anybody reads.
    fn note(&mut self, identity: Identity) {
        let known = Known { id: identity.id, lead: identity.lead };
        let noted = self.identities.entry(identity.id).or_insert(identity);
        let lead = noted.lead;
        let key = (noted.kind, noted.text.clone());
        self.memory.identities.insert(key, Known { lead, ..known });
    }

    pub fn identity(&self, id: i64) -> Result<&Identity, Error> {
        self.identities.get(&id).ok_or_else(|| Error::new(Kind::Other, format!("the identity {id} is gone")))
    }

    /// Gives a person's identity to a lead.
    pub fn assign(&mut self, id: i64, lead: i64) -> Result<(), Error> {
        let Some(identity) = self.identities.get_mut(&id) else {
            return Err(Error::new(Kind::Other, format!("the identity {id} is gone")));
        };
        identity.lead = lead;
        let key = (identity.kind, identity.text.clone());
        self.memory.identities.insert(key, Known { id, lead });
        identities::set_lead(self.connection, id, lead)
    }

    /// Notes that a lead's events, name or identities changed hands.
    pub fn touch(&mut self, lead: i64) {
        self.moved.entry(lead).or_default();
    }
}
