//! Seeded histories through the lane: messages late, doubled, reordered, in groups of any size; the disk failing, commits
//! lost on their way, the process killed, the clock jumping ahead, another playbook published in between, copies
//! claimed and reported, events judged, unmerged, undone and erased. Whatever happened, the leads stand where the engine alone puts
//! them from the events in the order received, and the log says the same moves.
//!
//! `SIMULATION_CASES` says how many, `SIMULATION_SEED` which is the first.

#[path = "../beside/mod.rs"]
mod beside;
mod carried;
mod facts;
mod mail;
#[path = "../../../engine/tests/naive/mod.rs"]
mod naive;
mod sequences;
mod visits;
mod world;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use world::World;

/// How many histories a test lives through unless told otherwise, and how many that are full of mail.
const CASES: u64 = 400;
const MAIL_CASES: u64 = 100;

fn from_environment(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().expect("a whole number"))
}

/// Lives through a history, one in four also in other groups, and amends some afterwards.
fn live_through(world: &mut World, seed: u64) -> Result<u64, String> {
    let ledger = world.live();
    let checked = world.difference()?;
    if seed.is_multiple_of(4) && ledger != World::smooth(seed).live() {
        return Err(format!("in other groups the ledger is another one than\n{}", ledger.join("\n")));
    }
    amend_some(world, seed, checked)
}

/// The same of a history full of mail, which depends on what was reported when.
fn send_through(world: &mut World, seed: u64) -> Result<u64, String> {
    world.live();
    let checked = world.difference()?;
    amend_some(world, seed, checked)
}

fn amend_some(world: &mut World, seed: u64, checked: u64) -> Result<u64, String> {
    if !seed.is_multiple_of(3) {
        return Ok(checked);
    }
    world.amend();
    world.difference().map(|amended| checked + amended)
}

/// What is done with the world of a seed; it returns how many leads were compared.
type LifeOf = fn(&mut World, u64) -> Result<u64, String>;

/// Returns how many copies were claimed, and how many were reported under an heir.
fn simulate(cases: u64, first: u64, make: impl Fn(u64) -> Option<World> + Sync, live: LifeOf) -> (u64, u64) {
    let next = AtomicU64::new(first);
    let differences = Mutex::new(Vec::new());
    let (leads, kills, amends) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let (recent, claims, inherited) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let work = || loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= first + cases || differences.lock().expect("no thread has panicked").len() >= 3 {
            return;
        }
        let Some(mut world) = make(seed) else { return };
        let found = live(&mut world, seed);
        kills.fetch_add(world.kills, Ordering::Relaxed);
        amends.fetch_add(world.amends, Ordering::Relaxed);
        recent.fetch_add(world.from_recent, Ordering::Relaxed);
        claims.fetch_add(world.mail.claims, Ordering::Relaxed);
        inherited.fetch_add(world.mail.inherited, Ordering::Relaxed);
        match found {
            Ok(checked) => _ = leads.fetch_add(checked, Ordering::Relaxed),
            Err(found) => differences.lock().expect("no thread has panicked").push(format!("seed {seed}: {found}")),
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let differences = differences.into_inner().expect("no thread has panicked");
    let (leads, kills) = (leads.into_inner(), kills.into_inner());
    let (amends, recent) = (amends.into_inner(), recent.into_inner());
    let (claims, inherited) = (claims.into_inner(), inherited.into_inner());
    eprintln!(
        "{cases} histories from seed {first}: {leads} leads agree, {kills} failures and kills, {amends} amends, {recent} \
         rebuilds from recent events, {claims} copies claimed and {inherited} reported under an heir"
    );
    assert!(differences.is_empty(), "{}", differences.join("\n\n"));
    assert!(recent > 0 || cases < 40, "no lead was rebuilt from its recent events alone");
    (claims, inherited)
}

#[test]
fn the_lane_agrees_with_the_engine_on_sqlite() {
    let (cases, first) = (from_environment("SIMULATION_CASES", CASES), from_environment("SIMULATION_SEED", 1));
    simulate(cases, first, |seed| Some(World::on_sqlite(seed)), live_through);
}

#[test]
fn the_lane_agrees_with_the_engine_on_postgresql() {
    let cases = from_environment("SIMULATION_CASES", CASES) / 10;
    let first = from_environment("SIMULATION_SEED", 1);
    simulate(cases, first, World::on_postgresql, live_through);
}

/// Whatever joins, parts, fails and dies, a step's copy leaves at most once, and no sequence waits for nothing.
#[test]
fn mails_leave_once_on_sqlite() {
    let (cases, first) = (from_environment("SIMULATION_CASES", MAIL_CASES), from_environment("SIMULATION_SEED", 1));
    let (claims, inherited) = simulate(cases, first, |seed| Some(World::of_mail(seed)), send_through);
    assert!(cases < 40 || claims > cases && inherited > 0, "{claims} copies claimed, {inherited} under an heir");
}

#[test]
fn mails_leave_once_on_postgresql() {
    let cases = from_environment("SIMULATION_CASES", MAIL_CASES) / 10;
    let first = from_environment("SIMULATION_SEED", 1);
    simulate(cases, first, World::of_mail_on_postgresql, send_through);
}
