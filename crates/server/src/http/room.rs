//! Room for connections: how many there are, and which of them have to go when others wait.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::clock::Stopwatch;

/// How many connections there may be, so that there are always files left to be opened for the data.
pub struct Room {
    places: Arc<Semaphore>,
    all: usize,
    full: watch::Sender<bool>,
}

impl Room {
    pub fn of(all: usize) -> Room {
        Room { places: Arc::new(Semaphore::new(all)), all, full: watch::channel(false).0 }
    }

    /// Where it is half full, a connection ends with its answer and is not kept for a next request.
    pub fn is_ample(&self) -> bool {
        self.places.available_permits() > self.all / 2
    }

    /// Says whether all places are taken, and when that changes.
    pub fn full(&self) -> watch::Receiver<bool> {
        self.full.subscribe()
    }

    /// The next connection, as soon as there is a place for it.
    pub async fn next(&mut self, tcp: &TcpListener) -> (Option<OwnedSemaphorePermit>, TcpStream, SocketAddr) {
        let is_full = self.places.available_permits() == 0;
        let has_changed = self.full.send_if_modified(|full| std::mem::replace(full, is_full) != is_full);
        if has_changed && is_full {
            tracing::warn!(connections = self.all, "as many connections are open as may be; others wait");
        }
        let place = self.places.clone().acquire_owned().await.ok();
        loop {
            match tcp.accept().await {
                Ok((stream, peer)) => return (place, stream, peer),
                Err(error) if is_its_own(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be taken at present");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

/// Whether an error concerns the connection alone, that was about to be taken.
fn is_its_own(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

/// For how long a client may be silent.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Taking nothing of what is sent to it.
    pub untaken: Duration,
    /// In either direction, while all places are taken and others wait.
    pub crowded: Duration,
}

/// What the server waits for on a connection, and since when.
#[derive(Default)]
pub struct Waiting(Mutex<Since>);

#[derive(Default)]
struct Since {
    /// For a request, or for the rest of its body.
    input: Option<Stopwatch>,
    /// For the client to take what is sent to it.
    taken: Option<Stopwatch>,
}

impl Waiting {
    fn since(&self) -> MutexGuard<'_, Since> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something is expected from the client, or no longer.
    pub fn for_input(&self, waits: bool) {
        follow(&mut self.since().input, waits);
    }

    /// The client is to take something, or has taken it.
    pub fn to_be_taken(&self, waits: bool) {
        follow(&mut self.since().taken, waits);
    }

    /// How long the connection may still be as it is; nothing: it has to go.
    fn left(&self, is_full: bool, limits: Limits) -> Duration {
        let since = self.since();
        let taken = since.taken.as_ref().map(Stopwatch::elapsed);
        let silent = since.input.as_ref().map(Stopwatch::elapsed).max(taken);
        let untaken = limits.untaken.saturating_sub(taken.unwrap_or_default());
        if !is_full {
            return untaken;
        }
        untaken.min(limits.crowded.saturating_sub(silent.unwrap_or_default()))
    }

    /// Returns when the connection has to go.
    pub async fn outstayed(&self, mut full: watch::Receiver<bool>, limits: Limits) {
        loop {
            let is_full = *full.borrow_and_update();
            let left = self.left(is_full, limits);
            if left.is_zero() {
                return;
            }
            // Waiting may begin at any moment: it is looked at several times within each limit.
            let soon = left.min((if is_full { limits.crowded } else { limits.untaken }) / 4);
            tokio::select! {
                () = tokio::time::sleep(soon.max(Duration::from_millis(1))) => {}
                changed = full.changed() => if changed.is_err() { std::future::pending::<()>().await },
            }
        }
    }
}

fn follow(since: &mut Option<Stopwatch>, waits: bool) {
    match (waits, since.is_some()) {
        (true, false) => *since = Some(Stopwatch::start()),
        (false, true) => *since = None,
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { untaken: Duration::from_secs(60), crowded: Duration::from_secs(10) };
    const GONE: Limits = Limits { untaken: Duration::ZERO, crowded: Duration::ZERO };

    #[test]
    fn a_silent_connection_goes_when_others_wait_and_a_busy_one_never() {
        let waiting = Waiting::default();
        assert!(waiting.left(true, LIMITS) > Duration::ZERO && waiting.left(false, LIMITS) > Duration::ZERO);
        waiting.for_input(true);
        assert!(waiting.left(true, LIMITS) > Duration::ZERO);
        let now = Limits { crowded: Duration::ZERO, ..LIMITS };
        assert_eq!(waiting.left(true, now), Duration::ZERO);
        assert!(waiting.left(false, now) > Duration::ZERO, "nobody waits");
    }

    #[test]
    fn who_takes_nothing_goes_in_any_case() {
        let waiting = Waiting::default();
        waiting.to_be_taken(true);
        assert!(waiting.left(false, LIMITS) > Duration::ZERO);
        assert_eq!(waiting.left(false, Limits { untaken: Duration::ZERO, ..LIMITS }), Duration::ZERO);
        waiting.to_be_taken(false);
        assert!(waiting.left(false, LIMITS) > Duration::ZERO);
        assert_eq!(waiting.left(true, GONE), Duration::ZERO);
    }
}
