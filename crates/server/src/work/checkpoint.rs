//! What brings SQLite's log back into its file, soon after something was written, so that no commit waits for it.

use std::process;
use std::time::Duration;

use attractor_app::lane::LaneHandle;
use attractor_store::{Checkpointer, Error, Kind};

use super::worker::{Next, Worker};

/// How long what was written stays in the log: several groups write the same pages. Not longer: what is synced at once
/// stands in the disk's queue before the next commit.
const PAUSE: Duration = Duration::from_millis(10);
/// At so many pages, 192 MiB, the log is to begin anew: the writer waits for that.
const LONG: u64 = 49_152;
/// What is written during one round is for the next: each leaves less.
const LAST_ROUNDS: usize = 2;

pub struct Checkpoints {
    rounds: Rounds,
    /// Whether something was written that is not in the file yet.
    due: bool,
}

impl Checkpoints {
    /// Works soon after each ring.
    pub fn new(checkpointer: Checkpointer, lane: LaneHandle) -> Checkpoints {
        Checkpoints { rounds: Rounds { checkpointer, lane, due: LONG }, due: false }
    }

    fn round(&mut self) {
        match self.rounds.next() {
            Ok(()) => {}
            Err(error) if error.kind == Kind::Unsynced => end(&error),
            // The writer does it, later, where this cannot.
            Err(error) => tracing::warn!(%error, "the store's log could not be brought into its file"),
        }
    }
}

impl Worker for Checkpoints {
    fn piece(&mut self) -> Result<Next, String> {
        self.due = !self.due;
        if self.due {
            return Ok(Next::After(PAUSE));
        }
        self.round();
        Ok(Next::WhenRung)
    }

    fn end(&mut self) {
        self.round();
    }
}

/// At once and without closing the store: whoever closes it last would take the log for brought back, and remove it.
fn end(error: &Error) -> ! {
    tracing::error!(%error, "the server ends; at its next start it brings the whole log back");
    process::exit(2)
}

struct Rounds {
    checkpointer: Checkpointer,
    lane: LaneHandle,
    /// The length at which the lane is asked to end the log.
    due: u64,
}

impl Rounds {
    fn next(&mut self) -> Result<(), Error> {
        let length = self.checkpointer.run()?;
        if length < LONG {
            self.due = LONG;
        }
        if length < self.due {
            return Ok(());
        }
        // Where a reader holds on to it, the log goes on all the same; the lane is not asked again at each step.
        self.due = length + LONG;
        for _ in 0..LAST_ROUNDS {
            self.checkpointer.run()?;
        }
        // A lane that stops needs no more of it.
        self.lane.run_here(|lane| lane.end_log()).unwrap_or(Ok(()))
    }
}
