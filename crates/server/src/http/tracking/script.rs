//! `GET /v1/attractor.js`: the site script.

use std::sync::LazyLock;

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};

const SCRIPT: &str = include_str!("../../../assets/attractor.js");

/// Names this very text.
static TAG: LazyLock<String> = LazyLock::new(|| {
    let hash = Sha256::digest(SCRIPT.as_bytes());
    let text: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{text}\"")
});

/// The script. Browsers ask again after an hour, and then get it only where it has changed.
pub async fn show(headers: HeaderMap) -> Response {
    let kept = [(ETAG, TAG.as_str()), (CACHE_CONTROL, "public, max-age=3600")];
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    if known.flat_map(|value| value.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == TAG.as_str()) {
        return (StatusCode::NOT_MODIFIED, kept).into_response();
    }
    (kept, [(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}
