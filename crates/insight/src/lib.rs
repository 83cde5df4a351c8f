//! Statistics that are shown to people. Pure: no clock, no I/O; chance is a hash of ids.

pub mod interval;
pub mod sample;
