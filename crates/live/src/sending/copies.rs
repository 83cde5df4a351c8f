//! The copies that a lead's enrolments wait for, beside those that were asked for. Leads that become one, or two again,
//! and new versions part the two; a rebuild brings them together.

use std::collections::BTreeSet;

use attractor_engine::lead::Lead;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::{Error, leads};

use crate::identity::ownership::Changed;
use crate::lead::standing::Standing;
use crate::work::Work;
use crate::write::outbox::CopyKey;

/// What was asked for on behalf of a lead, by it or by leads whose enrolments are its own.
pub struct Copies {
    lead: i64,
    /// Of itself, and of leads that are one with it now.
    own: Vec<MailCopy>,
    /// Of the lead that it was one with until now.
    parted: Vec<MailCopy>,
}

impl Work<'_> {
    pub fn copies(&mut self, standing: &Standing, changed: &Changed) -> Result<Copies, Error> {
        let lead = standing.id;
        let parted = changed.parted.get(&lead).copied();
        let joined = changed.predecessors(lead).next().is_some();
        if parted.is_none() && !joined && standing.enrolments.is_none() {
            return Ok(Copies { lead, own: Vec::new(), parted: Vec::new() });
        }
        let all = if joined { self.all_predecessors(lead, changed)? } else { BTreeSet::from([lead]) };
        let own = copies::of_leads(self.connection, &all.into_iter().collect::<Vec<_>>())?;
        let parted = copies::of_leads(self.connection, parted.as_slice())?;
        Ok(Copies { lead, own, parted })
    }

    /// A lead and all that ever became one with it.
    fn all_predecessors(&mut self, lead: i64, changed: &Changed) -> Result<BTreeSet<i64>, Error> {
        let mut all: BTreeSet<i64> = changed.predecessors(lead).chain([lead]).collect();
        let mut open: Vec<i64> = all.iter().copied().collect();
        while !open.is_empty() {
            open = leads::predecessors(self.connection, &open)?;
            // Who is two with it again is at hand.
            let alone = |id: &i64| self.leads.get(id).is_some_and(|standing| standing.became.is_none());
            open.retain(|id| !alone(id) && all.insert(*id));
        }
        Ok(all)
    }

    /// Copies that no enrolment waits for any more come to nothing; those that one waits for wait under its lead.
    pub fn settle_copies(&mut self, copies: Copies, program: &Program, state: &Lead) {
        let lead = copies.lead;
        let awaited: BTreeSet<CopyKey> =
            state.awaited().map(|(sequence, began, step)| key_of(program, lead, sequence, began, step)).collect();
        // What was due until now was asked for a moment ago, and may be of a step that is no more.
        let asked = self.outbox.copies.iter_mut().filter(|(key, copy)| key.0 == lead && waits_for_a_step(copy));
        let mut waits = BTreeSet::new();
        for (key, copy) in asked {
            if awaited.contains(key) {
                waits.insert(key.clone());
            } else {
                copy.state = CopyState::Withdrawn;
            }
        }
        let of_steps = copies.own.into_iter().filter(|copy| matches!(copy.source, CopySource::Sequence { .. }));
        let (waiting, others): (Vec<MailCopy>, Vec<MailCopy>) = of_steps.partition(waits_for_a_step);
        for copy in waiting {
            let key = (lead, copy.source.clone());
            if copy.lead == lead && awaited.contains(&key) {
                waits.insert(key);
            } else {
                self.outbox.withdrawn.insert((copy.lead, copy.source.clone()));
                if awaited.contains(&key) && waits.insert(key) {
                    self.outbox.ask(MailCopy { lead, ..copy });
                }
            }
        }
        // A join or a version gave them up.
        for copy in others {
            let key = (lead, copy.source.clone());
            if awaited.contains(&key) && waits.insert(key) {
                self.outbox.ask(MailCopy { lead, state: CopyState::Waiting, reason: None, ..copy });
            }
        }
    }
}

fn waits_for_a_step(copy: &MailCopy) -> bool {
    copy.state == CopyState::Waiting && matches!(copy.source, CopySource::Sequence { .. })
}

impl Copies {
    /// The lead with the steps passed over whose copies are over, whoever of those who are one they were asked for: an
    /// enrolment asks for each but once.
    pub fn passed_over(&self, mut lead: Lead, program: &Program) -> Lead {
        let enrolled: Vec<(u32, Instant)> = lead.enrolled().map(|(sequence, began, _)| (sequence, began)).collect();
        for (sequence, began) in enrolled {
            let id = &program.playbook().sequences[sequence as usize].id;
            let over = |copy: &MailCopy| match &copy.source {
                CopySource::Sequence { sequence, began: since, step }
                    if sequence == id && *since == began.0 && copy.state.is_decided() =>
                {
                    Some(step.clone())
                }
                _ => None,
            };
            let over: BTreeSet<String> = self.own.iter().chain(&self.parted).filter_map(over).collect();
            let steps = (0..).map_while(|step| Some((step, program.step_id(sequence, step)?)));
            lead.pass_over(sequence, began, steps.filter(|(_, id)| over.contains(*id)).map(|(step, _)| step));
        }
        lead
    }
}

fn key_of(program: &Program, lead: i64, sequence: u32, began: Instant, step: u32) -> CopyKey {
    let id = program.playbook().sequences[sequence as usize].id.clone();
    let step = program.step_id(sequence, step).unwrap_or_default().to_owned();
    (lead, CopySource::Sequence { sequence: id, began: began.0, step })
}
