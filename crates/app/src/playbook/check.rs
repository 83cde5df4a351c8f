//! Everything that is wrong with a playbook and the bodies that it names, wherever its files come from.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::misread::said_of;
use attractor_engine::playbook::{self, BodyFile, Found, Place, Playbook, Problem, Reading, Seen};
use attractor_engine::program::Program;
use attractor_live::PLAYBOOK;
use attractor_store::{Connection, Error};
use jiff::tz::TimeZoneDatabase;

use super::files::Files;
use super::finding::{Finding, in_order};
use super::{present, references, seen};
use crate::refusal::Refusal;
use crate::view::View;

/// Why there is no text to read.
pub enum Unread {
    /// The file cannot be read at all.
    File(String),
    /// It holds something else than text.
    Text(Problem),
}

/// Everything that is wrong with the text of a playbook and the bodies that it names. `seen` is what a store has
/// received, empty without one; `body` reads one of the bodies.
pub fn find(text: &str, seen: &Seen, body: impl FnMut(&str) -> Result<String, Unread>) -> Vec<Finding> {
    find_in(&playbook::read(text), seen, Bodies::Made, body)
}

/// Whether the e-mails are made, to see what is wrong in their bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// What is wrong keeps the playbook from being published.
    Made,
    /// What is wrong is a warning: the playbook was published before, and somebody needs it again at once.
    MadeBefore,
    AsTheyAre,
}

fn find_in(
    reading: &Reading,
    seen: &Seen,
    are: Bodies,
    body: impl FnMut(&str) -> Result<String, Unread>,
) -> Vec<Finding> {
    let mut bodies =
        ReadBodies { body, seen: BTreeSet::new(), texts: Files::new(), missing: Vec::new(), found: Vec::new() };
    reading.body_files().iter().for_each(|body| bodies.take(reading, body));
    let texts: Vec<&str> = bodies.texts.values().map(String::as_str).collect();
    let mut own = reading.problems.clone();
    own.extend(reading.check_links(&texts));
    // A link in a body that could not be read may stand for a topic that seems to have none.
    own.retain(|problem| problem.is_error() || bodies.missing.is_empty() || reading.problems.contains(problem));
    own.append(&mut bodies.missing);
    own.extend(reading.check_names(seen));
    let own = own.into_iter().map(|problem| Finding { file: PLAYBOOK.into(), problem });
    let unmade = match are {
        Bodies::Made => super::bodies::problems(reading, &bodies.texts),
        Bodies::MadeBefore => super::bodies::problems(reading, &bodies.texts).into_iter().map(tolerated).collect(),
        Bodies::AsTheyAre => Vec::new(),
    };
    in_order(own.chain(bodies.found).chain(unmade).collect())
}

/// What is wrong with a body that was published before, as a warning that says what follows.
fn tolerated(finding: Finding) -> Finding {
    let Finding { file, problem: Problem { line, column, message, .. } } = finding;
    let message = format!("{message}; until this is mended, its e-mails are skipped as `cannot_render`");
    Finding { file, problem: Problem::warning(Place { line, column }, message) }
}

/// A candidate that can be used.
pub struct Usable {
    pub playbook: Playbook,
    pub program: Program,
    /// Where its parts stand in its text.
    pub reading: Reading,
    pub warnings: Vec<Finding>,
}

impl Usable {
    /// Adds what the store's objects would miss, and alerts to nobody; `before` is the playbook in force, and `alert_lists` are
    /// those of the settings.
    pub fn look_around(
        &mut self,
        connection: &mut Connection,
        before: Option<&Playbook>,
        alert_lists: &[String],
    ) -> Result<(), Error> {
        let mut all = std::mem::take(&mut self.warnings);
        all.extend(references::dangling(connection, before, &self.playbook, &self.reading, alert_lists)?);
        self.warnings = in_order(all);
        Ok(())
    }
}

/// All problems of a candidate's files; `seen` as in `find`.
pub fn problems(files: &Files, seen: &Seen) -> Vec<Finding> {
    problems_in(files, &playbook::read(files.get(PLAYBOOK).map_or("", String::as_str)), seen, Bodies::Made)
}

fn problems_in(files: &Files, reading: &Reading, seen: &Seen, are: Bodies) -> Vec<Finding> {
    let start = Place { line: 1, column: 1 };
    let wrong = |file: &str, message: &str| Finding {
        file: file.to_owned(),
        problem: Problem::error(start, Found::Meaning, message),
    };
    if !files.contains_key(PLAYBOOK) {
        return vec![wrong(PLAYBOOK, "there is no such file among those sent; it is the playbook itself")];
    }
    let mut named = BTreeSet::from([PLAYBOOK.to_owned()]);
    let mut findings = find_in(reading, seen, are, |path| {
        named.insert(path.to_owned());
        let missing = || Unread::File("it is not among the files sent; send it too, or correct the path".into());
        files.get(path).cloned().ok_or_else(missing)
    });
    let unnamed = files.keys().filter(|path| !named.contains(*path));
    findings.extend(unnamed.map(|path| wrong(path, "no e-mail names this file as its body; name it, or leave it out")));
    findings
}

/// All problems of a candidate's files, by what the store has received and what its objects name; `alert_lists` are those of
/// the settings.
pub fn problems_here(
    view: &mut View,
    files: &Files,
    zones: &TimeZoneDatabase,
    alert_lists: &[String],
) -> Result<Vec<Finding>, Refusal> {
    let connection = &mut *view.connection;
    let seen = seen::look(connection)?;
    match usable(files, &seen, zones) {
        Err(findings) => Ok(findings),
        Ok(mut usable) => {
            let before = present(connection)?.playbook().ok();
            usable.look_around(connection, before.as_ref(), alert_lists)?;
            Ok(usable.warnings)
        }
    }
}

/// A candidate ready to be used; else everything that is wrong. `seen` as in `find`.
pub fn usable(files: &Files, seen: &Seen, zones: &TimeZoneDatabase) -> Result<Usable, Vec<Finding>> {
    usable_as(Bodies::Made, files, seen, zones)
}

/// The same of a draft, whose e-mails are made when it is published: a body that was wrong before keeps nobody from changing
/// something else, nor from mending one body after the other.
pub fn usable_as_draft(files: &Files, zones: &TimeZoneDatabase) -> Result<Usable, Vec<Finding>> {
    usable_as(Bodies::AsTheyAre, files, &Seen::default(), zones)
}

/// The same, with its bodies looked at like this.
pub fn usable_as(are: Bodies, files: &Files, seen: &Seen, zones: &TimeZoneDatabase) -> Result<Usable, Vec<Finding>> {
    let mut reading = playbook::read(files.get(PLAYBOOK).map_or("", String::as_str));
    let findings = problems_in(files, &reading, seen, are);
    let playbook = match reading.playbook.take() {
        Some(playbook) if findings.iter().all(|finding| !finding.problem.is_error()) => playbook,
        _ => return Err(findings),
    };
    let compiled = Program::new(playbook.clone(), zones);
    let wrong = |why| Problem::error(Place { line: 1, column: 1 }, Found::Meaning, why);
    let program = compiled.map_err(|why| vec![Finding { file: PLAYBOOK.into(), problem: wrong(why) }])?;
    Ok(Usable { playbook, program, reading, warnings: findings })
}

/// Files of a playbook that is its own text alone.
pub fn alone(text: &str) -> Files {
    BTreeMap::from([(PLAYBOOK.to_owned(), text.to_owned())])
}

/// The bodies that a playbook names, as they are read.
struct ReadBodies<F> {
    body: F,
    seen: BTreeSet<String>,
    /// By path.
    texts: Files,
    /// What is wrong with the naming of them, in the playbook.
    missing: Vec<Problem>,
    /// What is wrong inside them.
    found: Vec<Finding>,
}

impl<F: FnMut(&str) -> Result<String, Unread>> ReadBodies<F> {
    fn take(&mut self, reading: &Reading, body: &BodyFile) {
        let finding = |problem| Finding { file: body.path.clone(), problem };
        match (self.body)(&body.path) {
            Err(Unread::File(why)) => {
                let message = format!("the body `{}` cannot be read: {why}", body.path);
                self.missing.push(Problem::error(body.place, Found::Meaning, message));
            }
            // Several e-mails may share a body, whose problems are told once.
            _ if !self.seen.insert(body.path.clone()) => {}
            Err(Unread::Text(problem)) => self.found.push(finding(problem)),
            Ok(text) => {
                let problems = not_json(&body.path, &text).into_iter().chain(reading.check_body(&text));
                self.found.extend(problems.map(finding));
                self.texts.insert(body.path.clone(), text);
            }
        }
    }
}

/// What is wrong with a body that ends in `.json` and is none.
fn not_json(path: &str, text: &str) -> Option<Problem> {
    if !path.ends_with(".json") {
        return None;
    }
    let error = serde_json::from_str::<serde_json::Value>(text).err()?;
    let place = Place { line: error.line().max(1), column: error.column().max(1) };
    let why = said_of(&error);
    let message = format!("this is {why}; a .json body is the block list of the visual editor");
    Some(Problem::error(place, Found::Text, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_nobody_names_and_bodies_that_nobody_sent_are_problems() {
        let text = "playbook: x\nemails: [{id: a, subject: A, body: emails/a.mjml}]\n";
        let mut files = alone(text);
        files.insert("emails/b.mjml".into(), "<mjml></mjml>".into());
        let lines: Vec<String> = problems(&files, &Seen::default()).iter().map(Finding::to_string).collect();
        assert!(
            lines.iter().any(|line| line.starts_with("playbook.yaml:2:") && line.contains("not among")),
            "{lines:?}"
        );
        assert!(lines.iter().any(|line| line.starts_with("emails/b.mjml:1:1: no e-mail")), "{lines:?}");
        assert!(usable(&files, &Seen::default(), &TimeZoneDatabase::bundled()).is_err());
        files.remove("emails/b.mjml");
        let body =
            "<mjml><mj-body><mj-section><mj-column><mj-text>A</mj-text></mj-column></mj-section></mj-body></mjml>";
        files.insert("emails/a.mjml".into(), body.into());
        assert!(
            usable(&files, &Seen::default(), &TimeZoneDatabase::bundled()).is_ok_and(|usable| usable
                .playbook
                .emails
                .len()
                == 1)
        );
    }

    #[test]
    fn a_draft_may_hold_a_body_that_cannot_be_made() {
        let zones = TimeZoneDatabase::bundled();
        let mut files = alone("playbook: x\nemails: [{id: a, subject: A, body: emails/a.mjml}]\n");
        files.insert("emails/a.mjml".into(), "<mjml><mj-body><mj-txt/></mj-body></mjml>".into());
        assert!(usable_as_draft(&files, &zones).is_ok());
        let wrong = usable(&files, &Seen::default(), &zones).err().unwrap();
        assert_eq!(wrong[0].file, "emails/a.mjml");
    }

    #[test]
    fn a_body_that_cannot_be_made_is_a_warning_in_what_was_published_before() {
        let zones = TimeZoneDatabase::bundled();
        let mut files = alone("playbook: x\nemails: [{id: a, subject: A, body: emails/a.mjml}]\n");
        files.insert("emails/a.mjml".into(), "<mjml><mj-body>\n<mj-txt/></mj-body></mjml>".into());
        let usable = usable_as(Bodies::MadeBefore, &files, &Seen::default(), &zones).ok().unwrap();
        let lines: Vec<String> = usable.warnings.iter().map(Finding::to_string).collect();
        let is_told = |line: &String| {
            line.starts_with("emails/a.mjml:2:") && line.contains(": warning: ") && line.contains("`cannot_render`")
        };
        assert!(lines.iter().any(is_told), "{lines:?}");
        let wrong = alone("playbook: x\nsegments: [{id: a, enter: {segment: b}}]\n");
        assert!(usable_as(Bodies::MadeBefore, &wrong, &Seen::default(), &zones).is_err(), "all else is as ever");
    }

    #[test]
    fn without_a_playbook_nothing_can_be_used() {
        assert_eq!(problems(&Files::new(), &Seen::default()).len(), 1);
    }
}
