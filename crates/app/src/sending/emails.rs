//! E-mails of published versions, each compiled once.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_mail::render::{Body, Email, Language, Part, Place, Problem, Source};
use attractor_store::{Connection, Error, VersionNumber, versions};

use super::texts::ChosenText;
use super::utm::Utm;
use crate::stored::of_row;

/// As many compiled texts are kept; then all are compiled anew. Playbooks have fewer.
const MOST: usize = 500;

/// One text of one e-mail.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct TextKey {
    version: VersionNumber,
    email: String,
    language: String,
    variant: Option<String>,
    subject: String,
    has_footer: bool,
}

/// The files of versions, and the e-mails compiled from them.
#[derive(Default)]
pub struct Emails {
    /// By path.
    files: BTreeMap<VersionNumber, BTreeMap<String, String>>,
    /// Why a text cannot be used is kept like one that can.
    compiled: BTreeMap<TextKey, Result<Arc<Email>, String>>,
    utm: Option<Utm>,
}

impl Emails {
    pub fn new(utm: Option<Utm>) -> Emails {
        Emails { utm, ..Emails::default() }
    }

    /// Reads the files of versions that are not known yet, and forgets those of all others.
    pub fn read(
        &mut self,
        connection: &mut Connection,
        wanted: impl IntoIterator<Item = VersionNumber>,
    ) -> Result<(), Error> {
        let mut known = std::mem::take(&mut self.files);
        for version in wanted {
            let files = match known.remove(&version) {
                Some(files) => files,
                // A version that cannot be read has no files: its e-mails say so.
                None => versions::one(connection, version)?
                    .and_then(|stored| of_row(&stored.files, "versions", version.0).ok())
                    .unwrap_or_default(),
            };
            self.files.insert(version, files);
        }
        let files = &self.files;
        self.compiled.retain(|key, _| files.contains_key(&key.version));
        if self.compiled.len() > MOST {
            self.compiled.clear();
        }
        Ok(())
    }

    /// A text of an e-mail of a version whose files were read, compiled; or why it cannot be.
    pub fn compiled(
        &mut self,
        version: VersionNumber,
        email: &str,
        text: &ChosenText,
        has_footer: bool,
    ) -> Result<Arc<Email>, String> {
        let key = TextKey {
            version,
            email: email.to_owned(),
            language: text.language.to_owned(),
            variant: text.variant.map(str::to_owned),
            subject: text.subject.to_owned(),
            has_footer,
        };
        if let Some(known) = self.compiled.get(&key) {
            return known.clone();
        }
        let none = BTreeMap::new();
        let files = self.files.get(&version).unwrap_or(&none);
        let made = compile(files, email, text, has_footer, self.utm.as_ref());
        let made = made.map(Arc::new).map_err(|problems| {
            problems.first().map_or_else(|| "the e-mail cannot be compiled".to_owned(), ToString::to_string)
        });
        self.compiled.insert(key, made.clone());
        made
    }
}

/// Compiles a text of an e-mail; `files` are those of the playbook. All problems that were found.
pub fn compile(
    files: &BTreeMap<String, String>,
    email: &str,
    text: &ChosenText,
    has_footer: bool,
    utm: Option<&Utm>,
) -> Result<Email, Vec<Problem>> {
    let body = body(files, text.body).map_err(|why| {
        vec![Problem { place: Place { part: Part::Body, pointer: String::new(), line: 1 }, message: why }]
    })?;
    Email::compile(&Source {
        subject: text.subject,
        preheader: text.preheader,
        body,
        language: &Language::new(text.language),
        has_footer,
        campaign: utm.map(|utm| utm.campaign(email)).as_ref(),
    })
}

/// The body that an e-mail names: a file of the playbook, or what it holds itself, MJML or a block list.
pub fn body<'a>(files: &'a BTreeMap<String, String>, named: &'a str) -> Result<Body<'a>, String> {
    match named.trim_start().chars().next() {
        Some('<') => Ok(Body::Mjml(named)),
        Some('{') => Ok(Body::Blocks(named)),
        _ => {
            let missing = || format!("the playbook has no file `{named}`, which the e-mail names as its body");
            let text = files.get(named).ok_or_else(missing)?;
            Ok(if named.ends_with(".json") { Body::Blocks(text) } else { Body::Mjml(text) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::texts::Because;

    fn text<'p>(subject: &'p str, body: &'p str) -> ChosenText<'p> {
        ChosenText { language: "en", because: Because::Playbook, variant: None, subject, preheader: "", body }
    }

    #[test]
    fn a_body_is_mjml_or_a_file_of_the_version() {
        let version = VersionNumber(1);
        let mut emails = Emails::default();
        let mjml =
            "<mjml><mj-body><mj-section><mj-column><mj-text>Hi</mj-text></mj-column></mj-section></mj-body></mjml>";
        let blocks = r#"{"blocks": [{"type": "text", "text": "Hi"}]}"#;
        let files = [("a.mjml", mjml), ("b.json", blocks), ("broken.mjml", "<mjml>{{ lead.x | nonsense }}</mjml>")];
        let files = files.map(|(path, text)| (path.to_owned(), text.to_owned()));
        emails.files.insert(version, files.into());
        for (body, why) in [
            (mjml, None),
            ("a.mjml", None),
            ("b.json", None),
            ("gone.mjml", Some("no file `gone.mjml`")),
            ("broken.mjml", Some("body, line 1")),
        ] {
            let made = emails.compiled(version, body, &text("Hi", body), true);
            match why {
                None => assert!(made.is_ok(), "{body}: {made:?}"),
                Some(why) => assert!(made.as_ref().unwrap_err().contains(why), "{body}: {made:?}"),
            }
            let again = emails.compiled(version, body, &text("Hi", body), true);
            assert_eq!(again.is_ok(), made.is_ok());
        }
        assert_eq!(emails.compiled.len(), 5);
        let other = emails.compiled(version, "a.mjml", &text("{{ broken", "a.mjml"), false);
        assert!(other.unwrap_err().contains("subject"), "another footer is another text");
    }
}
