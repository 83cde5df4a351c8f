//! A file as a table: its format, its header, and its rows one by one, as often as wanted.

use std::io::{self, Cursor, Read};

use serde_json::{Map, Value};

use crate::delimited::{Placed, Record, Records, guess_delimiter};
use crate::encoding::{Damaged, Detected, Lines, detect};
use crate::error::Error;
use crate::exports::compact;
use crate::ndjson::{self, Columns};
use crate::own::{self, Own};
use crate::source::Source;
use crate::workbook;

/// How many records may stand above the header (titles, the description of a webinar).
const MAX_PREAMBLE: usize = 60;

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
    source: &'a Source,
    content: Content,
    /// The columns' names; those without one are called by their position. Empty where the rows are messages or leads of
    /// an export of our own.
    pub header: Vec<String>,
    /// Which export of our own it is, and its columns.
    pub own: Option<(Own, Vec<String>)>,
    /// The records above the header.
    pub preamble: Vec<Vec<String>>,
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
    pub fn open(source: &'a Source) -> Result<Table<'a>, Error> {
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
            let sheet = workbook::read(file).map_err(|why| Error::unreadable(&source.name, why))?;
            return Table::of_sheet(source, sheet).map_err(unreadable)?.or_own();
        }
        let detected = detect(|| source.open()).map_err(unreadable)?;
        if let Some(why) = no_text(&detected) {
            return Err(Error::unreadable(&source.name, why));
        }
        if ndjson::is_ndjson(&head_text(&detected)) {
            return Table::of_lines(source, detected);
        }
        Table::of_text(source, detected).map_err(unreadable)?.or_own()
    }

    /// The same, where it may be what this program wrote.
    fn or_own(mut self) -> Result<Table<'a>, Error> {
        let own = own::recognise(&self.header).map_err(|why| Error::unreadable(&self.source.name, why))?;
        if let Some(own) = own {
            self.own = Some((own, std::mem::take(&mut self.header)));
        }
        Ok(self)
    }

    fn of_sheet(source: &'a Source, sheet: workbook::Sheet) -> io::Result<Table<'a>> {
        let mut format = format!("Excel, sheet \u{201c}{}\u{201d}", sheet.name);
        if !sheet.others.is_empty() {
            let others = sheet.others.join("\u{201d}, \u{201c}");
            format.push_str(&format!(" (not read: \u{201c}{others}\u{201d}; save each as a file of its own)"));
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
        Table::with_header(source, delimited, format)
    }

    fn of_text(source: &'a Source, detected: Detected) -> io::Result<Table<'a>> {
        let text = head_text(&detected);
        let delimiter = guess_delimiter(&text);
        let format = format!("{}, cells parted by {}", encoding_name(&detected), delimiter_name(delimiter));
        let delimited = Delimited { detected, delimiter, sheet: None, first: 0, sections: false, short_rows: false };
        Table::with_header(source, delimited, format)
    }

    fn with_header(source: &'a Source, mut delimited: Delimited, format: String) -> io::Result<Table<'a>> {
        let mut head = first_records(&mut delimited.records(source)?)?;
        if delimited.sheet.is_some() {
            head.iter_mut().for_each(|(_, cells)| drop(cells.remove(0)));
        }
        let found = find_header(head);
        delimited.first = found.first;
        delimited.sections = found.sections;
        let content = Content::Delimited(delimited);
        let (header, preamble) = (found.header, found.preamble);
        Ok(Table { source, content, header, own: None, preamble, format })
    }

    fn of_lines(source: &'a Source, detected: Detected) -> Result<Table<'a>, Error> {
        let unreadable = |error: io::Error| Error::unreadable(&source.name, error);
        let mut columns = Columns::default();
        let mut lines = Lines::new(source.open().map_err(unreadable)?, &detected);
        while let Some(line) = lines.next_line().map_err(unreadable)? {
            columns.learn(&line.text).map_err(|why| Error::unreadable(&source.name, why))?;
        }
        let header = columns.names();
        let format = format!("NDJSON, {}", encoding_name(&detected));
        let own = columns.has_leads().then(|| (Own::Leads, Vec::new()));
        let table =
            Table { source, content: Content::Lines { detected, columns }, header, own, preamble: Vec::new(), format };
        if table.own.is_some() { Ok(table) } else { table.or_own() }
    }

    /// Reads the rows from the beginning.
    pub fn rows(&self) -> Result<Rows<'_>, Error> {
        let reading = match &self.content {
            Content::Delimited(delimited) => delimited.records(self.source).map(Reading::Delimited),
            Content::Lines { detected, .. } => {
                self.source.open().map(|file| Reading::Lines { lines: Lines::new(file, detected), number: 0 })
            }
        };
        let reading = reading.map_err(|error| Error::unreadable(&self.source.name, error))?;
        Ok(Rows { table: self, reading, over: false, damaged: Damaged::default() })
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

    /// Whether the cells are parted by semicolons, as where the comma is the decimal sign.
    pub fn by_semicolon(&self) -> bool {
        matches!(&self.content, Content::Delimited(delimited) if delimited.delimiter == ';')
    }

    pub fn name(&self) -> &str {
        &self.source.name
    }
}

impl Delimited {
    fn records<'r>(&'r self, source: &Source) -> io::Result<Records<'r>> {
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

/// The first records with the number each has, without the line `sep=;` that spreadsheets write.
fn first_records(records: &mut Records<'_>) -> io::Result<Vec<(u64, Vec<String>)>> {
    let mut first = Vec::new();
    while first.len() < MAX_PREAMBLE {
        let Some(Placed { record, content, .. }) = records.next_record()? else { break };
        if let Record::Cells(cells) = content {
            let separator_line = record == 1 && cells.first().is_some_and(|cell| cell.starts_with("sep="));
            if !separator_line {
                first.push((record, cells));
            }
        }
    }
    Ok(first)
}

struct Found {
    header: Vec<String>,
    preamble: Vec<Vec<String>>,
    first: u64,
    sections: bool,
}

/// The header is the first record, but for titles of one cell above it, and what webinar reports put before their list.
fn find_header(records: Vec<(u64, Vec<String>)>) -> Found {
    let filled = |cells: &[String]| cells.iter().filter(|cell| !cell.trim().is_empty()).count();
    let has = |cells: &[String], wanted: &[&str]| cells.iter().any(|cell| wanted.contains(&compact(cell).as_str()));
    let of_attendees = |cells: &[String]| has(cells, &["attended"]) && has(cells, &["email", "emailaddress"]);
    let after_title = records.iter().position(|(_, cells)| has(cells, &["attendeedetails"]) && filled(cells) == 1);
    let attendees = match after_title {
        Some(at) => (at + 1 < records.len()).then_some(at + 1),
        None => records.iter().position(|(_, cells)| of_attendees(cells)),
    };
    let widest = records.iter().take(12).map(|(_, cells)| filled(cells)).max().unwrap_or(0);
    let usual = match records.first() {
        // A title of one cell above a table of more.
        Some((_, first)) if filled(first) == 1 && widest > 1 => records.iter().position(|(_, cells)| filled(cells) > 1),
        _ => None,
    };
    let at = attendees.or(usual).unwrap_or(0);
    let sections = attendees.is_some() && at > 0;
    let preamble = records.iter().take(at).map(|(_, cells)| cells.clone()).collect();
    let Some((number, cells)) = records.into_iter().nth(at) else {
        return Found { header: Vec::new(), preamble, first: 1, sections };
    };
    let headless = cells.iter().any(|cell| cell.contains('@'));
    let first = if headless { number } else { number + 1 };
    Found { header: name_columns(&cells, headless), preamble, first, sections }
}

/// A file without a header begins with an address at once; its columns are named by what they hold or where they stand.
fn name_columns(cells: &[String], headless: bool) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let said = cell.trim().trim_start_matches('\u{feff}');
        let name = match (headless, said.is_empty()) {
            (true, _) if said.contains('@') && !names.contains(&"email".to_owned()) => "email".to_owned(),
            (false, false) => said.to_owned(),
            _ => format!("column {}", index + 1),
        };
        let again = names.iter().filter(|other| **other == name || other.starts_with(&format!("{name} #"))).count();
        names.push(if again == 0 { name } else { format!("{name} #{}", again + 1) });
    }
    names
}

/// The rows of a table, in their order.
pub struct Rows<'t> {
    table: &'t Table<'t>,
    reading: Reading<'t>,
    over: bool,
    damaged: Damaged,
}

enum Reading<'t> {
    Delimited(Records<'t>),
    Lines { lines: Lines<'t>, number: u64 },
}

impl Rows<'_> {
    pub fn next_item(&mut self) -> Result<Option<Item>, Error> {
        let table = self.table;
        let width = table.own.as_ref().map_or(table.header.len(), |(_, columns)| columns.len());
        let read = match (&mut self.reading, &table.content) {
            _ if self.over => Ok(None),
            (Reading::Delimited(records), Content::Delimited(delimited)) => {
                next_row(records, delimited, width, &mut self.over, &mut self.damaged)
            }
            (Reading::Lines { lines, number }, Content::Lines { columns, .. }) => {
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

fn checked_row(number: u64, mut cells: Vec<String>, width: usize, may_be_short: bool) -> Item {
    while cells.len() > width && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    if cells.len() < width && may_be_short {
        cells.resize(width, String::new());
    }
    // Who reads a short row looks whether what it lacks matters.
    if cells.len() > width {
        let why = format!("it has {} cells, the header {width}", cells.len());
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
        let source = Source::from_bytes("t.csv", text.as_bytes());
        let table = Table::open(&source).unwrap();
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
