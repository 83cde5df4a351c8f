//! The lane by hand: histories of a few lines, and what must come of them.

#![expect(clippy::unwrap_used, reason = "what is unwrapped here is what is tested")]

mod addresses;
mod again;
#[path = "../beside/mod.rs"]
mod beside;
mod claims;
mod consent;
mod copies;
mod damage;
mod drafts;
mod erasure;
mod growth;
mod names;
mod paces;
mod preview;
mod public;
mod refused;
mod repeated;
mod sent_again;
mod tags;
mod ties;
mod titles;
mod trial;
mod undo;
mod unmerge;
mod verdict;
mod visits;
mod wakes;
