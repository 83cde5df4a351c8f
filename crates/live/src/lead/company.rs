//! The company that a lead is of, for whoever asks for a company's people. Derived from its profile.

use attractor_intake::address;
use attractor_store::{Error, companies};

use crate::lead::profile::Profile;
use crate::work::Work;

impl Profile {
    /// What its last `group` named, else the registered domain of its address where that is no free-mail provider's.
    pub fn company(&self) -> Option<String> {
        self.group.clone().or_else(|| address::read(&self.email()?)?.company)
    }
}

impl Work<'_> {
    /// Writes the companies of leads whose profiles are written.
    pub fn keep_companies<'l>(&mut self, leads: impl Iterator<Item = &'l i64>) -> Result<(), Error> {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for lead in leads {
            match self.profiles.get(lead).and_then(Profile::company) {
                Some(company) => with.push((*lead, company)),
                None => without.push(*lead),
            }
        }
        companies::save(self.connection, &with)?;
        companies::forget(self.connection, &without)
    }
}
