//! Forms: what each asks and what follows.

use crate::connection::Connection;
use crate::error::Error;
use crate::value::{Row, Value};

/// A form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormRow {
    pub id: String,
    /// JSON.
    pub document: String,
    /// Milliseconds since 1970, as all instants here.
    pub made_at: i64,
    pub made_by: String,
    pub changed_at: i64,
    pub changed_by: String,
}

const COLUMNS: &str = "id, document, made_at, made_by, changed_at, changed_by";

fn form(mut row: Row) -> Result<FormRow, Error> {
    Ok(FormRow {
        id: row.take_text(0)?,
        document: row.take_text(1)?,
        made_by: row.take_text(3)?,
        changed_by: row.take_text(5)?,
        made_at: row.integer(2)?,
        changed_at: row.integer(4)?,
    })
}

/// All of them, by id.
pub fn all(connection: &mut Connection) -> Result<Vec<FormRow>, Error> {
    connection.query(&format!("SELECT {COLUMNS} FROM forms ORDER BY id"), &[])?.into_iter().map(form).collect()
}

pub fn one(connection: &mut Connection, id: &str) -> Result<Option<FormRow>, Error> {
    connection.first(&format!("SELECT {COLUMNS} FROM forms WHERE id = $1"), &[id.into()])?.map(form).transpose()
}

/// Whether there was none of this id before.
pub fn insert(connection: &mut Connection, form: &FormRow) -> Result<bool, Error> {
    let sql = "INSERT INTO forms (id, document, made_at, made_by, changed_at, changed_by)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO NOTHING";
    let params = [
        Value::from(&form.id),
        Value::from(&form.document),
        form.made_at.into(),
        Value::from(&form.made_by),
        form.changed_at.into(),
        Value::from(&form.changed_by),
    ];
    Ok(connection.execute(sql, &params)? == 1)
}

/// Writes the document in the place of what it was; whether there is such a form.
pub fn update(connection: &mut Connection, id: &str, document: &str, at: i64, by: &str) -> Result<bool, Error> {
    let sql = "UPDATE forms SET document = $2, changed_at = $3, changed_by = $4 WHERE id = $1";
    Ok(connection.execute(sql, &[id.into(), document.into(), at.into(), by.into()])? == 1)
}

/// Whether there was such a form.
pub fn delete(connection: &mut Connection, id: &str) -> Result<bool, Error> {
    Ok(connection.execute("DELETE FROM forms WHERE id = $1", &[id.into()])? == 1)
}
