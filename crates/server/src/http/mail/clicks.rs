//! `GET /t/c/{token}`: where a link of an e-mail leads. `GET /t/o/{token}`: its pixel.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::clicks::answer::{Followed, click, open as opened};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION, REFERRER_POLICY};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use super::{Asked, html};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// A transparent GIF of one pixel.
const PIXEL: [u8; 43] = *b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
    \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;";

/// What a header cannot carry as it is: everything else of a URL stays as its author wrote it.
const NOT_IN_HEADERS: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>');

/// Answers of a link are neither kept nor found, and do not say where somebody came from.
const PRIVATE: [(HeaderName, &str); 3] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

/// Follow a link of an e-mail
///
/// It redirects only to where the e-mail pointed. Of a copy that is measured, the click is stored before the answer, as long as not too many wait.
#[utoipa::path(get, path = "/t/c/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 302, description = "Where the link leads"), (status = 404, description = "The link is not one of ours"),
    (status = 410, description = "The e-mail is not kept any more")))]
pub async fn follow(State(app): State<Arc<App>>, Path(token): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let language = asked.language();
    Ok(match click(&app, &token, asked.asker).await? {
        Followed::To(url) => redirect(&url),
        Followed::NotOurs => html::missing(language),
        Followed::Gone => html::gone(language),
    })
}

/// Load the pixel of an e-mail
///
/// Of a copy that is measured, the open is stored before the answer, as long as not too many wait.
#[utoipa::path(get, path = "/t/o/{token}", params(("token" = String, Path, description = "Of the pixel")), responses(
    (status = 200, description = "A transparent image of one pixel", body = Vec<u8>, content_type = "image/gif"),
    (status = 404, description = "The pixel is not one of ours")))]
pub async fn open(State(app): State<Arc<App>>, Path(token): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let language = asked.language();
    if !opened(&app, &token, asked.asker).await? {
        return Ok(html::missing(language));
    }
    Ok((PRIVATE, [(CONTENT_TYPE, "image/gif")], PIXEL).into_response())
}

fn redirect(url: &str) -> Response {
    let location: String = utf8_percent_encode(url, NOT_IN_HEADERS).collect();
    match HeaderValue::try_from(location) {
        Ok(location) => (StatusCode::FOUND, PRIVATE, [(LOCATION, location)]).into_response(),
        Err(_) => StatusCode::GONE.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_exactly_to_where_its_author_pointed() {
        for (url, expected) in [
            ("https://acme.example/a?b=c&d=%20e#f", "https://acme.example/a?b=c&d=%20e#f"),
            ("https://acme.example/Größe", "https://acme.example/Gr%C3%B6%C3%9Fe"),
            ("https://acme.example/a b", "https://acme.example/a%20b"),
            ("https://acme.example/{a}|b'c", "https://acme.example/{a}|b'c"),
        ] {
            let response = redirect(url);
            assert_eq!(response.headers()[LOCATION], expected);
            assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
        }
    }
}
