//! A form as somebody sees it: in a language, with what was filled in and what is wrong with it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::answers::{AnswerError, Sent};
use super::definition::{FieldKind, FormDefinition, FormField, FormWords, primary};
use super::request::ShownAnswer;
use super::words::FormPageWords;
use crate::preferences::words::Language;

/// A form in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownForm {
    pub id: String,
    /// The language of its words, for `lang`.
    pub tag: String,
    /// The language of the words that it gets from us.
    pub house: Language,
    pub title: String,
    pub text: Option<String>,
    pub fields: Vec<ShownField>,
    pub consents: Vec<ShownConsent>,
    pub button: String,
    pub privacy_url: Option<String>,
    /// Where people go when it was submitted.
    pub redirect: Option<String>,
    /// Says when it was shown; empty where nobody asks.
    pub served: String,
}

/// A field, with what was filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownField {
    pub name: String,
    pub kind: FieldKind,
    pub label: String,
    pub is_required: bool,
    /// Values, each with what is shown for it.
    pub options: Vec<(String, String)>,
    pub value: String,
    pub error: Option<&'static str>,
}

/// A box, with whether it is ticked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownConsent {
    pub text: String,
    pub is_on: bool,
}

/// The language of our own words beside words in a language.
pub fn house(tag: &str) -> Language {
    Language::of_tag(tag).unwrap_or(Language::English)
}

/// A form's words in one language.
#[derive(Clone, Copy)]
pub struct Texts<'f> {
    form: &'f FormDefinition,
    words: Option<&'f FormWords>,
    pub tag: &'f str,
}

impl<'f> Texts<'f> {
    /// The words in a language; the form's own where it has no such translation.
    pub fn of(form: &'f FormDefinition, tag: &str) -> Texts<'f> {
        let found = form.translations.iter().find(|(one, _)| one.eq_ignore_ascii_case(tag));
        let tag = found.map_or(form.language.as_str(), |(tag, _)| tag);
        Texts { form, words: found.map(|(_, words)| words), tag }
    }

    pub fn house(self) -> &'static FormPageWords {
        house(self.tag).form_words()
    }

    fn translated(self, pick: impl Fn(&FormWords) -> Option<&String>) -> Option<&'f str> {
        self.words.and_then(pick).map(String::as_str)
    }

    pub fn title(self) -> &'f str {
        self.translated(|words| words.title.as_ref()).unwrap_or(&self.form.title)
    }

    pub fn text(self) -> Option<&'f str> {
        self.translated(|words| words.text.as_ref()).or(self.form.text.as_deref())
    }

    pub fn button(self) -> &'f str {
        let own = self.form.button.as_deref().filter(|_| self.is_own());
        self.translated(|words| words.button.as_ref()).or(own).unwrap_or(self.house().submit)
    }

    pub fn thanks(self) -> &'f str {
        let own = self.form.thanks.as_deref().filter(|_| self.is_own());
        self.translated(|words| words.thanks.as_ref()).or(own).unwrap_or(self.house().thanks)
    }

    pub fn subject(self) -> &'f str {
        let own = self.form.confirmation.as_ref().and_then(|words| words.subject.as_deref()).filter(|_| self.is_own());
        let translated = self.translated(|words| words.confirmation.as_ref()?.subject.as_ref());
        translated.or(own).unwrap_or(self.house().mail_subject)
    }

    /// What the confirmation says above its link, where the form has words of its own for that.
    pub fn letter(self) -> Option<&'f str> {
        let own = self.form.confirmation.as_ref().and_then(|words| words.text.as_deref()).filter(|_| self.is_own());
        self.translated(|words| words.confirmation.as_ref()?.text.as_ref()).or(own)
    }

    /// The text of a box: exactly what is agreed to.
    pub fn consent(self, place: usize) -> &'f str {
        let translated = self.words.and_then(|words| words.consents.get(place));
        translated.or_else(|| Some(&self.form.consents.get(place)?.text)).map_or("", String::as_str)
    }

    fn label(self, field: &'f FormField) -> &'f str {
        self.translated(|words| words.labels.get(&field.name)).unwrap_or(&field.label)
    }

    /// What an answer sets, as it is shown for its owner to confirm. A field that nobody sees has the name of its attribute.
    pub fn answer(self, field: &FormField, attribute: &str, value: &Value) -> ShownAnswer {
        let label = Some(self.label(field)).filter(|label| !label.is_empty()).unwrap_or(attribute);
        let chosen = |text: &str| self.options(field).into_iter().find(|(option, _)| option == text);
        let text = match value {
            Value::Bool(true) => self.house().yes.to_owned(),
            Value::Bool(false) => self.house().no.to_owned(),
            Value::String(text) => chosen(text).map_or_else(|| text.clone(), |(_, shown)| shown),
            other => other.to_string(),
        };
        ShownAnswer { label: label.to_owned(), text, attribute: attribute.to_owned(), value: value.clone() }
    }

    fn options(self, field: &FormField) -> Vec<(String, String)> {
        let shown = self.words.and_then(|words| words.options.get(&field.name)).unwrap_or(&field.options);
        field.options.iter().cloned().zip(shown.iter().cloned()).collect()
    }

    /// Whether the form's own words are in this language: a translation that lacks some gets ours.
    fn is_own(self) -> bool {
        self.words.is_none() || primary(self.tag) == primary(&self.form.language)
    }
}

impl ShownForm {
    /// A form with what was filled in, and what is wrong.
    pub fn new(
        id: &str,
        form: &FormDefinition,
        tag: &str,
        sent: &Sent,
        wrong: &BTreeMap<String, AnswerError>,
    ) -> ShownForm {
        let texts = Texts::of(form, tag);
        let field = |field: &FormField| ShownField {
            name: field.name.clone(),
            kind: field.kind,
            label: texts.label(field).to_owned(),
            is_required: field.required,
            options: texts.options(field),
            value: sent.value(&field.name).to_owned(),
            error: wrong.get(&field.name).map(|error| texts.house().of(*error)),
        };
        // What has a value of its own is never sent.
        let asked = form.fields.iter().filter(|field| field.value.is_none());
        let agreed = sent.agreed();
        let consent =
            |place: usize| ShownConsent { text: texts.consent(place).to_owned(), is_on: agreed.contains(&place) };
        ShownForm {
            id: id.to_owned(),
            tag: texts.tag.to_owned(),
            house: house(texts.tag),
            title: texts.title().to_owned(),
            text: texts.text().map(str::to_owned),
            fields: asked.map(field).collect(),
            consents: (0..form.consents.len()).map(consent).collect(),
            button: texts.button().to_owned(),
            privacy_url: form.privacy_url.clone(),
            redirect: form.redirect.clone(),
            served: String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form() -> FormDefinition {
        serde_json::from_value(json!({
            "title": "Guide", "button": "Get it", "thanks": "Enjoy it",
            "fields": [
                {"name": "email", "type": "email", "label": "E-mail", "required": true},
                {"name": "size", "type": "choice", "label": "Size", "options": ["S", "L"]},
                {"name": "at", "type": "hidden", "value": "fair"}
            ],
            "consents": [{"text": "News"}, {"text": "Offers"}],
            "translations": {"de": {"title": "Leitfaden", "labels": {"size": "Größe"}, "options": {"size": ["Klein", "Groß"]},
                "consents": ["Neues", "Angebote"]}}
        }))
        .unwrap()
    }

    #[test]
    fn a_form_is_shown_in_a_language_with_what_was_filled_in() {
        let sent = [("size", "L"), ("_consent", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        let wrong = BTreeMap::from([("email".to_owned(), AnswerError::Missing)]);
        let shown = ShownForm::new("guide", &form(), "de", &Sent(&sent), &wrong);
        assert_eq!((shown.title.as_str(), shown.button.as_str(), shown.tag.as_str()), ("Leitfaden", "Absenden", "de"));
        assert_eq!(shown.fields.len(), 2, "what has a value of its own is not shown");
        assert_eq!(shown.fields[0].error, Some("Bitte füllen Sie dieses Feld aus."));
        assert_eq!(shown.fields[1].options[1], ("L".to_owned(), "Groß".to_owned()));
        assert_eq!((shown.fields[1].label.as_str(), shown.fields[1].value.as_str()), ("Größe", "L"));
        assert_eq!(shown.consents[1], ShownConsent { text: "Angebote".into(), is_on: true });
    }

    #[test]
    fn what_a_translation_lacks_is_ours_in_that_language() {
        let form = form();
        let (own, german) = (Texts::of(&form, "en"), Texts::of(&form, "de"));
        assert_eq!(
            (own.button(), own.thanks(), own.subject()),
            ("Get it", "Enjoy it", "Please confirm your e-mail address")
        );
        assert_eq!(german.thanks(), "Wir haben Ihre Angaben erhalten.");
        assert_eq!(german.subject(), "Bitte bestätigen Sie Ihre E-Mail-Adresse");
        assert_eq!(Texts::of(&form, "fr").tag, "en", "a language that the form lacks");
    }
}
