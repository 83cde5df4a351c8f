//! A lead, event after event: stepped where it can be, rebuilt from its events where something came late, turned out to
//! be somebody else's, or the playbook is another one.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::lead::Lead;
use attractor_engine::program::Event;
use attractor_engine::step::{Sends, Stepper};
use attractor_engine::time::Instant;
use attractor_store::moves::{Move, MoveReason};
use attractor_store::{Error, LeadId, Received, events, moves};

use crate::identity::keys::NewEvent;
use crate::lead::anew::RebuildInput;
use crate::lead::changed::Changed;
use crate::lead::from_recent::{self, is_enough};
use crate::lead::plan::LATE;
use crate::lead::recent::History;
use crate::lead::repeated::repeated;
use crate::lead::turn::Turn;
use crate::lead::why::Why;
use crate::lead::{anew, attributes, visits};
use crate::versions::Under;

/// Takes the new events of some leads, and rebuilds those that changed hands.
pub fn advance(
    turn: &mut Turn,
    mut new: BTreeMap<LeadId, Vec<&NewEvent>>,
    changed: &Changed,
    why: &Why,
) -> Result<(), Error> {
    let mut all: BTreeSet<LeadId> = new.keys().copied().collect();
    all.extend(changed.rebuild.iter().chain(&changed.look));
    all.retain(|lead| turn.leads.has(*lead));
    let needs_rebuild = |turn: &Turn, lead: LeadId, new: &BTreeMap<LeadId, Vec<&NewEvent>>| {
        is_anew(turn, lead, new.get(&lead).map_or(&[], Vec::as_slice), changed)
    };
    let mut anew: BTreeSet<LeadId> = all.iter().copied().filter(|lead| needs_rebuild(turn, *lead, &new)).collect();
    let mut recent = anew.clone();
    recent.retain(|lead| is_enough(turn.leads, *lead, new.get(lead).map_or(&[], Vec::as_slice), changed));
    let full = turn.leads.histories(turn.connection, &anew.difference(&recent).copied().collect())?;
    let whole = |(lead, past)| (lead, History { past, recent: None });
    let mut histories: BTreeMap<LeadId, History> = full.into_iter().map(whole).collect();
    leave_out_repeated(turn, &mut new, &histories)?;
    // What was late may have been a repetition.
    anew.retain(|lead| needs_rebuild(turn, *lead, &new));
    recent.retain(|lead| anew.contains(lead));
    histories.retain(|lead, _| anew.contains(lead));
    histories.extend(from_recent::histories(turn, &recent, &new)?);
    visits::rewrite(turn.connection, &mut histories)?;
    let mut known = known_moves(turn, &histories)?;
    attributes::load(turn, &new, &anew)?;
    for lead in all {
        let new_events = new.get(&lead).map_or(&[][..], Vec::as_slice);
        let known = known.remove(&lead).unwrap_or_default();
        match histories.remove(&lead) {
            Some(history) => anew::anew(turn, RebuildInput { lead, history, new_events, known, changed, why })?,
            None if new.contains_key(&lead) || changed.look.contains(&lead) => along(turn, lead, new_events)?,
            // All that came was known.
            None => {}
        }
    }
    Ok(())
}

/// By lead, the moves in the log that its history may change.
fn known_moves(turn: &mut Turn, histories: &BTreeMap<LeadId, History>) -> Result<BTreeMap<LeadId, Vec<Move>>, Error> {
    let stored = histories.iter().filter(|(lead, _)| turn.leads[lead].stored);
    let stored: Vec<(LeadId, i64)> = stored.map(|(lead, history)| (*lead, history.since())).collect();
    let mut known: BTreeMap<LeadId, Vec<Move>> = BTreeMap::new();
    for noted in moves::of_leads_since(turn.connection, &stored)? {
        known.entry(noted.lead).or_default().push(noted);
    }
    Ok(known)
}

/// A history has the first of each id alone, so its lead's messages need not be looked up.
fn leave_out_repeated(
    turn: &mut Turn,
    new: &mut BTreeMap<LeadId, Vec<&NewEvent>>,
    histories: &BTreeMap<LeadId, History>,
) -> Result<(), Error> {
    let along = new.iter().filter(|(lead, _)| !histories.contains_key(lead));
    let repeated = repeated(turn.leads, turn.connection, along.map(|(lead, events)| (*lead, events.as_slice())))?;
    for (lead, events) in new.iter_mut() {
        match histories.get(lead) {
            Some(history) => {
                let counted: BTreeSet<Received> = history.past.iter().map(|past| past.received).collect();
                events.retain(|event| counted.contains(&event.received));
            }
            None => events.retain(|event| !repeated.contains(&event.received)),
        }
    }
    new.retain(|_, events| !events.is_empty());
    Ok(())
}

/// Whether a lead must be rebuilt from its events.
fn is_anew(turn: &Turn, lead: LeadId, new: &[&NewEvent], changed: &Changed) -> bool {
    let held = &turn.leads[&lead];
    let Some(under) = turn.leads.versions.of(&held.name) else { return false };
    let other = held.stored && !turn.leads.fits(held, &under);
    let late = |event: &&NewEvent| {
        let at = Instant(event.at);
        let head = held.lead.as_ref().map_or(Instant(i64::MIN), Lead::at);
        at < head || event.flags & events::HISTORY != 0 || turn.now - at > LATE
    };
    changed.rebuild.contains(&lead)
        || changed.predecessors(lead).next().is_some()
        || other
        || held.lead.is_none()
        || new.iter().any(late)
        || visits::first_is_open(turn.made, new)
}

/// Steps a lead through events that came in time.
fn along(turn: &mut Turn, lead: LeadId, new_events: &[&NewEvent]) -> Result<(), Error> {
    let Some(mut held) = turn.leads.take(lead) else { return Ok(()) };
    let Some(under) = turn.leads.versions.of(&held.name) else { return Ok(()) };
    let state = held.lead.take().unwrap_or_else(|| Lead::new(&held.name));
    let mut stepper = Stepper::new(&under.program, state, Sends::Reported);
    let mut in_order = new_events.to_vec();
    in_order.sort_by_key(|event| (event.at, event.received));
    for event in in_order {
        one(turn, &mut stepper, &under, lead, event);
        attributes::take_in(turn, &mut held, event);
    }
    turn.tick(&mut stepper, &under, lead, turn.now, MoveReason::Live, false);
    turn.put(held, stepper.into_lead(), &under);
    turn.leads.recent.follow(lead, new_events);
    Ok(())
}

/// One event that came in time.
fn one(turn: &mut Turn, stepper: &mut Stepper, under: &Under, lead: LeadId, event: &NewEvent) {
    let mut distilled = Event::default();
    under.program.distill(&event.message, &mut distilled);
    if event.lost {
        under.program.without_email(&mut distilled);
    }
    distilled.at = Instant(event.at);
    stepper.event(&distilled);
    let effects = std::mem::take(&mut stepper.effects);
    turn.follow(under, lead, &effects, event.id, MoveReason::Live, false);
}
