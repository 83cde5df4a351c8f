//! Versions of the playbook and what is done by hand, as people meet them: the real binary over its socket and its
//! commands, on both databases where storage matters.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod audit;
mod commands;
mod consent;
mod draft;
mod hand;
mod people;
#[path = "../program/mod.rs"]
mod program;
#[path = "../serve/running.rs"]
mod running;
mod shop;
mod versions;
mod warnings;
