//! What the links of an e-mail open: redirects and pixels under `/t`, unsubscribing under `/u`, preferences and
//! offers under `/p`. Each
//! link names its person by a signed token, so nobody signs in, and no cookie is set.

pub mod clicks;
pub(super) mod form;
pub(super) mod html;
mod offer;
mod page;
pub mod preferences;
pub mod unsubscribe;
pub mod visits;

use std::convert::Infallible;
use std::sync::Arc;

use attractor_app::App;
use attractor_app::clicks::answer::{Asker, Fetch};
use attractor_app::preferences::LANGUAGE;
use attractor_app::preferences::page::Reader;
use attractor_app::preferences::words::Language;
use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT_LANGUAGE, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use super::peer::Address;

/// Headers by which browsers and proxies say that they fetch something before anybody asks for it.
const IN_ADVANCE: [&str; 3] = ["sec-purpose", "purpose", "x-moz"];

/// Who asks, as a link sees it.
pub struct Asked {
    pub asker: Asker,
    pub reader: Reader,
}

impl Asked {
    /// The language of a page that knows nobody.
    pub(super) fn language(&self) -> Language {
        self.reader.copy.or_else(|| Language::of_header(&self.reader.languages)).unwrap_or(Language::English)
    }
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Asked, Infallible> {
        let Address(address) = Address::from_request_parts(parts, app).await?;
        let header = |name| parts.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let agent = header(USER_AGENT).unwrap_or_default().replace('\0', "");
        let asker = Asker { fetch: fetch(&parts.method, &parts.headers), agent, address, at: app.clock.now() };
        let copy = named_language(parts.uri.query().unwrap_or_default());
        Ok(Asked { asker, reader: Reader { languages: header(ACCEPT_LANGUAGE).unwrap_or_default(), copy } })
    }
}

/// The language that the address of a page names, where the pages speak it.
fn named_language(query: &str) -> Option<Language> {
    let (_, tag) = form::fields(query).into_iter().find(|(name, _)| name == LANGUAGE)?;
    Language::of_tag(&tag)
}

fn fetch(method: &Method, headers: &HeaderMap) -> Fetch {
    let says_so = |name: &str| {
        headers
            .get(name)
            .is_some_and(|value| value.as_bytes().windows(8).any(|part| part.eq_ignore_ascii_case(b"prefetch")))
    };
    match *method {
        Method::HEAD => Fetch::Look,
        _ if IN_ADVANCE.iter().any(|name| says_so(name)) => Fetch::Advance,
        _ => Fetch::Show,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_language_that_the_pages_speak() {
        for (query, expected) in [
            ("lang=de", Some(Language::German)),
            ("a=b&lang=it-CH", Some(Language::Italian)),
            ("lang=es", None),
            ("lang=", None),
            ("language=de", None),
            ("", None),
        ] {
            assert_eq!(named_language(query), expected, "{query}");
        }
    }

    #[test]
    fn how_something_is_fetched_is_told_by_method_and_headers() {
        for (method, name, value, expected) in [
            (Method::GET, "accept", "*/*", Fetch::Show),
            (Method::HEAD, "accept", "*/*", Fetch::Look),
            (Method::HEAD, "purpose", "prefetch", Fetch::Look),
            (Method::GET, "sec-purpose", "prefetch;prerender", Fetch::Advance),
            (Method::GET, "purpose", "Prefetch", Fetch::Advance),
            (Method::GET, "x-moz", "prefetch", Fetch::Advance),
            (Method::GET, "purpose", "preview", Fetch::Show),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            assert_eq!(fetch(&method, &headers), expected, "{method} {name}: {value}");
        }
    }
}
