//! The frame of the pages behind a mail's links: plain HTML that works without scripts, with styles of its own alone.

use std::fmt::Write;

use attractor_app::preferences::INERT;
use attractor_app::preferences::words::Language;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, REFERRER_POLICY,
};
use axum::response::{IntoResponse, Response};

/// The page shows styles of its own and sends its forms to this server; nothing else.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";
const ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

const STYLE: &str = include_str!("../../../assets/mail.css");

/// A page: its status, its title and the rest of its main part, which is HTML already.
pub fn page(status: StatusCode, language: Language, title: &str, body: &str) -> Response {
    page_in(status, language.tag(), title, body, "")
}

/// The same in any language; its forms may also lead to `sites`, with blanks between them.
pub fn page_in(status: StatusCode, tag: &str, title: &str, body: &str, sites: &str) -> Response {
    let (tag, title) = (escaped(tag), escaped(title));
    let text = format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n\
         <style>\n{STYLE}</style>\n<main>\n<h1>{title}</h1>\n{body}</main>\n</html>\n"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
        (CONTENT_LANGUAGE, tag),
        (CONTENT_SECURITY_POLICY, POLICY.replace("form-action 'self'", format!("form-action 'self' {sites}").trim())),
        (REFERRER_POLICY, "no-referrer".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (ROBOTS, "noindex, nofollow".to_owned()),
    ];
    (status, headers, text).into_response()
}

/// What a link answers that is not one of ours, or was changed.
pub fn missing(language: Language) -> Response {
    let words = language.words();
    page(StatusCode::NOT_FOUND, language, words.missing_title, &paragraph(words.missing))
}

/// What a link answers whose token names nobody: one of a mail that was only shown says so.
pub fn not_ours(token: &str, language: Language) -> Response {
    if token != INERT {
        return missing(language);
    }
    let words = language.words();
    page(StatusCode::OK, language, words.inert_title, &paragraph(words.inert))
}

/// What a link of a copy answers that is not kept any more.
pub fn gone(language: Language) -> Response {
    let words = language.words();
    page(StatusCode::GONE, language, words.gone_title, &paragraph(words.gone))
}

/// A paragraph of text.
pub fn paragraph(text: &str) -> String {
    format!("<p>{}</p>\n", escaped(text))
}

/// Text as it stands in HTML and in values between double quotes.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A form that sends fields to a path.
pub struct Form(String);

impl Form {
    pub fn to(path: &str) -> Form {
        Form(format!("<form method=\"post\" action=\"{}\">\n", escaped(path)))
    }

    /// HTML.
    pub fn add(&mut self, html: &str) {
        self.0.push_str(html);
    }

    pub fn hidden(&mut self, name: &str, value: &str) {
        let _ = writeln!(self.0, "<input type=\"hidden\" name=\"{}\" value=\"{}\">", escaped(name), escaped(value));
    }

    pub fn checkbox(&mut self, name: &str, value: &str, label: &str, is_on: bool) {
        let checked = if is_on { " checked" } else { "" };
        let (name, value, label) = (escaped(name), escaped(value), escaped(label));
        let _ = writeln!(
            self.0,
            "<label class=\"choice\"><input type=\"checkbox\" name=\"{name}\" value=\"{value}\"{checked}> {label}</label>"
        );
    }

    /// A list of which one is chosen: each its value and label.
    pub fn select(&mut self, name: &str, label: &str, options: &[(&str, &str)], chosen: &str) {
        let _ = writeln!(self.0, "<label>{} <select name=\"{}\">", escaped(label), escaped(name));
        for (value, label) in options {
            let selected = if *value == chosen { " selected" } else { "" };
            let _ = writeln!(self.0, "<option value=\"{}\"{selected}>{}</option>", escaped(value), escaped(label));
        }
        self.0.push_str("</select></label>\n");
    }

    pub fn button(&mut self, label: &str) {
        let _ = writeln!(self.0, "<button>{}</button>", escaped(label));
    }

    /// A button that brings a field of its own.
    pub fn button_with(&mut self, name: &str, value: &str, label: &str) {
        let (name, value, label) = (escaped(name), escaped(value), escaped(label));
        let _ = writeln!(self.0, "<button class=\"quiet\" name=\"{name}\" value=\"{value}\">{label}</button>");
    }

    /// The whole form.
    pub fn end(mut self) -> String {
        self.0.push_str("</form>\n");
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_is_shown_is_read_as_html() {
        let mut form = Form::to("/p/\"><script>");
        form.hidden("a", "\"><script>");
        form.checkbox("b", "'", "<b>", true);
        form.select("c", "<i>", &[("\"", "<u>")], "\"");
        form.button_with("d", "\"", "<s>");
        let text = form.end();
        for odd in ["<script>", "<b>", "<i>", "<u>", "<s>", "\"\""] {
            assert!(!text.contains(odd), "{odd} in {text}");
        }
        assert!(text.contains("&quot;&gt;&lt;script&gt;") && text.contains(" checked>") && text.contains(" selected>"));
    }
}
