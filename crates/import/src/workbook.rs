//! XLSX: one sheet, turned into delimited text, each record led by the number of its row.
//! Broken and malicious files are refused before the sheets are read, and what is read is limited.

mod texts;

use std::io::{self, Cursor, Read};

use calamine::{DataRef, ExcelDateTime, Reader, Style, Xlsx};

use texts::Texts;

/// Of the file itself.
const MAX_FILE: u64 = 128 * 1024 * 1024;
/// Of all that is packed into it. Sheets are read piece by piece, so they may be large.
const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;
/// Of the texts that cells share, which are held in memory as a whole.
const MAX_STRINGS: u64 = 128 * 1024 * 1024;
/// Of styles and lists of parts, each of whose few bytes become a few hundred in memory.
const MAX_PART: u64 = 8 * 1024 * 1024;
/// Of the text of the sheet's cells.
const MAX_TEXT: usize = 256 * 1024 * 1024;
const MAX_COLUMNS: u32 = 2_000;

/// A sheet as text.
pub struct Sheet {
    pub name: String,
    /// Records with commas; the first cell of each is the number of its row in the sheet.
    pub text: Vec<u8>,
    /// The other sheets that have something in them, and are not read.
    pub others: Vec<String>,
}

pub fn is_workbook(head: &[u8]) -> bool {
    head.starts_with(b"PK\x03\x04")
}

/// The binary format before 2007.
pub fn is_old_workbook(head: &[u8]) -> bool {
    head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0])
}

/// Which sheet is read.
#[derive(Clone, Copy, Debug)]
pub enum Choice<'c> {
    Named(&'c str),
    /// Of those with anything in them, from 0.
    Number(usize),
}

/// Reads a sheet; `None` where fewer sheets have anything in them.
pub fn read(file: Box<dyn Read + '_>, choice: Choice<'_>) -> Result<Option<Sheet>, String> {
    let mut bytes = Vec::new();
    file.take(MAX_FILE + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_FILE {
        return Err("the workbook is larger than 128 MB; save the sheet as CSV".to_owned());
    }
    check_archive(&bytes)?;
    let mut workbook =
        Xlsx::new(Cursor::new(bytes.as_slice())).map_err(|error| format!("no readable workbook: {error}"))?;
    let all = workbook.sheet_names();
    if let Choice::Named(wanted) = choice
        && !all.iter().any(|name| is_named(name, wanted))
    {
        return Err(format!("it has no sheet \u{201c}{wanted}\u{201d}; its sheets are {}", quoted(&all)));
    }
    let full: Vec<String> = all.into_iter().filter(|name| has_cells(&mut workbook, name)).collect();
    let chosen = match choice {
        Choice::Named(wanted) => Some(full.iter().find(|name| is_named(name, wanted)).ok_or_else(|| {
            format!("its sheet \u{201c}{wanted}\u{201d} has nothing in it; those with something are {}", quoted(&full))
        })?),
        Choice::Number(number) => full.get(number),
    };
    let Some(name) = chosen.cloned() else {
        return if full.is_empty() { Err("no sheet of the workbook has anything in it".to_owned()) } else { Ok(None) };
    };
    let text = sheet_text(&mut workbook, &name).map_err(|why| format!("sheet {name}: {why}"))?;
    let others = full.into_iter().filter(|other| *other != name).collect();
    Ok(Some(Sheet { name, text, others }))
}

fn is_named(name: &str, wanted: &str) -> bool {
    name.trim().to_lowercase() == wanted.trim().to_lowercase()
}

/// Names of sheets, for people.
pub fn quoted(names: &[String]) -> String {
    names.iter().map(|name| format!("\u{201c}{name}\u{201d}")).collect::<Vec<_>>().join(", ")
}

/// Whether a sheet has anything in it.
fn has_cells(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> bool {
    let Ok(mut cells) = workbook.worksheet_cells_reader(name) else { return false };
    loop {
        match cells.next_cell() {
            Ok(Some(cell)) if text_of(cell.get_value()).is_empty() => {}
            Ok(None) => return false,
            // What is wrong with it is said when it is read.
            _ => return true,
        }
    }
}

/// Unpacks everything once, into nothing: the sizes that an archive declares may be lies.
fn check_archive(bytes: &[u8]) -> Result<(), String> {
    let broken = |error: &dyn std::fmt::Display| format!("no readable workbook, its archive is broken: {error}");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let mut left = MAX_UNPACKED;
    for index in 0..archive.len() {
        let entry = archive.by_index(index).map_err(|error| broken(&error))?;
        let name = entry.name().map_err(|error| broken(&error))?.to_lowercase();
        let most = most_of_part(&name);
        let mut seen = Seen { claims: Claims::default(), texts: Texts::of_part(&name) };
        let copied = io::copy(&mut entry.take(left.min(most) + 1), &mut seen);
        if let Some(why) = seen.texts.problem() {
            return Err(format!("its part {name} {why}"));
        }
        let unpacked = copied.map_err(|error| broken(&error))?;
        if unpacked > most {
            let limit = most / 1024 / 1024;
            return Err(format!("its part {name} unpacks to more than {limit} MB; save the sheet as CSV"));
        }
        left =
            left.checked_sub(unpacked).ok_or("the workbook unpacks to more than a gigabyte; save the sheet as CSV")?;
        if name.ends_with(STRINGS) && seen.claims.largest > unpacked / SHORTEST_STRING {
            let claimed = seen.claims.largest;
            return Err(format!("no readable workbook: {name} claims {claimed} texts, and has no room for as many"));
        }
    }
    Ok(())
}

const STRINGS: &str = "sharedstrings.xml";
/// `<si/>`
const SHORTEST_STRING: u64 = 5;

/// The largest that a part may be, by its name in lower case.
fn most_of_part(name: &str) -> u64 {
    let is_small = ["styles.xml", "workbook.xml", ".rels", "[content_types].xml"].iter().any(|end| name.ends_with(end));
    match name.ends_with(STRINGS) {
        true => MAX_STRINGS,
        false if is_small => MAX_PART,
        false => MAX_UNPACKED,
    }
}

/// The largest number of shared texts that a part claims to have, found while it is unpacked. The library reserves memory
/// for that number before it reads a single text.
#[derive(Default)]
struct Claims {
    largest: u64,
    /// The end of what was written, which may be the beginning of a claim.
    tail: Vec<u8>,
}

impl Claims {
    const NAME: &[u8] = b"uniqueCount";
    /// A claim that is longer, by its blanks or zeros, counts as the largest possible.
    const LONGEST: usize = 128;

    fn see(&mut self, piece: &[u8]) {
        self.tail.extend_from_slice(piece);
        let text = std::mem::take(&mut self.tail);
        self.read(&text);
        let kept = Claims::NAME.len() + Claims::LONGEST;
        self.tail = text[text.len().saturating_sub(kept)..].to_vec();
    }

    fn read(&mut self, text: &[u8]) {
        let names = text.windows(Claims::NAME.len()).enumerate().filter(|(_, name)| *name == Claims::NAME);
        for (place, _) in names {
            let rest = &text[place + Claims::NAME.len()..];
            let rest = &rest[..rest.len().min(Claims::LONGEST)];
            let is_before = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'=' | b'"' | b'\'');
            let value = rest.iter().position(|byte| !is_before(byte)).map_or(&[][..], |first| &rest[first..]);
            let digits: String = value.iter().map(|byte| char::from(*byte)).take_while(char::is_ascii_digit).collect();
            let is_cut = rest.len() == Claims::LONGEST && digits.len() == value.len();
            let number = match digits.parse() {
                Ok(number) if !is_cut => number,
                _ if digits.is_empty() && !is_cut => 0,
                _ => u64::MAX,
            };
            self.largest = self.largest.max(number);
        }
    }
}

/// What is found in a part while it is unpacked.
struct Seen {
    claims: Claims,
    texts: Texts,
}

impl io::Write for Seen {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        self.texts.read(piece);
        // What will be refused need not be unpacked to its end.
        if let Some(why) = self.texts.problem() {
            return Err(io::Error::other(why));
        }
        self.claims.see(piece);
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn sheet_text(workbook: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<u8>, String> {
    let mut cells = workbook.worksheet_cells_reader(name).map_err(|error| error.to_string())?;
    let mut out = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let mut row: Vec<String> = Vec::new();
    let mut row_number = 0;
    let mut length = 0;
    let widths: Vec<usize> = cells.styles().iter().map(zeros).collect();
    while let Some((cell, style)) = cells.next_cell_with_style_id().map_err(|error| error.to_string())? {
        let (number, column) = cell.get_position();
        if number != row_number {
            write_row(&mut out, row_number, &mut row)?;
            row_number = number;
        }
        let text = padded(text_of(cell.get_value()), widths.get(style).copied().unwrap_or(0));
        if text.is_empty() {
            continue;
        }
        if column >= MAX_COLUMNS {
            return Err(format!("it has more than {MAX_COLUMNS} columns"));
        }
        length += text.len();
        if length > MAX_TEXT {
            return Err("it has more than 256 MB of text; save it as CSV".to_owned());
        }
        let column = column as usize;
        row.resize(row.len().max(column + 1), String::new());
        row[column] = text;
    }
    write_row(&mut out, row_number, &mut row)?;
    out.into_inner().map_err(|error| error.to_string())
}

/// How many digits a number format shows at least: 5 for `00000`, as of postal codes; 0 where the format is no such one.
fn zeros(style: &Style) -> usize {
    let Some(format) = &style.number_format else { return 0 };
    let code = format.format_code.split(';').next().unwrap_or_default();
    let digits = code.chars().filter(|c| *c == '0').count();
    let plain = code.chars().all(|c| matches!(c, '0' | '-' | ' ' | '\\' | '"' | '/'));
    if plain && digits > 1 { digits } else { 0 }
}

/// What the sheet shows is what people mean: a whole number with the zeros that its format puts before it.
fn padded(text: String, width: usize) -> String {
    let whole = text.bytes().all(|byte| byte.is_ascii_digit());
    if whole && text.len() < width { format!("{text:0>width$}") } else { text }
}

fn write_row(out: &mut csv::Writer<Vec<u8>>, number: u32, row: &mut Vec<String>) -> Result<(), String> {
    if row.is_empty() {
        return Ok(());
    }
    let number = (number + 1).to_string();
    let cells = std::iter::once(number.as_str()).chain(row.iter().map(String::as_str));
    out.write_record(cells).map_err(|error| error.to_string())?;
    row.clear();
    Ok(())
}

fn text_of(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.trim().to_owned(),
        DataRef::SharedString(text) => text.trim().to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::DateTime(date) => date_text(date),
        DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::Error(_) | DataRef::Empty => String::new(),
    }
}

fn date_text(date: &ExcelDateTime) -> String {
    if date.is_duration() {
        return date.as_f64().to_string();
    }
    let (year, month, day, hour, minute, second, _) = date.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}")
    }
}
