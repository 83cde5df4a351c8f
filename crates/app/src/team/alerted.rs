//! The lead that an alert is about, as its letter shows it.

use crate::moves::MoveItem;

/// What a salesperson wants to know first.
pub(super) struct AlertedLead {
    /// Who it is: its name where one is known.
    pub name: String,
    /// Name, job title, company and address, as far as they are known.
    pub heading: String,
    pub phone: Option<String>,
    /// The latest first.
    pub moves: Vec<MoveItem>,
}
