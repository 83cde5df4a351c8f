//! The pure core of Attractor: no clock, no I/O, no async; chance is a hash of ids.

pub mod address;
mod ask;
pub mod audience;
pub mod called;
pub mod condition;
pub mod consent;
pub mod explain;
pub mod exported;
pub mod fact;
pub mod forecast;
pub mod identity;
pub mod lead;
mod local;
pub mod message;
pub mod naming;
pub mod playbook;
pub mod printable;
pub mod program;
pub mod rebuild;
pub mod replay;
mod sparse;
pub mod step;
mod test;
pub mod time;
pub mod value;
pub mod version;
pub mod vocabulary;
