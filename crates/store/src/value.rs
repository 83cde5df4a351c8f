//! What goes into the databases and comes out: the types that both know.

use std::borrow::Cow;

use crate::error::{Error, Kind};

/// A parameter, or a field of a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(Cow<'a, str>),
    Bytes(Cow<'a, [u8]>),
}

impl Value<'_> {
    /// How long it is, if it is a text or bytes.
    pub(crate) fn bytes_of_text(&self) -> usize {
        match self {
            Value::Text(text) => text.len(),
            Value::Bytes(bytes) => bytes.len(),
            Value::Null | Value::Integer(_) | Value::Real(_) => 0,
        }
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Value::Integer(value)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Value::Integer(i64::from(value))
    }
}

impl From<f64> for Value<'_> {
    fn from(value: f64) -> Self {
        Value::Real(value)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(value: &'a str) -> Self {
        Value::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Value::Text(Cow::Owned(value))
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(value: &'a String) -> Self {
        Value::Text(Cow::Borrowed(value))
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(value: &'a [u8]) -> Self {
        Value::Bytes(Cow::Borrowed(value))
    }
}

impl From<Vec<u8>> for Value<'_> {
    fn from(value: Vec<u8>) -> Self {
        Value::Bytes(Cow::Owned(value))
    }
}

impl<'a, T: Into<Value<'a>>> From<Option<T>> for Value<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// One row of an answer; its fields go by their place in the SELECT.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Row(pub(crate) Vec<Value<'static>>);

impl Row {
    pub fn integer(&self, place: usize) -> Result<i64, Error> {
        match self.0.get(place) {
            Some(Value::Integer(value)) => Ok(*value),
            other => Err(unexpected(place, "an integer", other)),
        }
    }

    pub fn real(&self, place: usize) -> Result<f64, Error> {
        match self.0.get(place) {
            Some(Value::Real(value)) => Ok(*value),
            Some(Value::Integer(value)) => Ok(*value as f64),
            other => Err(unexpected(place, "a number", other)),
        }
    }

    pub fn boolean(&self, place: usize) -> Result<bool, Error> {
        Ok(self.integer(place)? != 0)
    }

    pub fn text(&self, place: usize) -> Result<&str, Error> {
        match self.0.get(place) {
            Some(Value::Text(value)) => Ok(value),
            other => Err(unexpected(place, "text", other)),
        }
    }

    pub fn bytes(&self, place: usize) -> Result<&[u8], Error> {
        match self.0.get(place) {
            Some(Value::Bytes(value)) => Ok(value),
            other => Err(unexpected(place, "bytes", other)),
        }
    }

    /// Takes a text out of the row.
    pub fn take_text(&mut self, place: usize) -> Result<String, Error> {
        match self.0.get_mut(place) {
            Some(Value::Text(value)) => Ok(std::mem::take(value).into_owned()),
            other => Err(unexpected(place, "text", other.as_deref())),
        }
    }

    /// How long its texts are together.
    pub(crate) fn bytes_of_text(&self) -> usize {
        self.0.iter().map(Value::bytes_of_text).sum()
    }

    pub fn is_null(&self, place: usize) -> bool {
        matches!(self.0.get(place), None | Some(Value::Null))
    }

    pub fn integer_or_null(&self, place: usize) -> Result<Option<i64>, Error> {
        if self.is_null(place) { Ok(None) } else { self.integer(place).map(Some) }
    }

    pub fn real_or_null(&self, place: usize) -> Result<Option<f64>, Error> {
        if self.is_null(place) { Ok(None) } else { self.real(place).map(Some) }
    }

    pub fn text_or_null(&self, place: usize) -> Result<Option<&str>, Error> {
        if self.is_null(place) { Ok(None) } else { self.text(place).map(Some) }
    }
}

fn unexpected(place: usize, wanted: &str, found: Option<&Value>) -> Error {
    Error::new(Kind::Other, format!("the database gave {found:?} in column {place}, where {wanted} belongs"))
}
