//! `attractor simulate`: the sample company's messages.

use std::io;
use std::process::ExitCode;

use attractor_engine::time::{Duration, Instant};
use attractor_sample::{Company, MOST_DAYS};

use super::{fail, is_closed_pipe};
use crate::clock;

#[derive(clap::Args)]
pub struct SimulateArgs {
    /// How many leads, known or not
    #[arg(long, value_name = "N", env = "ATTRACTOR_SIMULATE_LEADS", default_value_t = 2_000)]
    pub leads: u32,
    /// How many days before the end
    #[arg(long, value_name = "N", env = "ATTRACTOR_SIMULATE_DAYS", default_value_t = 180,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    pub days: u32,
    /// Which of the possible companies
    #[arg(long, value_name = "N", env = "ATTRACTOR_SIMULATE_SEED", default_value_t = 1)]
    pub seed: u64,
    /// When the messages end, such as 2026-06-30 or 2026-06-30T12:00:00Z [default: the start of the present hour]
    #[arg(long, value_name = "INSTANT", env = "ATTRACTOR_SIMULATE_END", value_parser = end)]
    pub end: Option<Instant>,
}

/// From the end of the longest story on, so that its first day has a date that can be told.
pub(super) fn end(text: &str) -> Result<Instant, String> {
    let (from, to) = (i64::from(MOST_DAYS) * Duration::DAY.0, i64::from(u16::MAX) * Duration::DAY.0);
    let end = Instant::parse(text).filter(|end| (from..=to).contains(&end.0));
    end.ok_or_else(|| {
        format!("expected an instant from {} to {}, like 2026-06-30T00:00:00Z", Instant(from), Instant(to))
    })
}

fn present_hour() -> Instant {
    let now = clock::now();
    Instant(now.0 - now.0.rem_euclid(Duration::HOUR.0))
}

pub fn run(args: &SimulateArgs) -> ExitCode {
    // What is written comes in large pieces already.
    let end = args.end.unwrap_or_else(present_hour);
    match Company::ending_at(end.0, args.leads, args.days, args.seed).write(&mut io::stdout().lock()) {
        Err(error) if !is_closed_pipe(&error) => fail(format_args!("standard output: {error}")),
        _ => ExitCode::SUCCESS,
    }
}
