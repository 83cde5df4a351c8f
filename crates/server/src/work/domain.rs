//! The thread that checks the sender domain: at the start, then daily, and more often while marketing waits for it.

use std::sync::Arc;
use std::time::Duration;

use attractor_app::App;
use attractor_app::bell::Bell;
use attractor_app::sending::{control, verification};
use attractor_engine::printable::line;

use super::worker::{Next, Thread, Worker};

/// While the domain is verified.
const DAILY: Duration = Duration::from_secs(24 * 3_600);
/// After the first check of a domain that is not verified, and at most: each time twice as long.
const SOON: Duration = Duration::from_secs(60);
const HOURLY: Duration = Duration::from_secs(3_600);

/// The thread of the checks, which may wait for servers that do not answer.
pub struct DomainThread(Arc<Bell>);

impl DomainThread {
    /// Begins to check as soon as mails wait for the domain: at once, or when a mail server is set.
    pub fn start(app: &Arc<App>) -> Result<DomainThread, String> {
        if let Some(warning) = control::warning(app) {
            tracing::warn!("{warning}");
        }
        let bell = app.domain.clone();
        let worker = DomainWorker { app: app.clone(), bell: bell.clone(), pause: SOON };
        // It is not joined: a DNS server that does not answer must not keep the end waiting.
        drop(Thread::start("domain", bell.clone(), worker).map_err(|error| error.to_string())?);
        Ok(DomainThread(bell))
    }

    /// Lets no further check begin.
    pub fn end(&self) {
        self.0.stop();
    }
}

struct DomainWorker {
    app: Arc<App>,
    bell: Arc<Bell>,
    /// The time until the next check while the domain is not verified.
    pause: Duration,
}

impl Worker for DomainWorker {
    fn piece(&mut self) -> Result<Next, String> {
        if self.bell.is_stopping() {
            return Ok(Next::Done);
        }
        if !verification::is_needed(&self.app) {
            return Ok(Next::WhenRung);
        }
        match verification::check(&self.app) {
            Ok(status) if status.verified && status.causes.is_empty() => {
                self.pause = SOON;
                return Ok(Next::After(DAILY));
            }
            Ok(status) => {
                let causes: Vec<&str> = status.causes.iter().map(|cause| cause.message.as_str()).collect();
                let state = if status.verified { "verified, with something to correct" } else { "not verified" };
                tracing::warn!("the sender domain is {state}: {}", line(&causes.join(" ")));
            }
            Err(why) => tracing::warn!(?why, "the sender domain could not be checked; it is tried again"),
        }
        Ok(Next::After(longer(&mut self.pause)))
    }
}

/// The pause, which is twice as long next time.
fn longer(pause: &mut Duration) -> Duration {
    let now = *pause;
    *pause = (now * 2).min(HOURLY);
    now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_that_is_not_verified_is_checked_within_the_hour() {
        let mut pause = SOON;
        let minutes: Vec<u64> = (0..8).map(|_| longer(&mut pause).as_secs() / 60).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 60, 60]);
    }
}
