//! Keys of earlier versions, which were not canonical: in the background, identity by identity, what stored events say of
//! who is who is read anew by today's rules, and what differs is set right. Then the leads' texts for searches follow.
//!
//! Until it is done, a key of the old kind and a new one of the same person are two leads. Each slice is one transaction
//! with its place, so that it goes on after a stop.

use std::collections::BTreeSet;

use attractor_store::moves::MoveReason;
use attractor_store::{Connection, Error, IdentityId, IdentityKind, LeadId, identities, lane, leads};

use crate::carry_progress::CarryOver;
use crate::identity::carried::carry;
use crate::lane::Lane;
use crate::lead::attributes::rebuild_profiles;
use crate::lead::profile::Profile;
use crate::lead::why::Why;
use crate::versions::{read_state, write_state};
use crate::work::Work;
use crate::write::save::save_derived;

/// Where the background is; absent where there is nothing left to do.
const OWED: &str = "keys to carry over";

/// Notes, in the transaction of a restore, that its keys have yet to be carried over.
pub fn owe_carry_over(connection: &mut Connection) -> Result<(), Error> {
    write_state(connection, OWED, &CarryOver::start())
}

impl Lane {
    /// How far the stored keys are, where they have yet to be carried over.
    pub fn carry_over(&mut self) -> Result<Option<CarryOver>, Error> {
        self.read(|connection| read_state(connection, OWED))
    }

    /// How far the last slice came, if there was one since the last call.
    pub fn take_carried(&mut self) -> Option<CarryOver> {
        self.memory.lane.carried.take()
    }
}

/// One slice.
pub fn carry_over(work: &mut Work, mut at: CarryOver) -> Result<(), Error> {
    match at.identity.take() {
        Some((kind, text)) => {
            let behind = IdentityKind::numbered(kind).map(|kind| (kind, text.as_str()));
            let page = identities::after(work.connection, behind, at.slice)?;
            at.done += page.len() as i64;
            at.identity = page.last().map(|last| (last.kind.number(), last.text.clone()));
            let ids: Vec<IdentityId> = page.iter().map(|identity| identity.id).collect();
            if let Some(left_out) = carry(&mut work.identities, work.connection, &ids)? {
                at.left_out += left_out;
                work.realign_keeping(&Why::reason(MoveReason::Keys))?;
            }
        }
        None => {
            let rows = leads::after(work.connection, at.lead.unwrap_or((-1, LeadId::NOBODY)), at.slice)?;
            let Some(last) = rows.last() else {
                work.memory.carried = Some(CarryOver { is_done: true, ..at });
                return lane::forget_state(work.connection, OWED);
            };
            at.done += rows.len() as i64;
            at.lead = Some((last.id.bucket(), last.id));
            carry_leads(work, rows.iter().filter(|row| row.became.is_none()).map(|row| row.id).collect())?;
        }
    }
    write_state(work.connection, OWED, &at)?;
    work.memory.carried = Some(at);
    Ok(())
}

/// Writes what leads are called and their e-mails as today's rules derive them.
fn carry_leads(work: &mut Work, ids: BTreeSet<LeadId>) -> Result<(), Error> {
    work.load_leads(&ids)?;
    let ids: Vec<LeadId> = ids.into_iter().collect();
    work.read_profiles(&ids)?;
    let unsure = |lead: &&LeadId| work.leads.profiles.get(**lead).is_some_and(may_be_confirmed);
    let unsure: BTreeSet<LeadId> = ids.iter().filter(unsure).copied().collect();
    rebuild_profiles(&mut work.turn(), &unsure)?;
    save_derived(&ids.iter().copied().collect(), &work.leads.profiles, work.connection)?;
    for lead in &ids {
        let email = work.leads.profiles.get(*lead).and_then(Profile::email);
        let Some(held) = work.leads.get_mut(*lead).filter(|held| held.email != email) else { continue };
        held.email = email;
        work.pending.save(*lead);
    }
    Ok(())
}

/// Whether a profile of an earlier version does not say if its address was confirmed.
fn may_be_confirmed(profile: &Profile) -> bool {
    profile.is_unconfirmed() && profile.consents.scopes().next().is_some()
}
