//! The rows that could not be taken, as a CSV file for people: where each stands, why, and the row itself.

use std::borrow::Cow;
use std::io::{self, Write};

use attractor_engine::printable;

pub struct Rejected<'w> {
    out: csv::Writer<&'w mut dyn Write>,
    pub count: u64,
    headed: bool,
}

impl<'w> Rejected<'w> {
    pub fn new(out: &'w mut dyn Write) -> Rejected<'w> {
        Rejected { out: csv::Writer::from_writer(out), count: 0, headed: false }
    }

    /// Goes on behind rows that were written before.
    pub fn behind(out: &'w mut dyn Write) -> Rejected<'w> {
        Rejected { headed: true, ..Rejected::new(out) }
    }

    /// Adds a row with where it begins in its file; 0 where that is not known.
    pub fn add(&mut self, file: &str, row: u64, why: &str, cells: &[String]) -> io::Result<()> {
        if !self.headed {
            self.out.write_record(["file", "row", "why", "content"])?;
            self.headed = true;
        }
        self.count += 1;
        let row = if row == 0 { String::new() } else { row.to_string() };
        let content = content(cells);
        let (file, why, content) = (guarded(file), guarded(why), guarded(&content));
        self.out.write_record([file.as_ref(), &row, &why, &content])?;
        Ok(())
    }

    /// How many rows were added.
    pub fn finish(mut self) -> io::Result<u64> {
        self.out.flush()?;
        Ok(self.count)
    }
}

/// A cell that no spreadsheet takes for a formula, without characters that act on a terminal. The content of a row has
/// its own cells within, of which a spreadsheet sees the first.
fn guarded(cell: &str) -> Cow<'_, str> {
    const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    let printed = printable::lines(cell);
    match cell.starts_with(FORMULA) {
        true => Cow::Owned(format!("'{printed}")),
        false => printed,
    }
}

/// A single cell as it is (a line that could not be divided), several as a line of CSV.
pub(crate) fn content(cells: &[String]) -> String {
    if let [only] = cells {
        return only.clone();
    }
    let mut line = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let bytes = line.write_record(cells).ok().and_then(|()| line.into_inner().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_the_file_is_a_formula_or_acts_on_a_terminal() {
        let mut file = Vec::new();
        let mut rejected = Rejected::new(&mut file);
        for content in ["=1+1", "@SUM(A1)", "+49 30", "-x", "\t=1", "a,=1", "x\u{1b}[2Jy"] {
            rejected.add("=l.csv", 2, "because", &[content.to_owned()]).unwrap();
        }
        rejected.add("l.csv", 3, "because", &["=a".to_owned(), "b".to_owned()]).unwrap();
        assert_eq!(rejected.finish().unwrap(), 8);
        let text = String::from_utf8(file).unwrap();
        let contents: Vec<&str> = text.lines().skip(1).map(|line| line.rsplit("because,").next().unwrap()).collect();
        assert_eq!(
            contents,
            ["'=1+1", "'@SUM(A1)", "'+49 30", "'-x", "'\\u0009=1", "\"a,=1\"", "x\\u001b[2Jy", "\"'=a,b\""]
        );
        assert_eq!(text.matches("'=l.csv,2,").count(), 7);
    }
}
