//! What is kept of sequences that a version of the playbook does not have, because a later one may have them again (contract
//! §4.9, §4.10). No program numbers them, so it goes by ids.

use serde::{Deserialize, Serialize};

use super::{Enrollment, Lead, Track};
use crate::program::{Operation, Program};
use crate::time::Instant;

/// A lead's last enrollment in a sequence that is gone; one that is back has it until the next enrollment begins.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct FormerTrack {
    /// The sequence's id.
    pub sequence: String,
    pub last_began: Instant,
    /// `None`: the enrollment was over before the sequence was gone.
    pub stopped: Option<StoppedEnrollment>,
}

/// An enrollment that ended because a version did not have its sequence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct StoppedEnrollment {
    /// When that version took effect.
    pub at: Instant,
    /// The ids of the steps that were over.
    pub done: Vec<String>,
}

impl FormerTrack {
    /// What is kept of a sequence that is gone from an instant on; `None` where the lead was never enrolled in it. `steps`
    /// are those of the version that had it.
    pub fn of(sequence: &str, steps: &[Operation], track: &Track, at: Instant) -> Option<FormerTrack> {
        let id = |step: &u32| steps.get(*step as usize).map(|operation| operation.id.clone());
        let stopped =
            |enrollment: &Enrollment| StoppedEnrollment { at, done: enrollment.done.iter().filter_map(id).collect() };
        Some(FormerTrack {
            sequence: sequence.to_owned(),
            last_began: track.last_began?,
            stopped: track.enrollment.as_ref().map(stopped),
        })
    }

    /// Of two leads that are one now: what either was sent is not sent to the other.
    fn join(&mut self, other: &FormerTrack) {
        self.last_began = self.last_began.max(other.last_began);
        match (&mut self.stopped, &other.stopped) {
            (Some(own), Some(theirs)) => {
                own.at = own.at.max(theirs.at);
                theirs.done.iter().for_each(|step| own.note(step));
            }
            (own, theirs) => *own = own.take().or_else(|| theirs.clone()),
        }
    }
}

impl StoppedEnrollment {
    fn note(&mut self, step: &str) {
        if self.done.iter().all(|done| done != step) {
            self.done.push(step.to_owned());
        }
    }
}

impl Lead {
    /// Keeps what is left of a sequence. What an earlier version stopped stays, if nothing began since.
    pub(crate) fn keep_former(&mut self, former: FormerTrack) {
        match self.place_of_former(&former.sequence) {
            Ok(place) if former.stopped.is_none() && self.former[place].last_began == former.last_began => {}
            Ok(place) => self.former[place] = former,
            Err(place) => self.former.insert(place, former),
        }
    }

    /// Where the entry of a sequence is, or belongs: they are in the order of their ids.
    fn place_of_former(&self, sequence: &str) -> Result<usize, usize> {
        self.former.binary_search_by(|known| known.sequence.as_str().cmp(sequence))
    }

    /// Brings back the sequences that a program has again: `again` counts on from when their last enrollment began.
    pub(crate) fn bring_back(&mut self, program: &Program) {
        for former in &self.former {
            if let Some(number) = program.sequence(&former.sequence) {
                self.sequences.entry_or(number, || Track { last_began: Some(former.last_began), ..Track::default() });
            }
        }
        self.former.retain(|former| former.stopped.is_some() || program.sequence(&former.sequence).is_none());
    }

    /// The entry of a sequence in which an enrollment begins: from then on there is none.
    pub(crate) fn take_former(&mut self, sequence: &str) -> Option<FormerTrack> {
        let place = self.place_of_former(sequence).ok()?;
        Some(self.former.remove(place))
    }

    /// Takes over what is kept of a lead that it is now one with.
    pub(super) fn join_former(&mut self, other: &Lead) {
        for theirs in &other.former {
            match self.place_of_former(&theirs.sequence) {
                Ok(place) => self.former[place].join(theirs),
                Err(place) => self.former.insert(place, theirs.clone()),
            }
        }
    }

    /// Notes that a step of an enrollment is over which ended with its sequence: a sender has the copy that it asked for.
    pub fn note_done(&mut self, sequence: &str, step: &str) {
        let Ok(place) = self.place_of_former(sequence) else { return };
        if let Some(stopped) = &mut self.former[place].stopped {
            stopped.note(step);
        }
    }
}
