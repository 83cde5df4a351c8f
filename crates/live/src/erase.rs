//! What deletes events: an import undone, and a person erased. Nothing else does.

use std::collections::BTreeMap;

use attractor_engine::address::canonical;
use attractor_engine::time::Instant;
use attractor_store::erasures::Erasure;
use attractor_store::events::Event;
use attractor_store::identities::{self, Identity};
use attractor_store::moves::MoveReason;
use attractor_store::{
    Connection, Error, IdentityId, IdentityKind, LeadId, erasures, events, form_requests, lane, unmatched_mails,
};

use crate::amend::Amended;
use crate::identity::retract::retract;
use crate::lane::Lane;
use crate::lead::why::Why;
use crate::sending::blocks::block_before_deletion;
use crate::sending::erased::hashes_of;
use crate::sending::suppression::HashKeys;
use crate::versions::{read_state, write_state};
use crate::work::Work;

/// Before all events in the order of the tree.
const START: IdentityId = IdentityId(-256);

/// Noted with a restore, until the listed erasures have been applied to what it brought.
const OWED: &str = "erasures to apply";

/// How many identities are hashed at once, when erasures are applied again.
const PAGE: i64 = 10_000;

impl Lane {
    /// Deletes the events of an origin, `import:7`, a slice at each call: of at most so many events it is asked whether
    /// they are of it. Returns whether more may be left. Leads and identities of whom nothing else is known are gone
    /// then, too. Where it stopped is kept: whoever calls after a restart goes on from there.
    pub fn undo(&mut self, origin: &str, now: Instant, at_most: usize) -> Result<bool, Error> {
        self.work(now, |work| undo(work, origin, at_most.max(1)))
    }

    /// Erases again whoever is listed, where an older copy was restored (`owe_erasures`): what was received up to the
    /// erasure. Returns how many identities were found again. Whoever calls after a restart goes on with it.
    pub fn erase_listed(&mut self, now: Instant) -> Result<u64, Error> {
        if self.read(|connection| lane::state(connection, OWED))?.is_none() {
            return Ok(0);
        }
        let listed = self.read(erasures::all)?;
        let listed: BTreeMap<String, i64> = listed.into_iter().map(|erasure| (erasure.hash, erasure.at)).collect();
        // Those of both sides: the list came with its keys.
        let keys = self.read(HashKeys::read)?;
        let erased_at =
            |own: &Identity| hashes_of(&keys, own).iter().filter_map(|hash| listed.get(hash)).max().copied();
        let mut found = Vec::new();
        let mut last: Option<Identity> = None;
        while !listed.is_empty() {
            let behind = last.as_ref().map(|last| (last.kind, last.text.as_str()));
            let mut page = self.read(|connection| identities::after(connection, behind, PAGE))?;
            found.extend(page.iter().filter_map(|own| Some((own.id, erased_at(own)?))));
            last = page.pop();
            if last.is_none() {
                break;
            }
        }
        for (identity, until) in &found {
            self.work(now, |work| erase_again(work, *identity, *until))?;
        }
        self.work(now, |work| lane::forget_state(work.connection, OWED))?;
        Ok(found.len() as u64)
    }
}

/// Notes, in the transaction of a restore, that whoever is listed is to be erased again.
pub fn owe_erasures(connection: &mut Connection) -> Result<(), Error> {
    lane::set_state(connection, OWED, "owed")
}

fn undo(work: &mut Work, origin: &str, at_most: usize) -> Result<bool, Error> {
    let name = format!("undo {origin}");
    let (identity, id): (IdentityId, String) = read_state(work.connection, &name)?.unwrap_or((START, String::new()));
    let keys = events::after(work.connection, (identity, &id), at_most as i64)?;
    let own = keys.iter().filter(|(_, _, of)| of == origin);
    let own: Vec<(IdentityId, &str)> = own.map(|(identity, id, _)| (*identity, id.as_str())).collect();
    let gone = events::of_keys(work.connection, &own)?;
    delete(work, &gone)?;
    work.realign(&Why::reason(MoveReason::Undo))?;
    match keys.last().filter(|_| keys.len() == at_most) {
        Some((identity, id, _)) => write_state(work.connection, &name, &(*identity, id)).map(|()| true),
        None => lane::forget_state(work.connection, &name).map(|()| false),
    }
}

/// Erases a person: its events, identities, moves, copies, everything; and lists the erased identities as hashes.
pub fn erase_person(work: &mut Work, lead: LeadId) -> Result<Amended, Error> {
    let Some(lead) = work.present(lead)? else {
        return Ok(Amended::Refused(format!("there is no lead {lead}")));
    };
    let before = identities_of(work, lead)?;
    erase(work, lead, i64::MAX)?;
    let left = identities::by_id(work.connection, &before.iter().map(|own| own.id).collect::<Vec<_>>())?;
    // An identity that others speak of is theirs now.
    let gone = before.iter().filter(|own| left.iter().all(|other| other.id != own.id));
    let gone: Vec<&Identity> = gone.collect();
    list(work, &gone)?;
    // Grants that its events bring are written first: an erasure forgets them.
    let blocks = work.pending.take_blocks();
    let (mut writer, connection) = work.block_writer();
    writer.write(connection, &blocks)?;
    let emails = gone.iter().filter(|own| own.kind == IdentityKind::Email);
    let addresses: Vec<String> = emails.filter_map(|own| canonical(&own.text)).collect();
    let (mut writer, connection) = work.block_writer();
    writer.erase(connection, &addresses)?;
    forget_requests(work, &addresses)?;
    Ok(Amended::Done)
}

/// Lists erased identities, so that they stay erased where an older copy is restored.
fn list(work: &mut Work, gone: &[&Identity]) -> Result<(), Error> {
    let at = work.now.0;
    let (mut writer, connection) = work.block_writer();
    let keys = writer.keys(connection)?;
    let new = gone.iter().filter_map(|own| hashes_of(&keys, own).into_iter().next());
    let listed: Vec<Erasure> = new.map(|hash| Erasure { hash, at }).collect();
    erasures::insert(connection, &listed)
}

fn erase_again(work: &mut Work, identity: IdentityId, until: i64) -> Result<(), Error> {
    // Otherwise it went with another identity of its lead.
    let Some(own) = identities::by_id(work.connection, &[identity])?.pop() else { return Ok(()) };
    if own.kind == IdentityKind::Email {
        forget_requests(work, &canonical(&own.text).into_iter().collect::<Vec<_>>())?;
    }
    let lead = work.owner(identity, i64::MAX)?;
    erase(work, lead, until)
}

/// Deletes what forms asked for at addresses, also where it was made for a lead that has them no more, and what came back
/// from them and was of no copy.
fn forget_requests(work: &mut Work, addresses: &[String]) -> Result<(), Error> {
    let (mut writer, connection) = work.block_writer();
    let keys = writer.keys(connection)?;
    let hashes: Vec<String> = addresses.iter().flat_map(|address| keys.hashes(address)).collect();
    form_requests::delete_of_addresses(connection, &hashes)?;
    unmatched_mails::delete_of_addresses(connection, &hashes)
}

/// Erases of a lead what was received up to an instant, in milliseconds since 1970.
fn erase(work: &mut Work, lead: LeadId, until: i64) -> Result<(), Error> {
    work.load_leads(&[lead].into())?;
    let sources = work.leads.get(lead).map(|held| held.sources.clone()).unwrap_or_default();
    let all: Vec<IdentityId> = sources.iter().map(|source| source.0).collect();
    let mut gone = events::ever_of_identities(work.connection, &all)?;
    let held = |event: &Event| sources.iter().any(|source| source.holds(event.identity, event.at));
    gone.retain(|event| event.received_at <= until && held(event));
    if gone.is_empty() {
        return Ok(());
    }
    delete(work, &gone)?;
    work.identities.mark_affected(lead);
    work.vanish(lead)?;
    work.realign(&Why::reason(MoveReason::Erasure))
}

/// Deletes events, and what they say of who is who.
pub fn delete(work: &mut Work, gone: &[Event]) -> Result<(), Error> {
    block_before_deletion(work, gone)?;
    let keys: Vec<(IdentityId, &str)> = gone.iter().map(|event| (event.identity, event.message_id.as_str())).collect();
    events::delete(work.connection, &keys)?;
    retract(&mut work.identities, work.connection, gone)
}

fn identities_of(work: &mut Work, lead: LeadId) -> Result<Vec<Identity>, Error> {
    let mut all = identities::of_leads(work.connection, &[lead])?;
    all.retain(|own| own.kind != IdentityKind::Visitor);
    let sources = work.leads.get(lead).map(|held| held.sources.clone()).unwrap_or_default();
    let visitors: Vec<IdentityId> = sources.iter().map(|source| source.0).collect();
    let slices = identities::by_id(work.connection, &visitors)?;
    all.extend(slices.into_iter().filter(|own| own.kind == IdentityKind::Visitor));
    all.dedup();
    Ok(all)
}
