//! How much work the lane has done: what a limit of work and tests of growth are measured by.

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
