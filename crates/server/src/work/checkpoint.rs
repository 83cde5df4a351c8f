//! The thread that brings SQLite's log back into its file, soon after something was written, so that no commit waits for it.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use attractor_store::Checkpointer;

use super::bell::Bell;

/// How long what was written stays in the log: several groups write the same pages.
const PAUSE: Duration = Duration::from_millis(200);

pub struct Thread {
    bell: Arc<Bell>,
    handle: JoinHandle<()>,
}

impl Thread {
    /// Works whenever the bell has rung.
    pub fn start(mut checkpointer: Checkpointer, bell: Arc<Bell>) -> std::io::Result<Thread> {
        let rung = bell.clone();
        let work = move || {
            while !rung.is_stopping() {
                rung.wait();
                rung.rest(PAUSE);
                // The writer does it, later, where this cannot.
                if let Err(error) = checkpointer.run() {
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
