//! What the lane remembers between transactions. All of it can be read again from the store.

use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_store::identities::Tie;
use attractor_store::lane::Numbers;

use crate::cache::Cache;
use crate::carry_over::CarryOver;
use crate::effort::Effort;
use crate::lead::recent::{self, Recent};
use crate::lead::standing::Standing;
use crate::sending::suppression::Keys;
use crate::unreadable::Unreadable;
use crate::versions::Versions;

/// How many leads, identities and visitors' ties a generation of the caches holds; a lead takes a kilobyte or two.
const LEADS: usize = 10_000;
const IDENTITIES: usize = 50_000;
/// Of how many leads a generation keeps the recent events; each takes a few megabytes at most.
const RECENT: usize = 20;

/// An identity's id and the lead that it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub id: i64,
    pub lead: i64,
}

pub struct Memory {
    pub numbers: Numbers,
    pub versions: Versions,
    /// By kind and text.
    pub identities: Cache<(i64, String), Known>,
    /// By visitor.
    pub ties: Cache<i64, Arc<Vec<Tie>>>,
    pub leads: Cache<i64, Standing>,
    /// The recent events of leads that have many.
    pub recent: Cache<i64, Arc<Recent>>,
    /// How many events such a lead has.
    pub recent_from: usize,
    /// The instant of the earliest wake-up, or before it; `None` where it must be looked up. To look it up is to ask every
    /// bucket.
    pub next_wake: Option<Instant>,
    /// What addresses are hashed with, where it was needed.
    pub keys: Option<Keys>,
    /// What could not be read since somebody asked last.
    pub unreadable: Vec<Unreadable>,
    /// Counted as long as the lane lives.
    pub effort: Effort,
    /// How far the carry-over of keys came last.
    pub carried: Option<CarryOver>,
}

impl Memory {
    pub fn new(numbers: Numbers, versions: Versions) -> Memory {
        Memory {
            numbers,
            versions,
            identities: Cache::new(IDENTITIES),
            ties: Cache::new(IDENTITIES),
            leads: Cache::new(LEADS),
            recent: Cache::new(RECENT),
            recent_from: recent::FROM,
            next_wake: None,
            keys: None,
            unreadable: Vec::new(),
            effort: Effort::default(),
            carried: None,
        }
    }

    /// Somebody is to be woken then.
    pub fn will_wake(&mut self, at: Instant) {
        self.next_wake = self.next_wake.map(|next| next.min(at));
    }

    /// What a transaction that failed may have left behind.
    pub fn forget(&mut self) {
        self.identities.clear();
        self.ties.clear();
        self.leads.clear();
        self.recent.clear();
        self.next_wake = None;
        self.keys = None;
        self.unreadable.clear();
        self.carried = None;
        self.versions.forget();
    }

    /// A new id, in the bucket given or in one of its own.
    pub fn new_id(&mut self, bucket: Option<i64>) -> i64 {
        self.numbers.sequence += 1;
        // Fibonacci hashing (Knuth, TAOCP 6.4): neighbouring numbers fall into buckets far apart.
        let spread = ((self.numbers.sequence as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as i64;
        self.numbers.sequence * 256 + bucket.unwrap_or(spread)
    }
}
