//! The ledger: every message, under the identity by which it came.

use crate::bucket;
use crate::connection::Connection;
use crate::error::Error;
use crate::value::{Row, Value};

/// A machine caused it.
pub const MACHINE: i64 = 1;
/// It was brought in from the past.
pub const HISTORY: i64 = 2;
/// It came with a public key.
pub const PUBLIC: i64 = 4;
/// It counts no more: an alias unmerged by hand.
pub const WITHDRAWN: i64 = 8;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub identity: i64,
    pub message_id: String,
    /// Milliseconds since 1970.
    pub at: i64,
    /// The running number of the message.
    pub received: i64,
    pub received_at: i64,
    pub flags: i64,
    /// Who brought it: `key:3`, `import:2`, `user:1` …
    pub origin: String,
    /// The message as JSON, normalised.
    pub message: String,
}

const COLUMNS: &str = "e.identity, e.message_id, e.at, e.received, e.received_at, e.flags, e.origin, e.message";

fn event(mut row: Row) -> Result<Event, Error> {
    Ok(Event {
        message_id: row.take_text(1)?,
        origin: row.take_text(6)?,
        message: row.take_text(7)?,
        identity: row.integer(0)?,
        at: row.integer(2)?,
        received: row.integer(3)?,
        received_at: row.integer(4)?,
        flags: row.integer(5)?,
    })
}

/// Inserts what is not there yet; returns the running numbers of the events that are new. Two of one batch with the
/// same key must not be given.
pub fn insert(connection: &mut Connection, events: &[Event]) -> Result<Vec<i64>, Error> {
    let rows: Vec<[Value; 9]> = events
        .iter()
        .map(|e| {
            [
                bucket(e.identity).into(),
                e.identity.into(),
                Value::from(&e.message_id),
                e.at.into(),
                e.received.into(),
                e.received_at.into(),
                e.flags.into(),
                Value::from(&e.origin),
                Value::from(&e.message),
            ]
        })
        .collect();
    let sql = "INSERT INTO events
            (bucket, identity, message_id, at, received, received_at, flags, origin, message)
        SELECT r.bucket, r.identity, r.message_id, r.at, r.received, r.received_at, r.flags, r.origin, r.message
        FROM {rows: bucket bigint, identity bigint, message_id text, at bigint, received bigint, received_at bigint,
            flags bigint, origin text, message text}
        WHERE true ON CONFLICT (bucket, identity, message_id) DO NOTHING RETURNING received";
    connection.batch(sql, &rows, &[])?.iter().map(|row| row.integer(0)).collect()
}

/// All events under these identities, in no order; withdrawn ones are left out.
pub fn of_identities(connection: &mut Connection, identities: &[i64]) -> Result<Vec<Event>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, identity bigint}}
        JOIN events e ON e.bucket = r.bucket AND e.identity = r.identity WHERE e.flags < {WITHDRAWN}"
    );
    connection.batch(&sql, &keyed(identities), &[])?.into_iter().map(event).collect()
}

/// Which of these ids stand under these identities already.
pub fn known(connection: &mut Connection, keys: &[(i64, &str)]) -> Result<Vec<(i64, String)>, Error> {
    let rows: Vec<[Value; 3]> =
        keys.iter().map(|(identity, id)| [bucket(*identity).into(), (*identity).into(), Value::from(*id)]).collect();
    let sql = "SELECT e.identity, e.message_id FROM {rows: bucket bigint, identity bigint, message_id text}
        JOIN events e ON e.bucket = r.bucket AND e.identity = r.identity AND e.message_id = r.message_id";
    let found = connection.batch(sql, &rows, &[])?;
    found.into_iter().map(|mut row| Ok((row.integer(0)?, row.take_text(1)?))).collect()
}

/// One event by its identity and id.
pub fn one(connection: &mut Connection, identity: i64, message_id: &str) -> Result<Option<Event>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM events e WHERE e.bucket = $1 AND e.identity = $2 AND e.message_id = $3");
    let params = [bucket(identity).into(), identity.into(), message_id.into()];
    connection.first(&sql, &params)?.map(event).transpose()
}

/// Rewrites what a verdict or an unmerge changes of an event.
pub fn rewrite(connection: &mut Connection, event: &Event) -> Result<(), Error> {
    let sql = "UPDATE events SET flags = $4, message = $5 WHERE bucket = $1 AND identity = $2 AND message_id = $3";
    let params = [
        bucket(event.identity).into(),
        event.identity.into(),
        Value::from(&event.message_id),
        event.flags.into(),
        Value::from(&event.message),
    ];
    connection.execute(sql, &params).map(drop)
}

/// All events in the order received; withdrawn ones are left out.
pub fn each(connection: &mut Connection, mut take: impl FnMut(Event) -> Result<(), Error>) -> Result<(), Error> {
    let sql = format!("SELECT {COLUMNS} FROM events e WHERE e.flags < {WITHDRAWN} ORDER BY e.received");
    connection.each(&sql, &[], |row| take(event(row)?))
}

/// Deletes events: for an erasure, and for an import undone.
pub fn delete(connection: &mut Connection, keys: &[(i64, &str)]) -> Result<(), Error> {
    let sql = "DELETE FROM events WHERE bucket = $1 AND identity = $2 AND message_id = $3";
    for (identity, id) in keys {
        connection.execute(sql, &[bucket(*identity).into(), (*identity).into(), Value::from(*id)])?;
    }
    Ok(())
}

fn keyed(identities: &[i64]) -> Vec<[Value<'static>; 2]> {
    identities.iter().map(|id| [bucket(*id).into(), Value::from(*id)]).collect()
}
