//! `/p/{token}`: the preference page of a person, and what it changes there; or the offer of a declared attractor.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::preferences::change::{PreferenceForm, change as changed};
use attractor_app::preferences::offer::{OfferAct, act as offer_act, show as offer_of};
use attractor_app::preferences::page::{PreferencePage, show as shown};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::form::Fields;
use super::{Asked, html, offer, page};
use crate::http::extract::Path;
use crate::http::problem::Problem;

/// Show a person's preferences, or an offer; it changes nothing
///
/// An offer is the page of a declared attractor: it repeats what an e-mail offered, with one button.
#[utoipa::path(get, path = "/p/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "A page with a form", body = String, content_type = "text/html"),
    (status = 404, description = "The link is not one of ours, or its person was erased"),
    (status = 410, description = "The e-mail of an offer is not kept any more")))]
pub async fn show(State(app): State<Arc<App>>, Path(token): Path<String>, asked: Asked) -> Result<Response, Problem> {
    let language = asked.language();
    Ok(match shown(&app, &token, asked.reader.clone()).await? {
        Some(found) => whole(&token, &found, None),
        None => offer::answer(&token, offer_of(&app, &token, asked.reader).await?, language, None),
    })
}

/// Change a person's preferences, or choose what is offered
///
/// The fields are those of the page's form. Only what differs from what the page showed is changed, and the answer comes
/// when it is in effect.
#[utoipa::path(post, path = "/p/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "The page as it is now", body = String, content_type = "text/html"),
    (status = 404, description = "The link is not one of ours, or its person was erased"),
    (status = 410, description = "The e-mail of an offer is not kept any more")))]
pub async fn change(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    asked: Asked,
    Fields(fields): Fields,
) -> Result<Response, Problem> {
    let form = PreferenceForm::read(&fields);
    let Some((found, is_changed)) = changed(&app, &token, form, asked.reader.clone()).await? else {
        return chosen(&app, &token, &fields, asked).await;
    };
    let words = found.language.words();
    Ok(whole(&token, &found, Some(if is_changed { words.saved } else { words.unchanged })))
}

/// What somebody does on the page of an offer; without a field that says what, nothing.
async fn chosen(app: &App, token: &str, fields: &[(String, String)], asked: Asked) -> Result<Response, Problem> {
    let (language, act) = (asked.language(), OfferAct::read(fields));
    let offer = match act {
        Some(act) => offer_act(app, token, act, asked.reader).await?,
        None => offer_of(app, token, asked.reader).await?,
    };
    Ok(offer::answer(token, offer, language, act))
}

fn whole(token: &str, shown: &PreferencePage, notice: Option<&str>) -> Response {
    let notice = notice.map(|notice| format!("<p role=\"status\">{}</p>\n", html::escaped(notice))).unwrap_or_default();
    let body = notice + &page::preferences(token, shown);
    html::page(StatusCode::OK, shown.language, shown.language.words().title, &body)
}
