//! Text in; a playbook, or everything that is wrong with it, out.

use super::Playbook;
use super::form::{Form, WholePlaybook};
use super::marked::{self, Node};
use super::problem::{Found, Place, Problem, in_order};
use super::reader::{Note, Reader};
use super::vocabulary::NamedAt;
use super::{references, transactional, warnings};

/// What reading a text gave.
#[derive(Debug, Default)]
pub struct Reading {
    /// Only where no problem is an error.
    pub playbook: Option<Playbook>,
    /// By place.
    pub problems: Vec<Problem>,
    pub(super) tree: Option<Node>,
    /// The kinds of events and the attributes that it names, and where.
    pub(super) names: Vec<NamedAt>,
}

impl Reading {
    /// Where the value of a key of the playbook begins; the playbook's own place where the key is absent.
    pub fn place_of(&self, key: &str) -> Place {
        let start = Place { line: 1, column: 1 };
        self.tree.as_ref().map_or(start, |tree| tree.get(key).map_or(tree.place, |value| value.place))
    }
}

/// Reads a playbook, YAML 1.2 or JSON, and finds all of its problems in one run. Never panics, whatever the text.
pub fn read(text: &str) -> Reading {
    let (tree, mut problems) = marked::parse(text);
    let (mut playbook, mut names) = (None, Vec::new());
    match &tree {
        None if problems.is_empty() => {
            let message = "there is no playbook in this text; it begins with `playbook: NAME`";
            problems.push(Problem::error(Place { line: 1, column: 1 }, Found::Form, message));
        }
        None => {}
        Some(tree) => (playbook, names) = read_tree(tree, &mut problems),
    }
    // Where a key or a value is wrong, what is left may mean something else; a wrong reference changes no meaning.
    let whole = problems.iter().all(|problem| problem.found == Found::Meaning);
    if let (Some(playbook), Some(tree), true) = (&playbook, &tree, whole) {
        problems.extend(warnings::check(playbook, tree));
        problems.extend(transactional::check(playbook, tree));
    }
    if problems.iter().any(Problem::is_error) {
        playbook = None;
    }
    Reading { playbook, problems: in_order(problems), tree, names }
}

fn read_tree(tree: &Node, problems: &mut Vec<Problem>) -> (Option<Playbook>, Vec<NamedAt>) {
    let mut reader = Reader::default();
    let playbook = WholePlaybook::read(tree, &mut reader);
    references::check(&mut reader, tree.get("interests").is_some());
    problems.append(&mut reader.problems);
    (playbook, named(reader.notes))
}

/// The kinds of events and the attributes among notes.
pub(super) fn named(notes: impl IntoIterator<Item = Note>) -> Vec<NamedAt> {
    let named = |note| match note {
        Note::Names { named, name, place } => Some((named, name, place)),
        _ => None,
    };
    notes.into_iter().filter_map(named).collect()
}
