//! Connections for reading. Each answers one request at a time, on a thread where waiting is allowed.

use std::sync::{Arc, Mutex, PoisonError};

use attractor_store::{Connection, Error, Kind, Location};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

pub struct Readers {
    location: Location,
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    /// At most `count` connections, opened when first needed.
    pub fn new(location: Location, count: usize) -> Readers {
        Readers { location, idle: Arc::default(), permits: Arc::new(Semaphore::new(count)) }
    }

    /// Reads on a connection of its own. One on which something failed is not used again; where it was lost, the others
    /// were as well.
    pub async fn read<T, E>(&self, work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let gone = |_| E::from(Error::new(Kind::Other, "the reading thread has failed"));
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| stopped())?;
        let (location, idle) = (self.location.clone(), self.idle.clone());
        let reading = spawn_blocking(move || {
            let _permit = permit;
            let mut connection = match lock(&idle).pop() {
                Some(connection) => connection,
                None => location.reader()?,
            };
            let done = work(&mut connection);
            if done.is_ok() {
                lock(&idle).push(connection);
            } else if !connection.is_alive() {
                lock(&idle).clear();
            }
            done
        });
        reading.await.unwrap_or_else(|error| Err(gone(error)))
    }
}

fn stopped() -> Error {
    Error::new(Kind::Other, "the server stops")
}

fn lock(idle: &Mutex<Vec<Connection>>) -> std::sync::MutexGuard<'_, Vec<Connection>> {
    idle.lock().unwrap_or_else(PoisonError::into_inner)
}
