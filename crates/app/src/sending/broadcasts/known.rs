//! What the sender asks of a broadcast when its copies' turn comes.

use std::sync::Arc;

use attractor_engine::program::Program;
use attractor_store::broadcasts::{Broadcast, BroadcastState};
use attractor_store::{Connection, VersionNumber};

use super::settings::Document;
use super::subjects::NewSubjects;
use crate::programs::Programs;

/// A broadcast that asked for copies which are due.
#[derive(Clone)]
pub struct KnownBroadcast {
    /// It is paused, undone or cancelled: its copies stay where they are.
    pub is_halted: bool,
    /// In the place of the e-mail's own subjects.
    pub subjects: Option<NewSubjects>,
    /// The version that was in force when it started, whose e-mail it sends.
    pub edition: Option<Edition>,
}

/// A version of the playbook that copies take their e-mail from.
pub type Edition = (VersionNumber, Arc<Program>);

impl KnownBroadcast {
    pub fn of(connection: &mut Connection, programs: &Programs, broadcast: &Broadcast) -> KnownBroadcast {
        let document = Document::read(&broadcast.document).ok();
        let version = document.as_ref().and_then(|document| document.version);
        // Its start was undone by an earlier program, which left the version.
        let version = version.filter(|_| broadcast.state != BroadcastState::Draft);
        KnownBroadcast {
            is_halted: broadcast.state.is_halted(),
            subjects: document.and_then(|document| document.subjects),
            edition: version.and_then(|version| edition(connection, programs, version)),
        }
    }
}

/// A version that cannot be read any more is as none: its copies then take the e-mail of the version in force, as those of
/// sequences do.
fn edition(connection: &mut Connection, programs: &Programs, version: VersionNumber) -> Option<Edition> {
    match programs.version(connection, version) {
        Ok(program) => Some((version, program)),
        Err(why) => {
            tracing::error!(%version, %why, "the version of a broadcast cannot be read");
            None
        }
    }
}
