//! The bodies of e-mails: which files a playbook names, and which topics their links stand for. The files themselves
//! are read by whoever has a disk.

use super::form::{is_inline, is_path};
use super::marked::Node;
use super::problem::{Found, Place, Problem};
use super::read::Reading;
use super::{blocks, nearest, warnings};

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

    fn bodies(&self) -> impl Iterator<Item = (&Node, &str)> {
        let emails = self.tree.as_ref().and_then(|tree| tree.get("emails")).map_or(&[][..], Node::items);
        let others = |email| {
            let languages = Node::get(email, "languages").map_or(&[][..], Node::entries);
            let variants = Node::get(email, "variants").map_or(&[][..], Node::items);
            languages.iter().map(|(_, translation)| translation).chain(variants)
        };
        let texts = emails.iter().flat_map(move |email| std::iter::once(email).chain(others(email)));
        texts.filter_map(|text| text.get("body")).filter_map(|body| Some((body, body.text()?)))
    }

    fn topics(&self) -> Vec<&str> {
        let topics = self.tree.as_ref().and_then(|tree| tree.get("topics")).map_or(&[][..], Node::items);
        topics.iter().filter_map(|topic| topic.get("id")?.text()).collect()
    }
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
    fn places_count_characters() {
        assert_eq!(place_of("é\nüx", 5), Place { line: 2, column: 2 });
    }
}
