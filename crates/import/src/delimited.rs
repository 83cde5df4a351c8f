//! Rows of cells from delimited text. An own reader of RFC 4180, because what matters here is what the usual ones hide:
//! a quote that is opened and never closed must cost one row, not the rest of the file.

use std::collections::VecDeque;
use std::io;

use crate::encoding::{Damage, Line, Lines, MAX_LINE};

/// The delimiters that are tried, the usual ones first.
pub const DELIMITERS: [char; 4] = [',', ';', '\t', '|'];

/// A cell with more line breaks is taken for one whose quote was never closed.
const MAX_LINES_IN_RECORD: usize = 1_000;

/// One record of the file.
#[derive(Debug, PartialEq)]
pub enum Record {
    Cells(Vec<String>),
    /// A line that cannot be divided into cells, as it is, and why.
    Broken {
        text: String,
        why: &'static str,
    },
}

/// A record and where it stands.
#[derive(Debug)]
pub struct Placed {
    /// The line where it begins, from 1.
    pub line: u64,
    /// Which record it is, from 1; blank lines are none.
    pub record: u64,
    pub content: Record,
    /// The worst of what happened to its lines.
    pub damage: Damage,
}

pub struct Records<'a> {
    lines: Lines<'a>,
    delimiter: char,
    /// Lines that were read in the hope that they belong to an opened quote.
    returned: VecDeque<Line>,
    line: u64,
    record: u64,
}

impl<'a> Records<'a> {
    pub fn new(lines: Lines<'a>, delimiter: char) -> Records<'a> {
        Records { lines, delimiter, returned: VecDeque::new(), line: 0, record: 0 }
    }

    /// The next record; blank lines are passed over.
    pub fn next_record(&mut self) -> io::Result<Option<Placed>> {
        loop {
            let Some(first) = self.take_line()? else { return Ok(None) };
            if first.text.trim().is_empty() {
                continue;
            }
            let line = self.line;
            self.record += 1;
            let (content, damage) = self.read_from(first)?;
            return Ok(Some(Placed { line, record: self.record, content, damage }));
        }
    }

    fn take_line(&mut self) -> io::Result<Option<Line>> {
        let line = match self.returned.pop_front() {
            Some(line) => Some(line),
            None => self.lines.next_line()?,
        };
        self.line += u64::from(line.is_some());
        Ok(line)
    }

    fn read_from(&mut self, first: Line) -> io::Result<(Record, Damage)> {
        let mut splitter = Splitter::new(self.delimiter);
        let mut more: Vec<Line> = Vec::new();
        let mut length = first.text.len();
        let why = loop {
            let line = more.last().unwrap_or(&first);
            if line.cut {
                break "the line is longer than a million characters";
            }
            match splitter.feed(&line.text) {
                Ok(true) => {
                    let damage = more.iter().fold(first.damage, |worst, line| worst.max(line.damage));
                    return Ok((Record::Cells(splitter.cells), damage));
                }
                Ok(false) => {}
                Err(why) => break why,
            }
            if length > MAX_LINE || more.len() >= MAX_LINES_IN_RECORD {
                break UNCLOSED;
            }
            let Some(next) = self.take_line()? else { break UNCLOSED };
            length += next.text.len();
            more.push(next);
        };
        // Only the line with the bad quote is lost: what follows is read again as rows of its own.
        self.line -= more.len() as u64;
        for line in more.into_iter().rev() {
            self.returned.push_front(line);
        }
        Ok((Record::Broken { text: first.text, why }, first.damage))
    }
}

const UNCLOSED: &str = "a quote is opened here and never closed";
const AFTER_QUOTE: &str = "text follows a closing quote: a quote inside a quoted cell is written twice";

/// Divides text into cells, line by line.
struct Splitter {
    delimiter: char,
    cells: Vec<String>,
    cell: String,
    state: State,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    /// Before the first character of a cell that is no blank.
    Start,
    Plain,
    Quoted,
    /// Behind a quote that closes the cell, unless another one follows.
    Closed,
}

impl Splitter {
    fn new(delimiter: char) -> Splitter {
        Splitter { delimiter, cells: Vec::new(), cell: String::new(), state: State::Start }
    }

    /// Takes one line; `false` while a quoted cell goes on in the next.
    fn feed(&mut self, line: &str) -> Result<bool, &'static str> {
        if self.state == State::Start && !line.contains('"') {
            // Nothing is quoted in it.
            self.cells.extend(line.split(self.delimiter).map(str::to_owned));
            return Ok(true);
        }
        for character in line.chars() {
            self.take(character)?;
        }
        if self.state == State::Quoted {
            self.cell.push('\n');
            return Ok(false);
        }
        self.end_cell();
        Ok(true)
    }

    fn take(&mut self, character: char) -> Result<(), &'static str> {
        match (self.state, character) {
            (State::Quoted, '"') => self.state = State::Closed,
            (State::Quoted, _) => self.cell.push(character),
            (State::Closed, '"') => {
                self.cell.push('"');
                self.state = State::Quoted;
            }
            (_, _) if character == self.delimiter => self.end_cell(),
            (State::Closed, _) if character.is_whitespace() => {}
            (State::Closed, _) => return Err(AFTER_QUOTE),
            (State::Start, '"') => {
                // Blanks before the opening quote are no part of the cell, whatever RFC 4180 says: people write them.
                self.cell.clear();
                self.state = State::Quoted;
            }
            // `="01067"` is how spreadsheets are made to keep the zero; it means nothing else.
            (State::Plain, '"') if self.cell.trim_start() == "=" => {
                self.cell.clear();
                self.state = State::Quoted;
            }
            (State::Start, _) if character.is_whitespace() => self.cell.push(character),
            (State::Start | State::Plain, _) => {
                self.cell.push(character);
                self.state = State::Plain;
            }
        }
        Ok(())
    }

    fn end_cell(&mut self) {
        let cell = std::mem::take(&mut self.cell);
        let formula = cell.trim().strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"'));
        let text = formula.map(|text| text.replace("\"\"", "\""));
        self.cells.push(text.unwrap_or(cell));
        self.state = State::Start;
    }
}

/// The delimiter of a text that begins so: the one by which its rows have the same number of cells as its header.
pub fn guess_delimiter(head: &str) -> char {
    if let Some(said) = head.strip_prefix("sep=").and_then(|rest| rest.chars().next()) {
        return said;
    }
    let fit = |delimiter: char| {
        let counts = cell_counts(head, delimiter);
        let most =
            counts.iter().copied().filter(|n| *n > 1).max_by_key(|n| (counts.iter().filter(|c| *c == n).count(), *n));
        let usual = most.unwrap_or(1);
        let rows_that_fit = counts.iter().filter(|n| **n == usual).count();
        (usual > 1, counts.first() == Some(&usual), rows_that_fit, usual)
    };
    // `max_by_key` takes the last of equals; the usual delimiters stand first.
    DELIMITERS.into_iter().rev().max_by_key(|delimiter| fit(*delimiter)).unwrap_or(',')
}

fn cell_counts(head: &str, delimiter: char) -> Vec<usize> {
    let mut counts = Vec::new();
    let mut splitter = Splitter::new(delimiter);
    for line in head.lines().take(60) {
        if line.trim().is_empty() && splitter.state == State::Start {
            continue;
        }
        match splitter.feed(line) {
            Ok(false) => continue,
            Ok(true) => counts.push(splitter.cells.len()),
            Err(_) => {}
        }
        splitter = Splitter::new(delimiter);
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::detect;

    /// The records of a text; broken ones as their text in angle brackets.
    fn records(text: &str, delimiter: char) -> Vec<(u64, Vec<String>)> {
        let bytes = text.as_bytes();
        let detected = detect(|| Ok(Box::new(bytes))).unwrap();
        let mut records = Records::new(Lines::new(Box::new(bytes), &detected), delimiter);
        let mut found = Vec::new();
        while let Some(placed) = records.next_record().unwrap() {
            let cells = match placed.content {
                Record::Cells(cells) => cells,
                Record::Broken { text, .. } => vec![format!("<{text}>")],
            };
            found.push((placed.line, cells));
        }
        found
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn quotes_blanks_and_line_breaks() {
        let text = "a,\"b,\"\"c\"\"\"\n\n\"x\ny\",z\nfoo, \"Foo 3\" ,5\" pipe\n";
        assert_eq!(
            records(text, ','),
            [row(1, &["a", "b,\"c\""]), row(3, &["x\ny", "z"]), row(5, &["foo", "Foo 3", "5\" pipe"])]
        );
    }

    #[test]
    fn formulas_that_protect_a_text_are_the_text() {
        let text = "=\"01067\", =\"+49,30\",\"=\"\"a\"\"\"\"b\"\"\",=\"\",=1+1,\"=\",a=\"b\"\n";
        assert_eq!(records(text, ','), [row(1, &["01067", "+49,30", "a\"b", "", "=1+1", "=", "a=\"b\""])]);
        assert_eq!(records("=\"a,b\nc,d", ','), [row(1, &["<=\"a,b>"]), row(2, &["c", "d"])]);
    }

    #[test]
    fn an_unclosed_quote_costs_its_own_row_only() {
        assert_eq!(
            records("a,b\n\"c,d\ne,f\ng,h", ','),
            [row(1, &["a", "b"]), row(2, &["<\"c,d>"]), row(3, &["e", "f"]), row(4, &["g", "h"]),]
        );
        assert_eq!(
            records("\"c,d\ne,\"f\"\ng,h", ','),
            [row(1, &["<\"c,d>"]), row(2, &["e", "f"]), row(3, &["g", "h"])]
        );
        assert_eq!(records("\"a\"b,c\nd,e", ','), [row(1, &["<\"a\"b,c>"]), row(2, &["d", "e"])]);
    }

    #[test]
    fn delimiters_are_guessed_from_header_and_rows() {
        let cases = [
            ("a,b\n1,2\n", ','),
            ("name;firma;umsatz\nDoe, J;Acme, Inc;1,5\nRoe, K;Bcme, Inc;2,5\n", ';'),
            ("a\tb\tc\n1,5\t2,5\t3\n", '\t'),
            ("a|b\n1|2\n", '|'),
            ("email\nada@example.org\n", ','),
            ("sep=;\na;b\n", ';'),
            ("\"a;b\",c\n\"d;e;f\",g\n", ','),
            ("", ','),
        ];
        for (text, delimiter) in cases {
            assert_eq!(guess_delimiter(text), delimiter, "{text}");
        }
    }
}
