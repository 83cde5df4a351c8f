//! How each part of a playbook is written. A form is described once, and from that one description comes what reads it
//! and what describes it in the JSON Schema, so that the two cannot disagree.
//!
//! Leaves stand in `leaf`, lists and mappings in `group`, the two macros `record!` and `choice!` here; every part of
//! the playbook has a file of its own.

mod cadence;
mod email;
pub(crate) mod free;
pub(crate) mod group;
mod ladder;
pub(crate) mod leaf;
pub(crate) mod operators;
mod score;
mod segment;
mod sequence;
mod topic;
mod whole;
pub(crate) mod words;

use serde_json::{Map, Value as Json, json};

pub(crate) use email::{is_inline, is_path};
pub(crate) use whole::WholePlaybook;

use super::marked::{Data, Node};
use super::nearest::nearest;
use super::reader::{Fields, Reader, mapping};

/// A way of writing something of type `Value`.
pub(crate) trait Form {
    type Value;

    /// What would be right, for messages: ``a duration such as `30d` ``.
    fn wanted() -> String;

    /// `None` where it cannot be read; what is wrong is then among the reader's problems. With problems of meaning
    /// alone there is a value.
    fn read(node: &Node, reader: &mut Reader) -> Option<Self::Value>;

    /// The JSON Schema of exactly what `read` takes without a problem of form.
    fn schema(definitions: &mut Definitions) -> Json;
}

/// The named parts of the schema (`$defs`).
#[derive(Default)]
pub(crate) struct Definitions(pub Map<String, Json>);

impl Definitions {
    /// A reference to the definition of this name, which is made once.
    pub fn refer(&mut self, name: &str, build: impl FnOnce(&mut Definitions) -> Json) -> Json {
        if !self.0.contains_key(name) {
            // The place is taken first: conditions and steps contain themselves.
            self.0.insert(name.into(), Json::Null);
            let schema = build(self);
            self.0.insert(name.into(), schema);
        }
        json!({"$ref": format!("#/$defs/{name}")})
    }
}

/// The keys of a mapping, as its schema lists them.
#[derive(Default)]
pub(crate) struct Properties {
    properties: Map<String, Json>,
    required: Vec<&'static str>,
    /// Keys of which at least one must be there, where not empty.
    any_of: Vec<&'static str>,
}

impl Properties {
    pub fn add(&mut self, key: &'static str, required: bool, doc: &str, mut schema: Json) {
        schema["description"] = doc.into();
        self.properties.insert(key.into(), schema);
        if required {
            self.required.push(key);
        }
    }

    pub fn add_any_of(&mut self, key: &'static str, doc: &str, schema: Json) {
        self.add(key, false, doc, schema);
        self.any_of.push(key);
    }

    pub fn schema(self, what: &str) -> Json {
        let mut schema = json!({"title": what, "type": "object", "properties": self.properties});
        if !self.required.is_empty() {
            schema["required"] = json!(self.required);
        }
        if !self.any_of.is_empty() {
            schema["anyOf"] = self.any_of.iter().map(|key| json!({"required": [key]})).collect();
        }
        schema["additionalProperties"] = false.into();
        schema
    }
}

/// A key that must be there.
pub(crate) fn must<F: Form>(fields: &Fields<'_>, key: &'static str, reader: &mut Reader) -> Option<F::Value> {
    match fields.get(key) {
        Some(node) => reader.under(key, |reader| F::read(node, reader)),
        None if fields.has_misspelt(key) => None,
        None => {
            let message = format!("`{key}` is missing in {}; add it, with {}", fields.record.what, F::wanted());
            reader.form(fields.node.place, message);
            None
        }
    }
}

/// A key that may be absent; the outer `None` says that it is there and wrong.
pub(crate) fn may<F: Form>(fields: &Fields<'_>, key: &'static str, reader: &mut Reader) -> Option<Option<F::Value>> {
    match fields.get(key) {
        Some(node) => reader.under(key, |reader| F::read(node, reader)).map(Some),
        None => Some(None),
    }
}

/// A mapping with known keys: `record! { NAME as WHAT => TYPE; keys { … } build EXPRESSION }`.
///
/// Among its `keys`, `must "key" variable: Form, "doc";` must be there, `may` need not (an `Option`);
/// `operators variable: Operators;` stands for a group of operators of which at least one must be there. `declares
/// KIND;` begins the notes of one of these, `check FUNCTION;` looks at the mapping as a whole, whatever else is wrong.
macro_rules! record {
    (
        $form:ident as $what:literal => $built:ty;
        $(declares $kind:ident;)?
        $(check $check:path;)?
        $(keys { $($mode:ident $key:literal $name:ident: $value:ty, $doc:expr;)* })?
        $(operators $test:ident: $operators:ty;)?
        build $build:expr
    ) => {
        pub(crate) struct $form;

        impl $form {
            const RECORD: $crate::playbook::reader::Record = $crate::playbook::reader::Record {
                what: $what,
                keys: $crate::playbook::form::record!(@keys [$($($key),*)?] $($operators)?),
                required: $crate::playbook::form::record!(@required [] $($($mode $key)*)?),
            };
        }

        impl $crate::playbook::form::Form for $form {
            type Value = $built;

            fn wanted() -> String {
                Self::RECORD.wanted()
            }

            #[allow(unused_variables, reason = "a record without keys, or without a check, uses less")]
            fn read(
                node: &$crate::playbook::marked::Node,
                reader: &mut $crate::playbook::reader::Reader,
            ) -> Option<$built> {
                $(reader.notes.push($crate::playbook::reader::Note::Begin($crate::playbook::reader::Kind::$kind));)?
                let fields = reader.fields(node, &Self::RECORD)?;
                $($(let $name = $crate::playbook::form::$mode::<$value>(&fields, $key, reader);)*)?
                $(let $test = <$operators as $crate::playbook::form::operators::Operators>::read(&fields, reader);)?
                $($check(&fields, reader);)?
                $($(let $name = $name?;)*)?
                $(let $test = $test?;)?
                Some($build)
            }

            fn schema(definitions: &mut $crate::playbook::form::Definitions) -> serde_json::Value {
                definitions.refer(stringify!($form), |definitions| {
                    let mut properties = $crate::playbook::form::Properties::default();
                    $($(
                        let schema = <$value as $crate::playbook::form::Form>::schema(definitions);
                        properties.add($key, $crate::playbook::form::record!(@is_required $mode), $doc, schema);
                    )*)?
                    $(<$operators as $crate::playbook::form::operators::Operators>::describe(&mut properties, definitions);)?
                    properties.schema($what)
                })
            }
        }
    };
    (@keys [$($key:literal),*]) => { &[$($key),*] };
    (@keys [$($key:literal),*] $operators:ty) => {
        &$crate::playbook::form::operators::joined::<{ <[&str]>::len(&[$($key),*]) + <$operators as $crate::playbook::form::operators::Operators>::COUNT }>(&[$($key),*], <$operators as $crate::playbook::form::operators::Operators>::KEYS)
    };
    (@required [$($done:literal),*]) => { &[$($done),*] };
    (@required [$($done:literal),*] must $key:literal $($rest:tt)*) => {
        $crate::playbook::form::record!(@required [$($done,)* $key] $($rest)*)
    };
    (@required [$($done:literal),*] may $key:literal $($rest:tt)*) => {
        $crate::playbook::form::record!(@required [$($done),*] $($rest)*)
    };
    (@is_required must) => { true };
    (@is_required may) => { false };
}
pub(crate) use record;

/// One of several mappings, told apart by a key that only one of them has:
/// `choice! { NAME as WHAT => TYPE; "key" FORM, … ; else FORM }`. With `around FUNCTION;` that function reads it: it is
/// given the node, the reader and what would read.
macro_rules! choice {
    ($form:ident as $what:literal => $built:ty; $(around $around:path;)? $($key:literal $value:ty),+ $(; else $other:ty)?) => {
        pub(crate) struct $form;

        impl $form {
            /// The keys that tell the mappings apart.
            pub(crate) const KEYS: &'static [&'static str] = &[$($key),+];
        }

        impl $crate::playbook::form::Form for $form {
            type Value = $built;

            fn wanted() -> String {
                format!("{} such as {}", $crate::playbook::reader::mapping($what), [$(concat!("{", $key, ": …}")),+][0])
            }

            fn read(
                node: &$crate::playbook::marked::Node,
                reader: &mut $crate::playbook::reader::Reader,
            ) -> Option<$built> {
                let keys = Self::KEYS;
                let read = |reader: &mut $crate::playbook::reader::Reader| match $crate::playbook::form::telling(node, keys).as_slice() {
                    $([$key] => <$value as $crate::playbook::form::Form>::read(node, reader),)+
                    $([] => <$other as $crate::playbook::form::Form>::read(node, reader),)?
                    present => $crate::playbook::form::no_choice(node, $what, keys, present, reader),
                };
                $crate::playbook::form::choice!(@read node reader read $($around)?)
            }

            fn schema(definitions: &mut $crate::playbook::form::Definitions) -> serde_json::Value {
                definitions.refer(stringify!($form), |definitions| {
                    let forms = vec![
                        $(<$value as $crate::playbook::form::Form>::schema(definitions),)+
                        $(<$other as $crate::playbook::form::Form>::schema(definitions),)?
                    ];
                    serde_json::json!({"title": $what, "anyOf": forms})
                })
            }
        }
    };
    (@read $node:ident $reader:ident $read:ident) => { $read($reader) };
    (@read $node:ident $reader:ident $read:ident $around:path) => { $around($node, $reader, $read) };
}
pub(crate) use choice;

/// The keys that tell which mapping it is; without any, the one that was probably meant.
pub(crate) fn telling<'a>(node: &Node, keys: &[&'a str]) -> Vec<&'a str> {
    let present: Vec<&str> = keys.iter().copied().filter(|key| node.get(key).is_some()).collect();
    match present.as_slice() {
        [] => node.entries().iter().find_map(|(key, _)| nearest(&key.text, keys.iter().copied())).into_iter().collect(),
        _ => present,
    }
}

/// None of the keys that would tell, or several.
pub(crate) fn no_choice<T>(node: &Node, what: &str, keys: &[&str], present: &[&str], reader: &mut Reader) -> Option<T> {
    if !matches!(node.data, Data::Map(_)) {
        return reader.wrong(node, &format!("{} such as {{{}: …}}", mapping(what), keys[0]));
    }
    let quoted = |keys: &[&str]| keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>();
    let message = match present {
        [] => format!("{what} has one of the keys {}; add the one that is meant", keys.join(", ")),
        several if what == "a step" => {
            format!("{} are steps of their own; write each as an item of the list", quoted(several).join(" and "))
        }
        several => format!("{} exclude each other in {what}; write only one of them", quoted(several).join(" and ")),
    };
    reader.form(node.place, message);
    None
}
