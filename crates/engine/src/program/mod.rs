//! A playbook compiled: names become numbers, each condition knows what it reads, and each thing read knows which
//! decisions ask for it, so that a step costs what its event changes.

mod compile;
mod distill;
mod glob;
mod inputs;
mod measure;
mod node;
mod schedule;

use std::collections::HashMap;

use jiff::tz::TimeZoneDatabase;

use crate::message::Wanted;
use crate::playbook::{Again, Class, Decay, Limit, Playbook};
use crate::test::{Asked, Bound};
use crate::time::{Duration, Instant};

pub use crate::vocabulary::Did;
pub(crate) use compile::{Compiler, find, note};
pub(crate) use distill::hash;
pub use distill::{Event, Update};
pub(crate) use inputs::{Counter, Inputs, Scope};
pub(crate) use measure::Measure;
pub(crate) use node::Node;
pub(crate) use schedule::{Rhythm, Schedule};

/// Everything decided about a lead, in the order of an evaluation (contract §4.1): the primary interest, `if` rules,
/// ladders, segments, sequences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Primary,
    IfRule(u32),
    Ladder(u32),
    Segment(u32),
    Sequence(u32),
}

/// The playbook as `step` uses it. Immutable; one serves all leads and threads.
pub struct Program {
    pub(crate) playbook: Playbook,
    pub(crate) schedule: Schedule,
    pub(crate) inputs: Inputs,
    pub(crate) scores: Vec<Score>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) pools: Vec<Pool>,
    pub(crate) if_rules: Vec<IfRule>,
    pub(crate) interest: Option<Interest>,
    pub(crate) ladders: Vec<Ladder>,
    pub(crate) segments: Vec<Segment>,
    pub(crate) sequences: Vec<Sequence>,
    pub(crate) kinds: HashMap<String, distill::KindPlan>,
    pub(crate) pages: Vec<(u32, Vec<glob::Glob>)>,
    pub(crate) topics: HashMap<String, u32>,
    pub(crate) wanted: Wanted,
    pub(crate) hash: u64,
}

/// A score: its rules by kind, and who asks for it.
pub(crate) struct Score {
    pub range: Option<(f64, f64)>,
    /// What its event rules earn is in `pools[from..to]`.
    pub pools: (u32, u32),
    /// Its `if` rules are `if_rules[from..to]`.
    pub if_rules: (u32, u32),
    pub idle_rules: Vec<IdleRule>,
    pub users: Vec<u32>,
}

/// An event rule.
pub(crate) struct Rule {
    pub score: u32,
    /// Its place among all rules of its score, as declared.
    pub place: u32,
    pub points: f64,
    pub limit: Option<Limit>,
    pub pool: u32,
}

/// Where points add up: those of one score's rules that decay alike and have no cap go into one pool, so that a score
/// costs what its decays are, not what its rules are. A rule with a cap has a pool of its own.
pub(crate) struct Pool {
    pub decay: Option<Decay>,
    pub cap: Option<f64>,
}

pub(crate) struct IfRule {
    pub score: u32,
    pub place: u32,
    pub points: f64,
    pub node: Node,
}

pub(crate) struct IdleRule {
    pub place: u32,
    pub clock: u32,
    pub span: Duration,
    pub points: f64,
    pub repeats: bool,
    pub cap: Option<f64>,
}

impl IdleRule {
    /// How many times it gives its points to who is idle for so many milliseconds.
    pub fn times(&self, idle: i64) -> i64 {
        let periods = (idle / self.span.0).max(0);
        if self.repeats { periods } else { periods.min(1) }
    }
}

pub(crate) struct Interest {
    pub half_life: Duration,
    pub minimum: Bound,
    pub margin: f64,
    pub primary_users: Vec<u32>,
    pub strength_users: Vec<Vec<u32>>,
}

pub(crate) struct Ladder {
    pub stages: Vec<Stage>,
    pub min_stay: Duration,
    pub rhythm: Rhythm,
    pub users: Vec<u32>,
}

pub(crate) struct Stage {
    /// The lowest has none.
    pub enter: Option<Node>,
    /// Its own `leave`, which also keeps a lead from rising into it.
    pub own_leave: Option<Node>,
    /// What holds when the stage is left downwards.
    pub leave: Option<Node>,
}

pub(crate) struct Segment {
    pub enter: Node,
    pub own_leave: Option<Node>,
    /// What holds when the segment is left.
    pub leave: Node,
    pub min_stay: Duration,
    pub rhythm: Rhythm,
    pub users: Vec<u32>,
}

pub(crate) struct Sequence {
    /// With what is demanded about deals.
    pub enroll: Node,
    /// What must hold to stay, of an enrollment by rule; `None`: the enroll condition itself.
    pub stay: Option<Node>,
    /// The same of an enrollment by hand.
    pub stay_by_hand: Node,
    pub goal: Option<Node>,
    pub again: Again,
    pub holdout: Option<Node>,
    pub steps: Vec<Operation>,
    pub scope: Scope,
}

impl Sequence {
    /// The operation of the step with this id; a jump is no step.
    pub fn step(&self, id: &str) -> Option<u32> {
        let is_meant = |operation: &Operation| operation.id == id && !matches!(operation.does, Does::Jump(_));
        self.steps.iter().position(is_meant).and_then(|place| u32::try_from(place).ok())
    }
}

/// A step of a sequence, flattened: branches jump.
pub(crate) struct Operation {
    /// The step's id, or its position.
    pub id: String,
    pub does: Does,
}

pub(crate) enum Does {
    Send {
        email: Option<String>,
        class: Option<Class>,
        not_after: Option<Duration>,
    },
    Alert {
        to: String,
        say: String,
    },
    Wait(Duration),
    Until {
        node: Node,
        at_most: Duration,
    },
    /// Goes on behind itself where the condition holds, else at the operation given.
    Branch {
        node: Node,
        otherwise: u32,
    },
    Jump(u32),
}

/// A property of an event that a filter asks for.
pub(crate) type Filter = Vec<(String, Asked)>;

impl Program {
    /// What clocks show in the playbook's time zone, to the minute: “2026-03-12 14:03”.
    pub fn minute(&self, at: Instant) -> String {
        self.schedule.0.minute(at)
    }

    /// The same with the name of that zone, for sentences that stand alone: “2026-03-12 14:03 Europe/Berlin”.
    pub fn minute_with_zone(&self, at: Instant) -> String {
        format!("{} {}", self.minute(at), self.zone())
    }

    /// The name of the playbook's time zone: “Europe/Berlin”.
    pub fn zone(&self) -> &str {
        self.schedule.0.name()
    }

    /// Compiles a playbook that `playbook::read` accepted; `zones` say when its days begin. A reference to nothing and
    /// a time zone that `zones` does not know are errors, named.
    pub fn new(playbook: Playbook, zones: &TimeZoneDatabase) -> Result<Program, String> {
        compile::compile(playbook, zones)
    }

    pub fn playbook(&self) -> &Playbook {
        &self.playbook
    }

    /// The topic that a page stands for: the first declared one of whose `pages` one matches its whole path.
    pub fn topic_of_page(&self, path: &str) -> Option<&str> {
        let stands_for = |(_, globs): &&(u32, Vec<glob::Glob>)| globs.iter().any(|glob| glob.matches(path));
        let (topic, _) = self.pages.iter().find(stands_for)?;
        Some(&self.playbook.topics.get(*topic as usize)?.id)
    }

    /// The number of a sequence.
    pub(crate) fn sequence(&self, id: &str) -> Option<u32> {
        let place = self.playbook.sequences.iter().position(|sequence| sequence.id == id)?;
        u32::try_from(place).ok()
    }

    /// What of a message this playbook asks for.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// The id of a sequence's operation: its step's.
    pub fn step_id(&self, sequence: u32, operation: u32) -> Option<&str> {
        let steps = &self.sequences.get(sequence as usize)?.steps;
        steps.get(operation as usize).map(|operation| operation.id.as_str())
    }

    /// Tells programs apart whose leads' states do not fit each other.
    pub fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn decisions(&self) -> u32 {
        self.first_sequence() + self.sequences.len() as u32
    }

    pub(crate) fn first_ladder(&self) -> u32 {
        1 + self.if_rules.len() as u32
    }

    pub(crate) fn first_segment(&self) -> u32 {
        self.first_ladder() + self.ladders.len() as u32
    }

    pub(crate) fn first_sequence(&self) -> u32 {
        self.first_segment() + self.segments.len() as u32
    }

    pub(crate) fn decision(&self, number: u32) -> Decision {
        if number == 0 {
            Decision::Primary
        } else if number < self.first_ladder() {
            Decision::IfRule(number - 1)
        } else if number < self.first_segment() {
            Decision::Ladder(number - self.first_ladder())
        } else if number < self.first_sequence() {
            Decision::Segment(number - self.first_segment())
        } else {
            Decision::Sequence(number - self.first_sequence())
        }
    }
}

/// How a condition stands at an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub holds: bool,
    /// Before this instant time alone cannot change the answer: a lower bound, later than the instant asked.
    pub until: Instant,
}

impl Answer {
    pub const fn for_good(holds: bool) -> Answer {
        Answer { holds, until: Instant::NEVER }
    }

    /// Of two conditions that must both hold.
    pub fn and(self, other: Answer) -> Answer {
        let until = match (self.holds, other.holds) {
            (true, true) => self.until.min(other.until),
            (false, false) => self.until.max(other.until),
            (false, true) => self.until,
            (true, false) => other.until,
        };
        Answer { holds: self.holds && other.holds, until }
    }

    /// Of being somewhere since an instant, for at least `stay` where that is asked.
    pub fn of_stay(since: Option<Instant>, stay: Option<Duration>, at: Instant) -> Answer {
        match (since, stay) {
            (Some(since), Some(stay)) if at < since + stay => Answer { holds: false, until: since + stay },
            _ => Answer::for_good(since.is_some()),
        }
    }
}
