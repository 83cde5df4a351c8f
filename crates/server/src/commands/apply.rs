//! `attractor apply`: a playbook from a folder becomes the version in force.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attractor_app::VersionNumber;
use attractor_app::playbook::PLAYBOOK;
use attractor_app::playbook::publish::may_follow;
use attractor_app::versions::PROGRAM;
use attractor_engine::printable;
use axum::http::{Method, StatusCode};
use clap::builder::FalseyValueParser;
use serde_json::{Value, json};

use super::client::{Client, sentence};
use super::dry_run::{dry_run, lines};
use super::serve::DataArgs;
use super::{FAILED, check, fail, folder, say, show};

#[derive(clap::Args)]
pub struct ApplyArgs {
    /// The playbook: its folder, or its file
    #[arg(required_unless_present_any = ["promote", "withdraw"])]
    pub path: Option<PathBuf>,
    #[command(flatten)]
    pub data: DataArgs,
    /// Publish nothing; print what would change, in rules and in people
    #[arg(long, env = "ATTRACTOR_APPLY_DRY_RUN", value_parser = FalseyValueParser::new())]
    pub dry_run: bool,
    /// Publish without asking; required where there is no terminal to ask at
    #[arg(long, env = "ATTRACTOR_APPLY_YES", value_parser = FalseyValueParser::new())]
    pub yes: bool,
    /// Publish whatever version the folder was made from, and end a pilot that runs
    #[arg(long, env = "ATTRACTOR_APPLY_FORCE", value_parser = FalseyValueParser::new())]
    pub force: bool,
    /// Enroll the leads that meet a sequence's condition because of this version
    #[arg(long, alias = "enrol", env = "ATTRACTOR_APPLY_ENROLL", value_parser = FalseyValueParser::new(), conflicts_with = "pilot")]
    pub enroll: bool,
    /// What changed and why, kept with the version for those who come later
    #[arg(long, value_name = "TEXT", env = "ATTRACTOR_APPLY_NOTE")]
    pub note: Option<String>,
    /// For this share of the leads alone, until it is promoted or withdrawn
    #[arg(long, value_name = "PERCENT", env = "ATTRACTOR_APPLY_PILOT", value_parser = percent)]
    pub pilot: Option<f64>,
    /// End the pilot: its version takes effect for all leads
    #[arg(long, env = "ATTRACTOR_APPLY_PROMOTE", value_parser = FalseyValueParser::new(),
          conflicts_with_all = ["path", "pilot", "dry_run", "force", "note", "withdraw"])]
    pub promote: bool,
    /// End the pilot: its leads live under the version in force again
    #[arg(long, env = "ATTRACTOR_APPLY_WITHDRAW", value_parser = FalseyValueParser::new(),
          conflicts_with_all = ["path", "pilot", "dry_run", "force", "note", "enroll"])]
    pub withdraw: bool,
}

fn percent(text: &str) -> Result<f64, String> {
    let percent = text.parse().ok().filter(|percent| (0.0..=100.0).contains(percent));
    percent.ok_or_else(|| "no share in percent; write a number from 0 to 100, like 5".into())
}

/// Why nothing is published where there is neither `--yes` nor a terminal.
pub(super) const NOBODY_TO_ASK: &str = "nothing was published: nobody can be asked, because standard input is not a \
    terminal. --yes publishes without asking; --dry-run shows what would change";

/// A candidate as the API expects it.
struct Candidate<'a> {
    args: &'a ApplyArgs,
    path: &'a Path,
    files: BTreeMap<String, String>,
    /// The lines of what was found in it and is printed already.
    printed: RefCell<BTreeSet<String>>,
}

pub fn run(args: &ApplyArgs) -> ExitCode {
    let Some(path) = &args.path else {
        return end_pilot(args).unwrap_or_else(fail);
    };
    let findings = match check::find(path) {
        Ok(findings) => findings,
        Err(why) => return fail(why),
    };
    findings.iter().for_each(say);
    if findings.iter().any(|finding| finding.problem.is_error()) {
        return fail("the playbook cannot be used; nothing was published");
    }
    let applied = folder::files(path).and_then(|files| {
        // A store is not made to find out that nobody can be asked.
        if args.asks_nobody() && !args.data.has_store()? {
            return Err(NOBODY_TO_ASK.to_owned());
        }
        let passing = args.passing_folder()?;
        let mut client = passing.as_ref().map_or_else(|| Client::open(&args.data), Client::of_new_store)?;
        let printed = RefCell::new(findings.iter().map(ToString::to_string).collect());
        let applied = Candidate { args, path, files, printed }.apply(&mut client);
        client.close().and(applied)
    });
    applied.unwrap_or_else(fail)
}

impl ApplyArgs {
    /// Where a dry run has no store to look at: the folder of one that is gone after it. It leaves nothing behind.
    fn passing_folder(&self) -> Result<Option<tempfile::TempDir>, String> {
        if !self.dry_run || self.data.has_store()? {
            return Ok(None);
        }
        let folder = self.data.data.display();
        say(format_args!(
            "attractor: there is no store in the folder {folder} yet; this is what would change in a new one"
        ));
        let made = tempfile::tempdir().map_err(|error| format!("a temporary folder: {error}"))?;
        Ok(Some(made))
    }
}

fn end_pilot(args: &ApplyArgs) -> Result<ExitCode, String> {
    let mut client = Client::of_store(&args.data)?;
    let (how, body) = if args.promote { ("promote", json!({"enroll": args.enroll})) } else { ("withdraw", json!({})) };
    let answer = client.json(Method::POST, &format!("/api/playbook/pilot/{how}"), &body);
    let ended = answer.and_then(|answer| answer.value());
    client.close().and(ended).and_then(|ended| {
        let version = &ended["version"];
        print(&match args.promote {
            true => format!("version {version} is in force; the pilot has ended\n"),
            false => format!("the pilot of version {version} has ended; its leads live under the version in force\n"),
        })
    })
}

impl Candidate<'_> {
    fn apply(&self, client: &mut Client) -> Result<ExitCode, String> {
        let based_on = self.based_on(client)?;
        let outdated = self.outdated(client, based_on)?;
        // What will be refused is refused for its own reason, whoever could be asked.
        if outdated.is_none() && self.args.asks_nobody() {
            return self.nothing_to_ask(client);
        }
        if let Some(why) = &outdated {
            say(format_args!("attractor: {why}"));
        }
        if self.args.dry_run {
            return print(&self.dry_run(client)?);
        }
        // What will be refused is not asked for.
        if outdated.is_none() && !self.args.yes && !self.agreed(client)? {
            say("nothing was published");
            return Ok(ExitCode::from(FAILED));
        }
        self.publish(client, based_on, outdated.is_some())
    }

    /// Where nobody can be asked: files that are in force already need no question.
    fn nothing_to_ask(&self, client: &mut Client) -> Result<ExitCode, String> {
        let present = client.get("/api/playbook")?.value()?;
        let is_plain = self.args.pilot.is_none() && !self.args.enroll && present["pilot"].is_null();
        if is_plain && show::files(&present) == self.files {
            return print(&format!("nothing changed: version {} is in force\n", show::number(&present)));
        }
        Err(NOBODY_TO_ASK.to_owned())
    }

    /// Why publishing would be refused: the folder was not made from what is in force.
    fn outdated(&self, client: &mut Client, based_on: Option<VersionNumber>) -> Result<Option<String>, String> {
        if self.args.force {
            return Ok(None);
        }
        let present = client.get("/api/playbook")?.value()?;
        let origin = folder::origin(&folder::folder_of(self.path))?;
        let in_force = show::number(&present);
        let author = present["author"].as_str().unwrap_or_default();
        if may_follow(based_on, in_force, author) || show::files(&present) == self.files {
            return Ok(None);
        }
        let why = match (based_on, origin) {
            (Some(version), _) => {
                format!("this folder is based on version {version}, but version {in_force} is in force")
            }
            (None, Some(origin)) => {
                format!("this folder was made from version {} of another installation", origin.number)
            }
            (None, None) => {
                "this playbook was not made from the one in force (its folder has no .attractor-version, which `attractor \
                 show --to` writes)"
                    .to_owned()
            }
        };
        Ok(Some(format!("{why}; --force publishes it all the same")))
    }

    /// The version of this installation that the folder was made from.
    fn based_on(&self, client: &mut Client) -> Result<Option<VersionNumber>, String> {
        let Some(origin) = folder::origin(&folder::folder_of(self.path))? else { return Ok(None) };
        let files = show::of_version(client, origin.number)?;
        Ok(origin.is_of(files.as_ref()).then_some(origin.number))
    }

    /// Publishes the folder, which was made from the version `based_on`. `is_said` is whether it was said already that this
    /// will be refused.
    fn publish(&self, client: &mut Client, based_on: Option<VersionNumber>, is_said: bool) -> Result<ExitCode, String> {
        let folder = folder::folder_of(self.path);
        let is_first = based_on.is_none() && self.replaces_the_starter(client)?;
        let mut body = self.args.asks(json!({"files": self.files}));
        body["force"] = self.args.force.into();
        body["note"] = self.args.note.as_deref().unwrap_or_default().into();
        let answer = match based_on {
            Some(version) => client.json_if(Method::PUT, "/api/playbook", &format!("\"{version}\""), &body)?,
            None => client.json(Method::PUT, "/api/playbook", &body)?,
        };
        let (status, value) = answer.parts()?;
        if status == StatusCode::PRECONDITION_FAILED {
            let difference = value["difference"]["text"].as_str().unwrap_or_default();
            print(&format!("what it would change of version {}:\n{difference}", value["in_force"]))?;
            let why = if is_said { String::new() } else { format!("{}; ", sentence(status, &value)) };
            return Err(format!(
                "{why}nothing was published. `attractor show --to DIR` writes what is in force into another folder"
            ));
        }
        if !status.is_success() {
            return Err(refused(&sentence(status, &value), value["text"].as_str()));
        }
        self.print_warnings(&value)?;
        let present = client.get("/api/playbook")?.value()?;
        let noted = folder::note_origin(&folder, show::number(&present), &show::files(&present));
        if let Err(why) = noted {
            say(format_args!(
                "warning: the version is published, but the folder could not note its number ({why}); make the folder writable, \
                 or write a new one with `attractor show --to DIR` before the next change"
            ));
        }
        print(&self.said(&value, is_first))
    }

    /// Whether it is the first playbook of an installation, so that nobody needs to read what it does not have any more.
    fn replaces_the_starter(&self, client: &mut Client) -> Result<bool, String> {
        let present = client.get("/api/playbook")?.value()?;
        Ok(present["author"] == PROGRAM)
    }

    fn said(&self, done: &Value, is_first: bool) -> String {
        let first = is_first.then(|| summary(self.files.get(PLAYBOOK)?)).flatten();
        let text = first.as_deref().or(done["difference"]["text"].as_str()).unwrap_or_default();
        let version = &done["version"];
        let is_pilot = done["in_force"] != done["version"];
        match (done["changed"] == true, is_pilot) {
            (false, false) => format!("nothing changed: version {version} is in force\n"),
            (false, true) => format!("nothing changed: version {version} is the pilot\n"),
            (true, false) => format!("{text}version {version} is in force\n"),
            (true, true) => {
                format!(
                    "{text}version {version} is a pilot for {} % of the leads\n",
                    self.args.pilot.unwrap_or_default()
                )
            }
        }
    }

    /// What the candidate would change, as text; waits until all leads were looked at.
    fn dry_run(&self, client: &mut Client) -> Result<String, String> {
        let told = dry_run(client, &self.args.asks(json!({"files": self.files})))?;
        self.print_warnings(&told)?;
        let mut text = lines(&told);
        if !self.args.enroll && self.args.pilot.is_none() && told["people"]["same_rules"] != true {
            text.push_str(
                "nobody is enrolled by this version without --enroll; `--dry-run --enroll` shows who would be\n",
            );
        }
        Ok(text)
    }

    /// Prints what only the server can know: names that it has never received, webhooks that would point nowhere.
    fn print_warnings(&self, told: &Value) -> Result<(), String> {
        let (own, folder) = (check::file_of(self.path)?, folder::folder_of(self.path));
        let file = |name: &str| if name == PLAYBOOK { own.clone() } else { folder.join(name) };
        for line in warnings(told, file) {
            if self.printed.borrow_mut().insert(line.clone()) {
                say(line);
            }
        }
        Ok(())
    }

    /// Whether the person at the terminal wants it.
    fn agreed(&self, client: &mut Client) -> Result<bool, String> {
        say(self.dry_run(client)?.trim_end());
        agreed("publish this?")
    }
}

/// What a playbook consists of, in one line.
fn summary(text: &str) -> Option<String> {
    let playbook = attractor_engine::playbook::read(text).playbook?;
    let rules = playbook.scores.iter().map(|score| score.rules.len()).sum();
    let parts = [
        (playbook.scores.len(), "score"),
        (rules, "rule"),
        (playbook.ladders.len(), "ladder"),
        (playbook.topics.len(), "topic"),
        (playbook.segments.len(), "segment"),
        (playbook.emails.len(), "e-mail"),
        (playbook.sequences.len(), "sequence"),
    ];
    let counted = |(count, noun): &(usize, &str)| format!("{count} {noun}{}", if *count == 1 { "" } else { "s" });
    let parts: Vec<String> = parts.iter().filter(|(count, _)| *count > 0).map(counted).collect();
    let name = printable::line(&playbook.name);
    Some(format!("the playbook “{name}” replaces the whole starter playbook: {}\n", parts.join(", ")))
}

/// The warnings of an answer, a line each; `file` says what a file of the playbook is called here.
pub(super) fn warnings(told: &Value, file: impl Fn(&str) -> PathBuf) -> Vec<String> {
    let line = |found: &Value| {
        let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        let severity = found["severity"].as_str().unwrap_or("warning");
        let (file, line, column) = (file(&text("file")), &found["line"], &found["column"]);
        format!("{}:{line}:{column}: {severity}: {}", file.display(), text("message"))
    };
    told["warnings"].as_array().into_iter().flatten().map(line).collect()
}

/// Asks a question at the terminal about what was printed.
pub(super) fn agreed(question: &str) -> Result<bool, String> {
    let mut terminal = io::stderr().lock();
    let asked = write!(terminal, "{question} [y/N] ").and_then(|()| terminal.flush());
    asked.map_err(|error| error.to_string())?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(|error| error.to_string())?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}

impl ApplyArgs {
    /// Whether a question would have to be asked and there is nobody to answer it.
    fn asks_nobody(&self) -> bool {
        !(self.dry_run || self.yes || io::stdin().is_terminal())
    }

    fn asks(&self, mut body: Value) -> Value {
        body["enroll"] = self.enroll.into();
        body["pilot"] = self.pilot.into();
        body
    }
}

/// Why a candidate was refused. The reason is the last line too, because the places can fill more than a screen.
fn refused(why: &str, places: Option<&str>) -> String {
    match places.map(str::trim_end).filter(|places| !places.is_empty()) {
        Some(places) => format!("{why}\n{places}\nattractor: nothing was published: {why}"),
        None => why.to_owned(),
    }
}

fn print(text: &str) -> Result<ExitCode, String> {
    show(text).map(|()| ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_playbook_is_summed_up() {
        let text =
            "playbook: mine\nscores: [{id: a, rules: [{id: x, event: A, points: 1}, {id: y, event: B, points: 1}]}]\n";
        let expected = "the playbook “mine” replaces the whole starter playbook: 1 score, 2 rules\n";
        assert_eq!(summary(text).as_deref(), Some(expected));
        assert_eq!(summary("playbook: 5: 6"), None);
    }

    #[test]
    fn a_refusal_ends_with_its_reason_however_many_places_are_named() {
        assert_eq!(refused("2 problems", None), "2 problems");
        let text = refused("2 problems", Some("playbook.yaml:1:1: one\nplaybook.yaml:2:1: two\n"));
        assert_eq!(text.lines().count(), 4);
        assert_eq!(text.lines().last(), Some("attractor: nothing was published: 2 problems"));
    }
}
