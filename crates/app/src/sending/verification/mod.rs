//! Whether the sender domain is verified: its DNS records, the public address and the sender are checked, and the last
//! result is kept in the table `state`, where the gate reads it. Until then marketing and answers wait.
//!
//! [`Verifier`] is made once of the settings; the server brings the [`Network`], and a thread that calls [`check`].

mod examined;
pub mod reach;
mod shown;

use std::sync::Arc;

pub use attractor_mail::dns::{Answer, Query, RecordType};
use attractor_store::{Connection, Error, lane, outbox};
use serde_json::json;

pub use examined::Verifier;
pub use shown::{DomainCause, DomainRecord, DomainStatus};

use super::sender::Sender;
use crate::App;
use crate::access::note_later;
use crate::actor::Actor;
use crate::refusal::Refusal;
use crate::stored::of_row;
use examined::Judged;
use shown::StoredCheck;

/// In the table `state`: the last check of the sender domain.
const CHECKED: &str = "sender domain";
/// Why copies wait whose sender domain is not verified.
const HELD: &str = "domain_unverified";

/// What a check needs of the world outside.
pub trait Network: Send + Sync {
    /// Looks names up, all at once; an answer for each query, in their order.
    fn look_up(&self, queries: &[Query]) -> Vec<Answer>;

    /// Gets a URL from one of these addresses: the status and the beginning of the answer. The error is a sentence.
    fn call(&self, url: &str, addresses: &[std::net::IpAddr]) -> Result<(u16, String), String>;
}

/// Whether marketing waits for the domain to be verified: mails leave this machine, and the sender's names are not those
/// that exist for tests, which nothing can verify.
pub fn is_needed(app: &App) -> bool {
    app.account.is_real() && !app.verifier.sender().is_for_trying_out()
}

/// Whether the last check found the domain of this sender verified, under its public address.
pub fn is_verified(connection: &mut Connection, sender: &Sender) -> Result<bool, Error> {
    Ok(last(connection, sender)?.is_some_and(|checked| checked.verified))
}

/// The last check of this sender's domain under its public address.
fn last(connection: &mut Connection, sender: &Sender) -> Result<Option<StoredCheck>, Error> {
    // Empty where it was forgotten.
    let stored = lane::state(connection, CHECKED)?.filter(|text| !text.is_empty());
    // What cannot be read, such as of another version, is checked anew, and nothing is verified until then.
    let checked = stored.and_then(|text| of_row::<StoredCheck>(&text, "state", CHECKED).ok());
    Ok(checked.filter(|checked| checked.is_of(sender)))
}

/// Forgets a check that was made with other settings: its verdict does not hold for these.
pub(crate) fn forget_outdated(connection: &mut Connection, verifier: &Verifier) -> Result<(), Error> {
    match last(connection, verifier.sender())?.is_none_or(|checked| verifier.made(&checked)) {
        true => Ok(()),
        false => lane::set_state(connection, CHECKED, ""),
    }
}

/// How the domain was at the last check, or what is to be set before the first one.
pub async fn status(app: &App) -> Result<DomainStatus, Refusal> {
    let (verifier, is_needed) = (app.verifier.clone(), is_needed(app));
    app.read(move |view| {
        let stored = last(view.connection, verifier.sender())?;
        Ok(verifier.status(stored, is_needed))
    })
    .await
}

/// As many checks may be asked for in a minute: each asks servers of others.
const CHECKS: u32 = 6;

/// Checks now, and answers how the domain is.
pub async fn check_now(app: &Arc<App>, actor: &Actor) -> Result<DomainStatus, Refusal> {
    app.domain_checks.pass(1, CHECKS, app.machine.now()).map_err(Refusal::too_often)?;
    note_later(app, actor.clone(), "sender domain checked", "sending".to_owned(), json!({}));
    let checking = app.clone();
    let checked = app.machine.done(move || check(&checking)).await;
    checked.unwrap_or_else(|| Err(Refusal::Failed("the check of the sender domain has failed".into())))
}

/// The same on a thread that may wait for the network: for about a minute at most.
pub fn check(app: &App) -> Result<DomainStatus, Refusal> {
    app.verifier.refuse_nobody().map_err(Refusal::Conflict)?;
    let stopwatch = app.machine.stopwatch();
    let judged = app.verifier.examine(&|| stopwatch.elapsed());
    let (verifier, at, due) = (app.verifier.clone(), app.machine.now().0, app.clock.now().0);
    let (stored, was_verified) =
        app.lane.run_here(move |lane| lane.write(|connection| store(connection, &verifier, judged, at, due)))??;
    if stored.verified && !was_verified {
        tracing::info!(domain = stored.domain, "the sender domain is verified");
        app.copies.ring();
    }
    Ok(app.verifier.status(Some(stored), is_needed(app)))
}

/// Keeps a result; copies that waited for the domain are due when it becomes verified. Also returns whether it was
/// verified before.
fn store(
    connection: &mut Connection,
    verifier: &Verifier,
    judged: Judged,
    at: i64,
    due: i64,
) -> Result<(StoredCheck, bool), Error> {
    let was_verified = is_verified(connection, verifier.sender())?;
    let stored = judged.stored(verifier, was_verified, at);
    let text = serde_json::to_string(&stored).unwrap_or_default();
    lane::set_state(connection, CHECKED, &text)?;
    if stored.verified && !was_verified {
        outbox::recall(connection, HELD, due)?;
    }
    Ok((stored, was_verified))
}

#[cfg(test)]
mod tests;
