//! What is known of whether the mail server works: the last test, if it failed, until one works or the mail server is set
//! anew; and whether one that was set over the API is still untested.

use attractor_store::{Connection, Error, lane};
use serde::{Deserialize, Serialize};

use super::transport::TransportStage;
use crate::stored::of_row;

/// In the table `state`, as JSON.
const FAILED: &str = "failed transport test";
/// In the table `state`, while nothing has shown that the mail server works.
const UNTESTED: &str = "untested transport";

/// A test that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedTest {
    /// By the leads' clock, in milliseconds since 1970.
    pub at: i64,
    /// What failed first.
    pub stage: TransportStage,
    /// What was found, and what to do.
    pub message: String,
}

impl FailedTest {
    /// Keeps it in the place of the one before.
    pub fn keep(&self, connection: &mut Connection) -> Result<(), Error> {
        lane::set_state(connection, FAILED, &serde_json::to_string(self).unwrap_or_default())
    }
}

/// The last test; `None` where it worked, or where the mail server was set after it.
pub fn failed_test(connection: &mut Connection) -> Result<Option<FailedTest>, Error> {
    let stored = lane::state(connection, FAILED)?;
    // What cannot be read, such as of another version, is noted anew with the next test.
    Ok(stored.and_then(|text| of_row(&text, "state", FAILED).ok()))
}

/// After a test that worked, and for another mail server than the one that was tested.
pub fn forget_failed_test(connection: &mut Connection) -> Result<(), Error> {
    lane::forget_state(connection, FAILED)
}

/// For a mail server that was set just now.
pub fn note_untested(connection: &mut Connection) -> Result<(), Error> {
    lane::set_state(connection, UNTESTED, "true")
}

/// Whether no test has worked and no e-mail to a lead has left since the mail server was set over the API.
pub fn is_untested(connection: &mut Connection) -> Result<bool, Error> {
    Ok(lane::state(connection, UNTESTED)?.is_some())
}

/// After a test that worked or an e-mail that left, and where no mail server is set over the API any more.
pub fn forget_untested(connection: &mut Connection) -> Result<(), Error> {
    lane::forget_state(connection, UNTESTED)
}

/// After a test that worked, and where no mail server is set over the API any more.
pub fn forget_tests(connection: &mut Connection) -> Result<(), Error> {
    forget_failed_test(connection)?;
    forget_untested(connection)
}

#[cfg(test)]
mod tests {
    use attractor_store::Location;

    use super::*;

    #[test]
    fn the_last_test_that_failed_is_kept_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        assert_eq!(failed_test(&mut connection).unwrap(), None);
        for (at, stage) in [(5, TransportStage::Login), (9, TransportStage::Noop)] {
            let failed = FailedTest { at, stage, message: "Check `user`.".into() };
            failed.keep(&mut connection).unwrap();
            assert_eq!(failed_test(&mut connection).unwrap(), Some(failed));
        }
        forget_failed_test(&mut connection).unwrap();
        assert_eq!(failed_test(&mut connection).unwrap(), None);
    }

    #[test]
    fn a_mail_server_is_untested_until_that_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().unwrap();
        assert_eq!(is_untested(&mut connection), Ok(false));
        for _ in 0..2 {
            note_untested(&mut connection).unwrap();
            assert_eq!(is_untested(&mut connection), Ok(true));
        }
        forget_untested(&mut connection).unwrap();
        assert_eq!(is_untested(&mut connection), Ok(false));
    }
}
