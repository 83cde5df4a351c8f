//! `/p/{token}`: the preference page of a person, and what it changes there.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::preferences::change::{PreferenceForm, change as changed};
use attractor_app::preferences::page::{PreferencePage, show as shown};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::Fields;
use super::{Asked, html, page};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Show a person's preferences; it changes nothing
#[utoipa::path(get, path = "/p/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "A page with a form", body = String, content_type = "text/html"),
    (status = 404, description = "The link is not one of ours, or its person was erased")))]
pub async fn show(State(app): State<Arc<App>>, Path(token): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let language = asked.language();
    let found = shown(&app, &token, asked.reader).await?;
    Ok(found.map_or_else(|| html::missing(language), |found| whole(&token, &found, None)))
}

/// Change a person's preferences
///
/// The fields are those of the page's form. Only what differs from what the page showed is changed, and the answer comes
/// when it is in effect.
#[utoipa::path(post, path = "/p/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "The page as it is now", body = String, content_type = "text/html"),
    (status = 404, description = "The link is not one of ours, or its person was erased")))]
pub async fn change(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    asked: Asked,
    Fields(fields): Fields,
) -> Result<Response, Problem> {
    let language = asked.language();
    let Some((found, is_changed)) = changed(&app, &token, PreferenceForm::read(&fields), asked.reader).await? else {
        return Ok(html::missing(language));
    };
    let words = found.language.words();
    Ok(whole(&token, &found, Some(if is_changed { words.saved } else { words.unchanged })))
}

fn whole(token: &str, shown: &PreferencePage, said: Option<&str>) -> Response {
    let said = said.map(|said| format!("<p role=\"status\">{}</p>\n", html::escaped(said))).unwrap_or_default();
    let body = said + &page::preferences(token, shown);
    html::page(StatusCode::OK, shown.language, shown.language.words().title, &body)
}
