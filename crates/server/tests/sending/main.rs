//! E-mails from the step of a sequence to a mail that is caught or handed to a mail server, on both databases.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod broadcast;
mod caught;
mod domain;
mod front;
mod gate;
mod inbound;
mod letters;
mod names;
#[path = "../program/mod.rs"]
mod program;
#[path = "../serve/running.rs"]
mod running;
mod sink;
mod smtp;
mod thread;
mod world;
