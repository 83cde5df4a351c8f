//! Stored data that cannot be read: what it was, and whose. It is never taken for empty: it is built anew from the
//! ledger, or set aside, and noted here until somebody counts and logs it.

use crate::lane::Lane;
use crate::work::Work;

/// One piece of stored data that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// `profile`, `state`, `sources`, `enrollments` or `event`.
    pub what: &'static str,
    pub lead: i64,
    /// What is wrong, and with an event, its id.
    pub why: String,
}

/// More are not kept between two looks: a store in which everything is unreadable must not fill the memory.
const MOST: usize = 10_000;

impl Work<'_> {
    pub fn note_unreadable(&mut self, what: &'static str, lead: i64, why: impl Into<String>) {
        if self.memory.unreadable.len() < MOST {
            self.memory.unreadable.push(Unreadable { what, lead, why: why.into() });
        }
    }
}

impl Lane {
    /// What could not be read since the last call.
    pub fn take_unreadable(&mut self) -> Vec<Unreadable> {
        std::mem::take(&mut self.memory.unreadable)
    }
}
