//! The values that have no parts: texts, ids, numbers, durations, words.

use std::marker::PhantomData;

use serde_json::{Value as Json, json};

use super::words::Words;
use super::{Definitions, Form};
use crate::naming::kebab_case;
use crate::playbook::marked::{Data, Node, shortened};
use crate::playbook::nearest::nearest;
use crate::playbook::reader::{Kind, Note, Reader};
use crate::time::Duration;

const ID_PATTERN: &str = "^[a-z0-9]+(-[a-z0-9]+)*$";
const DURATION_PATTERN: &str = "^0*[1-9][0-9]{0,8}[smhdw]$";

/// Text that says something.
pub(crate) struct Text;

impl Form for Text {
    type Value = String;

    fn wanted() -> String {
        "text".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        match &node.data {
            Data::Text(text) if text.is_empty() => reader.wrong(node, "text that is not empty"),
            _ => read_text(node, "text", reader),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({"type": "string", "minLength": 1})
    }
}

/// Text that is not empty; `wanted` says in messages what it is.
pub(super) fn read_text(node: &Node, wanted: &str, reader: &mut Reader) -> Option<String> {
    match &node.data {
        Data::Text(text) if !text.is_empty() => Some(text.clone()),
        _ => reader.wrong_with(node, wanted, &in_quotes(node)),
    }
}

/// The hint for what YAML took for a number, a boolean or nothing.
fn in_quotes(node: &Node) -> String {
    match &node.data {
        Data::Number(_, written) => format!("; write it in quotes: \"{}\"", shortened(written)),
        Data::Bool(value) => format!("; write it in quotes: \"{value}\""),
        _ => String::new(),
    }
}

fn is_id(text: &str) -> bool {
    text.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()))
}

fn read_id(node: &Node, reader: &mut Reader) -> Option<String> {
    const WANTED: &str = "an id: lower-case letters and digits, words joined by `-`";
    match &node.data {
        Data::Text(text) if is_id(text) => Some(text.clone()),
        Data::Text(text) => match kebab_case(text) {
            // A long one would be a message of its own.
            id if id.is_empty() || id.len() > 60 => reader.wrong(node, WANTED),
            id => reader.wrong_with(node, WANTED, &format!("; write `{id}`")),
        },
        _ => reader.wrong_with(node, WANTED, &in_quotes(node)),
    }
}

fn id_schema() -> Json {
    json!({"type": "string", "pattern": ID_PATTERN})
}

/// An id, of which nothing is noted: its record's check does that.
pub(crate) struct Id;

impl Form for Id {
    type Value = String;

    fn wanted() -> String {
        "an id such as `pricing-page`".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        read_id(node, reader)
    }

    fn schema(_: &mut Definitions) -> Json {
        id_schema()
    }
}

/// What an id names, as a type.
pub(crate) trait Named {
    const KIND: Kind;
}

macro_rules! named {
    ($($name:ident)*) => {
        /// The kinds of ids, as types for `Declared` and `Refers`.
        pub(crate) mod id_of {
            $(pub(crate) struct $name;
            impl super::Named for $name {
                const KIND: crate::playbook::reader::Kind = crate::playbook::reader::Kind::$name;
            })*
        }
    };
}
named! { Topic Score Rule Ladder Stage Segment Subscription Email Sequence Step }

/// The id under which something is declared.
pub(crate) struct Declared<K>(PhantomData<K>);

impl<K: Named> Form for Declared<K> {
    type Value = String;

    fn wanted() -> String {
        Id::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        let id = read_id(node, reader)?;
        reader.notes.push(Note::Declared { kind: K::KIND, id: id.clone(), place: node.place });
        Some(id)
    }

    fn schema(_: &mut Definitions) -> Json {
        id_schema()
    }
}

/// The id of something declared elsewhere.
pub(crate) struct Refers<K>(PhantomData<K>);

impl<K: Named> Form for Refers<K> {
    type Value = String;

    fn wanted() -> String {
        format!("the id of a {}", K::KIND.name())
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        let id = read_id(node, reader)?;
        reader.notes.push(Note::Refers { kind: K::KIND, id: id.clone(), place: node.place });
        Some(id)
    }

    fn schema(_: &mut Definitions) -> Json {
        id_schema()
    }
}

/// A length of time, such as `30d`.
pub(crate) struct Length;

impl Form for Length {
    type Value = Duration;

    fn wanted() -> String {
        "a duration such as 90s, 15m, 48h, 30d or 8w".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Duration> {
        // More than nine digits are no length of time that anybody waits, and could leave the range of instants.
        let short = |text: &&str| text.trim_start_matches('0').len() <= 10;
        match node.text().filter(short).and_then(Duration::parse) {
            Some(length) => Some(length),
            None => reader.wrong_with(node, &Self::wanted(), &with_unit(node)),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({"type": "string", "pattern": DURATION_PATTERN})
    }
}

/// The hint for what is nearly a duration.
fn with_unit(node: &Node) -> String {
    match &node.data {
        Data::Number(value, written) if *value >= 1.0 && value.fract() == 0.0 => {
            format!("; for days write {}d", shortened(written))
        }
        Data::Text(text) if is_calendar(text) => "; months and years have no fixed length: write 30d or 365d".into(),
        Data::Text(_) => "; it is a whole number above 0 and one unit".into(),
        _ => String::new(),
    }
}

/// A number and a unit that calendars know: `1 month`, `2y`.
fn is_calendar(text: &str) -> bool {
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
    unit.len() < text.len() && matches!(unit, "M" | "mo" | "month" | "months" | "y" | "year" | "years")
}

/// `true` or `false`.
pub(crate) struct Flag;

impl Form for Flag {
    type Value = bool;

    fn wanted() -> String {
        "true or false".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<bool> {
        match &node.data {
            Data::Bool(value) => Some(*value),
            Data::Text(text) => reader.wrong_with(node, "true or false", meant_flag(text)),
            _ => reader.wrong(node, "true or false"),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({"type": "boolean"})
    }
}

/// What people write for booleans that YAML 1.2 takes for text.
fn meant_flag(text: &str) -> &'static str {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "y" | "on" | "true" => "; write true, without quotes",
        "no" | "n" | "off" | "false" => "; write false, without quotes",
        _ => "",
    }
}

/// `true` alone.
pub(crate) struct Yes;

impl Form for Yes {
    type Value = ();

    fn wanted() -> String {
        "true".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<()> {
        match node.data {
            Data::Bool(true) => Some(()),
            _ => reader.wrong_with(node, "true", "; to send an e-mail of your choice write its id: email: ID"),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({"const": true})
    }
}

/// The bounds of a number: what is allowed, in words and in the schema.
pub(crate) trait Bound {
    const WANTED: &'static str;
    const WHOLE: bool = false;
    fn holds(number: f64) -> bool;
    fn bounds() -> Json;
}

/// The largest number of a playbook, and the largest negative one. Sums of any number of such points are finite, and
/// whole numbers up to here are exact.
const LARGEST: f64 = 1e15;

const TOO_LARGE: &str = "a number here is at most 1,000,000,000,000,000, or as much below 0; write a smaller one";

/// A finite number within bounds.
pub(crate) struct Number<B>(PhantomData<B>);

impl<B: Bound> Form for Number<B> {
    type Value = f64;

    fn wanted() -> String {
        B::WANTED.into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<f64> {
        match &node.data {
            Data::Number(value, _) if value.is_finite() && B::holds(*value) => {
                if value.abs() > LARGEST {
                    reader.meaning(node.place, TOO_LARGE);
                }
                Some(*value)
            }
            Data::Text(text) if crate::playbook::scalar::number(text).is_some() => {
                reader.wrong_with(node, B::WANTED, "; write it without quotes")
            }
            _ => reader.wrong(node, B::WANTED),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        let mut schema = B::bounds();
        schema["type"] = if B::WHOLE { "integer" } else { "number" }.into();
        schema
    }
}

macro_rules! bounds {
    ($($name:ident $wanted:literal $([$whole:literal])? $number:ident $holds:expr, $schema:tt;)*) => {
        $(pub(crate) struct $name;
        impl Bound for $name {
            const WANTED: &'static str = $wanted;
            $(const WHOLE: bool = $whole;)?
            fn holds($number: f64) -> bool { $holds }
            fn bounds() -> Json { json!($schema) }
        })*
    };
}
bounds! {
    Any "a number such as 5 or -2.5" n n.is_finite(), {};
    AboveZero "a number above 0" n n > 0.0, {"exclusiveMinimum": 0};
    NotNegative "a number, 0 or more" n n >= 0.0, {"minimum": 0};
    AboveOne "a number above 1" n n > 1.0, {"exclusiveMinimum": 1};
    AtLeastOne "a number, 1 or more" n n >= 1.0, {"minimum": 1};
    Percent "a percentage from 0 to 100" n (0.0..=100.0).contains(&n), {"minimum": 0, "maximum": 100};
    Share "a share from 0 to 1, such as 0.15" n (0.0..=1.0).contains(&n), {"minimum": 0, "maximum": 1};
    WholeAtLeastOne "a whole number, 1 or more" [true]
        n n.fract() == 0.0 && (1.0..=f64::from(u32::MAX)).contains(&n), {"minimum": 1, "maximum": u32::MAX};
}

/// How many: a whole number, at least 1.
pub(crate) struct Count;

impl Form for Count {
    type Value = u32;

    fn wanted() -> String {
        WholeAtLeastOne::WANTED.into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<u32> {
        // The bound keeps it whole and in range, so that nothing is cut off.
        Number::<WholeAtLeastOne>::read(node, reader).map(|n| n as u32)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Number::<WholeAtLeastOne>::schema(definitions)
    }
}

pub(crate) struct OneOf<W>(PhantomData<W>);

impl<W: Words> Form for OneOf<W> {
    type Value = W::Value;

    fn wanted() -> String {
        let words: Vec<&str> = W::WORDS.iter().map(|(word, _)| *word).collect();
        match words.split_last() {
            Some((last, [])) => last.to_string(),
            Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
            None => String::new(),
        }
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<W::Value> {
        let text = node.text().unwrap_or_default();
        if let Some((_, value)) = W::WORDS.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let hint = match nearest(text, W::WORDS.iter().map(|(word, _)| *word)) {
            Some(word) => format!("; did you mean `{word}`?"),
            None => String::new(),
        };
        reader.wrong_with(node, &Self::wanted(), &hint)
    }

    fn schema(_: &mut Definitions) -> Json {
        let words: Vec<&str> = W::WORDS.iter().map(|(word, _)| *word).collect();
        json!({"enum": words})
    }
}

/// An IANA time zone.
pub(crate) struct Zone;

impl Form for Zone {
    type Value = String;

    fn wanted() -> String {
        "a time zone such as Europe/Berlin".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<String> {
        let zone = Text::read(node, reader)?;
        let database = jiff::tz::TimeZoneDatabase::bundled();
        if database.get(&zone).is_err() {
            let known: Vec<String> = database.available().map(|name| name.as_str().to_string()).collect();
            let hint = match nearest(&zone, known.iter().map(String::as_str)) {
                Some(name) => format!("did you mean `{name}`?"),
                None => "write an IANA name such as Europe/Berlin".into(),
            };
            let zone = crate::playbook::marked::shortened(&zone);
            reader.meaning(node.place, format!("there is no time zone `{zone}`; {hint}"));
        }
        Some(zone)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Text::schema(definitions)
    }
}
