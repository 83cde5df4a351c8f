//! What is in force, as anybody may read it; and a pilot that comes to its end.

use attractor_engine::time::Instant;
use attractor_store::{Connection, Error, Kind, lane};

use crate::lane::Lane;
use crate::versions::{IN_FORCE, InForce, PILOT, Pilot, read_state, write_state};
use crate::wake::{SCAN, Scan};

/// The version in force; `None` before the first one is published.
pub fn in_force(connection: &mut Connection) -> Result<Option<InForce>, Error> {
    read_state(connection, IN_FORCE)
}

/// The candidate under which a share of the leads lives.
pub fn pilot(connection: &mut Connection) -> Result<Option<Pilot>, Error> {
    read_state(connection, PILOT)
}

/// How far the leads are with what was published last; `None` where all are through.
pub fn scan(connection: &mut Connection) -> Result<Option<Scan>, Error> {
    read_state(connection, SCAN)
}

impl Lane {
    /// Puts the pilot's version in force for everybody. An error where there is no pilot.
    pub fn promote(&mut self, enrols: bool, now: Instant) -> Result<i64, Error> {
        self.work(now, |work| {
            let pilot = pilot(work.connection)?.ok_or_else(|| Error::new(Kind::Other, "there is no pilot"))?;
            let version = pilot.version;
            write_state(work.connection, IN_FORCE, &InForce { version, at: now, enrols })?;
            lane::forget_state(work.connection, PILOT)?;
            work.memory.versions.refresh(work.connection)?;
            write_state(work.connection, SCAN, &Scan { version, bucket: -1, lead: 0, done: 0 })?;
            Ok(version)
        })
    }
}
