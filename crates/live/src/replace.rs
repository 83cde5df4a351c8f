//! What is done to the whole store at once.

use attractor_store::{Connection, Error, lane};

use crate::lane::Lane;

impl Lane {
    /// One transaction that may change anything, such as a restore. The lane goes on with what is there afterwards.
    pub fn replace<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.recover()?;
        let epoch = self.epoch;
        let done = self.connection.transaction(|connection| {
            lane::hold(connection, epoch)?;
            let numbers = lane::read_numbers(connection)?;
            let done = work(connection)?;
            lane::keep(connection, epoch, numbers)?;
            Ok(done)
        });
        self.stale = true;
        self.noticed(done)
    }
}
