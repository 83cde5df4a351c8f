//! JSON to a message's parts in one pass: what nobody asks for is passed over, nested objects become dotted paths.

use std::borrow::Cow;
use std::fmt;
use std::sync::LazyLock;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::raw::{FLAGS, Loose, Raw, Section};
use super::sound::IDS;
use super::{Field, Wanted, decimal, decimal_text};
use crate::value::Value;

/// Of the context, whatever is asked for: whoever reads a message without its flags takes a machine for a person.
static CONTEXT: LazyLock<Wanted> = LazyLock::new(|| Wanted::only(FLAGS));

pub(super) struct RawSeed<'w> {
    pub wanted: &'w Wanted,
    pub ids: Ids,
}

/// How ids are read. Nearly all are texts or whole numbers that serde_json holds; of others it would lose digits, so that
/// the quick reading refuses them and the message is read again.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Ids {
    Quick,
    AsWritten,
}

/// What the quick reading says of an id with a fraction or more digits than 64 bits hold.
fn unheld<E: Error>() -> E {
    E::custom("an id that is not a whole number of 64 bits")
}

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
                "type" => raw.kind = map.next_value_seed(LooseSeed(self.ids))?,
                "userId" => raw.user_id = map.next_value_seed(LooseSeed(self.ids))?,
                "anonymousId" => raw.anonymous_id = map.next_value_seed(LooseSeed(self.ids))?,
                "previousId" => raw.previous_id = map.next_value_seed(LooseSeed(self.ids))?,
                "groupId" => raw.group_id = map.next_value_seed(LooseSeed(self.ids))?,
                "messageId" => raw.message_id = map.next_value_seed(LooseSeed(self.ids))?,
                "timestamp" => raw.timestamp = map.next_value_seed(LooseSeed(self.ids))?,
                "event" => raw.event = map.next_value_seed(LooseSeed(self.ids))?,
                "traits" => raw.traits = map.next_value_seed(SectionSeed(&self))?,
                "properties" => raw.properties = map.next_value_seed(SectionSeed(&self))?,
                "context" => raw.context = map.next_value_seed(SectionSeed(&RawSeed { wanted: &CONTEXT, ..self }))?,
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

struct LooseSeed(Ids);

impl<'de> DeserializeSeed<'de> for LooseSeed {
    type Value = Loose<'de>;
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Self::Value, D::Error> {
        match self.0 {
            Ids::Quick => reader.deserialize_any(self),
            Ids::AsWritten => Loose::of(<&RawValue>::deserialize(reader)?).map_err(D::Error::custom),
        }
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
        Ok(Loose::Number(Cow::Owned(number.to_string())))
    }
    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Loose::Number(Cow::Owned(number.to_string())))
    }
    fn visit_f64<E: Error>(self, _: f64) -> Result<Self::Value, E> {
        Err(unheld())
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

struct SectionSeed<'w>(&'w RawSeed<'w>);

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
            map.next_value_seed(FieldSeed { read: self.0, path: key, fields: &mut section.fields })?;
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
    read: &'w RawSeed<'w>,
    path: Cow<'de, str>,
    fields: &'f mut Vec<Field<'de>>,
}

impl<'de> FieldSeed<'_, 'de, '_> {
    fn is_wanted(&self) -> bool {
        self.read.wanted.wants(&self.path)
    }

    fn is_id(&self) -> bool {
        IDS.contains(&self.path.as_ref())
    }

    /// A number that is an id: as text where a double does not hold its digits.
    fn id(self, number: &str) {
        if self.is_wanted() {
            let digits = decimal_text(number);
            let value = number.parse().ok().filter(|value| decimal(*value) == digits);
            self.put(Some(value.map_or_else(|| Value::Text(digits.into_owned()), Value::Number)));
        }
    }

    /// A whole number: its digits where it is an id, else the nearest double.
    fn whole<E: Error>(self, digits: impl fmt::Display, nearest: f64) -> Result<(), E> {
        if self.is_id() {
            self.id(&digits.to_string());
            return Ok(());
        }
        self.visit_f64(nearest)
    }

    fn put(self, value: Option<Value>) {
        self.fields.push((self.path, value));
    }
}

impl<'de> DeserializeSeed<'de> for FieldSeed<'_, 'de, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        if self.read.ids == Ids::Quick || !self.is_id() {
            return reader.deserialize_any(self);
        }
        let json = <&RawValue>::deserialize(reader)?.get();
        if json.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
            self.id(json);
            return Ok(());
        }
        serde_json::Deserializer::from_str(json).deserialize_any(self).map_err(D::Error::custom)
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
        if self.is_wanted() {
            self.put(Some(Value::Bool(value)));
        }
        Ok(())
    }
    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.whole(value, value as f64)
    }
    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.whole(value, value as f64)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        if self.is_id() {
            return Err(unheld());
        }
        if self.is_wanted() {
            self.put(Some(Value::Number(value)));
        }
        Ok(())
    }
    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if self.is_wanted() {
            self.put(Some(Value::Text(text.to_owned())));
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        if !self.is_wanted() {
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
            map.next_value_seed(FieldSeed { read: self.read, path, fields: &mut *self.fields })?;
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
