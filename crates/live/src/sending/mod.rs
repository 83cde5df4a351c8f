//! Copies of e-mails, what becomes of them, and addresses that may not be written to.

pub mod bindings;
pub mod copies;
pub mod erased;
pub mod go_on;
pub mod sends;
pub mod suppression;
