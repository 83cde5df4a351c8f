//! What stored events do to addresses: before events are deleted, and in the background for stores of earlier versions.

use std::collections::BTreeSet;

use attractor_engine::consent;
use attractor_store::events::{self, Event};
use attractor_store::{Connection, Error, IdentityId, Kind, LeadId, lane};

use crate::lane::Lane;
use crate::lead::attributes::rebuild_profiles;
use crate::lead::history::person;
use crate::versions::{read_state, write_state};
use crate::work::Work;

/// Where the background is in the ledger: an identity and a message id. Absent where there is nothing left to do.
const OWED: &str = "addresses to bind";

/// Before all events in the order of the tree.
const START: (IdentityId, &str) = (IdentityId(-256), "");

/// How many events one slice looks through.
const SLICE: i64 = 5_000;

/// The beginning of an escaped letter, which may hide one of the kinds that change consent in a message's JSON.
const ESCAPE: &str = "\\u00";

/// What is in the JSON of every message that can change consent.
fn words() -> Vec<&'static str> {
    consent::kinds().chain([ESCAPE]).collect()
}

/// Notes, in the transaction of a restore, that its events have yet to block their addresses.
pub fn owe_blocks(connection: &mut Connection) -> Result<(), Error> {
    let text = serde_json::to_string(&START).map_err(|error| Error::new(Kind::Other, error.to_string()))?;
    lane::set_state(connection, OWED, &text)
}

impl Lane {
    /// Whether stored events have yet to block their addresses.
    pub(crate) fn owes_blocks(&mut self) -> Result<bool, Error> {
        Ok(self.read(|connection| lane::state(connection, OWED))?.is_some())
    }
}

/// One slice of the ledger: its withdrawals block their addresses, and its leads' profiles have what earlier versions
/// did not keep.
pub fn block_stored(work: &mut Work) -> Result<(), Error> {
    let Some((identity, id)) = read_state::<(IdentityId, String)>(work.connection, OWED)? else { return Ok(()) };
    let page = events::with_words(work.connection, (identity, &id), &words(), SLICE)?;
    let leads = owners(work, &page.found)?;
    rebuild_profiles(&mut work.turn(), &leads)?;
    match page.next {
        Some(next) => write_state(work.connection, OWED, &next),
        None => lane::forget_state(work.connection, OWED),
    }
}

/// Blocks the addresses that deleted events are about, before they are deleted.
pub fn block_before_deletion(work: &mut Work, gone: &[Event]) -> Result<(), Error> {
    let words = words();
    let speaks = |event: &&Event| words.iter().any(|word| event.message.contains(word));
    let keys: Vec<(IdentityId, i64)> = gone.iter().filter(speaks).map(|event| (event.identity, event.at)).collect();
    let leads = owners(work, &keys)?;
    for (_, past) in work.leads.histories(work.connection, &leads)? {
        let blocks = person(&past).blocks;
        work.pending.block(blocks);
    }
    Ok(())
}

/// The leads that identities' events at these instants belong to, as far as they are there.
fn owners(work: &mut Work, keys: &[(IdentityId, i64)]) -> Result<BTreeSet<LeadId>, Error> {
    work.identities.load(work.connection, keys.iter().map(|(identity, _)| *identity))?;
    work.identities.load_ties(work.connection, keys.iter().map(|(identity, _)| *identity))?;
    let mut leads = BTreeSet::new();
    for (identity, at) in keys {
        leads.insert(work.owner(*identity, *at)?);
    }
    work.load_leads(&leads)?;
    leads.retain(|lead| work.leads.has(*lead));
    Ok(leads)
}
