//! Rebuild: a lead anew from its events, after something came late, a verdict, a join or a new version. Scores,
//! interests, stages and segments follow from the events alone. Enrolments are facts: they are carried over, and the
//! sequences are looked at once, now (contract §4).

use crate::lead::Lead;
use crate::program::{Event, Program};
use crate::step::{Effect, Sends, Stepped, Stepper};
use crate::time::Instant;

/// What a rebuild is to do.
#[derive(Clone, Copy, Debug)]
pub struct Rebuild {
    pub now: Instant,
    /// Whether what became known now may enrol: not from an import, a join or a new version, nor more than an hour after
    /// its instant (contract §4.10).
    pub enrols: bool,
    pub sends: Sends,
}

/// Rebuilds a lead from all its events in order, each message id once. `before` gives its name and its enrolments,
/// under the same program (`carry` brings them from another one). `moved` is told of each move of the rebuilt history
/// with the place of its event; the effects returned are those of the look at the sequences.
pub fn rebuild<'e>(
    program: &Program,
    before: &Lead,
    events: impl Iterator<Item = &'e Event> + Clone,
    how: Rebuild,
    mut moved: impl FnMut(Option<usize>, &Effect),
) -> Stepped {
    let mut stepper = Stepper::new(program, Lead::new(&before.name), how.sends);
    stepper.frozen = true;
    stepper.lead.sequences = before.sequences.clone();
    for event in events.clone().filter(|event| event.history) {
        stepper.lead.history_until(event.at);
    }
    for (place, event) in events.enumerate() {
        stepper.event(event);
        stepper.effects.drain(..).for_each(|effect| moved(Some(place), &effect));
    }
    stepper.advance(how.now);
    stepper.effects.drain(..).for_each(|effect| moved(None, &effect));
    stepper.frozen = false;
    stepper.refuses = !how.enrols;
    // Of whom only machines told something, nothing is decided.
    if stepper.lead.started() {
        stepper.look_at_sequences(how.now);
    }
    let wake_at = stepper.lead.wake_at();
    Stepped { effects: std::mem::take(&mut stepper.effects), lead: stepper.into_lead(), wake_at }
}
