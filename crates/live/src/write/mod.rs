//! What a transaction will write, and the writing of it.

pub mod outbox;
pub mod save;
