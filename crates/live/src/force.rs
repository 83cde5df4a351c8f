//! What is in force, as anybody may read it.

use attractor_store::{Connection, Error};

use crate::versions::{IN_FORCE, InForce, PILOT, Pilot, read_state};
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
