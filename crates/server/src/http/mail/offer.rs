//! The page of a declared attractor: the offer with one button.

use attractor_app::preferences::offer::{Offer, OfferAct, OfferPage};
use attractor_app::preferences::words::Language;
use axum::http::StatusCode;
use axum::response::Response;

use super::html::{self, Form, escaped, paragraph};

/// What a link answers that may be an offer.
pub fn answer(token: &str, offer: Offer, language: Language, act: Option<OfferAct>) -> Response {
    match offer {
        Offer::NotOurs => html::not_ours(token, language),
        Offer::Gone => html::gone(language),
        Offer::Page(page) => whole(token, &page, act),
    }
}

fn whole(token: &str, page: &OfferPage, act: Option<OfferAct>) -> Response {
    let words = page.language.words();
    let about = |text: &str| text.replace("{topic}", &page.topic);
    let (notice, next, label) = match (page.is_chosen, act) {
        (true, _) => (about(words.chosen), OfferAct::TakeBack, words.take_back),
        (false, Some(OfferAct::TakeBack)) => (words.taken_back.to_owned(), OfferAct::Choose, words.choose),
        (false, _) => (about(words.offer), OfferAct::Choose, words.choose),
    };
    let mut form = Form::to(&format!("/p/{token}"));
    match next {
        OfferAct::Choose => {
            form.hidden(OfferAct::FIELD, next.name());
            form.button(label);
        }
        OfferAct::TakeBack => form.button_with(OfferAct::FIELD, next.name(), label),
    }
    let notice = match act {
        Some(_) => format!("<p role=\"status\">{}</p>\n", escaped(&notice)),
        None => paragraph(&notice),
    };
    let link = format!("<p><a href=\"{}\">{}</a></p>\n", escaped(&page.url), escaped(words.to_page));
    let link = if page.url.starts_with("https://") || page.url.starts_with("http://") { link } else { String::new() };
    html::page(StatusCode::OK, page.language, words.offer_title, &(notice + &form.end() + &link))
}
