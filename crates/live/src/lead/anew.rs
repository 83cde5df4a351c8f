//! A lead anew from its events. Its stages and segments are compared with the log; its enrollments are facts, carried
//! over and looked at once; what came in time is stepped as ever.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use attractor_engine::lead::Lead;
use attractor_engine::program::{Event, Program, Update};
use attractor_engine::rebuild::{Base, Marks, Rebuild, rebuild_between};
use attractor_engine::step::{Effect, Input, Sends, Stepped, Stepper, What};
use attractor_engine::time::Instant;
use attractor_engine::version::{Carried, carry};
use attractor_store::moves::{Move, MoveKind, MoveReason};
use attractor_store::{Error, LeadId, MoveNumber, Received, events, moves};

use crate::identity::keys::NewEvent;
use crate::lead::changed::Changed;
use crate::lead::held::HeldLead;
use crate::lead::history::{Distilled, Past, distill_between, histories};
use crate::lead::plan::{Circumstances, LATE, New, Other, Plan};
use crate::lead::recent::{History, Made, mark};
use crate::lead::turn::Turn;
use crate::lead::why::Why;
use crate::lead::{attributes, visits};
use crate::sending::copies::AwaitedCopies;
use crate::versions::Under;
use crate::write::pending::{EffectSource, a_move, places_of, words};

/// What a lead is rebuilt from.
pub struct RebuildInput<'g> {
    pub lead: LeadId,
    /// Its events, and which of them are new.
    pub history: History,
    pub new_events: &'g [&'g NewEvent<'g>],
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

pub fn anew(turn: &mut Turn, mut input: RebuildInput) -> Result<(), Error> {
    let Some(mut held) = turn.leads.take(input.lead) else { return Ok(()) };
    let Some(under) = turn.leads.versions.of(&held.name) else { return Ok(()) };
    let plan = plan(turn, &input, &held, &under);
    let copies = AwaitedCopies::of(turn.connection, turn.leads, turn.pending, &held, input.changed)?;
    let own = before(turn, &mut held, &under, &plan)?;
    let joined = inherited_enrollments(turn, input.lead, own, &under, &plan, input.changed)?;
    let before = copies.passed_over(joined, &under.program);
    if input.history.recent.as_ref().is_some_and(|recent| !recent.base.fits(&before)) {
        read_all(turn, &mut input, &held)?;
    }
    let known = std::mem::take(&mut input.known);
    let History { past, recent } = &input.history;
    let split = past.partition_point(|past| !plan.in_time.contains(&past.received));
    let keep = mark(past, split, turn.leads.recent.from());
    let profile = recent.as_ref().map(|recent| recent.profile.clone()).unwrap_or_default();
    let (Distilled { events, person }, kept) = distill_between(&under.program, profile, past, keep);
    for why in person.unreadable {
        turn.leads.note_unreadable("event", input.lead, why);
    }
    turn.pending.block(person.blocks);
    let last = past[..split].last().map_or(plan.until, |past| Instant(past.at));
    let until = plan.until.max(before.at()).max(last);
    let marks = Marks { from: recent.as_ref().map(|recent| &recent.base), keep };
    let (rebuilt, base, history) = rebuild_noting(&under, &before, &events[..split], until, plan.enrols, marks);
    let stepper = Stepper::new(&under.program, rebuilt.lead, Sends::Reported);
    let since = input.history.since();
    let mut at = Rebuilding { stepper, under: &under, lead: input.lead, plan: &plan, until, since };
    at.compare(turn, past, &history, known);
    at.look(turn, rebuilt.effects, "");
    at.late_hands(turn, &input, &events[..split]);
    at.step_in_time(turn, &past[split..], &events[split..]);
    let state = at.stepper.into_lead();
    turn.pending.replace_places(input.lead, places_of(input.lead, &under.program, &state));
    attributes::replace(turn, &mut held, person.profile);
    copies.settle(turn.pending, &under.program, &state);
    turn.put(held, state, &under);
    let made = keep.zip(base).zip(kept).map(|((place, base), profile)| Made { place, base, profile });
    turn.leads.recent.keep(input.lead, input.history, made, under.version);
    Ok(())
}

/// What a lead was rebuilt from is not enough: its enrollments are others by now.
fn read_all(turn: &mut Turn, input: &mut RebuildInput, held: &HeldLead) -> Result<(), Error> {
    let read = histories(turn.connection, vec![(input.lead, held.sources.clone())])?;
    let whole = |(lead, past): (LeadId, Vec<Past>)| (lead, History { past, recent: None });
    let mut read = read.into_iter().map(whole).collect();
    visits::rewrite(turn.connection, &mut read)?;
    turn.leads.effort.parsed += read.values().map(|history| history.past.len() as u64).sum::<u64>();
    if let Some(history) = read.remove(&input.lead) {
        input.history = history;
    }
    input.known = moves::of_leads_since(turn.connection, &[(input.lead, i64::MIN)])?;
    Ok(())
}

fn plan(turn: &Turn, input: &RebuildInput, held: &HeldLead, under: &Under) -> Plan {
    let new: Vec<New> = input
        .new_events
        .iter()
        .map(|event| New {
            received: event.received,
            at: Instant(event.at),
            history: event.flags & events::HISTORY != 0,
        })
        .collect();
    let numbers: BTreeSet<Received> = new.iter().map(|new| new.received).collect();
    let others = input.history.past.iter().filter(|past| !numbers.contains(&past.received));
    let other = Other { number: under.version, at: under.at, enrols: under.enrols };
    Plan::of(&Circumstances {
        now: turn.now,
        head: held.lead.as_ref().map_or(Instant(i64::MIN), Lead::at),
        last: others.map(|past| Instant(past.at)).max().unwrap_or(Instant(i64::MIN)),
        new: &new,
        moved: input.changed.rebuild.contains(&input.lead),
        other: (!lived_under(turn, held, under)).then_some(other),
        why: input.why,
    })
}

/// Whether a lead lived under these rules already; one that is new did.
fn lived_under(turn: &Turn, held: &HeldLead, under: &Under) -> bool {
    !held.stored || turn.leads.fits(held, under)
}

/// The lead as it was, under the program that it lives under now: what was due was done before anything else became
/// known, and that stays.
fn before(turn: &mut Turn, held: &mut HeldLead, under: &Under, plan: &Plan) -> Result<Lead, Error> {
    let same = lived_under(turn, held, under);
    let old = match same {
        true => under.program.clone(),
        false => turn.leads.versions.program(turn.connection, held.version)?,
    };
    let (lead, name) = match held.lead.take() {
        Some(state) => {
            let then = Under { version: held.version, program: old.clone(), ..under.clone() };
            let mut stepper = Stepper::new(&old, state, Sends::Reported);
            turn.tick(&mut stepper, &then, held.id, plan.known_until, MoveReason::Live, false);
            (stepper.into_lead(), &held.name)
        }
        None => {
            let json = held.enrollments.as_deref().unwrap_or("[]");
            let read = Lead::with_enrollments(&held.name, &old, json);
            // One damaged row must not keep everybody else from being woken.
            let lead = read.unwrap_or_else(|why| {
                turn.leads.note_unreadable("enrollments", held.id, why);
                Lead::new(&held.name)
            });
            (lead, &held.name)
        }
    };
    let lead = if same { lead } else { carried(turn, held.id, (&old, under), &lead, plan) };
    Ok(lead.renamed(name))
}

/// A lead under the program that it lives under now. What ended because its sequence is gone is noted as the version's
/// doing, for whatever else the lead is rebuilt.
fn carried(turn: &mut Turn, id: LeadId, (old, under): (&Arc<Program>, &Under), lead: &Lead, plan: &Plan) -> Lead {
    let Carried { lead, ended } = carry(old, &under.program, lead, plan.until);
    // Its numbers are the old program's.
    let then = Under { program: old.clone(), ..under.clone() };
    turn.follow(&then, id, &ended, "", MoveReason::Version(under.version), plan.quiet);
    lead
}

/// Takes over the enrollments of leads that are one with this one now.
fn inherited_enrollments(
    turn: &mut Turn,
    lead: LeadId,
    mut before: Lead,
    under: &Under,
    plan: &Plan,
    changed: &Changed,
) -> Result<Lead, Error> {
    for other in changed.predecessors(lead) {
        let Some(held) = turn.leads.get(other) else { continue };
        let Some(json) = held.enrollments.clone() else { continue };
        // They may stand in an older version's steps.
        let old = turn.leads.versions.program(turn.connection, held.version)?;
        match Lead::with_enrollments(before.name(), &old, &json) {
            Ok(theirs) => _ = before.join(&carried(turn, lead, (&old, under), &theirs, plan)),
            Err(why) => turn.leads.note_unreadable("enrollments", other, why),
        }
    }
    Ok(before)
}

impl Rebuilding<'_> {
    /// The stage and segment moves of the new history beside those noted: what is gone is marked, what is new noted.
    fn compare(&self, turn: &mut Turn, past: &[Past], history: &[Moved], known: Vec<Move>) {
        let stays = |noted: &Move| noted.kind == MoveKind::Sequence || turn.pending.is_revised(noted);
        let unwritten = turn.pending.moves_of(self.lead).filter(|noted| noted.at > self.since).cloned();
        let mut open: BTreeMap<Happened, Vec<MoveNumber>> = BTreeMap::new();
        for noted in known.into_iter().chain(unwritten).filter(|noted| !stays(noted)) {
            open.entry(happened(&noted)).or_default().push(noted.number);
        }
        for (place, effect) in history {
            let Some(text) = words(&self.under.program, &effect.what) else { continue };
            let because = place.map_or("", |place| past[place].id.as_str());
            let mut noted = a_move(self.source(turn, because), effect, text, MoveNumber::START);
            if open.get_mut(&happened(&noted)).and_then(Vec::pop).is_none() {
                noted.number = turn.leads.number_move();
                turn.pending.note_move(noted);
            }
        }
        for number in open.into_values().flatten() {
            turn.pending.revise(self.lead, number, self.plan.reason);
        }
    }

    fn source<'s>(&'s self, turn: &Turn, because: &'s str) -> EffectSource<'s> {
        EffectSource {
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
                    self.stepper.input(Input::CopyDecided { at: self.until, sequence, began, step });
                }
            }
            effects = std::mem::take(&mut self.stepper.effects);
        }
    }

    /// What was done by hand and came late takes effect now: a rebuild leaves enrollments alone.
    fn late_hands(&mut self, turn: &mut Turn, input: &RebuildInput, events: &[Event]) {
        let new: BTreeSet<Received> = input.new_events.iter().map(|event| event.received).collect();
        for (past, event) in input.history.past.iter().zip(events).filter(|(past, _)| new.contains(&past.received)) {
            let enters = past.flags & events::HISTORY == 0 && turn.now - event.at <= LATE;
            let hand = |update: &&Update| match update {
                Update::Stopped { .. } => true,
                Update::Entered { .. } => enters,
                _ => false,
            };
            let updates: Vec<Update> = event.updates.iter().filter(hand).cloned().collect();
            if !event.machine && !updates.is_empty() {
                self.stepper.event(&Event { at: self.until, machine: false, history: false, updates });
                let effects = std::mem::take(&mut self.stepper.effects);
                self.look(turn, effects, &past.id);
            }
        }
    }

    /// What came in time, and the clock.
    fn step_in_time(&mut self, turn: &mut Turn, past: &[Past], events: &[Event]) {
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
type Happened = (i64, MoveKind, String, Option<String>, String, String);

fn happened(noted: &Move) -> Happened {
    let Move { at, kind, subject, was, became, because, .. } = noted;
    (*at, *kind, subject.clone(), was.clone(), became.clone(), because.clone())
}
