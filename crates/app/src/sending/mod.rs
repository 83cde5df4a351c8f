//! E-mails on their way to people: which copies may leave, of what they are made, how they leave, and what became of
//! them. [`mailer`] is the walk through it; the server brings a thread and a [`transport`].
//!
//! Here is whether mail may leave at all. A copy of an installation must not send what its original sends, until a person
//! says which of the two goes on.

pub mod account;
pub mod again;
pub mod ahead;
pub(crate) mod backoff;
mod batch;
mod best;
pub mod broadcasts;
mod budgets;
mod cadence;
pub mod caught;
pub(crate) mod compose;
pub mod control;
pub(crate) mod copy_words;
mod countries;
pub(crate) mod country_rules;
pub(crate) mod disclosure;
pub mod dns_settings;
pub mod drafts;
mod due;
pub(crate) mod emails;
mod endings;
pub(crate) mod failed_test;
pub(crate) mod gate;
mod halt;
mod holds;
pub mod incoming;
pub mod library;
mod limits;
pub(crate) mod links;
pub mod list;
pub mod mailer;
mod messages;
pub mod pace;
pub(crate) mod permission;
mod plan;
mod rates;
mod reputation;
mod return_address;
pub mod sender;
pub(crate) mod senders;
mod settling;
pub(crate) mod signing;
pub(crate) mod situation;
pub mod smtp_url;
pub(crate) mod survey;
pub(crate) mod test_mail;
pub(crate) mod test_mode;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod texts;
pub mod topics;
pub mod transport;
pub mod transports;
mod trouble;
pub(crate) mod utm;
pub(crate) mod values;
pub mod verification;
mod warm_up;
pub(crate) mod words;
pub(crate) mod zone;

use attractor_engine::time::Instant;
use attractor_live::Lane;
use attractor_store::{Connection, Error, lane, outbox};

pub(crate) use halt::forget_refused_login;
pub(crate) use rates::Provider;
pub(crate) use texts::of_country;

/// In the table `state`: why no mail leaves.
const PAUSED: &str = "sending paused";

/// Why no mail leaves; `None` where it does.
pub fn paused(connection: &mut Connection) -> Result<Option<String>, Error> {
    lane::state(connection, PAUSED)
}

/// Lets no mail leave from here on.
pub fn pause(connection: &mut Connection, why: &str) -> Result<(), Error> {
    lane::set_state(connection, PAUSED, why)
}

/// Ends the dialogues of servers before this one: whether their copies arrived cannot be known, and their sequences go on.
pub fn doubt_what_was_under_way(lane: &mut Lane, now: Instant) -> Result<(), Error> {
    let mut copies = 0;
    loop {
        match lane.doubt_claimed(now)? {
            0 => break,
            some => copies += some,
        }
    }
    if copies > 0 {
        tracing::warn!(copies, "e-mails were being sent when the server ended; whether they arrived is not known");
    }
    Ok(())
}

/// Settles what an archive brought: nothing of it is sent, and dialogues that the original had under way are not this
/// installation's. Returns what the owner should know.
pub(crate) fn came_from_an_archive(connection: &mut Connection) -> Result<String, Error> {
    let waiting = outbox::count_waiting(connection)? + outbox::disown_claims(connection)? as i64;
    pause(connection, "a backup was restored, and the server that this backup came from may have sent e-mails since")?;
    let mails = if waiting == 1 { "1 e-mail waits".to_owned() } else { format!("{waiting} e-mails wait") };
    Ok(format!(
        "Sending is paused, because the server that this backup came from may have sent e-mails since; {mails}. When \
         that server sends no more, POST /api/sending/resume with an API key of a marketer or an owner lets e-mails leave."
    ))
}
