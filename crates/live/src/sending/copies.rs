//! The copies that a lead's enrollments wait for, beside those that were asked for. Leads that become one, or two again,
//! and new versions part the two; a rebuild brings them together.

use std::collections::BTreeSet;

use attractor_engine::lead::Lead;
use attractor_engine::playbook::Class;
use attractor_engine::program::Program;
use attractor_engine::step::{Effect, What};
use attractor_engine::time::Instant;
use attractor_store::copies::{self, CopySource, CopyState, Dispatch, MailCopy};
use attractor_store::{Connection, Error, LeadId, leads as store};

use crate::lead::changed::Changed;
use crate::lead::held::HeldLead;
use crate::lead::leads::Leads;
use crate::write::pending::PendingWrites;
use crate::write::rounds::{CopyKey, waits_for_a_step};

/// What was asked for on behalf of a lead, by it or by leads whose enrollments are its own.
pub struct AwaitedCopies {
    lead: LeadId,
    /// Of itself, and of leads that are one with it now.
    own: Vec<MailCopy>,
    /// Of leads that it was one with until now.
    parted: Vec<MailCopy>,
}

impl AwaitedCopies {
    /// What was asked for on behalf of a lead that is about to be rebuilt.
    pub fn of(
        connection: &mut Connection,
        leads: &Leads,
        pending: &PendingWrites,
        held: &HeldLead,
        changed: &Changed,
    ) -> Result<AwaitedCopies, Error> {
        let lead = held.id;
        let parted = parted_from(connection, leads, changed, lead)?;
        let joined = changed.predecessors(lead).next().is_some();
        if parted.is_empty() && !joined && held.enrollments.is_none() {
            return Ok(AwaitedCopies { lead, own: Vec::new(), parted: Vec::new() });
        }
        let all = match joined {
            true => leads.with_predecessors(connection, changed.predecessors(lead).chain([lead]).collect())?,
            false => BTreeSet::from([lead]),
        };
        let own = present_copies(connection, pending, all)?;
        let parted = present_copies(connection, pending, parted)?;
        Ok(AwaitedCopies { lead, own, parted })
    }

    /// Copies that no enrollment waits for any more come to nothing; those that one waits for wait under its lead.
    pub fn settle(self, pending: &mut PendingWrites, program: &Program, state: &Lead) {
        let lead = self.lead;
        let awaited: BTreeSet<CopyKey> =
            state.awaited().map(|(sequence, began, step)| key_of(program, lead, sequence, began, step)).collect();
        let of_steps = self.own.into_iter().filter(|copy| matches!(copy.source, CopySource::Sequence { .. }));
        let (out, rest): (Vec<MailCopy>, Vec<MailCopy>) = of_steps.partition(|copy| copy.state == CopyState::Claimed);
        // A sender has them, whichever lead they were asked for: nothing is asked for beside them.
        let out: BTreeSet<CopyKey> = out.into_iter().map(|copy| (lead, copy.source)).collect();
        let awaited: BTreeSet<CopyKey> = awaited.difference(&out).cloned().collect();
        // What was due until now was asked for a moment ago, and may be of a step that is no more.
        let mut waits = pending.copies.keep_awaited(lead, &awaited);
        let (waiting, others): (Vec<MailCopy>, Vec<MailCopy>) = rest.into_iter().partition(waits_for_a_step);
        for copy in waiting {
            let key = (lead, copy.source.clone());
            if copy.lead == lead && awaited.contains(&key) {
                waits.insert(key);
            } else {
                pending.copies.withdraw((copy.lead, copy.source.clone()));
                if awaited.contains(&key) && waits.insert(key) {
                    pending.copies.ask(MailCopy { lead, ..copy });
                }
            }
        }
        // A join or a version gave them up.
        for copy in others {
            let key = (lead, copy.source.clone());
            if awaited.contains(&key) && waits.insert(key) {
                let (state, dispatch) = begins(is_reviewed(program, &copy.source), copy.asked_at);
                pending.copies.ask(MailCopy { lead, state, reason: None, until: None, dispatch, ..copy });
            }
        }
    }

    /// The lead with the steps passed over whose copies are over, whoever of those who are one they were asked for: an
    /// enrollment asks for each but once. A copy that a sender has is over for those who parted from its lead: its report
    /// reaches that lead alone.
    pub fn passed_over(&self, mut lead: Lead, program: &Program) -> Lead {
        self.pass_over_claimed(&mut lead);
        let enrolled: Vec<(u32, Instant)> = lead.enrolled().map(|(sequence, began, _)| (sequence, began)).collect();
        for (sequence, began) in enrolled {
            let id = &program.playbook().sequences[sequence as usize].id;
            let step = |copy: &MailCopy| match &copy.source {
                CopySource::Sequence { sequence, began: since, step } if sequence == id && *since == began.0 => {
                    Some(step.clone())
                }
                _ => None,
            };
            let own = self.own.iter().filter(|copy| copy.is_over());
            let parted = self.parted.iter().filter(|copy| copy.is_out());
            let over: BTreeSet<String> = own.chain(parted).filter_map(step).collect();
            let steps = (0..).map_while(|step| Some((step, program.step_id(sequence, step)?)));
            lead.pass_over(sequence, began, steps.filter(|(_, id)| over.contains(*id)).map(|(step, _)| step));
        }
        lead
    }

    /// Of sequences that are gone: what a sender has cannot be withdrawn, and is not asked for again if they come back.
    fn pass_over_claimed(&self, lead: &mut Lead) {
        let claimed = self.own.iter().chain(&self.parted).filter(|copy| copy.state == CopyState::Claimed);
        for copy in claimed {
            if let CopySource::Sequence { sequence, step, .. } = &copy.source {
                lead.note_done(sequence, step);
            }
        }
    }
}

/// The copy that an effect asks for on behalf of a lead; `None` where it asks for none.
pub fn asked_copy(lead: LeadId, program: &Program, effect: &Effect) -> Option<MailCopy> {
    let What::Send { sequence, began, step, email, class, not_after } = &effect.what else { return None };
    let is_reviewed = program.playbook().sequences[*sequence as usize].review;
    let (state, dispatch) = begins(is_reviewed, effect.at.0);
    let (lead, source) = key_of(program, lead, *sequence, *began, *step);
    Some(MailCopy {
        lead,
        source,
        email: email.clone(),
        class: class_name(*class).to_owned(),
        asked_at: effect.at.0,
        not_after: not_after.map(|length| (effect.at + length).0),
        state,
        reason: None,
        until: None,
        dispatch,
    })
}

fn class_name(class: Option<Class>) -> &'static str {
    match class {
        Some(Class::Transactional) => "transactional",
        Some(Class::Answer) => "answer",
        Some(Class::Marketing) | None => "marketing",
    }
}

/// How a copy begins that is asked for at an instant, in milliseconds since 1970.
fn begins(is_reviewed: bool, asked_at: i64) -> (CopyState, Dispatch) {
    match is_reviewed {
        true => (CopyState::Draft, Dispatch::default()),
        false => (CopyState::Waiting, Dispatch::due(asked_at)),
    }
}

/// Whether the sequence that asked for a copy is in review.
fn is_reviewed(program: &Program, source: &CopySource) -> bool {
    let CopySource::Sequence { sequence: id, .. } = source else { return false };
    program.playbook().sequences.iter().any(|sequence| sequence.id == *id && sequence.review)
}

/// The copy that a step of an enrollment asks for.
pub fn key_of(program: &Program, lead: LeadId, sequence: u32, began: Instant, step: u32) -> CopyKey {
    let id = program.playbook().sequences[sequence as usize].id.clone();
    let step = program.step_id(sequence, step).unwrap_or_default().to_owned();
    (lead, CopySource::Sequence { sequence: id, began: began.0, step })
}

/// The leads that a lead was one with until now: those that it parted from, and those that parted from it.
fn parted_from(
    connection: &mut Connection,
    leads: &Leads,
    changed: &Changed,
    lead: LeadId,
) -> Result<BTreeSet<LeadId>, Error> {
    let mut found = BTreeSet::new();
    for (parted, from) in &changed.parted {
        let heirs = heirs(connection, leads, *from)?;
        if *parted == lead {
            found.extend(heirs);
        } else if heirs.contains(&lead) {
            found.insert(*parted);
        }
    }
    Ok(found)
}

/// A lead, the lead that it became one with, and so on.
fn heirs(connection: &mut Connection, leads: &Leads, lead: LeadId) -> Result<BTreeSet<LeadId>, Error> {
    let (mut found, mut next) = (BTreeSet::new(), Some(lead));
    while let Some(lead) = next.filter(|lead| *lead != LeadId::NOBODY && found.insert(*lead)) {
        next = match leads.get(lead) {
            Some(held) => held.became,
            None => store::load(connection, &[lead])?.pop().and_then(|row| row.became),
        };
    }
    Ok(found)
}

/// The copies of these leads, as the rounds before the present one leave them.
pub fn present_copies(
    connection: &mut Connection,
    pending: &PendingWrites,
    leads: BTreeSet<LeadId>,
) -> Result<Vec<MailCopy>, Error> {
    let stored = copies::of_leads(connection, &leads.iter().copied().collect::<Vec<_>>())?;
    Ok(pending.copies.over(stored, &leads))
}
