//! What whoever sends reports back: a copy is over, and its sequence goes on.

use attractor_engine::lead::{Awaited, Lead};
use attractor_engine::step::{Input, Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_store::Error;
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};

use crate::identity::ownership::Changed;
use crate::lane::Lane;
use crate::lead::advance::Why;
use crate::lead::standing::Standing;
use crate::versions::Under;
use crate::work::Work;

/// What became of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    pub lead: i64,
    pub source: CopySource,
    /// One in which it is decided (`CopyState::is_decided`).
    pub state: CopyState,
    /// Why it was skipped or has failed.
    pub reason: Option<String>,
}

impl Lane {
    /// Notes what became of a copy, and lets its sequence go on; `false` where nobody asked for it. Reporting it again
    /// changes the row alone.
    pub fn send_over(&mut self, reported: &Reported, at: Instant) -> Result<bool, Error> {
        self.work(at, |work| work.send_over(reported))
    }
}

impl Work<'_> {
    fn send_over(&mut self, reported: &Reported) -> Result<bool, Error> {
        let Some(lead) = self.present(reported.lead)? else { return Ok(false) };
        if !self.is_ready(lead) {
            let changed = Changed { look: [lead].into(), ..Changed::default() };
            self.advance(Default::default(), &changed, &Why::default())?;
            self.flush()?;
        }
        let Reported { source, state, reason, .. } = reported;
        // A join takes what waits along.
        let asked = copies::set_state(self.connection, lead, source, *state, reason.as_deref())?
            || copies::set_state(self.connection, reported.lead, source, *state, reason.as_deref())?;
        if !asked {
            return Ok(false);
        }
        let under = self.leads.get(&lead).and_then(|standing| self.memory.versions.of(&standing.name));
        if let (Some(under), Some(standing)) = (under, self.leads.remove(&lead)) {
            self.go_on(standing, &under, &reported.source);
        }
        Ok(true)
    }

    /// Copies that were asked for a second time, for enrolments that began at one instant: the sequences of those that are
    /// over already go on.
    pub fn go_on_after(&mut self, known: &[MailCopy]) -> Result<(), Error> {
        let mut any = false;
        for copy in known.iter().filter(|copy| copy.state.is_decided()) {
            let under = self.leads.get(&copy.lead).and_then(|standing| self.memory.versions.of(&standing.name));
            if let (Some(under), Some(standing)) = (under, self.leads.remove(&copy.lead)) {
                self.go_on(standing, &under, &copy.source);
                any = true;
            }
        }
        if any { self.flush() } else { Ok(()) }
    }

    /// Whether a lead can be stepped as it is.
    pub fn is_ready(&self, lead: i64) -> bool {
        let Some(standing) = self.leads.get(&lead) else { return false };
        let under = self.memory.versions.of(&standing.name);
        under.is_some_and(|under| standing.lead.is_some() && self.fits(standing, &under))
    }

    /// Nothing but its sequence waits for a copy.
    fn go_on(&mut self, mut standing: Standing, under: &Under, source: &CopySource) {
        let state = standing.lead.take().unwrap_or_else(|| Lead::new(&standing.name));
        let id = standing.id;
        let playbook = under.program.playbook();
        let awaited: Option<Awaited> = state.awaited().find(|(sequence, began, step)| {
            let CopySource::Sequence { sequence: id, began: since, step: name } = source else { return false };
            playbook.sequences[*sequence as usize].id == *id
                && began.0 == *since
                && under.program.step_id(*sequence, *step) == Some(name.as_str())
        });
        let at = self.now.max(state.at());
        let mut stepper = Stepper::new(&under.program, state, Sends::Reported);
        self.tick(&mut stepper, under, id, at, "live", false);
        if let Some((sequence, began, step)) = awaited {
            stepper.input(Input::SendOver { at, sequence, began, step });
            let effects = std::mem::take(&mut stepper.effects);
            self.follow(under, id, &effects, "", "live", false);
        }
        self.put(standing, stepper.into_lead(), under);
    }
}
