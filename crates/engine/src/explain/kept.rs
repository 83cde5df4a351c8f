//! *Why still*: a lead stays in a stage or segment that it would not enter now (contract §4.5 and §4.6): which rule keeps
//! it, since when, and until when.

use std::fmt::{self, Display, Formatter};

use super::why_not::{Entry, entry_of_stage, scheduled};
use super::{Explaining, Happened, HeldReason, Missing};
use crate::ask::{Asking, Curves};
use crate::lead::{Hand, Lead};
use crate::playbook::Evaluate;
use crate::program::{Node, Program};
use crate::step::{Effect, Sends, Stepper, What};
use crate::time::{Duration, Instant};

/// Why a lead is still where it would not come now.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub by: KeptBy,
    /// What the lead lacks to enter now.
    pub missing: Missing,
    /// Since when it has lacked that without interruption; `None` where finding it would take too long.
    pub since: Option<Instant>,
    /// When it leaves if nothing happens; `None`: not within 366 days.
    pub until: Option<Instant>,
}

/// The rule that keeps a lead.
#[derive(Clone, Debug, PartialEq)]
pub enum KeptBy {
    /// The ladder's `hold`, in points, and the score below which the stage is left.
    Hold { score: String, hold: f64, below: f64 },
    /// Its own `leave` does not hold yet; the sentence of that condition.
    Leave(String),
    /// `min_stay` is not over.
    MinStay,
    /// The stage was set by hand, or the lead pinned to the segment.
    Hand,
    /// It is decided at scheduled instants only.
    Schedule(HeldReason),
}

impl Display for KeptBy {
    fn fmt(&self, f: &mut Formatter) -> fmt::Result {
        match self {
            KeptBy::Hold { score, hold, below } => {
                let points = if *hold == 1.0 { "point" } else { "points" };
                write!(f, "`hold` of {hold} {points}: it leaves when its score {score} is below {below}")
            }
            KeptBy::Leave(sentence) => write!(f, "its own `leave`, which does not hold yet: {sentence}"),
            KeptBy::MinStay => f.write_str("`min_stay`: the shortest stay is not over"),
            KeptBy::Hand => f.write_str("a decision by hand that nobody has released"),
            KeptBy::Schedule(held) => write!(f, "its schedule: {held}"),
        }
    }
}

/// A place that a lead is in: the number of a ladder or of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Ladder(u32),
    Segment(u32),
}

/// A place with the rules by which the lead would enter it.
struct Watched<'p> {
    place: Place,
    enter: &'p Node,
    leave: Option<&'p Node>,
}

/// What keeps the lead, by ladder and segment; their instants are not known yet.
#[derive(Default)]
pub(super) struct AllKept<'p> {
    found: Vec<(Watched<'p>, Kept)>,
}

impl AllKept<'_> {
    pub fn of_ladder(&self, number: u32) -> Option<Kept> {
        self.of(Place::Ladder(number))
    }

    pub fn of_segment(&self, number: u32) -> Option<Kept> {
        self.of(Place::Segment(number))
    }

    fn of(&self, place: Place) -> Option<Kept> {
        self.found.iter().find(|(watched, _)| watched.place == place).map(|(_, kept)| kept.clone())
    }

    /// Finds since when and until when. The history is gone through once more, and only if something is kept.
    pub fn find_instants(&mut self, history: &History, ahead: &[Effect]) {
        if self.found.is_empty() {
            return;
        }
        let watched: Vec<&Watched> = self.found.iter().map(|(watched, _)| watched).collect();
        let since = history.lacking_since(&watched);
        for ((watched, kept), since) in self.found.iter_mut().zip(since) {
            kept.since = since;
            kept.until = ahead.iter().find(|effect| watched.place.is_left_by(&effect.what)).map(|effect| effect.at);
        }
    }
}

impl Place {
    fn is_left_by(self, what: &What) -> bool {
        match (self, what) {
            (Place::Ladder(number), What::Stage { ladder, .. }) => number == *ladder,
            (Place::Segment(number), What::Segment { segment, entered }) => number == *segment && !entered,
            _ => false,
        }
    }
}

impl<'p> Explaining<'p> {
    /// What keeps the lead in its stages and segments, where it would not enter them now.
    pub(super) fn kept(&mut self) -> AllKept<'p> {
        let program: &'p Program = self.program;
        let ladders = (0..program.playbook().ladders.len() as u32).filter_map(|number| self.kept_in_stage(number));
        let mut found: Vec<(Watched<'p>, Kept)> = ladders.collect();
        found.extend((0..program.playbook().segments.len() as u32).filter_map(|number| self.kept_in_segment(number)));
        AllKept { found }
    }

    fn kept_in_stage(&mut self, number: u32) -> Option<(Watched<'p>, Kept)> {
        let program: &'p Program = self.program;
        let standing = self.asking.lead.ladders.get(number).copied().filter(|standing| standing.stage > 0)?;
        let (declared, compiled) = (&program.playbook().ladders[number as usize], &program.ladders[number as usize]);
        let (stage, rules) = (&declared.stages[standing.stage as usize], &compiled.stages[standing.stage as usize]);
        let condition = entry_of_stage(declared, stage)?;
        let watched =
            Watched { place: Place::Ladder(number), enter: rules.enter.as_ref()?, leave: rules.own_leave.as_ref() };
        let missing = self.entry(&Entry::new(watched.enter, &condition, watched.leave, stage.leave.as_ref()))?;
        let by = match &stage.leave {
            _ if standing.set => KeptBy::Hand,
            _ if self.asking.ask(rules.leave.as_ref()?).holds => {
                let stay = compiled.rhythm.stay(compiled.min_stay);
                self.waits(standing.since + stay, declared.evaluate)
            }
            Some(leave) => KeptBy::Leave(leave.sentence(&self.names)),
            None => {
                let hold = declared.hold.unwrap_or_default();
                let score = self.names.score(declared.score.as_deref()?).to_owned();
                KeptBy::Hold { score, hold, below: stage.from? - hold }
            }
        };
        Some((watched, Kept { by, missing, since: None, until: None }))
    }

    fn kept_in_segment(&mut self, number: u32) -> Option<(Watched<'p>, Kept)> {
        let program: &'p Program = self.program;
        let member = self.asking.lead.segments.get(number).copied()?;
        let since = member.since?;
        let (declared, rules) = (&program.playbook().segments[number as usize], &program.segments[number as usize]);
        let watched = Watched { place: Place::Segment(number), enter: &rules.enter, leave: rules.own_leave.as_ref() };
        let missing =
            self.entry(&Entry::new(watched.enter, &declared.enter, watched.leave, declared.leave.as_ref()))?;
        let by = match &declared.leave {
            _ if member.hand == Some(Hand::Pinned) => KeptBy::Hand,
            Some(leave) if !self.asking.ask(&rules.leave).holds => KeptBy::Leave(leave.sentence(&self.names)),
            _ => self.waits(since + rules.rhythm.stay(rules.min_stay), declared.evaluate),
        };
        Some((watched, Kept { by, missing, since: None, until: None }))
    }

    /// Of a lead that would leave: what it waits for.
    fn waits(&self, stay: Instant, evaluate: Evaluate) -> KeptBy {
        match scheduled(evaluate) {
            _ if self.asking.at < stay => KeptBy::MinStay,
            Some(held) => KeptBy::Schedule(held),
            None => KeptBy::MinStay,
        }
    }
}

/// The events of a lead up to an instant, in order.
pub(super) struct History<'a> {
    pub program: &'a Program,
    pub name: &'a str,
    pub events: &'a [Happened<'a>],
    pub at: Instant,
}

/// So many instants are looked at; behind that, none is found. A lower bound of the next change may be early.
const MOST_LOOKS: u32 = 100_000;

impl History<'_> {
    /// Since when the lead has not met what each of these asks for entering.
    fn lacking_since(&self, watched: &[&Watched]) -> Vec<Option<Instant>> {
        let mut lead = Lead::new(self.name);
        for happened in self.events.iter().filter(|happened| happened.event.history) {
            lead.history_until(happened.event.at);
        }
        let stepper = Stepper::new(self.program, lead, Sends::AtOnce);
        let mut looking = Looking { stepper, watched, lacking: vec![None; watched.len()], looks: 0 };
        let mut now = None;
        for happened in self.events {
            let at = happened.event.at;
            now.iter().for_each(|now| looking.pass(*now, at));
            looking.stepper.event(happened.event);
            looking.stepper.effects.clear();
            looking.look(self.program, at);
            now = Some(at);
        }
        now.iter().for_each(|now| looking.pass(*now, self.at));
        looking.look(self.program, self.at);
        if looking.looks < MOST_LOOKS { looking.lacking } else { vec![None; watched.len()] }
    }
}

struct Looking<'l, 'p> {
    stepper: Stepper<'p>,
    watched: &'l [&'l Watched<'l>],
    /// Since when each lacks what it needs to enter.
    lacking: Vec<Option<Instant>>,
    looks: u32,
}

impl Looking<'_, '_> {
    /// Lets time pass, and looks at each instant at which something may have changed.
    fn pass(&mut self, from: Instant, to: Instant) {
        let program = self.stepper.program();
        let mut now = from;
        while now < to && self.looks < MOST_LOOKS {
            let until = self.look(program, now).min(self.stepper.lead().wake_at());
            now = until.max(now + Duration(1)).min(to);
            self.stepper.advance(now);
        }
        self.stepper.advance(to);
        self.stepper.effects.clear();
    }

    /// Asks at an instant, and says until when at least the answers stay by themselves.
    fn look(&mut self, program: &Program, at: Instant) -> Instant {
        self.looks += 1;
        let mut curves = Curves::new(program);
        let mut asking = Asking { program, lead: self.stepper.lead(), at, curves: &mut curves, began: at };
        let mut until = Instant::NEVER;
        for (watched, lacking) in self.watched.iter().zip(&mut self.lacking) {
            let enter = asking.ask(watched.enter);
            let leave = watched.leave.map(|leave| asking.ask(leave));
            let lacks = !enter.holds || leave.is_some_and(|leave| leave.holds);
            *lacking = lacks.then(|| lacking.unwrap_or(at));
            until = until.min(enter.until).min(leave.map_or(Instant::NEVER, |leave| leave.until));
        }
        until
    }
}
