//! A new version of the playbook (contract §4.9): whom it re-evaluates, and where those go on who are in a sequence.

use crate::lead::{Enrollment, FormerTrack, Lead};
use crate::playbook::{Action, Playbook, Step};
use crate::program::{Does, Operation, Program};
use crate::step::{Cause, Change, Effect, What};
use crate::time::Instant;

/// Whether everybody is re-evaluated under `new`; otherwise nobody is. Names and texts change nothing.
pub fn reevaluates(old: &Playbook, new: &Playbook) -> bool {
    let decides = |playbook: &Playbook| Playbook { sequences: Vec::new(), ..rules(playbook) };
    decides(old) != decides(new)
}

/// What of a playbook decides about leads: no names, no texts, nothing that says only what is sent and how often.
pub(crate) fn rules(playbook: &Playbook) -> Playbook {
    let mut rules = playbook.clone();
    rules.name.clear();
    rules.emails.clear();
    rules.subscriptions.clear();
    rules.cadence = None;
    rules.topics.iter_mut().for_each(|topic| (topic.name, topic.related) = (None, Vec::new()));
    for score in &mut rules.scores {
        score.name = None;
        score.rules.iter_mut().for_each(|rule| rule.name = None);
    }
    for ladder in &mut rules.ladders {
        ladder.name = None;
        ladder.stages.iter_mut().for_each(|stage| stage.name = None);
    }
    rules.segments.iter_mut().for_each(|segment| segment.name = None);
    for sequence in &mut rules.sequences {
        sequence.name = None;
        clear_texts(&mut sequence.steps);
    }
    rules
}

fn clear_texts(steps: &mut [Step]) {
    for step in steps {
        match &mut step.action {
            Action::Alert { say, .. } => say.clear(),
            Action::Branch { then, otherwise, .. } => {
                clear_texts(then);
                clear_texts(otherwise);
            }
            Action::Send { .. } | Action::Wait(_) | Action::WaitUntil { .. } => {}
        }
    }
}

/// A lead that was brought under another program.
#[derive(Clone, Debug)]
pub struct Carried {
    /// As `rebuild` wants it: its enrollments alone.
    pub lead: Lead,
    /// What ended because its sequence is gone, by the numbers of the old program.
    pub ended: Vec<Effect>,
}

/// Brings a lead under another program. Whoever stands on a step that is gone goes on, now, at the next one that is left;
/// done steps stay done. What is in a sequence that is gone ends now, and is kept in case the sequence comes back. The copy
/// that it waited for is withdrawn by whoever keeps copies, as after each change of what is awaited.
pub fn carry(old: &Program, new: &Program, lead: &Lead, now: Instant) -> Carried {
    let mut carried = Carried { lead: Lead::new(&lead.name), ended: Vec::new() };
    carried.lead.former = lead.former.clone();
    for (number, track) in lead.sequences.iter() {
        let id = &old.playbook().sequences[number as usize].id;
        let from = &old.sequences[number as usize].steps;
        if let Some(place) = new.sequence(id) {
            let to = &new.sequences[place as usize].steps;
            let mut track = track.clone();
            track.enrollment = track.enrollment.map(|enrollment| moved(enrollment, from, to, now));
            carried.lead.sequences.insert(place, track);
        } else if let Some(former) = FormerTrack::of(id, from, track, now) {
            carried.ended.extend(former.stopped.is_some().then(|| stopped(number, now)));
            carried.lead.keep_former(former);
        }
    }
    carried.lead.bring_back(new);
    carried
}

fn stopped(sequence: u32, at: Instant) -> Effect {
    Effect { at, cause: Cause::Time, what: What::Sequence { sequence, change: Change::Stopped } }
}

fn moved(enrollment: Enrollment, from: &[Operation], to: &[Operation], now: Instant) -> Enrollment {
    let done = enrollment.done.iter().filter_map(|step| same(from.get(*step as usize)?, to)).collect();
    let here = from.get(enrollment.step as usize).and_then(|operation| same(operation, to));
    match here {
        Some(step) => {
            // What was a mail may be a wait now: nobody tells such a step that its copy is over.
            let sending = enrollment.sending && matches!(to[step as usize].does, Does::Send { .. });
            Enrollment { step, sending, done, ..enrollment }
        }
        None => {
            Enrollment { step: next_left(enrollment.step, from, to), since: now, sending: false, done, ..enrollment }
        }
    }
}

/// The operation of the same step; a jump is no step.
fn same(operation: &Operation, to: &[Operation]) -> Option<u32> {
    let is_step = |operation: &Operation| !matches!(operation.does, Does::Jump(_));
    let found = to.iter().position(|other| is_step(other) && other.id == operation.id);
    found.filter(|_| is_step(operation)).map(|place| place as u32)
}

/// Where the old path goes on in the new steps, their end if nowhere.
fn next_left(step: u32, from: &[Operation], to: &[Operation]) -> u32 {
    let mut place = step as usize;
    while let Some(operation) = from.get(place) {
        if let Some(found) = same(operation, to) {
            return found;
        }
        place = match operation.does {
            Does::Jump(target) => target as usize,
            _ => place + 1,
        };
    }
    to.len() as u32
}
