//! Lists, pairs, mappings with free keys, and values that are written in one of two ways.

use std::marker::PhantomData;

use serde_json::{Value as Json, json};

use super::{Definitions, Form};
use crate::playbook::marked::{Data, Node};
use crate::playbook::reader::Reader;

/// A list, maybe empty.
pub(crate) struct List<F>(PhantomData<F>);

/// A list with at least one item.
pub(crate) struct Some1<F>(PhantomData<F>);

fn read_items<F: Form>(node: &Node, wanted: &str, reader: &mut Reader) -> Option<Vec<F::Value>> {
    let Data::List(items) = &node.data else {
        return reader.wrong_with(node, wanted, "; write it as [ … ] or as lines that begin with `- `");
    };
    // All are read before any is missed, so that every problem is found in one run.
    let read: Vec<Option<F::Value>> = items.iter().map(|item| F::read(item, reader)).collect();
    read.into_iter().collect()
}

impl<F: Form> Form for List<F> {
    type Value = Vec<F::Value>;

    fn wanted() -> String {
        format!("a list, each item {}", F::wanted())
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self::Value> {
        read_items::<F>(node, &Self::wanted(), reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({"type": "array", "items": F::schema(definitions)})
    }
}

impl<F: Form> Form for Some1<F> {
    type Value = Vec<F::Value>;

    fn wanted() -> String {
        format!("a list with at least one item, each {}", F::wanted())
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self::Value> {
        match &node.data {
            Data::List(items) if items.is_empty() => reader.wrong(node, &Self::wanted()),
            _ => read_items::<F>(node, &Self::wanted(), reader),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({"type": "array", "items": F::schema(definitions), "minItems": 1})
    }
}

/// One value, or a list with at least one.
pub(crate) struct OneOrSeveral<F>(PhantomData<F>);

impl<F: Form> Form for OneOrSeveral<F> {
    type Value = Vec<F::Value>;

    fn wanted() -> String {
        F::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self::Value> {
        match &node.data {
            Data::List(_) => Some1::<F>::read(node, reader),
            _ => F::read(node, reader).map(|one| vec![one]),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({"anyOf": [F::schema(definitions), Some1::<F>::schema(definitions)]})
    }
}

/// `[LOW, HIGH]`: two values, of which the first is the smaller, or with `EQUAL` no larger.
pub(crate) struct Between<F, const EQUAL: bool>(PhantomData<F>);

impl<F: Form<Value: PartialOrd>, const EQUAL: bool> Form for Between<F, EQUAL> {
    type Value = (F::Value, F::Value);

    fn wanted() -> String {
        format!("[LOW, HIGH], each {}", F::wanted())
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self::Value> {
        let [low, high] = node.items() else {
            return reader.wrong(node, &Self::wanted());
        };
        let (from, to) = (F::read(low, reader), F::read(high, reader));
        let (from, to) = (from?, to?);
        if from > to {
            reader.meaning(node.place, "the first of the two is the low end and must be below the second; swap them");
        } else if from == to && !EQUAL {
            reader.meaning(node.place, "the two ends are equal and leave nothing between; make the second larger");
        }
        Some((from, to))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({"type": "array", "items": F::schema(definitions), "minItems": 2, "maxItems": 2})
    }
}

/// A mapping whose keys are names, in the order written.
pub(crate) struct MapOf<F>(PhantomData<F>);

impl<F: Form> Form for MapOf<F> {
    type Value = Vec<(String, F::Value)>;

    fn wanted() -> String {
        format!("a mapping of names, each to {}", F::wanted())
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self::Value> {
        let Data::Map(entries) = &node.data else {
            return reader.wrong(node, &Self::wanted());
        };
        let read: Vec<Option<(String, F::Value)>> = entries
            .iter()
            .map(|(key, value)| {
                let value = reader.under(&key.text, |reader| F::read(value, reader));
                if key.text.is_empty() {
                    reader.form(key.place, "a name here is empty; write the name in front of the colon");
                    return None;
                }
                Some((key.text.clone(), value?))
            })
            .collect();
        read.into_iter().collect()
    }

    fn schema(definitions: &mut Definitions) -> Json {
        let (names, values) = (json!({"minLength": 1}), F::schema(definitions));
        json!({"type": "object", "propertyNames": names, "additionalProperties": values})
    }
}

/// `Plain`, or the mapping `Mapping`.
pub(crate) struct Either<Plain, Mapping>(PhantomData<(Plain, Mapping)>);

impl<P: Form, M: Form<Value = P::Value>> Form for Either<P, M> {
    type Value = P::Value;

    fn wanted() -> String {
        format!("{}, or {}", P::wanted(), M::wanted())
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Self::Value> {
        match node.data {
            Data::Map(_) => M::read(node, reader),
            _ => reader.or_instead(M::wanted(), |reader| P::read(node, reader)),
        }
    }

    fn schema(definitions: &mut Definitions) -> Json {
        json!({"anyOf": [P::schema(definitions), M::schema(definitions)]})
    }
}
