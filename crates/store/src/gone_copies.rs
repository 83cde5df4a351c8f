//! Copies whose content was erased: the address that unsubscribes from them works forever.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::LeadId;
use crate::value::Value;

/// What is left of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GoneCopy {
    pub lead: LeadId,
    /// As links name it.
    pub tag: i64,
    /// Of the address to which it went, as in `suppressions`.
    pub hash: String,
    /// What its link ends, as in `suppressions`.
    pub scope: String,
}

/// Stores them; what is known of a copy stays.
pub fn insert(connection: &mut Connection, copies: &[GoneCopy]) -> Result<(), Error> {
    let rows: Vec<[Value; 5]> = copies
        .iter()
        .map(|copy| {
            [
                copy.lead.bucket().into(),
                copy.lead.into(),
                copy.tag.into(),
                Value::from(&copy.hash),
                Value::from(&copy.scope),
            ]
        })
        .collect();
    let sql = "INSERT INTO gone_copies (bucket, lead, tag, hash, scope)
        SELECT r.bucket, r.lead, r.tag, r.hash, r.scope
        FROM {rows: bucket bigint, lead bigint, tag bigint, hash text, scope text} WHERE true ON CONFLICT DO NOTHING";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// The one that a link or an address names.
pub fn one(connection: &mut Connection, (lead, tag): (LeadId, i64)) -> Result<Option<GoneCopy>, Error> {
    let sql = "SELECT hash, scope FROM gone_copies WHERE bucket = $1 AND lead = $2 AND tag = $3";
    let row = connection.first(sql, &[lead.bucket().into(), lead.into(), tag.into()])?;
    row.map(|mut row| Ok(GoneCopy { lead, tag, hash: row.take_text(0)?, scope: row.take_text(1)? })).transpose()
}
