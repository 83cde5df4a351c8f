//! How often leads are written to, where they become one or are two again.

use std::collections::{BTreeMap, BTreeSet};

use attractor_store::paces::{self, StoredPace};
use attractor_store::{Error, LeadId};

use crate::lead::changed::Changed;
use crate::work::Work;

/// Paces follow their leads. Of leads that become one the slower counts: as with consent, who wanted to get less goes on to
/// get less. A lead whose pace never changed has no say. Leads that are two again both keep the pace that they had as one.
/// Leads that are nobody any more have none.
pub fn follow(work: &mut Work, changed: &Changed) -> Result<(), Error> {
    if changed.dissolved.is_empty() && changed.parted.is_empty() {
        return Ok(());
    }
    // From whom the pace of whom follows.
    let mut follows: Vec<(LeadId, LeadId)> = Vec::new();
    for (lead, heir) in changed.dissolved.iter().filter_map(|(lead, heir)| Some((*lead, (*heir)?))) {
        follows.extend(work.present(heir)?.map(|heir| (lead, heir)));
    }
    for (lead, heir) in &changed.parted {
        follows.extend(work.present(*heir)?.map(|heir| (heir, *lead)));
    }
    let all: BTreeSet<LeadId> = follows.iter().flat_map(|(from, to)| [*from, *to]).collect();
    let all: Vec<LeadId> = all.into_iter().collect();
    let known: BTreeMap<LeadId, StoredPace> = paces::of_leads(work.connection, &all)?.into_iter().collect();
    paces::delete_leads(work.connection, &changed.dissolved.keys().copied().collect::<Vec<_>>())?;
    paces::save_leads(work.connection, &followed(&known, &follows))
}

/// The paces that change where that of the first of each pair follows to the second.
fn followed(known: &BTreeMap<LeadId, StoredPace>, follows: &[(LeadId, LeadId)]) -> Vec<(LeadId, StoredPace)> {
    let mut after: BTreeMap<LeadId, StoredPace> = BTreeMap::new();
    for (from, to) in follows.iter().filter(|(from, to)| from != to) {
        let Some(pace) = known.get(from) else { continue };
        let own = after.get(to).or_else(|| known.get(to)).copied();
        after.insert(*to, own.map_or(*pace, |own| own.joined(*pace)));
    }
    after.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slower_of_those_that_changed_follows() {
        let pace = |level| StoredPace { level, ..StoredPace::default() };
        let known: BTreeMap<LeadId, StoredPace> =
            [(1, 2), (2, -1), (3, -2)].map(|(lead, level)| (LeadId(lead), pace(level))).into();
        for (follows, expected) in [
            (&[(1, 2)][..], &[(2, 2)][..]),
            (&[(2, 1)], &[(1, 2)]),
            (&[(3, 9)], &[(9, -2)]),
            (&[(9, 3)], &[]),
            (&[(3, 9), (2, 9), (1, 9)], &[(9, 2)]),
            (&[(1, 1)], &[]),
            (&[(2, 8), (2, 9)], &[(8, -1), (9, -1)]),
        ] {
            let pairs: Vec<(LeadId, LeadId)> = follows.iter().map(|(from, to)| (LeadId(*from), LeadId(*to))).collect();
            let found: Vec<(i64, i64)> =
                followed(&known, &pairs).into_iter().map(|(lead, pace)| (lead.0, pace.level)).collect();
            assert_eq!(found, expected, "{follows:?}");
        }
    }
}
