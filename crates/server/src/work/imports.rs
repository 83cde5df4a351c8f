//! The thread that imports: one import after the other, each in groups between which the lane does everything else.

use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use attractor_app::bell::Bell;
use attractor_app::imports::{Runner, Stop};

/// How often old rows are looked for where nothing else is to do.
const DAY: Duration = Duration::from_secs(24 * 3_600);

pub struct Thread {
    bell: Arc<Bell>,
    handle: JoinHandle<()>,
}

impl Thread {
    /// Goes on with whatever was under way when the program ended, then with what comes.
    pub fn start(runner: Runner) -> std::io::Result<Thread> {
        let bell = runner.bell.clone();
        // Before anything new comes in: what is half there is of an earlier run.
        if let Err(why) = runner.tidy() {
            tracing::warn!(?why, "what earlier imports left behind was not removed");
        }
        runner.forget_rejected();
        let handle = thread::Builder::new().name("imports".into()).spawn(move || work(&runner))?;
        Ok(Thread { bell, handle })
    }

    /// Ends between two groups; the rest goes on at the next start.
    pub fn end(self) {
        self.bell.stop();
        if self.handle.join().is_err() {
            tracing::error!("the importing thread has failed; please report what it said");
        }
    }
}

fn work(runner: &Runner) {
    let mut said = String::new();
    while !runner.bell.is_stopping() {
        match runner.step() {
            Ok(true) => said.clear(),
            Ok(false) => {
                runner.forget_rejected();
                runner.bell.wait_at_most(DAY);
            }
            Err(Stop::Stopped) => return,
            Err(Stop::Later(why)) => {
                // Once for each cause: it may last for hours.
                if why != said {
                    tracing::error!(why, "an import cannot go on at present; it is tried again");
                    said = why;
                }
                runner.rest();
            }
        }
    }
}
