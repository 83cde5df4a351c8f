//! Files that the server hosts, by the hash of their content.

use crate::connection::Connection;
use crate::error::Error;
use crate::value::{Row, Value};

/// How many bytes one row of content has.
const PART: usize = 32 << 10;
/// How many rows of content are read at once.
const PARTS: i64 = 4;
/// The most bytes of content that are read at once.
pub const PORTION: usize = PART * PARTS as usize;

/// A file without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetRow {
    /// The SHA-256 of the content, in hexadecimal.
    pub id: String,
    /// As people call the file.
    pub name: String,
    /// The media type that its first bytes show.
    pub media: String,
    /// In bytes.
    pub size: i64,
    /// Milliseconds since 1970.
    pub made_at: i64,
    pub made_by: String,
}

const COLUMNS: &str = "id, name, media, size, made_at, made_by";

fn asset(mut row: Row) -> Result<AssetRow, Error> {
    Ok(AssetRow {
        id: row.take_text(0)?,
        name: row.take_text(1)?,
        media: row.take_text(2)?,
        made_by: row.take_text(5)?,
        size: row.integer(3)?,
        made_at: row.integer(4)?,
    })
}

/// All of them, the newest first.
pub fn all(connection: &mut Connection) -> Result<Vec<AssetRow>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM assets ORDER BY made_at DESC, id");
    connection.query(&sql, &[])?.into_iter().map(asset).collect()
}

pub fn one(connection: &mut Connection, id: &str) -> Result<Option<AssetRow>, Error> {
    connection.first(&format!("SELECT {COLUMNS} FROM assets WHERE id = $1"), &[id.into()])?.map(asset).transpose()
}

/// All files together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    pub files: i64,
    pub bytes: i64,
}

/// How many files there are, and their bytes.
pub fn total(connection: &mut Connection) -> Result<Total, Error> {
    let row = connection.first("SELECT count(*), CAST(coalesce(sum(size), 0) AS bigint) FROM assets", &[])?;
    row.map_or(Ok(Total::default()), |row| Ok(Total { files: row.integer(0)?, bytes: row.integer(1)? }))
}

/// Stores a file with its content; whether none of this content was there.
pub fn insert(connection: &mut Connection, asset: &AssetRow, content: &[u8]) -> Result<bool, Error> {
    let sql = "INSERT INTO assets (id, name, media, size, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (id) DO NOTHING";
    let params = [
        Value::from(&asset.id),
        Value::from(&asset.name),
        Value::from(&asset.media),
        asset.size.into(),
        asset.made_at.into(),
        Value::from(&asset.made_by),
    ];
    if connection.execute(sql, &params)? == 0 {
        return Ok(false);
    }
    let parts = (0..).zip(content.chunks(PART));
    let rows: Vec<[Value; 3]> =
        parts.map(|(number, bytes)| [Value::from(&asset.id), Value::Integer(number), Value::from(bytes)]).collect();
    let sql = "INSERT INTO asset_parts (asset, number, bytes)
        SELECT r.asset, r.number, r.bytes FROM {rows: asset text, number bigint, bytes bytes}";
    connection.batch(sql, &rows, &[])?;
    Ok(true)
}

/// A portion of a file's content, by its number from 0: at most [`PORTION`] bytes; empty behind the end, and where there is
/// no such file.
pub fn portion(connection: &mut Connection, id: &str, number: i64) -> Result<Vec<u8>, Error> {
    let sql = "SELECT bytes FROM asset_parts WHERE asset = $1 AND number >= $2 AND number < $3 ORDER BY number";
    let first = number.saturating_mul(PARTS);
    let mut portion = Vec::new();
    connection.each(sql, &[id.into(), first.into(), first.saturating_add(PARTS).into()], |row| {
        portion.extend_from_slice(row.bytes(0)?);
        Ok(())
    })?;
    Ok(portion)
}

/// Whether there was such a file.
pub fn delete(connection: &mut Connection, id: &str) -> Result<bool, Error> {
    connection.execute("DELETE FROM asset_parts WHERE asset = $1", &[id.into()])?;
    Ok(connection.execute("DELETE FROM assets WHERE id = $1", &[id.into()])? == 1)
}
