//! Whether every id that is referred to is declared, once, and early enough.

use std::collections::BTreeMap;

use super::nearest::suggestion;
use super::problem::Place;
use super::reader::{Kind, Note, Reader};

/// Where an id was declared.
#[derive(Clone, Copy)]
struct Declaration {
    /// Index of its note: what is declared earlier has a smaller one.
    at: usize,
    place: Place,
}

/// What the notes declare. Rules, stages and steps are declared in the score, ladder or sequence before them.
#[derive(Default)]
struct Declarations<'a> {
    /// By kind, owner (empty where the whole playbook is) and id.
    by_id: BTreeMap<(Kind, &'a str, &'a str), Declaration>,
    /// In the order of declaration.
    order: Vec<(Kind, &'a str, &'a str)>,
}

/// Adds what is wrong with the notes to the reader's problems.
pub(super) fn check(reader: &mut Reader, has_interests: bool) {
    let notes = std::mem::take(&mut reader.notes);
    let declared = declare(&notes, reader);
    // What is being declared, and from where on its own notes go.
    let mut owner = (Kind::Topic, 0);
    for (at, note) in notes.iter().enumerate() {
        match note {
            Note::Begin(Kind::Stage | Kind::Step) | Note::Declared { .. } => {}
            Note::Begin(kind) => owner = (*kind, at),
            Note::Refers { kind, id, place } => {
                if let Err(message) = declared.refer(owner, *kind, id) {
                    reader.meaning(*place, message);
                }
            }
            Note::RefersToStage { ladder, id, place } => {
                if let Err(message) = declared.refer_to_stage(owner, ladder.as_deref(), id) {
                    reader.meaning(*place, message);
                }
            }
            Note::RefersToInterest { place } if !has_interests => {
                let message =
                    "without `interests` in the playbook there are none; add `interests: {}` for the defaults";
                reader.meaning(*place, message);
            }
            Note::RefersToInterest { .. } => {}
        }
    }
    reader.notes = notes;
}

fn declare<'a>(notes: &'a [Note], reader: &mut Reader) -> Declarations<'a> {
    let mut declared = Declarations::default();
    let mut around = "";
    for (at, note) in notes.iter().enumerate() {
        match note {
            // Until its id is read, the next owner is unnamed: its parts must not be taken for those of the last.
            Note::Begin(Kind::Score | Kind::Ladder | Kind::Sequence) => around = "",
            Note::Declared { kind, id, place } => {
                let part = matches!(kind, Kind::Rule | Kind::Stage | Kind::Step);
                let key = (*kind, if part { around } else { "" }, id.as_str());
                if matches!(kind, Kind::Score | Kind::Ladder | Kind::Sequence) {
                    around = id;
                }
                let declaration = Declaration { at, place: *place };
                match declared.by_id.get(&key) {
                    Some(first) => reader.meaning(*place, doubled(key, first.place)),
                    None => {
                        declared.by_id.insert(key, declaration);
                        declared.order.push(key);
                    }
                }
            }
            _ => {}
        }
    }
    declared
}

fn doubled((kind, owner, id): (Kind, &str, &str), first: Place) -> String {
    let owner = if owner.is_empty() { String::new() } else { format!(" of `{owner}`") };
    let (kind, line, column) = (kind.name(), first.line, first.column);
    format!("a {kind}{owner} with the id `{id}` is declared already, at {line}:{column}; choose another id").replacen(
        "a e-mail",
        "an e-mail",
        1,
    )
}

impl Declarations<'_> {
    fn refer(&self, (owner, begin): (Kind, usize), kind: Kind, id: &str) -> Result<(), String> {
        let name = kind.name();
        if owner == Kind::Rule && matches!(kind, Kind::Score | Kind::Ladder | Kind::Segment) {
            return Err("an `if` rule may not use scores, stages or segments, which rest on scores themselves; ask for the attributes or events behind it".into());
        }
        if owner == Kind::Ladder && kind == Kind::Segment {
            return Err("a ladder may refer to scores, interests and earlier ladders, but to no segment; write out the segment's condition".into());
        }
        let Some(declaration) = self.by_id.get(&(kind, "", id)) else {
            let known = suggestion(id, &self.ids(kind, ""), "declared are");
            return Err(format!("there is no {name} `{id}`; {known}"));
        };
        if owner != kind || !matches!(kind, Kind::Ladder | Kind::Segment) || declaration.at < begin {
            return Ok(());
        }
        // Its own declaration follows its beginning at once; another one has its own beginning between.
        if declaration.at == begin + 1 {
            return Err(format!("this {name} refers to itself; refer to what it depends on"));
        }
        let line = declaration.place.line;
        Err(format!(
            "`{id}` is declared after this {name}, in line {line}, and a {name} may refer only to those before it; move `{id}` up"
        ))
    }

    fn refer_to_stage(&self, owner: (Kind, usize), ladder: Option<&str>, id: &str) -> Result<(), String> {
        let Some(ladder) = ladder else {
            let mut stages: Vec<&str> = Vec::new();
            for (_, _, stage) in self.order.iter().filter(|key| key.0 == Kind::Stage) {
                if !stages.contains(stage) {
                    stages.push(stage);
                }
            }
            let message = || format!("no ladder has a stage `{id}`; {}", suggestion(id, &stages, "declared are"));
            return if stages.contains(&id) { Ok(()) } else { Err(message()) };
        };
        // A wrong ladder is told once, at its own place.
        if self.refer(owner, Kind::Ladder, ladder).is_err() || self.by_id.contains_key(&(Kind::Stage, ladder, id)) {
            return Ok(());
        }
        let known = suggestion(id, &self.ids(Kind::Stage, ladder), "its stages are");
        Err(format!("the ladder `{ladder}` has no stage `{id}`; {known}"))
    }

    fn ids(&self, kind: Kind, owner: &str) -> Vec<&str> {
        self.order.iter().filter(|key| key.0 == kind && key.1 == owner).map(|key| key.2).collect()
    }
}
