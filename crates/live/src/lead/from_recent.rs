//! Leads rebuilt from their recent events alone.

use std::collections::{BTreeMap, BTreeSet};

use attractor_store::{Error, IdentityId, LeadId, events};

use crate::identity::keys::NewEvent;
use crate::lead::changed::Changed;
use crate::lead::history::{Past, mark_lost};
use crate::lead::leads::Leads;
use crate::lead::recent::History;
use crate::lead::turn::Turn;

/// Whether a lead can be rebuilt from its recent events alone.
pub fn is_enough(leads: &mut Leads, lead: LeadId, new_events: &[&NewEvent], changed: &Changed) -> bool {
    let Some(recent) = leads.recent.get(lead) else { return false };
    let comes_after = !new_events.is_empty() && new_events.iter().all(|event| event.at > recent.until);
    let held = &leads[&lead];
    let same = recent.version == held.version && held.lead.is_some();
    let under = leads.versions.of(&held.name);
    let fits = same && under.is_some_and(|under| under.version == held.version && leads.fits(held, &under));
    let is_moved = changed.rebuild.contains(&lead)
        || changed.look.contains(&lead)
        || changed.parted.contains_key(&lead)
        || changed.predecessors(lead).next().is_some();
    comes_after && fits && !is_moved
}

/// The events of these leads since the state that is kept, with what is new.
pub fn histories(
    turn: &mut Turn,
    leads: &BTreeSet<LeadId>,
    new: &BTreeMap<LeadId, Vec<&NewEvent>>,
) -> Result<BTreeMap<LeadId, History>, Error> {
    let (mut kept, mut histories) = (BTreeMap::new(), BTreeMap::new());
    for lead in leads {
        let Some(recent) = turn.leads.recent.get(*lead) else { continue };
        let added = new.get(lead).into_iter().flatten().map(|event| (event.identity, event.id));
        let later = recent.later.iter().map(|(identity, id)| (*identity, id.as_str()));
        let keys: Vec<(IdentityId, &str)> = later.chain(added).collect();
        let read = events::of_keys(turn.connection, &keys)?;
        let mut past = recent.past.clone();
        past.extend(read.into_iter().filter(|event| event.flags & events::WITHDRAWN == 0).map(Past::of));
        past.sort_by_key(|past| (past.at, past.received));
        turn.leads.effort.rebuilt += 1;
        turn.leads.effort.from_recent += 1;
        turn.leads.effort.parsed += past.len() as u64;
        histories.insert(*lead, past);
        kept.insert(*lead, recent);
    }
    mark_lost(turn.connection, &mut histories)?;
    let with_recent = |(lead, past)| (lead, History { past, recent: kept.remove(&lead) });
    Ok(histories.into_iter().map(with_recent).collect())
}
