//! `attractor demo`: the sample company, lived through in memory, as a report.

use std::io::{self, Write};
use std::process::ExitCode;

use attractor_sample::Company;

use super::{fail, is_closed_pipe};
use crate::demo::{Story, write};

#[derive(clap::Args)]
pub struct DemoArgs {
    /// How many leads, known or not; they are held in memory
    #[arg(long, value_name = "N", env = "ATTRACTOR_LEADS", default_value_t = 2_000,
          value_parser = clap::value_parser!(u32).range(..=50_000))]
    pub leads: u32,
    /// How many days, up to 2026-06-30T00:00:00Z
    #[arg(long, value_name = "N", env = "ATTRACTOR_DAYS", default_value_t = 180,
          value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub days: u32,
    /// Which of the possible companies
    #[arg(long, value_name = "N", env = "ATTRACTOR_SEED", default_value_t = 1)]
    pub seed: u64,
}

pub fn run(args: &DemoArgs) -> ExitCode {
    let mut report = String::new();
    let story = Story::of(Company::ending(args.leads, args.days, args.seed));
    match story.map(|story| write(&story, &mut report)) {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return fail(error),
        Err(why) => return fail(why),
    }
    match io::stdout().write_all(report.as_bytes()) {
        Err(error) if !is_closed_pipe(&error) => fail(format_args!("standard output: {error}")),
        _ => ExitCode::SUCCESS,
    }
}
