//! A message of the contract (§2), read from one JSON object: Segment's HTTP tracking messages.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

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

/// One valid message. Empty ids are as absent; nested properties and traits are flattened to dotted paths.
#[derive(Clone, Debug, PartialEq)]
pub struct Message<'a> {
    pub kind: Type,
    pub user_id: Option<Cow<'a, str>>,
    pub anonymous_id: Option<Cow<'a, str>>,
    pub previous_id: Option<Cow<'a, str>>,
    pub message_id: Option<Cow<'a, str>>,
    /// Of an `identify`: `traits.email`, trimmed and in lower case.
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
        let raw = RawSeed(wanted).deserialize(&mut reader).and_then(|raw| reader.end().map(|()| raw));
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

/// What a message's JSON holds, before it is judged.
#[derive(Default)]
struct Raw<'a> {
    kind: Loose<'a>,
    user_id: Loose<'a>,
    anonymous_id: Loose<'a>,
    previous_id: Loose<'a>,
    message_id: Loose<'a>,
    timestamp: Loose<'a>,
    event: Loose<'a>,
    traits: Section<'a>,
    properties: Section<'a>,
    context: Section<'a>,
}

impl<'a> Raw<'a> {
    fn valid(self) -> Result<Message<'a>, String> {
        let kind = self.kind()?;
        for (name, section) in [("traits", &self.traits), ("properties", &self.properties), ("context", &self.context)]
        {
            if section.odd {
                return Err(format!("`{name}` is not an object; it holds names and values"));
            }
        }
        let timestamp = match self.timestamp {
            Loose::Absent => None,
            Loose::Text(ref text) => Some(Instant::parse(text).ok_or_else(|| wrong_timestamp(text))?),
            _ => return Err("`timestamp` is not text; write it like \"2026-03-09T14:30:00Z\"".into()),
        };
        let flag =
            |name: &str| self.context.fields.iter().rev().any(|(n, v)| n == name && *v == Some(Value::Bool(true)));
        let (machine, history) = (flag("machine"), flag("history"));
        let fields = match kind {
            Type::Identify | Type::Group => self.traits.fields,
            _ => self.properties.fields,
        };
        let mut message = Message {
            kind,
            user_id: self.user_id.id(),
            anonymous_id: self.anonymous_id.id(),
            previous_id: self.previous_id.id(),
            message_id: self.message_id.id(),
            email: None,
            timestamp,
            event: self.event.text(),
            machine: machine && matches!(kind, Type::Track | Type::Page | Type::Screen),
            history,
            fields,
        };
        if kind == Type::Identify {
            message.email = message.property("email").and_then(email_of);
        }
        message.check()
    }

    fn kind(&self) -> Result<Type, String> {
        let Loose::Text(kind) = &self.kind else {
            return Err("no `type`; one of identify, track, page, screen, group, alias is expected".into());
        };
        Ok(match kind.as_ref() {
            "identify" => Type::Identify,
            "track" => Type::Track,
            "page" => Type::Page,
            "screen" => Type::Screen,
            "group" => Type::Group,
            "alias" => Type::Alias,
            "batch" => return Err("a `batch` has no place here; write its messages one a line".into()),
            other => {
                return Err(format!(
                    "unknown type `{}`; one of identify, track, page, screen, group, alias is expected",
                    short(other)
                ));
            }
        })
    }
}

fn wrong_timestamp(text: &str) -> String {
    format!("`timestamp` “{}” is no instant; write it like 2026-03-09T14:30:00Z", short(text))
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// An e-mail as a key: trimmed and in lower case.
pub fn email_of(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text.trim().to_lowercase()).filter(|email| !email.is_empty()),
        _ => None,
    }
}

impl<'a> Message<'a> {
    fn check(self) -> Result<Message<'a>, String> {
        if self.kind == Type::Track && self.event.is_none() {
            return Err("a `track` without a text `event`; it is the event's kind, like \"Form Submitted\"".into());
        }
        if self.kind == Type::Alias && (self.user_id.is_none() || self.previous_id.is_none()) {
            return Err("an `alias` needs `userId` and `previousId`".into());
        }
        if self.user_id.is_none() && self.anonymous_id.is_none() && self.email.is_none() {
            return Err(
                "names nobody; a `userId` or an `anonymousId` is needed (an `identify` may do with `traits.email`)"
                    .into(),
            );
        }
        Ok(self)
    }
}

/// A scalar of a message's own keys, whatever its type.
#[derive(Default)]
enum Loose<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    Number(f64),
    Other,
}

impl<'a> Loose<'a> {
    fn id(self) -> Option<Cow<'a, str>> {
        match self {
            Loose::Text(text) if !text.is_empty() => Some(text),
            Loose::Number(number) => Some(Cow::Owned(decimal(number))),
            _ => None,
        }
    }

    fn text(self) -> Option<Cow<'a, str>> {
        match self {
            Loose::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// `traits`, `properties` or `context`: flattened, or odd where it is no object.
#[derive(Default)]
struct Section<'a> {
    odd: bool,
    fields: Vec<Field<'a>>,
}

struct RawSeed<'w>(&'w Wanted);

impl<'de> DeserializeSeed<'de> for RawSeed<'_> {
    type Value = Option<Raw<'de>>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

/// The visits of what is no object: read over, they all come to the same value.
macro_rules! no_object {
    ($lifetime:lifetime, $value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_seq<A: SeqAccess<$lifetime>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            Ok($value)
        }
    };
}

impl<'de> Visitor<'de> for RawSeed<'_> {
    type Value = Option<Raw<'de>>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a message")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut raw = Raw::default();
        while let Some(key) = map.next_key_seed(Key)? {
            match key.as_ref() {
                "type" => raw.kind = map.next_value_seed(LooseSeed)?,
                "userId" => raw.user_id = map.next_value_seed(LooseSeed)?,
                "anonymousId" => raw.anonymous_id = map.next_value_seed(LooseSeed)?,
                "previousId" => raw.previous_id = map.next_value_seed(LooseSeed)?,
                "messageId" => raw.message_id = map.next_value_seed(LooseSeed)?,
                "timestamp" => raw.timestamp = map.next_value_seed(LooseSeed)?,
                "event" => raw.event = map.next_value_seed(LooseSeed)?,
                "traits" => raw.traits = map.next_value_seed(SectionSeed(self.0))?,
                "properties" => raw.properties = map.next_value_seed(SectionSeed(self.0))?,
                "context" => raw.context = map.next_value_seed(SectionSeed(self.0))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(Some(raw))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    no_object!('de, None);
}

/// A key, borrowed from the line where it has no escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a name")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

struct LooseSeed;

impl<'de> DeserializeSeed<'de> for LooseSeed {
    type Value = Loose<'de>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for LooseSeed {
    type Value = Loose<'de>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Loose::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(whole(number.to_string(), number as f64))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(whole(number.to_string(), number as f64))
    }
    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Loose::Number(number))
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Loose::Absent)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Loose::Other)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Loose::Other)
    }
}

/// The largest whole number up to which doubles are exact. Larger ones are ids: as doubles, neighbours would become
/// one, so they are kept as the text of their digits.
const EXACT: u64 = 1 << 53;

fn whole<'a>(digits: String, number: f64) -> Loose<'a> {
    if number.abs() <= EXACT as f64 { Loose::Number(number) } else { Loose::Text(Cow::Owned(digits)) }
}

struct SectionSeed<'w>(&'w Wanted);

impl<'de> DeserializeSeed<'de> for SectionSeed<'_> {
    type Value = Section<'de>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for SectionSeed<'_> {
    type Value = Section<'de>;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut section = Section::default();
        while let Some(key) = map.next_key_seed(Key)? {
            map.next_value_seed(FieldSeed { wanted: self.0, path: key, fields: &mut section.fields })?;
        }
        Ok(section)
    }
    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Section::default())
    }

    no_object!('de, Section { odd: true, ..Section::default() });
}

/// Reads one property into `fields`, an object into one field a leaf. `null` is kept whatever is wanted: in traits it
/// removes the children of its name too.
struct FieldSeed<'w, 'de, 'f> {
    wanted: &'w Wanted,
    path: Cow<'de, str>,
    fields: &'f mut Vec<Field<'de>>,
}

impl<'de> FieldSeed<'_, 'de, '_> {
    fn put(self, value: Option<Value>) {
        self.fields.push((self.path, value));
    }
}

impl<'de> DeserializeSeed<'de> for FieldSeed<'_, 'de, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for FieldSeed<'_, 'de, '_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        self.put(None);
        Ok(())
    }
    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        if self.wanted.wants(&self.path) {
            self.put(Some(Value::Bool(value)));
        }
        Ok(())
    }
    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<(), E> {
        if value.unsigned_abs() > EXACT { self.visit_str(&value.to_string()) } else { self.visit_f64(value as f64) }
    }
    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<(), E> {
        if value > EXACT { self.visit_str(&value.to_string()) } else { self.visit_f64(value as f64) }
    }
    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        if self.wanted.wants(&self.path) {
            self.put(Some(Value::Number(value)));
        }
        Ok(())
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.wanted.wants(&self.path) {
            self.put(Some(Value::Text(text.to_owned())));
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if !self.wanted.wants(&self.path) {
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Element)? {
            list.push(item);
        }
        self.put(Some(Value::List(list)));
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            let path = Cow::Owned(format!("{}.{key}", self.path));
            map.next_value_seed(FieldSeed { wanted: self.wanted, path, fields: &mut *self.fields })?;
        }
        Ok(())
    }
}

/// An element of a list.
struct Element;

impl<'de> DeserializeSeed<'de> for Element {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Element {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }
    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Opaque)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Element)? {
            list.push(item);
        }
        Ok(Value::List(list))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Value::Opaque)
    }
}
