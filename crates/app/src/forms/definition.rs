//! What a form is, as a marketer writes it and as it is stored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A form: what it asks, and what follows when somebody submits it
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormDefinition {
    /// Its heading, and what the confirmation e-mail calls it
    pub title: String,
    /// Shown below the title
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The language in which the form is written, such as `en` or `de-AT`
    #[serde(default = "english")]
    pub language: String,
    /// One of them has the type `email` and is required: it says who submits
    pub fields: Vec<FormField>,
    /// Boxes by which people agree to be written to. Nobody has to tick them
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<ConsentBox>,
    /// An event besides `Form Submitted`, such as `Demo Requested`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emits: Option<String>,
    /// The topic of its events, by its id in the playbook
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// The property `intent` of its events: `educate`, `compare`, `decide` or a word of your own
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// The file that people get once they have confirmed their address
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asset: Option<DeliveredAsset>,
    /// On the button that submits
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    /// Shown when it was submitted
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thanks: Option<String>,
    /// Where people go instead when it was submitted: a page of `public_url` or of one of your own domains
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redirect: Option<String>,
    /// Your privacy policy, linked below the form
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub privacy_url: Option<String>,
    /// The words of the e-mail by which people confirm their address; plain text
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<ConfirmationWords>,
    /// Who submits sooner than this number of seconds after the page was shown is taken for a program
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_seconds: Option<u32>,
    /// The same words in other languages, by language
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub translations: BTreeMap<String, FormWords>,
}

fn english() -> String {
    "en".to_owned()
}

/// What a form asks
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormField {
    /// As the form sends it: small letters, digits and `_`
    pub name: String,
    #[serde(rename = "type")]
    pub kind: FieldKind,
    /// What people read beside it; fields of the type `hidden` need none
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub label: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// The attribute that the answer sets. Without one, the answer is kept with the event alone, as `answers.NAME`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attribute: Option<String>,
    /// What can be chosen, for the type `choice`
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// For the type `hidden`: its value, whatever a page sends. Without it, the page's value counts
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// The type of a field
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum FieldKind {
    #[default]
    Text,
    Email,
    Tel,
    Number,
    Choice,
    Checkbox,
    Hidden,
    Textarea,
}

/// A box by which people agree to be written to
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentBox {
    /// The subscription that people agree to get, by its id in the playbook; without one, all e-mails
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<String>,
    /// Exactly what people agree to. It is kept as the proof
    pub text: String,
}

/// A file that a form delivers
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeliveredAsset {
    /// The id of the asset
    pub id: String,
    /// What people call it, and the property `asset` of `Content Downloaded`; by default the name of the file
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The property `format`, such as `guide`, `case-study`, `webinar`, `comparison`, `demo`, `testimonial` or `trial`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
}

/// The words of a confirmation e-mail
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConfirmationWords {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Above the link; an empty line begins a new paragraph
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// The words of a form in another language; what is left out is shown in the form's own language
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormWords {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// By the names of fields
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// By the names of fields of the type `choice`: what is shown for each option, in their order
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, Vec<String>>,
    /// The texts of the boxes, in their order
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thanks: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmation: Option<ConfirmationWords>,
}

impl FormDefinition {
    /// The first language of a header `Accept-Language` in which the form is written; otherwise its own.
    pub fn language_for<'f>(&'f self, header: &str) -> &'f str {
        let offered = || std::iter::once(&self.language).chain(self.translations.keys());
        let asked = header.split(',').filter_map(|part| part.split(';').next()).map(str::trim);
        let found = asked.filter(|tag| !tag.is_empty()).find_map(|tag| {
            let exact = offered().find(|one| one.eq_ignore_ascii_case(tag));
            exact.or_else(|| offered().find(|one| primary(one) == primary(tag)))
        });
        found.unwrap_or(&self.language)
    }
}

/// The language of a tag without its region: `de` of `de-AT`.
pub fn primary(tag: &str) -> String {
    tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_shown_in_the_first_language_that_it_has() {
        let translations = ["de", "fr-CH"].map(|tag| (tag.to_owned(), FormWords::default()));
        let form = FormDefinition { language: "en".into(), translations: translations.into(), ..Default::default() };
        for (header, expected) in [
            ("", "en"),
            ("*", "en"),
            ("de-AT,de;q=0.9,en;q=0.8", "de"),
            ("it, fr;q=0.9, de;q=0.8", "fr-CH"),
            ("en-GB, de", "en"),
            ("ja", "en"),
        ] {
            assert_eq!(form.language_for(header), expected, "{header}");
        }
    }
}
