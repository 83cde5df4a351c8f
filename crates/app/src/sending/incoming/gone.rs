//! Withdrawals by mail from copies of which nothing is kept any more: like links, their addresses work forever.

use attractor_engine::consent::Scope;
use attractor_live::Deed;
use attractor_store::suppressions::{self, SuppressionEffect, SuppressionKind, SuppressionRow};
use attractor_store::{Connection, Error, LeadId, gone_copies, leads};

use super::{Event, Returned};
use crate::leads::{addresses, find};
use crate::links::copy_tag;
use crate::preferences::{OwnAct, messages};

/// Ends what somebody withdraws by a copy whose content is gone. Whether there was something to end.
pub fn withdraw(deed: &mut Deed, returned: &Returned) -> Result<bool, Error> {
    let leaves = returned.events.contains(&Event::Left);
    let is_withdrawal = leaves || returned.events.contains(&Event::Unsubscribed);
    let Some(copy) = returned.clues.copy.filter(|_| is_withdrawal) else { return Ok(false) };
    let (tag, now) = (copy_tag(copy), deed.now());
    if let Some(gone) = gone_copies::one(deed.connection(), tag)? {
        let scope = if leaves { gone.scope } else { Scope::All.to_string() };
        let effect = SuppressionEffect::Blocks(SuppressionKind::Withdrawal);
        suppressions::note(deed.connection(), &[SuppressionRow { hash: gone.hash, scope, effect, at: now.0 }])?;
        return Ok(true);
    }
    // It was made anew since, and nobody knows what the earlier one named: the person is sent nothing more.
    let Some((lead, address)) = present(deed.connection(), tag.0)? else { return Ok(false) };
    let all = messages(deed.connection(), &lead, vec![OwnAct::withdrawal(&Scope::All, &address)], now)?;
    deed.take_all(&all)?;
    Ok(true)
}

fn present(connection: &mut Connection, lead: LeadId) -> Result<Option<(leads::Lead, String)>, Error> {
    let Some(lead) = find::row(connection, lead)? else { return Ok(None) };
    let address = addresses::of_one(connection, &lead)?;
    Ok(address.map(|address| (lead, address)))
}
