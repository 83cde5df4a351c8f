//! The playbooks that leads live under, compiled once.

use std::sync::{Arc, Mutex, PoisonError};

use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_live::Lane;
use attractor_live::Versions;
use attractor_store::{Connection, Error, Kind, VersionNumber};
use jiff::tz::TimeZoneDatabase;

pub struct Programs(Mutex<Versions>);

impl Programs {
    pub fn read(lane: &mut Lane, zones: TimeZoneDatabase) -> Result<Programs, Error> {
        let versions = lane.write(|connection| Versions::read(connection, zones))?;
        Ok(Programs(Mutex::new(versions)))
    }

    /// The version in force and the pilot as they are now.
    pub fn now(&self, connection: &mut Connection) -> Result<Versions, Error> {
        let mut versions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        versions.refresh(connection)?;
        Ok(versions.clone())
    }

    /// A published version, whether or not it is in force. Only the store's own errors are errors; the inner one says why that
    /// version cannot be used.
    pub fn readable(
        &self,
        connection: &mut Connection,
        number: VersionNumber,
    ) -> Result<Result<Arc<Program>, String>, Error> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).readable(connection, number)
    }

    /// The version in force. An error before the first one is published.
    pub fn in_force(&self, connection: &mut Connection) -> Result<Arc<Program>, Error> {
        let versions = self.now(connection)?;
        let program = versions.program_in_force();
        program.cloned().ok_or_else(|| Error::new(Kind::Other, "no playbook is published yet"))
    }
}

/// What clocks show at an instant in the time zone of a playbook, with the name of the zone; in UTC where there is no
/// playbook.
pub fn minute(program: Option<&Program>, at: Instant) -> String {
    program.map_or_else(|| at.to_string(), |program| program.minute_with_zone(at))
}
