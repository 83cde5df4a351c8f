//! Signing in and out. A session is a cookie with a random token; every change that comes with the cookie must also
//! bring the session's CSRF token, which other sites cannot read.

use std::net::IpAddr;

use attractor_store::access::{self, Session, User};
use serde_json::json;

use super::{Denied, note, passwords, tokens, users};
use crate::app::App;
use crate::app::actor::{Actor, Role};

const HOUR: i64 = 3_600_000;
/// A session ends when it was not used for so long, in milliseconds …
pub const IDLE: i64 = 14 * 24 * HOUR;
/// … and in any case so long after it began.
const LONGEST: i64 = 90 * 24 * HOUR;

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

/// Begins a session. Whoever has no account, a disabled one or a wrong password hears the same, as late.
pub async fn sign_in(app: &App, address: IpAddr, email: &str, password: String) -> Result<Signed, Denied> {
    let email = users::plain(email);
    let now = app.machine.now().0;
    app.access.attempts.admit(address, &email, now).map_err(Denied::TooOften)?;
    let asked = email.clone();
    let user = app.readers.read(move |connection| access::user_by_email(connection, &asked)).await?;
    let user = user.filter(|user| user.disabled_at.is_none());
    let stored = user.as_ref().and_then(|user| user.password.clone());
    let is_right = app.hashing(move || passwords::verify(&password, stored.as_deref())).await?;
    let Some(user) = user.filter(|_| is_right) else {
        return Err(Denied::Stranger("the e-mail address or the password is wrong".to_owned()));
    };
    app.access.attempts.succeeded(address, &email);
    let signed = Signed { token: tokens::token(), csrf: tokens::token(), user };
    begin(app, &signed, now).await?;
    Ok(signed)
}

async fn begin(app: &App, signed: &Signed, now: i64) -> Result<(), Denied> {
    let session = Session {
        hash: tokens::hash(&signed.token).to_vec(),
        user: signed.user.id,
        csrf: signed.csrf.clone(),
        made_at: now,
        expires_at: now + IDLE,
        seen_at: now,
    };
    let actor = signed.actor().ok_or_else(|| Denied::Failed(format!("no such role: {}", signed.user.role)))?;
    let write = app.write(move |connection| {
        access::sweep(connection, now)?;
        access::insert_session(connection, &session)?;
        note(connection, &actor, now, "signed in", &actor.who, &json!({}))?;
        Ok(Ok(()))
    });
    write.await
}

/// The session of a cookie, where it holds. Its life is prolonged, at most once an hour.
pub async fn find(app: &App, token: &str) -> Result<Option<Signed>, Denied> {
    let (hash, now) = (tokens::hash(token), app.machine.now().0);
    let found = app.readers.read(move |connection| access::session(connection, &hash, now)).await?;
    let Some((session, user)) = found else { return Ok(None) };
    if now - session.seen_at > HOUR {
        let until = (now + IDLE).min(session.made_at + LONGEST);
        let prolonged = app.write(move |connection| access::prolong_session(connection, &hash, now, until).map(Ok));
        // A store that cannot be written to is no reason to sign anybody out.
        if prolonged.await.is_err() {
            tracing::debug!("a session could not be prolonged");
        }
    }
    Ok(Some(Signed { token: token.to_owned(), csrf: session.csrf, user }))
}

/// Whether a session still holds, without prolonging it. A store that cannot be read is no reason to sign anybody out.
pub async fn holds(app: &App, signed: &Signed) -> bool {
    let (hash, now) = (tokens::hash(&signed.token), app.machine.now().0);
    let found: Result<_, Denied> =
        app.readers.read(move |connection| Ok(access::session(connection, &hash, now)?)).await;
    !matches!(found, Ok(None))
}

/// Ends a session. From its return on the cookie opens nothing.
pub async fn sign_out(app: &App, token: &str) -> Result<(), Denied> {
    let hash = tokens::hash(token);
    let ended = app.write(move |connection| access::delete_session(connection, &hash).map(Ok)).await;
    app.access.narrow();
    ended
}
