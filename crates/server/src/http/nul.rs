//! U+0000, which no text of either database may hold: whoever sends it is told so before anything is asked or stored.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use memchr::memmem;

use super::problem::Problem;

const ESCAPE: &[u8] = b"\\u0000";

/// Refuses it in a path and its query.
pub async fn refuse(request: Request, next: Next) -> Result<Response, Problem> {
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    if target.contains("%00") {
        return Err(problem());
    }
    Ok(next.run(request).await)
}

pub fn problem() -> Problem {
    Problem::bad("the character U+0000 is in no name and no text here; leave it out")
}

/// Whether a text of JSON holds it. Behind another backslash it is no escape.
pub fn is_in(json: &[u8]) -> bool {
    memmem::find_iter(json, ESCAPE).any(|place| {
        let before = json[..place].iter().rev().take_while(|byte| **byte == b'\\').count();
        before.is_multiple_of(2)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_is_told_from_a_backslash_that_is_one() {
        for (json, holds) in [
            (r#"{"a": "x\u0000"}"#, true),
            (r#"{"\u0000": 1}"#, true),
            (r#""\\\u0000""#, true),
            (r#""\\u0000""#, false),
            (r#""\\\\u0000""#, false),
            (r#""\u0001 u0000""#, false),
        ] {
            assert_eq!(is_in(json.as_bytes()), holds, "{json}");
        }
    }
}
