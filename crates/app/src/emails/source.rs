//! The e-mails of the version in force, or those of the draft.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_engine::playbook::{Class, Email, Playbook, did_you_mean};
use attractor_engine::program::Program;
use attractor_mail::render::{self, Problem};
use attractor_store::VersionNumber;

use crate::playbook::differences::playbook_of;
use crate::playbook::files::Files;
use crate::playbook::{draft, present};
use crate::refusal::{Invalid, Refusal};
use crate::sending::emails::compile;
use crate::sending::texts::{ChosenText, TextError};
use crate::sending::utm::Utm;
use crate::view::View;

/// A playbook with its bodies.
pub struct EmailSource {
    /// `None` of the draft.
    pub version: Option<VersionNumber>,
    pub files: Files,
    pub program: Arc<Program>,
}

impl EmailSource {
    /// What is in force, or what would be if the draft were published.
    pub fn read(view: &mut View, is_draft: bool) -> Result<EmailSource, Refusal> {
        let versions = view.versions()?;
        if is_draft {
            let files = draft::files(view.connection)?;
            let program = Program::new(playbook_of(&files), versions.zones()).map_err(Refusal::senseless)?;
            return Ok(EmailSource { version: None, files, program: Arc::new(program) });
        }
        let now = present(view.connection)?;
        let version = now.in_force.version;
        let program = versions.compiled(version).ok_or_else(|| Refusal::busy("a new version is being published"))?;
        Ok(EmailSource { version: Some(version), files: now.files, program: program.clone() })
    }

    pub fn playbook(&self) -> &Playbook {
        self.program.playbook()
    }

    /// The e-mail with this id.
    pub fn email(&self, id: &str) -> Result<&Email, Refusal> {
        let emails = &self.playbook().emails;
        emails.iter().find(|email| email.id == id).ok_or_else(|| {
            let known: Vec<&str> = emails.iter().map(|email| email.id.as_str()).collect();
            let place = if self.version.is_some() { "the playbook" } else { "the draft" };
            Refusal::Missing(format!("{place} has no e-mail `{id}`; {}", did_you_mean(id, &known, "it has")))
        })
    }

    /// A text of an e-mail, compiled.
    pub fn compiled(&self, email: &Email, text: &ChosenText, utm: Option<&Utm>) -> Result<render::Email, Vec<Problem>> {
        compile(&self.files, &email.id, text, class(email) != Class::Transactional, utm)
    }
}

/// How an e-mail counts, where no step says otherwise.
pub fn class(email: &Email) -> Class {
    email.class.unwrap_or(Class::Marketing)
}

/// Attributes that a click sets, by name.
pub fn sets(pairs: &[(String, String)]) -> BTreeMap<String, String> {
    pairs.iter().cloned().collect()
}

/// An e-mail that cannot be shown, with each of its problems.
pub fn broken(problems: &[Problem]) -> Refusal {
    let places = problems.iter().map(|problem| (String::new(), problem.to_string())).collect();
    let first = problems.first().map_or_else(|| "it cannot be compiled".to_owned(), ToString::to_string);
    Refusal::Invalid(Invalid { detail: format!("the e-mail cannot be shown: {first}"), places, known: None })
}

/// What an e-mail has instead of a text that it has not.
pub fn no_text(error: TextError) -> Refusal {
    let invalid = |pointer: &str, detail: String, known: Vec<String>| {
        let places = vec![(pointer.to_owned(), detail.clone())];
        Refusal::Invalid(Invalid { detail, places, known: Some(known) })
    };
    match error {
        TextError::Language(known) => {
            let detail = format!("the e-mail is not written in this language; it has {}", known.join(", "));
            invalid("/language", detail, known)
        }
        TextError::Variant(known) if known.is_empty() => {
            invalid("/variant", "the e-mail has no variants; leave `variant` out".into(), known)
        }
        TextError::Variant(known) => {
            let detail = format!("the e-mail has no variant of this id; it has {}", known.join(", "));
            invalid("/variant", detail, known)
        }
        TextError::TranslatedVariant => Refusal::invalid(
            "/variant",
            "only the text in the playbook's language has variants; leave `variant` or `language` out",
        ),
    }
}
