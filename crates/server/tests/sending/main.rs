//! E-mails from the step of a sequence to a mail that is caught or handed to a mail server, on both databases.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod best;
mod broadcast;
mod calls;
mod caught;
mod confirmations;
mod demands;
mod domain;
mod doubt;
mod drafts;
mod emails;
mod encryption;
mod estimates;
mod fatigue;
mod forms;
mod front;
mod gate;
mod holidays;
mod inbound;
mod independent;
mod letters;
mod library;
mod names;
mod pace;
#[path = "../program/mod.rs"]
mod program;
mod providers;
#[path = "../../../mail/tests/independent/python.rs"]
mod python;
#[allow(dead_code, reason = "the histories throw them in more ways")]
#[path = "../nurturing/random.rs"]
mod random;
mod returned;
#[path = "../serve/running.rs"]
mod running;
mod secured;
#[allow(dead_code, reason = "the reader's own tests use all of it")]
#[path = "../../../mail/tests/signing/mod.rs"]
mod signing;
mod sink;
mod smtp;
mod team;
mod thread;
mod transactional;
mod transports;
mod world;
