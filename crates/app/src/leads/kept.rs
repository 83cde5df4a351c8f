//! Why a lead is still in a stage or segment, in the shape of the API.

use attractor_engine::explain::{Kept, KeptBy};
use serde::Serialize;
use utoipa::ToSchema;

use super::explained::MissingItem;

/// Why a lead is still in a stage or segment that it would not enter now
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptItem {
    pub rule: KeptRule,
    /// The rule in English
    pub what: String,
    /// The score below which the stage is left; null where another rule than `hold` keeps the lead
    pub below: Option<f64>,
    /// What the lead lacks to enter now
    pub missing: MissingItem,
    /// Since when it has lacked that without interruption; null where that could not be found
    #[schema(format = DateTime)]
    pub since: Option<String>,
    /// When it leaves if nothing happens; null: not within 366 days
    #[schema(format = DateTime)]
    pub until: Option<String>,
}

/// A rule that keeps a lead in a stage or segment
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeptRule {
    /// The ladder's `hold`
    Hold,
    /// Its own `leave`, which does not hold yet
    Leave,
    /// `min_stay`, which is not over
    MinStay,
    /// The stage was set by hand, or the lead was pinned to the segment
    Hand,
    /// It is decided at scheduled instants only
    Schedule,
}

impl From<&Kept> for KeptItem {
    fn from(kept: &Kept) -> KeptItem {
        let (rule, below) = match &kept.by {
            KeptBy::Hold { below, .. } => (KeptRule::Hold, Some(*below)),
            KeptBy::Leave(_) => (KeptRule::Leave, None),
            KeptBy::MinStay => (KeptRule::MinStay, None),
            KeptBy::Hand => (KeptRule::Hand, None),
            KeptBy::Schedule(_) => (KeptRule::Schedule, None),
        };
        KeptItem {
            rule,
            what: kept.by.to_string(),
            below,
            missing: (&kept.missing).into(),
            since: kept.since.map(|at| at.to_string()),
            until: kept.until.map(|at| at.to_string()),
        }
    }
}
