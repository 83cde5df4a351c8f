//! A message of the contract (§2), read from one JSON object: Segment's HTTP tracking messages.

mod number;
mod raw;
mod reader;
mod sound;

use std::borrow::Cow;
use std::collections::HashSet;

use serde::de::DeserializeSeed;

use crate::misread::said_of;
use crate::time::Instant;
use crate::value::Value;
use crate::vocabulary::kind;

pub use number::decimal_text;
use reader::{Ids, RawSeed};
pub use sound::{sound, with_all_digits};

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
    /// `context.public`: it came with a public key. Everybody can read such a key, so its claims of e-mails are weak.
    pub public: bool,
    /// The traits of an `identify` or `group`, the properties of the others.
    pub fields: Vec<Field<'a>>,
}

/// The trait by which an identify names an e-mail.
const EMAIL: &str = "email";

/// The properties and traits that somebody asks for, so that the others are passed over while reading. What a message says of
/// itself is read in any case: ids, kind, instant, e-mail and flags.
#[derive(Clone, Debug)]
pub enum Wanted {
    Everything,
    /// Whole paths and each of their beginnings: `a`, `a.b` and `a.b.c` for `a.b.c`.
    Only(HashSet<String>),
}

impl Wanted {
    pub fn only<'p>(paths: impl IntoIterator<Item = &'p str>) -> Wanted {
        let mut wanted = HashSet::from([EMAIL.to_owned()]);
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
    /// Reads one message; what [`sound`] replaces is read as replaced. The error says what is wrong and what would be
    /// right, for people.
    pub fn parse(json: &'a str, wanted: &Wanted) -> Result<Message<'a>, String> {
        // Each reading refuses what the next one is for, so that nearly all messages are read once.
        if let Ok(raw) = raw(json, wanted, Ids::Quick) {
            return valid(raw);
        }
        match raw(json, wanted, Ids::AsWritten) {
            Ok(raw) => valid(raw),
            Err(error) => match sound(json) {
                Cow::Owned(json) => {
                    raw(&json, wanted, Ids::AsWritten).map_err(not_json).and_then(valid).map(Message::into_owned)
                }
                Cow::Borrowed(_) => Err(not_json(error)),
            },
        }
    }

    fn into_owned<'b>(self) -> Message<'b> {
        let owned = |text: Option<Cow<'a, str>>| text.map(|text| Cow::Owned(text.into_owned()));
        let fields = self.fields.into_iter().map(|(name, value)| (Cow::Owned(name.into_owned()), value));
        Message {
            kind: self.kind,
            user_id: owned(self.user_id),
            anonymous_id: owned(self.anonymous_id),
            previous_id: owned(self.previous_id),
            group_id: owned(self.group_id),
            message_id: owned(self.message_id),
            email: self.email,
            timestamp: self.timestamp,
            event: owned(self.event),
            machine: self.machine,
            history: self.history,
            public: self.public,
            fields: fields.collect(),
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
            Type::Page => Some(kind::PAGE_VIEWED),
            Type::Screen => Some(kind::SCREEN_VIEWED),
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

fn raw<'a>(json: &'a str, wanted: &Wanted, ids: Ids) -> Result<Option<raw::Raw<'a>>, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(json);
    RawSeed { wanted, ids }.deserialize(&mut reader).and_then(|raw| reader.end().map(|()| raw))
}

fn valid(raw: Option<raw::Raw>) -> Result<Message, String> {
    let no_object = "not a JSON object; a message is {\"type\": …, \"userId\": …, \"timestamp\": …}";
    raw.ok_or(no_object)?.valid()
}

/// What is wrong, without the line, which is always 1 here.
fn not_json(error: serde_json::Error) -> String {
    let said = said_of(&error).replace("at line 1, column", "at column");
    if said.starts_with("not valid JSON") { said } else { format!("not valid JSON: {said}") }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Message<'_> {
        Message::parse(json, &Wanted::Everything).unwrap()
    }

    #[test]
    fn what_a_message_says_of_itself_is_read_whatever_is_asked_for() {
        for (flag, machine, history, public) in
            [("machine", true, false, false), ("history", false, true, false), ("public", false, false, true)]
        {
            let json = format!(
                r#"{{"type": "track", "userId": "u", "event": "E", "properties": {{"a": 1}},
                "context": {{"a": 1, "{flag}": true, "library": {{"name": "x"}}}}}}"#
            );
            let read = Message::parse(&json, &Wanted::only([])).unwrap();
            assert_eq!((read.machine, read.history, read.public), (machine, history, public), "{flag}");
            assert!(read.fields.is_empty(), "{:?}", read.fields);
        }
        let identify = r#"{"type": "identify", "userId": "u", "traits": {"email": "Ada@people.test", "plan": "pro"}}"#;
        let read = Message::parse(identify, &Wanted::only([])).unwrap();
        assert_eq!((read.email.as_deref(), read.fields.len()), (Some("ada@people.test"), 1));
    }

    #[test]
    fn ids_that_are_numbers_keep_all_their_digits() {
        let long = "7".repeat(400);
        for (id, text) in [
            ("7", "7"),
            ("-9007199254740993", "-9007199254740993"),
            ("18446744073709551615", "18446744073709551615"),
            ("20000000000000000001", "20000000000000000001"),
            ("-20000000000000000002", "-20000000000000000002"),
            ("20000000000000000001.0", "20000000000000000001"),
            ("1.0", "1"),
            ("1e3", "1000"),
            ("1e400", "1e400"),
            (&long, &long),
        ] {
            let json = format!(
                r#"{{"type": "alias", "userId": {id}, "anonymousId": {id}, "previousId": {id}, "groupId": {id},
                "messageId": {id}, "properties": {{"deal_id": {id}, "send_id": {id}, "topic": {id}}}}}"#
            );
            let message = parsed(&json);
            let own = [&message.user_id, &message.anonymous_id, &message.previous_id, &message.group_id];
            assert!(own.into_iter().chain([&message.message_id]).all(|own| own.as_deref() == Some(text)), "{id}");
            for name in ["deal_id", "send_id", "topic"] {
                assert_eq!(message.id(name).as_deref(), Some(text), "{id} as {name}");
            }
        }
    }

    #[test]
    fn a_number_that_no_double_holds_is_its_text() {
        let json = r#"{"type": "identify", "userId": "u", "traits": {"x": 1e400, "y": [-1e400], "z": 1e-400}}"#;
        let message = parsed(json);
        assert_eq!(message.property("x"), Some(&Value::Text("1e400".into())));
        assert_eq!(message.property("y"), Some(&Value::List(vec![Value::Text("-1e400".into())])));
        assert_eq!((message.user_id.as_deref(), message.fields.len()), (Some("u"), 3));
    }

    #[test]
    fn half_an_emoji_costs_one_character() {
        let json = r#"{"type": "track", "event": "\ud83d E", "userId": "\ude00", "messageId": "m\ud83d",
            "properties": {"a\ud83d": "\ud83d\ude00\ud83d", "deal_id": "\ud83d", "l": [{"x": "\ud83d"}, "\ud83d"]}}"#;
        let message = parsed(json);
        assert_eq!(message.event.as_deref(), Some("\u{fffd} E"));
        assert_eq!(message.user_id.as_deref(), Some("\u{fffd}"));
        assert_eq!(message.message_id.as_deref(), Some("m\u{fffd}"));
        assert_eq!(message.property("a\u{fffd}"), Some(&Value::Text("\u{1f600}\u{fffd}".into())));
        assert_eq!(message.id("deal_id").as_deref(), Some("\u{fffd}"));
        let list = vec![Value::Opaque, Value::Text("\u{fffd}".into())];
        assert_eq!(message.property("l"), Some(&Value::List(list)));
        for broken in [r#"{"type": "page", "userId": "\ud83d"#, r#"{"type": "page", "userId": "\ud83"}"#] {
            assert!(Message::parse(broken, &Wanted::Everything).unwrap_err().starts_with("not valid JSON"), "{broken}");
        }
    }

    #[test]
    fn a_large_number_is_no_text() {
        let json = r#"{"type": "track", "event": 12345678901234567890, "userId": "u"}"#;
        assert!(Message::parse(json, &Wanted::Everything).is_err());
        let json = r#"{"type": "identify", "userId": "u", "traits": {"x": 12345678901234567890}}"#;
        assert_eq!(parsed(json).property("x"), Some(&Value::Number(12345678901234567890.0)));
    }
}
