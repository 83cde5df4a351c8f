//! Slices: what a lead owns of the ledger.

use attractor_store::IdentityId;
use serde::{Deserialize, Serialize};

/// A part of an identity's events, by their instants: identity, from (inclusive), until (exclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Slice(pub IdentityId, pub Option<i64>, pub Option<i64>);

impl Slice {
    pub fn holds(self, identity: IdentityId, at: i64) -> bool {
        self.0 == identity && self.1.is_none_or(|from| from <= at) && self.2.is_none_or(|until| at < until)
    }
}
