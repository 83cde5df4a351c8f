//! Results as a table for people, or as they are for programs.

use attractor_engine::printable;
use serde_json::Value;

use super::local_times::LocalTimes;
use super::show;

/// One line of a result.
pub fn line(text: &str) -> Result<(), String> {
    show(&format!("{text}\n"))
}

pub fn json(value: &Value) -> Result<(), String> {
    line(&serde_json::to_string_pretty(value).map_err(|error| error.to_string())?)
}

/// These fields of objects, one object a line; of lists with nothing in them only the head. Fields that end in `_at` are
/// instants; the head names their zone.
pub fn print(columns: &[&str], rows: &[Value], times: &LocalTimes) -> Result<(), String> {
    show(&render(columns, rows, times))
}

fn render(columns: &[&str], rows: &[Value], times: &LocalTimes) -> String {
    let head: Vec<String> = columns.iter().map(|name| title(name, times)).collect();
    let body = rows.iter().map(|row| columns.iter().map(|name| content(name, &row[*name], times)).collect());
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(body).collect();
    let width = |place: usize| lines.iter().map(|line| line[place].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let mut text = String::new();
    for line in &lines {
        let padded = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(padded.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn title(name: &str, times: &LocalTimes) -> String {
    let title = name.replace('_', " ");
    if name.ends_with("_at") { format!("{title} ({})", times.zone()) } else { title }
}

fn content(name: &str, value: &Value, times: &LocalTimes) -> String {
    match value.as_str().filter(|_| name.ends_with("_at")) {
        Some(instant) => printable::line(&times.shown(instant)).into_owned(),
        None => cell(value),
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::String(text) => printable::line(text).into_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::local_times::tests::in_zone;
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let render = |columns: &[&str], rows: &[Value]| render(columns, rows, &in_zone("Asia/Tokyo"));
        let rows = [json!({"id": 1, "made_by": "Käse\u{1b}\n"}), json!({"id": 20, "made_by": null, "more": 3})];
        assert_eq!(render(&["id", "made_by"], &rows), "id  made by\n1   Käse\\u001b\\u000a\n20  –\n");
        assert_eq!(render(&["id"], &[]), "id\n");
        assert_eq!(render(&["files"], &[json!({"files": ["a.csv", "b\n.csv"]})]), "files\na.csv, b\\u000a.csv\n");
        let rows = [json!({"made_at": "2026-03-12T23:03:59Z"}), json!({"made_at": null})];
        assert_eq!(render(&["made_at"], &rows), "made at (Asia/Tokyo)\n2026-03-13 08:03\n–\n");
    }
}
