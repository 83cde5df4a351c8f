//! A file as a table: its format, its header, and its rows one by one, as often as wanted.

use std::io::{self, Cursor, Read};

use serde_json::{Map, Value};

use crate::delimited::{Record, Records, guess_delimiter};
use crate::encoding::{Damaged, Detected, Lines, detect};
use crate::error::Error;
use crate::header::{self, Header};
use crate::map::Map as Mapping;
use crate::ndjson::{self, Columns};
use crate::nouns::counted;
use crate::own::{self, Own};
use crate::source::SourceFile;
use crate::workbook::{self, Choice, quoted};

/// One thing that a file says.
#[derive(Debug)]
pub enum Item {
    Row {
        number: u64,
        cells: Vec<String>,
    },
    /// A line that is a message of the contract already.
    Message {
        number: u64,
        message: Map<String, Value>,
    },
    /// A lead of an export of our own.
    Lead {
        number: u64,
        lead: Box<own::Lead>,
    },
    /// What cannot be taken, as it is, and why.
    Broken {
        number: u64,
        cells: Vec<String>,
        why: String,
    },
}

pub struct Table<'a> {
    source: &'a SourceFile,
    content: Content,
    /// The columns' names; those without one are called by their position. Empty where the rows are messages or leads of
    /// an export of our own.
    pub header: Vec<String>,
    /// Which export of our own it is, and its columns.
    pub own: Option<(Own, Vec<String>)>,
    /// The records above the header.
    pub preamble: Vec<Vec<String>>,
    /// The line or row of the header; `None` where there is none.
    pub header_row: Option<u64>,
    /// Of a workbook: the sheet, and the others with anything in them.
    pub sheet: Option<(String, Vec<String>)>,
    /// What was found out about the file, for people.
    pub format: String,
}

enum Content {
    Delimited(Delimited),
    Lines { detected: Detected, columns: Columns },
}

struct Delimited {
    detected: Detected,
    delimiter: char,
    /// The text of a workbook's sheet, whose records begin with their number.
    sheet: Option<Vec<u8>>,
    /// The first record that can be a row.
    first: u64,
    /// The table ends at the next record with a single cell: others follow.
    sections: bool,
    /// Empty cells at the end of a row may be missing.
    short_rows: bool,
}

impl<'a> Table<'a> {
    /// Opens a file; of a workbook, the sheet that was chosen, else the one of this number among those with anything in
    /// them. `None` where there is none of that number.
    pub fn open(source: &'a SourceFile, number: usize, map: &Mapping) -> Result<Option<Table<'a>>, Error> {
        let unreadable = |error: io::Error| Error::unreadable(&source.name, error);
        let mut head = Vec::new();
        source.open().and_then(|file| file.take(8).read_to_end(&mut head)).map_err(unreadable)?;
        if workbook::is_old_workbook(&head) {
            return Err(Error::unreadable(
                &source.name,
                "this is an Excel file of before 2007; save it as .xlsx or CSV",
            ));
        }
        if workbook::is_workbook(&head) {
            let file = source.open().map_err(unreadable)?;
            let choice = source.sheet.as_deref().map_or(Choice::Number(number), Choice::Named);
            let sheet = workbook::read(file, choice).map_err(|why| Error::unreadable(&source.name, why))?;
            let Some(sheet) = sheet else { return Ok(None) };
            return Table::of_sheet(source, sheet, map).map_err(unreadable)?.or_own().map(Some);
        }
        if number > 0 {
            return Ok(None);
        }
        let detected = detect(|| source.open()).map_err(unreadable)?;
        if let Some(why) = no_text(&detected) {
            return Err(Error::unreadable(&source.name, why));
        }
        if ndjson::is_ndjson(&head_text(&detected)) {
            return Table::of_lines(source, detected).map(Some);
        }
        Table::of_text(source, detected, map).map_err(unreadable)?.or_own().map(Some)
    }

    /// The same, where it may be what this program wrote.
    fn or_own(mut self) -> Result<Table<'a>, Error> {
        let own = own::recognise(&self.header).map_err(|why| Error::unreadable(&self.source.name, why))?;
        if let Some(own) = own {
            self.own = Some((own, std::mem::take(&mut self.header)));
        }
        Ok(self)
    }

    fn of_sheet(source: &'a SourceFile, sheet: workbook::Sheet, map: &Mapping) -> io::Result<Table<'a>> {
        let mut format = format!("Excel, sheet \u{201c}{}\u{201d}", sheet.name);
        if !sheet.others.is_empty() {
            format.push_str(&format!(" (not read: {}; --sheet NAME reads another one)", quoted(&sheet.others)));
        }
        let detected =
            Detected { encoding: encoding_rs::UTF_8, certain: true, mixed: false, cr_only: false, head: Vec::new() };
        let delimited = Delimited {
            detected,
            delimiter: ',',
            sheet: Some(sheet.text),
            first: 0,
            sections: false,
            short_rows: true,
        };
        let table = Table::with_header(source, delimited, format, map)?;
        Ok(Table { sheet: Some((sheet.name, sheet.others)), ..table })
    }

    fn of_text(source: &'a SourceFile, detected: Detected, map: &Mapping) -> io::Result<Table<'a>> {
        let text = head_text(&detected);
        let delimiter = guess_delimiter(&text);
        let format = format!("{}, cells separated by {}", encoding_name(&detected), delimiter_name(delimiter));
        let delimited = Delimited { detected, delimiter, sheet: None, first: 0, sections: false, short_rows: false };
        Table::with_header(source, delimited, format, map)
    }

    fn with_header(
        source: &'a SourceFile,
        mut delimited: Delimited,
        format: String,
        map: &Mapping,
    ) -> io::Result<Table<'a>> {
        let first = header::first_records(&mut delimited.records(source)?, delimited.sheet.is_some())?;
        let Header { names, preamble, row, first, sections, is_missing } = header::find(first, map);
        (delimited.first, delimited.sections) = (first, sections);
        let content = Content::Delimited(delimited);
        let header_row = (!is_missing).then_some(row);
        Ok(Table { source, content, header: names, own: None, preamble, header_row, sheet: None, format })
    }

    fn of_lines(source: &'a SourceFile, detected: Detected) -> Result<Table<'a>, Error> {
        let unreadable = |error: io::Error| Error::unreadable(&source.name, error);
        let mut columns = Columns::default();
        let mut lines = Lines::new(source.open().map_err(unreadable)?, &detected);
        while let Some(line) = lines.next_line().map_err(unreadable)? {
            columns.learn(&line.text).map_err(|why| Error::unreadable(&source.name, why))?;
        }
        let header = columns.names();
        let format = format!("NDJSON, {}", encoding_name(&detected));
        let own = columns.has_leads().then(|| (Own::Leads, Vec::new()));
        let content = Content::Lines { detected, columns };
        let (preamble, header_row, sheet) = (Vec::new(), None, None);
        let table = Table { source, content, header, own, preamble, header_row, sheet, format };
        if table.own.is_some() { Ok(table) } else { table.or_own() }
    }

    /// Reads the rows from the beginning.
    pub fn rows(&self) -> Result<Rows<'_>, Error> {
        let reader = match &self.content {
            Content::Delimited(delimited) => delimited.records(self.source).map(RowReader::Delimited),
            Content::Lines { detected, .. } => {
                self.source.open().map(|file| RowReader::Lines { lines: Lines::new(file, detected), number: 0 })
            }
        };
        let reader = reader.map_err(|error| Error::unreadable(&self.source.name, error))?;
        Ok(Rows { table: self, reader, over: false, damaged: Damaged::default() })
    }

    /// A row as its file has it, for people.
    pub fn as_written(&self, cells: &[String]) -> Vec<String> {
        if !self.is_ndjson() || cells.len() != self.header.len() {
            return cells.to_vec();
        }
        let said = self.header.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
        let object: Map<String, Value> = said.map(|(name, cell)| (name.clone(), cell.as_str().into())).collect();
        vec![Value::Object(object).to_string()]
    }

    pub fn is_ndjson(&self) -> bool {
        matches!(self.content, Content::Lines { .. })
    }

    /// Whether the cells are separated by semicolons, as where the comma is the decimal sign.
    pub fn by_semicolon(&self) -> bool {
        matches!(&self.content, Content::Delimited(delimited) if delimited.delimiter == ';')
    }

    pub fn name(&self) -> &str {
        &self.source.name
    }
}

impl Delimited {
    fn records<'r>(&'r self, source: &SourceFile) -> io::Result<Records<'r>> {
        let reader: Box<dyn Read + 'r> = match &self.sheet {
            Some(text) => Box::new(Cursor::new(text)),
            None => source.open()?,
        };
        Ok(Records::new(Lines::new(reader, &self.detected), self.delimiter))
    }
}

/// Why a file cannot be text, by its beginning.
fn no_text(detected: &Detected) -> Option<&'static str> {
    let head = &detected.head;
    let wide = [encoding_rs::UTF_16LE, encoding_rs::UTF_16BE].contains(&detected.encoding);
    if head.iter().all(u8::is_ascii_whitespace) {
        Some("the file is empty; wanted is a first line with the names of the columns, and rows below it")
    } else if head.starts_with(&[0x1f, 0x8b]) {
        Some("the file is packed (gzip); unpack it first")
    } else if head.starts_with(b"%PDF") || (!wide && is_binary(head)) {
        Some("this is no text; wanted is CSV, XLSX or NDJSON")
    } else {
        None
    }
}

/// Text has hardly any control characters; of other bytes every tenth is one.
fn is_binary(head: &[u8]) -> bool {
    let controls = head.iter().filter(|byte| matches!(byte, 0..=8 | 14..=26 | 28..=31)).count();
    controls * 20 > head.len()
}

fn head_text(detected: &Detected) -> String {
    let (text, _) = detected.encoding.decode_with_bom_removal(&detected.head);
    let text = if detected.cr_only { text.replace('\r', "\n") } else { text.into_owned() };
    // The last line may be cut in the middle.
    match text.rfind('\n') {
        Some(end) if detected.head.len() >= 64 * 1024 => text[..end].to_owned(),
        _ => text,
    }
}

fn encoding_name(detected: &Detected) -> String {
    let name = detected.encoding.name();
    if detected.certain { name.to_owned() } else { format!("probably {name}") }
}

fn delimiter_name(delimiter: char) -> String {
    match delimiter {
        ',' => "commas".to_owned(),
        ';' => "semicolons".to_owned(),
        '\t' => "tabs".to_owned(),
        other => format!("`{other}`"),
    }
}

/// The rows of a table, in their order.
pub struct Rows<'t> {
    table: &'t Table<'t>,
    reader: RowReader<'t>,
    over: bool,
    damaged: Damaged,
}

enum RowReader<'t> {
    Delimited(Records<'t>),
    Lines { lines: Lines<'t>, number: u64 },
}

impl Rows<'_> {
    pub fn next_item(&mut self) -> Result<Option<Item>, Error> {
        let table = self.table;
        let width = table.own.as_ref().map_or(table.header.len(), |(_, columns)| columns.len());
        let read = match (&mut self.reader, &table.content) {
            _ if self.over => Ok(None),
            (RowReader::Delimited(records), Content::Delimited(delimited)) => {
                next_row(records, delimited, width, &mut self.over, &mut self.damaged)
            }
            (RowReader::Lines { lines, number }, Content::Lines { columns, .. }) => {
                next_object(lines, number, columns, &mut self.damaged)
            }
            _ => Ok(None),
        };
        let item = read.map_err(|error| Error::unreadable(&table.source.name, error))?;
        Ok(match (item, &table.own) {
            (Some(Item::Row { number, cells }), Some((own, columns))) if !columns.is_empty() => {
                Some(own::read_row(*own, columns, number, cells))
            }
            (item, _) => item,
        })
    }

    /// What is said of damaged rows, when all were read.
    pub fn damage(&self) -> Vec<String> {
        let detected = match &self.table.content {
            Content::Delimited(delimited) => &delimited.detected,
            Content::Lines { detected, .. } => detected,
        };
        self.damaged.notes(detected.encoding.name()).collect()
    }
}

fn next_row(
    records: &mut Records<'_>,
    table: &Delimited,
    width: usize,
    over: &mut bool,
    damaged: &mut Damaged,
) -> io::Result<Option<Item>> {
    loop {
        let Some(placed) = records.next_record()? else { return Ok(None) };
        if placed.record < table.first {
            continue;
        }
        damaged.see(placed.damage, placed.line);
        let (number, mut cells) = match placed.content {
            Record::Cells(cells) => (placed.line, cells),
            Record::Broken { text, why } => {
                return Ok(Some(Item::Broken { number: placed.line, cells: vec![text], why: why.to_owned() }));
            }
        };
        let number = if table.sheet.is_some() { cells.remove(0).parse().unwrap_or(number) } else { number };
        if cells.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        if table.sections && is_title(&cells) {
            *over = true;
            return Ok(None);
        }
        return Ok(Some(checked_row(number, cells, width, table.short_rows)));
    }
}

/// The title of the next list in a report: one cell, and perhaps empty ones.
fn is_title(cells: &[String]) -> bool {
    cells.len() <= 2 && !cells[0].contains('@') && cells[1..].iter().all(|cell| cell.trim().is_empty())
}

/// What is wrong with a row of so many cells under a header of `width`.
pub fn wrong_width(cells: usize, width: usize) -> String {
    format!("it has {}, the header {width}", counted(cells as u64, "cell"))
}

fn checked_row(number: u64, mut cells: Vec<String>, width: usize, may_be_short: bool) -> Item {
    while cells.len() > width && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    if cells.len() < width && may_be_short {
        cells.resize(width, String::new());
    }
    // Who reads a short row looks whether what it lacks matters.
    if cells.len() > width {
        let why = wrong_width(cells.len(), width);
        return Item::Broken { number, cells, why };
    }
    if cells.iter().any(|cell| cell.contains('\0')) {
        return Item::Broken {
            number,
            cells,
            why: "it contains the character U+0000, which cannot be stored".to_owned(),
        };
    }
    Item::Row { number, cells }
}

fn next_object(
    lines: &mut Lines<'_>,
    number: &mut u64,
    columns: &Columns,
    damaged: &mut Damaged,
) -> io::Result<Option<Item>> {
    loop {
        let Some(line) = lines.next_line()? else { return Ok(None) };
        *number += 1;
        damaged.see(line.damage, *number);
        if !line.text.trim().is_empty() {
            return Ok(Some(columns.read(*number, line.text)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Header, rows and the reasons of what is no row.
    fn read(text: &str) -> (Vec<String>, Vec<String>) {
        let source = SourceFile::from_bytes("t.csv", text.as_bytes());
        let table = Table::open(&source, 0, &Mapping::default()).unwrap().unwrap();
        let mut rows = table.rows().unwrap();
        let mut shown = Vec::new();
        while let Some(item) = rows.next_item().unwrap() {
            shown.push(match item {
                Item::Row { number, cells } => format!("{number}: {}", cells.join("|")),
                Item::Broken { number, why, .. } => format!("{number}! {why}"),
                Item::Message { number, message } => format!("{number}m {message:?}"),
                Item::Lead { number, lead } => format!("{number}l {lead:?}"),
            });
        }
        (table.header.clone(), shown)
    }

    #[test]
    fn headers_and_rows() {
        let (header, rows) = read("email,name,\na@x.org,Ada,\n\nb@x.org,Bob,,\nc@x.org\n");
        assert_eq!(header, ["email", "name", "column 3"]);
        assert_eq!(rows, ["2: a@x.org|Ada|", "4: b@x.org|Bob|", "5: c@x.org"]);
        assert_eq!(read("a,a,b\n1,2,3\n").0, ["a", "a #2", "b"]);
    }

    #[test]
    fn a_list_of_bare_addresses_needs_no_header() {
        let (header, rows) = read("ada@x.org,Ada\nbob@x.org,Bob\n");
        assert_eq!(header, ["email", "column 2"]);
        assert_eq!(rows.len(), 2);
    }

    #[test]
    fn titles_stand_above_the_header() {
        let (header, rows) = read("My leads\n\nemail,name\na@x.org,Ada\n");
        assert_eq!(header, ["email", "name"]);
        assert_eq!(rows, ["4: a@x.org|Ada"]);
        assert_eq!(read("sep=;\nemail;name\na@x.org;Ada\n").0, ["email", "name"]);
        for (text, wanted) in [
            ("Export,2024\nby,Ada\nEmail,Name,City\na@x.org,Ada,Rome\n", "4: "),
            ("Leads\nExport,2024\nEmail,Name,City\na@x.org,Ada,Rome\n", "4: "),
            // A cell that is called so is no header beside cells of the same width, nor below an address.
            ("Kontakt,Kanal\nAda,Email\nBob,Telefon\n", "2: "),
            ("a@x.org,Ada\nEmail,Name,City\n", "1: "),
        ] {
            let first = &read(text).1[0];
            assert!(first.starts_with(wanted), "{text}: {first}");
        }
        assert_eq!(read("Export,2024\nby,Ada\nEmail,Name,City\na@x.org,Ada,Rome\n").0, ["Email", "Name", "City"]);
    }

    #[test]
    fn a_webinar_report_has_sections() {
        let text = "Attendee Report\nReport Generated:,\"Mar 30, 2020\"\nTopic,Webinar ID\nPricing,123\nHost Details,\n\
                    Attended,User Name,Email\nYes,Host,host@x.org\nAttendee Details,\nAttended,User Name,Email\n\
                    Yes,Ada,ada@x.org\nOther Attended,\nUser Name,Join Time\n+49,\"Mar 30, 2020\"\n";
        let (header, rows) = read(text);
        assert_eq!(header, ["Attended", "User Name", "Email"]);
        assert_eq!(rows, ["10: Yes|Ada|ada@x.org"]);
    }
}
