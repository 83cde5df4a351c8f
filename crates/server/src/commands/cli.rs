//! The command line: every command with its help.

use std::process::ExitCode;
use std::sync::LazyLock;

use clap::{Parser, Subcommand};

/// The version and, of a program that `make build` has made, the commit of its source.
static VERSION: LazyLock<String> = LazyLock::new(|| version(option_env!("BUILD_COMMIT")));

fn version(commit: Option<&str>) -> String {
    let number = env!("CARGO_PKG_VERSION");
    match commit.filter(|commit| !commit.is_empty()) {
        Some(commit) => format!("{number} ({commit})"),
        None => number.to_owned(),
    }
}

/// Self-hosted lead nurturing: scores that fade, segments that people enter and leave at the exact instant
#[derive(Parser)]
#[command(name = "attractor", version = VERSION.as_str(), max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const IMPORT_EXAMPLES: &str = "Examples:
  attractor import contacts.csv deals.csv --consent 'newsletter form, since 2021'
  attractor import --undo 7
  attractor import fair.xlsx --map 'Kontakt=email,Notiz=-' --as-of 2024-05-14 --to fair.ndjson";

const EXPLAIN_EXAMPLE: &str = "Examples:
  attractor explain ada@example.org
  attractor explain --playbook playbooks/starter --events events.ndjson --lead ada@example.org";

const EMAIL_EXAMPLES: &str = "Examples:
  attractor email preview welcome --lead ada@example.com
  attractor email test welcome --to me@example.com";

const KEY_EXAMPLES: &str = "Examples:
  attractor key add website --public
  attractor key list";

const USER_EXAMPLES: &str = "Examples:
  attractor user add ada@example.com --role owner
  attractor user list";
const APPLY_EXAMPLES: &str = "Examples:
  attractor apply my-playbook --dry-run
  attractor apply my-playbook --yes --note 'webinars count twice'
  attractor apply my-playbook --pilot 5
  attractor apply --promote";

const ROLLBACK_EXAMPLES: &str = "Examples:
  attractor rollback --list
  attractor rollback 3 --dry-run
  attractor rollback 3 --yes";

const SHOW_EXAMPLE: &str = "Example:
  attractor show --to my-playbook";

#[derive(Subcommand)]
enum Command {
    /// Publish a playbook: what it would change, and then a new version
    ///
    /// With --dry-run nothing is published: what would change in the rules, and who would enter, leave and move. The
    /// folder remembers in .attractor-version from which version it was made; where another one is in force, nothing is
    /// published, the difference is shown, and the exit status is 2. What is in force already makes no new version.
    #[command(after_long_help = APPLY_EXAMPLES)]
    Apply(super::apply::ApplyArgs),
    /// Write everything into one file: tables, keys and settings; while serving too
    #[command(after_long_help = "Example:\n  attractor backup /var/backups/attractor-2026-05-14")]
    Backup(super::backup::BackupArgs),
    /// Validate a playbook: every problem, where it stands and what would be right
    ///
    /// Each problem is a line, `FILE:LINE:COL: what is wrong, what would be right`. The exit status is 0 where there are
    /// none or warnings alone, and 2 where there are errors.
    #[command(after_long_help = "Example:\n  attractor check playbooks/starter")]
    Check(super::check::CheckArgs),
    /// Bring in leads, deals and events from CSV, XLSX and NDJSON files, and the exports of other tools
    ///
    /// Encodings, delimiters, decimal commas and dates are guessed, and the guess is printed. Columns of HubSpot,
    /// Salesforce, Pipedrive, Mailchimp, listmonk, Keila, Mautic, Substack, beehiiv, Curated, Zoom and GoTo are recognised;
    /// others are mapped by their headers or by `--map`. Files that belong together (leads and deals) go into one call.
    /// People who have unsubscribed get no consent.
    /// An import goes on by itself after the server was stopped, changes nothing when it is repeated, and is taken back as
    /// a whole by `--undo`. With `--to` nothing is stored: the messages are written into a file.
    /// What every key means is in docs/import.md.
    #[command(after_long_help = IMPORT_EXAMPLES)]
    Import(super::import::ImportArgs),
    /// Move the data from SQLite to an empty PostgreSQL database, complete and verified
    ///
    /// The server must be stopped meanwhile. Each table is counted and summed up on both sides. The SQLite file stays.
    #[command(
        after_long_help = "Example:\n  attractor move --to postgresql://attractor:PASSWORD@db/attractor --switch"
    )]
    Move(super::moving::MoveArgs),
    /// Replay a file of events under a playbook: where every lead stands, and every move
    ///
    /// Each lead is one JSON line: its scores, stages, segments and interests, and when these change next if nothing
    /// happens. Nothing is stored and nothing is sent. The exit status is 1 where messages were rejected.
    #[command(
        after_long_help = "Example:\n  attractor replay --playbook playbooks/starter --events events.ndjson --log"
    )]
    Replay(super::replay::ReplayArgs),
    /// Why a lead stands where it stands: every point, every move, what is missing, what comes next
    #[command(after_long_help = EXPLAIN_EXAMPLE)]
    Explain(super::explain::ExplainArgs),
    /// Leads, events, deals or the members of segments, as NDJSON or CSV
    ///
    /// From a data folder, through the server where one runs. Events come in the order received and are what was stored:
    /// a replay of them gives the same leads.
    #[command(after_long_help = "Example:\n  attractor export events > events.ndjson")]
    Export(super::export::ExportArgs),
    /// The sample company, alive: half a year of its leads through the real program, then on at N times the clock
    ///
    /// A server on a throw-away data folder with the leads of an invented company. Nothing is sent; all of it is deleted
    /// when the demo ends. It prints its address and an API key. With `--report` it prints half a year, always the
    /// same, as a report for people: who is where, what moved and why, and three leads explained.
    #[command(after_long_help = "Examples:\n  attractor demo\n  attractor demo --report --leads 500")]
    Demo(super::demo::DemoArgs),
    /// The DNS records that your sender domain needs, and what is wrong with those that it has
    ///
    /// What each record is called, what it says, and what to do at your DNS provider. With --check the DNS is asked first; a
    /// running server then also looks whether its public address leads to it. docs/mail.md leads through it.
    #[command(after_long_help = "Examples:\n  attractor dns\n  attractor dns --check")]
    Dns(super::dns::DnsArgs),
    /// E-mails of the playbook: shown as a reader gets them, or sent to yourself
    ///
    /// Both go through the running server, where there is one; a preview works without.
    #[command(after_long_help = EMAIL_EXAMPLES)]
    Email(super::email::EmailArgs),
    /// The server: the API, tracking, and everything that is due
    ///
    /// With no flags: SQLite under ./attractor-data, on 127.0.0.1:8080. The first start publishes the starter playbook.
    /// Every setting is also a line of DIR/attractor.toml and an environment variable; `--print-settings` shows them all.
    /// It ends on SIGTERM and SIGINT, when what it has taken is stored and open requests are answered. A PostgreSQL database
    /// that another living server holds is refused, with its host, process id and since when; --take-over takes it.
    #[command(after_long_help = "Example:\n  attractor serve --data /var/lib/attractor --listen 127.0.0.1:8080")]
    Serve(super::serve::ServeArgs),
    /// Print the playbook in force, or write it as a folder
    ///
    /// With --to everything is written just as it was published, comments and layout too, so that `attractor apply` of
    /// the folder changes nothing until you do. Files there with changes of their own are not overwritten.
    #[command(after_long_help = SHOW_EXAMPLE)]
    Show(super::show::ShowArgs),
    /// Keys of programs: for sites, for servers, for `/api`
    ///
    /// A key is shown once, when it is made; the store has a hash of it alone. It goes through the running server, where
    /// there is one, and counts at once.
    #[command(after_long_help = KEY_EXAMPLES)]
    Key(super::key::KeyArgs),
    /// Users: who may sign in, and what each may do
    ///
    /// A viewer looks, sales work with leads, marketers change playbooks and send, owners do everything. It goes through
    /// the running server, where there is one.
    #[command(after_long_help = USER_EXAMPLES)]
    User(super::user::UserArgs),
    /// Go back to an earlier version of the playbook: its files take effect again, as a new version
    ///
    /// Numbers of versions only grow: going back from 5 to 3 makes version 6. With --dry-run nothing is published: what
    /// would change in the rules, and who would enter, leave and move. Nobody is enrolled because of it. While a pilot
    /// runs, it is refused.
    #[command(after_long_help = ROLLBACK_EXAMPLES)]
    Rollback(super::rollback::RollbackArgs),
    /// Put what `attractor backup` has written in the place of what is here
    ///
    /// Works from either database to either. The archive is checked as a whole before anything is changed. Where there is
    /// data already, only with `--force`. Nothing that it writes points at the place that the archive came from: its
    /// settings stay out without `--settings`, and webhooks to which this server did not post before are disabled.
    #[command(after_long_help = "Example:\n  attractor restore /var/backups/attractor-2026-05-14")]
    Restore(super::backup::RestoreArgs),
    /// The sample company's messages, the same for the same seed
    ///
    /// The same seed and end give the same bytes on every machine. Without `--end` the messages end now, so that what is
    /// imported today has somebody who is hot. Messages come in
    /// the order in which a server would have received them: some late, some twice. A lead does the same however many
    /// others there are; leads arrive over the whole of the days.
    #[command(after_long_help = "Example:\n  attractor simulate --leads 500 > events.ndjson")]
    Simulate(super::simulate::SimulateArgs),
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        Command::Apply(args) => super::apply::run(&args),
        Command::Backup(args) => super::backup::run(&args),
        Command::Check(args) => super::check::run(&args),
        Command::Import(args) => super::import::run(&args),
        Command::Move(args) => super::moving::run(&args),
        Command::Replay(args) => super::replay::run(&args),
        Command::Explain(args) => super::explain::run(&args),
        Command::Export(args) => super::export::run(&args),
        Command::Demo(args) => super::demo::run(&args),
        Command::Dns(args) => super::dns::run(&args),
        Command::Email(args) => super::email::run(&args),
        Command::Rollback(args) => super::rollback::run(&args),
        Command::Restore(args) => super::backup::run_restore(&args),
        Command::Serve(args) => super::serve::run(&args),
        Command::Show(args) => super::show::run(&args),
        Command::Key(args) => super::key::run(&args),
        Command::User(args) => super::user::run(&args),
        Command::Simulate(args) => super::simulate::run(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commit_is_beside_the_version_where_it_is_known() {
        let number = env!("CARGO_PKG_VERSION");
        assert_eq!(version(Some("1a2b3c4d5e6f")), format!("{number} (1a2b3c4d5e6f)"));
        for unknown in [None, Some("")] {
            assert_eq!(version(unknown), number);
        }
    }
}
