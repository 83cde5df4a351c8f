//! A lead, event after event: stepped where it can be, rebuilt from its events where something came late, turned out to
//! be somebody else's, or the playbook is another one.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::lead::Lead;
use attractor_engine::program::{Event, Program};
use attractor_engine::step::{Effect, Input, Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_store::moves::Move;
use attractor_store::{Error, events, moves};

use crate::identity::ownership::Changed;
use crate::identity::who::Told;
use crate::lead::anew::Given;
use crate::lead::plan::LATE;
use crate::lead::recent::History;
use crate::lead::standing::Standing;
use crate::versions::Under;
use crate::work::Work;
use crate::write::outbox::{Outbox, Source};

/// The end of the year 9999: what would change later cannot be named, and never comes.
const LAST: i64 = 253_402_300_799_999;

/// Why leads are advanced beside their new events.
#[derive(Clone, Debug, Default)]
pub struct Why {
    /// Named where moves follow; `None`: joins and late events speak for themselves.
    pub reason: Option<String>,
    /// It became known in time, so that what follows enrols and alerts as ever.
    pub loud: bool,
}

impl Why {
    pub fn reason(reason: &str) -> Why {
        Why { reason: Some(reason.to_owned()), loud: false }
    }
}

impl Work<'_> {
    /// Takes the new events of some leads, and rebuilds those that changed hands.
    pub fn advance(&mut self, mut new: BTreeMap<i64, Vec<&Told>>, changed: &Changed, why: &Why) -> Result<(), Error> {
        let mut all: BTreeSet<i64> = new.keys().copied().collect();
        all.extend(changed.rebuild.iter().chain(&changed.look));
        self.load_leads(&all)?;
        all.retain(|lead| self.leads.contains_key(lead));
        let is_anew = |work: &Self, lead: i64, new: &BTreeMap<i64, Vec<&Told>>| {
            work.is_anew(lead, new.get(&lead).map_or(&[], Vec::as_slice), changed)
        };
        let mut anew: BTreeSet<i64> = all.iter().copied().filter(|lead| is_anew(self, *lead, &new)).collect();
        let mut recent = anew.clone();
        recent.retain(|lead| self.is_recent(*lead, new.get(lead).map_or(&[], Vec::as_slice), changed));
        let full = self.histories(&anew.difference(&recent).copied().collect())?;
        let whole = |(lead, past)| (lead, History { past, recent: None });
        let mut histories: BTreeMap<i64, History> = full.into_iter().map(whole).collect();
        self.leave_out_repeated(&mut new, &histories)?;
        // What was late may have been a repetition.
        anew.retain(|lead| is_anew(self, *lead, &new));
        recent.retain(|lead| anew.contains(lead));
        histories.retain(|lead, _| anew.contains(lead));
        histories.extend(self.recent_histories(&recent, &new)?);
        self.retell(&mut histories)?;
        let mut known = self.known_moves(&histories)?;
        self.load_profiles(&new, &anew)?;
        for lead in all {
            let told = new.get(&lead).map_or(&[][..], Vec::as_slice);
            let known = known.remove(&lead).unwrap_or_default();
            match histories.remove(&lead) {
                Some(history) => self.anew(Given { lead, history, told, known, changed, why })?,
                None if new.contains_key(&lead) || changed.look.contains(&lead) => self.along(lead, told)?,
                // All that came was known.
                None => {}
            }
        }
        Ok(())
    }

    /// By lead, the moves in the log that its history may change.
    fn known_moves(&mut self, histories: &BTreeMap<i64, History>) -> Result<BTreeMap<i64, Vec<Move>>, Error> {
        let stored = histories.iter().filter(|(lead, _)| self.leads[lead].stored);
        let since = |history: &History| history.recent.as_ref().map_or(i64::MIN, |recent| recent.until);
        let stored: Vec<(i64, i64)> = stored.map(|(lead, history)| (*lead, since(history))).collect();
        let mut known: BTreeMap<i64, Vec<Move>> = BTreeMap::new();
        for noted in moves::of_leads_since(self.connection, &stored)? {
            known.entry(noted.lead).or_default().push(noted);
        }
        Ok(known)
    }

    /// A history has the first of each id alone, so its lead's messages need not be looked up.
    fn leave_out_repeated(
        &mut self,
        new: &mut BTreeMap<i64, Vec<&Told>>,
        histories: &BTreeMap<i64, History>,
    ) -> Result<(), Error> {
        let along = new.iter().filter(|(lead, _)| !histories.contains_key(lead));
        let repeated = self.repeated(along.map(|(lead, told)| (*lead, told.as_slice())))?;
        for (lead, told) in new.iter_mut() {
            match histories.get(lead) {
                Some(history) => {
                    let counted: BTreeSet<i64> = history.past.iter().map(|past| past.received).collect();
                    told.retain(|told| counted.contains(&told.received));
                }
                None => told.retain(|told| !repeated.contains(&told.received)),
            }
        }
        new.retain(|_, told| !told.is_empty());
        Ok(())
    }

    /// Whether a lead must be rebuilt from its events.
    fn is_anew(&self, lead: i64, new: &[&Told], changed: &Changed) -> bool {
        let standing = &self.leads[&lead];
        let Some(under) = self.memory.versions.of(&standing.name) else { return false };
        let other = standing.stored && !self.fits(standing, &under);
        let late = |told: &&Told| {
            let at = Instant(told.at);
            let head = standing.lead.as_ref().map_or(Instant(i64::MIN), Lead::at);
            at < head || told.flags & events::HISTORY != 0 || self.now - at > LATE
        };
        changed.rebuild.contains(&lead)
            || changed.predecessors(lead).next().is_some()
            || other
            || standing.lead.is_none()
            || new.iter().any(late)
            || self.first_is_open(new)
    }

    pub fn fits(&self, standing: &Standing, under: &Under) -> bool {
        let known = self.memory.versions.compiled(standing.version);
        known.is_some_and(|program| program.hash() == under.program.hash())
    }

    /// Steps a lead through events that came in time.
    fn along(&mut self, lead: i64, told: &[&Told]) -> Result<(), Error> {
        let Some(mut standing) = self.leads.remove(&lead) else { return Ok(()) };
        let Some(under) = self.memory.versions.of(&standing.name) else { return Ok(()) };
        let state = standing.lead.take().unwrap_or_else(|| Lead::new(&standing.name));
        let mut stepper = Stepper::new(&under.program, state, Sends::Reported);
        let mut in_order = told.to_vec();
        in_order.sort_by_key(|told| (told.at, told.received));
        for told in in_order {
            self.one(&mut stepper, &under, lead, told);
            self.hear_profile(&mut standing, told);
        }
        self.tick(&mut stepper, &under, lead, self.now, "live", false);
        self.put(standing, stepper.into_lead(), &under);
        self.follow_recent(lead, told);
        Ok(())
    }

    /// One event that came in time.
    fn one(&mut self, stepper: &mut Stepper, under: &Under, lead: i64, told: &Told) {
        let mut event = Event::default();
        under.program.distill(&told.message, &mut event);
        if told.lost {
            under.program.without_email(&mut event);
        }
        event.at = Instant(told.at);
        stepper.event(&event);
        let effects = std::mem::take(&mut stepper.effects);
        self.follow(under, lead, &effects, told.id, "live", false);
    }

    pub fn follow(&mut self, under: &Under, lead: i64, effects: &[Effect], because: &str, reason: &str, quiet: bool) {
        let program: &Program = &under.program;
        let source = Source { lead, program, version: under.version, now: self.now, because, reason, quiet };
        let numbers = &mut self.memory.numbers;
        self.outbox.effects(source, effects, || {
            numbers.moves += 1;
            numbers.moves
        });
    }

    /// Everything that time alone changes up to an instant, each at its own; the lead's own instant goes no further than
    /// the last of them, so that what comes with a little delay is not late.
    pub fn tick(&mut self, stepper: &mut Stepper, under: &Under, lead: i64, until: Instant, reason: &str, quiet: bool) {
        while stepper.lead().wake_at() <= until {
            let wake = stepper.lead().wake_at();
            stepper.input(Input::Clock(wake));
            let effects = std::mem::take(&mut stepper.effects);
            self.follow(under, lead, &effects, "", reason, quiet);
        }
    }

    /// Puts a lead back with its new state, and keeps its wake-up.
    pub fn put(&mut self, mut standing: Standing, state: Lead, under: &Under) {
        standing.enrolments = state.write_enrolments(&under.program);
        standing.version = under.version;
        let wake = Some(state.wake_at().0).filter(|wake| *wake <= LAST);
        self.outbox.wake(&mut standing, wake, self.now.0);
        standing.lead = Some(state);
        self.outbox.saved.insert(standing.id);
        self.leads.insert(standing.id, standing);
    }
}

impl Outbox {
    /// Keeps a lead's wake-up: rewritten only when the new one is earlier, or when the old one has passed.
    fn wake(&mut self, standing: &mut Standing, wake: Option<i64>, now: i64) {
        let stays = match (standing.wake, wake) {
            (Some(stored), Some(wake)) => stored <= wake && stored > now,
            (Some(stored), None) => stored > now && stored <= LAST,
            (None, wake) => wake.is_none(),
        };
        if stays {
            return;
        }
        let lead = standing.id;
        self.old_wakes.extend(standing.wake.map(|at| attractor_store::leads::Wake { at, lead }));
        self.new_wakes.extend(wake.map(|at| attractor_store::leads::Wake { at, lead }));
        standing.wake = wake;
    }
}
