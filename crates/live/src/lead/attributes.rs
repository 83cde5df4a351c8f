//! Profiles, as messages come: read where they are needed, written where they changed.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::fact::Fact;
use attractor_engine::message::Message;
use attractor_store::{Connection, Error, LeadId, events, leads};

use crate::identity::keys::Told;
use crate::lead::history::person;
use crate::lead::leads::Leads;
use crate::lead::profile::{Profile, Said, concerns};
use crate::lead::standing::Standing;
use crate::lead::turn::Turn;

/// Takes into its lead's profile what a message says.
pub fn hear(turn: &mut Turn, standing: &mut Standing, told: &Told) {
    let lead = standing.id;
    if !concerns(&told.message) {
        return;
    }
    let public = told.flags & events::PUBLIC != 0;
    let said = Said { message: &told.message, id: told.id, at: told.at, by: told.origin, public, lost: told.lost };
    let profile = turn.leads.profiles.of(lead);
    turn.outbox.bind(profile.hear(&said));
    if let Some(id) = deal_of(&told.message)
        && let Some(deal) = profile.deals.get(&id)
    {
        turn.outbox.save_deal(lead, id, deal.clone());
    }
    standing.email = profile.email();
    turn.outbox.save_profile(lead);
}

/// Gives a lead that was rebuilt the profile that its events make.
pub fn replace(turn: &mut Turn, standing: &mut Standing, profile: Profile) {
    standing.email = profile.email();
    turn.outbox.save_profile(standing.id);
    turn.outbox.replace_deals(standing.id, profile.deals.clone());
    turn.leads.profiles.put(standing.id, profile);
}

/// Reads the profiles that new events may change, but for those of leads that are rebuilt.
pub fn load(turn: &mut Turn, new: &BTreeMap<LeadId, Vec<&Told>>, anew: &BTreeSet<LeadId>) -> Result<(), Error> {
    let concerned = new.iter().filter(|(_, told)| told.iter().any(|told| concerns(&told.message)));
    let concerned = concerned.map(|(lead, _)| *lead).filter(|lead| !anew.contains(lead));
    let missing = turn.leads.profiles.missing(concerned);
    let damaged = read(turn.leads, turn.connection, &missing)?;
    hear_again(turn, &damaged)
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
pub fn hear_again(turn: &mut Turn, leads: &BTreeSet<LeadId>) -> Result<(), Error> {
    let ids: Vec<LeadId> = leads.iter().copied().filter(|lead| turn.leads.has(*lead)).collect();
    let stored: BTreeMap<LeadId, String> = leads::profiles(turn.connection, &ids)?.into_iter().collect();
    for (lead, past) in turn.leads.histories(turn.connection, &ids.into_iter().collect())? {
        let person = person(&past);
        for why in person.unreadable {
            turn.leads.note_unreadable("event", lead, why);
        }
        turn.outbox.bind(person.bound);
        if stored.get(&lead) != Some(&person.profile.document()) {
            turn.outbox.save_profile(lead);
        }
        turn.leads.profiles.put(lead, person.profile);
    }
    Ok(())
}

/// The deal that a message speaks of.
fn deal_of(message: &Message) -> Option<String> {
    match Fact::of(message)? {
        Fact::Deal(deal) => Some(deal.id.unwrap_or_default().into_owned()),
        Fact::Tag { .. } | Fact::Owner(_) | Fact::Consent(_) => None,
    }
}
