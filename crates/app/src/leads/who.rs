//! What people call leads that other things name by their ids.

use std::collections::{BTreeMap, BTreeSet};

use attractor_live::profile::Profile;
use attractor_store::{Connection, Error, LeadId, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::joined::present;
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

/// What these leads are called; one that is now one with another, by that one's names. It takes three statements, and
/// one more where leads were joined.
pub fn of(
    connection: &mut Connection,
    ids: impl IntoIterator<Item = LeadId>,
) -> Result<BTreeMap<LeadId, LeadNames>, Error> {
    let ids: BTreeSet<LeadId> = ids.into_iter().collect();
    let now = present(connection, &ids)?;
    let living: BTreeMap<LeadId, &leads::Lead> = now.values().map(|row| (row.id, row)).collect();
    let living: Vec<leads::Lead> = living.into_values().cloned().collect();
    let profiles = profiles::of(connection, &living)?;
    let none = Profile::default();
    let mut addresses = addresses::of(connection, &living)?;
    let named = |row: &leads::Lead| {
        let email = addresses.remove(&row.id);
        (row.id, LeadNames::new(row, email, profiles.get(&row.id).unwrap_or(&none)))
    };
    let names: BTreeMap<LeadId, LeadNames> = living.iter().map(named).collect();
    Ok(now.iter().filter_map(|(id, row)| Some((*id, names.get(&row.id)?.clone()))).collect())
}
