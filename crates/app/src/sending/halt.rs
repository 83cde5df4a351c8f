//! Sending stops by itself: it pauses until somebody resumes it, and the owners are told why.

use attractor_engine::time::Instant;
use attractor_store::{Connection, Error};
use serde_json::json;

use super::{pause, paused};
use crate::access::note;
use crate::actor::{Actor, Role};
use crate::team::notices::{News, tell_owners};

/// Who pauses, for the audit.
const SENDER: &str = "sender";

/// Pauses sending and returns why; `None` if it is paused already.
pub fn halt(connection: &mut Connection, why: String, now: Instant) -> Result<Option<String>, Error> {
    if paused(connection)?.is_some() {
        return Ok(None);
    }
    pause(connection, &why)?;
    let sender = Actor { who: SENDER.to_owned(), role: Role::Owner };
    note(connection, &sender, now.0, "sending paused", "sending", &json!({"why": why}))?;
    tell_owners(connection, &News::SendingStopped { why: why.clone() }, now)?;
    Ok(Some(why))
}

/// Why sending stops when the mail server does not accept the login. Each further try would bring the provider nearer to
/// locking the account.
pub fn login_words(answer: &str) -> String {
    format!(
        "Sending stopped: the mail server does not accept the login: {answer}. Correct the user and the password in `smtp` \
         and restart the server. Then resume sending."
    )
}
