//! Signing in and out. A session is a cookie with a random token; every change that comes with the cookie must also
//! bring the session's CSRF token, which other sites cannot read.

use std::net::IpAddr;

use attractor_store::UserId;
use attractor_store::access::{self, Session, SessionUse, User};
use serde_json::json;

use super::{addresses, note, note_later, passwords, tokens, users};
use crate::App;
use crate::actor::{Actor, Role};
use crate::refusal::Refusal;
use crate::settings::Settings;
use crate::team::notices::tell_of_lockout;

const HOUR: i64 = 3_600_000;
/// Bytes of a session's hash that name it in a list.
const SHOWN: usize = 8;
/// In the audit, of whoever could not sign in.
const STRANGER: &str = "stranger";
const SIGN_IN_FAILED: &str = "sign-in failed";

/// How long a session may be unused before it ends, in milliseconds.
fn idle(settings: &Settings) -> i64 {
    i64::from(settings.session_idle_hours) * HOUR
}

/// How long a session lasts at most, in milliseconds.
pub fn longest(settings: &Settings) -> i64 {
    i64::from(settings.session_days) * 24 * HOUR
}

/// A session that holds.
#[derive(Clone, Debug)]
pub struct Signed {
    /// What the cookie holds.
    pub token: String,
    pub csrf: String,
    pub user: User,
}

impl Signed {
    /// As whom it acts; `None` where the store names a role that this program does not know.
    pub fn actor(&self) -> Option<Actor> {
        Some(Actor { who: format!("user:{}", self.user.id), role: Role::named(&self.user.role)? })
    }

    /// Whether a request brought this session's CSRF token.
    pub fn is_meant(&self, csrf: &str) -> bool {
        tokens::same(self.csrf.as_bytes(), csrf.as_bytes())
    }
}

/// Begins a session. An unknown account, a disabled one and a wrong password get the same answer, after the same work.
pub async fn sign_in(app: &App, address: IpAddr, email: &str, password: String) -> Result<Signed, Refusal> {
    let (asked, email) = (email.to_owned(), addresses::plain(email));
    if email.len() > users::LONGEST_EMAIL {
        return Err(Refusal::invalid(
            "/email",
            format!("an e-mail address has at most {} bytes", users::LONGEST_EMAIL),
        ));
    }
    let now = app.machine.now().0;
    if let Err(seconds) = app.access.attempts.admit(address, &email, now) {
        tracing::warn!("a sign-in was refused: it was tried too often");
        tell_of_lockout(app, email);
        return Err(Refusal::too_often(seconds));
    }
    let user = app.readers.read(move |connection| addresses::find(connection, &asked)).await?;
    let is_known = user.as_ref().map(|user| user.id);
    let user = user.filter(|user| user.disabled_at.is_none());
    let stored = user.as_ref().and_then(|user| user.password.clone());
    let is_right = app.hashing(move || passwords::verify(&password, stored.as_deref())).await?;
    let Some(user) = user.filter(|_| is_right) else {
        note_failure(app, is_known);
        return Err(Refusal::Unauthenticated("the e-mail address or the password is wrong".to_owned()));
    };
    app.access.attempts.succeeded(address, &email);
    let signed = Signed { token: tokens::token(), csrf: tokens::token(), user };
    begin(app, &signed, now).await?;
    tracing::info!(user = signed.user.id.0, "signed in");
    Ok(signed)
}

/// Nobody waits for it: how long an answer takes must not tell whether there is such an account. What strangers call
/// themselves is not kept; attempts without an account are in the log alone, which its owner limits.
fn note_failure(app: &App, user: Option<UserId>) {
    let Some(id) = user else {
        tracing::warn!("a sign-in failed: there is no such account");
        return;
    };
    tracing::warn!(user = id.0, "a sign-in failed: wrong password, or the user is disabled");
    // Whoever guesses passwords has no share in the one writer: the log has each of them, the audit one an hour.
    if !app.access.refusals.is_new(&format!("user:{id}"), SIGN_IN_FAILED, app.machine.now().0) {
        return;
    }
    let actor = Actor { who: STRANGER.to_owned(), role: Role::Viewer };
    note_later(app, actor, SIGN_IN_FAILED, format!("user:{id}"), json!({}));
}

async fn begin(app: &App, signed: &Signed, now: i64) -> Result<(), Refusal> {
    let session = Session {
        hash: tokens::hash(&signed.token).to_vec(),
        user: signed.user.id,
        csrf: signed.csrf.clone(),
        made_at: now,
        expires_at: now + idle(&app.settings).min(longest(&app.settings)),
        seen_at: now,
    };
    let actor = signed.actor().ok_or_else(|| Refusal::Failed(format!("no such role: {}", signed.user.role)))?;
    let write = app.write(move |connection| {
        access::sweep(connection, now)?;
        access::insert_session(connection, &session)?;
        note(connection, &actor, now, "signed in", &actor.who, &json!({}))?;
        Ok(Ok(()))
    });
    write.await
}

/// When a session ends if it is not used again. The settings may have become shorter since it was stored.
fn ends_at(session: &Session, settings: &Settings) -> i64 {
    session.expires_at.min(session.seen_at + idle(settings)).min(session.made_at + longest(settings))
}

/// The session of a cookie, where it holds. Its life is prolonged, at most once an hour.
pub async fn find(app: &App, token: &str) -> Result<Option<Signed>, Refusal> {
    let (hash, now) = (tokens::hash(token), app.machine.now().0);
    let found = app.readers.read(move |connection| access::session(connection, &hash, now)).await?;
    let Some((session, user)) = found.filter(|(session, _)| ends_at(session, &app.settings) > now) else {
        return Ok(None);
    };
    if now - session.seen_at > HOUR.min(idle(&app.settings) / 4) {
        let expires_at = (now + idle(&app.settings)).min(session.made_at + longest(&app.settings));
        let used = SessionUse { seen_at: now, expires_at };
        let prolonged = app.write(move |connection| access::prolong_session(connection, &hash, used).map(Ok));
        // A store that cannot be written to is no reason to sign anybody out.
        if prolonged.await.is_err() {
            tracing::debug!("a session could not be prolonged");
        }
    }
    Ok(Some(Signed { token: token.to_owned(), csrf: session.csrf, user }))
}

/// One of a user's sessions, as the user sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Names it among the user's sessions; it opens nothing.
    pub id: String,
    /// Whether it is the one that asks.
    pub is_current: bool,
    /// Milliseconds since 1970, as the other two.
    pub made_at: i64,
    /// When it was last used, to the hour.
    pub seen_at: i64,
    pub ends_at: i64,
}

fn name(hash: &[u8]) -> String {
    hash.iter().take(SHOWN).map(|byte| format!("{byte:02x}")).collect()
}

/// The sessions of the user who asks, the latest first.
pub async fn list(app: &App, signed: &Signed) -> Result<Vec<Listed>, Refusal> {
    let (user, now, current) = (signed.user.id, app.machine.now().0, tokens::hash(&signed.token));
    let found = app.readers.read(move |connection| access::sessions_of(connection, user, now)).await?;
    let listed = found.into_iter().map(|session| Listed {
        id: name(&session.hash),
        is_current: session.hash == current,
        made_at: session.made_at,
        seen_at: session.seen_at,
        ends_at: ends_at(&session, &app.settings),
    });
    Ok(listed.filter(|session| session.ends_at > now).collect())
}

/// Ends one of the user's sessions, by its id in the list.
pub async fn end(app: &App, signed: &Signed, id: String) -> Result<(), Refusal> {
    let (user, now) = (signed.user.id, app.machine.now().0);
    let write = app.write(move |connection| {
        let all = access::sessions_of(connection, user, now)?;
        let Some(session) = all.into_iter().find(|session| name(&session.hash) == id) else {
            return Ok(Err(Refusal::Missing("you have no such session; GET /api/sessions lists yours".to_owned())));
        };
        access::delete_session(connection, &session.hash).map(Ok)
    });
    let ended = write.await;
    app.access.narrow();
    ended
}

/// Ends all of the user's sessions but the one that asks. Returns how many.
pub async fn end_others(app: &App, signed: &Signed) -> Result<u64, Refusal> {
    let (user, current) = (signed.user.id, tokens::hash(&signed.token));
    let ended = app.write(move |connection| access::delete_sessions_but(connection, user, &current).map(Ok)).await;
    app.access.narrow();
    ended
}

/// Whether a session still holds, without prolonging it. A store that cannot be read is no reason to sign anybody out.
pub async fn holds(app: &App, signed: &Signed) -> bool {
    let (hash, now) = (tokens::hash(&signed.token), app.machine.now().0);
    let found: Result<_, Refusal> =
        app.readers.read(move |connection| Ok(access::session(connection, &hash, now)?)).await;
    match found {
        Ok(found) => found.is_some_and(|(session, _)| ends_at(&session, &app.settings) > now),
        Err(_) => true,
    }
}

/// Ends a session. From its return on the cookie opens nothing.
pub async fn sign_out(app: &App, token: &str) -> Result<(), Refusal> {
    let hash = tokens::hash(token);
    let ended = app.write(move |connection| access::delete_session(connection, &hash).map(Ok)).await;
    app.access.narrow();
    ended
}
