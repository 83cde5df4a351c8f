//! What a transaction will write about leads, gathered so that each kind goes down as one statement.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::playbook::Class;
use attractor_engine::program::Program;
use attractor_engine::step::{Cause, Effect, What};
use attractor_engine::time::Instant;
use attractor_store::copies::{CopySource, CopyState, MailCopy};
use attractor_store::leads::{Place, Wake};
use attractor_store::moves::{Alert, Move};

use crate::lead::profile::Deal;
use crate::sending::suppression::Bound;

/// A copy: its lead, and what asked for it.
pub type CopyKey = (i64, CopySource);

#[derive(Default)]
pub struct Outbox {
    /// By lead.
    pub moves: BTreeMap<i64, Vec<Move>>,
    /// Lead, number, by what: moves that a rebuild no longer yields.
    pub revised: Vec<(i64, i64, String)>,
    pub places: BTreeMap<(i64, String), Option<i64>>,
    pub copies: BTreeMap<CopyKey, MailCopy>,
    pub withdrawn: BTreeSet<CopyKey>,
    pub alerts: Vec<(Alert, bool)>,
    /// Leads whose profiles changed.
    pub profiles: BTreeSet<i64>,
    pub deals: BTreeMap<(i64, String), Deal>,
    /// By lead, all of its deals and all of its places, after a rebuild.
    pub deals_anew: BTreeMap<i64, BTreeMap<String, Deal>>,
    pub places_anew: BTreeMap<i64, Vec<Place>>,
    pub new_wakes: Vec<Wake>,
    pub old_wakes: Vec<Wake>,
    /// Names that aliases settled, by lead.
    pub names: BTreeMap<i64, (i64, String)>,
    pub saved: BTreeSet<i64>,
    /// What events do to addresses, in their order.
    pub bound: Vec<Bound>,
}

/// Where effects come from.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    pub lead: i64,
    pub program: &'a Program,
    pub version: i64,
    pub now: Instant,
    /// The message's id; time's moves have none.
    pub because: &'a str,
    pub reason: &'a str,
    /// What became known too late, or by an import, a join or a version: it alerts and mails nobody.
    pub quiet: bool,
}

/// A move as people read it: kind, subject, before, after.
pub type Words = (&'static str, String, Option<String>, String);

pub fn words(program: &Program, what: &What) -> Option<Words> {
    let playbook = program.playbook();
    let topic = |number: &u32| playbook.topics[*number as usize].id.clone();
    Some(match what {
        What::Stage { ladder, from, to } => {
            let ladder = &playbook.ladders[*ladder as usize];
            let stage = |number: u32| ladder.stages[number as usize].id.clone();
            ("stage", ladder.id.clone(), from.map(stage), stage(*to))
        }
        What::Segment { segment, entered } => {
            let change = if *entered { "entered" } else { "left" };
            ("segment", playbook.segments[*segment as usize].id.clone(), None, change.to_owned())
        }
        What::Sequence { sequence, change } => {
            ("sequence", playbook.sequences[*sequence as usize].id.clone(), None, change.name().to_owned())
        }
        What::PrimaryInterest { from, to } => {
            let to = to.as_ref().map(topic).unwrap_or_default();
            ("interest", "primary".to_owned(), from.as_ref().map(topic), to)
        }
        What::Send { .. } | What::Alert { .. } | What::Withdrawn { .. } => return None,
    })
}

pub fn class_name(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Transactional) => "transactional",
        Some(Class::Answer) => "answer",
        Some(Class::Marketing) | None => "marketing",
    }
}

impl Outbox {
    /// Notes what follows from a step; `number` gives each move its running number.
    pub fn effects(&mut self, source: Source, effects: &[Effect], mut number: impl FnMut() -> i64) {
        for effect in effects {
            if let Some(words) = words(source.program, &effect.what) {
                self.place(source, effect);
                self.note_move(a_move(source, effect, words, number()));
            } else {
                self.request(source, effect);
            }
        }
    }

    pub fn note_move(&mut self, noted: Move) {
        self.moves.entry(noted.lead).or_default().push(noted);
    }

    fn place(&mut self, source: Source, effect: &Effect) {
        let playbook = source.program.playbook();
        match &effect.what {
            What::Stage { ladder, from, to } => {
                if let Some(from) = from {
                    let place = stage_place(source.program, *ladder, *from);
                    self.places.insert((source.lead, place), None);
                }
                let place = stage_place(source.program, *ladder, *to);
                self.places.insert((source.lead, place), Some(effect.at.0));
            }
            What::Segment { segment, entered } => {
                let place = segment_place(&playbook.segments[*segment as usize].id);
                self.places.insert((source.lead, place), entered.then_some(effect.at.0));
            }
            _ => {}
        }
    }

    fn request(&mut self, source: Source, effect: &Effect) {
        let id = |sequence: u32| source.program.playbook().sequences[sequence as usize].id.clone();
        let step = |sequence: u32, step: u32| source.program.step_id(sequence, step).unwrap_or_default().to_owned();
        match &effect.what {
            What::Send { sequence, began, step: at, email, class, not_after } => self.ask(MailCopy {
                lead: source.lead,
                source: CopySource::Sequence { sequence: id(*sequence), began: began.0, step: step(*sequence, *at) },
                email: email.clone(),
                class: class_name(*class).to_owned(),
                asked_at: effect.at.0,
                not_after: not_after.map(|length| (effect.at + length).0),
                state: if source.quiet { CopyState::Skipped } else { CopyState::Waiting },
                reason: source.quiet.then(|| "too_late".to_owned()),
                until: None,
            }),
            What::Alert { sequence, began, step: at, to, say } => {
                let alert = Alert {
                    lead: source.lead,
                    sequence: id(*sequence),
                    began: began.0,
                    step: step(*sequence, *at),
                    to: to.clone(),
                    say: say.clone(),
                    at: effect.at.0,
                    known_at: source.now.0,
                };
                self.alerts.push((alert, source.quiet));
            }
            What::Withdrawn { sequence, began, step: at } => {
                let asked =
                    CopySource::Sequence { sequence: id(*sequence), began: began.0, step: step(*sequence, *at) };
                self.withdrawn.insert((source.lead, asked));
            }
            _ => {}
        }
    }

    /// Asks for a copy. Of what is asked for and withdrawn in one transaction the last word counts.
    pub fn ask(&mut self, copy: MailCopy) {
        let key = (copy.lead, copy.source.clone());
        self.withdrawn.remove(&key);
        self.copies.insert(key, copy);
    }
}

pub fn a_move(source: Source, effect: &Effect, words: Words, number: i64) -> Move {
    let (kind, subject, was, became) = words;
    let because = if effect.cause == Cause::Time { "time" } else { source.because };
    Move {
        lead: source.lead,
        number,
        at: effect.at.0,
        known_at: source.now.0,
        kind: kind.to_owned(),
        subject,
        was,
        became,
        because: because.to_owned(),
        reason: source.reason.to_owned(),
        version: source.version,
        revised: None,
    }
}

pub fn stage_place(program: &Program, ladder: u32, stage: u32) -> String {
    let ladder = &program.playbook().ladders[ladder as usize];
    format!("stage:{}:{}", ladder.id, ladder.stages[stage as usize].id)
}

pub fn segment_place(id: &str) -> String {
    format!("segment:{id}")
}

/// The places that a lead is in, for `Place` rows.
pub fn places_of(lead: i64, program: &Program, state: &attractor_engine::lead::Lead) -> Vec<Place> {
    let stages = state.stages().map(|(ladder, stage, since)| Place {
        lead,
        place: stage_place(program, ladder, stage),
        since: since.0,
    });
    let segments = state.memberships().map(|(segment, since)| {
        let place = segment_place(&program.playbook().segments[segment as usize].id);
        Place { lead, place, since: since.0 }
    });
    stages.chain(segments).collect()
}
