//! A message of the contract (§2), read from one JSON object: Segment's HTTP tracking messages.

mod raw;
mod reader;

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::DeserializeSeed;

use crate::time::Instant;
use crate::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Identify,
    Track,
    Page,
    Screen,
    Group,
    Alias,
}

/// A property or trait by its dotted path; `None` is `null`.
pub type Field<'a> = (Cow<'a, str>, Option<Value>);

/// One valid message. Ids that are empty or placeholders are absent; nested properties and traits are flattened to dotted paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    pub kind: Type,
    pub user_id: Option<Cow<'a, str>>,
    pub anonymous_id: Option<Cow<'a, str>>,
    pub previous_id: Option<Cow<'a, str>>,
    /// Of a `group`: the company.
    pub group_id: Option<Cow<'a, str>>,
    pub message_id: Option<Cow<'a, str>>,
    /// Of an `identify`: `traits.email` in its canonical form; `None` where it is not one address.
    pub email: Option<String>,
    pub timestamp: Option<Instant>,
    /// Of a `track`: its kind, verbatim.
    pub event: Option<Cow<'a, str>>,
    /// `context.machine`; means nothing on an `identify`, `group` or `alias`.
    pub machine: bool,
    pub history: bool,
    /// The traits of an `identify` or `group`, the properties of the others.
    pub fields: Vec<Field<'a>>,
}

/// The properties and traits that somebody asks for, so that the others are passed over while reading.
#[derive(Clone, Debug)]
pub enum Wanted {
    Everything,
    /// Whole paths and each of their beginnings: `a`, `a.b` and `a.b.c` for `a.b.c`.
    Only(HashSet<String>),
}

impl Wanted {
    pub fn only<'p>(paths: impl IntoIterator<Item = &'p str>) -> Wanted {
        let mut wanted = HashSet::new();
        for path in paths {
            let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
            wanted.extend(ends.map(|end| path[..end].to_owned()));
        }
        Wanted::Only(wanted)
    }

    fn wants(&self, path: &str) -> bool {
        match self {
            Wanted::Everything => true,
            Wanted::Only(paths) => paths.contains(path),
        }
    }
}

impl<'a> Message<'a> {
    /// Reads one message. The error says what is wrong and what would be right, for people.
    pub fn parse(json: &'a str, wanted: &Wanted) -> Result<Message<'a>, String> {
        let mut reader = serde_json::Deserializer::from_str(json);
        let raw = reader::RawSeed(wanted).deserialize(&mut reader).and_then(|raw| reader.end().map(|()| raw));
        match raw {
            Ok(Some(raw)) => raw.valid(),
            Ok(None) => Err("not a JSON object; a message is {\"type\": …, \"userId\": …, \"timestamp\": …}".into()),
            Err(error) => Err(format!("not valid JSON: {}", without_line(&error))),
        }
    }

    pub fn property(&self, path: &str) -> Option<&Value> {
        self.fields.iter().rev().find(|(name, _)| name == path).and_then(|(_, value)| value.as_ref())
    }

    /// A property that is an id: a number stands for its decimal text, anything else but text is as absent.
    pub fn id(&self, path: &str) -> Option<Cow<'_, str>> {
        self.property(path).and_then(id_of)
    }

    /// The kind of the event: of `page` and `screen` their own, of messages that are no behaviour none.
    pub fn event_kind(&self) -> Option<&str> {
        match self.kind {
            Type::Track => self.event.as_deref(),
            Type::Page => Some("Page Viewed"),
            Type::Screen => Some("Screen Viewed"),
            Type::Identify | Type::Group | Type::Alias => None,
        }
    }

    /// The path of a page: `properties.path`, else that of `properties.url`.
    pub fn page_path(&self) -> Option<Cow<'_, Value>> {
        if let Some(path) = self.property("path") {
            return Some(Cow::Borrowed(path));
        }
        match self.property("url") {
            Some(Value::Text(url)) => Some(Cow::Owned(Value::Text(path_of(url).to_owned()))),
            _ => None,
        }
    }
}

/// An id of a property: text, or a number's decimal text; empty ones are as absent.
pub fn id_of(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::Text(text) if !text.is_empty() => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(decimal(*number))),
        _ => None,
    }
}

fn decimal(number: f64) -> String {
    // `Display` of a double never uses an exponent, and prints 1.0 as 1.
    format!("{}", if number == 0.0 { 0.0 } else { number })
}

/// The path of a URL, not decoded, without query and fragment; `/` where it is empty (RFC 3986, appendix B).
fn path_of(url: &str) -> &str {
    let rest = url.split(['?', '#']).next().unwrap_or_default();
    let scheme = rest.find(':').filter(|colon| is_scheme(&rest[..*colon]));
    let rest = scheme.map_or(rest, |colon| &rest[colon + 1..]);
    let path = match rest.strip_prefix("//") {
        Some(authority) => authority.find('/').map_or("", |slash| &authority[slash..]),
        None => rest,
    };
    if path.is_empty() { "/" } else { path }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
}

/// serde_json's message without its line, which is always 1 here.
fn without_line(error: &serde_json::Error) -> String {
    error.to_string().replace("at line 1 column", "at column")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Message<'_> {
        Message::parse(json, &Wanted::Everything).unwrap()
    }

    #[test]
    fn ids_that_are_numbers_keep_all_their_digits() {
        for id in ["9007199254740993", "-9007199254740993", "18446744073709551615", "7"] {
            let json =
                format!(r#"{{"type": "track", "event": "E", "userId": {id}, "properties": {{"deal_id": {id}}}}}"#);
            let message = parsed(&json);
            assert_eq!((message.user_id.as_deref(), message.id("deal_id").as_deref()), (Some(id), Some(id)));
        }
        assert_eq!(parsed(r#"{"type": "page", "userId": 1.0}"#).user_id.as_deref(), Some("1"));
        assert_eq!(parsed(r#"{"type": "page", "userId": 1e3}"#).user_id.as_deref(), Some("1000"));
    }

    #[test]
    fn a_large_number_is_no_text() {
        let json = r#"{"type": "track", "event": 12345678901234567890, "userId": "u"}"#;
        assert!(Message::parse(json, &Wanted::Everything).is_err());
        let json = r#"{"type": "identify", "userId": "u", "traits": {"x": 12345678901234567890}}"#;
        assert_eq!(parsed(json).property("x"), Some(&Value::Number(12345678901234567890.0)));
    }
}
