//! Values of attributes and properties from the texts of cells.

use std::collections::BTreeMap;

use attractor_engine::address::is_placeholder;
use attractor_engine::naming::snake_case;
use serde_json::{Map, Value};

use crate::cell::{Holds, said};
use crate::dates::{self, Moment};
use crate::numbers;
use crate::plan::{Column, Values};

/// The first column that says something about an attribute counts.
pub fn keep(map: &mut BTreeMap<String, Value>, name: &str, value: Value) {
    map.entry(name.to_owned()).or_insert(value);
}

/// The value of a cell that is kept. In a column of numbers or dates, what is neither stays a text.
pub fn value(column: &Column, text: &str) -> Value {
    let read = match column.values {
        Values::Texts => list(text),
        Values::Numbers => numbers::read_plain(text, column.decimal).map(number_value),
        Values::Dates => dates::read(text, &column.dates).map(|moment| date_value(&moment, column)),
    };
    read.unwrap_or_else(|| text.into())
}

/// A JSON list of texts is a list, as it is in a message.
fn list(text: &str) -> Option<Value> {
    if !(text.starts_with('[') && text.ends_with(']')) {
        return None;
    }
    let texts: Vec<String> = serde_json::from_str(text).ok()?;
    Some(texts.into())
}

fn date_value(moment: &Moment, column: &Column) -> Value {
    match moment.day_only {
        true => moment.at.to_zoned(column.dates.zone.clone()).date().to_string().into(),
        false => moment.at.to_string().into(),
    }
}

/// Whole numbers without a decimal point.
pub fn number_value(number: f64) -> Value {
    let whole = number.fract() == 0.0 && number.abs() < 9e15;
    if whole { (number as i64).into() } else { number.into() }
}

/// The values of a JSON object by dotted names; lists, numbers and truths stay what they are.
pub fn of_object(object: &Map<String, Value>) -> Vec<(String, Value)> {
    let mut found = Vec::new();
    gather(&mut found, &[], object);
    found
}

fn gather(found: &mut Vec<(String, Value)>, above: &[String], object: &Map<String, Value>) {
    for (name, value) in object {
        let parts = name.split('.').map(snake_case).filter(|part| !part.is_empty());
        let path: Vec<String> = above.iter().cloned().chain(parts).collect();
        match value {
            Value::Object(inner) if path.len() < MAX_DEPTH => gather(found, &path, inner),
            Value::Null => {}
            Value::String(text) if said(text, Holds::Anything).is_none() => {}
            _ if path.is_empty() => {}
            value => found.push((path.join("."), value.clone())),
        }
    }
}

const MAX_DEPTH: usize = 16;

/// An id as text; spreadsheets make `123.0` of it.
pub fn id_text(text: &str) -> String {
    let text = text.trim();
    match text.strip_suffix(".0") {
        Some(whole) if whole.bytes().all(|b| b.is_ascii_digit()) => whole.to_owned(),
        _ => text.to_owned(),
    }
}

/// The id of a lead; `undefined`, `null` and the like name nobody.
pub fn lead_id(text: &str) -> Option<String> {
    Some(id_text(text)).filter(|id| !is_placeholder(id))
}

/// `52`, `52 minutes`, `00:52:10`, `1 hour 3 minutes`
pub fn minutes(text: &str, column: &Column) -> Option<f64> {
    if let Some(number) = numbers::read(text, column.decimal).filter(|_| !text.contains("our")) {
        return Some(number);
    }
    let parts: Vec<f64> =
        text.split(':').map(|part| part.trim().parse().ok()).collect::<Option<_>>().unwrap_or_default();
    match parts[..] {
        [hours, minutes, seconds] => return Some(hours * 60.0 + minutes + (seconds / 60.0).round()),
        [hours, minutes] => return Some(hours * 60.0 + minutes),
        _ => {}
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let before = |unit: &str| {
        let at = words.iter().position(|word| word.starts_with(unit))?;
        words.get(at.checked_sub(1)?)?.parse::<f64>().ok()
    };
    let total = before("h").unwrap_or(0.0) * 60.0 + before("m").unwrap_or(0.0);
    (total > 0.0).then_some(total)
}
