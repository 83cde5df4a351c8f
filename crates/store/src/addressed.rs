//! What went to an address, whoever the lead: what may go there once only, and when it was written to last. Addresses are hashed as in `suppressions`.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::{ClaimNumber, LeadId};
use crate::value::{Row, Value};

/// One thing that went to one address.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Addressed {
    /// Of the address, in hexadecimal.
    pub hash: String,
    /// `step:SEQUENCE/STEP` or `broadcast:ID`; or [`left`], when it counts for the budget of the address; or [`shown`], or
    /// [`requested`].
    pub what: String,
    /// The lead that it was asked for.
    pub lead: LeadId,
    pub send_id: String,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl Addressed {
    /// Whether it counts for the budget of the address.
    pub fn is_left(&self) -> bool {
        self.what.starts_with("left:")
    }

    /// The topic that a copy shows, where that is what is noted.
    pub fn topic(&self) -> Option<&str> {
        shown_topic(&self.what)
    }
}

/// Notes what goes to addresses; an earlier note of the same thing at the same address is replaced.
pub fn note(connection: &mut Connection, notes: &[Addressed]) -> Result<(), Error> {
    let rows: Vec<[Value; 5]> = notes
        .iter()
        .map(|note| {
            [
                Value::from(&note.hash),
                Value::from(&note.what),
                note.lead.into(),
                Value::from(&note.send_id),
                note.at.into(),
            ]
        })
        .collect();
    let sql = "INSERT INTO addressed (hash, what, lead, send_id, at)
        SELECT r.hash, r.what, r.lead, r.send_id, r.at
        FROM {rows: hash text, what text, lead bigint, send_id text, at bigint}
        WHERE true ON CONFLICT (hash, what) DO UPDATE SET lead = excluded.lead, send_id = excluded.send_id,
            at = excluded.at";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// What is noted of these hashes and things, in no order.
pub fn of(connection: &mut Connection, asked: &[(String, String)]) -> Result<Vec<Addressed>, Error> {
    let rows: Vec<[Value; 2]> = asked.iter().map(|(hash, what)| [Value::from(hash), Value::from(what)]).collect();
    let sql = "SELECT a.hash, a.what, a.lead, a.send_id, a.at FROM {rows: hash text, what text}
        JOIN addressed a ON a.hash = r.hash AND a.what = r.what";
    connection.batch(sql, &rows, &[])?.into_iter().map(one).collect()
}

/// Everything that is noted of these hashes, in no order.
pub fn all_of(connection: &mut Connection, hashes: &[String]) -> Result<Vec<Addressed>, Error> {
    let rows: Vec<[Value; 1]> = hashes.iter().map(|hash| [Value::from(hash)]).collect();
    let sql = "SELECT a.hash, a.what, a.lead, a.send_id, a.at FROM {rows: hash text}
        JOIN addressed a ON a.hash = r.hash";
    connection.batch(sql, &rows, &[])?.into_iter().map(one).collect()
}

/// What is noted of a broadcast, which goes to an address once.
pub fn broadcast(id: &str) -> String {
    format!("broadcast:{id}")
}

/// Whether this is noted of a broadcast.
pub fn is_of_broadcast(what: &str) -> bool {
    what.starts_with("broadcast:")
}

/// What is noted of a copy that counts for the budget of its address.
pub fn left(send_id: &str) -> String {
    format!("left:{send_id}")
}

/// The same of a copy that is sent again, under a claim: the mail that was in doubt before stays noted, whatever becomes of
/// this one.
pub fn left_again(send_id: &str, claim: ClaimNumber) -> String {
    format!("{}#{}", left(send_id), claim.0)
}

/// By hash, when the last copy left that counts for the budget of its address, in milliseconds since 1970.
pub fn last_left(connection: &mut Connection, hashes: &[String]) -> Result<Vec<(String, i64)>, Error> {
    let rows: Vec<[Value; 1]> = hashes.iter().map(|hash| [Value::from(hash)]).collect();
    // `;` comes behind `:`.
    let sql = "SELECT a.hash, max(a.at) FROM {rows: hash text}
        JOIN addressed a ON a.hash = r.hash AND a.what >= 'left:' AND a.what < 'left;' GROUP BY a.hash";
    let found = connection.batch(sql, &rows, &[])?;
    found.into_iter().map(|mut row| Ok((row.take_text(0)?, row.integer(1)?))).collect()
}

/// The copies that counted for the budgets of addresses, each by its hash, its lead and its id.
pub fn left_to(connection: &mut Connection, hashes: &[String]) -> Result<Vec<(String, LeadId, String)>, Error> {
    let rows: Vec<[Value; 1]> = hashes.iter().map(|hash| [Value::from(hash)]).collect();
    let sql = "SELECT a.hash, a.lead, a.send_id FROM {rows: hash text}
        JOIN addressed a ON a.hash = r.hash AND a.what >= 'left:' AND a.what < 'left;'";
    let found = connection.batch(sql, &rows, &[])?;
    found.into_iter().map(|mut row| Ok((row.take_text(0)?, LeadId::read(&row, 1)?, row.take_text(2)?))).collect()
}

/// What is noted of a topic that a copy shows.
pub fn shown(topic: &str, send_id: &str) -> String {
    format!("shown:{topic}/{send_id}")
}

/// The topic in what is noted of it. A topic has no slash, and the id of a copy has several.
fn shown_topic(what: &str) -> Option<&str> {
    let (topic, _) = what.strip_prefix("shown:")?.split_once('/')?;
    Some(topic)
}

/// The topics that copies showed at addresses since an instant, in milliseconds since 1970: by hash the topic, and when.
pub fn shown_since(
    connection: &mut Connection,
    hashes: &[String],
    since: i64,
) -> Result<Vec<(String, String, i64)>, Error> {
    let rows: Vec<[Value; 1]> = hashes.iter().map(|hash| [Value::from(hash)]).collect();
    let sql = "SELECT a.hash, a.what, a.at FROM {rows: hash text}
        JOIN addressed a ON a.hash = r.hash AND a.what >= 'shown:' AND a.what < 'shown;' AND a.at >= $2";
    let found = connection.batch(sql, &rows, &[since.into()])?;
    let one = |mut row: Row| {
        let (hash, what, at) = (row.take_text(0)?, row.take_text(1)?, row.integer(2)?);
        Ok((hash, shown_topic(&what).unwrap_or_default().to_owned(), at))
    };
    found.into_iter().map(one).collect()
}

/// What is noted of a copy that its lead asked for by an act, which counts for what an address gets within a day.
pub fn requested(send_id: &str) -> String {
    format!("requested:{send_id}")
}

/// When copies that were asked for left to addresses since an instant, in milliseconds since 1970: each with its hash.
pub fn requested_since(
    connection: &mut Connection,
    hashes: &[String],
    since: i64,
) -> Result<Vec<(String, i64)>, Error> {
    let rows: Vec<[Value; 1]> = hashes.iter().map(|hash| [Value::from(hash)]).collect();
    let sql = "SELECT a.hash, a.at FROM {rows: hash text}
        JOIN addressed a ON a.hash = r.hash AND a.what >= 'requested:' AND a.what < 'requested;' AND a.at >= $2";
    let found = connection.batch(sql, &rows, &[since.into()])?;
    found.into_iter().map(|mut row| Ok((row.take_text(0)?, row.integer(1)?))).collect()
}

/// Forgets what was noted of copies, each by its lead and its id: they did not go to their address.
pub fn forget(connection: &mut Connection, copies: &[(LeadId, String)]) -> Result<(), Error> {
    let rows: Vec<[Value; 2]> = copies.iter().map(|(lead, send_id)| [(*lead).into(), Value::from(send_id)]).collect();
    let sql = "DELETE FROM addressed WHERE (hash, what) IN (SELECT a.hash, a.what
        FROM {rows: lead bigint, send_id text} JOIN addressed a ON a.lead = r.lead AND a.send_id = r.send_id)";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Forgets one thing that was noted of each of these copies: its lead, its id, and what was noted.
pub fn forget_one(connection: &mut Connection, notes: &[(LeadId, String, String)]) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> =
        notes.iter().map(|(lead, send_id, what)| [(*lead).into(), Value::from(send_id), Value::from(what)]).collect();
    let sql = "DELETE FROM addressed WHERE (hash, what) IN (SELECT a.hash, a.what
        FROM {rows: lead bigint, send_id text, what text}
        JOIN addressed a ON a.lead = r.lead AND a.send_id = r.send_id AND a.what = r.what)";
    connection.batch(sql, &rows, &[]).map(drop)
}

fn one(mut row: Row) -> Result<Addressed, Error> {
    Ok(Addressed {
        hash: row.take_text(0)?,
        what: row.take_text(1)?,
        lead: LeadId::read(&row, 2)?,
        send_id: row.take_text(3)?,
        at: row.integer(4)?,
    })
}
