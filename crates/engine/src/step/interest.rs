//! The primary interest (contract §4.4).

use super::{Stepper, What};
use crate::ask::Asking;
use crate::program::Interest;
use crate::test::billionths;
use crate::time::Instant;

/// By more than a billionth must a rival exceed the margin: time alone changes no ratio.
const MORE: f64 = 1.0 + 1e-9;

impl Stepper<'_> {
    pub(super) fn primary_interest(&mut self, at: Instant) -> Instant {
        let program = self.program;
        let Some(interest) = &program.interest else { return Instant::NEVER };
        let from = self.lead.primary;
        let stays = from.filter(|topic| self.stays_primary(interest, *topic, at));
        let to = stays.or_else(|| self.strongest(interest, at));
        if from != to {
            self.lead.primary = to;
            self.effect(at, What::PrimaryInterest { from, to });
            self.mark_each(&interest.primary_users);
        }
        to.map_or(Instant::NEVER, |topic| {
            Asking { program, lead: &self.lead, at, curves: &mut self.curves, began: at }
                .strength(topic)
                .until(&interest.minimum)
        })
    }

    fn stays_primary(&self, interest: &Interest, topic: u32, at: Instant) -> bool {
        let strength =
            |topic: u32| self.lead.strengths.get(topic).map_or(0.0, |fade| fade.value_at(at, interest.half_life));
        let enough = strength(topic) * interest.margin * MORE;
        let mut rivals = self.lead.strengths.iter().filter(|(rival, _)| *rival != topic);
        interest.minimum.holds(strength(topic)) && !rivals.any(|(rival, _)| strength(rival) > enough)
    }

    /// The strongest with at least the minimum; of equals the one declared first.
    fn strongest(&self, interest: &Interest, at: Instant) -> Option<u32> {
        let mut best: Option<(u32, f64)> = None;
        for (topic, fade) in self.lead.strengths.iter() {
            let strength = fade.value_at(at, interest.half_life);
            let stronger = best.is_none_or(|(_, most)| billionths(strength) > billionths(most));
            if stronger && interest.minimum.holds(strength) {
                best = Some((topic, strength));
            }
        }
        best.map(|(topic, _)| topic)
    }
}
