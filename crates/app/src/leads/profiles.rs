//! Stored profiles, for lists and exports.

use std::collections::BTreeMap;

use attractor_live::Unreadable;
use attractor_live::history::{history, person};
use attractor_live::profile::Profile;
use attractor_store::{Connection, Error, LeadId, leads};

use crate::figures;

/// The profiles of these leads. One that cannot be read is built anew from the lead's events; the lane writes it when it
/// next changes the lead.
pub fn of<'r>(
    connection: &mut Connection,
    rows: impl IntoIterator<Item = &'r leads::Lead>,
) -> Result<BTreeMap<LeadId, Profile>, Error> {
    let rows: BTreeMap<LeadId, &leads::Lead> = rows.into_iter().map(|row| (row.id, row)).collect();
    let ids: Vec<LeadId> = rows.keys().copied().collect();
    let mut profiles = BTreeMap::new();
    for (id, document) in leads::profiles(connection, &ids)? {
        let profile = match Profile::parse(&document) {
            Ok(profile) => profile,
            Err(why) => {
                figures::unreadable(&[Unreadable { what: "profile", lead: id, why }]);
                let past = rows.get(&id).map(|row| history(connection, row)).transpose()?;
                person(&past.unwrap_or_default()).profile
            }
        };
        profiles.insert(id, profile);
    }
    Ok(profiles)
}
