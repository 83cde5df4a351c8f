//! A lead, event after event: stepped where it can be, rebuilt from its events where something came late, turned out to
//! be somebody else's, or the playbook is another one.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::lead::Lead;
use attractor_engine::message::Message;
use attractor_engine::program::{Event, Program, Touch};
use attractor_engine::rebuild::{Rebuild, rebuild};
use attractor_engine::step::{Effect, Input, Sends, Stepper, What};
use attractor_engine::time::{Duration, Instant};
use attractor_engine::version::carry;
use attractor_store::moves::Move;
use attractor_store::{Error, events, moves};

use crate::history::{Past, distill};
use crate::outbox::{Outbox, Source, a_move, places_of, words};
use crate::ownership::Changed;
use crate::profile::{Profile, Said, concerns};
use crate::standing::Standing;
use crate::versions::Under;
use crate::who::Told;
use crate::work::Work;

/// What becomes known later than this after its instant enrols, alerts and mails nobody (contract §4.10).
const LATE: Duration = Duration::HOUR;

/// Why leads are advanced beside their new events.
#[derive(Clone, Debug, Default)]
pub struct Why {
    /// Named where moves follow; `None`: joins and late events speak for themselves.
    pub reason: Option<String>,
}

impl Work<'_> {
    /// Takes the new events of some leads, and rebuilds those that changed hands.
    pub fn advance(&mut self, new: &BTreeMap<i64, Vec<&Told>>, changed: &Changed, why: &Why) -> Result<(), Error> {
        let mut all: BTreeSet<i64> = new.keys().copied().collect();
        all.extend(changed.rebuild.iter().chain(&changed.look));
        self.load_leads(&all)?;
        all.retain(|lead| self.leads.contains_key(lead));
        let anew: BTreeSet<i64> = all.iter().filter(|lead| self.is_anew(**lead, new, changed)).copied().collect();
        let mut histories = self.histories(&anew)?;
        let mut known: BTreeMap<i64, Vec<Move>> = BTreeMap::new();
        let stored: Vec<i64> = anew.iter().filter(|lead| self.leads[lead].stored).copied().collect();
        for noted in moves::of_leads(self.connection, &stored)? {
            known.entry(noted.lead).or_default().push(noted);
        }
        self.load_profiles(new, &anew)?;
        let none = Vec::new();
        for lead in all {
            let told = new.get(&lead).unwrap_or(&none);
            match histories.remove(&lead) {
                Some(past) => self.anew(lead, told, past, known.remove(&lead).unwrap_or_default(), changed, why)?,
                None => self.along(lead, told)?,
            }
        }
        Ok(())
    }

    /// Whether a lead must be rebuilt from its events.
    fn is_anew(&self, lead: i64, new: &BTreeMap<i64, Vec<&Told>>, changed: &Changed) -> bool {
        let standing = &self.leads[&lead];
        let Some(under) = self.memory.versions.of(&standing.name) else { return false };
        let other = standing.stored && !self.fits(standing, &under);
        let late = |told: &&Told| {
            let at = Instant(told.at);
            let head = standing.lead.as_ref().map_or(Instant(i64::MIN), Lead::at);
            at < head || told.flags & events::HISTORY != 0 || self.now - at > LATE
        };
        changed.rebuild.contains(&lead)
            || changed.dissolved.values().any(|heir| *heir == Some(lead))
            || other
            || standing.lead.is_none()
            || new.get(&lead).is_some_and(|told| told.iter().any(late))
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
        Ok(())
    }

    /// One event that came in time.
    fn one(&mut self, stepper: &mut Stepper, under: &Under, lead: i64, told: &Told) {
        let mut event = Event::default();
        under.program.distill(&told.message, &mut event);
        event.at = Instant(told.at);
        stepper.event(&event);
        let effects = std::mem::take(&mut stepper.effects);
        self.follow(under, lead, &effects, told.id, "live", false);
    }

    fn follow(&mut self, under: &Under, lead: i64, effects: &[Effect], because: &str, reason: &str, quiet: bool) {
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

    /// Rebuilds a lead.
    fn anew(
        &mut self,
        lead: i64,
        told: &[&Told],
        past: Vec<Past>,
        known: Vec<Move>,
        changed: &Changed,
        why: &Why,
    ) -> Result<(), Error> {
        let Some(mut standing) = self.leads.remove(&lead) else { return Ok(()) };
        let Some(under) = self.memory.versions.of(&standing.name) else { return Ok(()) };
        let same = self.fits(&standing, &under) || !standing.stored;
        let head = standing.lead.as_ref().map_or(Instant(i64::MIN), Lead::at);
        let plan = Plan::of(told, &past, head, self.now, !same, changed.rebuild.contains(&lead), why, &under);
        let before = self.before(&mut standing, &under, same, &plan)?;
        let before = self.heirloom(lead, before, &under, changed)?;
        let (events, profile) = distill(&under.program, &past)?;
        let split = past.partition_point(|past| !plan.follows(past));
        let sends = Sends::Reported;
        let until = plan.until.max(before.at()).max(past[..split].last().map_or(plan.until, |past| Instant(past.at)));
        let how = Rebuild { now: until, enrols: plan.enrols, sends };
        let mut history: Vec<(Option<usize>, Effect)> = Vec::new();
        let rebuilt = rebuild(&under.program, &before, events[..split].iter(), how, |place, effect| {
            history.push((place, effect.clone()));
        });
        self.compare(lead, &under, &plan, &past, &history, known);
        let stepper = Stepper::new(&under.program, rebuilt.lead, sends);
        let mut rebuilding = Rebuilding { stepper, under: &under, lead, plan: &plan, until };
        self.look(&mut rebuilding, rebuilt.effects, "");
        self.late_hands(&mut rebuilding, &past[..split], &events[..split]);
        let mut stepper = rebuilding.stepper;
        for (past, event) in past[split..].iter().zip(&events[split..]) {
            stepper.event(event);
            let effects = std::mem::take(&mut stepper.effects);
            self.follow(&under, lead, &effects, &past.id, "live", false);
        }
        self.tick(&mut stepper, &under, lead, self.now, "live", false);
        let state = stepper.into_lead();
        self.outbox.places_anew.insert(lead, places_of(lead, &under.program, &state));
        self.replace_profile(&mut standing, profile);
        self.withdraw_orphans(lead, &under, &state, changed)?;
        self.put(standing, state, &under);
        Ok(())
    }

    /// The lead as it was, under the program that it lives under now: what was due was done before anything else became
    /// known, and that stays.
    fn before(&mut self, standing: &mut Standing, under: &Under, same: bool, plan: &Plan) -> Result<Lead, Error> {
        let old = if same {
            under.program.clone()
        } else {
            self.memory.versions.program(self.connection, standing.version)?
        };
        let Some(state) = standing.lead.take() else {
            let json = standing.enrolments.as_deref().unwrap_or("[]");
            let wrong = |why| Error::new(attractor_store::Kind::Other, why);
            let lead = Lead::with_enrolments(&standing.name, &old, json).map_err(wrong)?;
            return Ok(if same { lead } else { carry(&old, &under.program, &lead, plan.until) });
        };
        let then = Under { version: standing.version, program: old.clone(), ..under.clone() };
        let mut stepper = Stepper::new(&old, state, Sends::Reported);
        self.tick(&mut stepper, &then, standing.id, plan.known_until, "live", false);
        let lead = stepper.into_lead();
        let carried = if same { lead } else { carry(&old, &under.program, &lead, plan.until) };
        Ok(carried.renamed(&standing.name))
    }

    /// Takes over the enrolments of leads that are one with this one now.
    fn heirloom(&mut self, lead: i64, mut before: Lead, under: &Under, changed: &Changed) -> Result<Lead, Error> {
        let gone: Vec<i64> =
            changed.dissolved.iter().filter(|(_, heir)| **heir == Some(lead)).map(|(gone, _)| *gone).collect();
        for other in gone {
            let Some(json) = self.leads.get(&other).and_then(|standing| standing.enrolments.clone()) else { continue };
            let name = before.name().to_owned();
            if let Ok(theirs) = Lead::with_enrolments(&name, &under.program, &json) {
                before.join(&theirs);
            }
        }
        Ok(before)
    }

    /// The stage and segment moves of the new history beside those noted: what is gone is marked, what is new noted.
    fn compare(
        &mut self,
        lead: i64,
        under: &Under,
        plan: &Plan,
        past: &[Past],
        history: &[(Option<usize>, Effect)],
        known: Vec<Move>,
    ) {
        let follows = |noted: &Move| noted.kind == "sequence" || noted.revised.is_some();
        let pending = self.outbox.moves.iter().filter(|noted| noted.lead == lead).cloned();
        let mut open: BTreeMap<(i64, String, String, Option<String>, String), Vec<i64>> = BTreeMap::new();
        for noted in known.into_iter().chain(pending).filter(|noted| !follows(noted)) {
            let key = (noted.at, noted.kind, noted.subject, noted.was, noted.became);
            open.entry(key).or_default().push(noted.number);
        }
        for (place, effect) in history {
            let Some(said) = words(&under.program, &effect.what) else { continue };
            let key = (effect.at.0, said.0.to_owned(), said.1.clone(), said.2.clone(), said.3.clone());
            if open.get_mut(&key).and_then(Vec::pop).is_some() {
                continue;
            }
            self.memory.numbers.moves += 1;
            let because = place.map_or("", |place| past[place].id.as_str());
            let source = Source {
                lead,
                program: &under.program,
                version: under.version,
                now: self.now,
                because,
                reason: &plan.reason,
                quiet: plan.quiet,
            };
            let noted = a_move(source, effect, said, self.memory.numbers.moves);
            self.outbox.moves.push(noted);
        }
        let gone = open.into_values().flatten().map(|number| (lead, number, plan.reason.clone()));
        self.outbox.revised.extend(gone);
    }

    /// What the look at the sequences asks for. Where nobody is to be mailed, copies are over at once.
    fn look(&mut self, at: &mut Rebuilding, mut effects: Vec<Effect>, because: &str) {
        while !effects.is_empty() {
            self.follow(at.under, at.lead, &effects, because, &at.plan.reason, at.plan.quiet);
            for effect in effects.iter().filter(|_| at.plan.quiet) {
                if let What::Send { sequence, began, step, .. } = effect.what {
                    at.stepper.input(Input::SendOver { at: at.until, sequence, began, step });
                }
            }
            effects = std::mem::take(&mut at.stepper.effects);
        }
    }

    /// What was done by hand and came late takes effect now: a rebuild leaves enrolments alone.
    fn late_hands(&mut self, at: &mut Rebuilding, past: &[Past], events: &[Event]) {
        for (past, event) in past.iter().zip(events).filter(|(past, _)| at.plan.new.contains(&past.received)) {
            let enters = past.flags & events::HISTORY == 0 && self.now - event.at <= LATE;
            let hand = |touch: &&Touch| match touch {
                Touch::Stopped { .. } => true,
                Touch::Entered { .. } => enters,
                _ => false,
            };
            let touches: Vec<Touch> = event.touches.iter().filter(hand).cloned().collect();
            if !event.machine && !touches.is_empty() {
                at.stepper.event(&Event { at: at.until, machine: false, history: false, touches });
                let effects = std::mem::take(&mut at.stepper.effects);
                self.look(at, effects, &past.id);
            }
        }
    }

    /// Puts a lead back with its new state, and keeps its wake-up.
    pub fn put(&mut self, mut standing: Standing, state: Lead, under: &Under) {
        standing.enrolments = state.write_enrolments(&under.program);
        standing.version = under.version;
        let wake = Some(state.wake_at().0).filter(|wake| *wake != Instant::NEVER.0);
        self.outbox.wake(&mut standing, wake, self.now.0);
        standing.lead = Some(state);
        self.outbox.saved.insert(standing.id);
        self.leads.insert(standing.id, standing);
    }

    fn hear_profile(&mut self, standing: &mut Standing, told: &Told) {
        let lead = standing.id;
        if !concerns(&told.message) {
            return;
        }
        let public = told.flags & events::PUBLIC != 0;
        let said = Said { message: &told.message, id: told.id, at: told.at, by: told.origin, public };
        let profile = self.profiles.entry(lead).or_default();
        profile.hear(&said);
        if let Some(id) = deal_of(&told.message) {
            let deal = profile.deals.get(&id).cloned();
            self.outbox.deals.extend(deal.map(|deal| ((lead, id), deal)));
        }
        standing.email = profile.email();
        let document = profile.document();
        self.outbox.profiles.insert(lead, document);
    }

    fn replace_profile(&mut self, standing: &mut Standing, profile: Profile) {
        standing.email = profile.email();
        self.outbox.profiles.insert(standing.id, profile.document());
        self.outbox.deals_anew.insert(standing.id, profile.deals.clone());
        self.profiles.insert(standing.id, profile);
    }

    fn load_profiles(&mut self, new: &BTreeMap<i64, Vec<&Told>>, anew: &BTreeSet<i64>) -> Result<(), Error> {
        let concerned = new.iter().filter(|(_, told)| told.iter().any(|told| concerns(&told.message)));
        let missing = concerned.map(|(lead, _)| *lead).filter(|lead| !anew.contains(lead));
        let missing: Vec<i64> = missing.filter(|lead| !self.profiles.contains_key(lead)).collect();
        self.read_profiles(&missing)
    }

    pub fn read_profiles(&mut self, leads: &[i64]) -> Result<(), Error> {
        for (lead, document) in attractor_store::leads::profiles(self.connection, leads)? {
            self.profiles.insert(lead, Profile::parse(&document));
        }
        Ok(())
    }

    /// Copies that no enrolment waits for any more come to nothing; those of a lead that is now one with this one go on
    /// here.
    fn withdraw_orphans(&mut self, lead: i64, under: &Under, state: &Lead, changed: &Changed) -> Result<(), Error> {
        let heirs = changed.dissolved.iter().filter(|(_, heir)| **heir == Some(lead)).map(|(gone, _)| *gone);
        let all: Vec<i64> = heirs.chain([lead]).collect();
        let had = all.len() > 1 || self.leads.get(&lead).is_none_or(|standing| standing.enrolments.is_some());
        if !had {
            return Ok(());
        }
        let awaited: BTreeSet<(String, i64, String)> = state
            .awaited()
            .map(|(sequence, began, step)| {
                let id = under.program.playbook().sequences[sequence as usize].id.clone();
                (id, began.0, under.program.step_id(sequence, step).unwrap_or_default().to_owned())
            })
            .collect();
        let rows = moves::sends_of_leads(self.connection, &all)?;
        for row in rows.into_iter().filter(|row| row.state == "waiting") {
            let wanted = awaited.contains(&(row.sequence.clone(), row.began, row.step.clone()));
            if wanted && row.lead != lead {
                self.outbox.sends.push(moves::Send { lead, ..row.clone() });
            }
            if !wanted || row.lead != lead {
                self.outbox.withdrawn.push((row.lead, row.sequence, row.began, row.step));
            }
        }
        Ok(())
    }
}

/// The deal that a message speaks of.
fn deal_of(message: &Message) -> Option<String> {
    let event = message.event.as_deref()?;
    let speaks = matches!(event, "Deal Created" | "Deal Won" | "Deal Lost");
    speaks.then(|| message.id("deal_id").map(|id| id.into_owned()).unwrap_or_default())
}

/// A lead in the middle of its rebuild.
struct Rebuilding<'p> {
    stepper: Stepper<'p>,
    under: &'p Under,
    lead: i64,
    plan: &'p Plan,
    until: Instant,
}

/// How a lead is rebuilt: up to when everything is taken as known, and what may follow from it.
struct Plan {
    /// What was due up to here was done as though nothing else were known.
    known_until: Instant,
    /// The rebuild goes up to here; what comes after is stepped.
    until: Instant,
    reason: String,
    /// It alerts and mails nobody.
    quiet: bool,
    enrols: bool,
    /// The new events by their numbers.
    new: BTreeSet<i64>,
    /// Those of them that came in time, later than everything else.
    in_time: BTreeSet<i64>,
}

impl Plan {
    #[expect(clippy::too_many_arguments, reason = "it weighs everything that may make a rebuild quiet")]
    fn of(
        told: &[&Told],
        past: &[Past],
        head: Instant,
        now: Instant,
        other_version: bool,
        moved: bool,
        why: &Why,
        under: &Under,
    ) -> Plan {
        let new: BTreeSet<i64> = told.iter().map(|told| told.received).collect();
        let history = told.iter().any(|told| told.flags & events::HISTORY != 0);
        let old = told.iter().any(|told| now - Instant(told.at) > LATE);
        let others = past.iter().filter(|past| !new.contains(&past.received)).map(|past| past.at).max();
        let quiet_until = told
            .iter()
            .filter(|told| told.flags & events::HISTORY != 0 || now - Instant(told.at) > LATE)
            .map(|told| told.at)
            .max();
        let floor = head.0.max(others.unwrap_or(i64::MIN)).max(quiet_until.unwrap_or(i64::MIN));
        let in_time: BTreeSet<i64> = told
            .iter()
            .filter(|told| told.at >= floor && told.flags & events::HISTORY == 0 && now - Instant(told.at) <= LATE)
            .map(|told| told.received)
            .collect();
        let first = told.iter().filter(|told| in_time.contains(&told.received)).map(|told| told.at).min();
        let limit = Instant(first.unwrap_or(now.0));
        let version = other_version && !moved && !history && !old && why.reason.is_none();
        let quiet = history || old || moved || other_version || why.reason.is_some();
        let until = match (version, quiet) {
            (true, _) => under.at.min(limit),
            (false, true) => limit,
            (false, false) => Instant(floor),
        };
        let reason = match &why.reason {
            Some(reason) => reason.clone(),
            None if history => "import".into(),
            None if moved => "join".into(),
            None if version => format!("version {}", under.version),
            None => "late".into(),
        };
        let enrols = if version { under.enrols } else { !quiet };
        let known_until = if version { until } else { limit };
        let quiet = quiet && !enrols;
        Plan { known_until, until: until.max(Instant(floor.min(limit.0))), reason, quiet, enrols, new, in_time }
    }

    fn follows(&self, past: &Past) -> bool {
        self.in_time.contains(&past.received)
    }
}

impl Outbox {
    /// Keeps a lead's wake-up: rewritten only when the new one is earlier, or when the old one has passed.
    fn wake(&mut self, standing: &mut Standing, wake: Option<i64>, now: i64) {
        let stays = match (standing.wake, wake) {
            (Some(stored), Some(wake)) => stored <= wake && stored > now,
            (Some(stored), None) => stored > now,
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
