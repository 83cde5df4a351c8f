//! What imports: one import after the other, each in groups between which the lane does everything else.

use std::time::Duration;

use attractor_app::imports::Runner;
use attractor_app::lane::Stop;

use super::worker::{Next, Worker};

/// How often old rows are looked for where nothing else is to do.
const DAY: Duration = Duration::from_secs(24 * 3_600);
/// After an error that may pass.
const PAUSE: Duration = Duration::from_secs(1);

pub struct Importer {
    runner: Runner,
    /// The last error: it is logged once for each cause, because it may last for hours.
    logged: String,
}

impl Importer {
    /// Goes on with whatever was under way when the program ended, then with what comes.
    pub fn new(runner: Runner) -> Importer {
        // Before anything new comes in: what is half there is of an earlier run.
        if let Err(why) = runner.tidy() {
            tracing::warn!(?why, "what earlier imports left behind was not removed");
        }
        runner.forget_rejected();
        Importer { runner, logged: String::new() }
    }
}

impl Worker for Importer {
    fn piece(&mut self) -> Result<Next, String> {
        Ok(match self.runner.step() {
            Ok(true) => {
                self.logged.clear();
                Next::Now
            }
            Ok(false) => {
                self.runner.forget_rejected();
                Next::Within(DAY)
            }
            Err(Stop::Stopped) => Next::Done,
            Err(Stop::Later(why)) => {
                if why != self.logged {
                    tracing::error!(why, "an import cannot go on at present; it is tried again");
                    self.logged = why;
                }
                Next::After(PAUSE)
            }
        })
    }
}
