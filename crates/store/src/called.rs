//! What people call leads: for whoever looks for one by the beginning of its name.

use std::collections::BTreeSet;

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::LeadId;
use crate::value::{Row, Value};

/// Writes what these leads are called by now; what is so already costs no write.
pub fn save(connection: &mut Connection, called: &[(LeadId, Vec<String>)]) -> Result<(), Error> {
    let leads: Vec<LeadId> = called.iter().map(|(lead, _)| *lead).collect();
    let stored: BTreeSet<(LeadId, String)> = of_leads(connection, &leads)?.into_iter().collect();
    let now: BTreeSet<(LeadId, String)> =
        called.iter().flat_map(|(lead, texts)| texts.iter().map(|text| (*lead, text.clone()))).collect();
    let gone = "DELETE FROM called WHERE (bucket, lead, text) IN
        (SELECT r.bucket, r.lead, r.text FROM {rows: bucket bigint, lead bigint, text text})";
    connection.batch(gone, &rows(stored.difference(&now)), &[])?;
    let new = "INSERT INTO called (bucket, lead, text) SELECT r.bucket, r.lead, r.text
        FROM {rows: bucket bigint, lead bigint, text text}";
    connection.batch(new, &rows(now.difference(&stored)), &[]).map(drop)
}

fn rows<'a>(called: impl Iterator<Item = &'a (LeadId, String)>) -> Vec<[Value<'a>; 3]> {
    called.map(|(lead, text)| [lead.bucket().into(), (*lead).into(), text.as_str().into()]).collect()
}

fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<(LeadId, String)>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    let sql = "SELECT c.lead, c.text FROM {rows: bucket bigint, lead bigint}
        JOIN called c ON c.bucket = r.bucket AND c.lead = r.lead";
    connection.batch(sql, &rows, &[])?.into_iter().map(one).collect()
}

fn one(mut row: Row) -> Result<(LeadId, String), Error> {
    Ok((LeadId::read(&row, 0)?, row.take_text(1)?))
}

/// Leads with a name, or a later part of one, that begins so, behind a text and lead, in order.
pub fn starting(
    connection: &mut Connection,
    text: &str,
    after: Option<(&str, LeadId)>,
    limit: i64,
) -> Result<Vec<(LeadId, String)>, Error> {
    let end = format!("{text}\u{10ffff}");
    let sql = "SELECT lead, text FROM called WHERE text >= $1 AND text < $2 AND (text, bucket, lead) > ($3, $4, $5)
        ORDER BY text, bucket, lead LIMIT $6";
    // Before every text stands the empty one, which is nobody's.
    let (behind, lead) = after.unwrap_or_default();
    let params = [text.into(), Value::from(end), behind.into(), lead.bucket().into(), lead.into(), limit.into()];
    connection.query(sql, &params)?.into_iter().map(one).collect()
}
