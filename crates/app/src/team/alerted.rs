//! The lead that an alert is about, as its letter shows it.

use super::by_hand::ByHand;
use crate::moves::MoveItem;

/// What a salesperson wants to know first.
pub(super) struct AlertedLead {
    /// Who it is: its name where one is known.
    pub name: String,
    /// Name, job title, company and address, as far as they are known.
    pub heading: String,
    pub phone: Option<String>,
    /// What somebody did by which it came into the sequence; `None` where nobody did.
    pub by_hand: Option<ByHand>,
    /// The last ones, the latest first; without segments that the lead has left and interests that have changed since.
    pub moves: Vec<MoveItem>,
}
