//! What the sender asks of a broadcast when its copies' turn comes.

use std::sync::Arc;

use attractor_engine::program::Program;
use attractor_store::broadcasts::{Broadcast, BroadcastState};
use attractor_store::{Connection, Error, VersionNumber};

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

/// A version of the playbook that copies take their e-mail from; or why it cannot be used, so that they cannot be rendered.
pub type Edition = (VersionNumber, Result<Arc<Program>, String>);

impl KnownBroadcast {
    pub fn of(
        connection: &mut Connection,
        programs: &Programs,
        broadcast: &Broadcast,
    ) -> Result<KnownBroadcast, Error> {
        let document = Document::read(&broadcast.document).ok();
        let version = document.as_ref().and_then(|document| document.version);
        // Its start was undone by an earlier program, which left the version.
        let version = version.filter(|_| broadcast.state != BroadcastState::Draft);
        Ok(KnownBroadcast {
            is_halted: broadcast.state.is_halted(),
            subjects: document.and_then(|document| document.subjects),
            edition: version.map(|version| edition(connection, programs, version)).transpose()?,
        })
    }
}

/// The version of a broadcast's e-mail. No other stands in for one that cannot be used: its e-mail may say something else.
pub(super) fn edition(
    connection: &mut Connection,
    programs: &Programs,
    version: VersionNumber,
) -> Result<Edition, Error> {
    let program = programs.readable(connection, version)?.map_err(|why| {
        tracing::error!(%version, %why, "the version of a broadcast cannot be used");
        format!("version {version} of the playbook, whose e-mail the broadcast sends, cannot be used: {why}")
    });
    Ok((version, program))
}

#[cfg(test)]
mod tests {
    use attractor_live::Lane;
    use attractor_store::Location;
    use attractor_store::versions::{self, Version};
    use jiff::tz::TimeZoneDatabase;
    use serde_json::json;

    use super::super::control::testing::broadcast;
    use super::*;

    fn of_version(state: BroadcastState, version: i64) -> Broadcast {
        let settings = json!({"name": "May", "email": "may", "audience": {}});
        Broadcast { state, document: json!({"settings": settings, "version": version}).to_string(), ..broadcast(7) }
    }

    #[test]
    fn no_other_version_stands_in_for_the_one_of_its_start_and_a_store_that_cannot_be_read_is_an_error() {
        use BroadcastState::{Draft, Started};
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("store.db"));
        let mut lane = Lane::open(&location, TimeZoneDatabase::bundled()).unwrap();
        let programs = Programs::read(&mut lane, TimeZoneDatabase::bundled()).unwrap();
        for (number, files) in [(1, r#"{"playbook.yaml": "playbook: p"}"#), (2, "{}")] {
            let (author, note) = (String::new(), String::new());
            let version = Version { number: VersionNumber(number), at: 0, author, note, files: files.into() };
            lane.write(|connection| versions::insert(connection, &version)).unwrap();
        }
        let mut connection = location.reader().unwrap();
        let mut edition = |state, version| {
            let known = KnownBroadcast::of(&mut connection, &programs, &of_version(state, version));
            known.map(|known| known.edition.map(|(number, program)| (number.0, program.err())))
        };
        assert_eq!(edition(Started, 1).unwrap(), Some((1, None)));
        assert_eq!(edition(Draft, 1).unwrap(), None, "a draft is of no version");
        for (version, expected) in [(2, "a stored playbook does not compile"), (3, "there is no version 3")] {
            let (number, why) = edition(Started, version).unwrap().unwrap();
            assert_eq!(number, version);
            assert!(why.as_ref().is_some_and(|why| why.contains(expected)), "{why:?}");
        }
        lane.write(|connection| connection.execute("ALTER TABLE versions RENAME TO gone", &[]).map(drop)).unwrap();
        assert!(edition(Started, 3).is_err());
    }
}
