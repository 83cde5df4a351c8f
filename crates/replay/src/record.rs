//! An event on its way from the line to its lead: the key it stands under, its place in the file, what it changes.

use std::fmt::Write;

use attractor_engine::identity::KeyNumber;
use attractor_engine::program::{Event, Program};
use attractor_engine::time::Instant;

/// Of every record, first: length of what follows, key, instant, line.
pub const HEAD: usize = 4 + 4 + 8 + 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Bytes behind the head.
    pub length: usize,
    /// The key that the message stands under; once divided, its lead's.
    pub key: KeyNumber,
    pub at: Instant,
    pub line: u64,
}

const MACHINE: u8 = 1;
const HISTORY: u8 = 2;
const NAMED: u8 = 4;
/// The key of a contested e-mail follows the flags.
const CONTESTED: u8 = 8;
/// The contested e-mail belongs to another lead.
const LOST: u8 = 16;

/// An event with what its record holds beside it.
pub struct Record<'a> {
    /// The key that the message stands under.
    pub key: KeyNumber,
    pub line: u64,
    /// The message's own id; without it, it is called by its line.
    pub id: Option<&'a str>,
    /// The address that the event sets only if it belongs to the event's lead.
    pub contested: Option<KeyNumber>,
    pub event: &'a Event,
}

/// Appends a record.
pub fn write(out: &mut Vec<u8>, record: &Record) {
    let Record { key, line, id, contested, event } = *record;
    let start = out.len();
    out.extend([0; 4]);
    out.extend(key.to_le_bytes());
    out.extend(event.at.0.to_le_bytes());
    out.extend(line.to_le_bytes());
    let flag = |set: bool, bit: u8| if set { bit } else { 0 };
    let of_event = flag(event.machine, MACHINE) | flag(event.history, HISTORY);
    out.push(of_event | flag(id.is_some(), NAMED) | flag(contested.is_some(), CONTESTED));
    if let Some(email) = contested {
        out.extend(email.to_le_bytes());
    }
    if let Some(id) = id {
        out.extend((id.len() as u32).to_le_bytes());
        out.extend(id.as_bytes());
    }
    for update in &event.updates {
        // Writing into memory cannot fail; were an update ever not to be written, reading would say so.
        let spare = std::mem::take(out);
        *out = postcard::to_extend(update, spare).unwrap_or_default();
    }
    let length = (out.len() - start - HEAD) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// The head of the record at the start of `bytes`; `None` where there is none whole.
pub fn head(bytes: &[u8]) -> Option<Head> {
    let (length, rest) = bytes.split_first_chunk::<4>()?;
    let (key, rest) = rest.split_first_chunk::<4>()?;
    let (at, rest) = rest.split_first_chunk::<8>()?;
    let (line, _) = rest.split_first_chunk::<8>()?;
    let length = u32::from_le_bytes(*length) as usize;
    let at = Instant(i64::from_le_bytes(*at));
    let head = Head { length, key: u32::from_le_bytes(*key), at, line: u64::from_le_bytes(*line) };
    (bytes.len() >= HEAD + length).then_some(head)
}

/// The key of the address that a record's event sets only if it belongs to its lead.
pub fn contested(record: &[u8]) -> Option<KeyNumber> {
    let (flags, body) = record.get(HEAD..)?.split_first()?;
    let (email, _) = body.split_first_chunk::<4>()?;
    (flags & CONTESTED != 0).then(|| u32::from_le_bytes(*email))
}

/// Notes that the contested address belongs to another lead.
pub fn lose(record: &mut [u8]) {
    record[HEAD] |= LOST;
}

/// Puts another key into a record.
pub fn readdress(record: &mut [u8], key: KeyNumber) {
    record[4..8].copy_from_slice(&key.to_le_bytes());
}

/// Reads a whole record into `event` and appends its message's id to `ids`; `None` where it is not one.
pub fn read(program: &Program, record: &[u8], ids: &mut String, event: &mut Event) -> Option<()> {
    let head = head(record)?;
    let (flags, mut body) = record[HEAD..HEAD + head.length].split_first()?;
    if flags & CONTESTED != 0 {
        body = body.get(4..)?;
    }
    if flags & NAMED != 0 {
        let (length, rest) = body.split_first_chunk::<4>()?;
        let (name, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        ids.push_str(std::str::from_utf8(name).ok()?);
        body = rest;
    } else {
        // Writing into memory cannot fail.
        let _ = write!(ids, "line-{}", head.line);
    }
    (event.at, event.machine, event.history) = (head.at, flags & MACHINE != 0, flags & HISTORY != 0);
    event.updates.clear();
    while !body.is_empty() {
        let (update, rest) = postcard::take_from_bytes(body).ok()?;
        event.updates.push(update);
        body = rest;
    }
    if flags & LOST != 0 {
        program.without_email(event);
    }
    Some(())
}
