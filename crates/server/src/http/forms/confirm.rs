//! `/f/confirm/{token}`: the page behind the link of a confirmation. `GET` changes nothing; its button confirms.

use std::fmt::Write;
use std::sync::Arc;

use attractor_app::App;
use attractor_app::forms::confirm::{
    ConfirmationAct, ConfirmationPage, ConfirmedRequest, OpenRequest, act as acted, show as shown,
};
use attractor_app::preferences::INERT;
use attractor_app::preferences::words::Language;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::extract::Path;
use crate::http::mail::Asked;
use crate::http::mail::form::Fields;
use crate::http::mail::html::{self, Form, escaped, paragraph};
use crate::http::problem::Problem;

/// Show what is to be confirmed; it changes nothing
#[utoipa::path(get, path = "/f/confirm/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "A page with a button", body = String, content_type = "text/html"),
    (status = 404, description = "The link is not one of ours, or what it stood for was deleted"),
    (status = 410, description = "The link has expired; the page offers a new one")))]
pub async fn show(State(app): State<Arc<App>>, Path(token): Path<String>, asked: Asked) -> Result<Response, Problem> {
    Ok(answer(&token, shown(&app, &token).await?, asked.language()))
}

/// Confirm an address with what its form said, or ask for a new link
///
/// The field `act` is `confirm` or `again`, as the page's buttons send it.
#[utoipa::path(post, path = "/f/confirm/{token}", params(("token" = String, Path, description = "Of the link")), responses(
    (status = 200, description = "It is done", body = String, content_type = "text/html"),
    (status = 404, description = "The link is not one of ours, or what it stood for was deleted"),
    (status = 410, description = "The link has expired; the page offers a new one")))]
pub async fn act(
    State(app): State<Arc<App>>,
    Path(token): Path<String>,
    asked: Asked,
    Fields(fields): Fields,
) -> Result<Response, Problem> {
    let page = match ConfirmationAct::read(&fields) {
        Some(act) => acted(&app, &token, act).await?,
        None => shown(&app, &token).await?,
    };
    Ok(answer(&token, page, asked.language()))
}

fn answer(token: &str, page: ConfirmationPage, reader: Language) -> Response {
    match page {
        ConfirmationPage::Void if token == INERT => html::not_ours(token, reader),
        ConfirmationPage::Void => void(reader),
        ConfirmationPage::Expired(language) => {
            let words = language.form_words();
            let body = paragraph(words.expired) + &button(token, ConfirmationAct::Again, words.again_button);
            html::page(StatusCode::GONE, language, words.expired_title, &body)
        }
        ConfirmationPage::Again(language) => {
            let words = language.form_words();
            html::page(StatusCode::OK, language, words.again_title, &paragraph(words.again))
        }
        ConfirmationPage::Open(open) => whole(token, &open),
        ConfirmationPage::Confirmed(done) => confirmed(&done),
    }
}

/// What a link answers that is not one of ours.
pub fn void(language: Language) -> Response {
    let words = language.form_words();
    html::page(StatusCode::NOT_FOUND, language, words.void_title, &paragraph(words.void))
}

fn button(token: &str, act: ConfirmationAct, label: &str) -> String {
    let mut form = Form::to(&format!("/f/confirm/{token}"));
    form.hidden(ConfirmationAct::FIELD, act.name());
    form.button(label);
    form.end()
}

fn whole(token: &str, open: &OpenRequest) -> Response {
    let words = open.language.form_words();
    let mut body = paragraph(&words.confirm.replace("{form}", &open.form).replace("{address}", &open.address));
    body += &answers(words.answers, open);
    if !open.consents.is_empty() {
        body += &paragraph(words.agreed);
        for text in &open.consents {
            let _ = writeln!(body, "<blockquote>{}</blockquote>", escaped(text));
        }
    }
    body += &button(token, ConfirmationAct::Confirm, words.confirm_button);
    html::page(StatusCode::OK, open.language, words.confirm_title, &body)
}

/// What the form said: the person confirms it with the address.
fn answers(heading: &str, open: &OpenRequest) -> String {
    if open.answers.is_empty() {
        return String::new();
    }
    let answer = |(label, text): &(String, String)| format!("<dt>{}</dt><dd>{}</dd>\n", escaped(label), escaped(text));
    format!("{}<dl>\n{}</dl>\n", paragraph(heading), open.answers.iter().map(answer).collect::<String>())
}

fn confirmed(done: &ConfirmedRequest) -> Response {
    let words = done.language.form_words();
    let mut body = format!("<p role=\"status\">{}</p>\n", escaped(words.confirmed));
    if let Some((name, token)) = &done.download {
        body += &paragraph(name);
        let mut form = Form::to(&format!("/d/{token}"));
        form.button(words.download_button);
        body += &form.end();
    }
    html::page(StatusCode::OK, done.language, words.confirmed_title, &body)
}
