//! Published playbooks.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::VersionNumber;
use crate::value::Row;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub number: VersionNumber,
    /// Milliseconds since 1970.
    pub at: i64,
    pub author: String,
    pub note: String,
    /// A JSON object: text by path.
    pub files: String,
}

fn version(mut row: Row) -> Result<Version, Error> {
    Ok(Version {
        author: row.take_text(2)?,
        note: row.take_text(3)?,
        files: row.take_text(4)?,
        number: VersionNumber::read(&row, 0)?,
        at: row.integer(1)?,
    })
}

pub fn insert(connection: &mut Connection, version: &Version) -> Result<(), Error> {
    let Version { number, at, author, note, files } = version;
    let sql = "INSERT INTO versions (number, at, author, note, files) VALUES ($1, $2, $3, $4, $5)";
    connection.execute(sql, &[(*number).into(), (*at).into(), author.into(), note.into(), files.into()]).map(drop)
}

pub fn one(connection: &mut Connection, number: VersionNumber) -> Result<Option<Version>, Error> {
    let sql = "SELECT number, at, author, note, files FROM versions WHERE number = $1";
    connection.first(sql, &[number.into()])?.map(version).transpose()
}

/// All of them, the newest first.
pub fn all(connection: &mut Connection) -> Result<Vec<Version>, Error> {
    let sql = "SELECT number, at, author, note, files FROM versions ORDER BY number DESC";
    connection.query(sql, &[])?.into_iter().map(version).collect()
}

/// A page of versions without their files, the newest first, with numbers below `before`.
pub fn page(connection: &mut Connection, before: VersionNumber, limit: i64) -> Result<Vec<Version>, Error> {
    let sql = "SELECT number, at, author, note, '' FROM versions WHERE number < $1 ORDER BY number DESC LIMIT $2";
    connection.query(sql, &[before.into(), limit.into()])?.into_iter().map(version).collect()
}

/// The number of the newest version; `NONE` where nothing was published.
pub fn last(connection: &mut Connection) -> Result<VersionNumber, Error> {
    let newest = connection.first("SELECT max(number) FROM versions", &[])?;
    newest.map_or(Ok(VersionNumber::NONE), |row| Ok(VersionNumber::read_or_null(&row, 0)?.unwrap_or_default()))
}
