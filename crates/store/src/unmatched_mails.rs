//! What came back and is of no copy that is known. Strangers may write as often as they like, so the table is kept short,
//! and whoever asks for a person's rows looks at all of them.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::LeadId;
use crate::value::{Row, Value};

/// Something that came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnmatchedRow {
    /// Milliseconds since 1970.
    pub at: i64,
    /// The lead whose copy it names, whether that lead is there or not.
    pub lead: Option<LeadId>,
    /// Of the addresses that it names, as in `suppressions`: in hexadecimal.
    pub hashes: Vec<String>,
    /// JSON; it goes with the row.
    pub document: String,
}

/// How much of what came back is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// What came since this instant, in milliseconds since 1970.
    pub since: i64,
    /// At most this number of rows, the last ones.
    pub most: i64,
}

/// Adds rows, each behind all that are there, and forgets what is not kept any more.
pub fn add(connection: &mut Connection, added: &[UnmatchedRow], kept: Kept) -> Result<(), Error> {
    let last = connection.first("SELECT coalesce(max(number), 0) FROM unmatched_mails", &[])?;
    let last = last.map_or(Ok(0), |row| row.integer(0))?;
    let rows: Vec<[Value; 5]> = (last + 1..)
        .zip(added)
        .map(|(number, row)| {
            let hashes = Value::from(row.hashes.join(" "));
            [number.into(), row.at.into(), row.lead.into(), hashes, Value::from(&row.document)]
        })
        .collect();
    let sql = "INSERT INTO unmatched_mails (number, at, lead, hashes, document)
        SELECT r.number, r.at, r.lead, r.hashes, r.document
        FROM {rows: number bigint, at bigint, lead bigint, hashes text, document text} WHERE true";
    connection.batch(sql, &rows, &[])?;
    forget(connection, kept.since)?;
    let first = last + added.len() as i64 - kept.most;
    connection.execute("DELETE FROM unmatched_mails WHERE number <= $1", &[first.into()]).map(drop)
}

/// Forgets what came before an instant, in milliseconds since 1970. Returns how many there were.
pub fn forget(connection: &mut Connection, before: i64) -> Result<u64, Error> {
    connection.execute("DELETE FROM unmatched_mails WHERE at < $1", &[before.into()])
}

/// What came since an instant, in milliseconds since 1970: the newest first, at most `limit`.
pub fn newest(connection: &mut Connection, since: i64, limit: i64) -> Result<Vec<UnmatchedRow>, Error> {
    let sql = "SELECT at, lead, hashes, document FROM unmatched_mails WHERE at >= $1 ORDER BY number DESC LIMIT $2";
    connection.query(sql, &[since.into(), limit.into()])?.into_iter().map(read).collect()
}

/// How many came since an instant, in milliseconds since 1970, and are there still.
pub fn count(connection: &mut Connection, since: i64) -> Result<i64, Error> {
    let counted = connection.first("SELECT count(*) FROM unmatched_mails WHERE at >= $1", &[since.into()])?;
    counted.map_or(Ok(0), |row| row.integer(0))
}

/// Deletes what names an address that has one of these hashes.
pub fn delete_of_addresses(connection: &mut Connection, hashes: &[String]) -> Result<(), Error> {
    // Nothing is in every text.
    let rows: Vec<[Value; 1]> = hashes.iter().filter(|hash| !hash.is_empty()).map(|hash| [Value::from(hash)]).collect();
    let sql = "DELETE FROM unmatched_mails WHERE number IN (SELECT u.number FROM {rows: hash text}
        JOIN unmatched_mails u ON u.hashes LIKE '%' || r.hash || '%')";
    connection.batch(sql, &rows, &[]).map(drop)
}

fn read(mut row: Row) -> Result<UnmatchedRow, Error> {
    Ok(UnmatchedRow {
        at: row.integer(0)?,
        lead: LeadId::read_or_null(&row, 1)?,
        hashes: row.text(2)?.split_whitespace().map(str::to_owned).collect(),
        document: row.take_text(3)?,
    })
}
