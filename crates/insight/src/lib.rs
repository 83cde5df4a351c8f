//! Statistics that are shown to people. Pure: no clock, no I/O; chance is a hash of ids.

pub mod in_vain;
pub mod interval;
pub mod sample;
pub mod together;
