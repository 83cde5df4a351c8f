//! Why a text could not be read as JSON, or as what is expected in it, in words for people.
//!
//! The errors of serde and serde_json name types of Rust ("invalid type: string "a", expected i64"). They are translated
//! here, in one place, so that no message says more of the program than of the text that it could not read.

use std::borrow::Cow;

use serde_json::Error;
use serde_json::error::Category;

use crate::printable;

/// What is wrong with a text, with the place in it if it is not JSON at all.
///
/// ```
/// use attractor_engine::misread;
///
/// let error = serde_json::from_str::<u32>("\"a\"").unwrap_err();
/// assert_eq!(misread::said_of(&error), "expected a whole number from 0, found the text \"a\"");
/// let error = serde_json::from_str::<u32>("{").unwrap_err();
/// assert_eq!(misread::said_of(&error), "expected a whole number from 0, found an object");
/// ```
pub fn said_of(error: &Error) -> String {
    let (text, place) = (error.to_string(), format!(" at line {} column {}", error.line(), error.column()));
    let text = text.strip_suffix(&place).unwrap_or(&text);
    match error.classify() {
        Category::Data | Category::Io => in_words(text),
        Category::Eof => format!("not valid JSON: it breaks off at line {}, column {}", error.line(), error.column()),
        Category::Syntax => {
            format!("not valid JSON, at line {}, column {}: {}", error.line(), error.column(), syntax(text))
        }
    }
}

/// What is wrong with the syntax; what serde_json says of the rest is plain already.
fn syntax(text: &str) -> &str {
    match text {
        "expected value" => "a value is missing or misspelt",
        "expected ident" => "only `true`, `false` and `null` are written without quotation marks",
        "lone leading surrogate in hex escape" | "unexpected end of hex escape" => {
            "an escape such as `\\ud83d` is half a character"
        }
        "key must be a string" => "the name of a member must be in quotation marks",
        "recursion limit exceeded" => "objects and lists are nested too deeply",
        other => other,
    }
}

/// An error of serde without its place, in words. Messages of our own stay as they are.
pub fn in_words(text: &str) -> String {
    wrong_value(text)
        .or_else(|| named(text))
        .or_else(|| unreadable(text).map(str::to_owned))
        .unwrap_or_else(|| text.to_owned())
}

/// "invalid type: string "a", expected i64" and its siblings.
fn wrong_value(text: &str) -> Option<String> {
    let rest =
        ["invalid type: ", "invalid value: ", "invalid length "].iter().find_map(|kind| text.strip_prefix(kind))?;
    let (found, expected) = rest.rsplit_once(", expected ")?;
    let found = match text.starts_with("invalid length") {
        true => format!("{found} items"),
        false => what(found),
    };
    Some(format!("expected {}, found {found}", type_in_words(expected)))
}

/// The errors that name a field or a value.
fn named(text: &str) -> Option<String> {
    let rest_of = |start: &str| text.strip_prefix(start)?.split_once('`');
    if let Some((name, _)) = rest_of("missing field `") {
        return Some(format!("`{name}` is missing"));
    }
    if let Some((name, _)) = rest_of("duplicate field `") {
        return Some(format!("`{name}` is written twice; write it once"));
    }
    let (name, rest) = rest_of("unknown field `").or_else(|| rest_of("unknown variant `"))?;
    let known = match rest.strip_prefix(", expected ") {
        Some(known) => format!("expected {known}"),
        None => "nothing can be written here".to_owned(),
    };
    Some(format!("`{name}` is not known here; {known}"))
}

/// The errors that name nothing but what is expected.
fn unreadable(text: &str) -> Option<&'static str> {
    let found = match text {
        "invalid digit found in string" | "cannot parse integer from empty string" => "expected a whole number",
        "number too large to fit in target type" => "expected a smaller number",
        "number too small to fit in target type" => "expected a larger number",
        "invalid float literal" | "cannot parse float from empty string" => "expected a number",
        "provided string was not `true` or `false`" => "expected `true` or `false`",
        _ if text.starts_with("data did not match any variant of untagged enum ") => {
            "it has none of the forms that are possible here; the description of the API lists them"
        }
        _ => return None,
    };
    Some(found)
}

/// What was found: `string "a"`, `integer `5``, `map`.
fn what(found: &str) -> String {
    let whole = match found {
        "map" => "an object",
        "sequence" => "a list",
        "null" | "unit value" | "Option value" => "null",
        _ => "",
    };
    if !whole.is_empty() {
        return whole.into();
    }
    let value = |start: &str| found.strip_prefix(start);
    if let Some(text) = value("string ") {
        return format!("the text {}", shortened_quote(text));
    }
    let number = value("integer `").or_else(|| value("floating point `"));
    match (number.and_then(|number| number.strip_suffix('`')), value("boolean ")) {
        (Some(number), _) => format!("the number {number}"),
        (None, Some(boolean)) => boolean.to_owned(),
        (None, None) => found.to_owned(),
    }
}

/// A quoted text that fills no screen.
fn shortened_quote(quoted: &str) -> String {
    match printable::shortened(quoted, 60) {
        Cow::Owned(begun) => begun + "\"",
        Cow::Borrowed(whole) => whole.to_owned(),
    }
}

/// A type of Rust, or what a reader says of what it expects.
fn type_in_words(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number from 0",
        "f32" | "f64" => "a number",
        "bool" | "a boolean" => "`true` or `false`",
        "a string" | "a borrowed string" | "str" | "String" | "string" => "a text",
        "a map" | "map" => "an object",
        "a sequence" | "sequence" => "a list",
        "unit" | "null" => "null",
        "variant identifier" | "string or map" | "field identifier" => "a text",
        _ if expected.starts_with("struct ") || expected.contains("tagged enum ") => "an object",
        _ if expected.starts_with("enum ") => "one of the values that the description of the API lists",
        _ if expected.starts_with("a tuple ") || expected.starts_with("tuple ") || expected.contains(" array ") => {
            "a list"
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only read")]
    struct Row {
        limit: u32,
        #[serde(default)]
        kind: Option<Kind>,
        #[serde(default)]
        names: Vec<String>,
        #[serde(default)]
        pair: Option<(i64, bool)>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Kind {
        Stage,
        Segment,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only read")]
    enum Either {
        One(u32),
        Many(Vec<u32>),
    }

    fn said<T: DeserializeOwned + std::fmt::Debug>(json: &str) -> String {
        said_of(&serde_json::from_str::<T>(json).unwrap_err())
    }

    #[test]
    fn errors_of_the_reader_are_said_in_words_of_json() {
        for (json, expected) in [
            (r#"{"limit": "a"}"#, "expected a whole number from 0, found the text \"a\""),
            (r#"{"limit": -1}"#, "expected a whole number from 0, found the number -1"),
            (r#"{"limit": 1.5}"#, "expected a whole number from 0, found the number 1.5"),
            (r#"{"limit": true}"#, "expected a whole number from 0, found `true`"),
            (r#"{"limit": null}"#, "expected a whole number from 0, found null"),
            (r#"{"limit": []}"#, "expected a whole number from 0, found a list"),
            (r#"{"limit": 1, "names": 5}"#, "expected a list, found the number 5"),
            (r#"{"limit": 1, "names": [{}]}"#, "expected a text, found an object"),
            (r#"{"limit": 1, "pair": [1]}"#, "expected a list, found 1 items"),
            (r#"{"limit": 1, "kind": "a"}"#, "`a` is not known here; expected `stage` or `segment`"),
            (r#"{"limit": 1, "limit": 2}"#, "`limit` is written twice; write it once"),
            (r#"{"limit": 1, "at": 2}"#, "`at` is not known here; expected one of `limit`, `kind`, `names`, `pair`"),
            ("{}", "`limit` is missing"),
            ("5", "expected an object, found the number 5"),
            ("", "not valid JSON: it breaks off at line 1, column 0"),
            ("{\"limit\": 1", "not valid JSON: it breaks off at line 1, column 11"),
            ("{\n  limit: 1}", "not valid JSON, at line 2, column 3: the name of a member must be in quotation marks"),
            ("{\"limit\": x}", "not valid JSON, at line 1, column 11: a value is missing or misspelt"),
        ] {
            assert_eq!(said::<Row>(json), expected, "{json}");
        }
        let none = "it has none of the forms that are possible here; the description of the API lists them";
        assert_eq!(said::<Either>("\"a\""), none);
        assert_eq!(
            said::<BTreeMap<String, bool>>(r#"{"a": "yes"}"#),
            "expected `true` or `false`, found the text \"yes\""
        );
        let long = format!("\"{}\"", "é".repeat(200));
        assert!(said::<u32>(&long).chars().count() < 120, "{}", said::<u32>(&long));
    }

    #[test]
    fn messages_of_our_own_stay_as_they_are() {
        for text in ["`at` is not an instant; write it like 2026-03-09T14:30:00Z", "expected a share from 0 to 100", ""]
        {
            assert_eq!(in_words(text), text);
        }
    }
}
