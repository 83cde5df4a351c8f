//! What a candidate would change of the version in force: its rules as people know them, and its files.

use std::fmt;

use attractor_engine::playbook::{self, Change, Playbook};
use attractor_engine::version::reevaluates;
use attractor_live::PLAYBOOK;

use super::Files;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    pub rules: Vec<Change>,
    /// Each file that is new, gone or another one, with which of these it is.
    pub files: Vec<(String, &'static str)>,
    /// Whether everybody is re-evaluated; otherwise nobody is.
    pub reevaluates: bool,
}

impl Difference {
    pub fn is_nothing(&self) -> bool {
        self.rules.is_empty() && self.files.is_empty()
    }
}

/// As lines for people.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_nothing() {
            return writeln!(f, "nothing differs");
        }
        for change in &self.rules {
            writeln!(f, "{change}")?;
        }
        for (path, what) in &self.files {
            match (path.as_str(), self.rules.is_empty()) {
                (PLAYBOOK, false) => {}
                (PLAYBOOK, true) => writeln!(f, "~ {path}: its layout and comments alone")?,
                _ => writeln!(f, "{} {path}: {what}", sign(what))?,
            }
        }
        Ok(())
    }
}

fn sign(what: &str) -> char {
    match what {
        "new" => '+',
        "gone" => '-',
        _ => '~',
    }
}

/// From `old` to `new`, the files of a playbook each; `playbook` is the one in `new`.
pub fn between(old: &Files, new: &Files, playbook: &Playbook) -> Difference {
    let read = playbook::read(old.get(PLAYBOOK).map_or("", String::as_str)).playbook;
    // A playbook that this program no longer reads differs in everything.
    let before = read.unwrap_or_default();
    let paths = old.keys().chain(new.keys().filter(|path| !old.contains_key(*path)));
    let files = paths.filter_map(|path| match (old.get(path), new.get(path)) {
        (Some(was), Some(now)) if was == now => None,
        (Some(_), Some(_)) => Some((path.clone(), "changed")),
        (Some(_), None) => Some((path.clone(), "gone")),
        (None, _) => Some((path.clone(), "new")),
    });
    Difference {
        rules: playbook::difference(&before, playbook),
        files: files.collect(),
        reevaluates: reevaluates(&before, playbook),
    }
}

#[cfg(test)]
mod tests {
    use attractor_engine::playbook::Seen;

    use super::super::check::{alone, usable};
    use super::*;

    fn said(old: &str, new: &str, body: Option<&str>) -> String {
        let (old, mut new) = (alone(old), alone(new));
        let playbook = usable(&new, &Seen::default(), &jiff::tz::TimeZoneDatabase::bundled()).ok().unwrap().playbook;
        new.extend(body.map(|text| ("emails/a.mjml".to_owned(), text.to_owned())));
        between(&old, &new, &playbook).to_string()
    }

    #[test]
    fn layout_is_told_where_nothing_else_is() {
        assert_eq!(said("playbook: x\n", "playbook: x\n", None), "nothing differs\n");
        let comment = said("playbook: x\n", "# mine\nplaybook: x\n", None);
        assert_eq!(comment, "~ playbook.yaml: its layout and comments alone\n");
        assert_eq!(said("playbook: x\n", "playbook: x\n", Some("<mjml>")), "+ emails/a.mjml: new\n");
        assert!(said("playbook: x\n", "playbook: y\n", None).starts_with("~ name of the playbook"));
    }
}
