//! Whether mail leaves: as people see it, and as they change it.

use std::collections::BTreeMap;

use attractor_store::copies::CopyState;
use attractor_store::{lane, outbox};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::halt::forget_refused_login;
use super::sender::Sender;
use super::smtp_url::SmtpServer;
use super::{PAUSED, pause, paused, reputation, test_mode};
use crate::access::note;
use crate::actor::Actor;
use crate::refusal::Refusal;
use crate::{App, Settings};

/// Why mail does not leave after somebody paused sending and gave no reason.
const BY_A_PERSON: &str = "somebody paused it";
/// The most characters of a reason.
const MOST: usize = 500;

/// How sending is
#[derive(Debug, Serialize, ToSchema)]
pub struct SendingStatus {
    /// Why no e-mail leaves; null where they leave
    pub paused: Option<String>,
    /// Where e-mails go, in English
    pub transport: String,
    /// Whether a mail server is set, so that e-mails really leave. If it is false, each e-mail is caught: it becomes a file
    /// on this machine, and nobody gets it
    pub is_real: bool,
    /// The address that gets samples while the test mode is on, in which no lead gets an e-mail; null where it is off
    pub test_to: Option<String>,
    /// What keeps e-mails from the people they are for, in English; null where nothing does
    pub warning: Option<String>,
    /// Where mail to return addresses is taken, such as `127.0.0.1:2525`; null where none is
    pub inbound: Option<String>,
    /// How many copies there are in each state; those in `claimed` are being sent at this moment
    pub counts: BTreeMap<String, i64>,
    /// How many of the copies in the state `sent` were caught, because no mail server was set: nobody got them. Only copies
    /// to leads count; `GET /api/caught` also lists tests, samples and mails to users, and only those of the last 30 days
    pub caught: i64,
}

/// How sending is now.
pub async fn status(app: &App) -> Result<SendingStatus, Refusal> {
    let account = app.account.current();
    let transport = way(account.as_deref().map(|account| &account.server));
    let (is_real, warning) = (account.is_some(), warning(app));
    let test_to = test_mode::recipient(&app.settings).map_err(Refusal::Failed)?.map(|to| to.address().to_owned());
    let inbound = app.inbound.get().map(|address| address.to_string());
    let read = app.read(move |view| {
        let found = outbox::count_by_state(view.connection)?;
        let count = |state: CopyState| found.iter().find(|count| count.state == state);
        let counts = CopyState::ALL
            .into_iter()
            .map(|state| (state.name().to_owned(), count(state).map_or(0, |count| count.copies)))
            .collect();
        let caught = count(CopyState::Sent).map_or(0, |count| count.caught);
        Ok((paused(view.connection)?, counts, caught))
    });
    let (paused, counts, caught) = read.await?;
    Ok(SendingStatus { paused, transport, is_real, test_to, warning, inbound, counts, caught })
}

/// Pauses sending until somebody resumes it. E-mails that are being sent still leave.
pub async fn pause_by(app: &App, actor: &Actor, why: Option<String>) -> Result<SendingStatus, Refusal> {
    let why = why.map(|why| why.trim().to_owned()).filter(|why| !why.is_empty());
    if why.as_ref().is_some_and(|why| why.chars().count() > MOST) {
        return Err(Refusal::invalid("/why", format!("`why` is longer than {MOST} characters; shorten it")));
    }
    let (actor, now, why) = (actor.clone(), app.clock.now().0, why.unwrap_or_else(|| BY_A_PERSON.into()));
    app.write(move |connection| {
        pause(connection, &why)?;
        note(connection, &actor, now, "sending paused", "sending", &json!({"why": why})).map(Ok)
    })
    .await?;
    status(app).await
}

/// Resumes sending, also after a restore. Whoever resumes states that this installation is the one that sends.
pub async fn resume(app: &App, actor: &Actor) -> Result<SendingStatus, Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now().0);
    app.write(move |connection| {
        let Some(why) = paused(connection)? else { return Ok(Ok(())) };
        lane::forget_state(connection, PAUSED)?;
        forget_refused_login(connection)?;
        reputation::forget(connection)?;
        note(connection, &actor, now, "sending resumed", "sending", &json!({"was_paused": why})).map(Ok)
    })
    .await?;
    app.copies.ring();
    status(app).await
}

/// What is to be known of the test mode, and of a mail server whose sender exists for tests alone; `None` of all others.
pub fn warning(app: &App) -> Option<String> {
    warned_of(&app.settings, app.verifier.sender(), app.account.is_real())
}

fn warned_of(settings: &Settings, sender: &Sender, is_real: bool) -> Option<String> {
    let all: Vec<String> =
        [test_mode::warning(settings), trying_out(sender).filter(|_| is_real)].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn trying_out(sender: &Sender) -> Option<String> {
    sender.is_for_trying_out().then(|| {
        format!(
            "The sender {} and the links of e-mails are under names for tests. So marketing and answers leave only to \
             addresses under such names, such as ada@example.test; e-mails to all others wait as `domain_unverified`. Set \
             `sender_email` and `public_url` to names of your own.",
            sender.from.address()
        )
    })
}

/// Where e-mails go, without secrets: to this mail server, or nowhere.
pub(crate) fn way(server: Option<&SmtpServer>) -> String {
    match server {
        Some(server) => format!("to the mail server {server}"),
        None => "caught: each e-mail is a file in the data folder, in `caught`, and nobody gets it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::defaults;

    #[test]
    fn the_test_mode_does_not_hide_that_the_sender_exists_for_tests() {
        let mut settings = defaults().unwrap();
        (settings.sender_email, settings.public_url) = ("news@acme.test".into(), "https://leads.acme.test".into());
        for (test_to, is_real, expected) in [
            ("", false, [false, false]),
            ("", true, [false, true]),
            ("qa@acme.example", false, [true, false]),
            ("qa@acme.example", true, [true, true]),
        ] {
            settings.test_to = test_to.into();
            let sender = Sender::of(&settings).unwrap();
            let said = warned_of(&settings, &sender, is_real).unwrap_or_default();
            assert_eq!(
                ["The test mode is on", "under names for tests"].map(|words| said.contains(words)),
                expected,
                "{said}"
            );
        }
    }

    #[test]
    fn a_mail_server_with_a_sender_for_tests_is_warned_of() {
        let mut settings = defaults().unwrap();
        for (from, url, warns) in [
            ("news@acme.test", "https://leads.acme.test", true),
            ("news@acme.test", "", true),
            ("news@acme.example", "https://leads.acme.test", false),
            ("news@acme.test", "https://leads.acme.example", false),
        ] {
            (settings.sender_email, settings.public_url) = (from.into(), url.into());
            let said = trying_out(&Sender::of(&settings).unwrap());
            assert_eq!(said.as_ref().is_some_and(|why| why.contains(from)), warns, "{from} {url}: {said:?}");
        }
    }
}
