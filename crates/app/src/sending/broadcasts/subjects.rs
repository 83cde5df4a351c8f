//! The subjects of a repetition: one for each language of its e-mail, and none that its people have seen.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::playbook::{Email, Playbook};
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The most characters of a subject.
const LONGEST: usize = 500;

/// What copies have in the place of their e-mail's own subjects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSubjects {
    /// In the playbook's language, and in one that the e-mail did not have when this was written.
    pub subject: String,
    /// By the other languages of the e-mail.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub subjects: BTreeMap<String, String>,
}

impl NewSubjects {
    /// That of a copy in a language.
    pub fn of(&self, language: &str) -> &str {
        self.subjects.get(language).unwrap_or(&self.subject)
    }

    /// Those that somebody wrote for an e-mail of the playbook in force: whole, new, and in the languages that the e-mail has.
    /// `sent`: the playbooks whose e-mail went out before.
    pub(crate) fn checked(self, playbook: &Playbook, sent: &[&Playbook], id: &str) -> Result<NewSubjects, Refusal> {
        let gone = || Refusal::invalid("/subject", "the playbook in force does not have its e-mail any more");
        let email = playbook.emails.iter().find(|one| one.id == id).ok_or_else(gone)?;
        let used = used(sent.iter().copied().chain([playbook]), id);
        let subject = new(&used, &self.subject, "/subject")?;
        let mut subjects = BTreeMap::new();
        for (language, written) in &self.subjects {
            let (tag, _) = email
                .languages
                .iter()
                .find(|(tag, _)| tag.eq_ignore_ascii_case(language))
                .ok_or_else(|| Refusal::invalid("/subjects", not_translated(email, language)))?;
            subjects.insert(tag.clone(), new(&used, written, &format!("/subjects/{language}"))?);
        }
        let checked = NewSubjects { subject, subjects };
        let missing = checked.missing(email);
        if missing.is_empty() {
            return Ok(checked);
        }
        Err(Refusal::invalid("/subjects", format!("give a subject for {missing}, too: the e-mail is written in it")))
    }

    /// Refuses to start with an e-mail that has other languages by now: nobody gets a subject in one and a text in another.
    pub(super) fn demand_all(&self, playbook: &Playbook, email: &str) -> Result<(), Refusal> {
        let email = playbook.emails.iter().find(|one| one.id == email);
        let missing = email.map(|email| self.missing(email)).unwrap_or_default();
        if missing.is_empty() {
            return Ok(());
        }
        Err(Refusal::Conflict(format!(
            "this repetition has no subject for {missing}, in which its e-mail is written; delete the draft, and make it \
             again with POST /api/broadcasts/{{id}}/resend and all `subjects`"
        )))
    }

    /// The languages of an e-mail that have no subject here, as they are read out; empty where all have one.
    fn missing(&self, email: &Email) -> String {
        let tags = email.languages.iter().map(|(tag, _)| tag).filter(|tag| !self.subjects.contains_key(*tag));
        listed(tags)
    }
}

fn not_translated(email: &Email, language: &str) -> String {
    match listed(email.languages.iter().map(|(tag, _)| tag)) {
        none if none.is_empty() => format!("the e-mail has no text in `{language}`, and none in another language"),
        tags => format!("the e-mail has no text in `{language}`; beside the playbook's language it has {tags}"),
    }
}

fn listed<'t>(tags: impl Iterator<Item = &'t String>) -> String {
    tags.map(|tag| format!("`{tag}`")).collect::<Vec<_>>().join(", ")
}

/// The subjects that an e-mail has in some playbooks, in whichever language and variant.
fn used<'p>(playbooks: impl Iterator<Item = &'p Playbook>, id: &str) -> BTreeSet<&'p str> {
    let emails = playbooks.flat_map(|playbook| &playbook.emails).filter(|email| email.id == id);
    let subjects = emails.flat_map(|email| {
        let translated = email.languages.iter().map(|(_, translation)| &translation.subject);
        let of_variants = email.variants.iter().filter_map(|variant| variant.subject.as_ref());
        std::iter::once(&email.subject).chain(translated).chain(of_variants)
    });
    subjects.map(|subject| subject.trim()).collect()
}

/// A subject that nobody has seen on the e-mail yet.
fn new(used: &BTreeSet<&str>, written: &str, pointer: &str) -> Result<String, Refusal> {
    let subject = written.trim();
    if subject.is_empty() || subject.chars().count() > LONGEST {
        return Err(Refusal::invalid(pointer, format!("a subject has from 1 to {LONGEST} characters")));
    }
    if used.contains(subject) {
        let why = "this is a subject that they did not open, from the e-mail as it is now or as it was sent, before a \
                   correction or after it; choose another one";
        return Err(Refusal::invalid(pointer, why));
    }
    Ok(subject.to_owned())
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook;

    use super::*;

    fn playbook() -> Playbook {
        let text = "playbook: test\nemails:\n  - id: may\n    subject: May\n    body: <mjml></mjml>\n    \
            languages: {de: {subject: Mai, body: <mjml></mjml>}, fr: {subject: Mai en France, body: <mjml></mjml>}}\n    \
            variants: [{id: bold, share: 50, subject: MAY!}]\n  - {id: june, subject: June, body: <mjml></mjml>}\n";
        let reading = playbook::read(text);
        reading.playbook.unwrap_or_else(|| panic!("{:?}", reading.problems))
    }

    fn written(subject: &str, subjects: &[(&str, &str)]) -> NewSubjects {
        let subjects = subjects.iter().map(|(tag, text)| ((*tag).to_owned(), (*text).to_owned())).collect();
        NewSubjects { subject: subject.to_owned(), subjects }
    }

    #[test]
    fn each_language_of_the_email_has_a_subject_that_nobody_has_seen() {
        let both = [("de", "Nochmals"), ("FR", " Encore ")];
        let long = "x".repeat(501);
        for (email, subject, subjects, expected) in [
            (
                "may",
                " You missed it ",
                &both[..],
                Ok(written("You missed it", &[("de", "Nochmals"), ("fr", "Encore")])),
            ),
            ("june", "July", &[], Ok(written("July", &[]))),
            ("may", "You missed it", &both[..1], Err("`fr`")),
            ("may", "You missed it", &[], Err("`de`, `fr`")),
            ("may", "May", &both, Err("choose another one")),
            ("may", "Mai", &both, Err("choose another one")),
            ("may", "MAY!", &both, Err("choose another one")),
            ("may", "You missed it", &[("de", "Mai"), ("fr", "Encore")], Err("choose another one")),
            ("may", "You missed it", &[("de", "May "), ("fr", "Encore")], Err("choose another one")),
            ("may", "You missed it", &[("de", " "), ("fr", "Encore")], Err("from 1 to 500")),
            ("may", "", &both, Err("from 1 to 500")),
            ("may", long.as_str(), &both, Err("from 1 to 500")),
            ("june", "July", &[("de", "Juli")], Err("none in another language")),
            ("may", "You missed it", &[("it", "Ancora")], Err("it has `de`, `fr`")),
            ("gone", "You missed it", &both, Err("any more")),
        ] {
            match (written(subject, subjects).checked(&playbook(), &[], email), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(Refusal::Invalid(found)), Err(words)) => assert!(found.detail.contains(words), "{found:?}"),
                (found, expected) => panic!("{email}, {subject}, {subjects:?}: {found:?} for {expected:?}"),
            }
        }
    }

    #[test]
    fn a_subject_that_a_correction_brought_or_replaced_is_not_new() {
        let edition = |subject: &str| {
            let text = format!("playbook: test\nemails:\n  - {{id: june, subject: {subject}, body: <mjml></mjml>}}\n");
            playbook::read(&text).playbook.unwrap()
        };
        let (start, corrected, other) = (edition("Jun"), edition("Corrected"), Playbook::default());
        for (subject, is_new) in [("Jun", false), (" Corrected ", false), ("June", false), ("July", true)] {
            let checked = written(subject, &[]).checked(&playbook(), &[&start, &corrected, &other], "june");
            assert_eq!(checked.is_ok(), is_new, "{subject}: {checked:?}");
        }
    }

    #[test]
    fn a_copy_has_the_subject_of_its_language() {
        let subjects = written("You missed it", &[("de", "Nochmals")]);
        for (language, expected) in [("en", "You missed it"), ("de", "Nochmals"), ("fr", "You missed it")] {
            assert_eq!(subjects.of(language), expected);
        }
        for (email, is_right) in [("june", true), ("may", false), ("gone", true)] {
            assert_eq!(subjects.demand_all(&playbook(), email).is_ok(), is_right, "{email}");
        }
    }

    #[test]
    fn what_earlier_programs_stored_is_one_subject() {
        let stored: NewSubjects = serde_json::from_str(r#"{"subject": "You missed it"}"#).unwrap();
        assert_eq!(stored, written("You missed it", &[]));
        assert_eq!(serde_json::to_string(&stored).unwrap(), r#"{"subject":"You missed it"}"#);
    }
}
