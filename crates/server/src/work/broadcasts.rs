//! The worker that makes the copies of broadcasts, and takes them back; it sleeps until somebody starts, undoes or cancels one.

use std::time::Duration;

use attractor_app::lane::Stop;
use attractor_app::sending::broadcasts::freezing::{Freezing, Progress};

use super::worker::{Next, Worker};

/// After an error that may pass, and while a mail server has copies that are to be taken back.
const PAUSE: Duration = Duration::from_secs(1);

pub struct BroadcastWorker {
    freezing: Freezing,
    /// The last error: it is logged once for each cause, because it may last for hours.
    logged: String,
}

impl BroadcastWorker {
    pub fn new(freezing: Freezing) -> BroadcastWorker {
        BroadcastWorker { freezing, logged: String::new() }
    }
}

impl Worker for BroadcastWorker {
    fn piece(&mut self) -> Result<Next, String> {
        Ok(match self.freezing.step() {
            Ok(progress) => {
                self.logged.clear();
                match progress {
                    Progress::More => Next::Now,
                    Progress::UnderWay => Next::Within(PAUSE),
                    Progress::Nothing => Next::WhenRung,
                }
            }
            Err(Stop::Stopped) => Next::Done,
            Err(Stop::Later(why)) => {
                if why != self.logged {
                    tracing::error!(why, "a broadcast cannot go on at present; it is tried again");
                    self.logged = why;
                }
                Next::After(PAUSE)
            }
        })
    }
}
