//! Languages of e-mails: names of months and days, the order of dates, separators of numbers, words of the footer.

use super::words::{self, Words};

/// A language of e-mails, from a tag such as `de` or `de-AT` (BCP 47).
///
/// ```
/// use attractor_mail::render::Language;
/// assert_eq!(Language::new("de-AT").code(), "de");
/// assert!(Language::new("ar").is_right_to_left());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    tag: String,
}

impl Default for Language {
    fn default() -> Self {
        Self::new("en")
    }
}

impl Language {
    /// Text that is not a language tag is taken for `en`.
    pub fn new(tag: &str) -> Self {
        let is_tag = !tag.is_empty()
            && tag.len() <= 35
            && tag.starts_with(|c: char| c.is_ascii_alphabetic())
            && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        Self { tag: if is_tag { tag.replace('_', "-") } else { "en".into() } }
    }

    /// The whole tag, for `lang`.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// The first part of the tag, in lowercase.
    pub fn code(&self) -> String {
        self.tag.split('-').next().unwrap_or("en").to_ascii_lowercase()
    }

    /// Whether its script is written from right to left.
    pub fn is_right_to_left(&self) -> bool {
        matches!(self.code().as_str(), "ar" | "he" | "fa" | "ur" | "yi" | "ps" | "sd" | "ug" | "dv")
    }

    pub(super) fn words(&self) -> &'static Words {
        words::of(&self.code())
    }
}
