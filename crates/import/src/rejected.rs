//! The rows that could not be taken, as a CSV file for people: where each stands, why, and the row itself.

use std::io::{self, Write};

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
        self.out.write_record([file, &row, why, &content(cells)])?;
        Ok(())
    }

    /// How many rows were added.
    pub fn finish(mut self) -> io::Result<u64> {
        self.out.flush()?;
        Ok(self.count)
    }
}

/// A single cell as it is (a line that could not be divided), several as a line of CSV.
fn content(cells: &[String]) -> String {
    if let [only] = cells {
        return only.clone();
    }
    let mut line = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let bytes = line.write_record(cells).ok().and_then(|()| line.into_inner().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned()
}
