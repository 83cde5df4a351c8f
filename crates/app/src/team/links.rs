//! Invitations and links that set a password, by mail. The link itself is sealed until the letter leaves, so that neither
//! the database nor any list tells it.

use std::net::IpAddr;
use std::sync::Arc;

use attractor_engine::time::{Duration, Instant};
use attractor_store::access::{self, Invitation, User};
use attractor_store::{Connection, Error, UserId, letters};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::doer::Doer;
use super::letter::{LetterKind, NewLetter, ask};
use super::words::{self, language};
use crate::App;
use crate::access::users::{self, invite};
use crate::access::{addresses, note, tokens};
use crate::actor::{Actor, Role};
use crate::refusal::Refusal;

/// What a sealed link is for.
pub(super) const PURPOSE: &str = "letter";
/// How long a link works that somebody asked for who is not signed in, in milliseconds.
const SHORT: i64 = 2 * Duration::HOUR.0;
/// As many links are mailed to one address in a day, whoever asks for them.
const MOST_A_DAY: i64 = 5;

/// A fresh token with the sealed link that carries it.
fn sealed_link(app: &App) -> Result<(String, Vec<u8>), Refusal> {
    let token = tokens::token();
    let link = app.settings.address() + &users::link_path(&token);
    let sealed = app.secrets.seal(PURPOSE, link.as_bytes()).map_err(Refusal::Failed)?;
    Ok((token, sealed))
}

/// An invitation that is on its way
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MailedInvitation {
    /// The address that it goes to
    pub to: String,
    /// Until when its link works, once
    #[schema(format = DateTime)]
    pub expires_at: String,
}

/// Mails a user the link that sets a password, which then works for seven days.
pub async fn invite_by_mail(app: &App, actor: &Actor, id: UserId) -> Result<MailedInvitation, Refusal> {
    if !app.account.is_real() {
        let why = "no mail server is set, so that the link would reach nobody: set one (`smtp`, or PUT \
                   /api/transports/default), or hand over a link that `attractor user link EMAIL` or POST \
                   /api/users/{id}/link makes";
        return Err(Refusal::Conflict(why.to_owned()));
    }
    let (token, sealed) = sealed_link(app)?;
    let (actor, now) = (actor.clone(), app.machine.now());
    let write = app.write(move |connection| {
        let Some(user) = access::user_by_id(connection, id)?.filter(|user| user.disabled_at.is_none()) else {
            return Ok(Err(Refusal::Missing(format!("there is no user {id} who may sign in"))));
        };
        invite(connection, &token, Some(id), now.0, users::LINK)?;
        let content = words::invitation(language(connection)?, &Doer::of(connection, &actor)?);
        let kind = LetterKind::Invitation;
        let mailed = MailedInvitation { to: user.email.clone(), expires_at: Instant(now.0 + users::LINK).to_string() };
        ask(connection, vec![NewLetter { kind, to: user.email, content, sealed: Some(sealed), lead: None }], now)?;
        note(connection, &actor, now.0, "invitation mailed", &format!("user:{id}"), &json!({}))?;
        Ok(Ok(mailed))
    });
    write.await
}

/// Mails a link to whoever has an account with this address. Whoever asks gets the same answer after the same work,
/// whether there is such an account.
pub fn ask_for_link(app: &Arc<App>, address: IpAddr, email: &str) -> Result<(), Refusal> {
    let (email, now) = (email.to_owned(), app.machine.now());
    if addresses::plain(&email).len() > users::LONGEST_EMAIL {
        return Err(Refusal::invalid("/email", "this is not an e-mail address; write ada@example.com"));
    }
    users::admit_address(app, address, now.0)?;
    if !app.account.is_real() {
        tracing::warn!("somebody asked for a link that sets a password, and no mail server is set");
        return Ok(());
    }
    let (token, sealed) = sealed_link(app)?;
    let lane = app.lane.clone();
    app.machine.begin(async move {
        let asked = lane.run(move |lane| lane.write(|connection| mail_link(connection, &email, &token, sealed, now)));
        if !matches!(asked.await, Ok(Ok(()))) {
            tracing::warn!("a link that sets a password could not be mailed");
        }
    });
    Ok(())
}

fn mail_link(
    connection: &mut Connection,
    email: &str,
    token: &str,
    sealed: Vec<u8>,
    now: Instant,
) -> Result<(), Error> {
    let Some(User { id, email, .. }) = addresses::find(connection, email)?.filter(|user| user.disabled_at.is_none())
    else {
        return Ok(());
    };
    let kind = LetterKind::PasswordLink;
    if letters::count_to(connection, kind, &email, now.0 - Duration::DAY.0)? >= MOST_A_DAY {
        tracing::warn!(user = id.0, "no more links that set a password are mailed to this user today");
        return Ok(());
    }
    // A stranger may have asked: an invitation that waits goes on working.
    let link = Invitation { hash: tokens::hash(token).to_vec(), user: Some(id), expires_at: now.0 + SHORT };
    access::add_invitation(connection, &link)?;
    let content = words::password_link(language(connection)?);
    ask(connection, vec![NewLetter { kind, to: email, content, sealed: Some(sealed), lead: None }], now)?;
    let stranger = Actor { who: "stranger".to_owned(), role: Role::Viewer };
    note(connection, &stranger, now.0, "password link mailed", &format!("user:{id}"), &json!({}))
}
