//! The draft of the playbook: edits that wait to be published.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::{DraftNumber, VersionNumber};
use crate::value::{Row, Value};

/// There is one draft per installation.
const SLOT: i64 = 1;

/// The draft without its edits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DraftRow {
    /// Grows with every change.
    pub number: DraftNumber,
    /// The version that its edits were made on; `None`: there is no draft.
    pub base: Option<VersionNumber>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftEditRow {
    /// The number that the draft got by it.
    pub number: DraftNumber,
    /// Milliseconds since 1970.
    pub at: i64,
    pub author: String,
    /// JSON.
    pub document: String,
}

/// The draft; number 0 where there never was one.
pub fn read(connection: &mut Connection) -> Result<DraftRow, Error> {
    let row = connection.first("SELECT number, base FROM draft WHERE slot = $1", &[SLOT.into()])?;
    let draft =
        |row: Row| Ok(DraftRow { number: DraftNumber::read(&row, 0)?, base: VersionNumber::read_or_null(&row, 1)? });
    row.map_or(Ok(DraftRow::default()), draft)
}

/// Writes the draft in the place of what it was.
pub fn write(connection: &mut Connection, draft: DraftRow) -> Result<(), Error> {
    let sql = "INSERT INTO draft (slot, number, base) VALUES ($1, $2, $3)
        ON CONFLICT (slot) DO UPDATE SET number = excluded.number, base = excluded.base";
    let base = draft.base.map_or(Value::Null, Value::from);
    connection.execute(sql, &[SLOT.into(), draft.number.into(), base]).map(drop)
}

/// All edits, the oldest first.
pub fn edits(connection: &mut Connection) -> Result<Vec<DraftEditRow>, Error> {
    let rows = connection.query("SELECT number, at, author, document FROM draft_edits ORDER BY number", &[])?;
    let edit = |mut row: Row| {
        Ok(DraftEditRow {
            author: row.take_text(2)?,
            document: row.take_text(3)?,
            number: DraftNumber::read(&row, 0)?,
            at: row.integer(1)?,
        })
    };
    rows.into_iter().map(edit).collect()
}

pub fn insert_edit(connection: &mut Connection, edit: &DraftEditRow) -> Result<(), Error> {
    let DraftEditRow { number, at, author, document } = edit;
    let sql = "INSERT INTO draft_edits (number, at, author, document) VALUES ($1, $2, $3, $4)";
    connection.execute(sql, &[(*number).into(), (*at).into(), author.into(), document.into()]).map(drop)
}

/// Whether there was such an edit.
pub fn delete_edit(connection: &mut Connection, number: DraftNumber) -> Result<bool, Error> {
    Ok(connection.execute("DELETE FROM draft_edits WHERE number = $1", &[number.into()])? == 1)
}

/// Deletes all edits.
pub fn delete_edits(connection: &mut Connection) -> Result<(), Error> {
    connection.execute("DELETE FROM draft_edits", &[]).map(drop)
}
