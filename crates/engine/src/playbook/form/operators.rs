//! The operators of conditions and what each wants on its right side.

use serde_json::{Value as Json, json};

use super::group::{Either, List, MapOf};
use super::leaf::{Any, Flag, Number};
use super::{Definitions, Form, Properties, record};
use crate::playbook::marked::{Data, Node, shortened};
use crate::playbook::reader::{Fields, Reader};
use crate::value::{NumberTest, Operator, Test, Value};

/// A group of operators, of which at least one must be there.
pub(crate) trait Operators {
    const COUNT: usize = Self::KEYS.len();
    const KEYS: &'static [&'static str];

    /// The right side of one of `KEYS`.
    fn operand(operator: Operator) -> Operand;

    fn read(fields: &Fields<'_>, reader: &mut Reader) -> Option<Test> {
        let mut tests = Vec::new();
        let mut whole = true;
        for (key, node) in fields.node.entries() {
            let Some(name) = Self::KEYS.iter().find(|name| **name == key.text) else { continue };
            let Some(operator) = Operator::named(name) else { continue };
            match reader.under(name, |reader| (Self::operand(operator).read)(node, reader)) {
                Some(value) => tests.push((operator, value)),
                None => whole = false,
            }
        }
        if tests.is_empty() && whole {
            if fields.unknown().next().is_some() {
                return None;
            }
            let message = format!("{} has no operator; add one of {}", fields.record.what, Self::KEYS.join(", "));
            reader.form(fields.node.place, message);
            return None;
        }
        whole.then_some(Test(tests))
    }

    /// What an operator asks.
    fn doc(operator: Operator) -> &'static str {
        doc(operator)
    }

    fn describe(properties: &mut Properties, definitions: &mut Definitions) {
        for (operator, name) in Operator::ALL {
            if Self::KEYS.contains(&name) {
                properties.add_any_of(name, Self::doc(operator), (Self::operand(operator).schema)(definitions));
            }
        }
    }
}

/// How the right side of an operator is written.
pub(crate) struct Operand {
    read: fn(&Node, &mut Reader) -> Option<Value>,
    schema: fn(&mut Definitions) -> Json,
}

impl Operand {
    fn of<F: Form<Value = Value>>() -> Operand {
        Operand { read: F::read, schema: F::schema }
    }
}

fn doc(operator: Operator) -> &'static str {
    match operator {
        Operator::Eq => "Equal; text in lower case, and text that reads as a number equals that number.",
        Operator::Ne => {
            "The value is present and not this; in a list, no element is this. To include a missing value write not: {eq: …}."
        }
        Operator::In => "Equal to one of these.",
        Operator::NotIn => {
            "The value is present and not one of these. To include a missing value write not: {in: […]}."
        }
        Operator::Gt => "A larger number.",
        Operator::Gte => "This number or a larger one.",
        Operator::Lt => "A smaller number.",
        Operator::Lte => "This number or a smaller one.",
        Operator::Contains => "Text that contains this text, or a list that has this element.",
        Operator::StartsWith => "Text that starts with this text.",
        Operator::EndsWith => "Text that ends with this text.",
        Operator::Exists => "true: the value is present; false: it is missing.",
    }
}

/// Joins two lists of keys at compile time; `N` is the length of both together.
pub(crate) const fn joined<const N: usize>(first: &[&'static str], second: &[&'static str]) -> [&'static str; N] {
    let mut all = [""; N];
    let mut at = 0;
    while at < N {
        all[at] = if at < first.len() { first[at] } else { second[at - first.len()] };
        at += 1;
    }
    all
}

/// All operators, over values of attributes and properties.
pub(crate) struct OverValues;

impl Operators for OverValues {
    const KEYS: &'static [&'static str] =
        &["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "contains", "starts_with", "ends_with", "exists"];

    fn operand(operator: Operator) -> Operand {
        match operator {
            Operator::Eq | Operator::Ne | Operator::Contains => Operand::of::<Scalar>(),
            Operator::In | Operator::NotIn => Operand::of::<ListValue<Scalar>>(),
            Operator::Gt | Operator::Gte | Operator::Lt | Operator::Lte => Operand::of::<Numeric>(),
            Operator::StartsWith | Operator::EndsWith => Operand::of::<Part>(),
            Operator::Exists => Operand::of::<FlagValue>(),
        }
    }
}

/// The operators over a number that the program counts itself.
pub(crate) struct OverNumbers;

impl Operators for OverNumbers {
    const KEYS: &'static [&'static str] = &["eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte"];

    fn operand(operator: Operator) -> Operand {
        match operator {
            Operator::In | Operator::NotIn => Operand::of::<ListValue<NumberValue>>(),
            _ => Operand::of::<NumberValue>(),
        }
    }

    /// A score, an interest or a count always has a value.
    fn doc(operator: Operator) -> &'static str {
        match operator {
            Operator::Ne => "Another number.",
            Operator::NotIn => "A number other than these.",
            _ => doc(operator),
        }
    }
}

/// Text, a number, `true` or `false`.
pub(crate) struct Scalar;

impl Form for Scalar {
    type Value = Value;

    fn wanted() -> String {
        "text, a number, true or false".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Value> {
        match &node.data {
            Data::Text(text) => Some(Value::Text(text.clone())),
            Data::Number(number, _) if number.is_finite() => Some(Value::Number(*number)),
            Data::Bool(value) => Some(Value::Bool(*value)),
            Data::Null => {
                let hint = for_nothing(reader.operator());
                reader.wrong_with(node, &Self::wanted(), hint)
            }
            Data::List(_) => {
                let hint = for_several(reader.operator());
                reader.wrong_with(node, &Self::wanted(), hint)
            }
            _ => reader.wrong(node, &Self::wanted()),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({"type": ["string", "number", "boolean"]})
    }
}

/// How to ask for a missing value, behind an operator or in place of a bare value.
fn for_nothing(operator: Option<Operator>) -> &'static str {
    match operator {
        None => "; to ask for a missing value write {exists: false}",
        Some(Operator::Eq) => "; to ask for a missing value write exists: false instead",
        Some(Operator::Ne) => "; to ask for any value write exists: true instead",
        Some(_) => "; write a value",
    }
}

/// How to ask for one of several values.
fn for_several(operator: Option<Operator>) -> &'static str {
    match operator {
        None => "; to allow several values write {in: [ … ]}",
        Some(Operator::Eq) => "; to allow several values write in: [ … ] instead",
        Some(Operator::Ne) => "; to exclude several values write not_in: [ … ] instead",
        Some(_) => "; write a condition of its own for each value, together in any: [ … ]",
    }
}

/// A number, or text that reads as one; of other text there is a warning.
struct Numeric;

impl Form for Numeric {
    type Value = Value;

    fn wanted() -> String {
        "a number, or text that reads as one".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Value> {
        match &node.data {
            Data::Number(number, _) if number.is_finite() => Some(Value::Number(*number)),
            Data::Text(text) => Some(Value::Text(text.clone())),
            _ => reader.wrong(node, &Self::wanted()),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({"type": ["number", "string"]})
    }
}

/// The text that another text starts or ends with.
struct Part;

impl Form for Part {
    type Value = Value;

    fn wanted() -> String {
        "text".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Value> {
        match &node.data {
            Data::Text(text) => Some(Value::Text(text.clone())),
            Data::Number(_, written) => {
                reader.wrong_with(node, "text", &format!("; write it in quotes: \"{}\"", shortened(written)))
            }
            _ => reader.wrong(node, "text"),
        }
    }

    fn schema(_: &mut Definitions) -> Json {
        json!({"type": "string"})
    }
}

struct FlagValue;

impl Form for FlagValue {
    type Value = Value;

    fn wanted() -> String {
        Flag::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Value> {
        Flag::read(node, reader).map(Value::Bool)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Flag::schema(definitions)
    }
}

struct NumberValue;

impl Form for NumberValue {
    type Value = Value;

    fn wanted() -> String {
        Number::<Any>::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Value> {
        Number::<Any>::read(node, reader).map(Value::Number)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Number::<Any>::schema(definitions)
    }
}

struct ListValue<F>(std::marker::PhantomData<F>);

impl<F: Form<Value = Value>> Form for ListValue<F> {
    type Value = Value;

    fn wanted() -> String {
        List::<F>::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Value> {
        List::<F>::read(node, reader).map(Value::List)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        List::<F>::schema(definitions)
    }
}

record! { ValueOperators as "a test of a value" => Test;
    operators test: OverValues;
    build test
}

record! { NumberOperators as "a test of a number" => Test;
    operators test: OverNumbers;
    build test
}

/// The bare value: `eq`.
pub(crate) struct Bare<F>(std::marker::PhantomData<F>);

impl<F: Form<Value = Value>> Form for Bare<F> {
    type Value = Test;

    fn wanted() -> String {
        F::wanted()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<Test> {
        F::read(node, reader).map(|value| Test(vec![(Operator::Eq, value)]))
    }

    fn schema(definitions: &mut Definitions) -> Json {
        F::schema(definitions)
    }
}

/// `VALUE` or `{OP: VALUE}`, of the properties of an event.
pub(crate) type Where = MapOf<Either<Bare<Scalar>, ValueOperators>>;

/// `N` or `{OP: N}`.
pub(crate) struct CountTest;

impl Form for CountTest {
    type Value = NumberTest;

    fn wanted() -> String {
        "a number, or operators such as {gte: 2}".into()
    }

    fn read(node: &Node, reader: &mut Reader) -> Option<NumberTest> {
        Either::<Bare<NumberValue>, NumberOperators>::read(node, reader)
    }

    fn schema(definitions: &mut Definitions) -> Json {
        Either::<Bare<NumberValue>, NumberOperators>::schema(definitions)
    }
}
