//! Whole tables from one store to another, or to an archive and back: row after row, however many.
//!
//! What tables there are, and their columns, is read from the migrations themselves, so that no list can fall behind.

use std::collections::BTreeSet;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::connection::Connection;
use crate::dialect::Dialect;
use crate::error::{Error, Kind};
use crate::lane;
use crate::migrate;
use crate::value::{Row, Value};

/// A table as this program's migrations make it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
    /// The columns of its primary key, in their order.
    key: Vec<String>,
}

/// How much a table holds: the same on both databases for the same content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    pub rows: u64,
    /// SHA-256 over the encoded rows, in the order of the primary key; hexadecimal.
    pub hash: String,
}

/// Counts rows and sums them up as they pass.
#[derive(Default)]
pub struct Summing {
    rows: u64,
    hasher: Sha256,
}

impl Summing {
    /// `encoded` is one row, as [`encode`] makes it.
    pub fn add(&mut self, encoded: &[u8]) {
        self.rows += 1;
        self.hasher.update(encoded);
    }

    pub fn sum(self) -> Sum {
        let hash = self.hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Sum { rows: self.rows, hash }
    }
}

/// All tables with content; by their names. What belongs to the database itself is not among them: which migrations it
/// has, and who holds it.
pub fn tables() -> Result<Vec<Table>, Error> {
    let mut empty = Connection::in_memory()?;
    migrate::migrate(&mut empty)?;
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'
        AND name NOT IN ('migrations', 'holder') ORDER BY name";
    let names: Vec<String> =
        empty.query(sql, &[])?.into_iter().map(|mut row| row.take_text(0)).collect::<Result<_, _>>()?;
    names.into_iter().map(|name| table(&mut empty, name)).collect()
}

fn table(empty: &mut Connection, name: String) -> Result<Table, Error> {
    let (mut columns, mut key) = (Vec::new(), Vec::new());
    for mut row in empty.query("SELECT name, pk FROM pragma_table_info($1) ORDER BY cid", &[Value::from(&name)])? {
        let column = row.take_text(0)?;
        if row.integer(1)? > 0 {
            key.push((row.integer(1)?, column.clone()));
        }
        columns.push(column);
    }
    key.sort();
    Ok(Table { name, columns, key: key.into_iter().map(|(_, column)| column).collect() })
}

/// The number of the newest migration that this program knows.
pub fn schema() -> usize {
    migrate::MIGRATIONS.len()
}

impl Table {
    /// Hands over every row, in the order of the primary key.
    pub fn each(&self, from: &mut Connection, take: impl FnMut(Row) -> Result<(), Error>) -> Result<(), Error> {
        let sql = format!("SELECT {} FROM {} ORDER BY {}", self.columns.join(", "), self.name, self.key.join(", "));
        from.each(&sql, &[], take)
    }

    pub fn sum(&self, of: &mut Connection) -> Result<Sum, Error> {
        let (mut summing, mut encoded) = (Summing::default(), Vec::new());
        self.each(of, |row| {
            encoded.clear();
            encode(&row, &mut encoded);
            summing.add(&encoded);
            Ok(())
        })?;
        Ok(summing.sum())
    }

    /// The same table with these columns alone, for what an older program wrote; `None` where it has no such columns.
    pub fn with_columns(&self, columns: Vec<String>) -> Option<Table> {
        let all_known = columns.iter().all(|column| self.columns.contains(column));
        all_known.then(|| Table { columns, ..self.clone() })
    }

    /// Every row at once: for small tables.
    pub fn rows(&self, of: &mut Connection) -> Result<Vec<Row>, Error> {
        let mut rows = Vec::new();
        self.each(of, |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Adds those of these rows whose keys are not there: for small tables.
    pub fn add_missing(&self, to: &mut Connection, rows: Vec<Row>) -> Result<(), Error> {
        let there: BTreeSet<Vec<u8>> = self.rows(to)?.iter().map(|row| self.key_of(row)).collect();
        let mut missing = rows.into_iter().filter(|row| !there.contains(&self.key_of(row)));
        self.fill(to, &mut || Ok(missing.next())).map(drop)
    }

    fn key_of(&self, row: &Row) -> Vec<u8> {
        let fields = self.columns.iter().zip(&row.0).filter(|(column, _)| self.key.contains(column));
        let mut encoded = Vec::new();
        encode(&Row(fields.map(|(_, value)| value.clone()).collect()), &mut encoded);
        encoded
    }

    /// Removes every row.
    pub fn clear(&self, of: &mut Connection) -> Result<(), Error> {
        of.execute(&format!("DELETE FROM {}", self.name), &[]).map(drop)
    }

    pub fn is_empty(&self, of: &mut Connection) -> Result<bool, Error> {
        Ok(of.first(&format!("SELECT 1 FROM {} LIMIT 1", self.name), &[])?.is_none())
    }

    /// Adds the rows that `next` gives until there is none; returns how many.
    pub fn fill(
        &self,
        into: &mut Connection,
        next: &mut dyn FnMut() -> Result<Option<Row>, Error>,
    ) -> Result<u64, Error> {
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        into.load(&self.name, &columns, next)
    }
}

/// Filled by the program itself, before anybody uses it.
const OWN: [&str; 8] =
    ["audit", "buckets", "invitations", "lane", "link_keys", "state", "suppression_keys", "versions"];

/// What people know of a store: what to count, what one of it is called, and several.
const KNOWN: [(&str, &str, &str); 11] = [
    ("leads WHERE became IS NULL AND first_at IS NOT NULL", "lead", "leads"),
    ("versions", "version of the playbook", "versions of the playbook"),
    ("imports", "import", "imports"),
    ("broadcasts", "broadcast", "broadcasts"),
    ("users", "user", "users"),
    ("keys", "key", "keys"),
    ("webhooks", "webhook", "webhooks"),
    ("hooks", "inbound webhook", "inbound webhooks"),
    ("forms", "form", "forms"),
    ("assets", "file", "files"),
    ("suppressions", "suppression", "suppressions"),
];

/// What somebody has put into a store, in words: `12 leads, 3 versions of the playbook`. `None` where it is as it was made.
pub fn used(connection: &mut Connection) -> Result<Option<String>, Error> {
    let count = |connection: &mut Connection, of: &str| -> Result<i64, Error> {
        let counted = connection.first(&format!("SELECT count(*) FROM {of}"), &[])?;
        counted.map_or(Ok(0), |row| row.integer(0))
    };
    let mut filled = None;
    for table in tables()?.iter().filter(|table| !OWN.contains(&table.name.as_str())) {
        if !table.is_empty(connection)? {
            filled = Some(table.name.clone());
            break;
        }
    }
    if filled.is_none() && count(connection, "versions")? <= 1 {
        return Ok(None);
    }
    let mut parts = Vec::new();
    for (of, one, several) in KNOWN {
        match count(connection, of)? {
            0 => {}
            1 => parts.push(format!("1 {one}")),
            number => parts.push(format!("{number} {several}")),
        }
    }
    // All that is there may be what no one counts.
    let is_counted = parts.iter().any(|part| part != "1 version of the playbook");
    let rest = filled.filter(|_| !is_counted).map(|table| format!("rows in the table `{table}`"));
    Ok(Some(rest.unwrap_or_else(|| parts.join(", "))))
}

/// Replaces the content of every table of `to` by that of `from`, which is read at one instant. Each table is counted
/// and summed up on both sides; `done` gets each table that agrees. An error leaves `to` as it was.
pub fn copy_tables(
    from: &mut Connection,
    to: &mut Connection,
    mut done: impl FnMut(&Table, &Sum),
) -> Result<(), Error> {
    let tables = tables()?;
    from.snapshot(|from| {
        to.transaction(|to| {
            let (epoch, _) = lane::take_over(to)?;
            for table in &tables {
                table.clear(to)?;
                let sum = pour(table, from, to)?;
                let arrived = table.sum(to)?;
                if arrived != sum {
                    return Err(differs(table, &sum, &arrived));
                }
                done(table, &sum);
            }
            // The epoch that came from elsewhere may be that of somebody who writes here.
            lane::pass(to, epoch)
        })
    })
}

/// As many rows are read before they are written.
const ROWS: usize = 2_000;

/// Rows come by pushing and go by pulling; between them lies a piece of the table at a time.
fn pour(table: &Table, from: &mut Connection, to: &mut Connection) -> Result<Sum, Error> {
    let (mut summing, mut encoded, mut piece) = (Summing::default(), Vec::new(), Vec::with_capacity(ROWS));
    let mut flush = |piece: &mut Vec<Row>| {
        let mut rows = piece.drain(..);
        table.fill(to, &mut || Ok(rows.next())).map(drop)
    };
    table.each(from, |row| {
        encoded.clear();
        encode(&row, &mut encoded);
        summing.add(&encoded);
        piece.push(row);
        if piece.len() < ROWS { Ok(()) } else { flush(&mut piece) }
    })?;
    flush(&mut piece)?;
    Ok(summing.sum())
}

fn differs(table: &Table, sent: &Sum, arrived: &Sum) -> Error {
    let Table { name, .. } = table;
    Error::new(
        Kind::Other,
        format!(
            "the table {name} did not arrive as it was sent: {} rows ({}) became {} ({})",
            sent.rows, sent.hash, arrived.rows, arrived.hash
        ),
    )
}

/// Appends a row: for each field a byte that says what follows (0 nothing, 1 an integer, 2 a real, 3 text, 4 bytes), the
/// numbers in 8 bytes, the others behind their length in 4; all of them begin with their lowest byte.
pub fn encode(row: &Row, out: &mut Vec<u8>) {
    for value in &row.0 {
        match value {
            Value::Null => out.push(0),
            Value::Integer(value) => tagged(out, 1, &value.to_le_bytes()),
            Value::Real(value) => tagged(out, 2, &value.to_bits().to_le_bytes()),
            Value::Text(text) => measured(out, 3, text.as_bytes()),
            Value::Bytes(bytes) => measured(out, 4, bytes),
        }
    }
}

fn tagged(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

fn measured(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    // A database takes no field of 4 GB either.
    tagged(out, tag, &(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Takes a row of so many fields from the front of `bytes`; `None` where it is cut short or no row.
pub fn decode(bytes: &mut &[u8], fields: usize) -> Option<Row> {
    (0..fields).map(|_| field(bytes)).collect::<Option<Vec<_>>>().map(Row)
}

/// Appends the next row of so many fields to `encoded`, still encoded, as it comes: a length that is claimed reserves
/// nothing. A row of more than `most` bytes is an error.
pub fn read_row(source: &mut impl Read, fields: usize, most: u64, encoded: &mut Vec<u8>) -> io::Result<()> {
    let begins = encoded.len();
    let mut take = |length: u64, encoded: &mut Vec<u8>| {
        if (encoded.len() - begins) as u64 + length > most {
            return Err(io::Error::other(format!("a row of more than {most} bytes")));
        }
        let read = source.by_ref().take(length).read_to_end(encoded)? as u64;
        if read == length { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
    };
    for _ in 0..fields {
        take(1, encoded)?;
        match encoded.last() {
            Some(1 | 2) => take(8, encoded)?,
            Some(3 | 4) => {
                take(4, encoded)?;
                let length = encoded.last_chunk().map_or(0, |length| u32::from_le_bytes(*length));
                take(u64::from(length), encoded)?;
            }
            // What is no tag is found by `decode`.
            _ => {}
        }
    }
    Ok(())
}

fn field(bytes: &mut &[u8]) -> Option<Value<'static>> {
    let [tag] = take(bytes)?;
    Some(match tag {
        0 => Value::Null,
        1 => Value::Integer(i64::from_le_bytes(take(bytes)?)),
        2 => Value::Real(f64::from_bits(u64::from_le_bytes(take(bytes)?))),
        3 => Value::Text(String::from_utf8(piece(bytes)?.to_vec()).ok()?.into()),
        4 => Value::Bytes(piece(bytes)?.to_vec().into()),
        _ => return None,
    })
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (front, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*front)
}

fn piece<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = u32::from_le_bytes(take(bytes)?) as usize;
    let (front, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(front)
}

/// A row as PostgreSQL's COPY reads it as text.
pub(crate) fn copy_line(row: &Row, out: &mut Vec<u8>) {
    for (place, value) in row.0.iter().enumerate() {
        if place > 0 {
            out.push(b'\t');
        }
        match value {
            Value::Null => out.extend_from_slice(b"\\N"),
            Value::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
            // Rust writes as many digits as are needed to read the same number again.
            Value::Real(value) => out.extend_from_slice(format!("{value:e}").as_bytes()),
            Value::Text(text) => text.bytes().for_each(|byte| escaped(byte, out)),
            Value::Bytes(bytes) => {
                out.extend_from_slice(b"\\\\x");
                bytes.iter().for_each(|byte| out.extend_from_slice(format!("{byte:02x}").as_bytes()));
            }
        }
    }
    out.push(b'\n');
}

fn escaped(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\t' => out.extend_from_slice(b"\\t"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        _ => out.push(byte),
    }
}

/// How reading at one instant begins. On SQLite the first statement decides the instant, beside any writer.
pub(crate) fn beginning(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "BEGIN; SELECT count(*) FROM migrations",
        Dialect::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_back_as_it_went_in_and_a_cut_one_is_none() {
        let row = Row(vec![
            Value::Null,
            Value::Integer(i64::MIN),
            Value::Real(-0.1),
            Value::Text("a\tb\\é".into()),
            Value::Bytes(vec![0, 255].into()),
        ]);
        let mut bytes = Vec::new();
        encode(&row, &mut bytes);
        for end in 0..bytes.len() {
            assert_eq!(decode(&mut &bytes[..end], 5), None, "{end}");
        }
        let mut rest = bytes.as_slice();
        assert_eq!(decode(&mut rest, 5), Some(row.clone()));
        assert!(rest.is_empty());
        let (mut source, mut read) = (bytes.as_slice(), Vec::new());
        read_row(&mut source, 5, bytes.len() as u64, &mut read).unwrap();
        assert!(source.is_empty() && read == bytes);
        read_row(&mut bytes.as_slice(), 5, bytes.len() as u64 - 1, &mut read).unwrap_err();
        read_row(&mut &bytes[1..], 5, 100, &mut read).unwrap_err();
        bytes[0] = 9;
        assert_eq!(decode(&mut bytes.as_slice(), 5), None);
        let mut line = Vec::new();
        copy_line(&row, &mut line);
        assert_eq!(String::from_utf8(line).unwrap(), "\\N\t-9223372036854775808\t-1e-1\ta\\tb\\\\é\t\\\\x00ff\n");
    }

    #[test]
    fn every_table_has_columns_and_a_key() {
        let tables = tables().unwrap();
        let events = tables.iter().find(|table| table.name == "events").unwrap();
        assert_eq!(events.key, ["bucket", "identity", "message_id"]);
        assert_eq!(events.columns.len(), 9);
        assert!(tables.iter().all(|table| !table.key.is_empty()));
        assert!(tables.iter().all(|table| !["migrations", "holder"].contains(&table.name.as_str())));
    }
}
