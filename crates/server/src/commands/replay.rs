//! `attractor replay`: a playbook over a file of events, without database or network (contract §4).

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_replay::{MEMORY, ReplayRequest, ReplaySummary, replay};

use super::{REJECTED, check, fail, is_closed_pipe, say, unread};
use crate::clock;

#[derive(clap::Args)]
pub struct ReplayArgs {
    /// The playbook: its folder, or its file
    #[arg(long, env = "ATTRACTOR_REPLAY_PLAYBOOK")]
    pub playbook: PathBuf,
    /// The events: messages, one JSON object a line; `-` reads standard input
    #[arg(long, env = "ATTRACTOR_REPLAY_EVENTS")]
    pub events: PathBuf,
    /// How everything stood at this instant; later messages are not read [default: the latest message]
    #[arg(long, env = "ATTRACTOR_REPLAY_AT", value_parser = instant)]
    pub at: Option<Instant>,
    /// Print each lead's moves before its line
    #[arg(long, env = "ATTRACTOR_REPLAY_LOG", value_parser = clap::builder::FalseyValueParser::new())]
    pub log: bool,
}

/// Reads an instant of the command line.
pub fn instant(text: &str) -> Result<Instant, String> {
    Instant::parse(text).ok_or_else(|| "not an instant; write it like 2026-03-09 or 2026-03-09T14:30:00Z".into())
}

/// Opens a file of events; `-` is standard input.
pub fn open(path: &Path) -> Result<Box<dyn Read + Send>, String> {
    if path == Path::new("-") {
        return Ok(Box::new(io::stdin()));
    }
    let file = File::open(path).map_err(|error| format!("{}: {}", path.display(), unread(&error)))?;
    Ok(Box::new(file))
}

pub fn run(args: &ReplayArgs) -> ExitCode {
    match replay_to(args, &mut BufWriter::with_capacity(1 << 20, io::stdout().lock())) {
        Ok(ReplaySummary { rejected: 0, .. }) => ExitCode::SUCCESS,
        Ok(ReplaySummary { messages, rejected }) => {
            say(format_args!("{rejected} of {} messages rejected", messages + rejected));
            ExitCode::from(REJECTED)
        }
        Err(why) => fail(why),
    }
}

/// Reads and compiles a playbook.
pub fn program(path: &Path) -> Result<Program, String> {
    let playbook =
        check::load(path).map_err(|problems| format!("the playbook cannot be used:\n{}", problems.join("\n")))?;
    Program::new(playbook, &clock::zones()).map_err(|why| format!("{}: {why}", path.display()))
}

fn replay_to(args: &ReplayArgs, output: &mut impl Write) -> Result<ReplaySummary, String> {
    let program = program(&args.playbook)?;
    let file = args.events.display();
    let begun = begun(open(&args.events)?).map_err(|error| format!("{file}: {error}"))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let request = ReplayRequest { program: &program, at: args.at, log: args.log, memory: MEMORY, threads };
    let replayed = replay(&request, begun.events, output, |line, why| say(format_args!("{file}:{line}: {why}")));
    if !begun.is_json && matches!(replayed, Ok(ReplaySummary { messages: 0, .. })) {
        say(format_args!(
            "{file}: the first line is not JSON; `attractor import` reads lists, such as CSV and Excel files"
        ));
    }
    match replayed {
        Err(error) if is_closed_pipe(&error) => Ok(ReplaySummary::default()),
        outcome => outcome.map_err(|error| format!("{file}: {error}")),
    }
}

/// Events of which the beginning was looked at.
struct Begun<R> {
    /// All of them.
    events: R,
    /// Whether they begin as a message does. Nothing at all begins so too.
    is_json: bool,
}

fn begun(mut events: impl Read + Send) -> io::Result<Begun<impl Read + Send>> {
    let mut first = vec![0; 256];
    let length = events.read(&mut first)?;
    first.truncate(length);
    let text = first.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&first);
    let is_json = text.trim_ascii_start().first().is_none_or(|byte| *byte == b'{');
    Ok(Begun { events: io::Cursor::new(first).chain(events), is_json })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_looked_at_and_stay_whole() {
        let long = format!("{{\"a\": \"{}\"}}\n", "x".repeat(1_000));
        for (text, is_json) in [
            ("", true),
            ("\n  {}", true),
            ("\u{feff}{}", true),
            (long.as_str(), true),
            ("email,name\nada@acme.com,Ada\n", false),
            ("[{}]", false),
            ("PK\u{3}\u{4}", false),
        ] {
            let mut begun = begun(text.as_bytes()).unwrap();
            let mut whole = String::new();
            begun.events.read_to_string(&mut whole).unwrap();
            assert_eq!((whole.as_str(), begun.is_json), (text, is_json));
        }
    }
}
