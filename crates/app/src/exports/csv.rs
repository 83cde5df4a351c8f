//! CSV that spreadsheets read as data: RFC 4180, and no cell is a formula.

use attractor_live::correction::in_table;
use serde_json::Value;

/// What formulas begin with, in full width too.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// The first line.
pub fn head(columns: &[&str]) -> String {
    joined(columns.iter().map(|column| cell(column)))
}

/// A row of values.
pub fn line<'v>(values: impl Iterator<Item = &'v Value>) -> String {
    joined(values.map(|value| cell(&in_table(value))))
}

fn joined(cells: impl Iterator<Item = String>) -> String {
    let mut line = cells.collect::<Vec<_>>().join(",");
    line.push('\r');
    line
}

fn cell(text: &str) -> String {
    let is_number = || text.parse::<f64>().is_ok_and(f64::is_finite);
    // A text that looks as if it were guarded is guarded once more, so that an import takes away what was put there.
    let is_formula = text.trim_start_matches('\'').starts_with(FORMULA) && !is_number();
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', ';', '\n', '\r']) || text.starts_with(' ') || text.ends_with(' ') {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn cells_come_back_as_text_and_never_as_formulas() {
        for (value, written) in [
            (json!("plain"), "plain"),
            (json!("a,b"), "\"a,b\""),
            (json!("say \"x\"\n"), "\"say \"\"x\"\"\n\""),
            (json!("=1+1"), "'=1+1"),
            (json!("@SUM(A1)"), "'@SUM(A1)"),
            (json!("+49 228 1"), "'+49 228 1"),
            (json!("-7.5"), "-7.5"),
            (json!("-inf"), "'-inf"),
            (json!(-7.5), "-7.5"),
            (json!("-cmd|x"), "'-cmd|x"),
            (json!("\t=1"), "'\t=1"),
            (json!("＝1"), "'＝1"),
            (json!("'=1"), "''=1"),
            (json!("'tis"), "'tis"),
            (json!(["a;b", "c"]), "\"[\"\"a;b\"\",\"\"c\"\"]\""),
            (json!("\n=1"), "\"'\n=1\""),
            (json!(null), ""),
            (json!(true), "true"),
            (json!(["a", "b"]), "\"a;b\""),
            (json!({"a": 1}), "\"{\"\"a\"\":1}\""),
        ] {
            assert_eq!(line([&value].into_iter()), format!("{written}\r"), "{value}");
        }
        assert_eq!(head(&["a", "=b"]), "a,'=b\r");
    }
}
