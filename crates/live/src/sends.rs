//! What whoever sends reports back: a copy is over, and its sequence goes on.

use attractor_engine::lead::{Awaited, Lead};
use attractor_engine::step::{Input, Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_store::Error;
use attractor_store::moves::{self, Send};

use crate::advance::Why;
use crate::lane::Lane;
use crate::ownership::Changed;
use crate::standing::Standing;
use crate::versions::Under;
use crate::work::Work;

/// How a copy ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    Sent,
    Skipped,
    Failed,
    InDoubt,
}

impl Over {
    /// By what the store says; `None` for what is not over.
    pub fn named(state: &str) -> Option<Over> {
        [Over::Sent, Over::Skipped, Over::Failed, Over::InDoubt].into_iter().find(|over| over.name() == state)
    }

    /// As the store says it.
    pub fn name(self) -> &'static str {
        match self {
            Over::Sent => "sent",
            Over::Skipped => "skipped",
            Over::Failed => "failed",
            Over::InDoubt => "in doubt",
        }
    }
}

/// A copy that is over, by the key of its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reported<'a> {
    pub lead: i64,
    pub sequence: &'a str,
    /// When the enrolment began.
    pub began: Instant,
    pub step: &'a str,
    pub over: Over,
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
        let key = |lead: i64| (lead, reported.sequence, reported.began.0, reported.step);
        // A join takes what waits along.
        let asked = moves::set_send_state(self.connection, key(lead), reported.over.name())?
            || moves::set_send_state(self.connection, key(reported.lead), reported.over.name())?;
        if !asked {
            return Ok(false);
        }
        let under = self.leads.get(&lead).and_then(|standing| self.memory.versions.of(&standing.name));
        if let (Some(under), Some(standing)) = (under, self.leads.remove(&lead)) {
            self.go_on(standing, &under, reported);
        }
        Ok(true)
    }

    /// Copies that were asked for a second time, for enrolments that began at one instant: the sequences of those that are
    /// over already go on.
    pub fn go_on_after(&mut self, known: &[Send]) -> Result<(), Error> {
        let mut any = false;
        for send in known {
            let Some(over) = Over::named(&send.state) else { continue };
            let (began, sequence, step) = (Instant(send.began), send.sequence.as_str(), send.step.as_str());
            let reported = Reported { lead: send.lead, sequence, began, step, over };
            let under = self.leads.get(&send.lead).and_then(|standing| self.memory.versions.of(&standing.name));
            if let (Some(under), Some(standing)) = (under, self.leads.remove(&send.lead)) {
                self.go_on(standing, &under, &reported);
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

    fn go_on(&mut self, mut standing: Standing, under: &Under, reported: &Reported) {
        let state = standing.lead.take().unwrap_or_else(|| Lead::new(&standing.name));
        let id = standing.id;
        let playbook = under.program.playbook();
        let awaited: Option<Awaited> = state.awaited().find(|(sequence, began, step)| {
            playbook.sequences[*sequence as usize].id == reported.sequence
                && *began == reported.began
                && under.program.step_id(*sequence, *step) == Some(reported.step)
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
