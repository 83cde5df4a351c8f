//! The company that a lead is of, for whoever asks for a company's people. Derived from its profile.

use attractor_intake::address;

use crate::lead::profile::Profile;

impl Profile {
    /// What its last `group` named, else the registered domain of its address where that is no free-mail provider's.
    pub fn company(&self) -> Option<String> {
        self.group.clone().or_else(|| address::read(&self.email()?)?.company)
    }
}
