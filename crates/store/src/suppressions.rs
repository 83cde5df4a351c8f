//! What blocks an address beyond its lead, as hashes: withdrawals, complaints, permanent bounces, erasures, and the live
//! grants that end them.

use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::error::Error;
use crate::random::random;
use crate::value::{Row, Value};

/// The name of rows that end what is older in their scope.
const GRANT: &str = "grant";

/// Why an address is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressionKind {
    Withdrawal,
    Complaint,
    Bounce,
    Erasure,
}

impl SuppressionKind {
    pub const ALL: [SuppressionKind; 4] =
        [SuppressionKind::Withdrawal, SuppressionKind::Complaint, SuppressionKind::Bounce, SuppressionKind::Erasure];

    /// As it is stored and shown.
    ///
    /// ```
    /// use attractor_store::suppressions::SuppressionKind;
    ///
    /// assert_eq!(SuppressionKind::Withdrawal.name(), "withdrawal");
    /// assert_eq!(SuppressionKind::named("grant"), None);
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            SuppressionKind::Withdrawal => "withdrawal",
            SuppressionKind::Complaint => "complaint",
            SuppressionKind::Bounce => "bounce",
            SuppressionKind::Erasure => "erasure",
        }
    }

    pub fn named(name: &str) -> Option<SuppressionKind> {
        SuppressionKind::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What a row does to its address in its scope.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SuppressionEffect {
    Blocks(SuppressionKind),
    /// A live grant: it ends what is older.
    Grants,
    /// What the kind of this name does is not known: a newer program wrote it.
    Unknown(String),
}

impl SuppressionEffect {
    /// As it is stored and exported.
    pub fn name(&self) -> &str {
        match self {
            SuppressionEffect::Blocks(kind) => kind.name(),
            SuppressionEffect::Grants => GRANT,
            SuppressionEffect::Unknown(name) => name,
        }
    }

    fn named(name: String) -> SuppressionEffect {
        match SuppressionKind::named(&name) {
            Some(kind) => SuppressionEffect::Blocks(kind),
            None if name == GRANT => SuppressionEffect::Grants,
            None => SuppressionEffect::Unknown(name),
        }
    }
}

/// A key that addresses are hashed with.
#[derive(Clone, PartialEq, Eq)]
pub struct HashKey {
    pub id: String,
    pub bytes: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SuppressionRow {
    /// Of the address, in hexadecimal.
    pub hash: String,
    /// `all`, `tracking`, `subscription:ID` or `topic:ID`.
    pub scope: String,
    pub effect: SuppressionEffect,
    /// Milliseconds since 1970: the last of its kind in its scope.
    pub at: i64,
}

/// All keys, the oldest first: new rows are written with that one.
pub fn keys(connection: &mut Connection) -> Result<Vec<HashKey>, Error> {
    let rows = connection.query("SELECT id, bytes FROM suppression_keys ORDER BY made_at, id", &[])?;
    rows.into_iter().map(|mut row| Ok(HashKey { id: row.take_text(0)?, bytes: row.bytes(1)?.to_vec() })).collect()
}

/// Makes a key; `at` is in milliseconds since 1970.
pub fn make_key(connection: &mut Connection, at: i64) -> Result<HashKey, Error> {
    let (id, bytes) = (random::<8>()?, random::<32>()?.to_vec());
    let id: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    let sql = "INSERT INTO suppression_keys (id, bytes, made_at) VALUES ($1, $2, $3)";
    connection.execute(sql, &[Value::from(&id), Value::Bytes(bytes.as_slice().into()), at.into()])?;
    Ok(HashKey { id, bytes })
}

/// Writes rows; of two with one hash, scope and kind the later counts. Two of one call must differ in these.
pub fn note(connection: &mut Connection, suppressions: &[SuppressionRow]) -> Result<(), Error> {
    let rows: Vec<[Value; 4]> = suppressions
        .iter()
        .map(|s| [Value::from(&s.hash), Value::from(&s.scope), Value::from(s.effect.name()), s.at.into()])
        .collect();
    let sql = "INSERT INTO suppressions (hash, scope, kind, at)
        SELECT r.hash, r.scope, r.kind, r.at FROM {rows: hash text, scope text, kind text, at bigint}
        WHERE true ON CONFLICT (hash, scope, kind) DO UPDATE SET at = excluded.at WHERE excluded.at > suppressions.at";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Deletes what grants end: each its hash, its scope and its instant.
pub fn end(connection: &mut Connection, grants: &[(String, String, i64)]) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> =
        grants.iter().map(|(hash, scope, at)| [Value::from(hash), Value::from(scope), (*at).into()]).collect();
    let sql = format!(
        "DELETE FROM suppressions WHERE (hash, scope, kind) IN
        (SELECT s.hash, s.scope, s.kind FROM {{rows: hash text, scope text, at bigint}}
            JOIN suppressions s ON s.hash = r.hash AND s.scope = r.scope
            WHERE s.kind <> '{GRANT}' AND s.at <= r.at)"
    );
    connection.batch(&sql, &rows, &[]).map(drop)
}

/// Deletes the grants of these hashes.
pub fn forget_grants(connection: &mut Connection, hashes: &[String]) -> Result<(), Error> {
    let rows: Vec<[Value; 1]> = hashes.iter().map(|hash| [Value::from(hash)]).collect();
    let sql =
        format!("DELETE FROM suppressions WHERE kind = '{GRANT}' AND hash IN (SELECT r.hash FROM {{rows: hash text}})");
    connection.batch(&sql, &rows, &[]).map(drop)
}

/// Every row of these hashes, grants too.
pub fn of_hashes(connection: &mut Connection, hashes: &[String]) -> Result<Vec<SuppressionRow>, Error> {
    let rows: Vec<[Value; 1]> = hashes.iter().map(|hash| [Value::from(hash)]).collect();
    let sql = "SELECT s.hash, s.scope, s.kind, s.at FROM {rows: hash text} JOIN suppressions s ON s.hash = r.hash";
    connection.batch(sql, &rows, &[])?.into_iter().map(one).collect()
}

/// Every row, grants too, in the order of hashes: for a restore.
pub fn all(connection: &mut Connection) -> Result<Vec<SuppressionRow>, Error> {
    let rows = connection.query("SELECT hash, scope, kind, at FROM suppressions ORDER BY hash, scope, kind", &[])?;
    rows.into_iter().map(one).collect()
}

/// Hands over the blocks, in the order of hashes; what a later grant ended is left out.
pub fn each(
    connection: &mut Connection,
    mut take: impl FnMut(SuppressionRow) -> Result<(), Error>,
) -> Result<(), Error> {
    let sql = format!(
        "SELECT s.hash, s.scope, s.kind, s.at FROM suppressions s WHERE s.kind <> '{GRANT}' AND NOT EXISTS
        (SELECT 1 FROM suppressions g
            WHERE g.hash = s.hash AND g.scope = s.scope AND g.kind = '{GRANT}' AND g.at > s.at)
        ORDER BY s.hash, s.scope, s.kind"
    );
    connection.each(&sql, &[], |row| take(one(row)?))
}

fn one(mut row: Row) -> Result<SuppressionRow, Error> {
    let (hash, scope, kind) = (row.take_text(0)?, row.take_text(1)?, row.take_text(2)?);
    Ok(SuppressionRow { hash, scope, effect: SuppressionEffect::named(kind), at: row.integer(3)? })
}
