//! Mails to members of the team: alerts of sequences, calls that wait, replies of people, notices about the installation, invitations and
//! links that set a password. They are never counted or measured, and are no lead's copies.
//!
//! A letter is asked for in the transaction of its cause ([`letter::ask`]); [`postman`] sends it.

mod alerted;
mod alerts;
mod by_hand;
pub(crate) mod calls;
mod doer;
pub mod letter;
pub mod links;
pub mod list;
pub mod lists;
mod news;
pub mod notices;
pub mod postman;
mod raised;
pub(crate) mod recipients;
pub mod replies;
pub(crate) mod words;

use attractor_store::letters::{self, LetterState};
use attractor_store::{Connection, Error, calls as stored_calls, lane, moves};

use crate::calls::watch;

/// Why letters of an archive are not sent.
const NOT_SENT: &str = "a backup was restored before it was sent";

/// Nothing that an archive brought is sent.
pub(crate) fn came_from_an_archive(connection: &mut Connection, now: i64) -> Result<(), Error> {
    moves::keep_alerts_unmailed(connection)?;
    stored_calls::let_rest(connection, now)?;
    lane::forget_state(connection, watch::MORNING)?;
    for state in [LetterState::Waiting, LetterState::Claimed] {
        letters::end_all(connection, (state, LetterState::Failed), NOT_SENT, now)?;
    }
    Ok(())
}
