//! Leads as `/api` and `attractor export` show them, on both databases.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod as_of;
mod conditions;
mod described;
mod explanation;
mod exports;
#[path = "../../../engine/tests/forms/mod.rs"]
mod forms;
mod lists;
mod one;
#[path = "../program/mod.rs"]
mod program;
#[path = "../serve/running.rs"]
mod running;
mod words;
mod world;
