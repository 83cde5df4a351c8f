//! The end of a transaction: everything gathered goes down, a few statements for each kind, however many rows.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::consent::{Scope, State};
use attractor_store::leads::{Place, Wake};
use attractor_store::moves::MoveReason;
use attractor_store::{
    Connection, Error, LeadId, MoveNumber, PlaceKey, called, companies, deals, leads, mail_requests, moves,
};

use crate::lead::leads::Leads;
use crate::lead::profile::{Deal, Profile};
use crate::lead::profiles::Profiles;
use crate::sending::suppression::BlockWriter;
use crate::write::pending::PendingWrites;

/// Writes what was gathered; the leads at hand stay at hand. Returns the instants of new wake-ups.
pub fn save(
    pending: PendingWrites,
    connection: &mut Connection,
    leads: &mut Leads,
    writer: &mut BlockWriter,
) -> Result<Vec<i64>, Error> {
    pending.copies.save(connection)?;
    save_places(&pending, connection)?;
    let woken = save_wakes(&pending, connection)?;
    let noted: Vec<_> = pending.moves.values().flatten().cloned().collect();
    moves::insert(connection, &noted)?;
    for (reason, numbers) in by_reason(&pending.revised) {
        moves::revise(connection, &numbers, writer.now.0, reason)?;
    }
    save_profiles(&pending.profiles, &leads.profiles, connection)?;
    forget_declined(&pending.profiles, leads, connection)?;
    save_deals(&pending, connection)?;
    moves::insert_alerts(connection, &pending.alerts)?;
    writer.write(connection, &pending.blocks)?;
    save_leads(&pending.saved, connection, leads)?;
    Ok(woken)
}

fn save_wakes(pending: &PendingWrites, connection: &mut Connection) -> Result<Vec<i64>, Error> {
    let changed = || pending.wakes.iter().filter(|(_, (before, after))| before != after);
    let old: Vec<Wake> = changed().filter_map(|(lead, (at, _))| Some(Wake { at: (*at)?, lead: *lead })).collect();
    let new: Vec<Wake> = changed().filter_map(|(lead, (_, at))| Some(Wake { at: (*at)?, lead: *lead })).collect();
    leads::delete_wakes(connection, &old)?;
    leads::insert_wakes(connection, &new)?;
    Ok(new.iter().map(|wake| wake.at).collect())
}

fn save_leads(saved: &BTreeSet<LeadId>, connection: &mut Connection, leads: &mut Leads) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(saved.len());
    for lead in saved {
        rows.extend(leads.mark_stored(connection, *lead)?);
    }
    rows.sort_by_key(|row| (row.id.bucket(), row.id));
    leads::save(connection, &rows)
}

/// Profiles, and what is derived from them: the company, and the names that a search finds.
fn save_profiles(changed: &BTreeSet<LeadId>, profiles: &Profiles, connection: &mut Connection) -> Result<(), Error> {
    save_derived(changed, profiles, connection)?;
    let documents = changed.iter().filter_map(|lead| Some((*lead, profiles.get(*lead)?.document())));
    leads::save_profiles(connection, &documents.collect::<Vec<_>>())
}

/// Who declines to be measured is not measured by what waits to be judged, either (contract §6, Tracking 3).
fn forget_declined(changed: &BTreeSet<LeadId>, leads: &Leads, connection: &mut Connection) -> Result<(), Error> {
    let declined = |lead: &LeadId| {
        let profile = leads.profiles.get(*lead);
        profile.is_some_and(|one| one.consents.in_effect(&Scope::Tracking).state == State::Withdrawn)
    };
    let declined: Vec<LeadId> = changed.iter().copied().filter(declined).collect();
    if declined.is_empty() {
        return Ok(());
    }
    let copies_of = leads.with_predecessors(connection, declined)?;
    mail_requests::decline(connection, &copies_of.into_iter().collect::<Vec<_>>())
}

/// Writes what is derived from profiles.
pub fn save_derived(leads: &BTreeSet<LeadId>, profiles: &Profiles, connection: &mut Connection) -> Result<(), Error> {
    let (mut with, mut without, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for lead in leads {
        let profile = profiles.get(*lead);
        match profile.and_then(Profile::company) {
            Some(company) => with.push((*lead, company)),
            None => without.push(*lead),
        }
        names.push((*lead, profile.map(Profile::called).unwrap_or_default()));
    }
    companies::save(connection, &with)?;
    companies::forget(connection, &without)?;
    called::save(connection, &names)
}

fn save_places(pending: &PendingWrites, connection: &mut Connection) -> Result<(), Error> {
    let mut gone: BTreeSet<(LeadId, PlaceKey)> = BTreeSet::new();
    let mut now: BTreeMap<(LeadId, PlaceKey), i64> = BTreeMap::new();
    let changed = pending.places.iter().flat_map(|(lead, places)| places.iter().map(move |one| (lead, one)));
    for (lead, (place, since)) in changed {
        match since {
            Some(since) => _ = now.insert((*lead, place.clone()), *since),
            None => _ = gone.insert((*lead, place.clone())),
        }
    }
    let anew: Vec<LeadId> = pending.places_anew.keys().copied().collect();
    let stored = leads::places(connection, &anew)?;
    for (lead, places) in &pending.places_anew {
        now.extend(places.iter().map(|(place, since)| ((*lead, place.clone()), *since)));
    }
    for place in stored {
        let key = (place.lead, place.place);
        if now.get(&key) == Some(&place.since) {
            now.remove(&key);
        } else if !now.contains_key(&key) {
            gone.insert(key);
        }
    }
    let gone: Vec<Place> = gone.into_iter().map(|(lead, place)| Place { lead, place, since: 0 }).collect();
    let now: Vec<Place> = now.into_iter().map(|((lead, place), since)| Place { lead, place, since }).collect();
    leads::delete_places(connection, &gone)?;
    leads::save_places(connection, &now)
}

fn save_deals(pending: &PendingWrites, connection: &mut Connection) -> Result<(), Error> {
    let row = |lead: LeadId, id: &str, deal: &Deal| deals::Deal {
        lead,
        deal: id.to_owned(),
        status: deal.status,
        amount: deal.amount,
        currency: deal.currency.clone(),
        opened_at: deal.opened_at,
        at: deal.at,
    };
    let changed = pending.deals.iter().map(|((lead, id), deal)| row(*lead, id, deal));
    let anew = pending.deals_anew.iter().flat_map(|(lead, all)| all.iter().map(|(id, deal)| row(*lead, id, deal)));
    deals::delete_of(connection, &pending.deals_anew.keys().copied().collect::<Vec<_>>())?;
    deals::save(connection, &changed.chain(anew).collect::<Vec<_>>())
}

fn by_reason(revised: &BTreeMap<(LeadId, MoveNumber), MoveReason>) -> BTreeMap<MoveReason, Vec<(LeadId, MoveNumber)>> {
    let mut found: BTreeMap<MoveReason, Vec<(LeadId, MoveNumber)>> = BTreeMap::new();
    for (number, reason) in revised {
        found.entry(*reason).or_default().push(*number);
    }
    found
}
