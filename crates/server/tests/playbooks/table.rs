//! Small histories as lines that a marketer can check, run through the playbook.
//!
//! A line has four columns: what happened, the day asked about, the stages on each ladder, the segments. What happened
//! is a list of `DAY KIND key=value …`; day 0 is Monday, 2 March 2026, midnight, and `d12.5` is noon of day 12. `is`
//! sets attributes (and what the server reads from a `job_title` among them), `page /path` looks at a page, `_` is a blank. `×3` is three times, a day apart, where `#` counts.

use attractor_engine::program::Program;
use attractor_engine::replay::replay;
use attractor_engine::time::{Duration, Instant};
use attractor_intake::title;
use serde_json::{Map, Value, json};

/// 2026-03-02T00:00:00Z, in ms.
const START: i64 = 1_772_409_600_000;

/// What does not hold, a line each.
pub fn failures(program: &Program, table: &str) -> Vec<String> {
    rows(table).filter_map(|row| failure(program, row)).collect()
}

/// The names in a column of the table, from 0.
pub fn column(table: &str, number: usize) -> impl Iterator<Item = &str> {
    rows(table).filter_map(move |row| row.split('|').nth(number)).flat_map(str::split_whitespace)
}

pub fn rows(table: &str) -> impl Iterator<Item = &str> {
    table.lines().map(str::trim).filter(|row| !row.is_empty() && !row.starts_with('#'))
}

fn failure(program: &Program, row: &str) -> Option<String> {
    let columns: Vec<&str> = row.split('|').map(str::trim).collect();
    let [history, day, stages, segments] = columns[..] else { return Some(format!("{row}: not four columns")) };
    let at = instant(day.trim_start_matches('d'));
    let replayed = replay(program, &messages(history), Instant::parse(&at), false);
    assert!(replayed.rejected.is_empty(), "{row}: {:?}", replayed.rejected);
    let lead: Value = serde_json::from_str(&replayed.output).unwrap_or_else(|error| panic!("{row}: {error}"));
    let found_stages = joined(lead["stages"].as_object().into_iter().flat_map(|stages| stages.values()));
    let found_segments = joined(lead["segments"].as_array().into_iter().flatten());
    let wrong = found_stages != stages || found_segments != segments;
    wrong.then(|| format!("{row}\n    but found: {found_stages} | {found_segments} {}", lead["scores"]))
}

fn joined<'a>(names: impl Iterator<Item = &'a Value>) -> String {
    names.filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

pub fn messages(history: &str) -> Vec<String> {
    history.split(';').flat_map(|said| happenings(said.trim())).map(|message| message.to_string()).collect()
}

/// One happening, as often as it says.
fn happenings(said: &str) -> Vec<Value> {
    let mut words = said.split_whitespace();
    let day: f64 = words.next().and_then(|day| day.strip_prefix('d')?.parse().ok()).expect("a day such as d3");
    let words: Vec<&str> = words.collect();
    let (times, words) = match words.last().and_then(|word| word.strip_prefix('×')) {
        Some(times) => (times.parse().expect("a number of times"), &words[..words.len() - 1]),
        None => (1, &words[..]),
    };
    let counted = |number: i32| words.iter().map(|word| word.replace('#', &number.to_string())).collect::<Vec<_>>();
    (0..times).map(|number| message(day + f64::from(number), &counted(number))).collect()
}

fn message(day: f64, words: &[String]) -> Value {
    let (kind, said): (Vec<&str>, Vec<&str>) = words.iter().map(String::as_str).partition(|word| !word.contains('='));
    let mut said: Map<String, Value> = said.iter().filter_map(|word| word.split_once('=')).map(property).collect();
    if let Some(title) = said.get("job_title").and_then(Value::as_str).map(title::read) {
        let read = [("seniority", title.seniority), ("department", title.department)];
        said.extend(read.into_iter().filter_map(|(name, read)| Some((name.to_owned(), read?.into()))));
    }
    let mut message = match kind[..] {
        ["is"] => json!({"type": "identify", "traits": said}),
        ["page", path] => json!({"type": "page", "properties": {"path": path}}),
        _ => json!({"type": "track", "event": kind.join(" "), "properties": said}),
    };
    message["userId"] = "u".into();
    message["timestamp"] = instant(&day.to_string()).into();
    message
}

/// `_` stands for a blank.
fn property((name, value): (&str, &str)) -> (String, Value) {
    let text = value.replace('_', " ");
    (name.to_owned(), text.parse::<f64>().map_or(text.into(), Value::from))
}

pub fn instant(day: &str) -> String {
    let days: f64 = day.parse().expect("a number of days");
    Instant(START + (days * Duration::DAY.0 as f64).round() as i64).to_string()
}
