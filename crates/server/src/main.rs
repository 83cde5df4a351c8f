//! The binary `attractor`.

mod clock;
mod commands;
mod demo;
mod replay;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Self-hosted lead nurturing: scores that fade, segments that people enter and leave at the exact instant
#[derive(Parser)]
#[command(name = "attractor", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Validate a playbook: every problem, where it stands and what would be right
    Check(commands::check::CheckArgs),
    /// Bring in leads, deals and events from CSV, XLSX and NDJSON files, and the exports of other tools
    Import(commands::import::ImportArgs),
    /// Replay a file of events under a playbook: where every lead stands, and every move
    Replay(commands::replay::ReplayArgs),
    /// Why a lead stands where it stands: every point, every move, what is missing, what comes next
    Explain(commands::explain::ExplainArgs),
    /// The sample company, lived through: a report of who is where, what moved and why
    Demo(commands::demo::DemoArgs),
    /// The sample company's messages, the same for the same seed
    Simulate(commands::simulate::SimulateArgs),
}

fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Check(args) => commands::check::run(&args),
        Command::Import(args) => commands::import::run(&args),
        Command::Replay(args) => commands::replay::run(&args),
        Command::Explain(args) => commands::explain::run(&args),
        Command::Demo(args) => commands::demo::run(&args),
        Command::Simulate(args) => commands::simulate::run(&args),
    }
}
