//! `/f/{form}`: the page of a form, and what people send by it, from that page or from one of their own sites.

use std::sync::Arc;

use attractor_app::App;
use attractor_app::forms::page::ShownForm;
use attractor_app::forms::submit::{Submitted, SubmittedPage, Submitter, show as shown, submit as submitted};
use attractor_app::preferences::words::Language;
use axum::Json;
use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::header::{
    ACCEPT, ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, HeaderName, LOCATION, REFERRER_POLICY, RETRY_AFTER,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use utoipa::IntoParams;

use super::page::whole;
use crate::http::extract::{Path, Query};
use crate::http::mail::Asked;
use crate::http::mail::form::fields;
use crate::http::mail::html::{self, paragraph};
use crate::http::problem::Problem;

/// The most bytes of a form: all of its fields, filled in with letters that take nine bytes each.
const LARGEST: usize = 256 << 10;
/// Any page may read the answer: it says nothing of anybody, and no cookie comes with the request.
const FROM_ANYWHERE: (HeaderName, &str) = (ACCESS_CONTROL_ALLOW_ORIGIN, "*");

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Shown {
    /// The language to show the form in, if it has it
    lang: Option<String>,
}

fn submitter(asked: Asked) -> Submitter {
    Submitter { address: asked.asker.address, languages: asked.reader.languages }
}

/// The page of a form
#[utoipa::path(get, path = "/f/{form}", params(("form" = String, Path, description = "The form's id"), Shown), responses(
    (status = 200, description = "A page with the form", body = String, content_type = "text/html"),
    (status = 404, description = "The form does not exist")))]
pub async fn show(
    State(app): State<Arc<App>>,
    Path(form): Path<String>,
    Query(Shown { lang }): Query<Shown>,
    asked: Asked,
) -> Result<Response, Problem> {
    let language = asked.language();
    let found = shown(&app, form, submitter(asked), lang).await?;
    Ok(found.map_or_else(|| no_form(language), |form| whole(StatusCode::OK, &form, form.redirect.as_deref())))
}

/// Submit a form
///
/// The fields are those of the form. The answer is the same whether the address is known or not. With `Accept:
/// application/json` it is JSON with `text`, and `errors` by field or `redirect`.
#[utoipa::path(post, path = "/f/{form}", params(("form" = String, Path, description = "The form's id")), responses(
    (status = 200, description = "It is taken", body = String, content_type = "text/html"),
    (status = 303, description = "It is taken; the page of the form's `redirect` is next"),
    (status = 404, description = "The form does not exist"),
    (status = 413, description = "The form has more than 256 kB"),
    (status = 422, description = "The page again, with what is wrong beside each field"),
    (status = 429, description = "Too many forms came from this network")))]
pub async fn submit(
    State(app): State<Arc<App>>,
    Path(form): Path<String>,
    headers: HeaderMap,
    asked: Asked,
    body: Body,
) -> Result<Response, Problem> {
    let (language, is_script) = (asked.language(), wants_json(&headers));
    let too_large = |_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "the form is larger than 256 kB, or broke off");
    let body = to_bytes(body, LARGEST).await.map_err(too_large)?;
    let fields = fields(&String::from_utf8_lossy(&body));
    let done = submitted(&app, form, submitter(asked), fields).await?;
    let response = if is_script { for_script(language, done) } else { for_people(language, done) };
    Ok(([FROM_ANYWHERE], response).into_response())
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).is_some_and(|value| value.as_bytes().starts_with(b"application/json"))
}

fn for_people(language: Language, done: Submitted) -> Response {
    match done {
        Submitted::NoForm => no_form(language),
        Submitted::Wrong(form) => whole(StatusCode::UNPROCESSABLE_ENTITY, &form, form.redirect.as_deref()),
        Submitted::TooOften(language, seconds) => {
            let words = language.form_words();
            let status = StatusCode::TOO_MANY_REQUESTS;
            let page = html::page(status, language, words.too_often_title, &paragraph(words.too_often));
            ([(RETRY_AFTER, seconds.to_string())], page).into_response()
        }
        Submitted::Done(SubmittedPage { redirect: Some(url), .. }) => elsewhere(&url),
        Submitted::Done(page) => {
            let words = page.house.form_words();
            let mut body: String = page.thanks.split("\n\n").map(paragraph).collect();
            if page.is_mailed {
                body += &format!("<p role=\"status\">{}</p>\n", html::escaped(words.look_into_mailbox));
            }
            html::page_in(StatusCode::OK, &page.tag, words.thanks_title, &body, "")
        }
    }
}

fn for_script(language: Language, done: Submitted) -> Response {
    let (status, answer) = match done {
        Submitted::NoForm => (StatusCode::NOT_FOUND, json!({"text": language.form_words().no_form})),
        Submitted::Wrong(form) => (StatusCode::UNPROCESSABLE_ENTITY, errors(&form)),
        Submitted::TooOften(language, _) => {
            (StatusCode::TOO_MANY_REQUESTS, json!({"text": language.form_words().too_often}))
        }
        Submitted::Done(page) => {
            let more = page.is_mailed.then_some(page.house.form_words().look_into_mailbox);
            let text = [Some(page.thanks.as_str()), more].into_iter().flatten().collect::<Vec<_>>().join(" ");
            (StatusCode::OK, json!({"text": text, "redirect": page.redirect}))
        }
    };
    (status, [(CACHE_CONTROL, "no-store")], Json(answer)).into_response()
}

fn errors(form: &ShownForm) -> Value {
    let wrong = form.fields.iter().filter_map(|field| Some((field.name.clone(), Value::from(field.error?))));
    json!({"text": form.house.form_words().mistakes, "errors": wrong.collect::<Map<_, _>>()})
}

/// Where a form leads was checked when it was written; nothing that was sent is in it.
fn elsewhere(url: &str) -> Response {
    match HeaderValue::try_from(url) {
        Ok(location) => {
            let kept = [(CACHE_CONTROL, "no-store"), (REFERRER_POLICY, "no-referrer")];
            (StatusCode::SEE_OTHER, kept, [(LOCATION, location)]).into_response()
        }
        Err(_) => StatusCode::NO_CONTENT.into_response(),
    }
}

fn no_form(language: Language) -> Response {
    let words = language.form_words();
    html::page(StatusCode::NOT_FOUND, language, words.no_form_title, &paragraph(words.no_form))
}
