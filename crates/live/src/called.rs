//! What people call a lead, for whoever looks for it. Derived from its profile.

use attractor_store::{Error, called};

use crate::profile::Profile;
use crate::work::Work;

/// Of a name, as many words as can begin a search, and as many characters as are kept.
const WORDS: usize = 6;
const LONGEST: usize = 100;

impl Profile {
    /// What people call it, where its attributes say.
    pub fn display_name(&self) -> Option<String> {
        let text = |names: &[&str]| {
            let found = names.iter().find_map(|name| self.attribute(name)?.value.as_str());
            found.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let parts = [text(&["first_name", "firstName"]), text(&["last_name", "lastName"])];
        let joined = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        text(&["name"]).or_else(|| Some(joined).filter(|name| !name.is_empty()))
    }

    /// Its name in lower case, whole and from each later word on.
    fn called(&self) -> Vec<String> {
        let name = folded(&self.display_name().unwrap_or_default());
        let words: Vec<&str> = name.split(' ').filter(|word| !word.is_empty()).collect();
        let from = |first: usize| words[first..].join(" ").chars().take(LONGEST).collect();
        (0..words.len().min(WORDS)).map(from).collect()
    }
}

/// A name, or the beginning of one, as names are compared.
pub fn folded(name: &str) -> String {
    name.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Work<'_> {
    /// Writes the names of leads whose profiles are written.
    pub fn keep_called<'l>(&mut self, leads: impl Iterator<Item = &'l i64>) -> Result<(), Error> {
        let called: Vec<(i64, Vec<String>)> =
            leads.map(|lead| (*lead, self.profiles.get(lead).map(Profile::called).unwrap_or_default())).collect();
        called::save(self.connection, &called)
    }
}
