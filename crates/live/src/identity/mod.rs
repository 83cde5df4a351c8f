//! Whose an event is: keys and their ids, ties of visitors, claims of e-mails, aliases. [`identities::Identities`] owns
//! what of it is at hand; the rest of the room are functions over it.

pub mod carried;
pub mod emails;
pub mod facts;
pub mod identities;
pub mod keys;
pub mod ownership;
pub mod reread;
pub mod retract;
pub mod settle;
pub mod slice;
pub mod ties;
