//! What a page sent: the fields of its form, or a few bytes.

use std::convert::Infallible;

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use percent_encoding::percent_decode_str;

/// The most that is read of a body, in bytes; a longer one is as one without fields.
const MOST: usize = 16 << 10;

/// The fields, in order. Whatever cannot be read is as no fields.
pub struct Fields(pub Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &S) -> Result<Fields, Infallible> {
        let SmallBody(body) = SmallBody::from_request(request, state).await?;
        Ok(Fields(fields(&String::from_utf8_lossy(&body))))
    }
}

/// A short body, whatever it is.
pub struct SmallBody(pub Bytes);

impl<S: Send + Sync> FromRequest<S> for SmallBody {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &S) -> Result<SmallBody, Infallible> {
        Ok(SmallBody(to_bytes(request.into_body(), MOST).await.unwrap_or_default()))
    }
}

/// The fields of a body as browsers write them, in order.
pub fn fields(body: &str) -> Vec<(String, String)> {
    let pairs = body.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// A text without the character that no text can be stored with.
fn text(encoded: &str) -> String {
    percent_decode_str(&encoded.replace('+', " ")).decode_utf8_lossy().replace('\0', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        for (body, expected) in [
            ("", vec![]),
            ("List-Unsubscribe=One-Click", vec![("List-Unsubscribe", "One-Click")]),
            ("on=topic%3Aa&on=b+c%C3%A9&x", vec![("on", "topic:a"), ("on", "b cé"), ("x", "")]),
            ("&&=&%ff=%00%", vec![("", ""), ("\u{fffd}", "%")]),
        ] {
            let read = fields(body);
            let read: Vec<(&str, &str)> = read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            assert_eq!(read, expected, "{body}");
        }
    }
}
