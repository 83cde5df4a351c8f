//! Whether the e-mails of a playbook can be made: each text is compiled as it is before it is sent.

use std::collections::BTreeMap;

use attractor_engine::playbook::{EmailText, Found, Place, Problem, Reading, place_in};
use attractor_live::PLAYBOOK;
use attractor_mail::render;
use serde::de::IgnoredAny;

use super::finding::Finding;
use crate::sending::emails::compile;
use crate::sending::texts::ChosenText;

/// What is wrong with the texts of e-mails, each problem once; `files` are the bodies by their paths. A text whose body is
/// not there, or is not JSON although its name says so, is left out: that is told elsewhere.
pub fn problems(reading: &Reading, files: &BTreeMap<String, String>) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let language = reading.playbook.as_ref().map_or("en", |playbook| playbook.language());
    for text in reading.email_texts() {
        let body = text.body.text;
        let is_there =
            body.trim_start().starts_with(['<', '{']) || files.get(body).is_some_and(|text| is_of_its_kind(body, text));
        if !is_there {
            continue;
        }
        let subject = text.subject.text;
        let preheader = text.preheader.map_or("", |written| written.text);
        let chosen = ChosenText::written(text.language.unwrap_or(language), subject, preheader, body);
        let wrong = compile(files, text.email, &chosen, !text.is_transactional, None).err().unwrap_or_default();
        for finding in wrong.into_iter().map(|problem| finding(&text, files, problem)) {
            if !found.contains(&finding) {
                found.push(finding);
            }
        }
    }
    found
}

fn is_of_its_kind(path: &str, text: &str) -> bool {
    !path.ends_with(".json") || serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// A problem at its place in the playbook, or in the file that the text names.
fn finding(text: &EmailText, files: &BTreeMap<String, String>, problem: render::Problem) -> Finding {
    let render::Place { part, pointer, line } = problem.place;
    let file = files.get_key_value(text.body.text).filter(|_| part == render::Part::Body);
    let Some((path, written)) = file else {
        let place = match part {
            render::Part::Preheader => text.preheader.unwrap_or(text.subject).place,
            render::Part::Body => text.body.place,
            render::Part::Subject | render::Part::Sender => text.subject.place,
        };
        let message = format!("the {} of `{}`: {}", part.name(), text.email, problem.message);
        return Finding { file: PLAYBOOK.into(), problem: Problem::error(place, Found::Meaning, message) };
    };
    let place = match path.ends_with(".json") {
        true => place_in(written, &pointer),
        false => Place { line: line as usize, column: 1 },
    };
    Finding { file: path.clone(), problem: Problem::error(place, Found::Meaning, problem.message) }
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::read;

    use super::*;

    /// The findings for a playbook with one e-mail, as lines.
    fn lines(email: &str, path: &str, body: &str) -> Vec<String> {
        let reading = read(&format!("playbook: x\nemails:\n  - {email}\n"));
        assert!(reading.playbook.is_some(), "{:?}", reading.problems);
        let files = BTreeMap::from([(path.to_owned(), body.to_owned())]);
        problems(&reading, &files).iter().map(Finding::to_string).collect()
    }

    #[test]
    fn a_body_that_cannot_be_made_is_named_with_its_line() {
        let mjml = |inner: &str| {
            format!("<mjml><mj-body>\n<mj-section><mj-column>\n{inner}\n</mj-column></mj-section></mj-body></mjml>")
        };
        let email = "{id: a, subject: A, body: a.mjml}";
        assert_eq!(lines(email, "a.mjml", &mjml("<mj-text>Hello</mj-text>")), Vec::<String>::new());
        for (body, line) in [
            (mjml("<mj-txt>Hello</mj-txt>"), 3),
            (mjml("<mj-text>{{ lead.first_name | defualt: 'you' }}</mj-text>"), 3),
            (mjml("<mj-text>{{ lead.first_name</mj-text>"), 3),
            (mjml("<mj-text>Hello"), 1),
            ("hello".to_owned(), 1),
        ] {
            let found = lines(email, "a.mjml", &body);
            assert!(
                found.first().is_some_and(|first| first.starts_with(&format!("a.mjml:{line}:"))),
                "{body}: {found:?}"
            );
        }
    }

    #[test]
    fn a_block_that_cannot_be_made_is_named_with_its_line() {
        let email = "{id: a, subject: A, body: a.json}";
        let good = r#"{"type": "text", "text": "Hello"}"#;
        assert_eq!(lines(email, "a.json", &format!("{{\"blocks\": [\n{good}]}}")), Vec::<String>::new());
        for bad in [
            r#"{"type": "headng", "text": "Hello"}"#,
            r#"{"type": "text"}"#,
            r#"{"type": "button", "text": "Go"}"#,
            r#"{"type": "text", "text": "Hello", "colour": "red"}"#,
            r#"{"type": "text", "text": "{{ lead.name | nonsense }}"}"#,
        ] {
            let found = lines(email, "a.json", &format!("{{\"blocks\": [\n{good},\n{bad}]}}"));
            assert!(found.first().is_some_and(|first| first.starts_with("a.json:3:")), "{bad}: {found:?}");
        }
        assert!(!lines(email, "a.json", "{}").is_empty());
    }

    #[test]
    fn subjects_and_translations_are_looked_at_too() {
        let body =
            "<mjml><mj-body><mj-section><mj-column><mj-text>A</mj-text></mj-column></mj-section></mj-body></mjml>";
        let email = "{id: a, subject: \"{{ x | nonsense }}\", body: a.mjml, languages: {de: {subject: \"{% if %}\", body: a.mjml}}}";
        let found = lines(email, "a.mjml", body);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found.iter().all(|line| line.starts_with("playbook.yaml:3:")), "{found:?}");
        assert!(found[0].contains("the subject of `a`"), "{found:?}");
    }
}
