//! The bodies of e-mails: which files a playbook names, and which topics their links stand for. The files themselves
//! are read by whoever has a disk.

use super::form::{is_inline, is_path};
use super::marked::{self, Node};
use super::problem::{Found, Place, Problem};
use super::read::Reading;
use super::{blocks, nearest, warnings};

/// One text of an e-mail as it is written: its own, a translation or a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmailText<'r> {
    /// The id of the e-mail.
    pub email: &'r str,
    /// The tag of a translation.
    pub language: Option<&'r str>,
    pub is_transactional: bool,
    pub subject: Written<'r>,
    pub preheader: Option<Written<'r>>,
    /// A path in the playbook's folder, or the body itself.
    pub body: Written<'r>,
}

/// A text in a playbook, and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written<'r> {
    pub text: &'r str,
    pub place: Place,
}

/// A file in the playbook's folder that an e-mail names as its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyFile {
    /// As written, with `/` between its parts.
    pub path: String,
    /// Where the playbook names it.
    pub place: Place,
}

impl Reading {
    /// The files that e-mails name as their bodies, in the order written; there may be some in a wrong playbook too.
    /// All paths stay in the folder: those that do not are among the problems.
    pub fn body_files(&self) -> Vec<BodyFile> {
        let files = self.bodies().filter(|(_, path)| !is_inline(path) && is_path(path));
        files.map(|(node, path)| BodyFile { path: path.into(), place: node.place }).collect()
    }

    /// What only the bodies tell: links in the playbook's own MJML that stand for a topic nobody declared, and topics
    /// for which no link stands, neither there nor in these texts of the body files, nor a page.
    pub fn check_links(&self, body_texts: &[&str]) -> Vec<Problem> {
        let inline: Vec<(&Node, &str)> = self.bodies().filter(|(_, text)| is_inline(text)).collect();
        let mut problems: Vec<Problem> = Vec::new();
        for (node, text) in &inline {
            for link in unknown_links(text, &self.topics()) {
                problems.push(Problem::error(node.place, Found::Meaning, link.1));
            }
        }
        let texts = inline.iter().map(|(_, text)| *text).chain(body_texts.iter().copied());
        let linked: Vec<&str> = texts.flat_map(links).map(|(_, topic)| topic).collect();
        if let (Some(playbook), Some(tree)) = (&self.playbook, &self.tree) {
            problems.extend(warnings::topics_without_links(playbook, tree, &linked));
        }
        problems
    }

    /// What is wrong in the text of a body file, by its places in that text: links that stand for a topic nobody declared,
    /// and in a block list, conditions under which blocks are shown.
    pub fn check_body(&self, text: &str) -> Vec<Problem> {
        let unknown = unknown_links(text, &self.topics());
        let link = |(at, message)| Problem::error(place_of(text, at), Found::Meaning, message);
        let blocks = self.playbook.as_ref().map(|playbook| blocks::problems(text, playbook));
        unknown.into_iter().map(link).chain(blocks.into_iter().flatten()).collect()
    }

    /// The texts of all e-mails, in the order written; those without a subject or a body are left out.
    pub fn email_texts(&self) -> Vec<EmailText<'_>> {
        self.texts().filter_map(|(email, language, part)| text_of(email, language, part)).collect()
    }

    fn bodies(&self) -> impl Iterator<Item = (&Node, &str)> {
        let bodies = self.texts().filter_map(|(_, _, text)| text.get("body"));
        bodies.filter_map(|body| Some((body, body.text()?)))
    }

    /// The e-mails, each followed by its translations, with their tags, and its variants.
    fn texts(&self) -> impl Iterator<Item = (&Node, Option<&str>, &Node)> {
        let emails = self.tree.as_ref().and_then(|tree| tree.get("emails")).map_or(&[][..], Node::items);
        emails.iter().flat_map(|email| {
            let languages = email.get("languages").map_or(&[][..], Node::entries);
            let languages = languages.iter().map(move |(tag, text)| (email, Some(tag.text.as_str()), text));
            let variants =
                email.get("variants").map_or(&[][..], Node::items).iter().map(move |text| (email, None, text));
            std::iter::once((email, None, email)).chain(languages).chain(variants)
        })
    }

    fn topics(&self) -> Vec<&str> {
        let topics = self.tree.as_ref().and_then(|tree| tree.get("topics")).map_or(&[][..], Node::items);
        topics.iter().filter_map(|topic| topic.get("id")?.text()).collect()
    }
}

/// A variant has what it does not say from its e-mail; a translation says all.
fn text_of<'r>(email: &'r Node, language: Option<&'r str>, part: &'r Node) -> Option<EmailText<'r>> {
    let written = |key: &str| -> Option<Written<'r>> {
        let own = part.get(key).or_else(|| language.is_none().then(|| email.get(key)).flatten())?;
        Some(Written { text: own.text()?, place: own.place })
    };
    Some(EmailText {
        email: email.get("id")?.text()?,
        language,
        is_transactional: email.get("class").and_then(Node::text) == Some("transactional"),
        subject: written("subject")?,
        preheader: written("preheader"),
        body: written("body")?,
    })
}

fn unknown_links(text: &str, topics: &[&str]) -> Vec<(usize, String)> {
    let unknown = links(text).into_iter().filter(|(_, topic)| !topics.contains(topic));
    unknown
        .map(|(at, topic)| {
            let known = nearest::suggestion(topic, topics, "declared are");
            (
                at,
                format!(
                    "a link stands for the topic `{}`, which is not declared; {known}",
                    super::marked::shortened(topic)
                ),
            )
        })
        .collect()
}

/// The topics of `{{ URL | attractor: "topic" }}`, each with its byte offset; in the visual editor's JSON the filter's
/// quotes are escaped, and a button names its topic under `topic`.
fn links(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (mark, colon) in [("attractor", ":"), ("\"topic\"", ":")] {
        for (at, _) in text.match_indices(mark) {
            let rest = text[at + mark.len()..].trim_start().strip_prefix(colon).map(str::trim_start);
            if let Some(topic) = rest.and_then(quoted) {
                found.push((at, topic));
            }
        }
    }
    found
}

/// What stands between quotes at the start of a text, on one line.
fn quoted(text: &str) -> Option<&str> {
    let (quote, rest) =
        ["\\\"", "\"", "'", "&quot;"].iter().find_map(|quote| Some((*quote, text.strip_prefix(*quote)?)))?;
    let inside = &rest[..rest.find(quote)?];
    (!inside.contains('\n')).then_some(inside)
}

/// Where a value of a JSON text begins, by its pointer (RFC 6901); the nearest value around it where it is not there.
pub fn place_in(json: &str, pointer: &str) -> Place {
    let (tree, _) = marked::parse(json);
    let start = Place { line: 1, column: 1 };
    let Some(tree) = tree else { return start };
    let mut found = &tree;
    for step in pointer.split('/').skip(1) {
        let key = step.replace("~1", "/").replace("~0", "~");
        let item = || found.items().get(key.parse::<usize>().ok()?);
        match found.get(&key).or_else(item) {
            Some(inner) => found = inner,
            None => break,
        }
    }
    found.place
}

fn place_of(text: &str, at: usize) -> Place {
    let before = &text[..at];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Place { line: before.matches('\n').count() + 1, column: before[line_start..].chars().count() + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_of_links() {
        let cases: [(&str, &[&str]); 6] = [
            (r#"<a href="{{ "https://x.example" | attractor: "shirts" }}">"#, &["shirts"]),
            (r#"{{ u | attractor: "shirts", pain: "x" }} {{ u | attractor:'ties' }}"#, &["shirts", "ties"]),
            (r#"{"href": "{{ u | attractor: \"shirts\" }}"}"#, &["shirts"]),
            (r#"{"type": "button", "topic": "shirts"}"#, &["shirts"]),
            ("attractor attractor: x attractor: \"", &[]),
            ("", &[]),
        ];
        for (text, topics) in cases {
            assert_eq!(links(text).into_iter().map(|(_, topic)| topic).collect::<Vec<_>>(), topics, "{text}");
        }
    }

    #[test]
    fn texts_of_emails_are_their_own_translations_and_variants() {
        let text = "playbook: p\nemails:\n  - id: a\n    class: transactional\n    subject: A\n    preheader: P\n    body: a.mjml\n    \
            languages: {de: {subject: AA, body: aa.mjml}}\n    variants: [{id: v, share: 10, body: v.mjml}]\n  - {id: b, subject: B}\n";
        let reading = super::super::read(text);
        let all = reading.email_texts();
        let found: Vec<_> = all
            .iter()
            .map(|one| {
                (one.language, one.subject.text, one.preheader.map(|it| it.text), one.body.text, one.subject.place.line)
            })
            .collect();
        assert_eq!(
            found,
            [
                (None, "A", Some("P"), "a.mjml", 5),
                (Some("de"), "AA", None, "aa.mjml", 8),
                (None, "A", Some("P"), "v.mjml", 5)
            ]
        );
        assert!(all.iter().all(|one| one.email == "a" && one.is_transactional));
    }

    #[test]
    fn values_of_a_block_list_are_found_by_their_pointers() {
        let json = "{\"blocks\": [\n  {\"type\": \"text\"},\n  {\"a/b\":\n 1}]}";
        let line = |pointer: &str| place_in(json, pointer).line;
        let lines = ["", "/blocks/0", "/blocks/1", "/blocks/1/a~1b", "/blocks/7", "/none"].map(line);
        assert_eq!(lines, [1, 2, 3, 4, 1, 1]);
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(place_of("é\nüx", 5), Place { line: 2, column: 2 });
    }
}
