//! What came of the variants of an e-mail. Only copies that differ by nothing else are a test: those of one version of the
//! playbook, because a correction changes the text while copies leave, and those of one language, because a translation has
//! no variants and its readers are other people.

use std::collections::{BTreeMap, BTreeSet};

use attractor_store::VersionNumber;
use serde::Serialize;
use utoipa::ToSchema;

use super::facts::{CopyFacts, CopyText};
use super::{BroadcastRate, Part};

/// What came of a variant of the e-mail, in one version of the playbook and one language
#[derive(Debug, Serialize, ToSchema)]
pub struct BroadcastVariant {
    /// The version of the playbook whose e-mail these copies got: another one where the broadcast was corrected in between
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    /// The language of their text
    pub language: String,
    /// Null: the e-mail itself
    pub variant: Option<String>,
    pub sent: i64,
    pub opened: BroadcastRate,
    pub clicked: BroadcastRate,
}

/// Copies by their text. Those whose text is not known are left out.
#[derive(Default)]
pub(super) struct Variants(BTreeMap<CopyText, BTreeMap<Option<String>, Part>>);

impl Variants {
    pub fn add(&mut self, facts: &CopyFacts) {
        if let Some(text) = &facts.text {
            self.0.entry(text.clone()).or_default().entry(facts.variant.clone()).or_default().add(facts);
        }
    }

    /// Where there is more than the e-mail itself.
    pub fn rows(&self) -> Vec<BroadcastVariant> {
        if !self.has_any() {
            return Vec::new();
        }
        let of_text = |(text, parts): (&CopyText, &BTreeMap<Option<String>, Part>)| -> Vec<BroadcastVariant> {
            let row = |(variant, part): (&Option<String>, &Part)| BroadcastVariant {
                version: text.version,
                language: text.language.clone(),
                variant: variant.clone(),
                sent: part.sent,
                opened: part.opened(),
                clicked: part.clicked(),
            };
            parts.iter().map(row).collect()
        };
        self.0.iter().flat_map(of_text).collect()
    }

    /// Why some of the rows are not to be compared with each other, in English; `None` where all may be.
    pub fn apart(&self) -> Option<String> {
        if !self.has_any() || self.0.len() < 2 {
            return None;
        }
        let versions: BTreeSet<VersionNumber> = self.0.keys().map(|text| text.version).collect();
        let languages: BTreeSet<&str> = self.0.keys().map(|text| text.language.as_str()).collect();
        let versions: Vec<String> = versions.iter().map(VersionNumber::to_string).collect();
        let of_versions = (versions.len() > 1).then(|| {
            let all = versions.join(", ");
            format!("Its copies have the texts of several versions of the playbook ({all}), because it was corrected.")
        });
        let of_languages = (languages.len() > 1).then(|| {
            "Only the text in the playbook's own language has variants; readers of other languages are not part of the test."
                .to_owned()
        });
        let rule = "Compare only variants of the same version and language.".to_owned();
        Some(of_versions.into_iter().chain(of_languages).chain([rule]).collect::<Vec<_>>().join(" "))
    }

    fn has_any(&self) -> bool {
        self.0.values().any(|parts| parts.keys().any(Option::is_some))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variants(copies: &[(i64, &str, Option<&str>, bool)]) -> Variants {
        let mut all = Variants::default();
        for (version, language, variant, opened) in copies {
            let text = CopyText { version: VersionNumber(*version), language: (*language).to_owned() };
            all.add(&CopyFacts {
                text: Some(text),
                variant: variant.map(str::to_owned),
                measured: true,
                opened: *opened,
                ..CopyFacts::default()
            });
        }
        all
    }

    /// Version, language, variant, copies sent and opened.
    type Row = (i64, String, Option<String>, i64, i64);

    fn row(version: i64, language: &str, variant: Option<&str>, sent: i64, opened: i64) -> Row {
        (version, language.to_owned(), variant.map(str::to_owned), sent, opened)
    }

    fn rows(variants: &Variants) -> Vec<Row> {
        let shown = variants.rows().into_iter();
        shown.map(|one| (one.version.0, one.language, one.variant, one.sent, one.opened.leads)).collect()
    }

    #[test]
    fn copies_before_and_after_a_correction_are_counted_apart() {
        let before = [(3, "en", None, true), (3, "en", Some("asks"), false), (3, "en", Some("asks"), true)];
        let all = variants(&before);
        let of_before = vec![row(3, "en", None, 1, 1), row(3, "en", Some("asks"), 2, 1)];
        assert_eq!((rows(&all), all.apart()), (of_before.clone(), None));
        // The better subject is the e-mail's own from version 5 on.
        let all = variants(&[&before[..], &[(5, "en", None, true), (5, "en", None, true)]].concat());
        assert_eq!(rows(&all), [of_before, vec![row(5, "en", None, 2, 2)]].concat());
        let why = all.apart().unwrap();
        assert!(why.contains("(3, 5)") && why.contains("was corrected") && !why.contains("readers"), "{why}");
    }

    #[test]
    fn readers_of_a_translation_are_not_counted_with_those_of_the_email_itself() {
        let all = variants(&[(3, "de", None, true), (3, "en", None, false), (3, "en", Some("asks"), false)]);
        let expected = vec![row(3, "de", None, 1, 1), row(3, "en", None, 1, 0), row(3, "en", Some("asks"), 1, 0)];
        assert_eq!(rows(&all), expected);
        let why = all.apart().unwrap();
        assert!(why.starts_with("Only the text in the playbook's own language has variants; "), "{why}");
    }

    #[test]
    fn an_email_without_variants_has_no_rows_whatever_was_corrected() {
        let all = variants(&[(3, "de", None, true), (3, "en", None, false), (5, "en", None, false)]);
        assert!(all.rows().is_empty() && all.apart().is_none());
        let mut unknown = Variants::default();
        unknown.add(&CopyFacts { variant: Some("asks".into()), ..CopyFacts::default() });
        assert!(unknown.rows().is_empty(), "what its copy holds cannot be read");
    }
}
