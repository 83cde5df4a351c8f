//! A copy is over, and the sequence that waits for it goes on.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::lead::{Awaited, Lead};
use attractor_engine::program::Program;
use attractor_engine::step::{Input, Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_store::copies::{self, CopySource, MailCopy};
use attractor_store::moves::MoveReason;
use attractor_store::{Error, LeadId};

use crate::lead::changed::Changed;
use crate::lead::leads::Leads;
use crate::lead::turn::Turn;
use crate::lead::why::Why;
use crate::work::Work;

/// Ends a round of copies. What was asked for a second time, for enrollments that began at one instant, may be over
/// already: then its sequence goes on, and what that asks for is the next round.
pub fn end_rounds(turn: &mut Turn) -> Result<(), Error> {
    loop {
        let asking: Vec<LeadId> = turn.pending.copies.asking().into_iter().collect();
        let stored = if asking.is_empty() { Vec::new() } else { copies::of_leads(turn.connection, &asking)? };
        let known = turn.pending.copies.end_round(stored);
        let over: BTreeSet<_> =
            known.into_iter().filter(MailCopy::is_over).map(|copy| (copy.lead, copy.source)).collect();
        if over.is_empty() {
            return Ok(());
        }
        let now = turn.now;
        over.iter().for_each(|(lead, source)| resume_sequence(turn, *lead, source, now));
    }
}

/// Rebuilds those of these leads whose state is of another version, or cannot be read: their sequences are asked about.
pub fn make_ready(work: &mut Work, leads: &BTreeSet<LeadId>) -> Result<(), Error> {
    let look: BTreeSet<LeadId> = leads.iter().copied().filter(|lead| !work.leads.is_ready(*lead)).collect();
    if look.is_empty() {
        return Ok(());
    }
    work.advance(BTreeMap::new(), &Changed { look, ..Changed::default() }, &Why::default())?;
    work.end_rounds()
}

/// Whether an enrollment of a lead waits for the copy that this asked for.
pub fn awaits(leads: &Leads, lead: LeadId, source: &CopySource) -> bool {
    let (Some(held), Some(under)) = (leads.get(lead), leads.under(lead)) else { return false };
    held.lead.as_ref().is_some_and(|state| awaited(state, &under.program, source).is_some())
}

fn awaited(state: &Lead, program: &Program, source: &CopySource) -> Option<Awaited> {
    let CopySource::Sequence { sequence: id, began: since, step: name } = source else { return None };
    state.awaited().find(|(sequence, began, step)| {
        program.playbook().sequences[*sequence as usize].id == *id
            && began.0 == *since
            && program.step_id(*sequence, *step) == Some(name.as_str())
    })
}

/// A copy is over: nothing but its sequence waits for it, which goes on from an instant on.
pub fn resume_sequence(turn: &mut Turn, lead: LeadId, source: &CopySource, from: Instant) {
    let Some(under) = turn.leads.under(lead) else { return };
    let Some(mut held) = turn.leads.take(lead) else { return };
    let state = held.lead.take().unwrap_or_else(|| Lead::new(&held.name));
    let id = held.id;
    let awaited = awaited(&state, &under.program, source);
    let at = from.max(state.at());
    let mut stepper = Stepper::new(&under.program, state, Sends::Reported);
    turn.tick(&mut stepper, &under, id, at, MoveReason::Live, false);
    if let Some((sequence, began, step)) = awaited {
        stepper.input(Input::CopyDecided { at, sequence, began, step });
        let effects = std::mem::take(&mut stepper.effects);
        turn.follow(&under, id, &effects, "", MoveReason::Live, false);
    }
    turn.put(held, stepper.into_lead(), &under);
}
