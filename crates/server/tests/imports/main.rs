//! `attractor import` into a running server, as people do it: stored once, resumed after a kill, taken back as a whole.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod again;
mod own;
mod preview;
#[path = "../program/mod.rs"]
mod program;
mod real;
#[path = "../serve/running.rs"]
mod running;
mod sample;
mod seen;
mod small;
