//! What was asked for by forms and waits for the owner of an address to confirm it, or was confirmed.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::LeadId;
use crate::value::{Row, Value};

/// By what a request is found: the lead that it was made for, and its random number.
pub type RequestTag = (LeadId, i64);

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestRow {
    pub tag: RequestTag,
    /// The form's id.
    pub form: String,
    /// Of the address, as in `suppressions`.
    pub hash: String,
    /// JSON.
    pub document: String,
    /// Milliseconds since 1970, as all instants here.
    pub asked_at: i64,
    pub confirmed_at: Option<i64>,
    /// How often its file was taken.
    pub downloads: i64,
}

const COLUMNS: &str = "q.lead, q.tag, q.form, q.hash, q.document, q.asked_at, q.confirmed_at, q.downloads";

fn request(mut row: Row) -> Result<RequestRow, Error> {
    Ok(RequestRow {
        form: row.take_text(2)?,
        hash: row.take_text(3)?,
        document: row.take_text(4)?,
        tag: (LeadId::read(&row, 0)?, row.integer(1)?),
        asked_at: row.integer(5)?,
        confirmed_at: row.integer_or_null(6)?,
        downloads: row.integer(7)?,
    })
}

/// Stores a new request.
pub fn insert(connection: &mut Connection, request: &RequestRow) -> Result<(), Error> {
    let sql = "INSERT INTO form_requests (bucket, lead, tag, form, hash, document, asked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (lead, tag) = request.tag;
    let params = [
        lead.bucket().into(),
        lead.into(),
        tag.into(),
        Value::from(&request.form),
        Value::from(&request.hash),
        Value::from(&request.document),
        request.asked_at.into(),
    ];
    connection.execute(sql, &params).map(drop)
}

/// These requests, as far as they are there, in no order.
pub fn of_tags(connection: &mut Connection, tags: &[RequestTag]) -> Result<Vec<RequestRow>, Error> {
    let rows: Vec<[Value; 3]> =
        tags.iter().map(|(lead, tag)| [lead.bucket().into(), (*lead).into(), (*tag).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint, tag bigint}}
        JOIN form_requests q ON q.bucket = r.bucket AND q.lead = r.lead AND q.tag = r.tag"
    );
    connection.batch(&sql, &rows, &[])?.into_iter().map(request).collect()
}

pub fn one(connection: &mut Connection, tag: RequestTag) -> Result<Option<RequestRow>, Error> {
    Ok(of_tags(connection, &[tag])?.pop())
}

/// All requests of these leads, the oldest first.
pub fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<RequestRow>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint}}
        JOIN form_requests q ON q.bucket = r.bucket AND q.lead = r.lead"
    );
    let mut found: Vec<RequestRow> =
        connection.batch(&sql, &rows, &[])?.into_iter().map(request).collect::<Result<_, Error>>()?;
    found.sort_by_key(|request| (request.asked_at, request.tag));
    Ok(found)
}

/// How many were asked for at an address since an instant, under any of its hashes.
pub fn count_since(connection: &mut Connection, hashes: &[String], since: i64) -> Result<i64, Error> {
    let mut count = 0;
    for hash in hashes {
        let sql = "SELECT count(*) FROM form_requests WHERE hash = $1 AND asked_at > $2";
        let row = connection.first(sql, &[Value::from(hash), since.into()])?;
        count += row.map_or(Ok(0), |row| row.integer(0))?;
    }
    Ok(count)
}

/// Notes when a request was confirmed. Whether it was not before.
pub fn confirm(connection: &mut Connection, (lead, tag): RequestTag, at: i64) -> Result<bool, Error> {
    let sql = "UPDATE form_requests SET confirmed_at = $4
        WHERE bucket = $1 AND lead = $2 AND tag = $3 AND confirmed_at IS NULL";
    Ok(connection.execute(sql, &[lead.bucket().into(), lead.into(), tag.into(), at.into()])? == 1)
}

/// Counts one download more.
pub fn count_download(connection: &mut Connection, (lead, tag): RequestTag) -> Result<(), Error> {
    let sql = "UPDATE form_requests SET downloads = downloads + 1 WHERE bucket = $1 AND lead = $2 AND tag = $3";
    connection.execute(sql, &[lead.bucket().into(), lead.into(), tag.into()]).map(drop)
}

/// Deletes what was asked for at addresses that have these hashes, whichever lead it was made for.
pub fn delete_of_addresses(connection: &mut Connection, hashes: &[String]) -> Result<(), Error> {
    let rows: Vec<[Value; 1]> = hashes.iter().map(|hash| [Value::from(hash)]).collect();
    let sql = "DELETE FROM form_requests WHERE hash IN (SELECT r.hash FROM {rows: hash text})";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Deletes what was asked for before an instant and not confirmed.
pub fn delete_unconfirmed(connection: &mut Connection, before: i64) -> Result<(), Error> {
    let sql = "DELETE FROM form_requests WHERE confirmed_at IS NULL AND asked_at < $1";
    connection.execute(sql, &[before.into()]).map(drop)
}
