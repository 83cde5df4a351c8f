//! `attractor simulate`: the sample company's messages.

use std::io;
use std::process::ExitCode;

use attractor_sample::{Company, MOST_DAYS};

use super::{fail, is_closed_pipe};

#[derive(clap::Args)]
pub struct SimulateArgs {
    /// How many leads, known or not
    #[arg(long, value_name = "N", env = "ATTRACTOR_LEADS", default_value_t = 2_000)]
    pub leads: u32,
    /// How many days, up to 2026-06-30T00:00:00Z
    #[arg(long, value_name = "N", env = "ATTRACTOR_DAYS", default_value_t = 180,
          value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    pub days: u32,
    /// Which of the possible companies
    #[arg(long, value_name = "N", env = "ATTRACTOR_SEED", default_value_t = 1)]
    pub seed: u64,
}

pub fn run(args: &SimulateArgs) -> ExitCode {
    // What is written comes in large pieces already.
    match Company::ending(args.leads, args.days, args.seed).write(&mut io::stdout().lock()) {
        Err(error) if !is_closed_pipe(&error) => fail(format_args!("standard output: {error}")),
        _ => ExitCode::SUCCESS,
    }
}
