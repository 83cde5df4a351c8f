//! Moves in words, each with its cause.

use super::Happened;
use crate::condition::Names;
use crate::playbook::Email;
use crate::program::Program;
use crate::step::{Cause, Change, Effect, What};
use crate::time::Instant;

/// What caused a move.
#[derive(Clone, Debug, PartialEq)]
pub enum Caused {
    /// A message's id, and what it says for people.
    Event {
        id: String,
        what: String,
    },
    Time,
}

/// Something that changed for the lead, in words: “Temperature: from cold to warm”.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    pub at: Instant,
    pub what: String,
    pub because: Caused,
}

/// The moves so far, and what moved each ladder and segment last.
pub(super) struct Moves<'p> {
    program: &'p Program,
    names: Names,
    effects: Vec<(Effect, Caused)>,
}

impl<'p> Moves<'p> {
    pub fn new(program: &'p Program) -> Moves<'p> {
        Moves { program, names: Names::of(program.playbook()), effects: Vec::new() }
    }

    pub fn note(&mut self, effects: &[Effect], happened: Option<&Happened>) {
        for effect in effects {
            let because = match (effect.cause, happened) {
                (Cause::Event, Some(h)) => Caused::Event { id: h.id.to_owned(), what: h.what.to_owned() },
                _ => Caused::Time,
            };
            self.effects.push((effect.clone(), because));
        }
    }

    pub fn last_of_ladder(&self, number: u32) -> Caused {
        self.last(|what| matches!(what, What::Stage { ladder, .. } if *ladder == number))
    }

    pub fn last_of_segment(&self, number: u32) -> Caused {
        self.last(|what| matches!(what, What::Segment { segment, .. } if *segment == number))
    }

    fn last(&self, wanted: impl Fn(&What) -> bool) -> Caused {
        let found = self.effects.iter().rev().find(|(effect, _)| wanted(&effect.what));
        found.map_or(Caused::Time, |(_, because)| because.clone())
    }

    pub fn done(self) -> Vec<Move> {
        self.effects.iter().map(|(effect, because)| self.shown(effect, because.clone())).collect()
    }

    /// `held` says why a copy of an e-mail, or of the best unread one, could not be sent; `None` where it could.
    pub fn ahead(&self, effects: &[Effect], held: impl Fn(Option<&Email>) -> Option<String>) -> Vec<Move> {
        let shown = |effect: &Effect| {
            let mut shown = self.shown(effect, Caused::Time);
            if let What::Send { email, .. } = &effect.what {
                let named = self.program.playbook().emails.iter().find(|one| Some(&*one.id) == email.as_deref());
                shown.what.extend(held(named).map(|why| format!(", which could not be sent: {why}")));
            }
            shown
        };
        effects.iter().map(shown).collect()
    }

    fn shown(&self, effect: &Effect, because: Caused) -> Move {
        Move { at: effect.at, what: words(self.program, &self.names, &effect.what), because }
    }
}

fn words(program: &Program, names: &Names, what: &What) -> String {
    let playbook = program.playbook();
    let topic = |topic: &u32| names.topic(&playbook.topics[*topic as usize].id);
    let sequence = |number: &u32| {
        let sequence = &playbook.sequences[*number as usize];
        sequence.name.clone().unwrap_or_else(|| sequence.id.clone())
    };
    match what {
        What::PrimaryInterest { to: Some(to), .. } => format!("primary interest: {}", topic(to)),
        What::PrimaryInterest { from, to: None } => {
            format!("primary interest: none any more (it was {})", from.as_ref().map(topic).unwrap_or_default())
        }
        What::Stage { ladder, from, to } => {
            let ladder = &playbook.ladders[*ladder as usize];
            let stage = |number: u32| names.stage(&ladder.id, &ladder.stages[number as usize].id);
            match from {
                Some(from) => format!("{}: from {} to {}", names.ladder(&ladder.id), stage(*from), stage(*to)),
                None => format!("{}: starts at {}", names.ladder(&ladder.id), stage(*to)),
            }
        }
        What::Segment { segment, entered } => {
            let change = if *entered { "enters" } else { "leaves" };
            format!("{change} {}", names.segment(&playbook.segments[*segment as usize].id))
        }
        What::Sequence { sequence: number, change } => match change {
            Change::Enrolled => format!("enrolled in {}", sequence(number)),
            Change::HeldOut => format!("kept out of {}, for comparison", sequence(number)),
            Change::Goal => format!("reaches the goal of {}", sequence(number)),
            Change::Stopped => format!("{} is stopped", sequence(number)),
            Change::Finished => format!("finishes {}", sequence(number)),
        },
        What::Send { sequence: number, email, .. } => {
            format!("{} sends {}", sequence(number), email.as_deref().unwrap_or("the best unread piece"))
        }
        What::Alert { to, say, .. } => format!("alerts {to}: {say}"),
        What::Withdrawn { sequence: number, .. } => format!("{}: a copy not yet sent is withdrawn", sequence(number)),
    }
}
