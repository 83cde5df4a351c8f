//! How much work the lane has done: what a limit of work and tests of growth are measured by.

use std::ops::Sub;

use attractor_store as store;

/// What a lane has done since it was opened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effort {
    /// What its connection has done.
    pub store: store::Effort,
    /// Messages read, those of leads that were rebuilt among them.
    pub parsed: u64,
    /// Leads rebuilt from their events.
    pub rebuilt: u64,
    /// How many of these from their recent events alone.
    pub from_recent: u64,
    /// Traits that messages may not set, and that were taken out of them.
    pub refused_traits: u64,
}

// What things cost beside a message read, measured on SQLite over the groups that the worst senders of `make bench` make.
const STATEMENT: u64 = 7;
const ROW_GIVEN: u64 = 2;
const REBUILT: u64 = 12;
const ROWS_FOUND: u64 = 8;
const BYTES_FOUND: u64 = 2_000;
const BYTES_GIVEN: u64 = 300;

impl Effort {
    /// All of it in one number; a unit is what it costs to read one message, about ten microseconds.
    pub fn units(&self) -> u64 {
        let store = &self.store;
        let written = ROW_GIVEN * store.given + store.bytes_given / BYTES_GIVEN;
        self.read() + STATEMENT * store.statements + written + REBUILT * self.rebuilt
    }

    /// What of it fewer messages would not have saved: the rebuild of a single lead cannot be cut.
    pub fn uncut(&self) -> u64 {
        if self.rebuilt == 1 { self.read() } else { 0 }
    }

    fn read(&self) -> u64 {
        self.parsed + self.store.found / ROWS_FOUND + self.store.bytes / BYTES_FOUND
    }
}

impl Sub for Effort {
    type Output = Effort;

    /// What was done since `before`.
    fn sub(self, before: Effort) -> Effort {
        Effort {
            store: self.store - before.store,
            parsed: self.parsed - before.parsed,
            rebuilt: self.rebuilt - before.rebuilt,
            from_recent: self.from_recent - before.from_recent,
            refused_traits: self.refused_traits - before.refused_traits,
        }
    }
}
