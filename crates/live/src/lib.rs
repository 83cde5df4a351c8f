//! The live loop: everything that changes leads, one transaction at a time. It is given the instant and a connection;
//! it has no clock, no threads and no network, so that what it does can be simulated and repeated.
//!
//! `take` is an event's way through it: who it belongs to (`who`, `settle`, `ownership`), the ledger, the leads'
//! states (`advance`, `anew`), and what is written (`outbox`, `save`).

mod advance;
mod again;
mod amend;
mod anew;
mod attributes;
mod bindings;
mod cache;
pub mod called;
mod claim;
mod company;
mod copies;
pub mod correction;
mod deed;
mod effort;
mod emails;
mod erase;
pub mod force;
pub mod history;
mod import;
mod lane;
pub mod limits;
mod memory;
mod outbox;
mod ownership;
mod plan;
pub mod preview;
pub mod profile;
mod receipt;
mod recent;
mod repeated;
mod replace;
mod retract;
mod save;
mod sends;
mod settle;
mod standing;
pub mod suppression;
mod take;
mod titles;
pub mod unreadable;
mod versions;
mod visits;
mod wake;
mod who;
mod work;

pub use again::Assertion;
pub use amend::Amended;
pub use bindings::owe_bindings;
pub use claim::{Claim, NotClaimed};
pub use deed::Deed;
pub use effort::Effort;
pub use erase::owe_erasures;
pub use history::Past;
pub use lane::Lane;
pub use receipt::Fills;
pub use sends::Reported;
pub use standing::Slice;
pub use take::{Arrived, Taken};
pub use unreadable::Unreadable;
pub use versions::{InForce, PLAYBOOK, Pilot, Under, Versions};
pub use wake::Scan;
