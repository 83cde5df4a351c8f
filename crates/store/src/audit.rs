//! Who did what by hand or by key, and the answers that repeated requests are given again.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::EntryNumber;
use crate::value::{Row, Value};

/// One thing that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Given by `insert`.
    pub number: EntryNumber,
    /// Milliseconds since 1970.
    pub at: i64,
    /// `user:3`, `key:2`, `command line (ada)`.
    pub who: String,
    /// What was done: `key added` …
    pub what: String,
    /// To what: `key:7` …
    pub subject: String,
    /// A JSON object.
    pub details: String,
}

fn entry(mut row: Row) -> Result<Entry, Error> {
    Ok(Entry {
        who: row.take_text(2)?,
        what: row.take_text(3)?,
        subject: row.take_text(4)?,
        details: row.take_text(5)?,
        number: EntryNumber::read(&row, 0)?,
        at: row.integer(1)?,
    })
}

/// Belongs into the transaction of what it tells.
pub fn insert(connection: &mut Connection, entry: &Entry) -> Result<(), Error> {
    let Entry { at, who, what, subject, details, .. } = entry;
    let sql = "INSERT INTO audit (number, at, who, what, subject, details)
        VALUES ((SELECT coalesce(max(number), 0) + 1 FROM audit), $1, $2, $3, $4, $5)";
    connection.execute(sql, &[(*at).into(), who.into(), what.into(), subject.into(), details.into()]).map(drop)
}

/// The newest first, with numbers below `before`.
pub fn latest(connection: &mut Connection, before: EntryNumber, limit: i64) -> Result<Vec<Entry>, Error> {
    let sql = "SELECT number, at, who, what, subject, details FROM audit WHERE number < $1
        ORDER BY number DESC LIMIT $2";
    connection.query(sql, &[before.into(), limit.into()])?.into_iter().map(entry).collect()
}

/// A request under an `Idempotency-Key`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub who: String,
    /// The key that the client gave.
    pub word: String,
    /// Method and path.
    pub route: String,
    /// A fingerprint of the body.
    pub request: Vec<u8>,
    /// Status and sealed body; `None` while nobody knows how the request ended.
    pub given: Option<(i64, Vec<u8>)>,
    /// Milliseconds since 1970.
    pub at: i64,
}

/// Notes that a request begins. `false`: its key was used already.
pub fn begin(connection: &mut Connection, answer: &Answer) -> Result<bool, Error> {
    let Answer { who, word, route, request, at, .. } = answer;
    let sql = "INSERT INTO answers (who, word, route, request, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING";
    let params = [who.into(), word.into(), route.into(), Value::from(request.as_slice()), (*at).into()];
    Ok(connection.execute(sql, &params)? == 1)
}

/// How many requests of this actor are kept.
pub fn kept(connection: &mut Connection, who: &str) -> Result<i64, Error> {
    let row = connection.first("SELECT count(*) FROM answers WHERE who = $1", &[who.into()])?;
    row.map_or(Ok(0), |row| row.integer(0))
}

pub fn answer(connection: &mut Connection, who: &str, word: &str) -> Result<Option<Answer>, Error> {
    let sql = "SELECT who, word, route, request, status, response, at FROM answers WHERE who = $1 AND word = $2";
    let Some(mut row) = connection.first(sql, &[who.into(), word.into()])? else { return Ok(None) };
    let status = row.integer_or_null(4)?;
    let given = match status {
        Some(status) => Some((status, row.bytes(5)?.to_vec())),
        None => None,
    };
    Ok(Some(Answer {
        who: row.take_text(0)?,
        word: row.take_text(1)?,
        route: row.take_text(2)?,
        request: row.bytes(3)?.to_vec(),
        given,
        at: row.integer(6)?,
    }))
}

/// Keeps how a request ended.
pub fn finish(connection: &mut Connection, who: &str, word: &str, status: i64, response: &[u8]) -> Result<(), Error> {
    let sql = "UPDATE answers SET status = $3, response = $4 WHERE who = $1 AND word = $2";
    connection.execute(sql, &[who.into(), word.into(), status.into(), response.into()]).map(drop)
}

/// A request that came to nothing: its key may be used again.
pub fn forget(connection: &mut Connection, who: &str, word: &str) -> Result<(), Error> {
    connection.execute("DELETE FROM answers WHERE who = $1 AND word = $2", &[who.into(), word.into()]).map(drop)
}

/// Answers may hold what is stored about leads. Whoever asks again is told that nobody knows any more how it ended.
pub fn forget_answers(connection: &mut Connection) -> Result<(), Error> {
    let sql = "UPDATE answers SET status = NULL, response = NULL
        WHERE route LIKE 'POST /api/leads%' OR route LIKE 'POST /api/webhooks%'";
    connection.execute(sql, &[]).map(drop)
}

/// Forgets answers that are older than `until`.
pub fn sweep(connection: &mut Connection, until: i64) -> Result<(), Error> {
    connection.execute("DELETE FROM answers WHERE at < $1", &[until.into()]).map(drop)
}
