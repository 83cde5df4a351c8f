//! The exports that need no mapping by hand, one file each: what their headers mean, in the notation of `--map`.
//! Headers compare by their letters and digits alone, in lower case.

mod beehiiv;
mod curated;
pub mod generic;
mod goto;
mod hubspot;
mod keila;
mod languages;
mod listmonk;
mod mailchimp;
mod mautic;
mod people;
mod pipedrive;
mod salesforce;
mod substack;
mod zoom;

use crate::consent::words::push_bare;
use crate::keys::{ColumnKey, MailStatus};

/// What a file's rows are, which decides what becomes of columns that nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One lead a row; unknown columns become attributes.
    People,
    /// One deal a row; unknown columns become properties of the deal.
    Deals,
    /// One event a row; unknown columns become its properties.
    Events,
    /// Who was registered for a webinar, and came; unknown columns become attributes.
    Attendance,
    /// One company a row: no lead, so nothing is taken.
    Companies,
}

/// Headers and what they mean.
pub type Columns = &'static [(&'static str, &'static str)];

/// One kind of file that one tool writes.
#[derive(Debug)]
pub struct Export {
    /// Enters the message ids: never change it.
    pub id: &'static str,
    pub name: &'static str,
    pub shape: Shape,
    /// The tool's ids of leads and deals are written `SPACE:ID`; without a space they are the own product's ids.
    pub space: Option<&'static str>,
    /// It is this export when all headers of one of these groups are there.
    pub needs: &'static [&'static [&'static str]],
    /// Or when its headers are those of one of these groups as they are written here, and no others: they are too common
    /// to tell anything beside more.
    pub exactly: &'static [&'static [&'static str]],
    pub columns: Columns,
    /// Words of the status column; any other word holds consent back.
    pub statuses: &'static [(&'static str, MailStatus)],
    /// What is said about every row by its being in this file.
    pub everyone: MailStatus,
    /// Below the rows stand lines about the report, in the first cell.
    pub footer: bool,
}

/// Fields that most exports leave so.
pub const PLAIN: Export = Export {
    id: "rows",
    name: "a table",
    shape: Shape::People,
    space: None,
    needs: &[],
    exactly: &[],
    columns: &[],
    statuses: &[],
    everyone: MailStatus::Fine,
    footer: false,
};

/// Every export; where several fit a header, the one that needs the most headers counts.
pub const ALL: &[&[Export]] = &[
    hubspot::EXPORTS,
    salesforce::EXPORTS,
    pipedrive::EXPORTS,
    mailchimp::EXPORTS,
    listmonk::EXPORTS,
    keila::EXPORTS,
    mautic::EXPORTS,
    substack::EXPORTS,
    beehiiv::EXPORTS,
    curated::EXPORTS,
    zoom::EXPORTS,
    goto::EXPORTS,
];

/// The letters and digits of a header, in lower case and without accents.
pub fn compact(header: &str) -> String {
    let mut letters = String::new();
    let lower = header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase);
    lower.for_each(|letter| push_bare(&mut letters, letter));
    letters
}

/// The export whose headers these are, if it is one of those known.
pub fn recognise(headers: &[String]) -> Option<&'static Export> {
    let written = |wanted: &&str| headers.iter().any(|header| header.trim().eq_ignore_ascii_case(wanted));
    let compacted: Vec<String> = headers.iter().map(|header| compact(header)).collect();
    let has = |wanted: &&str| compacted.contains(&compact(wanted));
    let mut best: Option<(&Export, usize)> = None;
    for export in ALL.iter().copied().flatten() {
        let needed = export.needs.iter().filter(|group| group.iter().all(has));
        let exact = export.exactly.iter().filter(|group| group.len() == headers.len() && group.iter().all(written));
        let fitting = needed.chain(exact).map(|group| group.len()).max();
        if let Some(count) = fitting.filter(|count| best.is_none_or(|(_, most)| *count > most)) {
            best = Some((export, count));
        }
    }
    best.map(|(export, _)| export)
}

/// The attributes that the tables make of columns.
pub fn attributes() -> impl Iterator<Item = &'static str> {
    let of_exports = ALL.iter().copied().flatten().map(|export| export.columns);
    let keys = of_exports.chain([people::PEOPLE]).chain(languages::ALL).flatten().map(|(_, key)| *key);
    let names = keys.map(|key| key.strip_prefix("now:").unwrap_or(key));
    names.filter(|name| matches!(ColumnKey::parse(name), Ok(ColumnKey::Attribute(_))))
}

/// What a table says of a header.
pub fn look_up(columns: Columns, header: &str) -> Option<&'static str> {
    let wanted = compact(header);
    columns.iter().find(|(name, _)| compact(name) == wanted).map(|(_, key)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tables() -> impl Iterator<Item = (&'static str, Columns)> {
        let known = ALL.iter().copied().flatten().map(|export| (export.id, export.columns));
        let of_people = languages::ALL.iter().map(|columns| ("people of a language", *columns));
        known
            .chain([("people", people::PEOPLE), ("deals", generic::DEALS), ("events", generic::EVENTS)])
            .chain(of_people)
    }

    #[test]
    fn every_key_of_every_table_is_one() {
        for (id, columns) in tables() {
            for (header, key) in columns {
                assert!(ColumnKey::parse(key).is_ok(), "{id}: {header} → {key}");
            }
        }
    }

    #[test]
    fn no_table_names_a_header_twice() {
        for (id, columns) in tables() {
            let mut seen: Vec<String> = columns.iter().map(|(header, _)| compact(header)).collect();
            seen.sort();
            let count = seen.len();
            seen.dedup();
            assert_eq!(seen.len(), count, "{id}");
        }
    }

    #[test]
    fn no_header_is_in_two_languages() {
        let all = languages::ALL.iter().copied().flatten().chain(people::PEOPLE);
        let mut seen: Vec<String> = all.map(|(header, _)| compact(header)).collect();
        seen.sort();
        let twice: Vec<&[String]> = seen.windows(2).filter(|pair| pair[0] == pair[1]).collect();
        assert!(twice.is_empty(), "{twice:?}");
    }

    #[test]
    fn ids_of_exports_are_unique() {
        let mut ids: Vec<&str> = ALL.iter().copied().flatten().map(|export| export.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), ALL.iter().map(|group| group.len()).sum::<usize>());
    }
}
