//! A message id that a lead received already under another of its identities: the first received counts (contract §2,
//! Once).

use std::collections::{BTreeMap, BTreeSet};

use attractor_store::{Connection, Error, IdentityId, LeadId, Received, events};

use crate::identity::keys::NewEvent;
use crate::identity::slice::Slice;
use crate::lead::leads::Leads;

/// How many identities times messages of one lead are asked for one by one. Beyond, all of its ids are gone through once:
/// a lead with many visitors would else cost the product of both.
const ONE_BY_ONE: usize = 4_096;

/// Which of these messages, by lead, repeat one that the lead received earlier under another of its identities; their
/// numbers.
pub fn repeated<'t>(
    leads: &Leads,
    connection: &mut Connection,
    new_events: impl Iterator<Item = (LeadId, &'t [&'t NewEvent<'t>])>,
) -> Result<BTreeSet<Received>, Error> {
    let mut asked: BTreeMap<(IdentityId, &str), Vec<(Slice, Received)>> = BTreeMap::new();
    let mut repeated = BTreeSet::new();
    for (lead, events) in new_events {
        let Some(held) = leads.get(lead) else { continue };
        if held.sources.len().saturating_mul(events.len()) > ONE_BY_ONE {
            let sources = held.sources.clone();
            repeated_of(connection, &sources, events, &mut repeated)?;
            continue;
        }
        for event in events {
            for source in held.sources.iter().filter(|source| source.0 != event.identity) {
                asked.entry((source.0, event.id)).or_default().push((*source, event.received));
            }
        }
    }
    let keys: Vec<(IdentityId, &str)> = asked.keys().copied().collect();
    for known in events::stored_ids(connection, &keys)? {
        let asking = asked.get(&(known.identity, known.message_id.as_str())).into_iter().flatten();
        let earlier =
            asking.filter(|(slice, received)| slice.holds(known.identity, known.at) && known.received < *received);
        repeated.extend(earlier.map(|(_, received)| *received));
    }
    Ok(repeated)
}

/// The same of one lead, by all of its ids.
fn repeated_of(
    connection: &mut Connection,
    sources: &[Slice],
    new_events: &[&NewEvent],
    repeated: &mut BTreeSet<Received>,
) -> Result<(), Error> {
    let mut by_id: BTreeMap<&str, Vec<&NewEvent>> = BTreeMap::new();
    for event in new_events {
        by_id.entry(event.id).or_default().push(event);
    }
    let mut slices: BTreeMap<IdentityId, Vec<Slice>> = BTreeMap::new();
    for source in sources {
        slices.entry(source.0).or_default().push(*source);
    }
    let identities: Vec<IdentityId> = slices.keys().copied().collect();
    events::ids(connection, &identities, |id, known| {
        let holds = |slice: &Slice| slice.holds(known.identity, known.at);
        let same = by_id.get(id).into_iter().flatten();
        let later = same.filter(|event| event.identity != known.identity && known.received < event.received);
        let is_own = slices.get(&known.identity).is_some_and(|slices| slices.iter().any(holds));
        repeated.extend(later.filter(|_| is_own).map(|event| event.received));
        Ok(())
    })
}
