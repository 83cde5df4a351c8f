//! *Why* and *why not*: each point with its event, each move with its cause, the clause that fails with its value, and
//! what comes if nothing happens. It all comes from the same `step` that decides.

mod describe;
mod enrollment;
mod kept;
mod ledger;
mod moves;
mod not_enrolled;
mod text;
mod why_not;

pub use describe::{describe, has_assumed_date};
pub use enrollment::{EndedBy, EnrollmentNow, StepWait, StepWords, enrollment, steps_of};
pub use kept::{Kept, KeptBy};
pub use ledger::{Because, Point};
pub use moves::{Caused, Changed, Move, Moved};
pub use not_enrolled::{NotEnrolled, not_enrolled};
pub use why_not::{Clause, HeldReason, Missing};
pub(crate) use why_not::{rounded, stands};

use crate::ask::{Asking, Curves};
use crate::condition::Names;
use crate::forecast::{HORIZON, next_change};
use crate::lead::{Hand, Lead};
use crate::local::Zone;
use crate::playbook::Email;
use crate::program::{Event, Program};
use crate::step::{Effect, Sends, Stepper};
use crate::time::Instant;
use kept::{AllKept, History};

/// One message of the lead, each id once, in order.
#[derive(Clone, Debug)]
pub struct Happened<'a> {
    pub id: &'a str,
    pub event: &'a Event,
    /// For people, as `describe` gives it.
    pub what: &'a str,
}

/// How a lead stands at an instant, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    pub lead: String,
    pub at: Instant,
    /// The playbook's, in which the text for people tells the time.
    pub(crate) zone: Zone,
    pub scores: Vec<Score>,
    pub ladders: Vec<Ladder>,
    pub segments: Vec<Segment>,
    /// Topics with at least the minimum strength, as declared.
    pub interests: Vec<Interest>,
    /// Topics that lack at most a tenth of the minimum, with the minimum.
    pub nearly: (Vec<Interest>, f64),
    /// The topic's id and name.
    pub primary_interest: Option<(String, String)>,
    /// All moves until now, in order.
    pub moves: Vec<Move>,
    /// A sentence about `moves`, for the text alone.
    pub remark: Option<String>,
    /// The moves that time alone brings within 366 days, in order.
    pub ahead: Vec<Move>,
    pub next_change: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    pub id: String,
    pub name: String,
    pub value: f64,
    /// The points of these add up to `value`.
    pub why: Vec<Point>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    pub id: String,
    pub name: String,
    /// The stage's id and name.
    pub stage: (String, String),
    pub since: Instant,
    pub because: Caused,
    /// `None` on the highest stage.
    pub next_stage: Option<NextStage>,
    /// Where the lead would not enter its stage now: what keeps it there.
    pub kept: Option<Kept>,
}

/// The next stage up, and what keeps the lead from it.
#[derive(Clone, Debug, PartialEq)]
pub struct NextStage {
    pub id: String,
    pub name: String,
    pub missing: Missing,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Interest {
    /// The topic's.
    pub id: String,
    pub name: String,
    pub strength: f64,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub id: String,
    pub name: String,
    /// Since when the lead is in it, and what brought it there.
    pub inside: Option<(Instant, Caused)>,
    /// Outside: what is missing.
    pub missing: Option<Missing>,
    /// Inside, where the lead would not enter it now: what keeps it there.
    pub kept: Option<Kept>,
}

/// Explains one lead at an instant from its events up to then, in order. No events: a lead of whom nothing is known.
pub fn explain(program: &Program, name: &str, events: &[Happened], at: Instant) -> Explanation {
    let mut stepper = Stepper::new(program, Lead::new(name), Sends::AtOnce);
    let mut ledger = ledger::Ledger::default();
    let mut moves = moves::Moves::new(program);
    for happened in events.iter().filter(|happened| happened.event.history) {
        stepper.lead.history_until(happened.event.at);
    }
    for happened in events {
        stepper.counted = Some(Vec::new());
        stepper.event(happened.event);
        ledger.note(stepper.counted.take().unwrap_or_default(), happened);
        moves.note(&stepper.effects, Some(happened));
        stepper.effects.clear();
    }
    stepper.advance(at);
    moves.note(&stepper.effects, None);
    let lead = stepper.into_lead();
    let mut curves = Curves::new(program);
    let mut explaining = Explaining {
        program,
        names: Names::of(program.playbook()),
        asking: Asking { program, lead: &lead, at, curves: &mut curves, began: at },
    };
    let coming = ahead(program, &lead, at);
    let mut kept = explaining.kept();
    kept.find_instants(&History { program, name, events, at }, &coming);
    Explanation {
        lead: name.to_owned(),
        at,
        zone: program.schedule.0.clone(),
        scores: ledger.scores(program, &explaining.names, &mut explaining.asking),
        ladders: explaining.ladders(&moves, &kept),
        segments: explaining.segments(&moves, &kept),
        interests: explaining.interests(),
        nearly: explaining.nearly(),
        primary_interest: lead.primary.map(|topic| explaining.topic(topic)),
        ahead: moves.ahead(&coming, |_| None),
        moves: moves.done(),
        remark: None,
        next_change: next_change(program, &lead, at),
    }
}

/// The moves that time alone brings a lead that somebody keeps within 366 days of an instant, in order, and the first
/// instant at which something changes that people are shown. Its enrollments are what they are, not what a replay of its
/// events would make them. `held` says why a copy of an e-mail could not be sent to it.
pub fn coming(
    program: &Program,
    lead: &Lead,
    at: Instant,
    held: impl Fn(Option<&Email>) -> Option<String>,
) -> (Vec<Move>, Option<Instant>) {
    let mut stepper = Stepper::new(program, lead.clone(), Sends::Reported);
    stepper.advance(at);
    let lead = stepper.into_lead();
    let moves = moves::Moves::new(program).ahead(&ahead(program, &lead, at), held);
    (moves, next_change(program, &lead, at))
}

fn ahead(program: &Program, lead: &Lead, at: Instant) -> Vec<Effect> {
    if lead.started() { crate::forecast::ahead(program, lead, at + HORIZON) } else { Vec::new() }
}

/// What is at hand while a lead is explained.
struct Explaining<'a> {
    program: &'a Program,
    names: Names,
    asking: Asking<'a>,
}

impl Explaining<'_> {
    fn ladders(&mut self, moves: &moves::Moves, kept: &AllKept) -> Vec<Ladder> {
        let mut ladders = Vec::new();
        for (number, ladder) in (0..).zip(&self.program.playbook().ladders) {
            let Some(standing) = self.asking.lead.ladders.get(number).copied() else { continue };
            let stage = &ladder.stages[standing.stage as usize].id;
            ladders.push(Ladder {
                id: ladder.id.clone(),
                name: self.names.ladder(&ladder.id).to_owned(),
                stage: (stage.clone(), self.names.stage(&ladder.id, stage).to_owned()),
                since: standing.since,
                because: moves.last_of_ladder(number),
                next_stage: self.next_stage(number, standing.stage, standing.set),
                kept: kept.of_ladder(number),
            });
        }
        ladders
    }

    fn segments(&mut self, moves: &moves::Moves, kept: &AllKept) -> Vec<Segment> {
        let mut segments = Vec::new();
        for (number, segment) in (0..).zip(&self.program.playbook().segments) {
            let member = self.asking.lead.segments.get(number).copied().unwrap_or_default();
            let banned = member.hand == Some(Hand::Banned);
            segments.push(Segment {
                id: segment.id.clone(),
                name: self.names.segment(&segment.id).to_owned(),
                inside: member.since.map(|since| (since, moves.last_of_segment(number))),
                missing: member.since.is_none().then(|| self.missing_of_segment(number, banned)),
                kept: kept.of_segment(number),
            });
        }
        segments
    }

    fn interests(&mut self) -> Vec<Interest> {
        let strengths = crate::replay::strengths(self.program, self.asking.lead, &mut self.asking);
        strengths.into_iter().map(|(topic, strength)| self.interest(topic, strength)).collect()
    }

    fn nearly(&mut self) -> (Vec<Interest>, f64) {
        let Some(minimum) = self.program.playbook().interests.as_ref().map(|interests| interests.minimum) else {
            return (Vec::new(), 0.0);
        };
        let topics: Vec<u32> = self.asking.lead.strengths.iter().map(|(topic, _)| topic).collect();
        let below = crate::test::Bound::below(minimum);
        let mut nearly = Vec::new();
        for topic in topics {
            let strength = self.asking.strength(topic).value();
            if below.holds(strength) && strength >= 0.9 * minimum {
                nearly.push(self.interest(topic, strength));
            }
        }
        (nearly, minimum)
    }

    fn interest(&self, topic: u32, strength: f64) -> Interest {
        let (id, name) = self.topic(topic);
        Interest { id, name, strength }
    }

    /// A topic's id and name.
    fn topic(&self, topic: u32) -> (String, String) {
        let id = &self.program.playbook().topics[topic as usize].id;
        (id.clone(), self.names.topic(id).to_owned())
    }
}
