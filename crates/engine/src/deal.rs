//! The state of a deal: events set it, leads keep it, conditions ask for it.

use serde::{Deserialize, Serialize};

/// A deal is opened, and then won or lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Deal {
    Open,
    Won,
    Lost,
}

impl Deal {
    /// As playbooks, profiles and the API write it.
    pub const fn name(self) -> &'static str {
        match self {
            Deal::Open => "open",
            Deal::Won => "won",
            Deal::Lost => "lost",
        }
    }
}
