//! The list of erasures: hashes alone, so that the list itself tells nothing of the people.

use crate::connection::Connection;
use crate::error::Error;
use crate::value::Value;

/// An identity that was erased.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Erasure {
    /// SHA-256 of kind and text, in hexadecimal.
    pub hash: String,
    /// Milliseconds since 1970; what was received later stays.
    pub at: i64,
}

/// Lists erasures; of several of one identity the last counts.
pub fn insert(connection: &mut Connection, erasures: &[Erasure]) -> Result<(), Error> {
    let rows: Vec<[Value; 2]> = erasures.iter().map(|e| [Value::from(&e.hash), e.at.into()]).collect();
    let sql = "INSERT INTO erasures (hash, at) SELECT r.hash, r.at FROM {rows: hash text, at bigint}
        WHERE true ON CONFLICT (hash) DO UPDATE SET at = excluded.at WHERE excluded.at > erasures.at";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Those of these hashes that are listed.
pub fn of_hashes(connection: &mut Connection, hashes: &[String]) -> Result<Vec<Erasure>, Error> {
    let rows: Vec<[Value; 1]> = hashes.iter().map(|hash| [Value::from(hash)]).collect();
    let sql = "SELECT e.hash, e.at FROM {rows: hash text} JOIN erasures e ON e.hash = r.hash";
    let found = connection.batch(sql, &rows, &[])?;
    found.into_iter().map(|mut row| Ok(Erasure { hash: row.take_text(0)?, at: row.integer(1)? })).collect()
}

/// Whether nobody was ever erased.
pub fn are_none(connection: &mut Connection) -> Result<bool, Error> {
    Ok(connection.query("SELECT hash FROM erasures LIMIT 1", &[])?.is_empty())
}

/// All of them, in the order of their hashes.
pub fn all(connection: &mut Connection) -> Result<Vec<Erasure>, Error> {
    let rows = connection.query("SELECT hash, at FROM erasures ORDER BY hash", &[])?;
    rows.into_iter().map(|mut row| Ok(Erasure { hash: row.take_text(0)?, at: row.integer(1)? })).collect()
}
