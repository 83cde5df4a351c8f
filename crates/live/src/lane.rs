//! The one writer.

use attractor_engine::time::Instant;
use attractor_store::lane::{self, Numbers};
use attractor_store::{Connection, Error, Fault, Kind, Location, MoveNumber};
use jiff::tz::TimeZoneDatabase;

use crate::acquisition::{Acquisition, NotAcquired};
use crate::effort::Effort;
use crate::memory::Memory;
use crate::unreadable::Unreadable;
use crate::versions::Versions;
use crate::work::Work;

/// Writes for all buckets of a store. Opening one fences off the process that had it before.
pub struct Lane {
    location: Location,
    pub(crate) connection: Connection,
    pub(crate) epoch: i64,
    pub(crate) memory: Memory,
    /// A transaction failed: what is remembered may not be so.
    pub(crate) stale: bool,
    /// Another process has taken the store over: nothing can be written any more.
    fenced: bool,
}

impl Lane {
    /// Takes the store from its present holder, whether or not that is alive.
    pub fn open(location: &Location, zones: TimeZoneDatabase) -> Result<Lane, Error> {
        let mut connection = location.writer()?;
        let taken = lane::take_over(&mut connection)?;
        Lane::taken(location, connection, taken, zones)
    }

    /// Takes the store unless a living process holds it. Then nothing is changed.
    pub fn acquire(
        location: &Location,
        zones: TimeZoneDatabase,
        acquisition: &Acquisition,
    ) -> Result<Lane, NotAcquired> {
        let (connection, taken) = acquisition.take(location)?;
        Ok(Lane::taken(location, connection, taken, zones)?)
    }

    fn taken(
        location: &Location,
        mut connection: Connection,
        (epoch, numbers): (i64, Numbers),
        zones: TimeZoneDatabase,
    ) -> Result<Lane, Error> {
        let versions = Versions::read(&mut connection, zones)?;
        let memory = Memory::new(numbers, versions, epoch);
        Ok(Lane { location: location.clone(), connection, epoch, memory, stale: false, fenced: false })
    }

    /// Grows by one each time that the store changes hands.
    pub fn epoch(&self) -> i64 {
        self.epoch
    }

    /// Whether another process has been seen to have taken the store over.
    pub fn is_fenced(&self) -> bool {
        self.fenced
    }

    /// Other writing, in a transaction of its own.
    pub fn write<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.work(Instant(0), |at| work(at.connection))
    }

    /// Between two transactions: ends a long log of the store, most of which is brought back.
    pub fn end_log(&mut self) -> Result<(), Error> {
        self.connection.end_log()
    }

    /// From here on commits do not wait for the disk: for stores that are thrown away.
    pub fn forgo_durability(&mut self) -> Result<(), Error> {
        self.connection.forgo_durability()
    }

    /// The number of the last move noted.
    pub fn last_move(&self) -> MoveNumber {
        self.memory.leads.moves
    }

    /// What could not be read since the last call.
    pub fn take_unreadable(&mut self) -> Vec<Unreadable> {
        self.memory.leads.unreadable.take()
    }

    /// What it has done so far.
    pub fn effort(&self) -> Effort {
        Effort { store: self.connection.effort(), ..self.memory.leads.effort }
    }

    /// From how many events on the recent ones of a lead are kept: for tests.
    pub fn keep_recent_from(&mut self, events: usize) {
        self.memory.leads.recent.keep_from(events);
    }

    /// Lets a statement fail, once: for tests.
    pub fn inject(&mut self, fault: Option<Fault>) {
        self.connection.inject(fault);
    }

    /// One transaction.
    pub(crate) fn work<T>(
        &mut self,
        now: Instant,
        run: impl FnOnce(&mut Work) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.work_and(now, run, |_, done| Ok(done))
    }

    /// One transaction, in which `note` finds written what `run` did.
    pub(crate) fn work_and<T, U>(
        &mut self,
        now: Instant,
        run: impl FnOnce(&mut Work) -> Result<T, Error>,
        note: impl FnOnce(&mut Work, T) -> Result<U, Error>,
    ) -> Result<U, Error> {
        self.recover()?;
        let Lane { connection, memory, epoch, .. } = self;
        let epoch = *epoch;
        let done = connection.transaction(|connection| {
            lane::hold(connection, epoch)?;
            let mut work = Work::new(connection, memory, now);
            let done = run(&mut work)?;
            work.flush()?;
            let noted = note(&mut work, done)?;
            lane::save_numbers(connection, memory.numbers())?;
            Ok(noted)
        });
        self.stale = done.is_err();
        self.noticed(done)
    }

    /// Remembers that the store has changed hands, where an error says so.
    pub(crate) fn noticed<T>(&mut self, done: Result<T, Error>) -> Result<T, Error> {
        done.inspect_err(|error| self.fenced |= error.kind == Kind::Fenced)
    }

    /// Reads between two transactions.
    pub(crate) fn read<T>(&mut self, read: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.recover()?;
        let done = read(&mut self.connection);
        self.stale = done.is_err();
        done
    }

    /// After a failure nothing remembered is trusted, and a lost connection is opened again.
    pub(crate) fn recover(&mut self) -> Result<(), Error> {
        if !self.stale {
            return Ok(());
        }
        self.memory.forget();
        let read = self.read_again().map_err(Error::before_work);
        self.noticed(read)?;
        self.stale = false;
        Ok(())
    }

    /// Behind a lost commit that may be under way: whoever holds the lane's row has waited for its end. Numbers read before
    /// would be given out twice.
    fn read_again(&mut self) -> Result<(), Error> {
        let Lane { connection, memory, epoch, location, .. } = self;
        let numbers = match held_numbers(connection, *epoch) {
            Err(error) if error.kind == Kind::Gone => {
                *connection = location.writer()?;
                held_numbers(connection, *epoch)?
            }
            read => read?,
        };
        memory.continue_from(numbers);
        memory.leads.versions.refresh(connection)
    }
}

fn held_numbers(connection: &mut Connection, epoch: i64) -> Result<Numbers, Error> {
    connection.transaction(|connection| {
        lane::hold(connection, epoch)?;
        lane::read_numbers(connection)
    })
}
