//! `attractor serve` as its users meet it: the real binary over HTTP, on both databases.

mod client;
mod life;
mod messages;
#[path = "../program/mod.rs"]
mod program;
mod running;
mod surface;
