//! The worker of calls: it wakes when one is due and nobody has taken it, and when a working day begins.

use std::sync::Arc;
use std::time::Duration;

use attractor_app::bell::Bell;
use attractor_app::calls::watch::Calling;
use attractor_app::lane::Stop;
use attractor_app::machine::Time;

use super::worker::{Next, Worker};

/// After an error that may pass.
const PAUSE: Duration = Duration::from_secs(60);
/// The wall clock may be set while it sleeps.
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);

pub struct CallWorker {
    calling: Calling,
    clock: Arc<dyn Time>,
    bell: Arc<Bell>,
}

impl CallWorker {
    pub fn new(calling: Calling, clock: Arc<dyn Time>, bell: Arc<Bell>) -> CallWorker {
        CallWorker { calling, clock, bell }
    }
}

impl Worker for CallWorker {
    fn piece(&mut self) -> Result<Next, String> {
        if self.bell.is_stopping() {
            return Ok(Next::Done);
        }
        Ok(match self.calling.step() {
            Ok(Some(next)) => Next::Within(self.clock.until(next).min(LONGEST_SLEEP)),
            Ok(None) => Next::Within(LONGEST_SLEEP),
            Err(Stop::Stopped) => Next::Done,
            Err(Stop::Later(why)) => {
                tracing::error!(why, "calls cannot be looked after at present; it is tried again");
                Next::After(PAUSE)
            }
        })
    }
}
