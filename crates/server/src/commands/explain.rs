//! `attractor explain`: one lead's ledger and moves, for people (contract §1).

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attractor_app::leads::explained::ExplainedEvents;
use attractor_engine::condition::Names;
use attractor_engine::explain::{Explanation, Happened, describe, explain};
use attractor_engine::message::{Message, Wanted};
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_replay::{MEMORY, OneLead, ReplayRequest, one_lead};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::client::Client;
use super::replay::{instant, program};
use super::serve::DataArgs;
use super::{fail, say, show, unread};

#[derive(clap::Args)]
pub struct ExplainArgs {
    /// With --events: the playbook, its folder or its file [default: the store and its playbook in force]
    #[arg(long, env = "ATTRACTOR_EXPLAIN_PLAYBOOK", requires = "events")]
    pub playbook: Option<PathBuf>,
    /// With --playbook: the events, one JSON object a line; `-` reads standard input
    #[arg(long, env = "ATTRACTOR_EXPLAIN_EVENTS", requires = "playbook")]
    pub events: Option<PathBuf>,
    /// The lead: its name as `replay` prints it, or any of its ids and e-mails; `user:414`, `email:…` and `visitor:…`
    /// mean one kind of them alone
    #[arg(value_name = "NAME", required_unless_present = "lead")]
    pub name: Option<String>,
    /// The same as NAME
    #[arg(long, value_name = "NAME", env = "ATTRACTOR_EXPLAIN_LEAD")]
    pub lead: Option<String>,
    /// How it stood at this instant, by the rules in force now; later messages are not read [default: now; with --events, the latest message]
    #[arg(long, env = "ATTRACTOR_EXPLAIN_AT", value_parser = instant)]
    pub at: Option<Instant>,
    /// Print JSON instead of text
    #[arg(long, env = "ATTRACTOR_EXPLAIN_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    pub json: bool,
    #[command(flatten)]
    pub data: DataArgs,
}

impl ExplainArgs {
    /// The name of the lead. A bare name overrides the environment, as a flag does.
    fn lead(&self) -> &str {
        self.name.as_deref().or(self.lead.as_deref()).unwrap_or_default()
    }
}

pub fn run(args: &ExplainArgs) -> ExitCode {
    let text = match (&args.playbook, &args.events) {
        (Some(playbook), Some(events)) => of_files(args, playbook, events),
        _ => of_store(args),
    };
    text.and_then(|text| show(&text)).map_or_else(fail, |()| ExitCode::SUCCESS)
}

fn of_files(args: &ExplainArgs, playbook: &Path, events: &Path) -> Result<String, String> {
    let explanation = explained(args, playbook, events)?;
    if !args.json {
        return Ok(explanation.to_string());
    }
    let json = serde_json::to_string_pretty(&ExplainedEvents::from(&explanation));
    json.map(|json| json + "\n").map_err(|error| error.to_string())
}

/// Of the store in the data folder, or of the server that holds it.
fn of_store(args: &ExplainArgs) -> Result<String, String> {
    let mut client = Client::of_store(&args.data)?;
    let lead = utf8_percent_encode(args.lead(), NON_ALPHANUMERIC);
    let part = if args.json { "" } else { "/explanation" };
    let at = args.at.map(|at| format!("?at={at}")).unwrap_or_default();
    let answer = client.get(&format!("/api/leads/{lead}{part}{at}"))?;
    let text = if args.json {
        answer.value().map(|lead| format!("{lead:#}\n"))
    } else {
        let mut text = Vec::new();
        answer.copy_to(&mut text).map(|()| String::from_utf8_lossy(&text).into_owned())
    };
    client.close().and(text)
}

fn explained(args: &ExplainArgs, playbook: &Path, events: &Path) -> Result<Explanation, String> {
    let program = program(playbook)?;
    // The events are read twice: to find the lead's lines, and to say what stands in them.
    let file = if events == Path::new("-") { kept(io::stdin().lock())? } else { opened(events)? };
    let found = find(args, &program, events, again(&file)?)?;
    let wanted = found.events.iter().map(|(_, line, _)| *line);
    let words = words(again(&file)?, wanted.collect(), &Names::of(program.playbook()))?;
    let happened: Vec<Happened> = found
        .events
        .iter()
        .map(|(id, line, event)| Happened { id, event, what: words.get(line).map_or("", String::as_str) })
        .collect();
    Ok(explain(&program, &found.name, &happened, found.end))
}

/// A file that can be read twice.
fn opened(path: &Path) -> Result<File, String> {
    let file = File::open(path).map_err(|error| format!("{}: {}", path.display(), unread(&error)))?;
    if file.metadata().is_ok_and(|about| about.is_file()) { Ok(file) } else { kept(file) }
}

/// The file from its start.
fn again(file: &File) -> Result<File, String> {
    let mut again = file.try_clone().map_err(|error| error.to_string())?;
    again.rewind().map_err(|error| error.to_string())?;
    Ok(again)
}

/// Without a name: whatever ends the program ends the file.
fn kept(mut source: impl Read) -> Result<File, String> {
    let mut file = tempfile::tempfile().map_err(|error| format!("a temporary file: {error}"))?;
    io::copy(&mut source, &mut file).map_err(|error| format!("the events: {error}"))?;
    Ok(file)
}

fn find(args: &ExplainArgs, program: &Program, path: &Path, events: File) -> Result<OneLead, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let request = ReplayRequest { program, at: args.at, log: false, memory: MEMORY, threads };
    let file = path.display();
    let complain = |line: u64, why: &str| say(format_args!("{file}:{line}: {why}"));
    let found = one_lead(&request, events, args.lead(), complain).map_err(|error| format!("{file}: {error}"))?;
    found.ok_or_else(|| {
        let until = args.at.map(|at| format!(" up to {at}")).unwrap_or_default();
        format!("{file}: no message{until} names `{}`; `attractor replay` prints the names of all leads", args.lead())
    })
}

/// What stands in some lines, in words.
fn words(events: File, mut wanted: Vec<u64>, names: &Names) -> Result<HashMap<u64, String>, String> {
    let cannot = |error: io::Error| format!("the events: {error}");
    wanted.sort_unstable();
    let (mut words, mut wanted) = (HashMap::new(), wanted.into_iter().peekable());
    let mut reader = BufReader::new(events);
    let (mut line, mut bytes) = (0, Vec::new());
    while let Some(next) = wanted.peek().copied() {
        bytes.clear();
        if reader.read_until(b'\n', &mut bytes).map_err(cannot)? == 0 {
            break;
        }
        line += 1;
        if line == next {
            let text = String::from_utf8_lossy(&bytes);
            let message = Message::parse(text.trim_start_matches('\u{feff}'), &Wanted::Everything);
            words.insert(line, message.map(|message| describe(&message, names)).unwrap_or_default());
            wanted.next();
        }
    }
    Ok(words)
}
