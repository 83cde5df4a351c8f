//! Users: who they are, what they may do, and how they get their password: by a link that works once.

use std::net::IpAddr;
use std::sync::Arc;

use attractor_engine::time::Instant;
use attractor_store::access::{self, Invitation, User};
use attractor_store::{Connection, Error, UserId};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::addresses::{find, plain};
use super::keys::tell_of_revocation;
use super::sessions::Signed;
use super::{note, passwords, tokens};
use crate::App;
use crate::actor::{Actor, Role};
use crate::refusal::{Refusal, all_right};
use crate::team::notices::{Doer, News, tell_one, tell_owners};

/// How long a link that sets a password works, in milliseconds.
pub(crate) const LINK: i64 = 7 * 24 * 3_600_000;
/// In characters, of a name; and in bytes, of an address (RFC 5321).
const LONGEST_NAME: usize = 200;
pub(crate) const LONGEST_EMAIL: usize = 254;

/// The path of the page on which a link with this token sets a password.
pub fn link_path(token: &str) -> String {
    format!("/setup?token={token}")
}

/// Counts a try of somebody who is not signed in.
pub(crate) fn admit_address(app: &App, address: IpAddr, now: i64) -> Result<(), Refusal> {
    app.access.attempts.admit_address(address, now).map_err(Refusal::too_often)
}

fn judge_email(email: &str) -> Result<(), Refusal> {
    let is_address = email.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && !domain.is_empty() && !domain.contains('@') && email.len() <= LONGEST_EMAIL
    });
    if is_address && !email.contains(|letter: char| letter.is_whitespace() || letter.is_control()) {
        return Ok(());
    }
    Err(Refusal::invalid("/email", "this is not an e-mail address; write ada@example.com"))
}

fn judge_name(name: &str) -> Result<(), Refusal> {
    if name.chars().count() <= LONGEST_NAME && !name.contains('\0') {
        return Ok(());
    }
    Err(Refusal::invalid("/name", format!("a name has at most {LONGEST_NAME} characters")))
}

fn judge_password(password: &str, email: &str) -> Result<(), Refusal> {
    passwords::judge(password, email).map_err(|why| Refusal::invalid("/password", why))
}

pub async fn list(app: &App) -> Result<Vec<User>, Refusal> {
    app.readers.read(|connection| Ok(access::users(connection)?)).await
}

/// A user to be made. Without a password, a link sets one.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub email: String,
    pub name: String,
    pub role: Role,
    pub password: Option<String>,
}

/// Makes a user; returns it with the token of its link, where it has no password yet.
pub async fn add(app: &App, actor: &Actor, new: NewUser) -> Result<(User, Option<String>), Refusal> {
    let email = plain(&new.email);
    let judged = new.password.as_deref().map_or(Ok(()), |password| judge_password(password, &email));
    all_right([judge_email(&email), judge_name(&new.name), judged])?;
    let password = match new.password {
        Some(password) => Some(hashed(app, password, &email).await?),
        None => None,
    };
    let (actor, now) = (actor.clone(), app.machine.now().0);
    let role = new.role.name().to_owned();
    let token = password.is_none().then(tokens::token);
    let mut user = User {
        id: UserId::default(),
        email,
        name: new.name.trim().to_owned(),
        role,
        password,
        made_at: now,
        disabled_at: None,
    };
    let write = app.write(move |connection| {
        let Some(id) = insert(connection, &user)? else {
            let why = format!("{0} is a user already; `attractor user link {0}` prints a new link", user.email);
            return Ok(Err(Refusal::Conflict(why)));
        };
        user.id = id;
        if let Some(token) = &token {
            invite(connection, token, Some(id), now, LINK)?;
        }
        note(connection, &actor, now, "user added", &format!("user:{id}"), &json!({"role": user.role}))?;
        let by = Doer::of(connection, &actor)?;
        let news = News::UserAdded { email: user.email.clone(), role: user.role.clone(), by };
        tell_owners(connection, &news, Instant(now))?;
        Ok(Ok((user, token)))
    });
    write.await
}

/// `None` where the address is a user's already, however it was stored.
fn insert(connection: &mut Connection, user: &User) -> Result<Option<UserId>, Error> {
    match find(connection, &user.email)? {
        Some(_) => Ok(None),
        None => access::insert_user(connection, user),
    }
}

/// What is to change of a user; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    pub disabled: Option<bool>,
}

/// Changes a user. One owner who can sign in always remains, where there was one.
///
/// What the user may no longer do, the api keys that the user made may not do either: they are revoked. Write keys go
/// on, because sites and servers send with them; they come back beside the user, to be looked at.
pub async fn change(app: &Arc<App>, actor: &Actor, id: UserId, change: UserChange) -> Result<Changed, Refusal> {
    if let Some(name) = &change.name {
        judge_name(name)?;
    }
    let (actor, now) = (actor.clone(), app.machine.now().0);
    let shared = app.clone();
    let done = app.lane.run(move |lane| -> Result<Changed, Refusal> {
        let (changed, keys) = lane.write(|connection| -> Result<_, Error> {
            let changed = changed(connection, &actor, id, &change, now)?;
            let changed = match changed {
                Ok(user) => Ok(narrowed(connection, &actor, user, now)?),
                Err(denied) => Err(denied),
            };
            Ok((changed, access::keys(connection)?))
        })?;
        shared.take_keys(&keys);
        changed
    });
    done.await?
}

/// A user as it is after a change.
#[derive(Clone, Debug)]
pub struct Changed {
    pub user: User,
    /// The names of api keys that were revoked with it.
    pub revoked: Vec<String>,
    /// The names of the write keys of a disabled user that go on sending.
    pub sending: Vec<String>,
}

/// Revokes the api keys that a user made and that may do more than the user may now.
fn narrowed(connection: &mut Connection, actor: &Actor, user: User, now: i64) -> Result<Changed, Error> {
    let (maker, is_disabled) = (format!("user:{}", user.id), user.disabled_at.is_some());
    let most = Role::named(&user.role).filter(|_| !is_disabled);
    let all = access::keys(connection)?.into_iter();
    let mut changed = Changed { user, revoked: Vec::new(), sending: Vec::new() };
    for key in all.filter(|key| key.made_by == maker && key.revoked_at.is_none()) {
        let role = key.role.as_deref().and_then(Role::named);
        if role.is_some() && role > most {
            access::revoke_key(connection, key.id, now)?;
            note(connection, actor, now, "key revoked", &format!("key:{}", key.id), &json!({"made_by": maker}))?;
            tell_of_revocation(connection, actor, key.id, now)?;
            changed.revoked.push(key.name);
        } else if role.is_none() && is_disabled {
            changed.sending.push(key.name);
        }
    }
    Ok(changed)
}

fn changed(
    connection: &mut Connection,
    actor: &Actor,
    id: UserId,
    change: &UserChange,
    now: i64,
) -> Result<Result<User, Refusal>, Error> {
    let users = access::users(connection)?;
    let Some(before) = users.iter().find(|user| user.id == id) else { return Ok(Err(missing(id))) };
    let mut user = before.clone();
    user.name = change.name.as_deref().map_or(user.name, |name| name.trim().to_owned());
    user.role = change.role.map_or(user.role, |role| role.name().to_owned());
    match change.disabled {
        Some(true) => user.disabled_at = user.disabled_at.or(Some(now)),
        Some(false) => user.disabled_at = None,
        None => {}
    }
    if owns(before) && !owns(&user) && users.iter().filter(|user| owns(user)).count() == 1 {
        let why = "this is the last owner who can sign in: make another one first";
        return Ok(Err(Refusal::Conflict(why.to_owned())));
    }
    access::update_user(connection, &user)?;
    if user.disabled_at.is_some() {
        access::delete_sessions_of(connection, id)?;
    }
    let details = json!({"role": user.role, "disabled": user.disabled_at.is_some()});
    note(connection, actor, now, "user changed", &format!("user:{id}"), &details)?;
    let is_disabled = user.disabled_at.is_some();
    if (&before.role, before.disabled_at.is_some()) != (&user.role, is_disabled) {
        let by = Doer::of(connection, actor)?;
        let news = News::UserChanged { email: user.email.clone(), role: user.role.clone(), is_disabled, by };
        tell_owners(connection, &news, Instant(now))?;
    }
    Ok(Ok(user))
}

/// Whether somebody can sign in as an owner.
fn owns(user: &User) -> bool {
    user.role == Role::Owner.name() && user.disabled_at.is_none() && user.password.is_some()
}

/// The token of a new link by which a user sets its password; older links of the user work no more.
pub async fn link(app: &App, actor: &Actor, id: UserId) -> Result<String, Refusal> {
    refuse_own(actor, id)?;
    let (actor, now) = (actor.clone(), app.machine.now().0);
    let write = app.write(move |connection| {
        if access::user_by_id(connection, id)?.is_none() {
            return Ok(Err(missing(id)));
        }
        let token = tokens::token();
        invite(connection, &token, Some(id), now, LINK)?;
        note(connection, &actor, now, "password link made", &format!("user:{id}"), &json!({}))?;
        Ok(Ok(token))
    });
    write.await
}

/// Lets a token set the password of a user, or make the first owner, for as long as `lasts`, in milliseconds. Older links of
/// the user work no more.
pub(crate) fn invite(
    connection: &mut Connection,
    token: &str,
    user: Option<UserId>,
    now: i64,
    lasts: i64,
) -> Result<(), Error> {
    let invitation = Invitation { hash: tokens::hash(token).to_vec(), user, expires_at: now + lasts };
    access::insert_invitation(connection, &invitation)
}

fn missing(id: UserId) -> Refusal {
    Refusal::Missing(format!("there is no user {id}"))
}

async fn hashed(app: &App, password: String, email: &str) -> Result<String, Refusal> {
    judge_password(&password, email)?;
    app.hashing(move || passwords::hash(&password)).await?.map_err(Refusal::Failed)
}

/// Sets somebody else's password; their sessions end, and so does a lock after too many tries.
pub async fn set_password(app: &App, actor: &Actor, id: UserId, password: String) -> Result<(), Refusal> {
    refuse_own(actor, id)?;
    let user = app.readers.read(move |connection| access::user_by_id(connection, id)).await?;
    let user = user.ok_or_else(|| missing(id))?;
    let hash = hashed(app, password, &user.email).await?;
    let (actor, now) = (actor.clone(), app.machine.now().0);
    let write = app.write(move |connection| {
        let Some(user) = access::user_by_id(connection, id)? else { return Ok(Err(missing(id))) };
        store_password(connection, &actor, user, hash, now).map(Ok)
    });
    let set = write.await;
    app.access.narrow();
    set.inspect(|()| app.access.attempts.pardon(&user.email))
}

/// Sets the password of the user who asks, who knows the old one. The user's other sessions end.
pub async fn change_own(
    app: &App,
    address: IpAddr,
    signed: &Signed,
    old: String,
    password: String,
) -> Result<(), Refusal> {
    let (id, email, now) = (signed.user.id, signed.user.email.clone(), app.machine.now().0);
    app.access.attempts.admit(address, &email, now).map_err(Refusal::too_often)?;
    let stored = signed.user.password.clone();
    if !app.hashing(move || passwords::verify(&old, stored.as_deref())).await? {
        tracing::warn!(user = id.0, "a password was not changed: the old one was wrong");
        return Err(Refusal::invalid("/old", "this is not your password"));
    }
    app.access.attempts.succeeded(address, &email);
    let hash = hashed(app, password, &email).await?;
    let (kept, actor) = (tokens::hash(&signed.token), Actor { who: format!("user:{id}"), role: Role::Viewer });
    let write = app.write(move |connection| {
        let Some(user) = access::user_by_id(connection, id)? else { return Ok(Err(missing(id))) };
        access::update_user(connection, &User { password: Some(hash), ..user })?;
        access::delete_sessions_but(connection, id, &kept)?;
        access::delete_invitations_of(connection, id)?;
        note(connection, &actor, now, "password changed", &actor.who, &json!({}))?;
        tell_one(connection, &email, &News::PasswordChanged, Instant(now))?;
        Ok(Ok(()))
    });
    let set = write.await;
    app.access.narrow();
    set
}

/// Users change their own password where the old one is asked: a session that somebody else got hold of is not enough.
fn refuse_own(actor: &Actor, id: UserId) -> Result<(), Refusal> {
    if actor.who == format!("user:{id}") {
        let why = "change your own password at PUT /api/me/password, which asks for the old one";
        return Err(Refusal::Conflict(why.to_owned()));
    }
    Ok(())
}

fn store_password(connection: &mut Connection, actor: &Actor, user: User, hash: String, now: i64) -> Result<(), Error> {
    let (id, email, had_one) = (user.id, user.email.clone(), user.password.is_some());
    access::update_user(connection, &User { password: Some(hash), ..user })?;
    access::delete_sessions_of(connection, id)?;
    access::delete_invitations_of(connection, id)?;
    note(connection, actor, now, "password set", &format!("user:{id}"), &json!({}))?;
    if had_one { tell_one(connection, &email, &News::PasswordChanged, Instant(now)) } else { Ok(()) }
}

/// The token of the link that makes the first owner; `None` where an owner can sign in. Older ones work no more.
pub async fn first_link(app: &App) -> Result<Option<String>, Refusal> {
    let now = app.machine.now().0;
    let write = app.write(move |connection| {
        if access::users(connection)?.iter().any(owns) {
            return Ok(Ok(None));
        }
        let token = tokens::token();
        invite(connection, &token, None, now, LINK)?;
        Ok(Ok(Some(token)))
    });
    write.await
}

/// Uses a link up: it makes the first owner, who brings an e-mail, or sets the password of the user it was made for.
/// Returns who that is. `address` is where the request came from.
pub async fn set_up(app: &App, address: IpAddr, token: &str, email: &str, password: String) -> Result<User, Refusal> {
    let (token, now) = (tokens::hash(token), app.machine.now().0);
    app.access.attempts.admit_address(address, now).map_err(Refusal::too_often)?;
    // Nobody without a link makes the server hash a password.
    let known = app.readers.read(move |connection| access::invitation(connection, &token, now)).await?;
    known.ok_or_else(used_up)?;
    let email = plain(email);
    // Before the link is used up, so that a password that will not do does not cost it.
    let hash = hashed(app, password, &email).await?;
    let write = app.write(move |connection| {
        let Some(invitation) = access::take_invitation(connection, &token, now)? else { return Ok(Err(used_up())) };
        match invitation.user {
            Some(id) => invited(connection, id, &email, hash, now, &invitation),
            None => first_owner(connection, email, hash, now, &invitation),
        }
    });
    let set = write.await;
    app.access.narrow();
    set
}

fn used_up() -> Refusal {
    let why = "this link was used already, or has expired: ask an owner for another, or run `attractor user link EMAIL` \
               on the server; until the first owner has a password, a restart of the server prints a new link";
    Refusal::Unauthenticated(why.to_owned())
}

fn invited(
    connection: &mut Connection,
    id: UserId,
    email: &str,
    hash: String,
    now: i64,
    invitation: &Invitation,
) -> Result<Result<User, Refusal>, Error> {
    let Some(user) = access::user_by_id(connection, id)?.filter(|user| user.disabled_at.is_none()) else {
        return Ok(Err(missing(id)));
    };
    if !email.is_empty() && email != plain(&user.email) {
        access::add_invitation(connection, invitation)?;
        return Ok(Err(Refusal::invalid("/email", "this link is for another address")));
    }
    let actor = Actor { who: format!("user:{id}"), role: Role::Viewer };
    store_password(connection, &actor, user.clone(), hash.clone(), now)?;
    Ok(Ok(User { password: Some(hash), ..user }))
}

fn first_owner(
    connection: &mut Connection,
    email: String,
    hash: String,
    now: i64,
    invitation: &Invitation,
) -> Result<Result<User, Refusal>, Error> {
    if access::users(connection)?.iter().any(owns) {
        return Ok(Err(Refusal::Conflict("there is an owner already: sign in".to_owned())));
    }
    let mut user = User {
        id: UserId::default(),
        email,
        name: String::new(),
        role: Role::Owner.name().to_owned(),
        password: Some(hash),
        made_at: now,
        disabled_at: None,
    };
    let judged = judge_email(&user.email);
    let made = if judged.is_ok() { insert(connection, &user)? } else { None };
    let Some(id) = made else {
        access::insert_invitation(connection, invitation)?;
        let taken = || Refusal::invalid("/email", "this address is a user's already");
        return Ok(Err(judged.err().unwrap_or_else(taken)));
    };
    user.id = id;
    let actor = Actor { who: format!("user:{id}"), role: Role::Owner };
    note(connection, &actor, now, "first owner set up", &actor.who, &json!({}))?;
    Ok(Ok(user))
}

/// A user as the API shows it
#[derive(Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserItem {
    #[schema(value_type = i64)]
    id: UserId,
    email: String,
    name: String,
    /// `viewer`, `sales`, `marketer` or `owner`
    role: String,
    /// Whether it has a password yet
    has_password: bool,
    #[schema(format = DateTime)]
    made_at: String,
    #[schema(format = DateTime)]
    disabled_at: Option<String>,
}

impl From<access::User> for UserItem {
    fn from(user: access::User) -> UserItem {
        UserItem {
            id: user.id,
            email: user.email,
            name: user.name,
            role: user.role,
            has_password: user.password.is_some(),
            made_at: Instant(user.made_at).to_string(),
            disabled_at: user.disabled_at.map(|at| Instant(at).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_an_address_is_refused() {
        for good in ["a@b", "ada.lovelace+x@example.co.uk", "käse@bücher.example"] {
            judge_email(good).unwrap();
        }
        for bad in ["", "ada", "@b", "a@", "a@b@c", "a b@c", "a@b\0", &format!("{}@b", "a".repeat(254))] {
            judge_email(bad).unwrap_err();
        }
    }
}
