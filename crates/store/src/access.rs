//! Who may do what: keys, users, their sessions, and links that set a password once. Hashes go in and are compared;
//! what they are hashes of is never here.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::{KeyId, UserId};
use crate::value::{Row, Value};

/// A key of a program, without the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessKey {
    /// Given by `insert_key`.
    pub id: KeyId,
    pub name: String,
    /// `public`, `server` or `api`.
    pub kind: String,
    /// What an api key may do.
    pub role: Option<String>,
    pub hash: Vec<u8>,
    /// Its first characters, by which people tell keys apart.
    pub prefix: String,
    /// Milliseconds since 1970.
    pub made_at: i64,
    pub made_by: String,
    pub revoked_at: Option<i64>,
    /// The last day on which it was used, in days since 1970.
    pub used_on: Option<i64>,
    /// Messages a minute; `None`: as the settings say.
    pub rate: Option<i64>,
}

const KEY: &str = "id, name, kind, role, hash, prefix, made_at, made_by, revoked_at, used_on, rate";

fn key(mut row: Row) -> Result<AccessKey, Error> {
    Ok(AccessKey {
        name: row.take_text(1)?,
        kind: row.take_text(2)?,
        role: row.text_or_null(3)?.map(str::to_owned),
        hash: row.bytes(4)?.to_vec(),
        prefix: row.take_text(5)?,
        made_by: row.take_text(7)?,
        id: KeyId::read(&row, 0)?,
        made_at: row.integer(6)?,
        revoked_at: row.integer_or_null(8)?,
        used_on: row.integer_or_null(9)?,
        rate: row.integer_or_null(10)?,
    })
}

/// Returns the id that the key got.
pub fn insert_key(connection: &mut Connection, key: &AccessKey) -> Result<KeyId, Error> {
    let sql = "INSERT INTO keys (id, name, kind, role, hash, prefix, made_at, made_by, rate)
        VALUES ((SELECT coalesce(max(id), 0) + 1 FROM keys), $1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let params = [
        Value::from(&key.name),
        Value::from(&key.kind),
        key.role.as_deref().into(),
        Value::from(key.hash.as_slice()),
        Value::from(&key.prefix),
        key.made_at.into(),
        Value::from(&key.made_by),
        key.rate.into(),
    ];
    let rows = connection.query(sql, &params)?;
    rows.first().map_or(Ok(KeyId::default()), |row| KeyId::read(row, 0))
}

/// All keys, revoked ones too, in the order in which they were made.
pub fn keys(connection: &mut Connection) -> Result<Vec<AccessKey>, Error> {
    connection.query(&format!("SELECT {KEY} FROM keys ORDER BY id"), &[])?.into_iter().map(key).collect()
}

/// Whether there was such a key, not revoked yet.
pub fn revoke_key(connection: &mut Connection, id: KeyId, at: i64) -> Result<bool, Error> {
    let sql = "UPDATE keys SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    Ok(connection.execute(sql, &[id.into(), at.into()])? == 1)
}

/// Notes the day on which keys were used: (id, day).
pub fn mark_used(connection: &mut Connection, days: &[(KeyId, i64)]) -> Result<(), Error> {
    for (id, day) in days {
        let sql = "UPDATE keys SET used_on = $2 WHERE id = $1 AND (used_on IS NULL OR used_on < $2)";
        connection.execute(sql, &[(*id).into(), (*day).into()])?;
    }
    Ok(())
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Given by `insert_user`.
    pub id: UserId,
    /// In canonical form; earlier versions stored it in lower case.
    pub email: String,
    pub name: String,
    pub role: String,
    /// A PHC string; `None`: not set yet.
    pub password: Option<String>,
    /// Milliseconds since 1970.
    pub made_at: i64,
    pub disabled_at: Option<i64>,
}

const USER: &str = "id, email, name, role, password, made_at, disabled_at";

fn user(mut row: Row) -> Result<User, Error> {
    Ok(User {
        email: row.take_text(1)?,
        name: row.take_text(2)?,
        role: row.take_text(3)?,
        password: row.text_or_null(4)?.map(str::to_owned),
        id: UserId::read(&row, 0)?,
        made_at: row.integer(5)?,
        disabled_at: row.integer_or_null(6)?,
    })
}

/// Returns the id that the user got; `None` where the e-mail is somebody's already.
pub fn insert_user(connection: &mut Connection, user: &User) -> Result<Option<UserId>, Error> {
    let sql = "INSERT INTO users (id, email, name, role, password, made_at)
        VALUES ((SELECT coalesce(max(id), 0) + 1 FROM users), $1, $2, $3, $4, $5)
        ON CONFLICT (email) DO NOTHING RETURNING id";
    let params = [
        Value::from(&user.email),
        Value::from(&user.name),
        Value::from(&user.role),
        user.password.as_deref().into(),
        user.made_at.into(),
    ];
    connection.query(sql, &params)?.first().map(|row| UserId::read(row, 0)).transpose()
}

/// All users, disabled ones too, in the order in which they were made.
pub fn users(connection: &mut Connection) -> Result<Vec<User>, Error> {
    connection.query(&format!("SELECT {USER} FROM users ORDER BY id"), &[])?.into_iter().map(user).collect()
}

pub fn user_by_id(connection: &mut Connection, id: UserId) -> Result<Option<User>, Error> {
    connection.first(&format!("SELECT {USER} FROM users WHERE id = $1"), &[id.into()])?.map(user).transpose()
}

/// Rewrites what may change of a user: name, role, password, whether it is disabled.
pub fn update_user(connection: &mut Connection, user: &User) -> Result<bool, Error> {
    let sql = "UPDATE users SET name = $2, role = $3, password = $4, disabled_at = $5 WHERE id = $1";
    let params = [
        user.id.into(),
        Value::from(&user.name),
        Value::from(&user.role),
        user.password.as_deref().into(),
        user.disabled_at.into(),
    ];
    Ok(connection.execute(sql, &params)? == 1)
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub hash: Vec<u8>,
    pub user: UserId,
    pub csrf: String,
    /// Milliseconds since 1970, as the other two.
    pub made_at: i64,
    pub expires_at: i64,
    pub seen_at: i64,
}

pub fn insert_session(connection: &mut Connection, session: &Session) -> Result<(), Error> {
    let sql =
        "INSERT INTO sessions (hash, account, csrf, made_at, expires_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6)";
    let Session { hash, user, csrf, made_at, expires_at, seen_at } = session;
    let hash = Value::from(hash.as_slice());
    let params = [hash, (*user).into(), csrf.into(), (*made_at).into(), (*expires_at).into(), (*seen_at).into()];
    connection.execute(sql, &params).map(drop)
}

/// A session that has not expired, with its user, if that is not disabled.
pub fn session(connection: &mut Connection, hash: &[u8], now: i64) -> Result<Option<(Session, User)>, Error> {
    let sql = "SELECT hash, account, csrf, made_at, expires_at, seen_at FROM sessions
        WHERE hash = $1 AND expires_at > $2";
    let Some(row) = connection.first(sql, &[hash.into(), now.into()])? else { return Ok(None) };
    let session = read_session(row)?;
    let user = user_by_id(connection, session.user)?;
    Ok(user.filter(|user| user.disabled_at.is_none()).map(|user| (session, user)))
}

fn read_session(mut row: Row) -> Result<Session, Error> {
    Ok(Session {
        csrf: row.take_text(2)?,
        hash: row.bytes(0)?.to_vec(),
        user: UserId::read(&row, 1)?,
        made_at: row.integer(3)?,
        expires_at: row.integer(4)?,
        seen_at: row.integer(5)?,
    })
}

/// A user's sessions that have not expired, the latest first.
pub fn sessions_of(connection: &mut Connection, user: UserId, now: i64) -> Result<Vec<Session>, Error> {
    let sql = "SELECT hash, account, csrf, made_at, expires_at, seen_at FROM sessions
        WHERE account = $1 AND expires_at > $2 ORDER BY made_at DESC, hash";
    connection.query(sql, &[user.into(), now.into()])?.into_iter().map(read_session).collect()
}

/// That a session was used, and how long it lives on by that; in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionUse {
    pub seen_at: i64,
    pub expires_at: i64,
}

/// Notes that a session was used.
pub fn prolong_session(connection: &mut Connection, hash: &[u8], used: SessionUse) -> Result<(), Error> {
    let sql = "UPDATE sessions SET seen_at = $2, expires_at = $3 WHERE hash = $1";
    connection.execute(sql, &[hash.into(), used.seen_at.into(), used.expires_at.into()]).map(drop)
}

pub fn delete_session(connection: &mut Connection, hash: &[u8]) -> Result<(), Error> {
    connection.execute("DELETE FROM sessions WHERE hash = $1", &[hash.into()]).map(drop)
}

/// Signs a user out everywhere.
pub fn delete_sessions_of(connection: &mut Connection, user: UserId) -> Result<(), Error> {
    connection.execute("DELETE FROM sessions WHERE account = $1", &[user.into()]).map(drop)
}

/// Ends a user's sessions but this one. Returns how many there were.
pub fn delete_sessions_but(connection: &mut Connection, user: UserId, kept: &[u8]) -> Result<u64, Error> {
    let sql = "DELETE FROM sessions WHERE account = $1 AND hash <> $2";
    connection.execute(sql, &[user.into(), kept.into()])
}

/// A link that sets a password once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    pub hash: Vec<u8>,
    /// Whose password; `None`: it makes the first owner.
    pub user: Option<UserId>,
    /// Milliseconds since 1970.
    pub expires_at: i64,
}

/// A new link takes the place of the older ones for the same user.
pub fn insert_invitation(connection: &mut Connection, invitation: &Invitation) -> Result<(), Error> {
    let account = invitation.user.unwrap_or_default();
    connection.execute("DELETE FROM invitations WHERE coalesce(account, 0) = $1", &[account.into()])?;
    add_invitation(connection, invitation)
}

/// Stores an invitation beside others of its user.
pub fn add_invitation(connection: &mut Connection, invitation: &Invitation) -> Result<(), Error> {
    let Invitation { hash, user, expires_at } = invitation;
    let sql = "INSERT INTO invitations (hash, account, expires_at) VALUES ($1, $2, $3)";
    connection.execute(sql, &[hash.as_slice().into(), (*user).into(), (*expires_at).into()]).map(drop)
}

/// An invitation that has not expired, which stays as it is.
pub fn invitation(connection: &mut Connection, hash: &[u8], now: i64) -> Result<Option<Invitation>, Error> {
    let sql = "SELECT account, expires_at FROM invitations WHERE hash = $1 AND expires_at > $2";
    let Some(row) = connection.first(sql, &[hash.into(), now.into()])? else { return Ok(None) };
    Ok(Some(Invitation { hash: hash.to_vec(), user: UserId::read_or_null(&row, 0)?, expires_at: row.integer(1)? }))
}

/// Uses an invitation up: it is gone, and returned where it had not expired.
pub fn take_invitation(connection: &mut Connection, hash: &[u8], now: i64) -> Result<Option<Invitation>, Error> {
    let sql = "DELETE FROM invitations WHERE hash = $1 RETURNING account, expires_at";
    let Some(row) = connection.query(sql, &[hash.into()])?.into_iter().next() else { return Ok(None) };
    let found = Invitation { hash: hash.to_vec(), user: UserId::read_or_null(&row, 0)?, expires_at: row.integer(1)? };
    Ok(Some(found).filter(|invitation| invitation.expires_at > now))
}

/// Ends a user's links that set a password.
pub fn delete_invitations_of(connection: &mut Connection, user: UserId) -> Result<(), Error> {
    connection.execute("DELETE FROM invitations WHERE account = $1", &[user.into()]).map(drop)
}

/// Signs everybody out, and ends all links that set a password.
pub fn forget_sessions(connection: &mut Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM sessions", &[])?;
    connection.execute("DELETE FROM invitations", &[]).map(drop)
}

/// Forgets sessions and invitations that have expired.
pub fn sweep(connection: &mut Connection, now: i64) -> Result<(), Error> {
    connection.execute("DELETE FROM sessions WHERE expires_at <= $1", &[now.into()])?;
    connection.execute("DELETE FROM invitations WHERE expires_at <= $1", &[now.into()]).map(drop)
}
