//! One file that holds an installation: every table, the key file, the settings.
//!
//! It begins with the line `attractor backup 1`, where 1 is the format. The rest is gzip of frames: a letter, the length
//! of what follows in 4 bytes (the lowest first), and that. `H`: about the archive, JSON. `F`: a file, its name, a zero
//! byte, its bytes. `T`: a table begins, JSON. `R`: rows, as [`transfer::encode`] writes them. `E`: the table ends, its
//! count and checksum, JSON. `Z`: the end, without which it is cut short.

use std::io::{self, BufRead, BufReader, Read, Write};

use attractor_store::transfer::{self, Sum, Summing, Table};
use attractor_store::{Connection, Error, Kind, Row};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const NAME: &str = "attractor backup ";
const FORMAT: u32 = 1;
/// Rows are gathered up to this many bytes.
const PIECE: usize = 256 << 10;
/// As many rows are handed over at once.
const ROWS: usize = 1_000;
/// Everything but rows is smaller, in bytes.
const SMALL: u64 = 1 << 20;
/// An archive holds fewer files.
const FILES: usize = 16;
/// A row has at most so many bytes, and so many times as many as the archive had up to there: what is compressed better
/// than any data was made to fill the memory.
const ROW: u64 = 16 << 20;
const COMPRESSED: u64 = 200;

/// What an archive says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Head {
    /// The version of the program that wrote it.
    pub program: String,
    /// The number of the newest migration of what it holds.
    pub schema: usize,
    /// RFC 3339.
    pub made_at: String,
}

/// A table's count and checksum, with its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct End {
    rows: u64,
    sha256: String,
}

/// Writes an archive.
pub struct Writer<W: Write> {
    out: GzEncoder<W>,
}

impl<W: Write> Writer<W> {
    pub fn begin(mut out: W, head: &Head) -> io::Result<Writer<W>> {
        writeln!(out, "{NAME}{FORMAT}")?;
        let mut writer = Writer { out: GzEncoder::new(out, Compression::fast()) };
        writer.frame(b'H', &serde_json::to_vec(head)?)?;
        Ok(writer)
    }

    fn frame(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        self.out.write_all(&[kind])?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(payload)
    }

    pub fn file(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        self.frame(b'F', &[name.as_bytes(), b"\0", bytes].concat())
    }

    pub fn table(&mut self, table: &Table, from: &mut Connection) -> Result<(), Error> {
        let head = json!({"name": table.name, "columns": table.columns});
        self.frame(b'T', head.to_string().as_bytes()).map_err(unwritten)?;
        let (mut summing, mut piece) = (Summing::default(), Vec::new());
        table.each(from, |row| {
            let begins = piece.len();
            transfer::encode(&row, &mut piece);
            summing.add(&piece[begins..]);
            if piece.len() < PIECE {
                return Ok(());
            }
            let written = self.frame(b'R', &piece).map_err(unwritten);
            piece.clear();
            written
        })?;
        self.frame(b'R', &piece).map_err(unwritten)?;
        let Sum { rows, hash } = summing.sum();
        self.frame(b'E', json!({"rows": rows, "sha256": hash}).to_string().as_bytes()).map_err(unwritten)
    }

    pub fn finish(mut self) -> io::Result<W> {
        self.frame(b'Z', b"")?;
        self.out.finish()
    }
}

fn unwritten(error: io::Error) -> Error {
    Error::new(Kind::Other, format!("the archive cannot be written: {error}"))
}

/// One part of an archive.
enum Part {
    Head(Head),
    File(String, Vec<u8>),
    Table(String, Vec<String>),
    /// They follow, in so many bytes.
    Rows(u64),
    EndOfTable(Sum),
    End,
}

/// Who takes an archive in, part by part. The errors are sentences.
pub trait Visitor {
    fn table(&mut self, name: &str, columns: Vec<String>) -> Result<(), String>;
    /// Called as often as there are rows; `bytes` are whole ones.
    fn rows(&mut self, rows: Vec<Row>) -> Result<(), String>;
}

/// Sees everything and keeps nothing.
pub struct Checking {
    tables: Vec<Table>,
}

impl Checking {
    pub fn new() -> Result<Checking, Error> {
        Ok(Checking { tables: transfer::tables()? })
    }
}

impl Visitor for Checking {
    fn table(&mut self, name: &str, columns: Vec<String>) -> Result<(), String> {
        known(&self.tables, name, columns).map(drop)
    }

    fn rows(&mut self, _: Vec<Row>) -> Result<(), String> {
        Ok(())
    }
}

/// The table of this name, with these of its columns.
pub fn known(tables: &[Table], name: &str, columns: Vec<String>) -> Result<Table, String> {
    let known = tables.iter().find(|table| table.name == name);
    let fitting = known.and_then(|table| table.with_columns(columns));
    fitting.ok_or_else(|| format!("the table {name} of the archive is not known here"))
}

/// What was in an archive that is whole.
#[derive(Debug)]
pub struct Contents {
    pub head: Head,
    pub files: Vec<(String, Vec<u8>)>,
    pub tables: usize,
    pub rows: u64,
}

/// Walks through a whole archive and checks every sum; `visitor` sees the rows on the way.
pub fn walk(source: impl Read, visitor: &mut dyn Visitor) -> Result<Contents, String> {
    let mut parts = Parts::open(source)?;
    let Part::Head(head) = parts.next()? else { return Err(damaged("it does not say what it is")) };
    if head.schema > transfer::schema() {
        let Head { program, schema, .. } = head;
        let known = transfer::schema();
        return Err(format!(
            "the archive was made by a newer attractor ({program}, schema {schema}; this one knows {known}): update it"
        ));
    }
    let mut contents = Contents { head, files: Vec::new(), tables: 0, rows: 0 };
    loop {
        match parts.next()? {
            Part::File(name, bytes) if contents.files.len() < FILES => contents.files.push((name, bytes)),
            Part::Table(name, columns) => {
                contents.rows += one_table(&mut parts, name, columns, visitor)?;
                contents.tables += 1;
            }
            Part::End => break,
            _ => return Err(damaged("its parts are out of order")),
        }
    }
    parts.ended()?;
    Ok(contents)
}

fn one_table<R: Read>(
    parts: &mut Parts<R>,
    name: String,
    columns: Vec<String>,
    visitor: &mut dyn Visitor,
) -> Result<u64, String> {
    let (mut summing, fields) = (Summing::default(), columns.len());
    visitor.table(&name, columns)?;
    loop {
        match parts.next()? {
            Part::Rows(length) => parts.rows(length, fields, &mut summing, visitor)?,
            Part::EndOfTable(said) => {
                let sum = summing.sum();
                let differs = || damaged(&format!("the table {name} is not as it was written"));
                return if sum == said { Ok(sum.rows) } else { Err(differs()) };
            }
            _ => return Err(damaged("its parts are out of order")),
        }
    }
}

fn damaged(why: &str) -> String {
    format!("the archive is damaged: {why}")
}

struct Parts<R: Read> {
    source: BufReader<GzDecoder<Counting<BufReader<R>>>>,
}

/// Counts the bytes of the archive itself.
struct Counting<R> {
    source: R,
    read: u64,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.read += read as u64;
        Ok(read)
    }
}

impl<R: Read> Parts<R> {
    fn open(source: R) -> Result<Parts<R>, String> {
        let mut source = BufReader::new(source);
        let mut line = Vec::new();
        source.by_ref().take(64).read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
        let line = String::from_utf8_lossy(&line);
        let format = line.trim_end().strip_prefix(NAME).and_then(|format| format.parse::<u32>().ok());
        match format {
            Some(FORMAT) => Ok(Parts { source: BufReader::new(GzDecoder::new(Counting { source, read: 0 })) }),
            Some(newer) => Err(format!("the archive has format {newer}, and this attractor reads {FORMAT}: update it")),
            None => Err("this is not an archive of `attractor backup`".to_owned()),
        }
    }

    fn next(&mut self) -> Result<Part, String> {
        let mut head = [0; 5];
        self.source.read_exact(&mut head).map_err(|error| damaged(&error.to_string()))?;
        let length = u64::from(u32::from_le_bytes([head[1], head[2], head[3], head[4]]));
        if head[0] == b'R' {
            return Ok(Part::Rows(length));
        }
        if length > SMALL {
            return Err(damaged(&format!("a part of it claims {length} bytes, and such parts have {SMALL} at most")));
        }
        let mut payload = Vec::new();
        // Read as it comes: a length that was damaged reserves nothing.
        let read = self.source.by_ref().take(length).read_to_end(&mut payload);
        if read.map_err(|error| damaged(&error.to_string()))? as u64 != length {
            return Err(damaged("it is cut short"));
        }
        part(head[0], payload).ok_or_else(|| damaged("a part of it cannot be read"))
    }

    /// Hands over the rows of so many bytes, some at a time: their memory does not grow with what the archive claims.
    fn rows(
        &mut self,
        length: u64,
        fields: usize,
        summing: &mut Summing,
        visitor: &mut dyn Visitor,
    ) -> Result<(), String> {
        let (mut left, mut encoded, mut rows, mut held) = (length, Vec::new(), Vec::new(), 0);
        while left > 0 {
            encoded.clear();
            let most = ROW.max(COMPRESSED * self.source.get_ref().get_ref().read).min(left);
            transfer::read_row(&mut self.source, fields, most, &mut encoded)
                .map_err(|error| damaged(&error.to_string()))?;
            summing.add(&encoded);
            rows.push(
                transfer::decode(&mut encoded.as_slice(), fields).ok_or_else(|| damaged("a row cannot be read"))?,
            );
            left -= encoded.len() as u64;
            held += encoded.len();
            if rows.len() == ROWS || held >= PIECE {
                visitor.rows(std::mem::take(&mut rows))?;
                held = 0;
            }
            if encoded.is_empty() {
                return Err(damaged("a row has no fields"));
            }
        }
        visitor.rows(rows)
    }

    fn ended(mut self) -> Result<(), String> {
        match self.source.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(damaged("there is more behind its end")),
            Err(error) => Err(damaged(&error.to_string())),
        }
    }
}

fn part(kind: u8, payload: Vec<u8>) -> Option<Part> {
    Some(match kind {
        b'H' => Part::Head(serde_json::from_slice(&payload).ok()?),
        b'F' => {
            let end = payload.iter().position(|byte| *byte == 0)?;
            Part::File(String::from_utf8(payload[..end].to_vec()).ok()?, payload[end + 1..].to_vec())
        }
        b'T' => {
            let value: Value = serde_json::from_slice(&payload).ok()?;
            let columns = value["columns"].as_array()?.iter().map(|name| name.as_str().map(str::to_owned));
            Part::Table(value["name"].as_str()?.to_owned(), columns.collect::<Option<_>>()?)
        }
        b'E' => {
            let End { rows, sha256 } = serde_json::from_slice(&payload).ok()?;
            Part::EndOfTable(Sum { rows, hash: sha256 })
        }
        b'Z' => Part::End,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use attractor_store::{Location, lane};

    fn archive(folder: &std::path::Path, schema: usize) -> Vec<u8> {
        let mut store = Location::Sqlite(folder.join("a.db")).writer().unwrap();
        lane::set_state(&mut store, "said", "ä\t\n").unwrap();
        let head = Head { program: "9".into(), schema, made_at: "2026".into() };
        let mut writer = Writer::begin(Vec::new(), &head).unwrap();
        writer.file("secret.key", b"x\0y").unwrap();
        for table in transfer::tables().unwrap() {
            writer.table(&table, &mut store).unwrap();
        }
        writer.finish().unwrap()
    }

    #[test]
    fn a_whole_archive_is_read_and_whatever_is_changed_or_cut_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let bytes = archive(folder.path(), 1);
        let contents = checked(&bytes).unwrap();
        assert_eq!(contents.files, [("secret.key".to_owned(), b"x\0y".to_vec())]);
        assert!(contents.tables > 20 && contents.rows > 256, "{contents:?}");
        for place in (0..bytes.len()).step_by(7) {
            let mut changed = bytes.clone();
            changed[place] ^= 0x55;
            // In gzip's own head some bytes mean nothing.
            if !(19..29).contains(&place) {
                checked(&changed).unwrap_err();
            }
            checked(&bytes[..place]).unwrap_err();
        }
    }

    #[test]
    fn what_is_newer_or_no_archive_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let said = |bytes: &[u8]| checked(bytes).unwrap_err();
        assert!(said(&archive(folder.path(), 1_000)).contains("newer attractor (9, schema 1000"));
        assert!(said(b"attractor backup 2\nxyz").contains("format 2"));
        assert!(said(b"PK").contains("not an archive"));
    }

    fn checked(bytes: &[u8]) -> Result<Contents, String> {
        walk(bytes, &mut Checking::new().unwrap())
    }

    /// An archive of frames: kinds and payloads.
    fn made_of(frames: &[(u8, &[u8])]) -> Vec<u8> {
        let head = Head { program: "9".into(), schema: 1, made_at: "2026".into() };
        let mut writer = Writer::begin(Vec::new(), &head).unwrap();
        frames.iter().for_each(|(kind, payload)| writer.frame(*kind, payload).unwrap());
        writer.finish().unwrap()
    }

    /// Counts how many rows are handed over at once.
    struct Most(usize, usize);

    impl Visitor for Most {
        fn table(&mut self, _: &str, _: Vec<String>) -> Result<(), String> {
            Ok(())
        }

        fn rows(&mut self, rows: Vec<Row>) -> Result<(), String> {
            (self.0, self.1) = (self.0.max(rows.len()), self.1 + rows.len());
            Ok(())
        }
    }

    #[test]
    fn a_small_archive_of_many_rows_is_read_some_at_a_time() {
        // Rows of nothing: a byte each here, and 32 as a value.
        let rows = vec![0; 3_000_000];
        let archive = made_of(&[(b'T', br#"{"name":"lane","columns":["id"]}"#), (b'R', &rows)]);
        assert!(archive.len() < 100_000, "{}", archive.len());
        let mut most = Most(0, 0);
        let why = walk(archive.as_slice(), &mut most).unwrap_err();
        assert!(
            why.contains("out of order") && most.1 == rows.len() && most.0 <= ROWS,
            "{why}: {} of {}",
            most.0,
            most.1
        );
    }

    #[test]
    fn what_an_archive_claims_is_bounded() {
        let table: (u8, &[u8]) = (b'T', br#"{"name":"state","columns":["name"]}"#);
        // A text of 100 MB, in an archive of 100 kB.
        let mut row = vec![3];
        row.extend(100_000_000_u32.to_le_bytes());
        row.resize(row.len() + 100_000_000, b'x');
        let bomb = made_of(&[table, (b'R', &row)]);
        assert!(bomb.len() < 1 << 20, "{}", bomb.len());
        let why = checked(&bomb).unwrap_err();
        assert!(why.contains("a row of more than"), "{why}");
        for (frames, words) in [
            (&[(b'F', &vec![b'x'; 2 << 20][..])][..], "claims 2097152 bytes"),
            (&[(b'F', &b"a\0b"[..]); 17], "out of order"),
            (&[(b'T', br#"{"name":"others","columns":["id"]}"#)], "the table others of the archive is not known here"),
            (&[(b'T', br#"{"name":"lane","columns":["id","odd"]}"#)], "the table lane of the archive is not known"),
            (&[(b'T', br#"{"name":"lane","columns":[]}"#), (b'R', b"xyz")], "a row has no fields"),
        ] {
            let why = checked(&made_of(frames)).unwrap_err();
            assert!(why.contains(words), "{why}");
        }
    }
}
