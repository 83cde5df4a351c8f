//! The words that conditions can be written with: the kinds of events that were received, their properties, the
//! attributes of leads, and the values of each, with how often they occur. A bounded number of events and leads is read.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use attractor_engine::message::{Message, Wanted};
use attractor_engine::value;
use attractor_engine::vocabulary::KINDS;
use attractor_live::profile::Profile;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::refusal::Refusal;
use super::schemas::AnyJson;
use crate::playbook::seen::{Most, walk};
use crate::view::View;

/// At each end of each of the 256 parts of a store.
const READ: Most = Most { events: 100, leads: 20 };
/// Beyond so many different values, those that occur once are names of single things, not words.
const WORDS: usize = 50;
/// In bytes: a longer text is not a word.
const LONGEST: usize = 200;
const USUAL: usize = 10;
const HIGHEST: usize = 100;

/// The kinds, properties, attributes and values that occur
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct Vocabulary {
    /// How many events were read
    pub events: u64,
    /// How many leads were read
    pub leads: u64,
    /// Whether these are all. If not, they are the events and leads of the oldest and of the newest leads, and the counts
    /// are of these alone
    pub complete: bool,
    /// The most frequent first; those that mean something without being declared are listed even if none occurred
    pub kinds: Vec<KindWord>,
    /// The most frequent first
    pub attributes: Vec<FieldWord>,
}

/// A kind of event
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct KindWord {
    pub kind: String,
    /// How many of the events that were read are of this kind
    pub count: u64,
    /// What it means, if it means something without being declared
    pub meaning: Option<&'static str>,
    /// The most frequent first
    pub properties: Vec<FieldWord>,
}

/// A property of the events of a kind, or an attribute of leads
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct FieldWord {
    /// Dotted where it is nested
    pub name: String,
    /// How many of these events, or leads, have it
    pub count: u64,
    /// The most frequent first
    pub values: Vec<ValueWord>,
    /// Whether it has other values
    pub more: bool,
}

/// A value of a property or an attribute; of a list, one of its elements
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub struct ValueWord {
    #[schema(value_type = AnyJson)]
    pub value: Value,
    pub count: u64,
}

/// Reads the words, with at most `values` values of each property and attribute.
pub fn words(view: &mut View, values: Option<usize>) -> Result<Vocabulary, Refusal> {
    let most = values.unwrap_or(USUAL);
    if most > HIGHEST {
        return Err(Refusal::Malformed(format!("`values` is from 0 to {HIGHEST}")));
    }
    let (mut kinds, mut attributes) = (Kinds::default(), Fields::default());
    let complete =
        walk(view.connection, READ, |message| kinds.take(message), |profile| attributes.take_profile(profile))?;
    Ok(Vocabulary {
        events: kinds.events,
        leads: attributes.count,
        complete,
        kinds: kinds.words(most),
        attributes: attributes.words(most),
    })
}

#[derive(Default)]
struct Kinds {
    events: u64,
    by_kind: BTreeMap<String, Fields>,
}

impl Kinds {
    /// Counts an event. What cannot be read, or is not behaviour, says nothing.
    fn take(&mut self, json: &str) {
        let Ok(message) = Message::parse(json, &Wanted::Everything) else { return };
        let Some(kind) = message.event_kind() else { return };
        self.events += 1;
        let fields = self.by_kind.entry(kind.to_owned()).or_default();
        fields.count += 1;
        // Of a name that comes twice, the last one counts.
        let own: BTreeMap<&str, &value::Value> =
            message.fields.iter().filter_map(|(name, value)| Some((&**name, value.as_ref()?))).collect();
        for (name, value) in own {
            fields.field(name).take(&plain(value));
        }
    }

    fn words(mut self, most: usize) -> Vec<KindWord> {
        for kind in KINDS {
            self.by_kind.entry(kind.name.to_owned()).or_default();
        }
        let meaning = |kind: &str| KINDS.iter().find(|known| known.name == kind).map(|known| known.meaning);
        let word = |(kind, fields): (String, Fields)| KindWord {
            count: fields.count,
            meaning: meaning(&kind),
            properties: fields.words(most),
            kind,
        };
        let mut words: Vec<KindWord> = self.by_kind.into_iter().map(word).collect();
        words.sort_by_key(|word| Reverse(word.count));
        words
    }
}

/// Fields of the events of a kind, or of leads, of which there are `count`.
#[derive(Default)]
struct Fields {
    count: u64,
    by_name: BTreeMap<String, Values>,
}

impl Fields {
    fn take_profile(&mut self, document: &str) {
        let Ok(profile) = Profile::parse(document) else { return };
        self.count += 1;
        for (name, attribute) in profile.attributes.iter().filter(|(_, attribute)| !attribute.value.is_null()) {
            self.field(name).take(&attribute.value);
        }
    }

    fn field(&mut self, name: &str) -> &mut Values {
        self.by_name.entry(name.to_owned()).or_default()
    }

    fn words(self, most: usize) -> Vec<FieldWord> {
        let mut words: Vec<FieldWord> =
            self.by_name.into_iter().map(|(name, values)| values.word(name, most)).collect();
        words.sort_by_key(|word| Reverse(word.count));
        words
    }
}

#[derive(Default)]
struct Values {
    count: u64,
    /// By their text as JSON, which tells 5 and "5" apart.
    by_text: BTreeMap<String, ValueWord>,
    others: bool,
}

impl Values {
    fn take(&mut self, value: &Value) {
        self.count += 1;
        let elements = match value {
            Value::Array(elements) => elements.as_slice(),
            single => std::slice::from_ref(single),
        };
        for value in elements {
            let text = value.to_string();
            if value.is_object() || value.is_array() || value.is_null() || text.len() > LONGEST {
                self.others = true;
                continue;
            }
            let word = self.by_text.entry(text).or_insert_with(|| ValueWord { value: value.clone(), count: 0 });
            word.count += 1;
        }
    }

    fn word(self, name: String, most: usize) -> FieldWord {
        let distinct = self.by_text.len();
        let mut values: Vec<ValueWord> =
            self.by_text.into_values().filter(|word| distinct <= WORDS || word.count > 1).collect();
        values.sort_by_key(|word| Reverse(word.count));
        values.truncate(most);
        let more = self.others || values.len() < distinct;
        FieldWord { name, count: self.count, values, more }
    }
}

fn plain(value: &value::Value) -> Value {
    match value {
        value::Value::Bool(yes) => json!(yes),
        value::Value::Number(number) if number.fract() == 0.0 && number.abs() < 9e15 => json!(*number as i64),
        value::Value::Number(number) => json!(number),
        value::Value::Text(text) => json!(text),
        value::Value::List(items) => items.iter().map(plain).collect(),
        value::Value::Opaque => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(field: &FieldWord) -> Vec<(Value, u64)> {
        field.values.iter().map(|word| (word.value.clone(), word.count)).collect()
    }

    #[test]
    fn kinds_properties_and_values_come_with_their_counts() {
        let mut kinds = Kinds::default();
        let track = |properties: Value| {
            json!({"type": "track", "event": "Guide Downloaded", "userId": "u", "properties": properties}).to_string()
        };
        kinds.take(&track(json!({"asset": "pricing", "pages": 5})));
        kinds.take(&track(json!({"asset": "pricing", "pages": "5", "topics": ["a", "b"]})));
        kinds.take(&track(json!({"asset": "trends", "by": {"name": "Ada"}, "text": "x".repeat(300)})));
        kinds.take(r#"{"type": "page", "userId": "u", "properties": {"path": "/"}}"#);
        kinds.take(r#"{"type": "identify", "userId": "u"}"#);
        kinds.take("not a message");
        assert_eq!(kinds.events, 4);
        let words = kinds.words(10);
        assert_eq!((words[0].kind.as_str(), words[0].count, words[0].meaning), ("Guide Downloaded", 3, None));
        assert_eq!((words[1].kind.as_str(), words[1].count), ("Page Viewed", 1));
        assert!(words[1].meaning.is_some() && words.iter().any(|word| word.kind == "Unsubscribed" && word.count == 0));
        let of = |name: &str| words[0].properties.iter().find(|field| field.name == name).unwrap();
        assert_eq!(words[0].properties[0].name, "asset", "the most frequent first");
        assert_eq!(values(of("asset")), [(json!("pricing"), 2), (json!("trends"), 1)]);
        assert_eq!(values(of("pages")), [(json!("5"), 1), (json!(5), 1)], "a number and its text are two values");
        assert_eq!(values(of("topics")), [(json!("a"), 1), (json!("b"), 1)]);
        assert_eq!(values(of("by.name")), [(json!("Ada"), 1)]);
        assert_eq!((values(of("text")), of("text").more), (vec![], true), "a long text is not a word");
    }

    #[test]
    fn values_that_occur_once_each_are_not_listed_where_there_are_many() {
        let mut ids = Values::default();
        (0..60).for_each(|id| ids.take(&json!(id)));
        ids.take(&json!(7));
        let word = ids.word("id".into(), 10);
        assert_eq!((values(&word), word.count, word.more), (vec![(json!(7), 2)], 61, true));
        let mut colours = Values::default();
        ["red", "blue", "red"].iter().for_each(|colour| colours.take(&json!(colour)));
        let word = colours.word("colour".into(), 1);
        assert_eq!((values(&word), word.more), (vec![(json!("red"), 2)], true));
    }
}
