//! Who did what, as the API shows it.

use attractor_engine::time::Instant;
use attractor_store::EntryNumber;
use attractor_store::audit;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::access::names::ActorNames;
use super::refusal::Refusal;
use super::schemas::AnyJson;
use super::stored::stored;
use super::view::View;

const USUAL: i64 = 100;
const MOST: i64 = 1_000;

#[derive(Serialize, ToSchema)]
pub struct Entry {
    #[schema(format = DateTime)]
    at: String,
    /// `user:ID`, `key:ID` or `command line (NAME)`
    who: String,
    /// The name of that user or key; null where it has none, or it was the command line
    who_name: Option<String>,
    what: String,
    /// To what it was done: `key:7`
    subject: String,
    /// The name of the subject, where it is a user or a key that has one
    subject_name: Option<String>,
    #[schema(value_type = AnyJson)]
    details: Value,
}

#[derive(Serialize, ToSchema)]
pub struct Audit {
    /// The newest first
    entries: Vec<Entry>,
    /// The cursor of the next page; null behind the last
    next: Option<String>,
}

/// Entries, the newest first; behind a cursor.
pub fn page(view: &mut View, cursor: Option<&str>, limit: Option<i64>) -> Result<Audit, Refusal> {
    let before = match cursor {
        Some(cursor) => i64::from_str_radix(cursor, 36).map(EntryNumber).map_err(|_| {
            Refusal::Malformed(
                "this cursor does not belong to this list; take `next` of the page before, as it is".into(),
            )
        })?,
        None => EntryNumber::MAX,
    };
    let limit = limit.unwrap_or(USUAL).clamp(1, MOST);
    let found = audit::latest(view.connection, before, limit)?;
    let is_full = found.len() as i64 == limit;
    let next = found.last().filter(|_| is_full).map(|last| in_36(last.number.0));
    let actors = ActorNames::read(view.connection)?;
    Ok(Audit { entries: found.into_iter().map(|found| entry(found, &actors)).collect(), next })
}

fn entry(entry: audit::Entry, actors: &ActorNames) -> Entry {
    let audit::Entry { at, who, what, subject, details, .. } = entry;
    let details = stored(&details);
    let (who_name, subject_name) = (actors.of(&who), actors.of(&subject));
    Entry { at: Instant(at).to_string(), who, who_name, what, subject, subject_name, details }
}

fn in_36(mut number: i64) -> String {
    let mut digits = Vec::new();
    while number > 0 {
        digits.extend(char::from_digit((number % 36) as u32, 36));
        number /= 36;
    }
    digits.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_read_as_they_were_written() {
        for number in [1, 35, 36, 1_000_000, i64::MAX] {
            assert_eq!(i64::from_str_radix(&in_36(number), 36), Ok(number));
        }
    }
}
