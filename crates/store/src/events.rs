//! The ledger: every message, under the identity by which it came.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::{IdentityId, Received};
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
    pub identity: IdentityId,
    pub message_id: String,
    /// Milliseconds since 1970.
    pub at: i64,
    pub received: Received,
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
        identity: IdentityId::read(&row, 0)?,
        at: row.integer(2)?,
        received: Received::read(&row, 3)?,
        received_at: row.integer(4)?,
        flags: row.integer(5)?,
    })
}

/// Inserts what is not there yet; returns the running numbers of the events that are new. Two of one batch with the
/// same key must not be given.
pub fn insert(connection: &mut Connection, events: &[Event]) -> Result<Vec<Received>, Error> {
    let rows: Vec<[Value; 9]> = events
        .iter()
        .map(|e| {
            [
                e.identity.bucket().into(),
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
    connection.batch(sql, &rows, &[])?.iter().map(|row| Received::read(row, 0)).collect()
}

/// All events under these identities, in no order; withdrawn ones are left out.
pub fn of_identities(connection: &mut Connection, identities: &[IdentityId]) -> Result<Vec<Event>, Error> {
    of_identities_within(connection, identities, usize::MAX)
}

/// The same; an error of the kind [`Kind::TooMuch`] where there are more than so many.
pub fn of_identities_within(
    connection: &mut Connection,
    identities: &[IdentityId],
    most: usize,
) -> Result<Vec<Event>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, identity bigint}}
        JOIN events e ON e.bucket = r.bucket AND e.identity = r.identity WHERE e.flags < {WITHDRAWN}"
    );
    let mut found = Vec::new();
    connection.batch_each(&sql, &keyed(identities), &[], |row| {
        if found.len() >= most {
            return Err(Error::new(Kind::TooMuch, format!("these leads have more than {most} events")));
        }
        found.push(event(std::mem::take(row))?);
        Ok(())
    })?;
    Ok(found)
}

/// An event as a scan passes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passing<'r> {
    pub identity: IdentityId,
    pub message_id: &'r str,
    pub at: i64,
    pub received: Received,
    pub flags: i64,
    pub message: &'r str,
}

/// Hands over all events under these identities, in no order; withdrawn ones are left out.
pub fn pass(
    connection: &mut Connection,
    identities: &[IdentityId],
    mut take: impl FnMut(Passing) -> Result<(), Error>,
) -> Result<(), Error> {
    let sql = format!(
        "SELECT e.identity, e.message_id, e.at, e.received, e.flags, e.message FROM {{rows: bucket bigint, identity bigint}}
        JOIN events e ON e.bucket = r.bucket AND e.identity = r.identity WHERE e.flags < {WITHDRAWN}"
    );
    connection.batch_each(&sql, &keyed(identities), &[], |row| {
        take(Passing {
            identity: IdentityId::read(row, 0)?,
            message_id: row.text(1)?,
            at: row.integer(2)?,
            received: Received::read(row, 3)?,
            flags: row.integer(4)?,
            message: row.text(5)?,
        })
    })
}

/// The id of a stored event, with its instant and its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredId {
    pub identity: IdentityId,
    pub message_id: String,
    pub at: i64,
    pub received: Received,
}

/// Which of these ids stand under these identities already; withdrawn ones are left out.
pub fn stored_ids(connection: &mut Connection, keys: &[(IdentityId, &str)]) -> Result<Vec<StoredId>, Error> {
    let sql = format!(
        "SELECT e.identity, e.message_id, e.at, e.received
        FROM {{rows: bucket bigint, identity bigint, message_id text}} JOIN events e
        ON e.bucket = r.bucket AND e.identity = r.identity AND e.message_id = r.message_id WHERE e.flags < {WITHDRAWN}"
    );
    let found = connection.batch(&sql, &key_rows(keys), &[])?;
    let stored = |mut row: Row| -> Result<StoredId, Error> {
        let message_id = row.take_text(1)?;
        Ok(StoredId {
            identity: IdentityId::read(&row, 0)?,
            message_id,
            at: row.integer(2)?,
            received: Received::read(&row, 3)?,
        })
    };
    found.into_iter().map(stored).collect()
}

/// The instant and the number of a stored event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredAt {
    pub identity: IdentityId,
    pub at: i64,
    pub received: Received,
}

/// How many events of an identity have ids that begin with a text, which ends with `:`; withdrawn ones count.
pub fn count_beginning(connection: &mut Connection, identity: IdentityId, start: &str) -> Result<i64, Error> {
    // The next character behind `:` is `;`.
    let end = start.strip_suffix(':').map_or_else(|| start.to_owned(), |start| format!("{start};"));
    let sql =
        "SELECT count(*) FROM events WHERE bucket = $1 AND identity = $2 AND message_id >= $3 AND message_id < $4";
    let params = [identity.bucket().into(), identity.into(), start.into(), Value::from(&end)];
    connection.first(sql, &params)?.map_or(Ok(0), |row| row.integer(0))
}

/// Hands over all ids under these identities, in no order; withdrawn ones are left out.
pub fn ids(
    connection: &mut Connection,
    identities: &[IdentityId],
    mut take: impl FnMut(&str, StoredAt) -> Result<(), Error>,
) -> Result<(), Error> {
    let sql = format!(
        "SELECT e.identity, e.message_id, e.at, e.received FROM {{rows: bucket bigint, identity bigint}}
        JOIN events e ON e.bucket = r.bucket AND e.identity = r.identity WHERE e.flags < {WITHDRAWN}"
    );
    connection.batch_each(&sql, &keyed(identities), &[], |row| {
        let found =
            StoredAt { identity: IdentityId::read(row, 0)?, at: row.integer(2)?, received: Received::read(row, 3)? };
        take(row.text(1)?, found)
    })
}

/// The events with these keys, withdrawn ones too.
pub fn of_keys(connection: &mut Connection, keys: &[(IdentityId, &str)]) -> Result<Vec<Event>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, identity bigint, message_id text}} JOIN events e
        ON e.bucket = r.bucket AND e.identity = r.identity AND e.message_id = r.message_id"
    );
    connection.batch(&sql, &key_rows(keys), &[])?.into_iter().map(event).collect()
}

/// Who brought the events with these keys, in no order: one origin for each that is there, withdrawn ones too.
pub fn origins_of(connection: &mut Connection, keys: &[(IdentityId, &str)]) -> Result<Vec<String>, Error> {
    let sql = "SELECT e.origin FROM {rows: bucket bigint, identity bigint, message_id text} JOIN events e
        ON e.bucket = r.bucket AND e.identity = r.identity AND e.message_id = r.message_id";
    connection.batch(sql, &key_rows(keys), &[])?.into_iter().map(|mut row| row.take_text(0)).collect()
}

/// The keys behind an identity and id in the order of the tree, each with its origin.
pub fn after(
    connection: &mut Connection,
    (identity, message_id): (IdentityId, &str),
    limit: i64,
) -> Result<Vec<(IdentityId, String, String)>, Error> {
    let sql = "SELECT identity, message_id, origin FROM events
        WHERE (bucket, identity, message_id) > ($1, $2, $3) ORDER BY bucket, identity, message_id LIMIT $4";
    let params = [identity.bucket().into(), identity.into(), message_id.into(), limit.into()];
    let keys = |mut row: Row| Ok((IdentityId::read(&row, 0)?, row.take_text(1)?, row.take_text(2)?));
    connection.query(sql, &params)?.into_iter().map(keys).collect()
}

/// How much an origin brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OriginCounts {
    /// Its events.
    pub events: u64,
    /// Leads that are known by it alone, and leads that are known otherwise, too.
    pub leads_alone: u64,
    pub leads_shared: u64,
}

/// Counts what an origin, `import:7`, brought. It reads the whole ledger. A visitor is counted with a person to whom it
/// was tied.
pub fn of_origin(connection: &mut Connection, origin: &str) -> Result<OriginCounts, Error> {
    let sql =
        "SELECT CAST(coalesce(sum(l.own), 0) AS bigint), coalesce(sum(CASE WHEN l.own = l.total THEN 1 ELSE 0 END), 0), count(*) FROM (
            SELECT coalesce(o.lead, i.lead) AS lead, count(*) AS total,
                sum(CASE WHEN e.origin = $1 THEN 1 ELSE 0 END) AS own
            FROM events e JOIN identities i ON i.id = e.identity LEFT JOIN (
                SELECT t.visitor, max(p.lead) AS lead FROM ties t JOIN identities p ON p.id = t.person
                GROUP BY t.visitor) o ON o.visitor = i.id
            GROUP BY coalesce(o.lead, i.lead)) l
        WHERE l.own > 0";
    let rows = connection.query(sql, &[origin.into()])?;
    let Some(row) = rows.first() else { return Ok(OriginCounts::default()) };
    let count = |place| row.integer(place).map(|count| count.max(0) as u64);
    let (events, leads_alone) = (count(0)?, count(1)?);
    Ok(OriginCounts { events, leads_alone, leads_shared: count(2)? - leads_alone })
}

/// Messages of a bucket, of the identities that came first or last, at most `limit`; withdrawn ones are left out.
pub fn of_bucket(connection: &mut Connection, bucket: i64, end: End, limit: i64) -> Result<Vec<String>, Error> {
    let order = end.order();
    let sql = format!(
        "SELECT message FROM events WHERE bucket = $1 AND flags < {WITHDRAWN}
        ORDER BY identity {order}, message_id {order} LIMIT $2"
    );
    connection.query(&sql, &[bucket.into(), limit.into()])?.into_iter().map(|mut row| row.take_text(0)).collect()
}

/// Which end of a bucket is read: ids grow, so that its first rows are the oldest leads'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    First,
    Last,
}

impl End {
    pub(crate) fn order(self) -> &'static str {
        match self {
            End::First => "ASC",
            End::Last => "DESC",
        }
    }
}

/// A page of the ledger in the order of the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Identity and instant of each event that has one of the words in it.
    pub found: Vec<(IdentityId, i64)>,
    /// The key of the last event, where more may follow.
    pub next: Option<(IdentityId, String)>,
}

/// Looks through the events behind an identity and id for words in their JSON, at most so many of them; withdrawn ones
/// are left out.
pub fn with_words(
    connection: &mut Connection,
    (identity, message_id): (IdentityId, &str),
    words: &[&str],
    limit: i64,
) -> Result<Page, Error> {
    let tests: Vec<String> = (5..5 + words.len()).map(|number| format!("message LIKE ${number}")).collect();
    let sql = format!(
        "SELECT identity, message_id, at, CASE WHEN flags < {WITHDRAWN} AND ({}) THEN 1 ELSE 0 END FROM events
        WHERE (bucket, identity, message_id) > ($1, $2, $3) ORDER BY bucket, identity, message_id LIMIT $4",
        tests.join(" OR ")
    );
    let mut params = vec![identity.bucket().into(), identity.into(), Value::from(message_id), limit.into()];
    params.extend(words.iter().map(|word| Value::from(format!("%{word}%"))));
    let mut page = Page::default();
    let rows = connection.query(&sql, &params)?;
    let is_full = rows.len() as i64 == limit;
    for mut row in rows {
        if row.integer(3)? == 1 {
            page.found.push((IdentityId::read(&row, 0)?, row.integer(2)?));
        }
        page.next = Some((IdentityId::read(&row, 0)?, row.take_text(1)?)).filter(|_| is_full);
    }
    Ok(page)
}

/// Which of these identities have an event; withdrawn ones do not count.
pub fn with_events(connection: &mut Connection, identities: &[IdentityId]) -> Result<Vec<IdentityId>, Error> {
    let sql = format!(
        "SELECT r.identity FROM {{rows: bucket bigint, identity bigint}} WHERE EXISTS
        (SELECT 1 FROM events e WHERE e.bucket = r.bucket AND e.identity = r.identity AND e.flags < {WITHDRAWN})"
    );
    connection.batch(&sql, &keyed(identities), &[])?.iter().map(|row| IdentityId::read(row, 0)).collect()
}

/// All events under these identities, in no order, withdrawn ones too.
pub fn ever_of_identities(connection: &mut Connection, identities: &[IdentityId]) -> Result<Vec<Event>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, identity bigint}}
        JOIN events e ON e.bucket = r.bucket AND e.identity = r.identity"
    );
    connection.batch(&sql, &keyed(identities), &[])?.into_iter().map(event).collect()
}

/// One event by its identity and id.
pub fn one(connection: &mut Connection, identity: IdentityId, message_id: &str) -> Result<Option<Event>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM events e WHERE e.bucket = $1 AND e.identity = $2 AND e.message_id = $3");
    let params = [identity.bucket().into(), identity.into(), message_id.into()];
    connection.first(&sql, &params)?.map(event).transpose()
}

/// Rewrites what a verdict or an unmerge changes of an event.
pub fn rewrite(connection: &mut Connection, event: &Event) -> Result<(), Error> {
    let sql = "UPDATE events SET flags = $4, message = $5 WHERE bucket = $1 AND identity = $2 AND message_id = $3";
    let params = [
        event.identity.bucket().into(),
        event.identity.into(),
        Value::from(&event.message_id),
        event.flags.into(),
        Value::from(&event.message),
    ];
    connection.execute(sql, &params).map(drop)
}

/// Replaces the JSON of messages: each its identity, its id and the new JSON.
pub fn rewrite_messages(connection: &mut Connection, messages: &[(IdentityId, String, String)]) -> Result<(), Error> {
    let sql = "UPDATE events AS e SET message = r.message
        FROM {rows: bucket bigint, identity bigint, message_id text, message text}
        WHERE e.bucket = r.bucket AND e.identity = r.identity AND e.message_id = r.message_id";
    let rows: Vec<[Value; 4]> = messages
        .iter()
        .map(|(identity, id, message)| {
            [identity.bucket().into(), (*identity).into(), Value::from(id), Value::from(message)]
        })
        .collect();
    connection.batch(sql, &rows, &[]).map(drop)
}

/// All events in the order received; withdrawn ones are left out.
pub fn each(connection: &mut Connection, mut take: impl FnMut(Event) -> Result<(), Error>) -> Result<(), Error> {
    let sql = format!("SELECT {COLUMNS} FROM events e WHERE e.flags < {WITHDRAWN} ORDER BY e.received");
    connection.each(&sql, &[], |row| take(event(row)?))
}

/// Deletes events: for an erasure, and for an import undone.
pub fn delete(connection: &mut Connection, keys: &[(IdentityId, &str)]) -> Result<(), Error> {
    let sql = "DELETE FROM events WHERE (bucket, identity, message_id) IN
        (SELECT r.bucket, r.identity, r.message_id FROM {rows: bucket bigint, identity bigint, message_id text})";
    connection.batch(sql, &key_rows(keys), &[]).map(drop)
}

fn key_rows<'k>(keys: &[(IdentityId, &'k str)]) -> Vec<[Value<'k>; 3]> {
    keys.iter().map(|(identity, id)| [identity.bucket().into(), (*identity).into(), Value::from(*id)]).collect()
}

fn keyed(identities: &[IdentityId]) -> Vec<[Value<'static>; 2]> {
    identities.iter().map(|id| [id.bucket().into(), Value::from(*id)]).collect()
}
