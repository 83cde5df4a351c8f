//! Copies that leads asked for by an act, at addresses that nobody has confirmed: strangers can have such copies sent to
//! anybody, so that an address gets few of them within a day.

use std::collections::BTreeMap;

use attractor_engine::time::{Duration, Instant};
use attractor_live::suppression::HashKeys;
use attractor_store::{Connection, Error, LeadId, addressed};

use super::{KnownLead, all_hashes, hashes};
use crate::forms::request::A_DAY;

/// Sets when such copies left lately to the addresses that nobody has confirmed.
pub(super) fn set_requested(
    connection: &mut Connection,
    keys: &HashKeys,
    leads: &mut BTreeMap<LeadId, KnownLead>,
    now: Instant,
) -> Result<(), Error> {
    let asked = all_hashes(keys, leads.values().filter(|lead| lead.is_unconfirmed));
    let mut left: BTreeMap<String, Vec<Instant>> = BTreeMap::new();
    for (hash, at) in addressed::requested_since(connection, &asked, (now - Duration::DAY).0)? {
        left.entry(hash).or_default().push(Instant(at));
    }
    for lead in leads.values_mut().filter(|lead| lead.is_unconfirmed) {
        let hashes = hashes(keys, Some(&*lead));
        lead.requested = hashes.iter().filter_map(|hash| left.get(hash)).flatten().copied().collect();
    }
    Ok(())
}

impl KnownLead {
    /// Until when copies that are asked for wait, because its address, which nobody has confirmed, got as many within a day as
    /// it may.
    pub fn full_until(&self, now: Instant) -> Option<Instant> {
        if !self.is_unconfirmed {
            return None;
        }
        let mut lately: Vec<Instant> = self.requested.iter().copied().filter(|at| *at > now - Duration::DAY).collect();
        lately.sort_unstable();
        let most = usize::try_from(A_DAY).ok()?;
        lately.len().checked_sub(most).and_then(|first| lately.get(first)).map(|at| *at + Duration::DAY)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::known;
    use super::*;

    #[test]
    fn an_address_that_nobody_has_confirmed_is_full_until_the_day_of_the_last_three_copies_is_over() {
        let now = Instant(1_800_000_000_000);
        let day = Duration::DAY.0;
        for (ago, expected) in [
            (&[][..], None),
            (&[1, 2], None),
            (&[1, 2, 3], Some(day - 3)),
            (&[3, 1, 2, 4], Some(day - 3)),
            (&[1, 2, day - 1], Some(1)),
            (&[1, 2, day], None),
        ] {
            let requested = ago.iter().map(|ago| Instant(now.0 - ago)).collect();
            let lead = KnownLead { is_unconfirmed: true, requested, ..known() };
            assert_eq!(lead.full_until(now).map(|at| at.0 - now.0), expected, "{ago:?}");
            assert_eq!(KnownLead { is_unconfirmed: false, ..lead }.full_until(now), None);
        }
    }
}
