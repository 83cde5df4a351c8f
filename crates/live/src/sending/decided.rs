//! What whoever sends reports back: a copy is over, and its sequence goes on.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::time::Instant;
use attractor_store::copies::{CopySource, CopyState};
use attractor_store::{Error, LeadId};

use crate::lane::Lane;
use crate::lead::changed::Changed;
use crate::lead::why::Why;
use crate::sending::copies::present_copies;
use crate::sending::resume::{end_rounds, resume_sequence};
use crate::work::Work;

/// What became of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    pub lead: LeadId,
    pub source: CopySource,
    /// One in which it is decided (`CopyState::is_decided`).
    pub state: CopyState,
    /// Why it was skipped or has failed.
    pub reason: Option<String>,
}

impl Lane {
    /// Notes what became of a copy, and lets its sequence go on; `false` where nobody asked for it. Reporting it again
    /// changes the row alone.
    pub fn copy_decided(&mut self, reported: &Reported, at: Instant) -> Result<bool, Error> {
        self.work(at, |work| copy_decided(work, reported))
    }
}

fn copy_decided(work: &mut Work, reported: &Reported) -> Result<bool, Error> {
    let Some(lead) = work.present(reported.lead)? else { return Ok(false) };
    if !work.leads.is_ready(lead) {
        let changed = Changed { look: [lead].into(), ..Changed::default() };
        work.advance(BTreeMap::new(), &changed, &Why::default())?;
        end_rounds(&mut work.turn())?;
    }
    let Reported { source, state, reason, .. } = reported;
    // A join takes what waits along.
    let leads = BTreeSet::from([lead, reported.lead]);
    let asked = present_copies(work.connection, &work.pending, leads)?;
    let is_asked = |of: &LeadId| asked.iter().any(|copy| copy.lead == *of && copy.source == *source);
    let Some(of) = [lead, reported.lead].into_iter().find(is_asked) else { return Ok(false) };
    work.pending.copies.report((of, source.clone()), *state, reason.clone());
    resume_sequence(&mut work.turn(), lead, source);
    Ok(true)
}
