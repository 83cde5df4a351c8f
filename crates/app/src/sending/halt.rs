//! Sending stops by itself: it pauses until somebody resumes it, and the owners are told why.

use attractor_engine::time::Instant;
use attractor_store::{Connection, Error, lane};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{PAUSED, pause, paused};
use crate::access::note;
use crate::actor::Actor;
use crate::stored::of_row;
use crate::team::notices::{News, tell_owners};

/// Pauses sending and returns why; `None` if it is paused already.
pub fn halt(connection: &mut Connection, why: String, now: Instant) -> Result<Option<String>, Error> {
    if paused(connection)?.is_some() {
        return Ok(None);
    }
    pause(connection, &why)?;
    note(connection, &Actor::sender(), now.0, "sending paused", "sending", &json!({"why": why}))?;
    tell_owners(connection, &News::SendingStopped { why: why.clone() }, now)?;
    Ok(Some(why))
}

/// In the table `state`: the login that the mail server does not accept, as JSON.
const REFUSED: &str = "refused login";

/// A login that the mail server does not accept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefusedLogin {
    /// Since when, by the leads' clock.
    pub since: i64,
    /// What the server answered first.
    pub answer: String,
    /// Why sending is paused.
    why: String,
}

/// Pauses sending because the mail server does not accept the login, and returns why; `None` if it is paused already. Each
/// further try would bring the provider nearer to locking the account.
pub fn halt_at_login(connection: &mut Connection, answer: &str, now: Instant) -> Result<Option<String>, Error> {
    let why = login_words(answer);
    if refused_login(connection)?.is_none() {
        let refused = RefusedLogin { since: now.0, answer: answer.to_owned(), why: why.clone() };
        lane::set_state(connection, REFUSED, &serde_json::to_string(&refused).unwrap_or_default())?;
    }
    halt(connection, why, now)
}

/// The login that is not accepted, until somebody has seen to it.
pub fn refused_login(connection: &mut Connection) -> Result<Option<RefusedLogin>, Error> {
    let stored = lane::state(connection, REFUSED)?;
    // What cannot be read, such as of another version, is noted anew with the next try.
    Ok(stored.and_then(|text| of_row(&text, "state", REFUSED).ok()))
}

pub fn forget_refused_login(connection: &mut Connection) -> Result<(), Error> {
    lane::forget_state(connection, REFUSED)
}

/// Lets e-mails leave again where nothing but the login of before has stopped them. Whether it had.
pub fn end_login_pause(connection: &mut Connection) -> Result<bool, Error> {
    let Some(refused) = refused_login(connection)? else { return Ok(false) };
    forget_refused_login(connection)?;
    let is_alone = paused(connection)?.as_ref() == Some(&refused.why);
    if is_alone {
        lane::forget_state(connection, PAUSED)?;
    }
    Ok(is_alone)
}

fn login_words(answer: &str) -> String {
    format!(
        "Sending stopped: the mail server does not accept the login: {answer}. Correct the user and the password where they \
         are set: with PUT /api/transports/default, after which e-mails leave again; or in `smtp` of the settings, then \
         restart the server and resume sending."
    )
}

#[cfg(test)]
mod tests {
    use attractor_live::Lane;
    use attractor_store::versions::Version;
    use attractor_store::{Location, VersionNumber};
    use jiff::tz::TimeZoneDatabase;

    use super::*;

    /// Owners are told in the language of the playbook in force.
    fn first_version() -> Version {
        let files = r#"{"playbook.yaml":"playbook: shop"}"#.to_owned();
        Version { number: VersionNumber(1), at: 0, author: "ada".into(), note: String::new(), files }
    }

    #[test]
    fn a_new_login_ends_the_pause_of_the_old_one_and_no_other() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let location = Location::Sqlite(folder.path().join("store.db"));
        let mut lane = Lane::open(&location, TimeZoneDatabase::bundled()).expect("a store");
        lane.publish(&first_version(), false).expect("published");
        drop(lane);
        let mut connection = location.writer().expect("a store");
        assert_eq!(end_login_pause(&mut connection), Ok(false));
        for (by_a_person, ends) in [(None, true), (Some("we move"), false)] {
            assert!(halt_at_login(&mut connection, "535 no", Instant(5)).expect("stored").is_some());
            assert_eq!(halt_at_login(&mut connection, "535 again", Instant(9)), Ok(None));
            let refused = refused_login(&mut connection).expect("read").expect("it is noted");
            assert_eq!((refused.since, refused.answer.as_str()), (5, "535 no"));
            if let Some(why) = by_a_person {
                pause(&mut connection, why).expect("stored");
            }
            assert_eq!(end_login_pause(&mut connection), Ok(ends));
            assert_eq!(paused(&mut connection), Ok(by_a_person.map(str::to_owned)));
            assert_eq!(refused_login(&mut connection), Ok(None));
        }
    }
}
