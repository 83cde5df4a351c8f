//! What a transaction will write, and the writing of it.

pub mod outbox;
pub mod rounds;
pub mod save;
