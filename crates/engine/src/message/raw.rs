//! What a message's JSON holds, and whether it is a valid message (contract §2, What).

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::{EMAIL, Field, Message, Type, decimal_text};
use crate::address::{canonical_value, is_placeholder};
use crate::time::Instant;
use crate::value::Value;

/// What a message's JSON holds, before it is judged.
#[derive(Default)]
pub(super) struct Raw<'a> {
    pub kind: Loose<'a>,
    pub user_id: Loose<'a>,
    pub anonymous_id: Loose<'a>,
    pub previous_id: Loose<'a>,
    pub group_id: Loose<'a>,
    pub message_id: Loose<'a>,
    pub timestamp: Loose<'a>,
    pub event: Loose<'a>,
    pub traits: Section<'a>,
    pub properties: Section<'a>,
    pub context: Section<'a>,
}

/// What the context says of a message, true or absent.
pub(super) const FLAGS: [&str; 3] = ["machine", "history", "public"];

impl<'a> Raw<'a> {
    pub fn valid(self) -> Result<Message<'a>, String> {
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
        let [machine, history, public] = FLAGS.map(flag);
        let fields = match kind {
            Type::Identify | Type::Group => self.traits.fields,
            _ => self.properties.fields,
        };
        let mut message = Message {
            kind,
            user_id: self.user_id.key(),
            anonymous_id: self.anonymous_id.key(),
            previous_id: self.previous_id.key(),
            group_id: self.group_id.key(),
            message_id: self.message_id.id(),
            email: None,
            timestamp,
            event: self.event.text(),
            machine: machine && matches!(kind, Type::Track | Type::Page | Type::Screen),
            history,
            public,
            fields,
        };
        if kind == Type::Identify {
            message.email = message.property(EMAIL).and_then(canonical_value);
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
pub(super) enum Loose<'a> {
    #[default]
    Absent,
    Text(Cow<'a, str>),
    /// As it was written.
    Number(Cow<'a, str>),
    Other,
}

impl<'a> Loose<'a> {
    pub fn of(json: &'a RawValue) -> Result<Loose<'a>, serde_json::Error> {
        let json = json.get();
        Ok(match json.as_bytes() {
            // Nearly all texts are in JSON as they are.
            [b'"', text @ .., b'"'] if !text.contains(&b'\\') => Loose::Text(Cow::Borrowed(&json[1..json.len() - 1])),
            [b'"', ..] => Loose::Text(Cow::Owned(serde_json::from_str(json)?)),
            [b'-' | b'0'..=b'9', ..] => Loose::Number(Cow::Borrowed(json)),
            b"null" => Loose::Absent,
            _ => Loose::Other,
        })
    }

    fn id(self) -> Option<Cow<'a, str>> {
        match self {
            Loose::Text(text) if !text.is_empty() => Some(text),
            Loose::Number(Cow::Borrowed(number)) => Some(decimal_text(number)),
            // Of a whole number, which is written as it is.
            Loose::Number(number) => Some(number),
            _ => None,
        }
    }

    /// An id that names a lead or a company: a placeholder names nobody.
    fn key(self) -> Option<Cow<'a, str>> {
        self.id().filter(|id| !is_placeholder(id))
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
pub(super) struct Section<'a> {
    pub odd: bool,
    pub fields: Vec<Field<'a>>,
}
