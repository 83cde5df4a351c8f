//! What the lane remembers between transactions. All of it can be read again from the store.

use std::collections::BTreeMap;

use attractor_engine::time::Instant;
use attractor_store::copies::Rank;
use attractor_store::lane::Numbers;
use attractor_store::{ClaimNumber, Received};

use crate::carry_progress::CarryOver;
use crate::identity::identities::IdentityMemory;
use crate::lead::leads::LeadMemory;
use crate::sending::suppression::HashKeys;
use crate::versions::Versions;

pub struct Memory {
    pub identities: IdentityMemory,
    pub leads: LeadMemory,
    pub lane: LaneMemory,
}

/// What belongs to no room.
#[derive(Default)]
pub struct LaneMemory {
    /// The last message that was received.
    pub received: Received,
    /// The instant of the earliest wake-up, or before it; `None` where it must be looked up. To look it up is to ask every
    /// bucket.
    pub next_wake: Option<Instant>,
    /// The last claim that was given out.
    pub claims: ClaimNumber,
    /// By rank, when the earliest of the copies is due that wait since this was last taken; `None`: it must be looked up.
    pub due: Option<BTreeMap<Rank, Instant>>,
    /// What addresses are hashed with, where it was needed.
    pub keys: Option<HashKeys>,
    /// How far the carry-over of keys came last.
    pub carried: Option<CarryOver>,
}

impl LaneMemory {
    /// Somebody is to be woken then.
    pub fn will_wake(&mut self, at: Instant) {
        self.next_wake = self.next_wake.map(|next| next.min(at));
    }

    /// A copy waits that is due then.
    pub fn will_send(&mut self, rank: Rank, at: Instant) {
        if let Some(due) = &mut self.due {
            due.entry(rank).and_modify(|earliest| *earliest = at.min(*earliest)).or_insert(at);
        }
    }
}

impl Memory {
    pub fn new(numbers: Numbers, versions: Versions, epoch: i64) -> Memory {
        let claims = ClaimNumber::first(epoch);
        Memory {
            identities: IdentityMemory::new(numbers.sequence),
            leads: LeadMemory::new(numbers.moves, versions),
            lane: LaneMemory { received: numbers.received, claims, ..LaneMemory::default() },
        }
    }

    /// The last numbers that were given out.
    pub fn numbers(&self) -> Numbers {
        Numbers { sequence: self.identities.sequence(), received: self.lane.received, moves: self.leads.moves }
    }

    /// Numbers are given out behind these.
    pub fn continue_from(&mut self, numbers: Numbers) {
        self.identities.continue_from(numbers.sequence);
        self.lane.received = numbers.received;
        self.leads.moves = numbers.moves;
    }

    /// Forgets what a transaction that failed may have left behind.
    pub fn forget(&mut self) {
        self.identities.forget();
        self.leads.forget();
        let LaneMemory { received, claims, .. } = self.lane;
        self.lane = LaneMemory { received, claims, ..LaneMemory::default() };
    }
}
