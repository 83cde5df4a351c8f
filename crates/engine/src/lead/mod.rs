//! One lead's state under a program: what its events left behind, no more than later answers need.

pub(crate) mod consent;
pub(crate) mod copies;
pub(crate) mod curve;
pub(crate) mod earned;
mod kept;
mod stored;
pub(crate) mod tally;

use serde::{Deserialize, Serialize};

use crate::condition::Deal;
use crate::program::Scope;
use crate::sparse::Sparse;
use crate::time::Instant;
use crate::value::Value;

pub use consent::Word;
pub use kept::{Awaited, ShownEnrollment, ShownTrack, shown_enrollments};
pub use tally::Taken;

use consent::Consent;
use copies::CopyHistory;
use curve::Fade;
use earned::{Counted, Earned};
use tally::Tally;

/// The state of one lead. A cache: another format or another program means rebuilding it from the lead's events.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lead {
    pub(crate) name: String,
    /// The instant of its last input.
    pub(crate) at: Instant,
    /// Its first event that was not a machine's; before it nothing is evaluated.
    pub(crate) first: Option<Instant>,
    /// The instant of its last event and how many it had at it.
    pub(crate) taken: (Instant, u32),
    /// Up to here nobody is enrolled: its last message that was brought in from the past.
    pub(crate) history_until: Option<Instant>,
    pub(crate) counters: Sparse<Tally>,
    pub(crate) clocks: Sparse<Instant>,
    pub(crate) attributes: Sparse<Value>,
    pub(crate) copies: Sparse<CopyHistory>,
    pub(crate) deals: Vec<(u64, Deal)>,
    /// `None`: nothing was said that anybody asks for.
    pub(crate) consent: Option<Box<Consent>>,
    /// By rule with a limit.
    pub(crate) counted: Sparse<Counted>,
    /// By pool.
    pub(crate) earned: Sparse<Earned>,
    /// The `if` rules whose condition holds.
    pub(crate) holding: Sparse<()>,
    pub(crate) strengths: Sparse<Fade>,
    pub(crate) primary: Option<u32>,
    pub(crate) ladders: Sparse<Standing>,
    pub(crate) segments: Sparse<Membership>,
    pub(crate) sequences: Sparse<Track>,
    /// By decision: a lower bound of the instant at which time alone changes it.
    pub(crate) wakes: Sparse<Instant>,
}

/// Where a lead stands on a ladder.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub stage: u32,
    pub since: Instant,
    /// Set by hand and not released since.
    pub set: bool,
}

/// How a lead stands to a segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Membership {
    /// Since when it is in; `None`: it is out.
    pub since: Option<Instant>,
    /// What a hand decided, not released since.
    pub hand: Option<Hand>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Hand {
    Pinned,
    Banned,
}

/// How a lead stands to a sequence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Track {
    /// Whether `enroll` held at the last evaluation: only a rise enrols.
    pub held: bool,
    pub last_began: Option<Instant>,
    pub enrollment: Option<Enrollment>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Enrollment {
    pub began: Instant,
    pub by_hand: bool,
    /// The operation that the lead is at.
    pub step: u32,
    /// Since when it is at this operation.
    pub since: Instant,
    /// A copy is asked for and not yet over.
    pub sending: bool,
    /// How many events of the instant `began` were taken by then: those that follow count for the goal.
    pub taken: u32,
    /// The operations that are over: done steps never repeat, whatever becomes of the playbook.
    pub done: Vec<u32>,
}

impl Lead {
    /// Drops what was kept for one sequence's goal alone.
    pub(crate) fn forget(&mut self, scope: &Scope) {
        let Scope { counters, clocks, copies } = scope;
        counters.iter().for_each(|counter| drop(self.counters.remove(*counter)));
        clocks.iter().for_each(|clock| _ = self.clocks.remove(*clock));
        copies.iter().for_each(|copies| drop(self.copies.remove(*copies)));
    }

    /// A lead of whom nothing is known yet. Its name decides samples.
    pub fn new(name: &str) -> Lead {
        Lead {
            name: name.to_owned(),
            at: Instant(i64::MIN),
            first: None,
            taken: (Instant(i64::MIN), 0),
            history_until: None,
            counters: Sparse::default(),
            clocks: Sparse::default(),
            attributes: Sparse::default(),
            copies: Sparse::default(),
            deals: Vec::new(),
            consent: None,
            counted: Sparse::default(),
            earned: Sparse::default(),
            holding: Sparse::default(),
            strengths: Sparse::default(),
            primary: None,
            ladders: Sparse::default(),
            segments: Sparse::default(),
            sequences: Sparse::default(),
            wakes: Sparse::default(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether anything but machines' events happened.
    pub fn started(&self) -> bool {
        self.first.is_some()
    }

    /// Before this instant time alone changes nothing: a lower bound.
    pub fn wake_at(&self) -> Instant {
        self.wakes.iter().map(|(_, wake)| *wake).min().unwrap_or(Instant::NEVER)
    }

    /// Up to and including this instant nobody is enrolled: that of the lead's last message from the past.
    pub fn history_until(&mut self, until: Instant) {
        self.history_until = Some(self.history_until.map_or(until, |known| known.max(until)));
    }

    /// How many events at an instant were taken so far.
    pub(crate) fn taken_at(&self, at: Instant) -> u32 {
        if self.taken.0 == at { self.taken.1 } else { 0 }
    }

    pub(crate) fn is_history(&self, at: Instant) -> bool {
        self.history_until.is_some_and(|until| at <= until)
    }
}
