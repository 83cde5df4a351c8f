//! What an event leaves behind, and which decisions it may change.

use super::Stepper;
use crate::deal::Deal;
use crate::fact::tags_after;
use crate::lead::curve::Fade;
use crate::lead::tally::Tally;
use crate::lead::{Hand, Taken, Word, copies::CopyHistory};
use crate::program::Update;
use crate::time::Instant;
use crate::value::Value;

impl Stepper<'_> {
    pub(super) fn apply(&mut self, update: &Update, at: Instant) {
        match update {
            Update::Count { counter, taken } => self.count(*counter, at, *taken),
            Update::Points { rule } => self.points(*rule, at),
            Update::Clock { clock } => self.clock(*clock, at),
            Update::Interest { topic, weight } => self.pull(*topic, *weight, at),
            Update::Set { attribute, value } => self.set(*attribute, Some(value.clone())),
            Update::Unset { attribute } => self.set(*attribute, None),
            Update::Tagged { attribute, tag } => self.tag(*attribute, tag, true),
            Update::Untagged { attribute, tag } => self.tag(*attribute, tag, false),
            Update::Copy { send, did } => self.copy(*send, *did, at),
            Update::Deal { deal, stands } => self.deal(*deal, *stands),
            Update::Consent { scope, word } => self.consent(*scope, *word),
            Update::Unmeasured => self.unmeasured(),
            Update::Pinned { segment } => self.hand(*segment, Some(Hand::Pinned)),
            Update::Banned { segment } => self.hand(*segment, Some(Hand::Banned)),
            Update::Released { segment } => self.hand(*segment, None),
            Update::StageSet { ladder, .. } | Update::StageReleased { ladder } => {
                self.hands.push(update.clone());
                self.mark(self.program.first_ladder() + ladder);
            }
            Update::Entered { sequence } | Update::Stopped { sequence } => {
                self.hands.push(update.clone());
                self.mark(self.program.first_sequence() + sequence);
            }
        }
    }

    /// Whether an input takes this event: a goal's own only what was taken after the event that enrolled.
    fn kept(&self, sequence: Option<u32>, at: Instant) -> bool {
        let Some(sequence) = sequence else { return true };
        let enrollment = self.lead.sequences.get(sequence).and_then(|track| track.enrollment.as_ref());
        enrollment.is_some_and(|enrollment| (at, self.lead.taken_at(at)) >= (enrollment.began, enrollment.taken))
    }

    fn count(&mut self, number: u32, at: Instant, taken: Taken) {
        let counter = &self.program.inputs.counters[number as usize];
        if !self.kept(counter.sequence, at) {
            return;
        }
        let tally = self.lead.counters.entry_or(number, || Tally::new(counter));
        if tally.take(counter, at, taken) {
            self.mark_each(&counter.users);
        }
    }

    fn points(&mut self, number: u32, at: Instant) {
        let rule = &self.program.rules[number as usize];
        if rule.limit.is_some_and(|limit| !self.lead.counted.entry(number).count(limit, at)) {
            return;
        }
        self.lead.earned.entry(rule.pool).add(rule.points, &self.program.pools[rule.pool as usize], at);
        if let Some(counted) = &mut self.counted {
            counted.push(number);
        }
        self.mark_each(&self.program.scores[rule.score as usize].users);
    }

    /// Who asks for longer silence than there was is told nothing new: the wake-up noted is early, never late.
    fn clock(&mut self, number: u32, at: Instant) {
        let clock = &self.program.inputs.clocks[number as usize];
        if !self.kept(clock.sequence, at) {
            return;
        }
        let began =
            clock.sequence.and_then(|sequence| self.lead.sequences.get(sequence)?.enrollment.as_ref().map(|e| e.began));
        let base = began.or(self.lead.first).unwrap_or(at);
        let idle = at - self.lead.clocks.get(number).copied().unwrap_or(base);
        for (span, user) in &clock.users {
            if idle >= *span {
                self.mark(*user);
            }
        }
        self.lead.clocks.insert(number, at);
    }

    fn pull(&mut self, topic: u32, weight: f64, at: Instant) {
        let Some(interest) = &self.program.interest else { return };
        self.lead.strengths.entry_or(topic, || Fade::from(at)).add(weight, at, interest.half_life);
        self.mark(0);
        self.mark_each(&interest.strength_users[topic as usize]);
    }

    fn set(&mut self, number: u32, value: Option<Value>) {
        if self.lead.attributes.get(number) == value.as_ref() {
            return;
        }
        match value {
            Some(value) => self.lead.attributes.insert(number, value),
            None => drop(self.lead.attributes.remove(number)),
        }
        self.mark_each(&self.program.inputs.attributes[number as usize].users);
    }

    fn tag(&mut self, attribute: u32, tag: &Value, added: bool) {
        if let Some(tags) = tags_after(self.lead.attributes.get(attribute), tag, added) {
            self.set(attribute, Some(tags));
        }
    }

    fn copy(&mut self, send: u64, did: crate::program::Did, at: Instant) {
        for (number, copies) in (0..).zip(&self.program.inputs.copies) {
            if self.kept(copies.sequence, at) {
                self.lead.copies.entry_or(number, CopyHistory::default).note(send, did, at);
                self.mark_each(&copies.users);
            }
        }
    }

    fn unmeasured(&mut self) {
        for (number, copies) in (0..).zip(&self.program.inputs.copies) {
            if let Some(own) = self.lead.copies.get_mut(number) {
                own.unmeasured();
                self.mark_each(&copies.users);
            }
        }
    }

    fn consent(&mut self, scope: Option<u32>, word: Word) {
        self.lead.consent.get_or_insert_default().hear(scope, word);
        self.mark_each(&self.program.inputs.consent_users);
    }

    fn deal(&mut self, deal: u64, stands: Deal) {
        match self.lead.deals.iter_mut().find(|(other, _)| *other == deal) {
            Some(known) => known.1 = stands,
            None => self.lead.deals.push((deal, stands)),
        }
        self.mark_each(&self.program.inputs.deal_users);
    }

    fn hand(&mut self, segment: u32, hand: Option<Hand>) {
        self.lead.segments.entry(segment).hand = hand;
        self.mark(self.program.first_segment() + segment);
    }
}
