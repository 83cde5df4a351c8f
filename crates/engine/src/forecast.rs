//! What comes if nothing happens: a copy of the lead, stepped from one wake-up to the next.

use crate::lead::Lead;
use crate::program::Program;
use crate::step::{Effect, Sends, Stepper, What};
use crate::time::{Duration, Instant};

/// How far people are told ahead (contract §4): 366 days, inclusive.
pub const HORIZON: Duration = Duration(366 * Duration::DAY.0);

/// The first instant after `at` at which, were no more events to come, something would change that people are shown: a
/// move, a send, or the primary interest. Every send is taken to be over at once.
pub fn next_change(program: &Program, lead: &Lead, at: Instant) -> Option<Instant> {
    // Cloning and stepping are dear, most leads have nothing ahead.
    if lead.wake_at() > at + HORIZON {
        return None;
    }
    let mut stepper = Stepper::new(program, lead.clone(), Sends::AtOnce);
    next_of(&mut stepper, at)
}

fn next_of(stepper: &mut Stepper, at: Instant) -> Option<Instant> {
    loop {
        let wake = stepper.lead().wake_at();
        if wake > at + HORIZON {
            return None;
        }
        stepper.advance(wake);
        if let Some(shown) = stepper.effects.iter().find(|effect| is_shown(effect)) {
            return Some(shown.at);
        }
        stepper.effects.clear();
    }
}

fn is_shown(effect: &Effect) -> bool {
    match effect.what {
        What::PrimaryInterest { .. }
        | What::Stage { .. }
        | What::Segment { .. }
        | What::Sequence { .. }
        | What::Send { .. } => true,
        What::Alert { .. } | What::Withdrawn { .. } => false,
    }
}

/// Everything that comes until `to` if nothing happens, in order.
pub fn ahead(program: &Program, lead: &Lead, to: Instant) -> Vec<Effect> {
    let mut stepper = Stepper::new(program, lead.clone(), Sends::AtOnce);
    stepper.advance(to);
    stepper.effects
}
