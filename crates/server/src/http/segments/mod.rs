//! `/api/segments`.

pub mod count;
pub mod list;
pub mod members;
pub mod show;
