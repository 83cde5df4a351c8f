//! `replay` over a file of any size, on all cores. Three passes, none of which holds the file: lines are distilled to
//! what the playbook asks of them (`read`), the records are divided over ranges of lead names once it is settled who is
//! who (`divide`), and each range is sorted by lead and time and stepped (`walk`). What does not fit into memory waits
//! in temporary files; memory grows with the leads alone.

mod blocks;
mod divide;
mod keys;
mod one;
mod read;
mod record;
mod spool;
mod walk;

use std::io::{self, Read, Write};

use attractor_engine::program::Program;
use attractor_engine::time::Instant;

pub use one::{OneLead, one_lead};

/// How many bytes of records may stay in memory before they go to temporary files.
pub const MEMORY: usize = 768 << 20;

/// How a replay is to run.
pub struct ReplayRequest<'a> {
    pub program: &'a Program,
    pub at: Option<Instant>,
    pub log: bool,
    /// Bytes of records to keep in memory.
    pub memory: usize,
    pub threads: usize,
}

/// The numbers of a replay.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ReplaySummary {
    pub messages: u64,
    pub rejected: u64,
}

/// Replays `events` to `output`, leads in the order of their names. `complain` gets the lines that are not
/// valid messages, in the order of the file, and then the conflicts.
pub fn replay(
    request: &ReplayRequest,
    events: impl Read + Send,
    output: &mut impl Write,
    mut complain: impl FnMut(u64, &str),
) -> io::Result<ReplaySummary> {
    let read = read::read(request, events, &mut complain)?;
    let summary = ReplaySummary { messages: read.messages, rejected: read.rejected };
    let end = request.at.or(read.last).unwrap_or_default();
    let leads = read.facts.settle(read.keys.len(), |key| read.keys.find(key));
    for conflict in &leads.conflicts {
        let name = |key| read.keys.name(key).1;
        let text =
            attractor_engine::replay::conflict_text(name(conflict.email), name(conflict.user), name(conflict.owner));
        complain(conflict.received, &text);
    }
    let parts = divide::divide(request, read.records, &read.keys, &leads)?;
    walk::walk(request, parts, &read.keys, end, output)?;
    Ok(summary)
}
