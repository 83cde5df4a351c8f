//! The profiles at hand.

use std::collections::BTreeMap;

use attractor_store::{Connection, Error, LeadId, leads};

use crate::lead::profile::Profile;

/// Profiles by lead, as one transaction knows them.
#[derive(Default)]
pub struct Profiles(BTreeMap<LeadId, Profile>);

impl Profiles {
    pub fn get(&self, lead: LeadId) -> Option<&Profile> {
        self.0.get(&lead)
    }

    /// A lead's profile; an empty one where it has none.
    pub fn of(&mut self, lead: LeadId) -> &mut Profile {
        self.0.entry(lead).or_default()
    }

    pub fn put(&mut self, lead: LeadId, profile: Profile) {
        self.0.insert(lead, profile);
    }

    pub fn remove(&mut self, lead: LeadId) {
        self.0.remove(&lead);
    }

    /// Those of these leads whose profiles are not at hand.
    pub fn missing(&self, leads: impl IntoIterator<Item = LeadId>) -> Vec<LeadId> {
        leads.into_iter().filter(|lead| !self.0.contains_key(lead)).collect()
    }

    /// Reads profiles from the store. Returns the leads whose profiles cannot be read, with the reason.
    pub fn read(&mut self, connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<(LeadId, String)>, Error> {
        let mut damaged = Vec::new();
        for (lead, document) in leads::profiles(connection, leads)? {
            match Profile::parse(&document) {
                Ok(profile) => self.put(lead, profile),
                Err(why) => damaged.push((lead, why)),
            }
        }
        Ok(damaged)
    }
}
