//! What was frozen when a copy was claimed: what its links lead to, to which address it went, and what it was made of.

use std::collections::{BTreeMap, BTreeSet};

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::LeadId;
use crate::value::{Row, Value};

/// What a copy holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub lead: LeadId,
    pub send_id: String,
    /// Random. With the lead it is the copy's id in links. What is frozen anew gets another one.
    pub tag: i64,
    /// In its canonical form.
    pub address: String,
    /// The links that it shares with other copies, by their id in `link_sets`.
    pub link_set: String,
    /// JSON.
    pub document: String,
}

/// Stores contents, each in the place of an earlier one of the same copy.
pub fn put(connection: &mut Connection, contents: &[Content]) -> Result<(), Error> {
    let rows: Vec<[Value; 7]> = contents
        .iter()
        .map(|content| {
            [
                content.lead.bucket().into(),
                content.lead.into(),
                Value::from(&content.send_id),
                content.tag.into(),
                Value::from(&content.address),
                Value::from(&content.link_set),
                Value::from(&content.document),
            ]
        })
        .collect();
    let sql = "INSERT INTO contents (bucket, lead, send_id, tag, address, link_set, document)
        SELECT r.bucket, r.lead, r.send_id, r.tag, r.address, r.link_set, r.document
        FROM {rows: bucket bigint, lead bigint, send_id text, tag bigint, address text, link_set text, document text}
        WHERE true ON CONFLICT (bucket, lead, send_id) DO UPDATE SET tag = excluded.tag, address = excluded.address,
            link_set = excluded.link_set, document = excluded.document";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Keeps what copies hold now beside what they will hold when they have been sent again: the mail that is in doubt may have
/// arrived. Each is named by its lead and its id.
pub fn keep(connection: &mut Connection, copies: &[(LeadId, String)]) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> =
        copies.iter().map(|(lead, send_id)| [lead.bucket().into(), (*lead).into(), Value::from(send_id)]).collect();
    // The id of no copy has this form, and a tag is random.
    let sql = "INSERT INTO contents (bucket, lead, send_id, tag, address, link_set, document, of_copy)
        SELECT c.bucket, c.lead, c.send_id || '#' || CAST(c.tag AS TEXT), c.tag, c.address, c.link_set, c.document,
            c.send_id
        FROM {rows: bucket bigint, lead bigint, send_id text}
        JOIN contents c ON c.bucket = r.bucket AND c.lead = r.lead AND c.send_id = r.send_id
        WHERE true ON CONFLICT DO NOTHING";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// The content that a link's copy id names, also of a copy that was sent again since; `None` where it was erased, or is
/// another installation's.
pub fn of_copy(connection: &mut Connection, lead: LeadId, tag: i64) -> Result<Option<Content>, Error> {
    let sql = "SELECT lead, coalesce(of_copy, send_id), tag, address, link_set, document FROM contents
        WHERE bucket = $1 AND lead = $2 AND tag = $3";
    connection.first(sql, &[lead.bucket().into(), lead.into(), tag.into()])?.map(one).transpose()
}

/// The contents of these leads' copies as they were frozen last, in no order.
pub fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<Content>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    let sql = "SELECT c.lead, c.send_id, c.tag, c.address, c.link_set, c.document
        FROM {rows: bucket bigint, lead bigint}
        JOIN contents c ON c.bucket = r.bucket AND c.lead = r.lead AND c.of_copy IS NULL";
    connection.batch(sql, &rows, &[])?.into_iter().map(one).collect()
}

/// The same of these copies alone, each named by its lead and its id. Those of which nothing was frozen are left out.
pub fn of_copies(connection: &mut Connection, copies: &[(LeadId, String)]) -> Result<Vec<Content>, Error> {
    let rows: Vec<[Value; 3]> =
        copies.iter().map(|(lead, send_id)| [lead.bucket().into(), (*lead).into(), Value::from(send_id)]).collect();
    let sql = "SELECT c.lead, c.send_id, c.tag, c.address, c.link_set, c.document
        FROM {rows: bucket bigint, lead bigint, send_id text}
        JOIN contents c ON c.bucket = r.bucket AND c.lead = r.lead AND c.send_id = r.send_id";
    connection.batch(sql, &rows, &[])?.into_iter().map(one).collect()
}

/// The contents of leads' copies with what copies held that were sent again since, each under the id of its copy.
pub fn all_of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<Content>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    // What is kept of a copy is there twice until the copy is frozen anew.
    let sql = "SELECT DISTINCT c.lead, coalesce(c.of_copy, c.send_id), c.tag, c.address, c.link_set, c.document
        FROM {rows: bucket bigint, lead bigint} JOIN contents c ON c.bucket = r.bucket AND c.lead = r.lead";
    connection.batch(sql, &rows, &[])?.into_iter().map(one).collect()
}

fn one(mut row: Row) -> Result<Content, Error> {
    Ok(Content {
        lead: LeadId::read(&row, 0)?,
        tag: row.integer(2)?,
        send_id: row.take_text(1)?,
        address: row.take_text(3)?,
        link_set: row.take_text(4)?,
        document: row.take_text(5)?,
    })
}

/// The id of links that belong to one lead: they are erased with it.
///
/// ```
/// use attractor_store::LeadId;
/// use attractor_store::contents::personal_set;
///
/// assert_eq!(personal_set(LeadId(414), "5f"), "414/5f");
/// ```
pub fn personal_set(lead: LeadId, hash: &str) -> String {
    format!("{lead}/{hash}")
}

/// Deletes the links that belong to a lead alone.
pub(crate) fn erase_personal_sets(connection: &mut Connection, lead: LeadId) -> Result<(), Error> {
    // What begins with `414/`: the next character behind the slash is `0`.
    let (first, end) = (format!("{lead}/"), format!("{lead}0"));
    let params = [Value::from(&first), Value::from(&end)];
    connection.execute("DELETE FROM link_sets WHERE id >= $1 AND id < $2", &params).map(drop)
}

/// Stores links that several copies share, each under the id that its document has.
pub fn put_link_sets(connection: &mut Connection, sets: &[(String, String)]) -> Result<(), Error> {
    let rows: Vec<[Value; 2]> = sets.iter().map(|(id, document)| [Value::from(id), Value::from(document)]).collect();
    let sql = "INSERT INTO link_sets (id, document) SELECT r.id, r.document FROM {rows: id text, document text}
        WHERE true ON CONFLICT DO NOTHING";
    connection.batch(sql, &rows, &[]).map(drop)
}

pub fn link_set(connection: &mut Connection, id: &str) -> Result<Option<String>, Error> {
    let found = connection.first("SELECT document FROM link_sets WHERE id = $1", &[id.into()])?;
    found.map(|mut row| row.take_text(0)).transpose()
}

/// The documents of these links, by their ids. Those that are gone are left out.
pub fn link_sets(connection: &mut Connection, ids: &BTreeSet<&str>) -> Result<BTreeMap<String, String>, Error> {
    let rows: Vec<[Value; 1]> = ids.iter().map(|id| [Value::from(*id)]).collect();
    let sql = "SELECT s.id, s.document FROM {rows: id text} JOIN link_sets s ON s.id = r.id";
    let found = connection.batch(sql, &rows, &[])?.into_iter();
    found.map(|mut row| Ok((row.take_text(0)?, row.take_text(1)?))).collect()
}
