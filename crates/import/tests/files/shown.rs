//! Runs an import over small files and shows its messages as lines that a marketer could check:
//! `2024-01-31 a@x.org Email Opened assumed=true`, an `identify` as `2024-01-31 a@x.org is city=Rome`.

use attractor_import::{Error, Map, Report, Rules, SourceFile, import};
use serde_json::Value;

/// 2024-06-01, the date of what has none, and now.
pub const AS_OF: i64 = 1_717_200_000_000;

pub struct Done {
    pub lines: Vec<String>,
    pub rejected: String,
    pub report: Report,
    pub raw: String,
}

pub fn run(files: &[(&str, &str)], map: &str, consent: Option<&str>) -> Result<Done, Error> {
    let bytes: Vec<(&str, Vec<u8>)> = files.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    run_bytes(&bytes, map, consent)
}

pub fn run_bytes(files: &[(&str, Vec<u8>)], map: &str, consent: Option<&str>) -> Result<Done, Error> {
    run_sources(files.iter().map(|(name, bytes)| SourceFile::from_bytes(*name, bytes.clone())).collect(), map, consent)
}

/// One file, and of a workbook this sheet.
pub fn run_sheet(name: &str, bytes: &[u8], sheet: &str) -> Result<Done, Error> {
    run_sources(vec![SourceFile::from_bytes(name, bytes.to_vec()).with_sheet(Some(sheet))], "", None)
}

fn run_sources(sources: Vec<SourceFile>, map: &str, consent: Option<&str>) -> Result<Done, Error> {
    let map = if map.is_empty() { Map::default() } else { Map::from_argument(map)? };
    let rules = Rules::new(AS_OF, AS_OF, consent.map(str::to_owned)).expect("a date");
    let (mut messages, mut rejected) = (Vec::new(), Vec::new());
    let report = import(&sources, &map, &rules, &mut messages, &mut rejected)?;
    let raw = String::from_utf8(messages).expect("messages are UTF-8");
    let rejected = String::from_utf8(rejected).expect("rejected rows are UTF-8");
    Ok(Done { lines: raw.lines().map(show).collect(), rejected, report, raw })
}

/// The messages of files of which no row is rejected.
pub fn messages(files: &[(&str, &str)], map: &str) -> Vec<String> {
    let done = run(files, map, None).expect("an import");
    assert_eq!(done.rejected, "");
    done.lines
}

fn show(line: &str) -> String {
    let mut message: Value = serde_json::from_str(line).expect("a message");
    assert_eq!(message["context"]["history"], true, "{line}");
    assert!(message["messageId"].is_string(), "{line}");
    let text = |name: &str| message[name].as_str().map(str::to_owned);
    let at = text("timestamp").expect("a timestamp").replace("T00:00:00.000Z", "").replace(".000Z", "");
    let who = text("userId").or(text("anonymousId")).or_else(|| message["traits"]["email"].as_str().map(str::to_owned));
    let who = who.expect("somebody").replace("email:", "");
    let event = text("event");
    let imported = message["context"]["import"].as_str().unwrap_or_default().to_owned();
    // Whoever leaves under an address binds it.
    if matches!(event.as_deref(), Some("Unsubscribed" | "Email Bounced" | "Email Marked as Spam")) {
        let named = message["properties"].as_object_mut().and_then(|properties| properties.shift_remove("email"));
        let is_address = named.as_ref().and_then(Value::as_str).is_some_and(|email| email.contains('@'));
        assert!(is_address || !who.contains('@') || imported.is_empty(), "{line}");
    }
    let (kind, fields) = match event {
        Some(event) => (event, &message["properties"]),
        None => ("is".to_owned(), &message["traits"]),
    };
    let mut said = String::new();
    flat(fields, "", &mut said);
    format!("{at} {who} {kind}{said}")
}

fn flat(value: &Value, path: &str, said: &mut String) {
    match value {
        Value::Object(map) => {
            for (name, inner) in map {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flat(inner, &path, said);
            }
        }
        Value::Null => {}
        Value::String(text) => said.push_str(&format!(" {path}={text}")),
        other => said.push_str(&format!(" {path}={other}")),
    }
}
