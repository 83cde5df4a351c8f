//! Profiles, as messages come: read where they are needed, written where they changed.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::fact::Fact;
use attractor_engine::message::Message;
use attractor_store::{Connection, Error, LeadId, events, leads};

use crate::identity::keys::NewEvent;
use crate::lead::held::HeldLead;
use crate::lead::history::person;
use crate::lead::leads::Leads;
use crate::lead::profile::{Profile, SourcedMessage, concerns};
use crate::lead::turn::Turn;

/// Takes a new event into the profile of its lead.
pub fn take_in(turn: &mut Turn, held: &mut HeldLead, event: &NewEvent) {
    let lead = held.id;
    if !concerns(&event.message) {
        return;
    }
    let public = event.flags & events::PUBLIC != 0;
    let sourced = SourcedMessage {
        message: &event.message,
        id: event.id,
        at: event.at,
        received: event.received,
        by: event.origin,
        public,
        lost: event.lost,
    };
    let profile = turn.leads.profiles.of(lead);
    turn.pending.block(profile.take_in(&sourced));
    if let Some(id) = deal_of(&event.message)
        && let Some(deal) = profile.deals.get(&id)
    {
        turn.pending.save_deal(lead, id, deal.clone());
    }
    held.email = profile.email();
    turn.pending.save_profile(lead);
}

/// Gives a lead that was rebuilt the profile that its events make.
pub fn replace(turn: &mut Turn, held: &mut HeldLead, profile: Profile) {
    held.email = profile.email();
    turn.pending.save_profile(held.id);
    turn.pending.replace_deals(held.id, profile.deals.clone());
    turn.leads.profiles.put(held.id, profile);
}

/// Reads the profiles that new events may change, but for those of leads that are rebuilt.
pub fn load(turn: &mut Turn, new: &BTreeMap<LeadId, Vec<&NewEvent>>, anew: &BTreeSet<LeadId>) -> Result<(), Error> {
    let concerned = new.iter().filter(|(_, events)| events.iter().any(|event| concerns(&event.message)));
    let concerned = concerned.map(|(lead, _)| *lead).filter(|lead| !anew.contains(lead));
    let missing = turn.leads.profiles.missing(concerned);
    let damaged = read(turn.leads, turn.connection, &missing)?;
    rebuild_profiles(turn, &damaged)
}

/// Reads profiles. Returns the leads whose profiles cannot be read; they are noted.
pub fn read(leads: &mut Leads, connection: &mut Connection, missing: &[LeadId]) -> Result<BTreeSet<LeadId>, Error> {
    let damaged = leads.profiles.read(connection, missing)?;
    let note = |(lead, why): (LeadId, String)| {
        leads.note_unreadable("profile", lead, why);
        lead
    };
    Ok(damaged.into_iter().map(note).collect())
}

/// Builds the profiles of leads at hand anew from their events, and writes those that changed.
pub fn rebuild_profiles(turn: &mut Turn, leads: &BTreeSet<LeadId>) -> Result<(), Error> {
    let ids: Vec<LeadId> = leads.iter().copied().filter(|lead| turn.leads.has(*lead)).collect();
    let stored: BTreeMap<LeadId, String> = leads::profiles(turn.connection, &ids)?.into_iter().collect();
    for (lead, past) in turn.leads.histories(turn.connection, &ids.into_iter().collect())? {
        let person = person(&past);
        for why in person.unreadable {
            turn.leads.note_unreadable("event", lead, why);
        }
        turn.pending.block(person.blocks);
        if stored.get(&lead) != Some(&person.profile.document()) {
            turn.pending.save_profile(lead);
        }
        turn.leads.profiles.put(lead, person.profile);
    }
    Ok(())
}

/// The id of the deal that a message changes.
fn deal_of(message: &Message) -> Option<String> {
    match Fact::of(message)? {
        Fact::Deal(deal) => Some(deal.id.unwrap_or_default().into_owned()),
        Fact::Tag { .. } | Fact::Owner(_) | Fact::Consent(_) => None,
    }
}
