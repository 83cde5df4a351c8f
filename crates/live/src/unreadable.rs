//! Stored data that cannot be read: what it was, and whose. It is never taken for empty: it is built anew from the
//! ledger, or set aside, and noted here until somebody counts and logs it.

use attractor_store::LeadId;

/// One piece of stored data that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// `profile`, `state`, `sources`, `enrollments`, `event` or `copy`.
    pub what: &'static str,
    pub lead: LeadId,
    /// What is wrong, and with an event, its id.
    pub why: String,
}

/// More are not kept between two looks: a store in which everything is unreadable must not fill the memory.
const MOST: usize = 10_000;

/// What could not be read since somebody looked last.
#[derive(Default)]
pub struct Unreadables(Vec<Unreadable>);

impl Unreadables {
    pub fn note(&mut self, unreadable: Unreadable) {
        if self.0.len() < MOST {
            self.0.push(unreadable);
        }
    }

    pub fn take(&mut self) -> Vec<Unreadable> {
        std::mem::take(&mut self.0)
    }
}
