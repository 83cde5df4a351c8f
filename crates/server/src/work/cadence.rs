//! The worker that asks once a day whether leads are written to too often or too seldom.

use std::sync::Arc;
use std::time::Duration;

use attractor_app::lane::Stop;
use attractor_app::machine::Time;
use attractor_app::sending::pace::Adapting;

use super::worker::{Next, Worker};

/// After an error that may pass.
const PAUSE: Duration = Duration::from_secs(60);
/// The wall clock may be set while it sleeps.
const LONGEST_SLEEP: Duration = Duration::from_secs(3_600);

pub struct CadenceWorker {
    adapting: Adapting,
    clock: Arc<dyn Time>,
}

impl CadenceWorker {
    pub fn new(adapting: Adapting, clock: Arc<dyn Time>) -> CadenceWorker {
        CadenceWorker { adapting, clock }
    }
}

impl Worker for CadenceWorker {
    fn piece(&mut self) -> Result<Next, String> {
        Ok(match self.adapting.step() {
            Ok(next) => Next::Within(self.clock.until(next).min(LONGEST_SLEEP)),
            Err(Stop::Stopped) => Next::Done,
            Err(Stop::Later(why)) => {
                tracing::error!(why, "the cadence cannot adapt at present; it is tried again");
                Next::After(PAUSE)
            }
        })
    }
}
