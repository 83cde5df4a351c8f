//! What became of leads whose identities or events changed hands.

use std::collections::{BTreeMap, BTreeSet};

/// What became of the leads that were touched.
#[derive(Default)]
pub struct Changed {
    /// All of them.
    pub touched: BTreeSet<i64>,
    /// To be rebuilt: their events or their names are others now.
    pub rebuild: BTreeSet<i64>,
    /// To be looked at for another reason: their version is another one, or their state cannot be read.
    pub look: BTreeSet<i64>,
    /// Nobody any more; the lead that each is now one with, where there is one.
    pub dissolved: BTreeMap<i64, Option<i64>>,
    /// The same by the lead that they are one with.
    pub heirs: BTreeMap<i64, Vec<i64>>,
    /// Leads of their own again, each with the one that it was one with.
    pub parted: BTreeMap<i64, i64>,
}

impl Changed {
    /// The leads that are now one with this one.
    pub fn predecessors(&self, lead: i64) -> impl Iterator<Item = i64> {
        self.heirs.get(&lead).into_iter().flatten().copied()
    }
}
