//! What was taken as empty, taken out or not understood, for people.

use std::collections::BTreeMap;

use attractor_engine::playbook::vocabulary::meant_attribute;
use attractor_engine::printable;

use super::By;
use super::choose::{Chosen, free_name};
use super::evidence::ColumnEvidence;
use crate::consent::About;
use crate::consent::words::{begins_with_any, fold};
use crate::exports;
use crate::keys::ColumnKey;
use crate::language;
use crate::nouns::counted;
use crate::table::Table;

/// As many columns are named behind a word.
const NAMED: usize = 3;

pub fn add(notes: &mut Vec<String>, chosen: &[Chosen], evidence: &[ColumnEvidence], rows: u64) {
    let columns = || chosen.iter().zip(evidence);
    for (column, seen) in columns() {
        notes.extend(unknown_word(column, seen));
        notes.extend(held_back(column, seen));
        notes.extend(misnamed(column));
        notes.extend(ranges(column, seen));
        notes.extend(unclear(column, seen));
        notes.extend(named_languages(column, seen));
        notes.extend(without_yes(column, seen, rows));
    }
    let invisible: u64 = evidence.iter().map(|seen| seen.invisible).sum();
    if invisible > 0 {
        notes.push(format!("invisible characters were taken out of the addresses in {}", counted(invisible, "cell")));
    }
    notes.extend(without_first_names(columns()));
    notes.extend(unused_dates(columns()));
    notes.extend(emptied(chosen, evidence));
}

/// The rows of titles above the header, which are no rows of the table.
pub fn titles(table: &Table<'_>) -> Option<String> {
    let row = table.header_row.filter(|_| !table.preamble.is_empty())?;
    let first = table.preamble.iter().flatten().find(|cell| !cell.trim().is_empty())?;
    let above = counted(table.preamble.len() as u64, "row");
    Some(format!("the header is row {row}; {above} above it left out, from \u{201c}{}\u{201d} on", shortened(first)))
}

/// Where a column about agreeing is empty, and others are not. A column that is kept as a date or an attribute may be about
/// something else.
fn without_yes(column: &Chosen, seen: &ColumnEvidence, rows: u64) -> Option<String> {
    let empty = rows.saturating_sub(seen.filled);
    if empty == 0 || !column.expects_yes(seen) {
        return None;
    }
    let header = &column.header;
    let way_out = match column.key {
        ColumnKey::Agreed => String::new(),
        _ => format!("; if this is about something else, say {}", hint(header, &format!("now:{}", free_name(header)))),
    };
    Some(format!(
        "\u{201c}{header}\u{201d} is empty in {}: without a yes no consent is granted there{way_out}",
        counted(empty, "row")
    ))
}

/// A column about agreeing in whose header a word is not known. Nobody can tell whether a yes in it agrees or refuses.
fn unknown_word(column: &Chosen, seen: &ColumnEvidence) -> Option<String> {
    if column.about != Some(About::Unclear) || seen.filled == 0 {
        return None;
    }
    let header = &column.header;
    Some(format!(
        "\u{201c}{header}\u{201d} speaks of consent, but not each of its words is known, so a yes may be a refusal: nobody is \
         granted consent. If a yes agrees, say {}; if a yes means that the person left, {}; if this is about something else, {}",
        hint(header, "agreed"),
        hint(header, "unsubscribed"),
        hint(header, &format!("now:{}", free_name(header))),
    ))
}

/// What was not understood of being written to, and how to say that it is about something else.
fn held_back(column: &Chosen, seen: &ColumnEvidence) -> Option<String> {
    if seen.doubtful == 0 || column.about == Some(About::Unclear) {
        return None;
    }
    let header = &column.header;
    let mut said: Vec<String> = seen.doubts.iter().map(|text| format!("\u{201c}{}\u{201d}", shortened(text))).collect();
    if said.len() as u64 > 2 && seen.doubtful > 3 {
        said.push("…".to_owned());
    }
    if column.about == Some(About::Agreed) && column.by != By::Hand {
        return Some(not_agreed(column, seen, &said));
    }
    let is_about_leaving = matches!(column.about, Some(About::Against { .. }));
    let leaves =
        if is_about_leaving { format!("; if it is, say {}", hint(header, "unsubscribed")) } else { String::new() };
    let hint = hint(header, &format!("now:{}", free_name(header)));
    let by_hand = match column.by {
        By::Hand => String::new(),
        _ => format!("{leaves}; if this is about something else, say {hint}"),
    };
    Some(format!(
        "\u{201c}{header}\u{201d} says {} in {}, which may mean that no mail is wanted: consent is held back there{by_hand}",
        said.join(", "),
        counted(seen.doubtful, "row")
    ))
}

/// What a column about agreeing says without a yes. Where all of it is a no or another legal basis, there is nothing to
/// correct: a way to read the column otherwise would be a way round the no. Mapping the column to something else widens
/// consent, so the way that widens it for single people alone comes first, and how far the other one does is said; at
/// most so far, because another column may hold consent back in the same rows.
fn not_agreed(column: &Chosen, seen: &ColumnEvidence, said: &[String]) -> String {
    let header = &column.header;
    let stated = format!(
        "\u{201c}{header}\u{201d} says {} in {}, which is not a consent: none is granted there",
        said.join(", "),
        counted(seen.doubtful, "row"),
    );
    if seen.unclear_yes == 0 {
        return stated;
    }
    format!(
        "{stated}. Where the person agreed, write yes in the cell. If you know that the column is not about consent to be \
         written to, {} stops reading it so: with --consent, at most {} more can then be granted consent; rows with a no, \
         and those that name another legal basis, such as a legitimate interest, stay without",
        hint(header, &format!("now:{}", free_name(header))),
        counted(seen.without_yes, "row"),
    )
}

/// An attribute named by hand that nearly is one of those that rules ask for: a new one is made, and no rule reads it.
fn misnamed(column: &Chosen) -> Option<String> {
    if column.by != By::Hand {
        return None;
    }
    let (name, before) = match &column.key {
        ColumnKey::Attribute(name) => (name, ""),
        ColumnKey::Now(name) => (name, "now:"),
        _ => return None,
    };
    let meant = meant_attribute(name, exports::attributes())?;
    let header = &column.header;
    Some(format!(
        "\u{201c}{header}\u{201d} is kept as an attribute of its own, `{name}`, which is nearly `{meant}`; if you mean that, say {}",
        hint(header, &format!("{before}{meant}"))
    ))
}

/// Words that say of no deal whether it was won.
fn unclear(column: &Chosen, seen: &ColumnEvidence) -> Option<String> {
    (seen.unclear > 0).then(|| {
        let samples: Vec<String> =
            seen.samples.iter().map(|text| format!("\u{201c}{}\u{201d}", shortened(text))).collect();
        format!(
            "\u{201c}{}\u{201d} says {} and is read as a yes or a no: {} neither, so no deal is made of it; map the \
             date of the sale to won_at instead",
            column.header,
            samples.join(", "),
            if seen.unclear == 1 { "1 cell is".to_owned() } else { format!("{} cells are", seen.unclear) }
        )
    })
}

/// Sizes that are written as ranges: no rule that compares numbers reaches them.
fn ranges(column: &Chosen, seen: &ColumnEvidence) -> Option<String> {
    (seen.ranges > 0 && column.name == "company.size").then(|| {
        format!(
            "\u{201c}{}\u{201d} is a range such as 51-200 in {}: it is kept as text, and rules that compare company.size with a \
             number do not reach these people",
            column.header,
            counted(seen.ranges, "row")
        )
    })
}

/// Names of languages that are kept as tags.
fn named_languages(column: &Chosen, seen: &ColumnEvidence) -> Option<String> {
    let is_kept = matches!(column.key, ColumnKey::Attribute(_) | ColumnKey::Now(_));
    if !(is_kept && language::is_attribute(&column.name)) {
        return None;
    }
    let named: Vec<String> = seen.samples.iter().filter_map(|text| named_language(text)).collect();
    (!named.is_empty()).then(|| {
        format!("\u{201c}{}\u{201d} names languages, which are kept as their tags: {}", column.header, named.join(", "))
    })
}

fn named_language(text: &str) -> Option<String> {
    let tag = language::tag(text).filter(|tag| tag != text)?;
    Some(format!("\u{201c}{}\u{201d} as {tag}", shortened(text)))
}

/// Full names without first names: e-mails greet by the first name.
fn without_first_names<'c>(columns: impl Iterator<Item = (&'c Chosen, &'c ColumnEvidence)> + Clone) -> Option<String> {
    let named = |wanted: &str| {
        let is_it =
            |key: &ColumnKey| matches!(key, ColumnKey::Attribute(name) | ColumnKey::Now(name) if name == wanted);
        columns.clone().find(|(column, seen)| seen.filled > 0 && is_it(&column.key))
    };
    let is_of_people = columns.clone().any(|(column, _)| column.key == ColumnKey::Email);
    let (full, _) = named("name").filter(|_| is_of_people && named("first_name").is_none())?;
    let header = &full.header;
    Some(format!(
        "no column has first names, so e-mails greet these people as they greet somebody without one, such as \u{201c}Hello \
         there\u{201d}. \u{201c}{header}\u{201d} is kept whole, because nothing shows where a first name ends; add a column \
         First Name, or, if \u{201c}{header}\u{201d} has first names alone, say {}",
        hint(header, "first_name")
    ))
}

/// Dates that may be those of an activity, in columns that nobody knows: they warm nobody.
fn unused_dates<'c>(columns: impl Iterator<Item = (&'c Chosen, &'c ColumnEvidence)>) -> Option<String> {
    let may_be_one = |(column, seen): &(&Chosen, &ColumnEvidence)| {
        let is_kept = column.by == By::Nobody && matches!(column.key, ColumnKey::Attribute(_));
        is_kept && seen.free && seen.filled > 0 && seen.dates.is_some() && is_of_something_last(&column.header)
    };
    let headers: Vec<&str> = columns.filter(may_be_one).map(|(column, _)| column.header.as_str()).collect();
    let first = headers.first()?;
    let named: Vec<String> = headers.iter().take(NAMED).map(|header| format!("\u{201c}{header}\u{201d}")).collect();
    let more = if headers.len() > NAMED { ", \u{2026}" } else { "" };
    Some(format!(
        "kept as attributes alone, though these dates may be of an activity: {}{more}; no score counts them. For the date of \
         the last activity say {}; for the date of an event, at:KIND in the place of seen_at",
        named.join(", "),
        hint(first, "seen_at")
    ))
}

/// Whether a header speaks of the last time that something happened, in one of six languages.
fn is_of_something_last(header: &str) -> bool {
    const BEGINS: [&str; 9] = ["last", "latest", "recent", "letzt", "zuletzt", "neuest", "dernier", "ultim", "laatst"];
    fold(header).split(' ').any(|word| begins_with_any(word, &BEGINS))
}

/// What to say to give a column a key. Names with signs that the short form needs for itself go into a MAP.yaml.
pub fn hint(header: &str, key: &str) -> String {
    let plain = !header.contains([',', '=', '"', '\'', '\\', '`', '$', '\n']);
    if plain {
        return format!("--map \"{header}={key}\"");
    }
    let quoted = serde_json::Value::from(header).to_string();
    format!("`{quoted}: \"{key}\"` in a MAP.yaml")
}

fn shortened(text: &str) -> String {
    const LENGTH: usize = 40;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    printable::shortened(&line, LENGTH).into_owned()
}

/// One line for each word that was taken as empty, with the columns in which it stood.
fn emptied(chosen: &[Chosen], evidence: &[ColumnEvidence]) -> Vec<String> {
    let mut words: BTreeMap<&str, (&str, u64, Vec<&str>)> = BTreeMap::new();
    for (column, seen) in chosen.iter().zip(evidence) {
        for (lower, (word, count)) in &seen.emptied {
            let known = words.entry(lower).or_insert((word, 0, Vec::new()));
            known.1 += count;
            known.2.push(&column.header);
        }
    }
    let line = |(word, count, columns): (&str, u64, Vec<&str>)| {
        let named: Vec<&str> = columns.iter().copied().take(NAMED).collect();
        let more = if columns.len() > NAMED { ", …" } else { "" };
        format!("{} with `{word}` taken as empty ({}{more})", counted(count, "cell"), named.join(", "))
    };
    words.into_values().map(line).collect()
}
