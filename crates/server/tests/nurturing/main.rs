//! The loop of nurturing, simulated from a seed: people come, choose, click, reply, are away, pause and buy. Broadcasts leave
//! at once, at an hour of each lead's clock, early for a segment or in waves; they are paused, cancelled, repeated and
//! followed up. Drafts are released and rejected, verdicts are corrected, and in some histories the cadence adapts. Mails
//! leave by a transport that puts off, refuses, loses its answer and dies in the middle; the clock jumps.
//!
//! Each send happens at most once, every copy is accounted for, what follows from a broadcast goes only to people who got that
//! one, and no pace changes too soon or too far. Each hold ends when it said it would, unless the cadence adapted meanwhile.
//! What the outbox promised for a silent time, without calling it an estimate, comes true to the millisecond. A replay of the
//! events gives the same leads and moves and, in each third history, where every send is over at once, the same sequences.
//!
//! `NURTURING_CASES` says how many histories, `NURTURING_SEED` which is the first; `make nurture CASES=2000` sets them.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

mod beside;
mod campaign;
mod corrections;
mod figures;
mod playbook;
mod random;
mod transport;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use figures::Figures;
use world::World;

/// How many histories are lived through unless told otherwise; PostgreSQL has a fourth of them.
const CASES: u64 = 24;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap())
}

fn simulate(database: &str, cases: u64, make: impl Fn(u64) -> World + Sync) {
    let first = from_environment("NURTURING_SEED", 1);
    let (next, found) = (AtomicU64::new(first), Mutex::new((Figures::default(), Vec::new())));
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= first + cases || found.lock().unwrap().1.len() >= 3 {
            return;
        }
        let lived = make(seed).live();
        let mut found = found.lock().unwrap();
        match lived {
            Ok(figures) => found.0.add(&figures),
            Err(why) => found.1.push(format!("seed {seed}: {why}")),
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let (figures, wrong) = found.into_inner().unwrap();
    eprintln!("{database}: {cases} histories from seed {first}: {figures}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(cases < 20 || figures.is_rich(), "too little happened: {figures}");
}

#[test]
fn every_send_happens_at_most_once_and_what_was_promised_comes_true_on_sqlite() {
    simulate("SQLite", from_environment("NURTURING_CASES", CASES), |seed| World::new(seed, None));
}

#[test]
fn every_send_happens_at_most_once_and_what_was_promised_comes_true_on_postgresql() {
    if attractor_trial::postgres().is_some() {
        let cases = from_environment("NURTURING_CASES", CASES).div_ceil(4);
        simulate("PostgreSQL", cases, |seed| World::new(seed, attractor_trial::postgres()));
    }
}
