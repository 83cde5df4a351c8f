//! Whom a condition holds of: any condition, compiled as one more segment of a playbook. Where the leads' states under
//! that playbook keep everything it asks for, they answer; else each lead's events do, and of them only what it names.

use std::collections::BTreeSet;

use jiff::tz::TimeZoneDatabase;

use crate::ask::{Asking, Curves};
use crate::condition::Condition;
use crate::identity::contested;
use crate::lead::Lead;
use crate::message::Message;
use crate::playbook::{Evaluate, Gives, Playbook, Segment};
use crate::program::{Event, Program};
use crate::step::{Sends, Stepper};
use crate::time::Instant;

/// No segment of a playbook is called so: what is done to segments by hand cannot mean it.
const ASKED: &str = "?";

/// A condition, ready to be asked of leads that live under a program.
pub struct Audience {
    /// The playbook with the condition as its last segment, where the program's states answer it.
    whole: Option<Program>,
    /// What the condition needs of the playbook, and itself as the last segment.
    needed: Program,
}

impl Audience {
    /// `program` is the one that the leads live under. The error is a reference to nothing.
    pub fn new(program: &Program, condition: &Condition, zones: &TimeZoneDatabase) -> Result<Audience, String> {
        let playbook = program.playbook();
        let whole = Program::new(with(playbook.clone(), condition), zones)?;
        let needed = Program::new(with(needed(playbook, condition), condition), zones)?;
        let whole = program.inputs.keep_the_same(&whole.inputs).then_some(whole);
        Ok(Audience { whole, needed })
    }

    /// Whether the leads' states answer it, so that no events need be read.
    pub fn reads_states(&self) -> bool {
        self.whole.is_some()
    }

    /// Whether it holds of a lead at an instant, by its state under the program; `None` where the state cannot tell.
    /// An instant before the lead's last step is taken as that.
    pub fn of_state(&self, program: &Program, lead: &Lead, at: Instant) -> Option<bool> {
        let whole = self.whole.as_ref()?;
        let at = at.max(lead.at);
        if lead.wake_at() > at {
            return Some(holds(whole, lead, at));
        }
        let mut stepper = Stepper::new(program, lead.clone(), Sends::Reported);
        stepper.advance(at);
        Some(holds(whole, &stepper.lead, at))
    }

    /// What a message means to it; `has_email` says whether an address belongs to the lead. The error says why the text
    /// is not a message.
    pub fn read(&self, json: &str, at: Instant, mut has_email: impl FnMut(&str) -> bool) -> Result<Event, String> {
        let message = Message::parse(json, self.needed.wanted())?;
        let mut event = Event::default();
        self.needed.distill(&message, &mut event);
        if contested(&message).is_some_and(|email| !has_email(email)) {
            self.without_email(&mut event);
        }
        event.at = at;
        Ok(event)
    }

    /// Leaves the e-mail out of an event whose address turned out to belong to another lead after it was read.
    pub fn without_email(&self, event: &mut Event) {
        self.needed.without_email(event);
    }

    /// Whether it holds of a lead at an instant, by its events in order, as [`Audience::read`] gives them. An instant before
    /// the last event is taken as that.
    pub fn of_events<'e>(&self, name: &str, events: impl IntoIterator<Item = &'e Event>, at: Instant) -> bool {
        let mut stepper = Stepper::new(&self.needed, Lead::new(name), Sends::AtOnce);
        events.into_iter().for_each(|event| stepper.event(event));
        let at = at.max(stepper.lead.at);
        stepper.advance(at);
        holds(&self.needed, &stepper.lead, at)
    }
}

/// Whether a program's last segment would be entered now.
fn holds(program: &Program, lead: &Lead, at: Instant) -> bool {
    let Some(asked) = program.segments.last() else { return false };
    let mut curves = Curves::new(program);
    lead.started() && Asking { program, lead, at, curves: &mut curves, began: at }.ask(&asked.enter).holds
}

fn with(mut playbook: Playbook, condition: &Condition) -> Playbook {
    playbook.segments.push(Segment {
        id: ASKED.into(),
        name: None,
        enter: condition.clone(),
        leave: None,
        min_stay: None,
        evaluate: Evaluate::Live,
    });
    playbook
}

/// What of a playbook a condition rests on: what it refers to, what that refers to, and so on.
fn needed(playbook: &Playbook, condition: &Condition) -> Playbook {
    let mut needs = Needs::default();
    needs.note(condition);
    // References go backwards only: each pass finds what the last one asks for.
    let mut known = 0;
    while needs.count() > known {
        known = needs.count();
        needs.follow(playbook);
    }
    let mut needed = playbook.clone();
    (needed.emails, needed.sequences, needed.subscriptions, needed.cadence) = Default::default();
    needed.segments.retain(|segment| needs.segments.contains(&segment.id));
    needed.ladders.retain(|ladder| needs.ladders.contains(&ladder.id));
    needed.scores.retain(|score| needs.scores.contains(&score.id));
    if !needs.interests {
        (needed.topics, needed.interests) = Default::default();
    }
    needed
}

/// The ids of what a condition refers to.
#[derive(Default)]
pub(crate) struct Needs {
    pub scores: BTreeSet<String>,
    pub ladders: BTreeSet<String>,
    pub segments: BTreeSet<String>,
    /// Topics and `interests`.
    pub interests: bool,
}

impl Needs {
    fn count(&self) -> usize {
        self.scores.len() + self.ladders.len() + self.segments.len() + usize::from(self.interests)
    }

    pub fn note(&mut self, condition: &Condition) {
        condition.each(&mut |part| {
            if let Some(form) = part.predicate() {
                form.note_needs(self);
            }
        });
    }

    fn follow(&mut self, playbook: &Playbook) {
        for segment in &playbook.segments {
            if self.segments.contains(&segment.id) {
                self.note(&segment.enter);
                segment.leave.iter().for_each(|leave| self.note(leave));
            }
        }
        for ladder in &playbook.ladders {
            if self.ladders.contains(&ladder.id) {
                self.scores.extend(ladder.score.clone());
                let conditions = ladder.stages.iter().flat_map(|stage| stage.enter.iter().chain(&stage.leave));
                conditions.for_each(|condition| self.note(condition));
            }
        }
        for score in &playbook.scores {
            let conditions = score.rules.iter().filter_map(|rule| match &rule.gives {
                Gives::If(condition) => Some(condition),
                _ => None,
            });
            if self.scores.contains(&score.id) {
                conditions.for_each(|condition| self.note(condition));
            }
        }
    }
}

impl Lead {
    /// The instant of its last event, a machine's too; `None` before the first.
    pub fn last_event(&self) -> Option<Instant> {
        Some(self.taken.0).filter(|at| at.0 != i64::MIN)
    }
}
