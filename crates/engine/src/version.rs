//! A new version of the playbook (contract §4.9): whom it re-evaluates, and where those go on who are in a sequence.

use crate::lead::{Enrollment, Lead};
use crate::playbook::{Action, Playbook, Step};
use crate::program::{Does, Operation, Program};
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

/// The lead as `rebuild` wants it under another program: its enrollments alone. Whoever stands on a step that is gone
/// goes on, now, at the next one that is left; done steps stay done. A sequence that is gone ends without a word.
pub fn carry(old: &Program, new: &Program, lead: &Lead, now: Instant) -> Lead {
    let mut carried = Lead::new(&lead.name);
    for (number, track) in lead.sequences.iter() {
        let id = &old.playbook().sequences[number as usize].id;
        let Some(place) = new.playbook().sequences.iter().position(|sequence| sequence.id == *id) else { continue };
        let (from, to) = (&old.sequences[number as usize].steps, &new.sequences[place].steps);
        let mut track = track.clone();
        track.enrollment = track.enrollment.map(|enrollment| moved(enrollment, from, to, now));
        carried.sequences.insert(place as u32, track);
    }
    carried
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
