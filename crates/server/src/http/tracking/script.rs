//! `GET /v1/attractor.js`: the site script; and how scripts are served.

use std::io::Write;
use std::sync::LazyLock;

use axum::http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest, Sha256};

static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("../../../assets/attractor.js")));

/// A script that pages load.
pub struct Script {
    text: &'static str,
    /// Names this very text.
    tag: String,
    /// Empty if that failed, which writing to memory does not.
    compressed: Vec<u8>,
}

impl Script {
    /// Compresses it, once.
    pub fn new(text: &'static str) -> Script {
        let hash = Sha256::digest(text.as_bytes());
        let tag: String = hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        let compressed = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish()).unwrap_or_default();
        Script { text, tag: format!("\"{tag}\""), compressed }
    }

    /// Its bytes as they go over the wire.
    pub fn compressed(&self) -> &[u8] {
        &self.compressed
    }

    /// The script, compressed for browsers that accept it. They ask again after an hour, and then get it only if it has
    /// changed.
    pub fn answer(&'static self, headers: &HeaderMap) -> Response {
        let kept = [(ETAG, self.tag.as_str()), (CACHE_CONTROL, "public, max-age=3600"), (VARY, "accept-encoding")];
        let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
        if known.flat_map(|value| value.split(',')).any(|tag| tag.trim().trim_start_matches("W/") == self.tag) {
            return (StatusCode::NOT_MODIFIED, kept).into_response();
        }
        let kind = [(CONTENT_TYPE, "text/javascript; charset=utf-8")];
        if takes_gzip(headers) && !self.compressed.is_empty() {
            return (kept, kind, [(CONTENT_ENCODING, "gzip")], self.compressed.as_slice()).into_response();
        }
        (kept, kind, self.text).into_response()
    }
}

/// The script of sites.
pub async fn show(headers: HeaderMap) -> Response {
    SCRIPT.answer(&headers)
}

/// Whether `Accept-Encoding` names gzip and does not give it the weight 0 (RFC 9110, section 12.5.3).
fn takes_gzip(headers: &HeaderMap) -> bool {
    let named = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    named.flat_map(|value| value.split(',')).any(|coding| {
        let mut parts = coding.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.trim().parse::<f64>().ok());
        (name.eq_ignore_ascii_case("gzip") || name == "*") && weight != Some(0.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_goes_to_browsers_that_take_it() {
        for (accepted, takes) in [
            ("gzip, deflate, br, zstd", true),
            ("GZIP;q=0.5", true),
            ("*", true),
            ("br", false),
            ("gzip;q=0, br", false),
            ("gzip; q=0.0", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, accepted.parse().unwrap())]);
            assert_eq!(takes_gzip(&headers), takes, "{accepted}");
        }
        assert!(!takes_gzip(&HeaderMap::new()));
    }

    #[test]
    fn as_served_it_is_under_five_thousand_bytes() {
        let length = SCRIPT.compressed().len();
        assert!((1..5_000).contains(&length), "{length} bytes");
    }
}
