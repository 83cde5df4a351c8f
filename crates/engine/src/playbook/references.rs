//! Whether every id that is referred to is declared, once, and early enough.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::marked::shortened;
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
    /// To which others of its kind a ladder or a segment refers.
    refers: BTreeMap<(Kind, &'a str), Vec<&'a str>>,
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
            Note::RefersToInterest { .. } | Note::Names { .. } => {}
        }
    }
    reader.notes = notes;
}

fn declare<'a>(notes: &'a [Note], reader: &mut Reader) -> Declarations<'a> {
    let mut declared = Declarations::default();
    // The owner whose parts follow; empty where it has no id, or one that is taken.
    let mut around = "";
    let mut current = None;
    for (at, note) in notes.iter().enumerate() {
        match note {
            Note::Begin(kind) if is_part(*kind) => {}
            Note::Begin(_) => (around, current) = ("", None),
            Note::Declared { kind, id, place } => {
                let part = is_part(*kind);
                let key = (*kind, if part { around } else { "" }, id.as_str());
                let first = declared.by_id.get(&key).map(|declaration| declaration.place);
                match first {
                    // Who copied an owner and forgot its id is told so once, not for every part too.
                    Some(_) if part && around.is_empty() => {}
                    Some(first) => reader.meaning(*place, doubled(key, first)),
                    None => {
                        declared.by_id.insert(key, Declaration { at, place: *place });
                        declared.order.push(key);
                    }
                }
                if !part {
                    (around, current) = (if first.is_none() { id } else { "" }, Some((*kind, id.as_str())));
                }
            }
            Note::Refers { kind, id, .. } => {
                if let Some(owner) = current.filter(|(of, _)| of == kind) {
                    declared.refers.entry(owner).or_default().push(id);
                }
            }
            Note::RefersToInterest { .. } | Note::RefersToStage { .. } | Note::Names { .. } => {}
        }
    }
    declared
}

/// Rules, stages and steps have ids of their own in each score, ladder or sequence.
fn is_part(kind: Kind) -> bool {
    matches!(kind, Kind::Rule | Kind::Stage | Kind::Step)
}

fn doubled((kind, owner, id): (Kind, &str, &str), first: Place) -> String {
    let owner = if owner.is_empty() { String::new() } else { format!(" of `{}`", shortened(owner)) };
    let (kind, id, line, column) = (kind.name(), shortened(id), first.line, first.column);
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
            return Err(format!("there is no {name} `{}`; {known}", shortened(id)));
        };
        if owner != kind || !matches!(kind, Kind::Ladder | Kind::Segment) || declaration.at < begin {
            return Ok(());
        }
        // Its own declaration follows its beginning at once; another one has its own beginning between.
        if declaration.at == begin + 1 {
            return Err(format!("this {name} refers to itself; refer to what it depends on"));
        }
        if let Some(circle) = self.way_back(kind, id, begin + 1) {
            return Err(format!("this goes round in a circle: {circle}; write out the condition in one of them"));
        }
        let (id, line) = (shortened(id), declaration.place.line);
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
            let known = || suggestion(id, &stages, "declared are");
            let message = || format!("no ladder has a stage `{}`; {}", shortened(id), known());
            return if stages.contains(&id) { Ok(()) } else { Err(message()) };
        };
        // A wrong ladder is told once, at its own place.
        if self.refer(owner, Kind::Ladder, ladder).is_err() || self.by_id.contains_key(&(Kind::Stage, ladder, id)) {
            return Ok(());
        }
        let known = suggestion(id, &self.ids(Kind::Stage, ladder), "its stages are");
        Err(format!("the ladder `{}` has no stage `{}`; {known}", shortened(ladder), shortened(id)))
    }

    /// `a → b → a`, where `a` is declared by the note at `target` and refers to `from`, and there is such a way.
    fn way_back<'b>(&'b self, kind: Kind, from: &'b str, target: usize) -> Option<String> {
        // More than people can follow, and playbooks made to take time end here.
        const LOOKED_AT: usize = 64;
        let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
        let mut seen = BTreeSet::from([from]);
        let mut ahead = VecDeque::from([from]);
        while let Some(id) = ahead.pop_front().filter(|_| seen.len() < LOOKED_AT) {
            if self.by_id.get(&(kind, "", id)).is_some_and(|declaration| declaration.at == target) {
                let back = std::iter::successors(Some(id), |id| came_from.get(id).copied());
                let mut circle: Vec<String> = back.map(|id| format!("`{}`", shortened(id))).collect();
                circle.push(format!("`{}`", shortened(id)));
                circle.reverse();
                return Some(circle.join(" → "));
            }
            for next in self.refers.get(&(kind, id)).map_or(&[][..], Vec::as_slice) {
                if seen.insert(next) {
                    came_from.insert(next, id);
                    ahead.push_back(next);
                }
            }
        }
        None
    }

    fn ids(&self, kind: Kind, owner: &str) -> Vec<&str> {
        self.order.iter().filter(|key| key.0 == kind && key.1 == owner).map(|key| key.2).collect()
    }
}
