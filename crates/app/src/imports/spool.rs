//! The messages of an import, one a line, read group by group; and the file of its rejected rows.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use attractor_import::Rejected;
use attractor_live::{Arrived, Taken};

/// Bytes that go into one group, so that large messages do not hold the lane for long.
const MOST_BYTES: usize = 4 << 20;

pub struct Spool {
    lines: BufReader<File>,
    position: i64,
}

/// Messages that follow each other.
pub struct Group {
    pub lines: Vec<String>,
    /// Where the next one begins, in bytes.
    pub end: i64,
}

impl Spool {
    pub fn open(path: &Path, position: i64) -> io::Result<Spool> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(position as u64))?;
        Ok(Spool { lines: BufReader::with_capacity(1 << 20, file), position })
    }

    /// The next messages, `most` of them; none at the end.
    pub fn next(&mut self, most: usize) -> io::Result<Group> {
        let (mut lines, mut bytes) = (Vec::with_capacity(most), 0);
        while lines.len() < most && bytes < MOST_BYTES {
            let mut line = String::new();
            let read = self.lines.read_line(&mut line)?;
            if read == 0 {
                break;
            }
            bytes += read;
            line.truncate(line.trim_end().len());
            lines.push(line);
        }
        self.position += bytes as i64;
        Ok(Group { lines, end: self.position })
    }
}

/// Adds what the store refused to the file of rejected rows, behind its first `length` bytes. Returns its new length.
pub fn reject(path: &Path, length: i64, messages: &[Arrived], taken: &[Taken]) -> io::Result<i64> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)?;
    file.set_len(length as u64)?;
    file.seek(SeekFrom::End(0))?;
    let mut text = Vec::new();
    let mut rows = if length == 0 { Rejected::new(&mut text) } else { Rejected::behind(&mut text) };
    for (message, taken) in messages.iter().zip(taken) {
        if let Taken::Refused(why) = taken {
            rows.add("", 0, why, std::slice::from_ref(&message.json))?;
        }
    }
    rows.finish()?;
    file.write_all(&text)?;
    file.sync_all()?;
    Ok(length + text.len() as i64)
}
