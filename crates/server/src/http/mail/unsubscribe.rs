//! `/u/{token}`: the link to unsubscribe of every copy. `POST` ends what it names (RFC 8058); `GET` shows a page.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::preferences::unsubscribe::{UnsubscribePage, end as ended, show as shown};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::Fields;
use super::html::{Form, escaped, paragraph};
use super::{Asked, html, page};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Show what a link to unsubscribe ends, and the person's preferences; it changes nothing
#[utoipa::path(get, path = "/u/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "A page with forms", body = String, content_type = "text/html"),
    (status = 404, description = "The link is not one of ours")))]
pub async fn show(State(app): State<Arc<App>>, Path(token): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let language = asked.language();
    let found = shown(&app, &token, asked.asker, asked.reader).await?;
    Ok(found.map_or_else(|| html::not_ours(&token, language), |found| whole(&token, &found)))
}

/// Unsubscribe by one request (RFC 8058)
///
/// It ends the subscription of the link, or everything. The answer comes when that is in effect. It works forever, after
/// the erasure of the person and of the e-mail, too.
#[utoipa::path(post, path = "/u/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "It is ended", body = String, content_type = "text/html"),
    (status = 404, description = "The link is not one of ours")))]
pub async fn end(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    asked: Asked,
    // Read, so that the connection can be used again; whatever it says, the request itself is what counts.
    Fields(_): Fields,
) -> Result<Response, Problem> {
    let unknown = asked.language();
    let Some(language) = ended(&app, &token, asked.reader).await? else {
        return Ok(html::missing(unknown));
    };
    let words = language.words();
    let link = format!("<p><a href=\"/u/{}\">{}</a></p>\n", escaped(&token), escaped(words.to_preferences));
    Ok(html::page(StatusCode::OK, language, words.ended_title, &(paragraph(words.ended) + &link)))
}

fn whole(token: &str, shown: &UnsubscribePage) -> Response {
    let words = shown.language.words();
    let mut form = Form::to(&format!("/u/{token}"));
    form.button(&match &shown.ends {
        Some(name) => format!("{} {name}", words.end_one),
        None => words.end_all.to_owned(),
    });
    let mut body = form.end();
    let mut title = words.end_title;
    if let Some((token, preferences)) = &shown.preferences {
        title = words.title;
        body += &page::preferences(token, preferences);
    }
    html::page(StatusCode::OK, shown.language, title, &body)
}
