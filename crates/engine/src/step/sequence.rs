//! Sequences (contract §4.10): goal, then `while`, then due steps, then enrollment and its first steps.

use super::{Change, Sends, Stepper, What};
use crate::lead::{Enrollment, FormerTrack, Track};
use crate::playbook::{Again, Class};
use crate::program::{Answer, Does, Sequence, Update};
use crate::time::Instant;

impl<'p> Stepper<'p> {
    pub(super) fn sequence(&mut self, number: u32, at: Instant) -> Instant {
        let sequence = &self.program.sequences[number as usize];
        let mut track = self.lead.sequences.get(number).cloned().unwrap_or_default();
        let enroll = self.ask(&sequence.enroll, at);
        if let Some(enrollment) = &track.enrollment {
            match self.ending(sequence, number, enrollment, enroll, at) {
                Some(change) => self.end(number, &mut track, change, at),
                None => self.run(number, &mut track, at),
            }
        }
        let rises = enroll.holds && !track.held;
        track.held = enroll.holds;
        if track.enrollment.is_none() && !self.refuses && !self.lead.is_history(at) {
            self.enrol(number, &mut track, rises, enroll, at);
        }
        let until = self.enrolled_until(sequence, &track, enroll, at).min(enroll.until);
        if track == Track::default() {
            self.lead.sequences.remove(number);
        } else {
            self.lead.sequences.insert(number, track);
        }
        until
    }

    fn by_hand(&self, wanted: impl Fn(&Update) -> bool) -> bool {
        self.hands.iter().any(wanted)
    }

    /// How the enrollment ends now, if it does.
    fn ending(
        &mut self,
        sequence: &Sequence,
        number: u32,
        enrollment: &Enrollment,
        enroll: Answer,
        at: Instant,
    ) -> Option<Change> {
        if self.goal(sequence, at, enrollment.began).holds {
            return Some(Change::Goal);
        }
        let stopped = self.by_hand(|hand| matches!(hand, Update::Stopped { sequence } if *sequence == number));
        (stopped || !self.stays(sequence, enrollment.by_hand, enroll, at).holds).then_some(Change::Stopped)
    }

    fn goal(&mut self, sequence: &Sequence, at: Instant, began: Instant) -> Answer {
        sequence.goal.as_ref().map_or(Answer::for_good(false), |goal| self.ask_since(goal, at, began))
    }

    /// Whether `while` holds.
    fn stays(&mut self, sequence: &Sequence, by_hand: bool, enroll: Answer, at: Instant) -> Answer {
        match (&sequence.stay, by_hand) {
            (_, true) => self.ask(&sequence.stay_by_hand, at),
            (Some(stay), false) => self.ask(stay, at),
            (None, false) => enroll,
        }
    }

    fn enrol(&mut self, number: u32, track: &mut Track, rises: bool, enroll: Answer, at: Instant) {
        let sequence = &self.program.sequences[number as usize];
        let by_hand = self.by_hand(|hand| matches!(hand, Update::Entered { sequence } if *sequence == number));
        if !(rises || by_hand) || self.goal(sequence, at, at).holds || !self.stays(sequence, by_hand, enroll, at).holds
        {
            return;
        }
        if by_hand {
            return self.begin(number, track, true, at);
        }
        let again = match (track.last_began, sequence.again) {
            (None, _) | (_, Again::Always) => true,
            (Some(_), Again::Never) => false,
            (Some(began), Again::After(length)) => at >= began + length,
        };
        if !again {
            return;
        }
        if sequence.holdout.as_ref().is_some_and(|holdout| self.ask(holdout, at).holds) {
            track.last_began = Some(at);
            self.effect(at, What::Sequence { sequence: number, change: Change::HeldOut });
        } else {
            self.begin(number, track, false, at);
        }
    }

    fn begin(&mut self, number: u32, track: &mut Track, by_hand: bool, at: Instant) {
        let done = self.done_before(number, track.last_began, at);
        track.last_began = Some(at);
        let taken = self.lead.taken_at(at);
        track.enrollment = Some(Enrollment { began: at, by_hand, step: 0, since: at, sending: false, taken, done });
        self.effect(at, What::Sequence { sequence: number, change: Change::Enrolled });
        self.run(number, track, at);
    }

    /// The steps that were done when a version without the sequence stopped the last enrollment. They are passed over,
    /// unless so much time has passed that `again` lets them repeat.
    fn done_before(&mut self, number: u32, last_began: Option<Instant>, at: Instant) -> Vec<u32> {
        let program = self.program;
        let sequence = &program.sequences[number as usize];
        let former = self.lead.take_former(&program.playbook().sequences[number as usize].id);
        let Some(FormerTrack { last_began: began, stopped: Some(stopped), .. }) = former else { return Vec::new() };
        match sequence.again {
            // Another lead's enrollment, which began later, was taken over since.
            _ if last_began != Some(began) => Vec::new(),
            Again::After(length) if at >= began + length => Vec::new(),
            _ => stopped.done.iter().filter_map(|step| sequence.step(step)).collect(),
        }
    }

    fn end(&mut self, number: u32, track: &mut Track, change: Change, at: Instant) {
        if let Some(Enrollment { began, step, sending: true, .. }) = track.enrollment.take() {
            self.effect(at, What::Withdrawn { sequence: number, began, step });
        }
        self.lead.forget(&self.program.sequences[number as usize].scope);
        self.effect(at, What::Sequence { sequence: number, change });
    }

    /// Runs steps until one takes time.
    fn run(&mut self, number: u32, track: &mut Track, at: Instant) {
        let steps = &self.program.sequences[number as usize].steps;
        while let Some(enrollment) = &mut track.enrollment {
            let Some(operation) = steps.get(enrollment.step as usize) else {
                return self.end(number, track, Change::Finished, at);
            };
            let (began, step, since) = (enrollment.began, enrollment.step, enrollment.since);
            let takes_effect = !matches!(operation.does, Does::Branch { .. } | Does::Jump(_));
            let next = match &operation.does {
                _ if takes_effect && enrollment.done.contains(&step) => Some(step + 1),
                Does::Wait(length) => (at >= since + *length).then_some(step + 1),
                Does::Until { node, at_most } => {
                    (at >= since + *at_most || self.ask(node, at).holds).then_some(step + 1)
                }
                Does::Branch { node, otherwise } => Some(if self.ask(node, at).holds { step + 1 } else { *otherwise }),
                Does::Jump(target) => Some(*target),
                Does::Alert { to, say } => {
                    self.effect(at, What::Alert { sequence: number, began, step, to: to.clone(), say: say.clone() });
                    Some(step + 1)
                }
                Does::Send { .. } if enrollment.sending => None,
                Does::Send { email, class, not_after } => {
                    // Who is enrolled by hand has not asked for it itself.
                    let is_own = |class: &Class| !(enrollment.by_hand && *class == Class::Transactional);
                    let (email, class, not_after) = (email.clone(), class.filter(is_own), *not_after);
                    self.effect(at, What::Send { sequence: number, began, step, email, class, not_after });
                    enrollment.sending = self.sends == Sends::Reported;
                    (!enrollment.sending).then_some(step + 1)
                }
            };
            let Some(next) = next else { return };
            if takes_effect {
                enrollment.done.push(step);
            }
            (enrollment.step, enrollment.since) = (next, at);
        }
    }

    /// Until when at least the enrollment goes on as it is by itself.
    fn enrolled_until(&mut self, sequence: &'p Sequence, track: &Track, enroll: Answer, at: Instant) -> Instant {
        let Some(enrollment) = &track.enrollment else { return Instant::NEVER };
        let goal = self.goal(sequence, at, enrollment.began);
        let stays = self.stays(sequence, enrollment.by_hand, enroll, at);
        let step = match sequence.steps.get(enrollment.step as usize).map(|operation| &operation.does) {
            Some(Does::Wait(length)) => enrollment.since + *length,
            Some(Does::Until { node, at_most }) => self.ask(node, at).until.min(enrollment.since + *at_most),
            _ => Instant::NEVER,
        };
        goal.until.min(stays.until).min(step)
    }
}
