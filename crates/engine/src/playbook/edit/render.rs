//! Values as YAML: in one line where they fit, else as a block.

use serde_json::{Map, Value as Json};

use crate::playbook::marked::Data;
use crate::playbook::scalar;

/// The longest line that is written, in characters.
const WIDTH: usize = 120;

/// Where a value is written.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// The column of what is around it: of its key, or of the dash of its item.
    pub column: usize,
    /// Characters on the line before it, blank included.
    pub before: usize,
    /// Whether it must stay in its line.
    pub is_flow: bool,
    /// Whether a mapping becomes a block even where it fits.
    pub is_block: bool,
}

/// A value behind a colon, with the blank or the break before it.
pub(super) fn behind_colon(value: &Json, room: Room) -> String {
    match inline_if_fits(value, room) {
        Some(text) => format!(" {text}"),
        None => format!("\n{}", block(value, room.column + 2).trim_end_matches('\n')),
    }
}

/// An item of a block list with its dash, indented, and the line's end.
pub(super) fn item(value: &Json, room: Room) -> String {
    let indent = " ".repeat(room.column);
    match inline_if_fits(value, room) {
        Some(text) => format!("{indent}- {text}\n"),
        None => format!("{indent}- {}", block(value, room.column + 2).trim_start_matches(' ')),
    }
}

/// An entry of a block mapping, indented, and the line's end.
pub(super) fn entry(key: &str, value: &Json, column: usize) -> String {
    let indent = " ".repeat(column);
    let key = text(key);
    let room = Room { column, before: column + key.chars().count() + 2, is_flow: false, is_block: false };
    format!("{indent}{key}:{}\n", behind_colon(value, room))
}

fn inline_if_fits(value: &Json, room: Room) -> Option<String> {
    let text = inline(value);
    let is_long = room.before + text.chars().count() > WIDTH || room.is_block;
    let can_break = !room.is_flow && has_members(value);
    (!(is_long && can_break)).then_some(text)
}

fn has_members(value: &Json) -> bool {
    match value {
        Json::Object(members) => !members.is_empty(),
        Json::Array(items) => !items.is_empty(),
        _ => false,
    }
}

/// Lines, each ended.
fn block(value: &Json, column: usize) -> String {
    match value {
        Json::Object(members) => members.iter().map(|(key, value)| entry(key, value, column)).collect(),
        Json::Array(items) => {
            let room = Room { column, before: column + 2, is_flow: false, is_block: false };
            items.iter().map(|value| item(value, room)).collect()
        }
        scalar => format!("{}{}\n", " ".repeat(column), inline(scalar)),
    }
}

/// A value in one line.
pub(super) fn inline(value: &Json) -> String {
    match value {
        Json::String(content) => text(content),
        Json::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Json::Object(members) => format!("{{{}}}", pairs(members).join(", ")),
        other => other.to_string(),
    }
}

fn pairs(members: &Map<String, Json>) -> Vec<String> {
    members.iter().map(|(key, value)| pair(key, value)).collect()
}

pub(super) fn pair(key: &str, value: &Json) -> String {
    format!("{}: {}", text(key), inline(value))
}

/// A text without quotes where nothing else could be read in it, in brackets either.
fn text(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

fn is_plain(text: &str) -> bool {
    let may_begin = |c: char| c.is_alphanumeric() || c == '/';
    let may_follow = |c: char| c.is_alphanumeric() || " -_./+%()’".contains(c);
    text.starts_with(may_begin)
        && text.chars().all(may_follow)
        && !text.ends_with(' ')
        && matches!(scalar::resolve(text), Data::Text(_))
}

/// In double quotes, on one line; what cannot be seen is escaped.
pub(super) fn quoted(text: &str) -> String {
    let json = Json::String(text.to_owned()).to_string();
    let is_hidden =
        |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}');
    json.chars().fold(String::with_capacity(json.len()), |mut out, c| {
        match is_hidden(c) {
            true => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => out.push(c),
        }
        out
    })
}
