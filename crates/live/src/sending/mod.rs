//! Copies of e-mails, what becomes of them, and addresses that may not be written to.

pub mod blocks;
pub mod copies;
pub mod decided;
pub mod erased;
pub mod resume;
pub mod suppression;
