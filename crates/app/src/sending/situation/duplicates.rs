//! Copies of which the same went to their address, or to their lead as somebody else, already.

use std::collections::{BTreeMap, BTreeSet};

use attractor_live::suppression::HashKeys;
use attractor_store::copies::{self as store, CopySource, CopyState, MailCopy};
use attractor_store::{Connection, Error, LeadId, addressed};

use super::KnownLead;
use crate::leads::joined::{predecessors, present};
use crate::sending::broadcasts::stop::broadcast_of;
use crate::sending::compose::once;

/// The copies of which the same went to their address already, for another lead that is there still.
pub(super) fn duplicates(
    connection: &mut Connection,
    keys: &HashKeys,
    copies: &[MailCopy],
    leads: &BTreeMap<LeadId, KnownLead>,
) -> Result<BTreeSet<String>, Error> {
    let mut asked: BTreeMap<(String, String), Vec<&MailCopy>> = BTreeMap::new();
    for copy in copies {
        let address = leads.get(&copy.lead).and_then(|lead| lead.address.as_deref());
        let (Some(what), Some(address)) = (once(copy), address) else { continue };
        for hash in keys.hashes(address) {
            asked.entry((hash, what.clone())).or_default().push(copy);
        }
    }
    let notes = addressed::of(connection, &asked.keys().cloned().collect::<Vec<_>>())?;
    let present = present(connection, &notes.iter().map(|note| note.lead).collect())?;
    let mut duplicates = got_before(connection, copies)?;
    for note in notes {
        let Some(lead) = present.get(&note.lead).map(|row| row.id) else { continue };
        let is_of_broadcast = addressed::is_of_broadcast(&note.what);
        let same = asked.get(&(note.hash, note.what)).into_iter().flatten().map(|copy| (copy.lead, copy.send_id()));
        let others = same.filter(|(of, send_id)| *of != lead || is_of_broadcast && *send_id != note.send_id);
        duplicates.extend(others.map(|(_, send_id)| send_id));
    }
    Ok(duplicates)
}

/// The copies of broadcasts which their leads got as somebody who is one with them now, at whatever address.
fn got_before(connection: &mut Connection, copies: &[MailCopy]) -> Result<BTreeSet<String>, Error> {
    let of_broadcasts = copies.iter().filter(|copy| broadcast_of(&copy.source).is_some());
    let before = predecessors(connection, of_broadcasts.clone().map(|copy| copy.lead))?;
    if before.is_empty() {
        return Ok(BTreeSet::new());
    }
    let out = store::of_leads(connection, &before.keys().copied().collect::<Vec<_>>())?;
    let out = out.into_iter().filter(|copy| copy.state == CopyState::Claimed || copy.has_reached());
    let out: BTreeSet<(LeadId, CopySource)> =
        out.filter_map(|copy| Some((*before.get(&copy.lead)?, copy.source))).collect();
    let got = of_broadcasts.filter(|copy| out.contains(&(copy.lead, copy.source.clone())));
    Ok(got.map(MailCopy::send_id).collect())
}
