//! `GET /`: what this is and where to go, for whoever opens the address.

use std::sync::Arc;

use attractor_app::App;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, REFERRER_POLICY};
use axum::response::IntoResponse;

/// Its `{{address}}` is where this page was found. It says nothing else about this installation: anybody may open it.
const PAGE: &str = include_str!("../../assets/home.html");
/// The page has styles of its own and nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'none'";

pub async fn page(State(app): State<Arc<App>>, headers: HeaderMap) -> impl IntoResponse {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let address = address(&app.settings.public_url, host, &app.settings.listen.to_string());
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
    ];
    (headers, PAGE.replace("{{address}}", &address))
}

/// Where the server can be reached, as HTML has it: its public address, otherwise the one that the request used.
pub(super) fn address(public: &str, host: Option<&str>, listen: &str) -> String {
    if !public.is_empty() {
        return public.trim_end_matches('/').replace('&', "&amp;").replace('<', "&lt;");
    }
    // The page shows nothing that a request could bring but a host and its port.
    let is_plain = |host: &&str| {
        !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']'))
    };
    format!("http://{}", host.filter(is_plain).unwrap_or(listen))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_shows_the_address_that_it_was_found_at() {
        let listen = "127.0.0.1:8080";
        for (public, host, shown) in [
            ("", Some("10.0.0.7:9000"), "http://10.0.0.7:9000"),
            ("", Some("[::1]:8080"), "http://[::1]:8080"),
            ("", None, "http://127.0.0.1:8080"),
            ("", Some("<script>"), "http://127.0.0.1:8080"),
            ("https://leads.example.org/", Some("10.0.0.7:9000"), "https://leads.example.org"),
        ] {
            assert_eq!(address(public, host, listen), shown);
        }
        assert_eq!(PAGE.matches("{{address}}").count(), 1);
        assert!(!PAGE.contains("127.0.0.1"));
    }
}
