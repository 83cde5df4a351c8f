//! `attractor explain`: one lead's ledger and moves, for people (contract §1).

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attractor_engine::explain::{Explanation, Happened, describe, explain};
use attractor_engine::message::{Message, Wanted};
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_replay::{MEMORY, OneLead, Request, one_lead};

use super::replay::{instant, program};
use super::{fail, say, show};

#[derive(clap::Args)]
pub struct ExplainArgs {
    /// The playbook: its folder, or its file
    #[arg(long, env = "ATTRACTOR_EXPLAIN_PLAYBOOK")]
    pub playbook: PathBuf,
    /// The events: messages, one JSON object a line; `-` reads standard input
    #[arg(long, env = "ATTRACTOR_EXPLAIN_EVENTS")]
    pub events: PathBuf,
    /// Whom to explain: the lead's name as `replay` prints it, or any of its ids and e-mails; `user:414`, `email:…` and
    /// `visitor:…` mean one kind of them alone
    #[arg(long, value_name = "NAME", env = "ATTRACTOR_EXPLAIN_LEAD")]
    pub lead: String,
    /// How it stood at this instant; later messages are not read [default: the latest message]
    #[arg(long, env = "ATTRACTOR_EXPLAIN_AT", value_parser = instant)]
    pub at: Option<Instant>,
    /// Print JSON instead of text
    #[arg(long, env = "ATTRACTOR_EXPLAIN_JSON", value_parser = clap::builder::FalseyValueParser::new())]
    pub json: bool,
}

pub fn run(args: &ExplainArgs) -> ExitCode {
    let text = match explained(args) {
        Ok(explanation) if args.json => format!("{:#}\n", explanation.json()),
        Ok(explanation) => explanation.to_string(),
        Err(why) => return fail(why),
    };
    show(&text).map_or_else(fail, |()| ExitCode::SUCCESS)
}

fn explained(args: &ExplainArgs) -> Result<Explanation, String> {
    let program = program(&args.playbook)?;
    // The events are read twice: to find the lead's lines, and to say what stands in them.
    let file = if args.events == Path::new("-") { kept(io::stdin().lock())? } else { opened(&args.events)? };
    let found = find(args, &program, again(&file)?)?;
    let wanted = found.events.iter().map(|(_, line, _)| *line);
    let words = words(again(&file)?, wanted.collect())?;
    let happened: Vec<Happened> = found
        .events
        .iter()
        .map(|(id, line, event)| Happened { id, event, what: words.get(line).map_or("", String::as_str) })
        .collect();
    Ok(explain(&program, &found.name, &happened, found.end))
}

/// A file that can be read twice.
fn opened(path: &Path) -> Result<File, String> {
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
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

fn find(args: &ExplainArgs, program: &Program, events: File) -> Result<OneLead, String> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let request = Request { program, at: args.at, log: false, memory: MEMORY, threads };
    let file = args.events.display();
    let complain = |line: u64, why: &str| say(format_args!("{file}:{line}: {why}"));
    let found = one_lead(&request, events, &args.lead, complain).map_err(|error| format!("{file}: {error}"))?;
    found.ok_or_else(|| {
        let until = args.at.map(|at| format!(" up to {at}")).unwrap_or_default();
        format!("{file}: no message{until} names `{}`; `attractor replay` prints the names of all leads", args.lead)
    })
}

/// What stands in some lines, in words.
fn words(events: File, mut wanted: Vec<u64>) -> Result<HashMap<u64, String>, String> {
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
            words.insert(line, message.map(|message| describe(&message)).unwrap_or_default());
            wanted.next();
        }
    }
    Ok(words)
}
