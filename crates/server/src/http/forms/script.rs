//! `GET /f/attractor-forms.js`: what makes forms on other pages nicer.

use std::sync::LazyLock;

use axum::http::HeaderMap;
use axum::response::Response;

use crate::http::tracking::script::Script;

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../../../assets/attractor-forms.js")));

/// The script, compressed for browsers that accept it.
pub async fn show(headers: HeaderMap) -> Response {
    SCRIPT.answer(&headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_served_it_is_under_three_thousand_bytes() {
        let length = SCRIPT.compressed().len();
        assert!((1..3_000).contains(&length), "{length} bytes");
    }
}
