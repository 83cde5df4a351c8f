//! What leads are advanced with: time that passes, what follows from a step, and where the new state goes.

use std::collections::BTreeSet;

use attractor_engine::lead::Lead;
use attractor_engine::program::Program;
use attractor_engine::step::{Effect, Input, Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_store::moves::MoveReason;
use attractor_store::{Connection, IdentityId, LeadId};

use crate::lead::held::HeldLead;
use crate::lead::leads::Leads;
use crate::versions::Under;
use crate::write::pending::{EffectSource, PendingWrites};

/// The end of the year 9999: what would change later cannot be named, and never comes.
const LAST: i64 = 253_402_300_799_999;

/// The parts of a transaction's work that a lead's step or rebuild needs, without the identities.
pub struct Turn<'t, 'm> {
    pub connection: &'t mut Connection,
    pub leads: &'t mut Leads<'m>,
    pub pending: &'t mut PendingWrites,
    /// Identities that were made in this run.
    pub made: &'t BTreeSet<IdentityId>,
    pub now: Instant,
}

impl Turn<'_, '_> {
    /// Lets time pass for a lead; `false` where it must be rebuilt first.
    pub fn stir(&mut self, lead: LeadId) -> bool {
        if !self.leads.has(lead) {
            return true;
        }
        let Some(under) = self.leads.under(lead).filter(|_| self.leads.is_ready(lead)) else { return false };
        let Some(mut held) = self.leads.take(lead) else { return true };
        let state = held.lead.take().unwrap_or_else(|| Lead::new(&held.name));
        let mut stepper = Stepper::new(&under.program, state, Sends::Reported);
        self.tick(&mut stepper, &under, lead, self.now, MoveReason::Live, false);
        self.put(held, stepper.into_lead(), &under);
        true
    }

    /// Turns the effects of a step into rows; [`EffectSource`] says what the last three mean.
    pub fn follow(
        &mut self,
        under: &Under,
        lead: LeadId,
        effects: &[Effect],
        because: &str,
        reason: MoveReason,
        quiet: bool,
    ) {
        let program: &Program = &under.program;
        let source = EffectSource { lead, program, version: under.version, now: self.now, because, reason, quiet };
        self.pending.effects(source, effects, || self.leads.number_move());
    }

    /// Everything that time alone changes up to an instant, each at its own; the lead's own instant goes no further than
    /// the last of them, so that what comes with a little delay is not late.
    pub fn tick(
        &mut self,
        stepper: &mut Stepper,
        under: &Under,
        lead: LeadId,
        until: Instant,
        reason: MoveReason,
        quiet: bool,
    ) {
        while stepper.lead().wake_at() <= until {
            let wake = stepper.lead().wake_at();
            stepper.input(Input::Clock(wake));
            let effects = std::mem::take(&mut stepper.effects);
            self.follow(under, lead, &effects, "", reason, quiet);
        }
    }

    /// Puts a lead back with its new state, and keeps its wake-up.
    pub fn put(&mut self, mut held: HeldLead, state: Lead, under: &Under) {
        held.enrollments = state.write_enrollments(&under.program);
        held.version = under.version;
        let wake = Some(state.wake_at().0).filter(|wake| *wake <= LAST);
        if !stays(held.wake, wake, self.now.0) {
            self.pending.wake(held.id, held.wake, wake);
            held.wake = wake;
        }
        held.lead = Some(state);
        held.stored = true;
        self.pending.save(held.id);
        self.leads.put(held);
    }
}

/// Whether a wake-up that is stored may stay: it is rewritten only when the new one is earlier, or when it has passed.
fn stays(stored: Option<i64>, wake: Option<i64>, now: i64) -> bool {
    match (stored, wake) {
        (Some(stored), Some(wake)) => stored <= wake && stored > now,
        (Some(stored), None) => stored > now && stored <= LAST,
        (None, wake) => wake.is_none(),
    }
}
