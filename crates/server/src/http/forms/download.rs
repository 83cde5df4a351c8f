//! `/d/{token}`: a file that a form delivers. `GET` shows a page with a button, which gives the file.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::forms::download::{DownloadPage, show as shown, take as taken};
use attractor_app::preferences::words::Language;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, HeaderName, REFERRER_POLICY};
use axum::response::{IntoResponse, Response};

use super::confirm::void;
use crate::http::assets::saved;
use crate::http::extract::Path;
use crate::http::mail::Asked;
use crate::http::mail::form::Fields;
use crate::http::mail::html::{self, Form, paragraph};
use crate::http::problem::Problem;

const PRIVATE: [(HeaderName, &str); 3] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

/// Show what can be downloaded; it changes nothing
#[utoipa::path(get, path = "/d/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "A page with a button", body = String, content_type = "text/html"),
    (status = 404, description = "The link is not one of ours, or what it stood for was deleted"),
    (status = 410, description = "The link is too old, or was used too often")))]
pub async fn show(State(app): State<Arc<App>>, Path(token): Path<String>, asked: Asked) -> Result<Response, Problem> {
    Ok(answer(&token, shown(&app, &token).await?, asked.language()))
}

/// Download a file
///
/// The first time it counts as `Content Downloaded`.
#[utoipa::path(post, path = "/d/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "The file", body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 404, description = "The link is not one of ours, or what it stood for was deleted"),
    (status = 410, description = "The link is too old, or was used too often")))]
pub async fn take(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    asked: Asked,
    // Read, so that the connection can be used again.
    Fields(_): Fields,
) -> Result<Response, Problem> {
    Ok(match taken(&app, &token).await? {
        Ok(file) => (PRIVATE, saved(app, file)).into_response(),
        Err(page) => answer(&token, page, asked.language()),
    })
}

fn answer(token: &str, page: DownloadPage, reader: Language) -> Response {
    match page {
        DownloadPage::Void => void(reader),
        DownloadPage::Over(language) => {
            let words = language.form_words();
            html::page(StatusCode::GONE, language, words.download_over_title, &paragraph(words.download_over))
        }
        DownloadPage::Open { language, name, size } => {
            let words = language.form_words();
            let mut form = Form::to(&format!("/d/{token}"));
            form.button(words.download_button);
            let about = words.download.replace("{file}", &name).replace("{size}", &in_words(size));
            html::page(StatusCode::OK, language, words.download_title, &(paragraph(&about) + &form.end()))
        }
    }
}

/// A size for people.
fn in_words(bytes: i64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_for_people() {
        for (bytes, expected) in [(12, "12 B"), (45_678, "45 kB"), (2_345_678, "2.3 MB")] {
            assert_eq!(in_words(bytes), expected);
        }
    }
}
