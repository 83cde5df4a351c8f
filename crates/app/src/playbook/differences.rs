//! What differs between two versions, as sentences: the rules field by field, and the files.

use std::collections::BTreeSet;

use attractor_engine::condition::Names;
use attractor_engine::playbook::differences::{Difference, differences};
use attractor_engine::playbook::{self, Playbook};
use attractor_live::PLAYBOOK;
use attractor_store::VersionNumber;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::files::Files;
use crate::refusal::Refusal;
use crate::schemas::AnyJson;
use crate::view::View;

/// One difference between two versions
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct DifferenceItem {
    /// Where in the playbook, as paths of edits are written: `/scores/lead/rules/pricing/points`; of a file its path
    pub path: String,
    /// `added`, `removed`, `changed` or `moved`
    pub change: &'static str,
    /// What differs, in English with the names that people use
    pub sentence: String,
    /// The value before, as the playbook writes it; null where there was none, or where the sentence says all
    #[schema(value_type = Option<AnyJson>)]
    pub was: Option<Value>,
    #[schema(value_type = Option<AnyJson>)]
    pub now: Option<Value>,
}

impl From<Difference> for DifferenceItem {
    fn from(difference: Difference) -> DifferenceItem {
        let Difference { path, differs, sentence, was, now } = difference;
        DifferenceItem { path, change: differs.name(), sentence, was, now }
    }
}

/// What differs between two versions
#[derive(Debug, Serialize, ToSchema)]
pub struct VersionDifferences {
    #[schema(value_type = i64)]
    pub from: VersionNumber,
    #[schema(value_type = i64)]
    pub to: VersionNumber,
    /// Empty where they mean the same
    pub differences: Vec<DifferenceItem>,
}

/// The playbook of files. One that this program does not read counts as empty.
pub fn playbook_of(files: &Files) -> Playbook {
    playbook::read(files.get(PLAYBOOK).map_or("", String::as_str)).playbook.unwrap_or_default()
}

/// From one version's files to another's.
pub fn between(old: &Files, new: &Files) -> Vec<DifferenceItem> {
    between_read((old, &playbook_of(old)), (new, &playbook_of(new)))
}

/// The same for files whose playbooks are read already.
pub fn between_read((old, before): (&Files, &Playbook), (new, after): (&Files, &Playbook)) -> Vec<DifferenceItem> {
    let mut all: Vec<DifferenceItem> = differences(before, after).into_iter().map(DifferenceItem::from).collect();
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).filter(|path| *path != PLAYBOOK).collect();
    for path in paths.into_iter().filter(|path| old.get(*path) != new.get(*path)) {
        let (change, verb) = match (old.get(path), new.get(path)) {
            (None, _) => ("added", "is new"),
            (_, None) => ("removed", "is removed"),
            _ => ("changed", "was rewritten"),
        };
        let readers = used_by(if new.contains_key(path) { after } else { before }, path);
        let sentence = format!("The file `{path}`{readers} {verb}.");
        all.push(DifferenceItem { path: path.clone(), change, sentence, was: None, now: None });
    }
    all
}

/// ", the body of the e-mail “Hello”,"
fn used_by(playbook: &Playbook, path: &str) -> String {
    let names = Names::of(playbook);
    let is_body = |email: &&playbook::Email| {
        let translated = email.languages.iter().map(|(_, translation)| &translation.body);
        let variants = email.variants.iter().filter_map(|variant| variant.body.as_ref());
        translated.chain(variants).chain([&email.body]).any(|body| body == path)
    };
    let emails: Vec<String> =
        playbook.emails.iter().filter(is_body).map(|email| format!("“{}”", names.email(&email.id))).collect();
    match emails.as_slice() {
        [] => String::new(),
        [one] => format!(", a body of the e-mail {one},"),
        several => format!(", a body of the e-mails {},", several.join(", ")),
    }
}

/// Between two published versions.
pub fn versions(view: &mut View, from: VersionNumber, to: VersionNumber) -> Result<VersionDifferences, Refusal> {
    let (_, old) = super::version(view.connection, from)?;
    let (_, new) = super::version(view.connection, to)?;
    Ok(VersionDifferences { from, to, differences: between(&old, &new) })
}

#[cfg(test)]
mod tests {
    use super::super::check::alone;
    use super::*;

    #[test]
    fn files_are_told_by_the_e_mails_that_they_are_the_bodies_of() {
        let text = "playbook: x\nemails: [{id: a, name: Hello, subject: A, body: emails/a.mjml}]\n";
        let with = |body: Option<&str>| {
            let mut files = alone(text);
            files.extend(body.map(|body| ("emails/a.mjml".to_owned(), body.to_owned())));
            files
        };
        let said = |old, new| between(&with(old), &with(new)).into_iter().map(|d| d.sentence).collect::<Vec<_>>();
        assert_eq!(
            said(Some("1"), Some("2")),
            ["The file `emails/a.mjml`, a body of the e-mail “Hello”, was rewritten."]
        );
        assert_eq!(said(None, Some("2")), ["The file `emails/a.mjml`, a body of the e-mail “Hello”, is new."]);
        assert_eq!(said(Some("1"), None), ["The file `emails/a.mjml`, a body of the e-mail “Hello”, is removed."]);
        assert!(said(Some("1"), Some("1")).is_empty());
    }
}
