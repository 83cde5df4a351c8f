//! Copies of e-mails, what becomes of them, and addresses that may not be written to.

pub mod bindings;
pub mod copies;
pub mod sends;
pub mod suppression;
