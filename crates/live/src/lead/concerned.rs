//! The profiles that a message is about.

use crate::lead::profile::{Attribute, Profile};

/// The profile of the message's lead first, then those of the leads that become one with it by this message.
pub struct ConcernedProfiles<'p>(pub Vec<&'p Profile>);

impl ConcernedProfiles<'_> {
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.0.iter().find_map(|profile| profile.attribute(name))
    }

    /// Whether an attribute of this name, or with `below` one under it, came with anything but a public key.
    pub fn holds(&self, name: &str, below: bool) -> bool {
        let is_held = |attribute: &Attribute| !attribute.value.is_null() && !attribute.public;
        let here = |profile: &&Profile| profile.attributes.get(name).is_some_and(is_held);
        let under = |profile: &&Profile| below && profile.below(name).any(|(_, attribute)| is_held(attribute));
        self.0.iter().any(|profile| here(profile) || under(profile))
    }
}
