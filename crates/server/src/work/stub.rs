//! Stands in for the crate `attractor-live` until it is there.

use attractor_engine::time::Instant;
use attractor_store::{Connection, Error, Location};
use jiff::tz::TimeZoneDatabase;

/// A message as it is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrived {
    pub json: String,
    pub received_at: Instant,
    /// By which key or door it came: `key:3`.
    pub origin: String,
    pub fills_only: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    New { lead: i64 },
    Known,
    Refused(String),
}

pub struct Lane {
    connection: Connection,
}

impl Lane {
    pub fn open(location: &Location, _zones: TimeZoneDatabase, _now: Instant) -> Result<Lane, Error> {
        Ok(Lane { connection: location.writer()? })
    }

    pub fn take(&mut self, messages: &[Arrived], _now: Instant) -> Result<Vec<Taken>, Error> {
        self.connection.transaction(|_| Ok(messages.iter().map(|_| Taken::New { lead: 0 }).collect()))
    }

    pub fn wake(&mut self, _now: Instant) -> Result<usize, Error> {
        Ok(0)
    }

    pub fn next_wake(&mut self) -> Result<Option<Instant>, Error> {
        Ok(None)
    }

    pub fn background(&mut self, _now: Instant) -> Result<bool, Error> {
        Ok(false)
    }

    pub fn write<T>(&mut self, work: impl FnOnce(&mut Connection) -> Result<T, Error>) -> Result<T, Error> {
        self.connection.transaction(work)
    }
}
