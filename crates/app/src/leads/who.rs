//! What people call leads that other things name by their ids.

use std::collections::{BTreeMap, BTreeSet};

use attractor_live::profile::Profile;
use attractor_store::{Connection, Error, LeadId, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::{addresses, profiles};

/// What people call a lead; absent where it is not known, or the lead was erased
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeadNames {
    /// Its user id, else its e-mail, else its visitor's id
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lead_display_name: Option<String>,
}

impl LeadNames {
    pub fn new(row: &leads::Lead, email: Option<String>, profile: &Profile) -> LeadNames {
        LeadNames { lead_name: Some(row.name.clone()), lead_email: email, lead_display_name: profile.display_name() }
    }
}

/// A chain of joins is short.
const JOINS: usize = 16;

/// What these leads are called; one that is now one with another, by that one's names. It takes three statements, and
/// one more where leads were joined.
pub fn of(
    connection: &mut Connection,
    ids: impl IntoIterator<Item = LeadId>,
) -> Result<BTreeMap<LeadId, LeadNames>, Error> {
    let ids: BTreeSet<LeadId> = ids.into_iter().collect();
    let mut rows: BTreeMap<LeadId, leads::Lead> = BTreeMap::new();
    let mut wanted: Vec<LeadId> = ids.iter().copied().collect();
    for _ in 0..JOINS {
        if wanted.is_empty() {
            break;
        }
        let found = leads::load(connection, &wanted)?;
        wanted = found.iter().filter_map(|row| row.became).filter(|heir| !rows.contains_key(heir)).collect();
        rows.extend(found.into_iter().map(|row| (row.id, row)));
    }
    let living: Vec<leads::Lead> = rows.values().filter(|row| row.became.is_none()).cloned().collect();
    let profiles = profiles::of(connection, &living)?;
    let none = Profile::default();
    let mut addresses = addresses::of(connection, &living)?;
    let named = |row: &leads::Lead| {
        let email = addresses.remove(&row.id);
        (row.id, LeadNames::new(row, email, profiles.get(&row.id).unwrap_or(&none)))
    };
    let names: BTreeMap<LeadId, LeadNames> = living.iter().map(named).collect();
    let own = |id: &LeadId| Some((*id, names.get(&heir(&rows, *id))?.clone()));
    Ok(ids.iter().filter_map(own).collect())
}

/// Whom a lead is now one with; itself, where nobody.
fn heir(rows: &BTreeMap<LeadId, leads::Lead>, id: LeadId) -> LeadId {
    let next = |id: &LeadId| rows.get(id).and_then(|row| row.became);
    std::iter::successors(Some(id), next).take(JOINS).last().unwrap_or(id)
}
