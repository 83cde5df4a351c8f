//! What became of leads whose identities or events changed hands.

use attractor_store::LeadId;

use std::collections::{BTreeMap, BTreeSet};

/// What became of the leads that were affected.
#[derive(Default)]
pub struct Changed {
    /// All of them.
    pub affected: BTreeSet<LeadId>,
    /// To be rebuilt: their events or their names are others now.
    pub rebuild: BTreeSet<LeadId>,
    /// To be looked at for another reason: their version is another one, or their state cannot be read.
    pub look: BTreeSet<LeadId>,
    /// Nobody any more; the lead that each is now one with, where there is one.
    pub dissolved: BTreeMap<LeadId, Option<LeadId>>,
    /// The same by the lead that they are one with.
    pub predecessors: BTreeMap<LeadId, Vec<LeadId>>,
    /// Leads of their own again, each with the one that it was one with.
    pub parted: BTreeMap<LeadId, LeadId>,
}

impl Changed {
    /// The leads that are now one with this one.
    pub fn predecessors(&self, lead: LeadId) -> impl Iterator<Item = LeadId> {
        self.predecessors.get(&lead).into_iter().flatten().copied()
    }
}
