//! Leads and their copies, moved on from now as if nothing happened.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::message::{Message, Wanted};
use attractor_engine::playbook::Adapt;
use attractor_engine::program::Event;
use attractor_engine::step::{Effect, Input, Sends, Stepper, What};
use attractor_engine::time::Instant;
use attractor_live::{CopyKey, Under, asked_copy, key_of};
use attractor_mail::gate::{Class, Decision, Hold, Skip, Until};
use attractor_mail::render::Email;
use attractor_store::LeadId;
use attractor_store::copies::{CopyState, MailCopy, Rank};

use super::foreseen::{Estimate, ForeseenCopy, ForeseenEnd};
use crate::leads::key::LeadKey;
use crate::sending::best::{Settled, settled};
use crate::sending::compose::{class, is_budgeted, once};
use crate::sending::emails::Emails;
use crate::sending::gate::{AT_LATEST, cadence_rule, is_measured, named};
use crate::sending::limits::Limits;
use crate::sending::links::topic;
use crate::sending::messages::{self, TriedCopy, messages};
use crate::sending::plan::decided;
use crate::sending::situation::{KnownLead, Situation};
use crate::sending::test_mode::{self, hold_name};
use crate::sending::words::{full_address, hold, late_draft, outside_hours};

/// What happens next. At one instant time changes leads before the sender looks at copies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Wake(LeadId),
    Look(LookOrder),
}

/// The order in which the sender looks at copies: by rank, by how long they have waited, and as the outbox has them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct LookOrder {
    rank: Rank,
    asked_at: i64,
    lead: LeadId,
    due: i64,
    send_id: String,
    place: usize,
}

/// Some leads with all of their copies that wait.
pub struct Future<'a> {
    situation: Situation,
    /// As of when the rest is to come.
    from: Instant,
    keys: BTreeMap<LeadId, LeadKey>,
    emails: &'a mut Emails,
    agenda: BTreeSet<(Instant, Next)>,
    wakes: BTreeMap<LeadId, Instant>,
    copies: Vec<ForeseenCopy>,
    places: BTreeMap<CopyKey, usize>,
    /// By address and what may go there once, the lead that it went to.
    once: BTreeMap<(String, String), LeadId>,
    /// Leads of which a copy is an estimate: so is what they get behind it.
    estimates: BTreeMap<LeadId, Estimate>,
}

impl<'a> Future<'a> {
    /// The files of the leads' versions must have been read.
    pub fn new(
        situation: Situation,
        keys: BTreeMap<LeadId, LeadKey>,
        copies: Vec<MailCopy>,
        emails: &'a mut Emails,
    ) -> Future<'a> {
        let wakes = situation.leads().filter_map(|lead| Some((lead.row.id, lead.state.as_ref()?.wake_at())));
        let wakes: Vec<(LeadId, Instant)> = wakes.collect();
        let mut future = Future {
            from: situation.now,
            situation,
            keys,
            emails,
            agenda: BTreeSet::new(),
            wakes: BTreeMap::new(),
            copies: Vec::new(),
            places: BTreeMap::new(),
            once: BTreeMap::new(),
            estimates: BTreeMap::new(),
        };
        wakes.into_iter().for_each(|(lead, at)| future.wake_at(lead, at));
        copies.into_iter().for_each(|copy| future.put(copy, true));
        future
    }

    /// Everything that becomes of copies up to and including an instant.
    pub fn until(mut self, horizon: Instant) -> Vec<ForeseenCopy> {
        while let Some((at, next)) = self.agenda.pop_first().filter(|(at, _)| *at <= horizon) {
            match next {
                Next::Wake(lead) => self.step(lead, |stepper| stepper.input(Input::Clock(at))),
                Next::Look(order) => self.look(order.place, at),
            }
        }
        self.copies
    }

    fn wake_at(&mut self, lead: LeadId, at: Instant) {
        if let Some(before) = self.wakes.remove(&lead) {
            self.agenda.remove(&(before, Next::Wake(lead)));
        }
        if at != Instant::NEVER {
            let at = at.max(self.situation.now);
            self.wakes.insert(lead, at);
            self.agenda.insert((at, Next::Wake(lead)));
        }
    }

    fn look_at(&mut self, place: usize, at: Instant) {
        let copy = &self.copies[place].copy;
        let (rank, asked_at, lead, due) = (copy.rank(), copy.asked_at, copy.lead, at.0);
        let order = LookOrder { rank, asked_at, lead, due, send_id: copy.send_id(), place };
        self.agenda.insert((at.max(self.situation.now), Next::Look(order)));
    }

    fn put(&mut self, copy: MailCopy, is_asked: bool) {
        let place = self.copies.len();
        self.places.insert((copy.lead, copy.source.clone()), place);
        let at = match copy.state {
            CopyState::Waiting => copy.dispatch.due,
            // Nobody releases it; then it becomes too late.
            CopyState::Draft => copy.not_after,
            _ => Some(self.situation.now.0),
        };
        let mut foreseen = ForeseenCopy::new(copy, is_asked);
        if let Some(reason) = foreseen.copy.reason.clone().filter(|_| foreseen.copy.state == CopyState::Waiting) {
            foreseen.may_differ(Estimate::of_hold(&reason));
            let (until, rule) = (foreseen.copy.until.map(Instant), self.stored_rule(&reason, &foreseen.copy));
            foreseen.hold(&reason, self.situation.now, until, rule);
        }
        self.copies.push(foreseen);
        if let Some(at) = at {
            self.look_at(place, Instant(at));
        }
    }

    /// A lead takes inputs; what follows is done.
    fn step(&mut self, lead: LeadId, inputs: impl FnOnce(&mut Stepper)) {
        let Some(under) = self.situation.known(lead).and_then(|known| known.under.clone()) else { return };
        let Some(state) = self.situation.take_state(lead) else { return };
        let mut stepper = Stepper::new(&under.program, state, Sends::Reported);
        inputs(&mut stepper);
        let effects = std::mem::take(&mut stepper.effects);
        let state = stepper.into_lead();
        self.wake_at(lead, state.wake_at());
        self.situation.becomes(lead, state);
        effects.into_iter().for_each(|effect| self.follow(lead, &under, effect));
    }

    fn follow(&mut self, lead: LeadId, under: &Under, effect: Effect) {
        if let Some(copy) = asked_copy(lead, &under.program, &effect) {
            self.put(copy, false);
        }
        let What::Withdrawn { sequence, began, step } = effect.what else { return };
        let key = key_of(&under.program, lead, sequence, began, step);
        if let Some(place) = self.places.get(&key).copied() {
            self.end(place, ForeseenEnd::Withdrawn, effect.at);
        }
    }

    fn end(&mut self, place: usize, end: ForeseenEnd, at: Instant) {
        let foreseen = &mut self.copies[place];
        if foreseen.is_open() {
            (foreseen.end, foreseen.at) = (end, Some(at));
        }
    }

    fn look(&mut self, place: usize, at: Instant) {
        if !self.copies[place].is_open() {
            return;
        }
        let copy = self.copies[place].copy.clone();
        self.situation.turn_to(at, copy.lead);
        match copy.state {
            CopyState::Waiting => self.ask_gate(place, copy, at),
            CopyState::Draft => self.skip(place, &copy, late_draft(), at),
            _ => {
                self.copies[place].may_differ(Some(Estimate::UnderWay));
                self.leave(place, copy, None, at);
            }
        }
    }

    fn ask_gate(&mut self, place: usize, copy: MailCopy, at: Instant) {
        let Settled { copy, nothing_left, .. } = settled(&self.situation, copy);
        let mut limits = Limits::default();
        let (decision, compiled) = decided(&self.situation, (&copy, nothing_left), self.emails, &mut limits);
        match decision {
            // Its lead is gone.
            None => self.end(place, ForeseenEnd::Withdrawn, at),
            Some(Decision::Skip { reason, detail }) => self.skip(place, &copy, named(reason.name(), &detail), at),
            Some(_) if self.went_elsewhere(&copy) => self.skip(place, &copy, Skip::Duplicate.name().to_owned(), at),
            Some(Decision::Send) => {
                let estimate = self.may_be_slowed(&copy, at).then_some(Estimate::Adapts);
                self.copies[place].may_differ(estimate);
                self.leave(place, copy, compiled.as_deref(), at);
            }
            Some(Decision::Hold { reason, until }) => self.hold(place, &copy, (reason, until), at),
        }
    }

    /// Whether the cadence, which lets a copy go as it is now, may have grown slower by then and keep it back.
    fn may_be_slowed(&self, copy: &MailCopy, at: Instant) -> bool {
        let known = self.situation.lead(copy);
        let longest = known.and_then(adapt).map(|adapt| adapt.between.1);
        let held_at_most = known.and_then(|lead| lead.last_left).zip(longest).map(|(last, longest)| last + longest);
        matches!(class(copy), Class::Marketing) && at > self.from && held_at_most.is_some_and(|until| at < until)
    }

    /// The rule of the cadence, or the clock of the sending hours, that keeps a copy back as things are.
    fn rule(&self, reason: Hold, copy: &MailCopy) -> Option<String> {
        match reason {
            Hold::Cadence => cadence_rule(&self.situation, copy),
            Hold::Window => self.situation.lead(copy).map(|lead| outside_hours(&self.situation.zone(lead))),
            _ => None,
        }
    }

    /// The same for what held a copy when the sender looked at it last. The forecast may not look at it again.
    fn stored_rule(&self, reason: &str, copy: &MailCopy) -> Option<String> {
        self.rule(hold(reason)?, copy)
    }

    fn hold(&mut self, place: usize, copy: &MailCopy, (reason, until): (Hold, Until), at: Instant) {
        let is_cadence = reason == Hold::Cadence;
        let rule = match reason {
            // Providers' rates are applied after the forecast: here it is the address's own limit.
            Hold::Rate => Some(full_address()),
            _ => self.rule(reason, copy),
        };
        let adapts = is_cadence && self.situation.known(copy.lead).and_then(adapt).is_some();
        let estimate = adapts.then_some(Estimate::Adapts).or(Estimate::of_hold(reason.name()));
        let until = match until {
            Until::At(until) if reason != Hold::ReEvaluation => Some(Instant(until)),
            _ => None,
        };
        let name = hold_name(reason, test_mode::holds(&self.situation, copy));
        let foreseen = &mut self.copies[place];
        // As the sender writes it: if it becomes too late for the copy, this is why.
        (foreseen.copy.reason, foreseen.copy.until) = (Some(name.to_owned()), until.map(|until| until.0));
        foreseen.hold(name, at, until, rule);
        foreseen.may_differ(estimate);
        // As the sender does: sooner where the hold may end sooner, and never later than it becomes too late.
        let again = until.map(|until| until.min(at + AT_LATEST)).into_iter();
        if let Some(again) = again.chain(foreseen.copy.not_after.map(Instant)).min() {
            self.look_at(place, again.max(Instant(at.0 + 1)));
        }
    }

    fn leave(&mut self, place: usize, copy: MailCopy, compiled: Option<&Email>, at: Instant) {
        self.marked(place);
        let known = self.situation.lead(&copy);
        let measured = known.is_some_and(|lead| is_measured(lead, &copy, &self.situation.countries));
        let shows = known
            .zip(compiled)
            .filter(|_| measured)
            .map(|(lead, compiled)| shows(&self.situation, lead, &copy, compiled));
        let address = known.and_then(|lead| lead.address.clone()).unwrap_or_default();
        self.situation.leaves(&copy, is_budgeted(&copy), &shows.unwrap_or_default());
        if let Some(what) = once(&copy) {
            self.once.insert((address.clone(), what), copy.lead);
        }
        let foreseen = &mut self.copies[place];
        (foreseen.copy.email, foreseen.address) = (copy.email.clone(), Some(address.clone()));
        self.end(place, ForeseenEnd::Leaves, at);
        let sent = self.sent(
            &copy,
            TriedCopy { email: copy.email.clone().unwrap_or_default(), send_id: copy.send_id(), address, measured, at },
        );
        self.over(&copy, &sent, at);
    }

    fn skip(&mut self, place: usize, copy: &MailCopy, reason: String, at: Instant) {
        self.marked(place);
        self.copies[place].copy.email = copy.email.clone();
        self.end(place, ForeseenEnd::Skipped(reason), at);
        self.over(copy, &[], at);
    }

    /// What comes behind an estimate is one.
    fn marked(&mut self, place: usize) {
        let foreseen = &mut self.copies[place];
        foreseen.may_differ(self.estimates.get(&foreseen.copy.lead).copied());
        if let Some(estimate) = foreseen.estimate {
            self.estimates.entry(foreseen.copy.lead).or_insert(estimate);
        }
    }

    /// A copy is over: its sequence goes on.
    fn over(&mut self, copy: &MailCopy, events: &[Event], at: Instant) {
        let Some(under) = self.situation.known(copy.lead).and_then(|known| known.under.clone()) else { return };
        self.step(copy.lead, |stepper| {
            events.iter().for_each(|event| stepper.input(Input::Event(event)));
            stepper.input(Input::Clock(at));
            let is_its = |(sequence, began, step): &(u32, Instant, u32)| {
                key_of(&under.program, copy.lead, *sequence, *began, *step).1 == copy.source
            };
            let awaited = stepper.lead().awaited().find(is_its);
            if let Some((sequence, began, step)) = awaited {
                stepper.input(Input::CopyDecided { at, sequence, began, step });
            }
        });
    }

    /// What the lead's events say of a copy that left.
    fn sent(&self, copy: &MailCopy, tried: TriedCopy) -> Vec<Event> {
        let known = self.situation.known(copy.lead).and_then(|known| known.under.as_ref());
        let Some((under, key)) = known.zip(self.keys.get(&copy.lead)) else { return Vec::new() };
        let distilled = messages(key, &tried, messages::Event::Left).into_iter().filter_map(|arrived| {
            let message = Message::parse(&arrived.json, &Wanted::Everything).ok()?;
            let mut event = Event::default();
            under.program.distill(&message, &mut event);
            Some(event)
        });
        distilled.collect()
    }

    fn went_elsewhere(&self, copy: &MailCopy) -> bool {
        let address = self.situation.lead(copy).and_then(|lead| lead.address.clone());
        let Some((address, what)) = address.zip(once(copy)) else { return false };
        self.once.get(&(address, what)).is_some_and(|lead| *lead != copy.lead)
    }
}

/// How the cadence of a lead adapts, if it does.
fn adapt(lead: &KnownLead) -> Option<&Adapt> {
    lead.under.as_ref()?.program.playbook().cadence.as_ref()?.adapt.as_ref()
}

/// The topics that a measured copy shows: its e-mail's own, and those of its links.
fn shows(situation: &Situation, lead: &KnownLead, copy: &MailCopy, compiled: &Email) -> BTreeSet<String> {
    let of_email = situation.email(copy, lead).and_then(|email| email.topic.as_deref());
    let Some(under) = &lead.under else { return BTreeSet::new() };
    let of_links = compiled.links().filter_map(|link| {
        let url = link.url.unwrap_or_default();
        topic(link.topic.as_deref(), &url, &under.program, of_email)
    });
    of_links.chain(of_email.map(str::to_owned)).collect()
}
