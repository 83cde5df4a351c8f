//! The pure core of Attractor: no clock, no I/O, no async; chance is a hash of ids.

pub mod condition;
pub mod playbook;
pub mod time;
pub mod value;
