//! How far the keys of earlier versions are carried over.

use attractor_store::LeadId;
use serde::{Deserialize, Serialize};

/// An identity has few events, as a rule: a slice takes milliseconds.
const SLICE: i64 = 200;

/// How far it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CarryOver {
    /// The number of the kind and the text of the last identity, in this order; -1 before the first one, `None` once all
    /// are done.
    pub(crate) identity: Option<(i64, String)>,
    /// The last lead.
    pub(crate) lead: Option<(i64, LeadId)>,
    /// Identities and leads gone through so far.
    pub done: i64,
    /// Messages that were taken out, because they name nobody by today's rules.
    pub left_out: i64,
    /// How many identities, and then leads, one slice goes through.
    pub(crate) slice: i64,
    #[serde(skip)]
    pub is_done: bool,
}

impl Default for CarryOver {
    fn default() -> CarryOver {
        CarryOver { identity: None, lead: None, done: 0, left_out: 0, slice: SLICE, is_done: false }
    }
}

impl CarryOver {
    pub(crate) fn start() -> CarryOver {
        CarryOver { identity: Some((-1, String::new())), ..CarryOver::default() }
    }
}
