//! Values of attributes and properties, and the operators that test them (contract §3, operators).

pub use crate::test::same;

/// A value as conditions see it. Objects are flattened to dotted paths before; one inside a list equals nothing.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub enum Value {
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Value>),
    /// An object or `null` inside a list: present, but equal to nothing.
    Opaque,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Operator {
    Eq,
    Ne,
    In,
    NotIn,
    Gt,
    Gte,
    Lt,
    Lte,
    Contains,
    StartsWith,
    EndsWith,
    Exists,
}

impl Operator {
    pub const ALL: [(Operator, &'static str); 12] = [
        (Operator::Eq, "eq"),
        (Operator::Ne, "ne"),
        (Operator::In, "in"),
        (Operator::NotIn, "not_in"),
        (Operator::Gt, "gt"),
        (Operator::Gte, "gte"),
        (Operator::Lt, "lt"),
        (Operator::Lte, "lte"),
        (Operator::Contains, "contains"),
        (Operator::StartsWith, "starts_with"),
        (Operator::EndsWith, "ends_with"),
        (Operator::Exists, "exists"),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }

    pub fn named(name: &str) -> Option<Operator> {
        Self::ALL.iter().find(|(_, n)| *n == name).map(|(operator, _)| *operator)
    }
}

/// Operators that must all hold of one value; at least one. `In` and `NotIn` carry a `Value::List`, `Exists` a `Value::Bool`.
#[derive(Clone, Debug, PartialEq)]
pub struct Test(pub Vec<(Operator, Value)>);

/// Operators over a number (a count, a score, a strength, a share): `Eq Ne Gt Gte Lt Lte` carry a `Value::Number`, `In` and `NotIn` a `Value::List` of numbers.
pub type NumberTest = Test;
