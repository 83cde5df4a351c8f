//! Inbound webhooks: who may tell us, and how what they say is read.

use crate::connection::Connection;
use crate::error::Error;
use crate::value::{Row, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Part of its address.
    pub id: String,
    pub name: String,
    /// JSON.
    pub mapping: String,
    /// `token` or `hmac`.
    pub proof: String,
    /// Where an `hmac` stands.
    pub header: Option<String>,
    /// The hash of a token, or a sealed secret.
    pub secret: Vec<u8>,
    /// Milliseconds since 1970.
    pub made_at: i64,
    pub made_by: String,
}

const HOOK: &str = "id, name, mapping, proof, header, secret, made_at, made_by";

fn hook(mut row: Row) -> Result<Hook, Error> {
    Ok(Hook {
        id: row.take_text(0)?,
        name: row.take_text(1)?,
        mapping: row.take_text(2)?,
        proof: row.take_text(3)?,
        header: row.text_or_null(4)?.map(str::to_owned),
        secret: row.bytes(5)?.to_vec(),
        made_at: row.integer(6)?,
        made_by: row.take_text(7)?,
    })
}

pub fn insert(connection: &mut Connection, hook: &Hook) -> Result<(), Error> {
    let sql = format!("INSERT INTO hooks ({HOOK}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
    let params = [
        Value::from(&hook.id),
        Value::from(&hook.name),
        Value::from(&hook.mapping),
        Value::from(&hook.proof),
        hook.header.as_deref().into(),
        Value::from(hook.secret.as_slice()),
        hook.made_at.into(),
        Value::from(&hook.made_by),
    ];
    connection.execute(&sql, &params).map(drop)
}

pub fn one(connection: &mut Connection, id: &str) -> Result<Option<Hook>, Error> {
    connection.first(&format!("SELECT {HOOK} FROM hooks WHERE id = $1"), &[id.into()])?.map(hook).transpose()
}

/// All of them, in the order in which they were made.
pub fn all(connection: &mut Connection) -> Result<Vec<Hook>, Error> {
    connection.query(&format!("SELECT {HOOK} FROM hooks ORDER BY made_at, id"), &[])?.into_iter().map(hook).collect()
}

/// Rewrites name and mapping. Whether there was such a hook.
pub fn update(connection: &mut Connection, id: &str, name: &str, mapping: &str) -> Result<bool, Error> {
    let sql = "UPDATE hooks SET name = $2, mapping = $3 WHERE id = $1";
    Ok(connection.execute(sql, &[id.into(), name.into(), mapping.into()])? == 1)
}

/// Whether there was such a hook.
pub fn delete(connection: &mut Connection, id: &str) -> Result<bool, Error> {
    Ok(connection.execute("DELETE FROM hooks WHERE id = $1", &[id.into()])? == 1)
}
