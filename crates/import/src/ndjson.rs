//! NDJSON: messages of the contract, and objects that are rows like those of any table.

use std::collections::BTreeMap;

use attractor_engine::message::{Message, Wanted, sound, with_all_digits};
use attractor_engine::misread::said_of;
use serde_json::{Map, Value};

use crate::own::{self, Lead};
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
    /// Some line is a lead of an export of our own.
    leads: bool,
}

impl Columns {
    pub fn names(&self) -> Vec<String> {
        let mut names = vec![String::new(); self.positions.len()];
        for (name, position) in &self.positions {
            names[*position].clone_from(name);
        }
        names
    }

    /// Whether leads of an export of our own are among the lines.
    pub fn has_leads(&self) -> bool {
        self.leads
    }

    /// Takes note of a line's names, where it is a row.
    pub fn learn(&mut self, line: &str) -> Result<(), String> {
        let Ok(Value::Object(object)) = serde_json::from_str(&sound(line)) else { return Ok(()) };
        if own::is_lead(&object) {
            self.leads = true;
        } else if !is_message(&object) {
            for (name, _) in flatten(&object) {
                let next = self.positions.len();
                self.positions.entry(name).or_insert(next);
            }
        }
        match self.positions.len() > MAX_COLUMNS {
            true => {
                Err(format!("its objects have more than {MAX_COLUMNS} different names; rows of a table have the same"))
            }
            false => Ok(()),
        }
    }

    /// One line as a row, a message, or neither.
    pub fn read(&self, number: u64, line: String) -> Item {
        let broken = |line: String, why: String| Item::Broken { number, cells: vec![line], why };
        let object = match serde_json::from_str(&sound(&line)) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return broken(line, "it is not a JSON object".to_owned()),
            Err(error) => return broken(line, format!("it is not a JSON object: {}", said_of(&error))),
        };
        if object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)) {
            return broken(line, "it contains a character that is none (U+0000)".to_owned());
        }
        if is_message(&object) {
            return match Message::parse(&line, &Wanted::Everything) {
                Ok(_) => Item::Message { number, message: object },
                Err(why) => broken(line, why),
            };
        }
        if own::is_lead(&object) {
            return match Lead::of_object(&object) {
                Ok(lead) => Item::Lead { number, lead: Box::new(lead) },
                Err(why) => broken(line, why),
            };
        }
        let mut cells = vec![String::new(); self.positions.len()];
        // Any column of a row may be an id.
        let object = serde_json::from_str(&with_all_digits(&line)).unwrap_or(object);
        for (name, text) in flatten(&object) {
            if let Some(position) = self.positions.get(&name) {
                cells[*position] = text;
            }
        }
        Item::Row { number, cells }
    }
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(object) => object.iter().any(|(name, value)| name.contains('\0') || holds_nul(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

fn is_message(object: &Map<String, Value>) -> bool {
    let Some(kind) = object.get("type").and_then(Value::as_str) else { return false };
    TYPES.contains(&kind) || kind == "batch" || OF_MESSAGES.iter().any(|name| object.contains_key(*name))
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
            Item::Lead { lead, .. } => format!("lead {}", lead.name),
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
            ["a@x.org|3|paid||", "b@x.org|||B|[\"x\"]", "message \"track\""]
        );
    }

    #[test]
    fn ids_keep_their_digits_and_half_an_emoji_costs_one_character() {
        let properties = r#"{"deal_id":1e400,"x":1e400,"y":"\ud83d\ude00"}"#;
        let line =
            format!(r#"{{"type":"track","event":"X\ud83d","userId":20000000000000000001,"properties":{properties}}}"#);
        let Item::Message { message, .. } = Columns::default().read(1, line) else { panic!("not a message") };
        assert_eq!(message["event"], "X\u{fffd}");
        assert_eq!(message["userId"], "20000000000000000001");
        assert_eq!(message["properties"], serde_json::json!({"deal_id": "1e400", "x": "1e400", "y": "\u{1f600}"}));
        assert_eq!(
            show(&[r#"{"id":20000000000000000001,"name":"A\ud83d","n":1.5}"#]),
            ["20000000000000000001|A\u{fffd}|1.5"]
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
            r#"{"type":"page","userId":"u","properties":{"a":["\u0000"]}}"#,
            r#"{"type":"page","userId":"u","context":{"\u0000":1}}"#,
            r#"{"email":"a@x.org","plan":"\u0000"}"#,
            "[1]",
            "{",
        ] {
            assert!(show(&[line])[0].starts_with('!'), "{line}");
        }
    }
}
