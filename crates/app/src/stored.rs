//! Stored JSON: what cannot be read is never taken for nothing. Where it is shown, it is shown as the text that is there; where
//! the program goes by it, it is an error that names its row.

use std::fmt::Display;

use attractor_engine::misread::said_of;
use attractor_store::{Error, Kind};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::figures;

/// The value of a stored text; the text itself where it is not JSON.
pub fn stored(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
}

/// What a row of a table holds as JSON. The error, which is counted and logged, names the row.
pub fn of_row<T: DeserializeOwned>(text: &str, table: &'static str, row: impl Display) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        let (row, why) = (row.to_string(), said_of(&error));
        figures::unreadable_row(table, &row, &why);
        Error::new(Kind::Other, format!("the row `{row}` of the table `{table}` cannot be read: {why}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_not_json_is_shown_as_it_is() {
        assert_eq!(stored(r#"{"a": 1}"#)["a"], 1);
        for text in ["", "{", r#"{"a": 1"#] {
            assert_eq!(stored(text), text);
        }
    }

    #[test]
    fn a_row_that_cannot_be_read_is_named_with_its_table() {
        assert_eq!(of_row::<Vec<u32>>("[7]", "calls", 5).unwrap(), [7]);
        for text in ["", "[7", "{}"] {
            let why = of_row::<Vec<u32>>(text, "calls", 5).unwrap_err().text;
            assert!(why.starts_with("the row `5` of the table `calls` cannot be read: "), "{text}: {why}");
        }
    }
}
