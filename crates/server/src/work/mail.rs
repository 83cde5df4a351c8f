//! The sender's thread: batch after batch while copies are due, and otherwise asleep.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use attractor_app::App;
use attractor_app::bell::Bell;
use attractor_app::lane::Stop;
use attractor_app::machine::Time;
use attractor_app::sending::mailer::{Mailer, NextBatch};
use attractor_app::sending::transport::Transport;

use super::worker::{Next, Thread, Worker};

/// The wall clock may be set while it sleeps: it looks this often while a copy is planned.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// After an error that may pass.
const PAUSE: Duration = Duration::from_secs(1);

/// The thread of the sender, which may be in a dialogue that takes long.
pub struct MailThread {
    bell: Arc<Bell>,
    ended: Receiver<()>,
}

impl MailThread {
    /// Begins to send. The error is what is wrong in the settings, or that no thread could be started.
    pub fn start(app: &App, transport: Arc<dyn Transport>) -> Result<MailThread, String> {
        let (end, ended) = channel();
        let mailer = Mailer::new(app, transport.clone())?;
        // Set once: a server begins to send once.
        drop(app.transport.set(transport));
        let worker =
            MailWorker { mailer, clock: app.clock.clone(), bell: app.copies.clone(), logged: String::new(), end };
        // It is not joined: a mail server that does not answer must not keep the end waiting.
        drop(Thread::start("mail", app.copies.clone(), worker).map_err(|error| error.to_string())?);
        Ok(MailThread { bell: app.copies.clone(), ended })
    }

    /// Lets what is under way end, but waits no longer than for open requests. Copies that are still under way then are in
    /// doubt at the next start.
    pub fn end(self, app: &App) -> Result<(), String> {
        self.bell.stop();
        if self.ended.recv_timeout(Duration::from_secs(app.settings.stop_seconds)).is_err() {
            tracing::warn!("a mail server has not answered yet; whether it took the e-mails is not known");
        }
        Ok(())
    }
}

struct MailWorker {
    mailer: Mailer,
    clock: Arc<dyn Time>,
    bell: Arc<Bell>,
    /// The last error: it is logged once for each cause, because it may last for hours.
    logged: String,
    end: Sender<()>,
}

impl Worker for MailWorker {
    fn piece(&mut self) -> Result<Next, String> {
        if self.bell.is_stopping() {
            return Ok(Next::WhenRung);
        }
        Ok(match self.mailer.turn() {
            Ok(turn) => {
                self.logged.clear();
                match turn {
                    NextBatch::Now => Next::Now,
                    NextBatch::At(at) => Next::Within(self.clock.until(at).min(LONGEST_SLEEP)),
                    NextBatch::WhenRung => Next::WhenRung,
                }
            }
            Err(Stop::Stopped) => Next::WhenRung,
            Err(Stop::Later(why)) => {
                if why != self.logged {
                    tracing::error!(why, "e-mails cannot be sent at present; it is tried again");
                    self.logged = why;
                }
                Next::After(PAUSE)
            }
        })
    }

    fn end(&mut self) {
        if let Err(why) = self.mailer.finish() {
            tracing::warn!(?why, "what became of some e-mails could not be stored");
        }
        // Who no longer waits for it has ended without it.
        let _ = self.end.send(());
    }
}
