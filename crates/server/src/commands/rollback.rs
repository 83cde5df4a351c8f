//! `attractor rollback`: an earlier version of the playbook takes effect again, as a new version.

use std::fmt::Write as _;
use std::io::{self, IsTerminal};
use std::path::PathBuf;
use std::process::ExitCode;

use attractor_app::VersionNumber;
use attractor_engine::printable::line;
use axum::http::Method;
use clap::builder::FalseyValueParser;
use serde_json::{Value, json};

use super::apply::{NOBODY_TO_ASK, agreed, warnings};
use super::client::Client;
use super::dry_run::{dry_run, lines};
use super::local_times::LocalTimes;
use super::serve::DataArgs;
use super::{FAILED, fail, say, show};

#[derive(clap::Args)]
pub struct RollbackArgs {
    /// The version whose files are published again
    #[arg(required_unless_present = "list")]
    pub version: Option<i64>,
    #[command(flatten)]
    pub data: DataArgs,
    /// Print the latest versions, with the time, author and note of each
    #[arg(long, conflicts_with_all = ["version", "dry_run", "yes"])]
    pub list: bool,
    /// Publish nothing; print what would change, in rules and in people
    #[arg(long, env = "ATTRACTOR_ROLLBACK_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub dry_run: bool,
    /// Publish without asking; required where there is no terminal to ask at
    #[arg(long, env = "ATTRACTOR_ROLLBACK_YES", value_parser = FalseyValueParser::new())]
    pub yes: bool,
}

pub fn run(args: &RollbackArgs) -> ExitCode {
    if !(args.list || args.dry_run || args.yes || io::stdin().is_terminal()) {
        return fail(NOBODY_TO_ASK);
    }
    let done = Client::of_store(&args.data).and_then(|mut client| {
        let done = match args.version {
            Some(version) => roll_back(args, version, &mut client),
            None => list(&mut client).and_then(|text| print(&text)),
        };
        client.close().and(done)
    });
    done.unwrap_or_else(fail)
}

fn roll_back(args: &RollbackArgs, version: i64, client: &mut Client) -> Result<ExitCode, String> {
    let present = client.get("/api/playbook")?.value()?;
    if super::show::of_version(client, VersionNumber(version))?.is_none() {
        return Err(format!("no version has the number {version}; `attractor rollback --list` prints the latest"));
    }
    if !args.yes || args.dry_run {
        let told = dry_run(client, &json!({"version": version}))?;
        warn(&told);
        let text = lines(&told);
        if args.dry_run {
            return print(&text);
        }
        say(text.trim_end());
        if !agreed("publish this?")? {
            say("nothing was published");
            return Ok(ExitCode::from(FAILED));
        }
    }
    let tag = format!("\"{}\"", present["version"]);
    let answer = client.json_if(Method::POST, "/api/playbook/rollback", &tag, &json!({"version": version}))?;
    let done = answer.value()?;
    if args.yes {
        warn(&done);
    }
    print(&published(version, &done))
}

/// Prints what a person should know of the files, such as e-mails that cannot be made any more.
fn warn(told: &Value) {
    warnings(told, |file| PathBuf::from(file)).into_iter().for_each(say);
}

fn published(version: i64, done: &Value) -> String {
    let in_force = &done["in_force"];
    if done["changed"] == true {
        let difference = done["difference"]["text"].as_str().unwrap_or_default();
        format!("{difference}version {in_force} is in force, with the files of version {version}\n")
    } else {
        format!("nothing changed: version {in_force} is in force and has the files of version {version}\n")
    }
}

/// The latest versions, the newest first, with times in the zone of the playbook in force.
fn list(client: &mut Client) -> Result<String, String> {
    let present = client.get("/api/playbook")?.value()?;
    let times = LocalTimes::of(&present);
    let versions = client.get("/api/playbook/versions")?.value()?;
    let mut text = format!("times in {}\n", times.zone());
    for version in versions["items"].as_array().into_iter().flatten() {
        let at = times.shown(version["at"].as_str().unwrap_or_default());
        let said = |key: &str| version[key].as_str().map(|text| line(text).into_owned());
        let author = said("author_name").or_else(|| said("author")).unwrap_or_default();
        let note = said("note").unwrap_or_default();
        let row = format!("{:>4}  {at}  {author}  {note}", version["version"]);
        let mark = if version["version"] == present["version"] { "  (in force)" } else { "" };
        let _ = writeln!(text, "{}{mark}", row.trim_end());
    }
    Ok(text)
}

fn print(text: &str) -> Result<ExitCode, String> {
    show(text).map(|()| ExitCode::SUCCESS)
}
