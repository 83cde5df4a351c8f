//! Which webinar an attendance list is about.

use crate::cell::{Holds, said};
use crate::exports::compact;
use crate::table::Table;

#[derive(Clone, Debug, Default)]
pub struct Webinar {
    pub id: Option<String>,
    pub title: String,
}

/// The webinar that the lines above the list describe; without them the file's name is its title.
pub fn of(table: &Table<'_>) -> Webinar {
    let stem = table.name().rsplit(['/', '\\']).next().unwrap_or("").split('.').next().unwrap_or("");
    let title = described(&table.preamble, &["topic", "webinarname", "webinartitle", "title"]);
    let id = described(&table.preamble, &["webinarid", "webinarkey"]);
    Webinar { id, title: title.unwrap_or_else(|| stem.to_owned()) }
}

const LABELS: [&str; 12] = [
    "topic",
    "webinarname",
    "webinartitle",
    "title",
    "webinarid",
    "webinarkey",
    "actualstarttime",
    "actualstartdatetime",
    "actualdurationminutes",
    "duration",
    "registered",
    "attended",
];

/// The value of a label: in the cell below where labels stand side by side, else in the cell to its right.
fn described(preamble: &[Vec<String>], labels: &[&str]) -> Option<String> {
    for (index, row) in preamble.iter().enumerate() {
        let Some(at) = row.iter().position(|cell| labels.contains(&compact(cell).as_str())) else { continue };
        let right = row.get(at + 1).filter(|cell| !LABELS.contains(&compact(cell).as_str()));
        let below = preamble.get(index + 1).and_then(|next| next.get(at));
        let value = right
            .and_then(|cell| said(cell, Holds::Anything))
            .or_else(|| below.and_then(|cell| said(cell, Holds::Anything)));
        if let Some(value) = value {
            return Some(value.to_owned());
        }
    }
    None
}
