//! Stored profiles, for lists and exports.

use std::collections::BTreeMap;

use attractor_live::Unreadable;
use attractor_live::history::{history, person};
use attractor_live::profile::Profile;
use attractor_store::{Connection, Error, LeadId, leads};

use crate::figures;

/// The profiles of these leads. One that cannot be read is built anew from the lead's events; the lane writes it when it
/// next changes the lead.
pub fn of(connection: &mut Connection, rows: &[leads::Lead]) -> Result<BTreeMap<LeadId, Profile>, Error> {
    let ids: Vec<LeadId> = rows.iter().map(|row| row.id).collect();
    let mut profiles = BTreeMap::new();
    for (id, document) in leads::profiles(connection, &ids)? {
        let profile = match (Profile::parse(&document), rows.iter().find(|row| row.id == id)) {
            (Ok(profile), _) => profile,
            (Err(why), row) => {
                figures::unreadable(&[Unreadable { what: "profile", lead: id, why }]);
                let past = row.map(|row| history(connection, row)).transpose()?;
                person(&past.unwrap_or_default()).profile
            }
        };
        profiles.insert(id, profile);
    }
    Ok(profiles)
}
