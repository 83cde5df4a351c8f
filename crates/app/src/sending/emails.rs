//! E-mails of published versions, each compiled once.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_mail::render::{Body, Email, Language, Source};
use attractor_store::{Connection, Error, VersionNumber, versions};

use super::texts::ChosenText;

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
}

impl Emails {
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
                    .and_then(|version| serde_json::from_str(&version.files).ok())
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
        let made = compile(self.files.get(&version), text, has_footer);
        self.compiled.insert(key, made.clone());
        made
    }
}

fn compile(
    files: Option<&BTreeMap<String, String>>,
    text: &ChosenText,
    has_footer: bool,
) -> Result<Arc<Email>, String> {
    let path = text.body;
    let is_inline = path.trim_start().starts_with('<');
    let body = match is_inline {
        true => path,
        false => files
            .and_then(|files| files.get(path))
            .ok_or_else(|| format!("the playbook has no file `{path}`, which the e-mail names as its body"))?,
    };
    let source = Source {
        subject: text.subject,
        preheader: text.preheader,
        body: if !is_inline && path.ends_with(".json") { Body::Blocks(body) } else { Body::Mjml(body) },
        language: &Language::new(text.language),
        has_footer,
        campaign: None,
    };
    Email::compile(&source).map(Arc::new).map_err(|problems| {
        problems.first().map_or_else(|| "the e-mail cannot be compiled".to_owned(), ToString::to_string)
    })
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
