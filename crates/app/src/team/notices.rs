//! Notices about accounts and the installation.

use attractor_engine::time::{Duration, Instant};
use attractor_store::{Connection, Error, access, lane, letters};

use super::letter::{LetterKind, NewLetter, ask, to_all};
use super::recipients::with_role;
pub use super::words::News;
use super::words::{self, language};
use crate::App;
use crate::access::names::ActorNames;
use crate::access::tokens;
use crate::actor::{Actor, Role};
use crate::secrets::hex;
use crate::sending::control::transport;

/// In the table `state`: what took e-mails when the server last started.
const TRANSPORT: &str = "transport";

/// Tells everybody who owns the installation.
pub fn tell_owners(connection: &mut Connection, news: &News, now: Instant) -> Result<(), Error> {
    let people = with_role(connection, Role::Owner)?;
    tell(connection, &people, news, now)
}

/// Tells one person.
pub fn tell_one(connection: &mut Connection, email: &str, news: &News, now: Instant) -> Result<(), Error> {
    tell(connection, &[email.to_owned()], news, now)
}

fn tell(connection: &mut Connection, people: &[String], news: &News, now: Instant) -> Result<(), Error> {
    let content = news.content(language(connection)?);
    ask(connection, to_all(LetterKind::Notice, people, &content, None), now)
}

/// What the team calls somebody who acts: the name of a user or a key.
pub fn called(connection: &mut Connection, actor: &Actor) -> Result<String, Error> {
    let names = ActorNames::read(connection)?;
    Ok(names.of(&actor.who).unwrap_or_else(|| actor.who.clone()))
}

/// Tells somebody that the account was tried too often: at most once a day, and without anybody waiting for it.
pub fn tell_of_lockout(app: &App, email: String) {
    let (lane, now) = (app.lane.clone(), app.machine.now());
    // Each try that is refused is not worth a look at the store.
    let account = hex(&tokens::hash(&email));
    if !app.access.refusals.is_new(&account, LetterKind::Lockout.name(), now.0) {
        return;
    }
    app.machine.begin(async move {
        let told = lane.run(move |lane| lane.write(|connection| locked_out(connection, &email, now))).await;
        if !matches!(told, Ok(Ok(()))) {
            tracing::warn!("somebody could not be told that an account was tried too often");
        }
    });
}

fn locked_out(connection: &mut Connection, email: &str, now: Instant) -> Result<(), Error> {
    let Some(user) = access::user_by_email(connection, email)?.filter(|user| user.disabled_at.is_none()) else {
        return Ok(());
    };
    let kind = LetterKind::Lockout;
    if letters::count_to(connection, kind.name(), &user.email, now.0 - Duration::DAY.0)? > 0 {
        return Ok(());
    }
    let content = words::lockout(language(connection)?);
    ask(connection, vec![NewLetter { kind, to: user.email, content, sealed: None, lead: None }], now)
}

/// Tells the owners where the settings name another mail server or sender than at the last start.
pub fn note_transport(app: &App) -> Result<(), String> {
    let (sender, now) = (app.settings.sender_email.clone(), app.machine.now());
    let text = format!("{}; the sender is {sender}", transport(&app.settings));
    let noted = app.lane.run_here(move |lane| {
        lane.write(|connection| {
            let before = lane::state(connection, TRANSPORT)?;
            if before.as_ref() == Some(&text) {
                return Ok(());
            }
            lane::set_state(connection, TRANSPORT, &text)?;
            match before {
                Some(_) => tell_owners(connection, &News::TransportChanged { transport: text }, now),
                None => Ok(()),
            }
        })
    });
    noted.map_err(|why| format!("{why:?}"))?.map_err(|why| why.to_string())
}
