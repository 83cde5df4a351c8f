//! Rebuild: a lead anew from its events, after something came late, a verdict, a join or a new version. Scores,
//! interests, stages and segments follow from the events alone. Enrollments are facts: they are carried over, and the
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

/// What a lead's first events made of it, for a rebuild that goes on from there.
#[derive(Clone, Debug)]
pub struct Base(Lead);

impl Base {
    /// Whether a rebuild of this lead passes through the same state: that depends on when its enrollments began, since
    /// goals count what happens after that.
    pub fn fits(&self, before: &Lead) -> bool {
        let began = |lead: &Lead| -> Vec<(u32, Instant, u32)> {
            let enrollments =
                lead.sequences.iter().filter_map(|(number, track)| Some((number, track.enrollment.as_ref()?)));
            enrollments.map(|(number, enrollment)| (number, enrollment.began, enrollment.taken)).collect()
        };
        self.0.name == before.name && began(&self.0) == began(before)
    }
}

/// Where a rebuild begins, and where it leaves a mark.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks<'b> {
    /// The events given are those that follow it; none of the lead's is from the past in the sense of `history` that the
    /// base does not know.
    pub from: Option<&'b Base>,
    /// The state before the event at this place is kept.
    pub keep: Option<usize>,
}

/// Rebuilds a lead from all its events in order, each message id once. `before` gives its name and its enrollments,
/// under the same program (`carry` brings them from another one). `moved` is told of each move of the rebuilt history
/// with the place of its event; the effects returned are those of the look at the sequences.
pub fn rebuild<'e>(
    program: &Program,
    before: &Lead,
    events: impl Iterator<Item = &'e Event> + Clone,
    how: Rebuild,
    moved: impl FnMut(Option<usize>, &Effect),
) -> Stepped {
    rebuild_between(program, before, events, how, Marks::default(), moved).0
}

/// The same from a base on, and with a new one kept on the way.
pub fn rebuild_between<'e>(
    program: &Program,
    before: &Lead,
    events: impl Iterator<Item = &'e Event> + Clone,
    how: Rebuild,
    marks: Marks,
    mut moved: impl FnMut(Option<usize>, &Effect),
) -> (Stepped, Option<Base>) {
    let start = marks.from.map_or_else(|| Lead::new(&before.name), |base| base.0.clone());
    let mut stepper = Stepper::new(program, start, how.sends);
    stepper.frozen = true;
    stepper.lead.sequences = before.sequences.clone();
    stepper.lead.former = before.former.clone();
    for event in events.clone().filter(|event| event.history) {
        stepper.lead.history_until(event.at);
    }
    let mut kept = None;
    for (place, event) in events.enumerate() {
        if marks.keep == Some(place) {
            kept = Some(Base(stepper.lead.clone()));
        }
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
    (Stepped { effects: std::mem::take(&mut stepper.effects), lead: stepper.into_lead(), wake_at }, kept)
}
