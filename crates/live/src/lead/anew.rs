//! A lead anew from its events. Its stages and segments are compared with the log; its enrolments are facts, carried
//! over and looked at once; what came in time is stepped as ever.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::lead::Lead;
use attractor_engine::program::{Event, Touch};
use attractor_engine::rebuild::{Base, Marks, Rebuild, rebuild_between};
use attractor_engine::step::{Effect, Input, MoveKind, Sends, Stepped, Stepper, What};
use attractor_engine::time::Instant;
use attractor_engine::version::carry;
use attractor_store::moves::{Move, MoveReason};
use attractor_store::{Error, LeadId, MoveNumber, Received, events, moves};

use crate::identity::keys::Told;
use crate::lead::changed::Changed;
use crate::lead::history::{Distilled, Past, distill_between, histories};
use crate::lead::plan::{Circumstances, LATE, New, Other, Plan};
use crate::lead::recent::{History, Made, mark};
use crate::lead::standing::Standing;
use crate::lead::turn::Turn;
use crate::lead::why::Why;
use crate::lead::{attributes, visits};
use crate::sending::copies::Copies;
use crate::versions::Under;
use crate::write::outbox::{Source, a_move, places_of, words};

/// What a lead is rebuilt from.
pub struct Given<'g> {
    pub lead: LeadId,
    /// Its events, and which of them are new.
    pub history: History,
    pub told: &'g [&'g Told<'g>],
    /// Its moves in the log.
    pub known: Vec<Move>,
    pub changed: &'g Changed,
    pub why: &'g Why,
}

/// A lead in the middle of its rebuild.
struct Rebuilding<'p> {
    stepper: Stepper<'p>,
    under: &'p Under,
    lead: LeadId,
    plan: &'p Plan,
    /// Up to when it was rebuilt.
    until: Instant,
    /// Moves up to here are not of the history that is rebuilt.
    since: i64,
}

/// A move of the rebuilt history, with the place of its event; time's moves have none.
type Moved = (Option<usize>, Effect);

pub fn anew(turn: &mut Turn, mut given: Given) -> Result<(), Error> {
    let Some(mut standing) = turn.leads.take(given.lead) else { return Ok(()) };
    let Some(under) = turn.leads.versions.of(&standing.name) else { return Ok(()) };
    let plan = plan(turn, &given, &standing, &under);
    let copies = Copies::of(turn.connection, turn.leads, turn.outbox, &standing, given.changed)?;
    let own = before(turn, &mut standing, &under, &plan)?;
    let joined = heirloom(turn, given.lead, own, &under, &plan, given.changed)?;
    let before = copies.passed_over(joined, &under.program);
    if given.history.recent.as_ref().is_some_and(|recent| !recent.base.fits(&before)) {
        read_all(turn, &mut given, &standing)?;
    }
    let known = std::mem::take(&mut given.known);
    let History { past, recent } = &given.history;
    let split = past.partition_point(|past| !plan.in_time.contains(&past.received));
    let keep = mark(past, split, turn.leads.recent.from());
    let profile = recent.as_ref().map(|recent| recent.profile.clone()).unwrap_or_default();
    let (Distilled { events, person }, kept) = distill_between(&under.program, profile, past, keep);
    for why in person.unreadable {
        turn.leads.note_unreadable("event", given.lead, why);
    }
    turn.outbox.bind(person.bound);
    let last = past[..split].last().map_or(plan.until, |past| Instant(past.at));
    let until = plan.until.max(before.at()).max(last);
    let marks = Marks { from: recent.as_ref().map(|recent| &recent.base), keep };
    let (rebuilt, base, history) = rebuild_noting(&under, &before, &events[..split], until, plan.enrols, marks);
    let stepper = Stepper::new(&under.program, rebuilt.lead, Sends::Reported);
    let since = given.history.since();
    let mut at = Rebuilding { stepper, under: &under, lead: given.lead, plan: &plan, until, since };
    at.compare(turn, past, &history, known);
    at.look(turn, rebuilt.effects, "");
    at.late_hands(turn, &given, &events[..split]);
    at.go_on_with(turn, &past[split..], &events[split..]);
    let state = at.stepper.into_lead();
    turn.outbox.replace_places(given.lead, places_of(given.lead, &under.program, &state));
    attributes::replace(turn, &mut standing, person.profile);
    copies.settle(turn.outbox, &under.program, &state);
    turn.put(standing, state, &under);
    let made = keep.zip(base).zip(kept).map(|((place, base), profile)| Made { place, base, profile });
    turn.leads.recent.keep(given.lead, given.history, made, under.version);
    Ok(())
}

/// What a lead was rebuilt from is not enough: its enrolments are others by now.
fn read_all(turn: &mut Turn, given: &mut Given, standing: &Standing) -> Result<(), Error> {
    let read = histories(turn.connection, vec![(given.lead, standing.sources.clone())])?;
    let whole = |(lead, past): (LeadId, Vec<Past>)| (lead, History { past, recent: None });
    let mut read = read.into_iter().map(whole).collect();
    visits::retell(turn.connection, &mut read)?;
    turn.leads.effort.parsed += read.values().map(|history| history.past.len() as u64).sum::<u64>();
    if let Some(history) = read.remove(&given.lead) {
        given.history = history;
    }
    given.known = moves::of_leads_since(turn.connection, &[(given.lead, i64::MIN)])?;
    Ok(())
}

fn plan(turn: &Turn, given: &Given, standing: &Standing, under: &Under) -> Plan {
    let new: Vec<New> = given
        .told
        .iter()
        .map(|told| New { received: told.received, at: Instant(told.at), history: told.flags & events::HISTORY != 0 })
        .collect();
    let numbers: BTreeSet<Received> = new.iter().map(|new| new.received).collect();
    let others = given.history.past.iter().filter(|past| !numbers.contains(&past.received));
    let other = Other { number: under.version, at: under.at, enrols: under.enrols };
    Plan::of(&Circumstances {
        now: turn.now,
        head: standing.lead.as_ref().map_or(Instant(i64::MIN), Lead::at),
        last: others.map(|past| Instant(past.at)).max().unwrap_or(Instant(i64::MIN)),
        new: &new,
        moved: given.changed.rebuild.contains(&given.lead),
        other: (!lived_under(turn, standing, under)).then_some(other),
        why: given.why,
    })
}

/// Whether a lead lived under these rules already; one that is new did.
fn lived_under(turn: &Turn, standing: &Standing, under: &Under) -> bool {
    !standing.stored || turn.leads.fits(standing, under)
}

/// The lead as it was, under the program that it lives under now: what was due was done before anything else became
/// known, and that stays.
fn before(turn: &mut Turn, standing: &mut Standing, under: &Under, plan: &Plan) -> Result<Lead, Error> {
    let same = lived_under(turn, standing, under);
    let old = match same {
        true => under.program.clone(),
        false => turn.leads.versions.program(turn.connection, standing.version)?,
    };
    let (lead, name) = match standing.lead.take() {
        Some(state) => {
            let then = Under { version: standing.version, program: old.clone(), ..under.clone() };
            let mut stepper = Stepper::new(&old, state, Sends::Reported);
            turn.tick(&mut stepper, &then, standing.id, plan.known_until, MoveReason::Live, false);
            (stepper.into_lead(), &standing.name)
        }
        None => {
            let json = standing.enrolments.as_deref().unwrap_or("[]");
            let read = Lead::with_enrolments(&standing.name, &old, json);
            // One damaged row must not keep everybody else from being woken.
            let lead = read.unwrap_or_else(|why| {
                turn.leads.note_unreadable("enrollments", standing.id, why);
                Lead::new(&standing.name)
            });
            (lead, &standing.name)
        }
    };
    let carried = if same { lead } else { carry(&old, &under.program, &lead, plan.until) };
    Ok(carried.renamed(name))
}

/// Takes over the enrolments of leads that are one with this one now.
fn heirloom(
    turn: &mut Turn,
    lead: LeadId,
    mut before: Lead,
    under: &Under,
    plan: &Plan,
    changed: &Changed,
) -> Result<Lead, Error> {
    for other in changed.predecessors(lead) {
        let Some(standing) = turn.leads.get(other) else { continue };
        let Some(json) = standing.enrolments.clone() else { continue };
        // They may stand in an older version's steps.
        let old = turn.leads.versions.program(turn.connection, standing.version)?;
        match Lead::with_enrolments(before.name(), &old, &json) {
            Ok(theirs) => _ = before.join(&carry(&old, &under.program, &theirs, plan.until)),
            Err(why) => turn.leads.note_unreadable("enrollments", other, why),
        }
    }
    Ok(before)
}

impl Rebuilding<'_> {
    /// The stage and segment moves of the new history beside those noted: what is gone is marked, what is new noted.
    fn compare(&self, turn: &mut Turn, past: &[Past], history: &[Moved], known: Vec<Move>) {
        let stays = |noted: &Move| noted.kind == MoveKind::Sequence.name() || turn.outbox.is_revised(noted);
        let pending = turn.outbox.moves_of(self.lead).filter(|noted| noted.at > self.since).cloned();
        let mut open: BTreeMap<Happened, Vec<MoveNumber>> = BTreeMap::new();
        for noted in known.into_iter().chain(pending).filter(|noted| !stays(noted)) {
            open.entry(happened(&noted)).or_default().push(noted.number);
        }
        for (place, effect) in history {
            let Some(said) = words(&self.under.program, &effect.what) else { continue };
            let because = place.map_or("", |place| past[place].id.as_str());
            let mut noted = a_move(self.source(turn, because), effect, said, MoveNumber::START);
            if open.get_mut(&happened(&noted)).and_then(Vec::pop).is_none() {
                noted.number = turn.leads.number_move();
                turn.outbox.note_move(noted);
            }
        }
        for number in open.into_values().flatten() {
            turn.outbox.revise(self.lead, number, self.plan.reason);
        }
    }

    fn source<'s>(&'s self, turn: &Turn, because: &'s str) -> Source<'s> {
        Source {
            lead: self.lead,
            program: &self.under.program,
            version: self.under.version,
            now: turn.now,
            because,
            reason: self.plan.reason,
            quiet: self.plan.quiet,
        }
    }

    /// What the look at the sequences asks for. Where nobody is to be mailed, copies are over at once.
    fn look(&mut self, turn: &mut Turn, mut effects: Vec<Effect>, because: &str) {
        while !effects.is_empty() {
            turn.follow(self.under, self.lead, &effects, because, self.plan.reason, self.plan.quiet);
            for effect in effects.iter().filter(|_| self.plan.quiet) {
                if let What::Send { sequence, began, step, .. } = effect.what {
                    self.stepper.input(Input::SendOver { at: self.until, sequence, began, step });
                }
            }
            effects = std::mem::take(&mut self.stepper.effects);
        }
    }

    /// What was done by hand and came late takes effect now: a rebuild leaves enrolments alone.
    fn late_hands(&mut self, turn: &mut Turn, given: &Given, events: &[Event]) {
        let new: BTreeSet<Received> = given.told.iter().map(|told| told.received).collect();
        for (past, event) in given.history.past.iter().zip(events).filter(|(past, _)| new.contains(&past.received)) {
            let enters = past.flags & events::HISTORY == 0 && turn.now - event.at <= LATE;
            let hand = |touch: &&Touch| match touch {
                Touch::Stopped { .. } => true,
                Touch::Entered { .. } => enters,
                _ => false,
            };
            let touches: Vec<Touch> = event.touches.iter().filter(hand).cloned().collect();
            if !event.machine && !touches.is_empty() {
                self.stepper.event(&Event { at: self.until, machine: false, history: false, touches });
                let effects = std::mem::take(&mut self.stepper.effects);
                self.look(turn, effects, &past.id);
            }
        }
    }

    /// What came in time, and the clock.
    fn go_on_with(&mut self, turn: &mut Turn, past: &[Past], events: &[Event]) {
        for (past, event) in past.iter().zip(events) {
            self.stepper.event(event);
            let effects = std::mem::take(&mut self.stepper.effects);
            turn.follow(self.under, self.lead, &effects, &past.id, MoveReason::Live, false);
        }
        turn.tick(&mut self.stepper, self.under, self.lead, turn.now, MoveReason::Live, false);
    }
}

/// Rebuilds a lead up to an instant, and gathers the moves of its history.
fn rebuild_noting(
    under: &Under,
    before: &Lead,
    events: &[Event],
    until: Instant,
    enrols: bool,
    marks: Marks,
) -> (Stepped, Option<Base>, Vec<Moved>) {
    let how = Rebuild { now: until, enrols, sends: Sends::Reported };
    let mut history = Vec::new();
    let note = |place: Option<usize>, effect: &Effect| history.push((place, effect.clone()));
    let (rebuilt, base) = rebuild_between(&under.program, before, events.iter(), how, marks, note);
    (rebuilt, base, history)
}

/// What a move says happened, and because of what.
type Happened = (i64, String, String, Option<String>, String, String);

fn happened(noted: &Move) -> Happened {
    let Move { at, kind, subject, was, became, because, .. } = noted;
    (*at, kind.clone(), subject.clone(), was.clone(), became.clone(), because.clone())
}
