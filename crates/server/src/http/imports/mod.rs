//! `/api/imports`: lists of leads, deals and events into the store.

pub mod begin;
pub mod known;
pub mod list;
pub mod preview;
pub mod rejected;
pub mod show;
pub mod start;
pub mod undo;
pub mod upload;
