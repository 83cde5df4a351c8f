//! `attractor serve` as its users meet it: the real binary over HTTP, on both databases.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod client;
mod demo;
mod life;
mod living;
mod messages;
#[path = "../program/mod.rs"]
mod program;
mod running;
mod slow;
mod surface;
mod takeover;
