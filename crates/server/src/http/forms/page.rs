//! Forms as HTML: on their own page, and as a snippet for others. Every field has a label, and what is wrong is beside it.

use std::collections::BTreeMap;
use std::fmt::Write;

use attractor_app::forms::answers::{CONSENT, HONEYPOT, LANGUAGE, SERVED, Sent};
use attractor_app::forms::definition::{FieldKind, FormDefinition};
use attractor_app::forms::page::{ShownField, ShownForm};
use attractor_app::forms::words::FormPageWords;
use axum::http::StatusCode;
use axum::response::Response;

use crate::http::mail::html::{self, escaped, paragraph};

/// The page of a form; `redirect` is where people go behind it.
pub fn whole(status: StatusCode, form: &ShownForm, redirect: Option<&str>) -> Response {
    let words = form.house.form_words();
    let mut body: String = form.text.iter().flat_map(|text| text.split("\n\n")).map(paragraph).collect();
    if form.fields.iter().any(|field| field.error.is_some()) {
        let _ = writeln!(body, "<p role=\"alert\">{}</p>", escaped(words.mistakes));
    }
    body += &inner(form, &format!("/f/{}", form.id), "");
    if let Some(url) = &form.privacy_url {
        let _ = writeln!(body, "<p><a href=\"{}\">{}</a></p>", escaped(url), escaped(words.privacy));
    }
    html::page_in(status, &form.tag, &form.title, &body, &redirect.map(origin).unwrap_or_default())
}

/// Scheme and host of a page's address: browsers check where a form leads in the end.
fn origin(url: &str) -> String {
    url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/")
}

/// HTML for a page of one's own. The script is optional.
pub fn snippet(id: &str, form: &FormDefinition, url: &str) -> String {
    let shown = ShownForm::new(id, form, &form.language, &Sent(&[]), &BTreeMap::new());
    let script = url.rsplit_once('/').map_or(url, |(before, _)| before);
    let mut text = inner(&shown, url, &format!(" data-attractor-form=\"{}\"", escaped(id)));
    if let Some(privacy) = &shown.privacy_url {
        let words = shown.house.form_words();
        let _ = writeln!(text, "<p><a href=\"{}\">{}</a></p>", escaped(privacy), escaped(words.privacy));
    }
    let _ = writeln!(text, "<script async src=\"{}/attractor-forms.js\"></script>", escaped(script));
    text
}

fn inner(form: &ShownForm, action: &str, more: &str) -> String {
    let words = form.house.form_words();
    // What the browser would refuse by itself, we say in the language of the form.
    let mut text =
        format!("<form method=\"post\" action=\"{}\"{more} accept-charset=\"utf-8\" novalidate>\n", escaped(action));
    for (name, value) in
        [(LANGUAGE, &form.tag), (SERVED, &form.served)].into_iter().filter(|(_, value)| !value.is_empty())
    {
        let _ = writeln!(text, "<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escaped(value));
    }
    form.fields.iter().for_each(|field| text += &one(form, field, words));
    for (place, consent) in form.consents.iter().enumerate() {
        let checked = if consent.is_on { " checked" } else { "" };
        let label = escaped(&consent.text);
        let _ = writeln!(
            text,
            "<div><label class=\"choice\"><input type=\"checkbox\" name=\"{CONSENT}\" value=\"{place}\"{checked}> {label}</label></div>"
        );
    }
    // People neither see it nor reach it by keys; programs fill it in.
    let _ = writeln!(
        text,
        "<div style=\"position:absolute;left:-9999px\" aria-hidden=\"true\"><label>{} <input name=\"{HONEYPOT}\" \
         tabindex=\"-1\" autocomplete=\"off\"></label></div>",
        escaped(words.leave_empty)
    );
    let _ = writeln!(text, "<button>{}</button>\n</form>", escaped(&form.button));
    text
}

fn one(form: &ShownForm, field: &ShownField, words: &FormPageWords) -> String {
    if field.kind == FieldKind::Hidden {
        let (name, value) = (escaped(&field.name), escaped(&field.value));
        return format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">\n");
    }
    let id = format!("{}-{}", form.id, field.name);
    let star = match field.is_required {
        true => format!(" <abbr title=\"{}\">*</abbr>", escaped(words.required)),
        false => String::new(),
    };
    let (label, attributes) = (escaped(&field.label), attributes(&id, field));
    let control = control(field, &attributes, words);
    let mut text = match field.kind {
        FieldKind::Checkbox => format!("<div><label class=\"choice\">{control} <span>{label}{star}</span></label>\n"),
        _ => format!("<div><label for=\"{}\">{label}{star}</label>\n{control}\n", escaped(&id)),
    };
    if let Some(error) = field.error {
        let _ = writeln!(text, "<p class=\"wrong\" id=\"{}-wrong\">{}</p>", escaped(&id), escaped(error));
    }
    text + "</div>\n"
}

/// What all controls have: their name, and how they are tied to their label and to what is wrong.
fn attributes(id: &str, field: &ShownField) -> String {
    let mut text = format!("id=\"{}\" name=\"{}\"", escaped(id), escaped(&field.name));
    if field.is_required {
        text += " required aria-required=\"true\"";
    }
    if field.error.is_some() {
        let _ = write!(text, " aria-invalid=\"true\" aria-describedby=\"{}-wrong\"", escaped(id));
    }
    text
}

fn control(field: &ShownField, attributes: &str, words: &FormPageWords) -> String {
    let value = escaped(&field.value);
    match field.kind {
        FieldKind::Textarea => format!("<textarea {attributes} rows=\"5\">{value}</textarea>"),
        FieldKind::Checkbox => {
            let checked = if field.value.is_empty() { "" } else { " checked" };
            format!("<input type=\"checkbox\" {attributes} value=\"yes\"{checked}>")
        }
        FieldKind::Choice => {
            let mut text = format!("<select {attributes}>\n<option value=\"\">{}</option>\n", escaped(words.choose));
            for (option, shown) in &field.options {
                let selected = if *option == field.value { " selected" } else { "" };
                let _ = writeln!(text, "<option value=\"{}\"{selected}>{}</option>", escaped(option), escaped(shown));
            }
            text + "</select>"
        }
        kind => format!("<input {} {attributes} value=\"{value}\">", input_type(kind)),
    }
}

fn input_type(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Email => "type=\"email\" autocomplete=\"email\"",
        FieldKind::Tel => "type=\"tel\" autocomplete=\"tel\"",
        FieldKind::Number => "type=\"text\" inputmode=\"decimal\"",
        _ => "type=\"text\"",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const HOSTILE: &str = "\"><script>alert(1)</script>";

    fn form() -> FormDefinition {
        serde_json::from_value(json!({
            "title": "Guide",
            "fields": [
                {"name": "email", "type": "email", "label": HOSTILE, "required": true},
                {"name": "size", "type": "choice", "label": "Size", "options": [HOSTILE]},
                {"name": "text", "type": "textarea", "label": "Text"},
                {"name": "from", "type": "hidden"},
                {"name": "terms", "type": "checkbox", "label": "Terms"}
            ],
            "consents": [{"text": HOSTILE}], "privacy_url": "https://acme.example/privacy"
        }))
        .unwrap()
    }

    #[test]
    fn nothing_that_somebody_writes_is_read_as_html() {
        let fields = ["email", "size", "text", "from"].map(|name| (name.to_owned(), HOSTILE.to_owned()));
        let shown = ShownForm::new("guide", &form(), "en", &Sent(&fields), &BTreeMap::new());
        let text = inner(&shown, "/f/guide", "");
        assert!(!text.contains("<script"), "{text}");
        assert_eq!(text.matches("&lt;script&gt;").count(), 7, "{text}");
    }

    #[test]
    fn every_field_has_a_label_and_what_is_wrong_is_tied_to_it() {
        let wrong = [("email".to_owned(), attractor_app::forms::answers::AnswerError::Missing)].into();
        let shown = ShownForm::new("guide", &form(), "en", &Sent(&[]), &wrong);
        let text = inner(&shown, "/f/guide", "");
        assert!(text.contains("<label for=\"guide-size\">Size</label>"), "{text}");
        assert!(text.contains("aria-describedby=\"guide-email-wrong\""), "{text}");
        assert!(text.contains("<p class=\"wrong\" id=\"guide-email-wrong\">Please fill this in.</p>"), "{text}");
    }

    #[test]
    fn a_snippet_posts_to_the_server_and_works_without_its_script() {
        let text = snippet("guide", &form(), "https://leads.acme.example/f/guide");
        assert!(text.starts_with("<form method=\"post\" action=\"https://leads.acme.example/f/guide\""), "{text}");
        assert!(text.contains("data-attractor-form=\"guide\""));
        assert!(text.contains("src=\"https://leads.acme.example/f/attractor-forms.js\""), "{text}");
        assert_eq!(origin("https://shop.example/a/b?c"), "https://shop.example");
    }
}
