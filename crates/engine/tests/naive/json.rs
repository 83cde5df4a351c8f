//! JSON with the digits of its numbers, and with U+FFFD for half a character.

use serde_json::Value;

/// What a number is marked with while it is a text: a character that no case contains.
const MARK: char = '\u{1}';

/// A line as a value in which every number is a marked text of what was written.
pub fn read(line: &str) -> Result<Value, String> {
    let line = without_halves(line);
    // Marking would make numbers of what is not one by the grammar.
    serde_json::from_str::<serde::de::IgnoredAny>(&line).map_err(|error| format!("not JSON: {error}"))?;
    serde_json::from_str(&with_marks(&line)).map_err(|error| format!("not JSON: {error}"))
}

/// Replaces each escape of half a character by that of U+FFFD.
fn without_halves(line: &str) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut made = String::new();
    let mut at = 0;
    while at < chars.len() {
        let (here, next) = (unit(&chars[at..]), unit(chars.get(at + 6..).unwrap_or_default()));
        let length = match (here, next) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                made.push_str("\\ufffd");
                at += 6;
                continue;
            }
            _ if chars[at] == '\\' => 2,
            _ => 1,
        };
        let end = (at + length).min(chars.len());
        made.extend(&chars[at..end]);
        at = end;
    }
    made
}

/// The code unit that an escape at the start of these stands for.
fn unit(chars: &[char]) -> Option<u32> {
    match chars.get(..6)? {
        ['\\', 'u', digits @ ..] => u32::from_str_radix(&digits.iter().collect::<String>(), 16).ok(),
        _ => None,
    }
}

fn with_marks(line: &str) -> String {
    let (mut made, mut number) = (String::new(), String::new());
    let (mut in_text, mut escaped) = (false, false);
    for c in line.chars().chain([' ']) {
        if !in_text && (c.is_ascii_digit() || "+-.eE".contains(c) && (c == '-' || !number.is_empty())) {
            number.push(c);
            continue;
        }
        if !number.is_empty() {
            made.push_str(&format!("\"\\u0001{}\"", std::mem::take(&mut number)));
        }
        made.push(c);
        in_text ^= c == '"' && !escaped;
        escaped = in_text && c == '\\' && !escaped;
    }
    made
}

/// A text that is not a number.
pub fn text(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.starts_with(MARK))
}

/// An id: a text, or the decimal text of a number. Empty ones are absent.
pub fn id(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let id = text.strip_prefix(MARK).map_or_else(|| text.to_owned(), digits);
    (!id.is_empty()).then_some(id)
}

/// The decimal text of a number, all written digits kept.
fn digits(number: &str) -> String {
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let significant = mantissa.chars().filter(char::is_ascii_digit).collect::<String>();
    let value: f64 = number.parse().expect("a number of JSON");
    if significant.trim_matches('0').len() <= 17 && value.is_finite() && !is_whole(number) {
        return (value + 0.0).to_string();
    }
    match number.split_once('.') {
        _ if number == "-0" => "0".into(),
        Some((whole, zeros)) if zeros.bytes().all(|byte| byte == b'0') => whole.into(),
        _ => number.into(),
    }
}

fn is_whole(number: &str) -> bool {
    number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
}

/// The value of a property or trait of this name: numbers are doubles, but for ids and for what no double holds.
pub fn thawed(name: &str, value: &Value) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix(MARK) {
            Some(number) => thawed_number(name, number),
            None => value.clone(),
        },
        Value::Array(list) => list.iter().map(|element| thawed("", element)).collect(),
        Value::Object(object) => {
            object.iter().map(|(key, inner)| (key.clone(), thawed(&format!("{name}.{key}"), inner))).collect()
        }
        other => other.clone(),
    }
}

fn thawed_number(name: &str, number: &str) -> Value {
    let double: f64 = number.parse().expect("a number of JSON");
    let keeps =
        !["deal_id", "send_id", "email_id", "topic"].contains(&name) || digits(number) == (double + 0.0).to_string();
    match keeps && double.is_finite() {
        true => double.into(),
        false => digits(number).into(),
    }
}
