//! A copy in doubt leaves again, because a person decided so (contract §6 Copies 3).

use std::collections::BTreeSet;

use attractor_store::Error;
use attractor_store::copies::{CopySource, CopyState};

use crate::sending::copies::present_copies;
use crate::work::Work;
use crate::write::rounds::CopyKey;

/// Lets a copy wait again that is in doubt. Its sequence has gone on and is not looked at. Returns whether it waits.
pub fn send_again(work: &mut Work, (lead, source): &CopyKey) -> Result<bool, Error> {
    let present = work.present(*lead)?;
    // A form's copy is for an address, whichever lead that is now; any other is for its own lead.
    let may_leave = present == Some(*lead) || present.is_some() && matches!(source, CopySource::Form(_));
    let copies = present_copies(work.connection, &work.pending, BTreeSet::from([*lead]))?;
    let in_doubt = copies.into_iter().find(|copy| copy.source == *source && copy.state == CopyState::InDoubt);
    let Some(copy) = in_doubt.filter(|_| may_leave) else { return Ok(false) };
    let now = work.now.0;
    work.pending.copies.send_again(copy, now);
    Ok(true)
}
