//! A copy is over, and the sequence that waits for it goes on.

use std::collections::BTreeSet;

use attractor_engine::lead::{Awaited, Lead};
use attractor_engine::step::{Input, Sends, Stepper};
use attractor_store::copies::{self, CopySource};
use attractor_store::moves::MoveReason;
use attractor_store::{Error, LeadId};

use crate::lead::turn::Turn;

/// Ends a round of copies. What was asked for a second time, for enrollments that began at one instant, may be over
/// already: then its sequence goes on, and what that asks for is the next round.
pub fn end_rounds(turn: &mut Turn) -> Result<(), Error> {
    loop {
        let asking: Vec<LeadId> = turn.pending.copies.asking().into_iter().collect();
        let stored = if asking.is_empty() { Vec::new() } else { copies::of_leads(turn.connection, &asking)? };
        let known = turn.pending.copies.end_round(stored);
        let over: BTreeSet<_> =
            known.into_iter().filter(|copy| copy.state.is_decided()).map(|copy| (copy.lead, copy.source)).collect();
        if over.is_empty() {
            return Ok(());
        }
        over.iter().for_each(|(lead, source)| resume_sequence(turn, *lead, source));
    }
}

/// A copy is over: nothing but its sequence waits for it.
pub fn resume_sequence(turn: &mut Turn, lead: LeadId, source: &CopySource) {
    let Some(under) = turn.leads.under(lead) else { return };
    let Some(mut held) = turn.leads.take(lead) else { return };
    let state = held.lead.take().unwrap_or_else(|| Lead::new(&held.name));
    let id = held.id;
    let playbook = under.program.playbook();
    let awaited: Option<Awaited> = state.awaited().find(|(sequence, began, step)| {
        let CopySource::Sequence { sequence: id, began: since, step: name } = source else { return false };
        playbook.sequences[*sequence as usize].id == *id
            && began.0 == *since
            && under.program.step_id(*sequence, *step) == Some(name.as_str())
    });
    let at = turn.now.max(state.at());
    let mut stepper = Stepper::new(&under.program, state, Sends::Reported);
    turn.tick(&mut stepper, &under, id, at, MoveReason::Live, false);
    if let Some((sequence, began, step)) = awaited {
        stepper.input(Input::CopyDecided { at, sequence, began, step });
        let effects = std::mem::take(&mut stepper.effects);
        turn.follow(&under, id, &effects, "", MoveReason::Live, false);
    }
    turn.put(held, stepper.into_lead(), &under);
}
