//! Copies of e-mails, what becomes of them, and addresses that may not be written to.

pub mod blocks;
pub mod claims;
pub mod copies;
pub mod erased;
pub mod paces;
pub mod reports;
pub mod resume;
pub mod sent_again;
pub mod suppression;
