//! Connections for reading. Each answers one request at a time, on a thread where waiting is allowed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use attractor_store::{Connection, Error, Kind, Location};
use tokio::sync::Semaphore;

use crate::machine::Host;

pub struct Readers {
    host: Host,
    location: Location,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// At most `count` connections, opened when first needed.
    pub fn new(host: Host, location: Location, count: usize) -> Readers {
        Readers { host, location, idle: Arc::default(), permits: Arc::new(Semaphore::new(count)) }
    }

    /// Reads on a connection of its own. One on which something failed is not used again; where it was lost, the others
    /// were as well. If the future is dropped, because the client has left, the next statement fails.
    pub async fn read<T, E>(&self, work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let gone = || E::from(Error::new(Kind::Other, "the reading thread has failed"));
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| stopped())?;
        let (location, idle) = (self.location.clone(), self.idle.clone());
        let waiting = Waiting(Arc::default());
        let abandoned = waiting.0.clone();
        let reading = self.host.done(move || {
            let _permit = permit;
            let mut connection = match lock(&idle).pop() {
                Some(connection) => connection,
                None => location.reader()?,
            };
            connection.abandon_when(Some(abandoned));
            let done = work(&mut connection);
            connection.abandon_when(None);
            if done.is_ok() {
                lock(&idle).push(connection);
            } else if !connection.is_alive() {
                lock(&idle).clear();
            }
            done
        });
        reading.await.unwrap_or_else(|| Err(gone()))
    }
}

/// Lives as long as somebody waits for what is read.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn stopped() -> Error {
    Error::new(Kind::Other, "the server stops")
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[tokio::test]
    async fn what_is_read_for_a_client_that_has_left_ends_at_the_next_statement() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = Location::Sqlite(folder.path().join("store.db"));
        location.writer().expect("a store");
        let readers = Arc::new(Readers::new(crate::machine::testing::host(), location, 1));
        let (started, has_started) = tokio::sync::oneshot::channel();
        let (go_on, may_go_on) = channel::<()>();
        let (answer, answered) = channel();
        let reader = readers.clone();
        let asked = tokio::spawn(async move {
            let work = move |connection: &mut Connection| -> Result<(), Error> {
                let before = connection.query("SELECT 1", &[]).map(drop);
                let _ = started.send(());
                let _ = may_go_on.recv();
                let after = connection.query("SELECT 1", &[]).map(drop);
                let _ = answer.send((before, after.clone()));
                after
            };
            reader.read(work).await
        });
        has_started.await.expect("the reading starts");
        asked.abort();
        assert!(asked.await.expect_err("nobody waits").is_cancelled());
        go_on.send(()).expect("the reading goes on");
        let (before, after) =
            tokio::task::spawn_blocking(move || answered.recv()).await.expect("a thread").expect("an answer");
        assert!(before.is_ok());
        assert!(after.expect_err("abandoned").text.contains("the client has left"));
        // The next one reads undisturbed.
        assert!(readers.read(|connection: &mut Connection| connection.query("SELECT 1", &[])).await.is_ok());
    }
}
