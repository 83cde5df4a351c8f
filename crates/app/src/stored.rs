//! Stored JSON as it is shown: what cannot be read is shown as the text that is there, never as nothing.

use serde_json::Value;

/// The value of a stored text; the text itself where it is not JSON.
pub fn stored(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned()))
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
}
