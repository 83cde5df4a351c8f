//! The judge's worker: sleeps until a request for a link or a pixel has settled, and lets it be judged.

use std::sync::Arc;
use std::time::Duration;

use attractor_app::clicks::judging::Judging;
use attractor_app::lane::Stop;
use attractor_app::machine::Time;

use super::worker::{Next, Worker};

/// The wall clock may be set while it sleeps: it looks this often while something is due.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// After an error that may pass.
const PAUSE: Duration = Duration::from_secs(1);

pub struct JudgeWorker {
    judging: Judging,
    clock: Arc<dyn Time>,
    /// The last error: it is logged once for each cause, because it may last for hours.
    logged: String,
}

impl JudgeWorker {
    pub fn new(judging: Judging) -> JudgeWorker {
        let clock = judging.clock.clone();
        JudgeWorker { judging, clock, logged: String::new() }
    }
}

impl Worker for JudgeWorker {
    fn piece(&mut self) -> Result<Next, String> {
        Ok(match self.judging.step() {
            Ok(next) => {
                self.logged.clear();
                next.map_or(Next::WhenRung, |next| Next::Within(self.clock.until(next).min(LONGEST_SLEEP)))
            }
            Err(Stop::Stopped) => Next::Done,
            Err(Stop::Later(why)) => {
                if why != self.logged {
                    tracing::error!(why, "clicks cannot be judged at present; it is tried again");
                    self.logged = why;
                }
                Next::After(PAUSE)
            }
        })
    }
}
