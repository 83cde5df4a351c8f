//! What a transaction will write, and the writing of it.

pub mod pending;
pub mod rounds;
pub mod save;
