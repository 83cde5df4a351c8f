//! A JSON object as its members, each value as the text that was sent. So what nobody has to change is stored as it
//! came: numbers keep their digits, and nothing is decoded twice.

use std::borrow::Cow;
use std::fmt;

use attractor_engine::message::decimal_text;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of one object, in the order sent. Of a name that comes twice the last counts, as in the engine.
#[derive(Default)]
pub struct Members<'a>(pub Vec<(Cow<'a, str>, &'a str)>);

#[derive(serde::Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Members<'a> {
    /// Nothing where the text is no JSON object.
    pub fn of(json: &'a str) -> Option<Members<'a>> {
        serde_json::from_str(json).ok()
    }

    /// The value's JSON; `null` is as absent.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().rev().find(|(other, _)| other == name).map(|(_, json)| *json).filter(|json| *json != "null")
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// A text that is not blank.
    pub fn text(&self, name: &str) -> Option<Cow<'a, str>> {
        self.get(name).and_then(text_of).filter(|text| !text.trim().is_empty())
    }

    /// The members of an object in this object.
    pub fn object(&self, name: &str) -> Option<Members<'a>> {
        self.get(name).and_then(Members::of)
    }
}

/// The text that a JSON value is; nothing where it is another kind of value.
pub fn text_of(json: &str) -> Option<Cow<'_, str>> {
    if !json.starts_with('"') {
        return None;
    }
    serde_json::from_str::<Name>(json).ok().map(|name| name.0)
}

/// The text of an id: a text, or a number's decimal text.
pub fn id_of(json: &str) -> Option<Cow<'_, str>> {
    let is_number = json.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if is_number { Some(decimal_text(json)) } else { text_of(json) }
}

/// A text as JSON.
pub fn quoted(text: &str) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    push_quoted(text, &mut json);
    json
}

/// Nearly all texts stand in JSON as they are.
fn push_quoted(text: &str, json: &mut String) {
    if text.bytes().any(|byte| byte == b'"' || byte == b'\\' || byte < b' ') {
        json.push_str(&serde_json::Value::from(text).to_string());
    } else {
        json.push('"');
        json.push_str(text);
        json.push('"');
    }
}

/// Writes one object, member by member.
pub struct Writer {
    json: String,
}

impl Writer {
    pub fn with_capacity(bytes: usize) -> Writer {
        let mut json = String::with_capacity(bytes);
        json.push('{');
        Writer { json }
    }

    /// `value` is JSON.
    pub fn raw(&mut self, name: &str, value: &str) {
        self.name(name);
        self.json.push_str(value);
    }

    pub fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        push_quoted(text, &mut self.json);
    }

    fn name(&mut self, name: &str) {
        if self.json.len() > 1 {
            self.json.push(',');
        }
        push_quoted(name, &mut self.json);
        self.json.push(':');
    }

    pub fn all(&mut self, members: &Members) {
        for (name, value) in &members.0 {
            self.raw(name, value);
        }
    }

    pub fn done(mut self) -> String {
        self.json.push('}');
        self.json
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Members<'a>, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::with_capacity(16);
                while let Some(Name(name)) = map.next_key()? {
                    members.push((name, map.next_value::<&RawValue>()?.get()));
                }
                Ok(Members(members))
            }
        }
        reader.deserialize_map(Object)
    }
}

/// Whether a JSON text is one of these at all, whatever it holds.
pub fn is_json(json: &str) -> Result<(), serde_json::Error> {
    serde_json::from_str::<IgnoredAny>(json).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_the_text_that_was_sent() {
        let members =
            Members::of(r#" {"a": 1.10, "b\u0041": "x\"y", "c": {"d" : [1, 2]}, "e": null, "a": 2e400} "#).unwrap();
        assert_eq!(members.get("a"), Some("2e400"));
        assert_eq!(members.text("bA").as_deref(), Some("x\"y"));
        assert_eq!(members.object("c").unwrap().get("d"), Some("[1, 2]"));
        assert!(!members.has("e") && !members.has("f"));
        assert!(members.text("a").is_none());
        let mut writer = Writer::with_capacity(0);
        writer.all(&members);
        let all = r#"{"a":1.10,"bA":"x\"y","c":{"d" : [1, 2]},"e":null,"a":2e400}"#;
        assert_eq!(writer.done(), all);
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for json in ["", "[]", "1", "\"x\"", "{", "{} {}", "null"] {
            assert!(Members::of(json).is_none(), "{json}");
        }
    }

    #[test]
    fn odd_names_are_quoted() {
        let mut writer = Writer::with_capacity(0);
        writer.raw("a\"b", "1");
        writer.text("c d", "\n");
        assert_eq!(writer.done(), r#"{"a\"b":1,"c d":"\n"}"#);
        assert_eq!(Writer::with_capacity(9).done(), "{}");
    }
}
