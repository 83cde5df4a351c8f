//! Parameters of paths and queries, read once for all handlers: what cannot be read is refused with its name, its value and
//! what would be right.

use std::borrow::Cow;

use attractor_engine::misread::in_words;
use attractor_engine::printable;
use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{self, FromRequestParts, MatchedPath};
use axum::http::Uri;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The parameters of a path.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, Problem> {
        match extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(extract::Path(value)) => Ok(Path(value)),
            Err(rejection) => {
                let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str);
                Err(misread_path(&rejection, route, parts.uri.path()))
            }
        }
    }
}

/// The parameters of a query.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Query<T>, Problem> {
        let read = extract::Query::<T>::try_from_uri(&parts.uri);
        read.map(|extract::Query(value)| Query(value)).map_err(|error| misread_query(&error.body_text(), &parts.uri))
    }
}

/// The names and values of a query, as they were sent.
pub fn sent(uri: &Uri) -> Vec<(String, String)> {
    extract::Query::try_from_uri(uri).map_or_else(|_| Vec::new(), |extract::Query(sent)| sent)
}

/// What axum says: `Failed to deserialize query string: limit: invalid digit found in string`, the name only if the value
/// of one parameter is wrong.
fn misread_query(said: &str, uri: &Uri) -> Problem {
    let said = said.strip_prefix("Failed to deserialize query string: ").unwrap_or(said);
    let (name, why) = said.split_once(": ").filter(|(name, _)| is_name(name)).unwrap_or(("", said));
    let why = in_words(why);
    let value = sent(uri).into_iter().rfind(|(sent, _)| sent == name).map(|(_, value)| value);
    Problem::bad(match value {
        Some(value) if !why.contains(&format!("`{value}`")) => {
            format!("the query parameter `{name}` is `{}`; {why}", shortened(&value))
        }
        Some(_) => format!("the query parameter `{name}` cannot be read: {why}"),
        None => format!("the query cannot be read: {why}"),
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

fn misread_path(rejection: &PathRejection, route: &str, path: &str) -> Problem {
    let PathRejection::FailedToDeserializePathParams(failed) = rejection else {
        return Problem::bad("the path cannot be read");
    };
    let names: Vec<&str> = route.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).collect();
    let wrong = |name: &str, value: &str, expected: &str| {
        format!("`{name}` in the path is `{}`; {}", shortened(value), expected_of(expected))
    };
    let first = names.first().copied().unwrap_or("it");
    Problem::bad(match failed.kind() {
        ErrorKind::ParseErrorAtKey { key, value, expected_type } => wrong(key, value, expected_type),
        ErrorKind::ParseErrorAtIndex { index, value, expected_type } => {
            wrong(names.get(*index).copied().unwrap_or(first), value, expected_type)
        }
        ErrorKind::ParseError { value, expected_type } => wrong(first, value, expected_type),
        ErrorKind::InvalidUtf8InPathParam { key } => {
            format!("`{key}` in the path is not UTF-8; write other characters as %XX, from their UTF-8 bytes")
        }
        ErrorKind::DeserializeError { key, value, message } => {
            format!("`{key}` in the path is `{}`: {}", shortened(value), in_words(message))
        }
        ErrorKind::Message(message) => format!("`{}` cannot be read: {}", shortened(path), in_words(message)),
        _ => format!("`{}` cannot be read; the description of the API says what is expected", shortened(path)),
    })
}

/// What is expected of a parameter that is parsed to a type of Rust.
fn expected_of(name: &str) -> &'static str {
    match name {
        "i8" | "i16" | "i32" | "i64" | "isize" => "expected a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "expected a whole number from 0",
        "f32" | "f64" => "expected a number",
        "bool" => "expected `true` or `false`",
        _ => "the description of the API says what is expected",
    }
}

/// As much of a value as an answer repeats.
fn shortened(text: &str) -> Cow<'_, str> {
    printable::shortened(text, 60)
}
