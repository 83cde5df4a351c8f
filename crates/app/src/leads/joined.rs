//! Who is one with whom: leads that became one with others, over all joins.

use std::collections::{BTreeMap, BTreeSet};

use attractor_store::{Connection, Error, LeadId, leads};

/// How long a chain of joins is followed. Joins go to persons, so chains are short and have no circles.
const LONGEST: usize = 64;

/// By id, the row of the lead that each is or is one with now; those that are gone are left out.
pub fn present(connection: &mut Connection, ids: &BTreeSet<LeadId>) -> Result<BTreeMap<LeadId, leads::Lead>, Error> {
    let mut known: BTreeMap<LeadId, leads::Lead> = BTreeMap::new();
    let mut open: Vec<LeadId> = ids.iter().copied().collect();
    while !open.is_empty() {
        known.extend(leads::load(connection, &open)?.into_iter().map(|row| (row.id, row)));
        let heirs: BTreeSet<LeadId> = open.iter().filter_map(|id| known.get(id)?.became).collect();
        open = heirs.into_iter().filter(|heir| *heir != LeadId::NOBODY && !known.contains_key(heir)).collect();
    }
    let last = |id: LeadId| {
        let chain = std::iter::successors(known.get(&id), |row| known.get(&row.became?));
        chain.take(LONGEST).last().filter(|row| row.became.is_none())
    };
    Ok(ids.iter().filter_map(|id| Some((*id, last(*id)?.clone()))).collect())
}

/// All that became one with these leads, by id the one of them that each is one with now.
pub fn predecessors(
    connection: &mut Connection,
    ids: impl IntoIterator<Item = LeadId>,
) -> Result<BTreeMap<LeadId, LeadId>, Error> {
    let mut open: BTreeMap<LeadId, LeadId> = ids.into_iter().map(|id| (id, id)).collect();
    let (own, mut all) = (open.clone(), BTreeMap::new());
    while !open.is_empty() {
        let found = leads::joined(connection, &open.keys().copied().collect::<Vec<_>>())?;
        let new = found.into_iter().filter(|(id, _)| !all.contains_key(id) && !own.contains_key(id));
        let new: BTreeMap<LeadId, LeadId> = new.filter_map(|(id, to)| Some((id, *open.get(&to)?))).collect();
        all.extend(new.iter().map(|(id, heir)| (*id, *heir)));
        open = new;
    }
    Ok(all)
}

/// A lead and all that became one with it, which keep what was done under them.
pub fn with_predecessors(connection: &mut Connection, lead: LeadId) -> Result<Vec<LeadId>, Error> {
    Ok(std::iter::once(lead).chain(predecessors(connection, [lead])?.into_keys()).collect())
}

#[cfg(test)]
mod tests {
    use attractor_store::Location;

    use super::*;
    use crate::sending::situation::testing::known;

    /// Leads 1 to 7: 1 and 2 became one with 3, that with 4; 5 is nobody any more, 6 became one with it; 7 is alone.
    fn joined() -> (tempfile::TempDir, Connection) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut connection = Location::Sqlite(folder.path().join("store.db")).writer().expect("a store");
        let became = [(1, 3), (2, 3), (3, 4), (4, 0), (5, -1), (6, 5), (7, 0)];
        let rows = became.map(|(id, became)| {
            let became = match became {
                0 => None,
                -1 => Some(LeadId::NOBODY),
                id => Some(LeadId(id)),
            };
            leads::Lead { id: LeadId(id), name: id.to_string(), became, ..known().row }
        });
        leads::save(&mut connection, &rows).expect("stored");
        (folder, connection)
    }

    #[test]
    fn joins_are_followed_to_their_ends_both_ways() {
        let (_folder, mut connection) = joined();
        let ids: BTreeSet<LeadId> = (1..=8).map(LeadId).collect();
        let found = present(&mut connection, &ids).expect("read");
        let found: Vec<(i64, i64)> = found.into_iter().map(|(id, row)| (id.0, row.id.0)).collect();
        assert_eq!(found, [(1, 4), (2, 4), (3, 4), (4, 4), (7, 7)]);
        let before = predecessors(&mut connection, [4, 7].map(LeadId)).expect("read");
        let before: Vec<(i64, i64)> = before.into_iter().map(|(id, heir)| (id.0, heir.0)).collect();
        assert_eq!(before, [(1, 4), (2, 4), (3, 4)]);
        assert_eq!(with_predecessors(&mut connection, LeadId(4)).expect("read"), [4, 1, 2, 3].map(LeadId));
    }
}
