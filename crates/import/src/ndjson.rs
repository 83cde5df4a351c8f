//! NDJSON: messages of the contract, and objects that are rows like those of any table.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::table::Item;

/// The types of messages that stand alone in a file.
const TYPES: [&str; 6] = ["identify", "track", "page", "screen", "group", "alias"];

/// What only messages have, so that an object with an unknown type is a mistyped message and no row.
const OF_MESSAGES: [&str; 5] = ["messageId", "anonymousId", "userId", "traits", "event"];

const MAX_COLUMNS: usize = 2_000;
const MAX_DEPTH: usize = 16;

/// Whether a text that begins so is NDJSON.
pub fn is_ndjson(head: &str) -> bool {
    let first = head.lines().find(|line| !line.trim().is_empty()).unwrap_or("");
    first.trim_start().starts_with('{')
}

/// The names that the rows of a file use, in the order met.
#[derive(Debug, Default)]
pub struct Columns {
    positions: BTreeMap<String, usize>,
}

impl Columns {
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![String::new(); self.positions.len()];
        for (name, position) in &self.positions {
            names[*position].clone_from(name);
        }
        names
    }

    /// Takes note of a line's names, where it is a row.
    pub fn learn(&mut self, line: &str) -> Result<(), String> {
        let Ok(Value::Object(object)) = serde_json::from_str(line) else { return Ok(()) };
        if !is_message(&object) {
            for (name, _) in flatten(&object) {
                let next = self.positions.len();
                self.positions.entry(name).or_insert(next);
            }
        }
        match self.positions.len() > MAX_COLUMNS {
            true => Err(format!("its objects have more than {MAX_COLUMNS} different names; rows of a table have the same")),
            false => Ok(()),
        }
    }

    /// One line as a row, a message, or neither.
    pub fn read(&self, number: u64, line: String) -> Item {
        let broken = |line: String, why: String| Item::Broken { number, cells: vec![line], why };
        let object = match serde_json::from_str(&line) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return broken(line, "it is no JSON object".to_owned()),
            Err(error) => return broken(line, format!("it is no JSON object: {error}")),
        };
        if is_message(&object) {
            return match check_message(&object) {
                Ok(()) => Item::Message { number, message: Value::Object(object) },
                Err(why) => broken(line, why.to_owned()),
            };
        }
        let mut cells = vec![String::new(); self.positions.len()];
        for (name, text) in flatten(&object) {
            if let Some(position) = self.positions.get(&name) {
                cells[*position] = text;
            }
        }
        match cells.iter().any(|cell| cell.contains('\0')) {
            true => broken(line, "it contains a character that is none (U+0000)".to_owned()),
            false => Item::Row { number, cells },
        }
    }
}

fn is_message(object: &Map<String, Value>) -> bool {
    let Some(kind) = object.get("type").and_then(Value::as_str) else { return false };
    TYPES.contains(&kind) || kind == "batch" || OF_MESSAGES.iter().any(|name| object.contains_key(*name))
}

/// What the contract says is no valid message (section 2, What).
fn check_message(message: &Map<String, Value>) -> Result<(), &'static str> {
    let text = |name: &str| message.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let id = |name: &str| text(name) || message.get(name).is_some_and(Value::is_number);
    let kind = message.get("type").and_then(Value::as_str).unwrap_or("");
    let object_or_absent = |name: &str| message.get(name).is_none_or(|value| value.is_object() || value.is_null());
    let email = message.get("traits").and_then(|traits| traits.get("email")).and_then(Value::as_str);
    if !TYPES.contains(&kind) {
        return Err("its `type` is none of identify, track, page, screen, group and alias");
    }
    if !["traits", "properties", "context"].into_iter().all(object_or_absent) {
        return Err("its traits, properties or context is no object");
    }
    let by_email = kind == "identify" && email.is_some_and(|email| !email.trim().is_empty());
    if !id("userId") && !id("anonymousId") && !by_email {
        return Err("it names nobody: wanted is a userId, an anonymousId or, of an identify, traits.email");
    }
    if kind == "track" && !text("event") {
        return Err("it is a track without an event");
    }
    if kind == "alias" && !(id("userId") && id("previousId")) {
        return Err("it is an alias without userId and previousId");
    }
    Ok(())
}

/// The values of an object as texts, named by dotted paths; lists stay JSON.
pub fn flatten(object: &Map<String, Value>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for (name, value) in object {
        flatten_into(&mut found, name.clone(), value, 1);
    }
    found
}

fn flatten_into(found: &mut Vec<(String, String)>, path: String, value: &Value, depth: usize) {
    match value {
        Value::Null => found.push((path, String::new())),
        Value::String(text) => found.push((path, text.clone())),
        Value::Object(inner) if depth < MAX_DEPTH => {
            for (name, value) in inner {
                flatten_into(found, format!("{path}.{name}"), value, depth + 1);
            }
        }
        other => found.push((path, other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(lines: &[&str]) -> Vec<String> {
        let mut columns = Columns::default();
        lines.iter().for_each(|line| columns.learn(line).unwrap());
        let show = |line: &&str| match columns.read(1, (*line).to_owned()) {
            Item::Row { cells, .. } => cells.join("|"),
            Item::Message { message, .. } => format!("message {}", message["type"]),
            Item::Broken { why, .. } => format!("! {why}"),
        };
        lines.iter().map(show).collect()
    }

    #[test]
    fn rows_and_messages() {
        assert_eq!(
            show(&[
                r#"{"email":"a@x.org","visits":3,"type":"paid"}"#,
                r#"{"email":"b@x.org","company":{"name":"B"},"tags":["x"]}"#,
                r#"{"type":"track","event":"X","userId":"u"}"#,
            ]),
            ["a@x.org||||paid|3".replace("||||paid|3", "|paid|3||"), "b@x.org|||B|[\"x\"]".to_owned(), "message \"track\"".to_owned()]
        );
    }

    #[test]
    fn what_is_no_message() {
        for line in [
            r#"{"type":"track","userId":"u"}"#,
            r#"{"type":"track","event":"X"}"#,
            r#"{"type":"batch"}"#,
            r#"{"type":"tracc","userId":"u"}"#,
            r#"{"type":"alias","userId":"u"}"#,
            r#"{"type":"page","userId":"u","properties":[]}"#,
            "[1]",
            "{",
        ] {
            assert!(show(&[line])[0].starts_with('!'), "{line}");
        }
    }
}
