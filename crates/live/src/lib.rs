//! The live loop: everything that changes leads, one transaction at a time. It is given the instant and a connection;
//! it has no clock, no threads and no network, so that what it does can be simulated and repeated.
//!
//! `take` is an event's way through it: who it belongs to (`identity`), the ledger, the leads' states (`lead`), and what is
//! written (`write`). `sending` holds what concerns copies and addresses.

mod acquisition;
mod again;
mod amend;
mod arrived;
mod cache;
mod carry_over;
mod carry_progress;
pub mod correction;
mod deed;
mod effort;
mod erase;
pub mod force;
mod forget;
mod identity;
mod import;
mod lane;
mod lead;
pub mod limits;
mod memory;
pub mod preview;
mod receipt;
mod replace;
mod sending;
mod take;
pub mod unreadable;
mod versions;
mod wake;
mod work;
mod write;

pub use acquisition::{Acquisition, NotAcquired};
pub use again::Assertion;
pub use amend::Amended;
pub use arrived::{Arrived, Fills, Taken};
pub use carry_over::owe_carry_over;
pub use carry_progress::CarryOver;
pub use deed::Deed;
pub use effort::Effort;
pub use erase::owe_erasures;
pub use identity::keys::key;
pub use identity::slice::Slice;
pub use lane::Lane;
pub use lead::history::Past;
pub use lead::{called, chosen, history, profile, timing};
pub use sending::blocks::owe_blocks;
pub use sending::claims::{Claiming, NewContent};
pub use sending::copies::{asked_copy, key_of};
pub use sending::erased::hashes as erasure_hashes;
pub use sending::reports::{Outcome, Report};
pub use sending::suppression;
pub use unreadable::Unreadable;
pub use versions::{InForce, PLAYBOOK, Pilot, Under, Versions};
pub use wake::Scan;
pub use write::rounds::CopyKey;
