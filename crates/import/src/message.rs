//! Messages of the contract (section 2), and the ids that make importing the same file twice change nothing.

use std::collections::BTreeMap;

use attractor_engine::vocabulary::kind;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::assertion::Assertion;
use crate::who::Who;

pub type Fields = BTreeMap<String, Value>;

/// What a row says, as one message.
#[derive(Clone, Debug)]
pub struct Message {
    pub body: MessageBody,
    pub at: Timestamp,
    pub dating: Dating,
    /// What tells it apart in its id, in place of all that it says.
    pub once_for: Option<String>,
    /// Each of several equal rows counts.
    pub each: bool,
    pub assertion: Assertion,
}

#[derive(Clone, Debug)]
pub enum MessageBody {
    Traits(Fields),
    Event { kind: String, properties: Fields },
}

/// Where a message's instant comes from. What was merely assumed stays out of the id where it would change from one
/// import to the next, so that the same file a month later doubles no visits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dating {
    /// The file says it.
    Given,
    /// The last date of the row, in want of one of its own.
    OfRow,
    /// The row has no date at all: the instant of the import.
    OfImport,
    /// The how-manieth of those that a counter counts, from the first one on.
    Turn(u64),
}

impl Message {
    pub fn traits(traits: Fields, at: Timestamp, dating: Dating) -> Message {
        Message {
            body: MessageBody::Traits(traits),
            at,
            dating,
            once_for: None,
            each: false,
            assertion: Assertion::Happened,
        }
    }

    pub fn event(kind: impl Into<String>, properties: Fields, at: Timestamp, dating: Dating) -> Message {
        Message {
            body: MessageBody::Event { kind: kind.into(), properties },
            at,
            dating,
            once_for: None,
            each: false,
            assertion: Assertion::Happened,
        }
    }

    /// The same, but of several with this key only the first counts.
    pub fn once_for(mut self, key: String) -> Message {
        self.once_for = Some(key);
        self
    }

    /// The same, but each of several equal ones counts: the row is this event.
    pub fn each(mut self) -> Message {
        self.each = true;
        self
    }

    pub fn kind(&self) -> Option<&str> {
        match &self.body {
            MessageBody::Event { kind, .. } => Some(kind),
            MessageBody::Traits(_) => None,
        }
    }

    /// Whether it is an event with this property.
    pub fn has_property(&self, name: &str) -> bool {
        matches!(&self.body, MessageBody::Event { properties, .. } if properties.contains_key(name))
    }

    /// Whether it says that its lead left, bounced or complained.
    pub fn is_farewell(&self) -> bool {
        matches!(self.kind(), Some(kind::UNSUBSCRIBED | kind::EMAIL_BOUNCED | kind::EMAIL_MARKED_AS_SPAM))
    }

    /// The message as JSON; `origin` is the kind of export that it comes from.
    pub fn to_json(&self, who: &Who, origin: &str) -> Value {
        let mut json = Map::new();
        let (kind, body, fields) = match &self.body {
            MessageBody::Traits(traits) => ("identify", "traits", nested(traits)),
            MessageBody::Event { properties, .. } => ("track", "properties", nested(&self.with_assumed(properties))),
        };
        json.insert("type".into(), kind.into());
        json.insert("messageId".into(), self.id(who, origin, &fields).into());
        json.insert("timestamp".into(), instant(self.at).into());
        let visitor = who.visitor.as_ref().filter(|_| self.kind().is_none() || who.user_id.is_none());
        for (name, id) in [("userId", who.user_id.as_ref()), ("anonymousId", visitor)] {
            if let Some(id) = id {
                json.insert(name.into(), id.clone().into());
            }
        }
        if let Some(kind) = self.kind() {
            json.insert("event".into(), kind.into());
        }
        json.insert(body.into(), Value::Object(fields));
        json.insert("context".into(), json!({"history": true, "import": origin}));
        Value::Object(json)
    }

    fn with_assumed(&self, properties: &Fields) -> Fields {
        let mut properties = properties.clone();
        if self.dating != Dating::Given {
            properties.insert("assumed".into(), true.into());
        }
        properties
    }

    fn id(&self, who: &Who, origin: &str, fields: &Map<String, Value>) -> String {
        let when = match self.dating {
            Dating::Given | Dating::OfRow => self.at.as_millisecond().to_string(),
            Dating::OfImport => "undated".to_owned(),
            Dating::Turn(turn) => format!("turn {turn}"),
        };
        let name = who.user_id.as_deref().or(who.visitor.as_deref()).unwrap_or_default();
        let kind = self.kind().unwrap_or("identify");
        let parts = match &self.once_for {
            Some(key) => vec![origin, name, kind, key],
            None => {
                let said = serde_json::to_string(fields).unwrap_or_default();
                return id_of(&[origin, name, kind, &when, &said]);
            }
        };
        id_of(&parts)
    }
}

/// An id made of what it stands for.
pub fn id_of(parts: &[&str]) -> String {
    format!("import-{}", hash(parts, 12))
}

/// The first `bytes` bytes of a hash of the parts, in hexadecimal.
pub fn hash(parts: &[&str], bytes: usize) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hasher.finalize().iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

/// RFC 3339 in UTC with milliseconds.
pub fn instant(at: Timestamp) -> String {
    format!("{at:.3}")
}

/// Dotted names as objects in objects; where a name is also a value, its children keep their dots.
fn nested(fields: &Fields) -> Map<String, Value> {
    let mut map = Map::new();
    for (path, value) in fields {
        place(&mut map, path, value);
    }
    map
}

fn place(map: &mut Map<String, Value>, path: &str, value: &Value) {
    if let Some((head, rest)) = path.split_once('.').filter(|(head, rest)| !head.is_empty() && !rest.is_empty()) {
        let inner = map.entry(head).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(inner) = inner {
            return place(inner, rest, value);
        }
    }
    map.insert(path.to_owned(), value.clone());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ada() -> Who {
        Who { visitor: Some("email:ada@x.org".into()), email: Some("ada@x.org".into()), user_id: None }
    }

    fn id(message: &Message) -> String {
        message.to_json(&ada(), "rows")["messageId"].to_string()
    }

    #[test]
    fn ids_hold_what_the_file_says_and_not_what_was_assumed() {
        let day = |second| Timestamp::from_second(second).unwrap();
        let event = |dating, second| Message::event("Page Viewed", Fields::new(), day(second), dating);
        assert_eq!(id(&event(Dating::OfImport, 1)), id(&event(Dating::OfImport, 2)));
        assert_eq!(id(&event(Dating::Turn(1), 1)), id(&event(Dating::Turn(1), 2)));
        assert_ne!(id(&event(Dating::Turn(1), 1)), id(&event(Dating::Turn(2), 1)));
        assert_ne!(id(&event(Dating::Given, 1)), id(&event(Dating::Given, 2)));
        let once = |second| event(Dating::Given, second).once_for("webinar".into());
        assert_eq!(id(&once(1)), id(&once(2)));
    }

    #[test]
    fn dotted_names_are_objects() {
        let fields: Fields =
            [("a.b", 1), ("a.c", 2), ("d", 3), ("d.e", 4)].map(|(name, value)| (name.to_owned(), value.into())).into();
        assert_eq!(Value::Object(nested(&fields)), json!({"a": {"b": 1, "c": 2}, "d": 3, "d.e": 4}));
    }

    #[test]
    fn a_message_reads_like_one() {
        let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
        let json = Message::event("Email Opened", Fields::new(), at, Dating::OfRow).to_json(&ada(), "rows");
        assert_eq!(json["timestamp"], "2023-11-14T22:13:20.123Z");
        assert_eq!(json["anonymousId"], "email:ada@x.org");
        assert_eq!(json["properties"], json!({"assumed": true}));
        assert_eq!(json["context"]["history"], true);
    }
}
