//! The thread that takes mails from the folder of the settings.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::bell::Bell;
use attractor_app::lane::Stop;
use attractor_app::sending::incoming::folder;

use super::worker::{Next, Thread, Worker};

/// How often it looks for files.
const PAUSE: Duration = Duration::from_secs(1);
/// After an error that may pass.
const REST: Duration = Duration::from_secs(10);

/// Begins to take mails; `None` where the settings name no folder. The error says what is wrong with it.
pub fn start(app: &Arc<App>) -> Result<Option<Thread>, String> {
    let Some(place) = folder::place(app) else { return Ok(None) };
    folder::prepare(&place)?;
    tracing::info!(folder = %place.display(), "mails in this folder are taken");
    let worker = FolderWorker { app: app.clone(), place, logged: String::new() };
    let thread = Thread::start("folder", Arc::new(Bell::default()), worker);
    thread.map(Some).map_err(|error| error.to_string())
}

struct FolderWorker {
    app: Arc<App>,
    place: PathBuf,
    /// The last error: it is logged once for each cause, because it may last for hours.
    logged: String,
}

impl Worker for FolderWorker {
    fn piece(&mut self) -> Result<Next, String> {
        Ok(match folder::take(&self.app, &self.place) {
            Ok(_) => {
                self.logged.clear();
                Next::Within(PAUSE)
            }
            Err(Stop::Stopped) => Next::Done,
            Err(Stop::Later(why)) => {
                if why != self.logged {
                    tracing::error!(why, "mails in `inbound_folder` cannot be taken at present; it is tried again");
                    self.logged = why;
                }
                Next::Within(REST)
            }
        })
    }
}
