//! Segments (contract §4.6): in when `enter` holds, out when `leave` does, or as a hand decided.

use super::{Stepper, What};
use crate::lead::Hand;
use crate::program::Segment;
use crate::time::Instant;

impl Stepper<'_> {
    pub(super) fn segment(&mut self, number: u32, decision: u32, at: Instant) -> Instant {
        let program = self.program;
        let segment = &program.segments[number as usize];
        let member = self.lead.segments.get(number).copied().unwrap_or_default();
        if let Some(hand) = member.hand {
            self.belong(number, member.since, hand == Hand::Pinned, at);
            return Instant::NEVER;
        }
        if !self.rules_decide(segment.rhythm, decision, at) {
            return self.next_scheduled(segment.rhythm, at);
        }
        let (inside, until) = self.judge_segment(segment, member.since, at);
        if inside == member.since.is_some() {
            return self.look_again(segment.rhythm, until);
        }
        self.belong(number, member.since, inside, at);
        let (_, until) = self.judge_segment(segment, inside.then_some(at), at);
        self.look_again(segment.rhythm, until)
    }

    fn belong(&mut self, number: u32, since: Option<Instant>, inside: bool, at: Instant) {
        if inside == since.is_some() {
            return;
        }
        let member = self.lead.segments.entry(number);
        member.since = inside.then_some(at);
        if member.since.is_none() && member.hand.is_none() {
            self.lead.segments.remove(number);
        }
        self.effect(at, What::Segment { segment: number, entered: inside });
        let program = self.program;
        self.mark_each(&program.segments[number as usize].users);
    }

    /// Whether the lead is in by the rules, and until when at least that stands by itself.
    fn judge_segment(&mut self, segment: &Segment, since: Option<Instant>, at: Instant) -> (bool, Instant) {
        if let Some(since) = since {
            let stay = since + segment.rhythm.stay(segment.min_stay);
            let leaves = self.ask(&segment.leave, at);
            return match leaves.holds {
                true if at >= stay => (false, Instant::NEVER),
                true => (true, stay),
                false => (true, leaves.until.max(stay)),
            };
        }
        let enters = self.ask(&segment.enter, at);
        if !enters.holds {
            return (false, enters.until);
        }
        match &segment.own_leave {
            None => (true, Instant::NEVER),
            Some(leave) => {
                let leaves = self.ask(leave, at);
                (!leaves.holds, leaves.until)
            }
        }
    }
}
