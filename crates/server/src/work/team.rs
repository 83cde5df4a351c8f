//! The thread that sends mails to the team.

use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::bell::Bell;
use attractor_app::lane::Stop;
use attractor_app::team::notices::note_transport;
use attractor_app::team::postman::Postman;

use super::worker::{Next, Thread, Worker};
use crate::outgoing;

/// How often it looks for letters.
const PAUSE: Duration = Duration::from_secs(1);
/// After an error that may pass.
const REST: Duration = Duration::from_secs(10);

/// The thread of the postman, who may be in a dialogue that takes long.
pub struct TeamThread(Arc<Bell>);

impl TeamThread {
    /// Begins to send. The error is what is wrong in the settings, or that no thread could be started.
    pub fn start(app: &Arc<App>) -> Result<TeamThread, String> {
        let postman = Postman::new(app, outgoing::transport(app)?)?;
        // That a notice cannot be stored must not keep the server from starting.
        if let Err(why) = note_transport(app) {
            tracing::warn!(why, "whether the mail server is another one than before could not be noted");
        }
        let bell = Arc::new(Bell::default());
        let worker = TeamWorker { postman, bell: bell.clone(), has_begun: false, logged: String::new() };
        // It is not joined: a mail server that does not answer must not keep the end waiting.
        drop(Thread::start("team", bell.clone(), worker).map_err(|error| error.to_string())?);
        Ok(TeamThread(bell))
    }

    /// Lets no further letter begin.
    pub fn end(&self) {
        self.0.stop();
    }
}

struct TeamWorker {
    postman: Postman,
    bell: Arc<Bell>,
    has_begun: bool,
    /// The last error: it is logged once for each cause, because it may last for hours.
    logged: String,
}

impl TeamWorker {
    fn turn(&mut self) -> Result<bool, Stop> {
        if !self.has_begun {
            self.postman.begin()?;
            self.has_begun = true;
        }
        self.postman.turn()
    }
}

impl Worker for TeamWorker {
    fn piece(&mut self) -> Result<Next, String> {
        if self.bell.is_stopping() {
            return Ok(Next::Done);
        }
        Ok(match self.turn() {
            Ok(more) => {
                self.logged.clear();
                if more { Next::Now } else { Next::Within(PAUSE) }
            }
            Err(Stop::Stopped) => Next::Done,
            Err(Stop::Later(why)) => {
                if why != self.logged {
                    tracing::error!(why, "mails to the team cannot be sent at present; it is tried again");
                    self.logged = why;
                }
                Next::Within(REST)
            }
        })
    }
}
