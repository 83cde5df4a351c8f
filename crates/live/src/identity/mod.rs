//! Whose an event is: keys and their ids, ties, claims of e-mails, aliases.

pub mod emails;
pub mod ownership;
pub mod reread;
pub mod retract;
pub mod settle;
pub mod who;
