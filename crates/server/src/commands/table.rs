//! Results as a table for people, or as they are for programs.

use attractor_engine::printable;
use serde_json::Value;

use super::show;

/// One line of a result.
pub fn line(text: &str) -> Result<(), String> {
    show(&format!("{text}\n"))
}

pub fn json(value: &Value) -> Result<(), String> {
    line(&serde_json::to_string_pretty(value).map_err(|error| error.to_string())?)
}

/// These fields of objects, one object a line; of lists with nothing in them only the head.
pub fn print(columns: &[&str], rows: &[Value]) -> Result<(), String> {
    show(&render(columns, rows))
}

fn render(columns: &[&str], rows: &[Value]) -> String {
    let head: Vec<String> = columns.iter().map(|name| name.replace('_', " ")).collect();
    let body = rows.iter().map(|row| columns.iter().map(|name| cell(&row[*name])).collect());
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

    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let rows = [json!({"id": 1, "made_at": "Käse\u{1b}\n"}), json!({"id": 20, "made_at": null, "more": 3})];
        assert_eq!(render(&["id", "made_at"], &rows), "id  made at\n1   Käse\\u001b\\u000a\n20  –\n");
        assert_eq!(render(&["id"], &[]), "id\n");
        assert_eq!(render(&["files"], &[json!({"files": ["a.csv", "b\n.csv"]})]), "files\na.csv, b\\u000a.csv\n");
    }
}
