//! Moves in words, each with its cause.

use super::Happened;
use crate::condition::Names;
use crate::playbook::Email;
use crate::program::Program;
use crate::step::{Cause, Effect, MoveKind, What};
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
    /// This version of the playbook, by coming into force.
    Version(i64),
}

/// Something that changed for the lead, in words: “Temperature: from cold to warm”.
#[derive(Clone, Debug, PartialEq)]
pub struct Move {
    pub at: Instant,
    pub what: String,
    /// The same as data.
    pub moved: Moved,
    pub because: Caused,
}

/// What kind of thing changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    Move(MoveKind),
    /// A copy of an e-mail is asked for.
    Send,
    Alert,
    /// A copy that was asked for is withdrawn.
    Withdrawn,
}

/// What changed, by ids and names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub kind: Changed,
    /// The ladder, segment or sequence; `primary` for the primary interest.
    pub subject: (String, String),
    /// The stage or topic before.
    pub from: Option<(String, String)>,
    /// The stage, topic or e-mail, the name of a list of addresses, or a change such as `entered`; `None`: no topic any
    /// more, or the best unread piece.
    pub to: Option<(String, String)>,
    /// The id of the step that asks for it.
    pub step: Option<String>,
    /// Why a copy could not be sent.
    pub held: Option<String>,
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
            if let What::Send { sequence, email, .. } = &effect.what {
                if self.program.playbook().sequences[*sequence as usize].review {
                    shown.what.push_str(" (a draft that a person releases)");
                }
                let named = self.program.playbook().emails.iter().find(|one| Some(&*one.id) == email.as_deref());
                shown.moved.held = held(named);
                shown.what.extend(shown.moved.held.iter().map(|why| format!(", which could not be sent: {why}")));
            }
            shown
        };
        effects.iter().map(shown).collect()
    }

    fn shown(&self, effect: &Effect, because: Caused) -> Move {
        let moved = self.moved(&effect.what);
        let say = if let What::Alert { say, .. } = &effect.what { say } else { "" };
        Move { at: effect.at, what: moved.sentence(say), moved, because }
    }

    fn moved(&self, what: &What) -> Moved {
        let (playbook, names) = (self.program.playbook(), &self.names);
        let moved = |kind, subject, from, to| Moved { kind, subject, from, to, step: None, held: None };
        let change = |word: &str| Some((word.to_owned(), word.to_owned()));
        let topic = |topic: &u32| {
            let id = &playbook.topics[*topic as usize].id;
            (id.clone(), names.topic(id).to_owned())
        };
        let sequence = |number: &u32| {
            let id = &playbook.sequences[*number as usize].id;
            (id.clone(), names.sequence(id).to_owned())
        };
        let asks = |kind, number: &u32, step: u32, to| Moved {
            step: self.program.step_id(*number, step).map(str::to_owned),
            ..moved(kind, sequence(number), None, to)
        };
        match what {
            What::PrimaryInterest { from, to } => {
                let subject = ("primary".to_owned(), "Primary interest".to_owned());
                moved(Changed::Move(MoveKind::Interest), subject, from.as_ref().map(topic), to.as_ref().map(topic))
            }
            What::Stage { ladder, from, to } => {
                let ladder = &playbook.ladders[*ladder as usize];
                let stage = |number: u32| {
                    let id = &ladder.stages[number as usize].id;
                    (id.clone(), names.stage(&ladder.id, id).to_owned())
                };
                let subject = (ladder.id.clone(), names.ladder(&ladder.id).to_owned());
                moved(Changed::Move(MoveKind::Stage), subject, from.map(stage), Some(stage(*to)))
            }
            What::Segment { segment, entered } => {
                let id = &playbook.segments[*segment as usize].id;
                let subject = (id.clone(), names.segment(id).to_owned());
                moved(
                    Changed::Move(MoveKind::Segment),
                    subject,
                    None,
                    change(if *entered { "entered" } else { "left" }),
                )
            }
            What::Sequence { sequence: number, change: word } => {
                moved(Changed::Move(MoveKind::Sequence), sequence(number), None, change(word.name()))
            }
            What::Send { sequence, step, email, .. } => {
                asks(Changed::Send, sequence, *step, email.as_ref().map(|id| (id.clone(), names.email(id).to_owned())))
            }
            What::Alert { sequence, step, to, .. } => asks(Changed::Alert, sequence, *step, change(to)),
            What::Withdrawn { sequence, step, .. } => asks(Changed::Withdrawn, sequence, *step, None),
        }
    }
}

impl Moved {
    /// The same in English; `say` is the text of an alert.
    pub fn sentence(&self, say: &str) -> String {
        let subject = &self.subject.1;
        let (from, to) = (self.from.as_ref().map(|from| &from.1), self.to.as_ref().map(|to| &to.1));
        let (was, becomes) = (from.map_or("", String::as_str), to.map_or("", String::as_str));
        match self.kind {
            Changed::Move(MoveKind::Interest) if to.is_some() => format!("primary interest: {becomes}"),
            Changed::Move(MoveKind::Interest) => format!("primary interest: none any more (it was {was})"),
            Changed::Move(MoveKind::Stage) if from.is_some() => format!("{subject}: from {was} to {becomes}"),
            Changed::Move(MoveKind::Stage) => format!("{subject}: starts at {becomes}"),
            Changed::Move(MoveKind::Segment) if becomes == "entered" => format!("enters {subject}"),
            Changed::Move(MoveKind::Segment) => format!("leaves {subject}"),
            Changed::Move(MoveKind::Sequence) => of_sequence(subject, becomes),
            // Whether it leaves is decided when its turn comes.
            Changed::Send => format!("{subject} asks for {}", to.map_or("the best unread piece", String::as_str)),
            Changed::Alert => format!("alerts {becomes}: {say}"),
            Changed::Withdrawn => format!("{subject}: a copy not yet sent is withdrawn"),
        }
    }
}

fn of_sequence(sequence: &str, change: &str) -> String {
    match change {
        "enrolled" => format!("enrolled in {sequence}"),
        "held_out" => format!("kept out of {sequence}, for comparison"),
        "goal" => format!("reaches the goal of {sequence}"),
        "stopped" => format!("{sequence} is stopped"),
        "finished" => format!("finishes {sequence}"),
        other => format!("{sequence}: {other}"),
    }
}
