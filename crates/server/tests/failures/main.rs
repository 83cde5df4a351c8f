//! The disk takes nothing, the database is gone, the queue is full, the clock is set back: each is told clearly, loses
//! nothing that was acknowledged, and is over by itself when its cause is. `FAILURES` says how many rounds, for more than
//! the usual run.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod clocks;
mod connection;
mod disk;
mod ending;
mod listeners;
#[path = "../kill/load.rs"]
mod load;
mod pressure;
#[path = "../program/mod.rs"]
mod program;
mod proxy;
mod publishing;
mod readers;
#[path = "../serve/running.rs"]
mod running;
#[allow(dead_code, reason = "the tests of imports ask the rest")]
#[path = "../imports/seen.rs"]
mod seen;
#[path = "../kill/truth.rs"]
mod truth;
mod work;

use std::thread;
use std::time::Duration;

use attractor_server::clock::Stopwatch;

fn rounds() -> usize {
    std::env::var("FAILURES").map_or(4, |text| text.parse().expect("a whole number"))
}

/// Looks again and again until it is so; a minute is too long.
#[track_caller]
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let watch = Stopwatch::start();
    while !is_so() {
        assert!(watch.elapsed().as_secs() < 60, "still not after a minute: {what}");
        // Between two looks the server has the machine for itself.
        thread::park_timeout(Duration::from_millis(5));
    }
}
