//! Where the header of a table is: below titles, descriptions and what webinar reports put before their list.

use std::io;

use crate::delimited::{Placed, Record, Records};
use crate::exports::{compact, generic, look_up};
use crate::map::Map;

/// How many records may stand above the header (titles, the description of a webinar).
const MAX_PREAMBLE: usize = 60;

/// How many rows of titles may stand above a header that is recognised by its words.
const MAX_TITLES: usize = 20;

/// A record at the beginning of a file.
pub struct First {
    /// Which record it is, from 1.
    pub record: u64,
    /// The line or the row of the sheet where it begins, from 1.
    pub row: u64,
    pub cells: Vec<String>,
}

/// The first records, without the line `sep=;` that spreadsheets write. Those of a sheet begin with the number of their
/// row.
pub fn first_records(records: &mut Records<'_>, is_sheet: bool) -> io::Result<Vec<First>> {
    let mut first = Vec::new();
    while first.len() < MAX_PREAMBLE {
        let Some(Placed { record, line, content, .. }) = records.next_record()? else { break };
        let Record::Cells(mut cells) = content else { continue };
        let row = if is_sheet { cells.remove(0).parse().unwrap_or(line) } else { line };
        let separator_line = record == 1 && cells.first().is_some_and(|cell| cell.starts_with("sep="));
        if !separator_line {
            first.push(First { record, row, cells });
        }
    }
    Ok(first)
}

/// The header of a table, and what is above it.
pub struct Header {
    pub names: Vec<String>,
    pub preamble: Vec<Vec<String>>,
    /// Its line or row.
    pub row: u64,
    /// The first record that can be a row.
    pub first: u64,
    /// The table ends at the next title: others follow.
    pub sections: bool,
    /// There is none, and the first record is a row.
    pub is_missing: bool,
}

/// The header is the first record, but for titles above it.
pub fn find(records: Vec<First>, map: &Map) -> Header {
    let has = |cells: &[String], wanted: &[&str]| cells.iter().any(|cell| wanted.contains(&compact(cell).as_str()));
    let of_attendees = |cells: &[String]| has(cells, &["attended"]) && has(cells, &["email", "emailaddress"]);
    let is_details = |cells: &[String]| has(cells, &["attendeedetails"]) && filled(cells) == 1;
    let attendees = match records.iter().position(|first| is_details(&first.cells)) {
        Some(at) => (at + 1 < records.len()).then_some(at + 1),
        None => records.iter().position(|first| of_attendees(&first.cells)),
    };
    let at = attendees.or_else(|| below_titles(&records, map)).unwrap_or(0);
    let sections = attendees.is_some() && at > 0;
    let preamble = records.iter().take(at).map(|first| first.cells.clone()).collect();
    let Some(First { record, row, cells }) = records.into_iter().nth(at) else {
        return Header { names: Vec::new(), preamble, row: 1, first: 1, sections, is_missing: true };
    };
    let is_missing = cells.iter().any(|cell| cell.contains('@'));
    let first = if is_missing { record } else { record + 1 };
    Header { names: name_columns(&cells, is_missing), preamble, row, first, sections, is_missing }
}

fn filled(cells: &[String]) -> usize {
    cells.iter().filter(|cell| !cell.trim().is_empty()).count()
}

/// The first record that is wider than all titles above it: where titles have one cell each, or where it names a lead by
/// a known word and no title does.
fn below_titles(records: &[First], map: &Map) -> Option<usize> {
    let first = records.first()?;
    let widest = records.iter().take(12).map(|first| filled(&first.cells)).max().unwrap_or(0);
    if filled(&first.cells) == 1 && widest > 1 && !names_a_lead(&first.cells, map) {
        let wide = records.iter().position(|first| filled(&first.cells) > 1)?;
        return Some(named_header(records, wide, map).unwrap_or(wide));
    }
    named_header(records, 0, map)
}

/// The first record from `start` on that names a lead in its words, where all records before it are narrower and none is
/// a row.
fn named_header(records: &[First], start: usize, map: &Map) -> Option<usize> {
    let at = records.iter().take(MAX_TITLES).skip(start).position(|first| names_a_lead(&first.cells, map))? + start;
    let above = records.iter().take(at).all(|title| {
        filled(&title.cells) < filled(&records[at].cells) && !title.cells.iter().any(|cell| cell.contains('@'))
    });
    above.then_some(at)
}

/// Whether some cell is the usual name of a column by which leads are known, and none is an address.
fn names_a_lead(cells: &[String], map: &Map) -> bool {
    const KEYS: [&str; 7] = ["email", "id", "user_id", "contact:id", "contact:email", "contact:name", "deal_id"];
    let known = |cell: &str| generic::of_people(cell).or_else(|| look_up(generic::DEALS, cell));
    let names = |cell: &String| {
        !cell.trim().is_empty() && (map.key_of(cell).is_some() || known(cell).is_some_and(|key| KEYS.contains(&key)))
    };
    cells.iter().any(names) && !cells.iter().any(|cell| cell.contains('@'))
}

/// A file without a header begins with an address at once; its columns are named by what they hold or by their place.
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
