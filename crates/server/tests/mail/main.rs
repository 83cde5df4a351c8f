//! E-mails as they come back: their links and pixels, what the judge makes of them, unsubscribing and preferences.

#![expect(clippy::unwrap_used, reason = "what is unwrapped here is what is tested")]

mod clicks;
mod offers;
mod preferences;
#[path = "../program/mod.rs"]
mod program;
#[path = "../serve/running.rs"]
mod running;
mod unsubscribe;
mod verdicts;
mod visitors;
mod world;
