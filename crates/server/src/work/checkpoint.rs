//! The thread that brings SQLite's log back into its file, soon after something was written, so that no commit waits for it.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use attractor_store::{Checkpointer, Error};

use super::bell::Bell;
use super::lane::LaneHandle;

/// How long what was written stays in the log: several groups write the same pages.
const PAUSE: Duration = Duration::from_millis(200);
/// At so many pages, 64 MiB, the log is to begin anew.
const LONG: u64 = 16_384;
/// What is written during one round is for the next: each leaves less.
const LAST_ROUNDS: usize = 2;

pub struct Thread {
    bell: Arc<Bell>,
    handle: JoinHandle<()>,
}

impl Thread {
    /// Works whenever the bell has rung.
    pub fn start(checkpointer: Checkpointer, bell: Arc<Bell>, lane: LaneHandle) -> std::io::Result<Thread> {
        let mut rounds = Rounds { checkpointer, lane, due: LONG };
        let rung = bell.clone();
        let work = move || {
            while !rung.is_stopping() {
                rung.wait();
                rung.rest(PAUSE);
                // The writer does it, later, where this cannot.
                if let Err(error) = rounds.next() {
                    tracing::warn!(%error, "the store's log could not be brought into its file");
                }
            }
        };
        Ok(Thread { bell, handle: thread::Builder::new().name("checkpoint".into()).spawn(work)? })
    }

    pub fn end(self) {
        self.bell.stop();
        if self.handle.join().is_err() {
            tracing::error!("the thread of the store's log has failed; please report what it said");
        }
    }
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
