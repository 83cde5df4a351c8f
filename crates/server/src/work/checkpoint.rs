//! The thread that brings SQLite's log back into its file, soon after something was written, so that no commit waits for it.

use std::process;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use attractor_store::{Checkpointer, Error, Kind};

use attractor_app::bell::Bell;
use attractor_app::lane::LaneHandle;

/// How long what was written stays in the log: several groups write the same pages. Not longer: what is synced at once
/// stands in the disk's queue before the next commit.
const PAUSE: Duration = Duration::from_millis(10);
/// At so many pages, 192 MiB, the log is to begin anew: the writer waits for that.
const LONG: u64 = 49_152;
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
                match rounds.next() {
                    Ok(()) => {}
                    Err(error) if error.kind == Kind::Unsynced => end(&error),
                    // The writer does it, later, where this cannot.
                    Err(error) => tracing::warn!(%error, "the store's log could not be brought into its file"),
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
