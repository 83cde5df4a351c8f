//! The live loop, measured on a store that already holds much: intake over HTTP beside bare inserts of the same rows, how
//! long one message waits for its moves at a given rate and beside the worst sender, memory, idleness, and the count of a
//! new segment.
//!
//! `cargo run --release -p attractor-server --example live -- --leads 100000 --events 50`. The program is expected beside
//! this one, in `target/release`. The filled store is kept, and each run works on copies of it.

#![expect(clippy::disallowed_methods, reason = "it measures how long it takes")]

mod bare;
mod fill;
mod load;
mod nginx;
mod served;
mod worst;

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use load::{Kind, Latencies, Load};
use nginx::Nginx;
use served::Served;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The live loop, measured
#[derive(Parser)]
struct Options {
    /// How many leads the store holds
    #[arg(long, default_value_t = 100_000)]
    leads: usize,
    /// How many events it holds of each
    #[arg(long, default_value_t = 50)]
    events: usize,
    /// Messages sent as fast as they are taken
    #[arg(long, default_value_t = 100_000)]
    messages: usize,
    /// Messages a second, each a request of its own
    #[arg(long, default_value_t = 2_000)]
    rate: usize,
    /// For how long
    #[arg(long, default_value_t = 20)]
    seconds: usize,
    /// For how long an ordinary sender is measured beside each way of being a burden
    #[arg(long, default_value_t = 10)]
    beside: usize,
    /// Measures nothing but how long others wait beside the worst sender
    #[arg(long)]
    worst: bool,
    /// Of the ways of being a burden only those with this in their names
    #[arg(long, default_value = "")]
    only: String,
    /// Writes into the filled store too and keeps it no longer, where the disk has no room for a third one
    #[arg(long)]
    spend: bool,
    /// Where the stores are; the kept one may take gigabytes
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

fn main() -> Outcome<()> {
    let options = Options::parse();
    let kept = options.folder.join(format!("live-{}x{}", options.leads, options.events));
    if !kept.exists() {
        fill::fill(&kept, options.leads, options.events)?;
    }
    let live = options.folder.join("live");
    let copy = if options.spend { kept.clone() } else { options.folder.join("live-bare") };
    duplicate(&kept, &live)?;
    if !options.spend && !options.worst {
        duplicate(&kept, &copy)?;
    }
    let mut served = Served::start(&live)?;
    served.settle()?;
    println!("{} leads with {} events each, SQLite, every commit synced", options.leads, options.events);
    println!("  at rest            {}", served.memory()?);
    println!("  idle               {:.1} ms of CPU in ten seconds", served.idle(Duration::from_secs(10))?);
    let load = Load::new(&served, options.leads)?;
    // The caches fill up; that is no part of the measure.
    load.flood(options.messages / 4)?;
    if options.worst {
        drop(served);
        worst::beside_the_worst(&live, &load, options.beside, &options.only)?;
        return Ok(fs::remove_dir_all(&live)?);
    }
    one_by_one(&options, &load)?;
    counts(&served, &load)?;
    println!("  under load         {}", served.memory()?);
    intake(&options, served, &load, &live, &copy)?;
    worst::beside_the_worst(&live, &load, options.beside, &options.only)?;
    for folder in [&live, &copy] {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

/// Each message is a request; its answer comes after the commit that holds the moves.
fn one_by_one(options: &Options, load: &Load) -> Outcome<()> {
    let count = options.rate * options.seconds;
    let nginx = Nginx::start(&options.folder.join("nginx"))?;
    let pixels = nginx.as_ref().map(|nginx| Load::elsewhere(&nginx.address)?.paced(options.rate, count, Kind::Pixel));
    let pixels = pixels.transpose()?;
    let plain = load.paced(options.rate, count, Kind::Healthz)?;
    let events = load.paced(options.rate, count, Kind::PageView)?;
    println!("\n{} requests a second, {count} of them: from the instant one is due to its answer, in ms", options.rate);
    println!("{:<22}{:>8}{:>8}{:>8}{:>8}", "", "median", "90 %", "99 %", "most");
    let row = |name: &str, of: &Latencies| {
        println!("{name:<22}{:>8.2}{:>8.2}{:>8.2}{:>8.2}", of.at(0.5), of.at(0.9), of.at(0.99), of.at(1.0));
    };
    pixels.iter().for_each(|pixels| row("nginx's pixel", pixels));
    row("GET /healthz", &plain);
    row("page view to move", &events);
    println!("  event to move: budget 50 at 99 %: {}", verdict(events.at(0.99) < 50.0));
    let Some(pixels) = pixels else {
        println!("  redirects: NOT compared, there is no nginx (Debian's package nginx-light)");
        return Ok(());
    };
    let beyond = events.at(0.99) - pixels.at(0.99);
    println!(
        "  redirects: what is durable first comes {beyond:.1} ms behind nginx at 99 %, budget 10: {}",
        verdict(beyond <= 10.0)
    );
    Ok(())
}

fn counts(served: &Served, load: &Load) -> Outcome<()> {
    let (first, exact) = load.count(&served.key("api")?)?;
    println!("\nA new segment: first count after {:.0} ms, exact after {:.1} s", first * 1e3, exact);
    Ok(())
}

fn intake(options: &Options, served: Served, load: &Load, live: &Path, copy: &Path) -> Outcome<()> {
    let from = bare::last(live)?;
    let before = served.histogram("attractor_group_messages")?;
    let seconds = load.flood(options.messages)?;
    let after = served.histogram("attractor_group_messages")?;
    let group = (after.sum - before.sum) / (after.count - before.count);
    served.stop()?;
    let bare = bare::insert(live, copy, from, group)?;
    println!("\n{} page views in batches of {}, {} connections", options.messages, load::BATCH, load::CONNECTIONS);
    println!("  over HTTP          {:>8.0} events/s", options.messages as f64 / seconds);
    println!(
        "  bare inserts       {:>8.0} events/s, in groups of {:.0} as the lane took them",
        bare.rate(),
        bare.group
    );
    let ratio = bare.rate() * seconds / options.messages as f64;
    println!("  bare inserts / over HTTP: {ratio:.2}; budget 2: {}", verdict(ratio <= 2.0));
    Ok(())
}

fn verdict(kept: bool) -> &'static str {
    if kept { "kept" } else { "BROKEN" }
}

fn duplicate(from: &Path, to: &Path) -> Outcome<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        let copy = to.join(file.file_name());
        fs::copy(file.path(), &copy)?;
        // Else the system writes it out while the server is measured.
        fs::File::open(&copy)?.sync_all()?;
    }
    Ok(())
}
