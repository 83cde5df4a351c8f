//! Leads, read.

pub mod find;
pub mod list;
pub mod one;
pub mod past;
