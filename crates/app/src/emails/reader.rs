//! Who an e-mail is shown to: a lead, or somebody made up.

use std::collections::BTreeMap;

use attractor_live::profile::{Attribute, Profile};
use attractor_store::leads;
use serde_json::Value;

use crate::leads::{addresses, find, profiles};
use crate::refusal::Refusal;
use crate::view::View;

/// Somebody made up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sample {
    /// Of whom what is usual is known.
    #[default]
    Known,
    /// Of whom nothing but the address is known.
    Unknown,
}

/// The attributes of the known one. It has no country: in a made-up one, a mail would be in that language.
const KNOWN: [(&str, &str); 11] = [
    ("first_name", "Ada"),
    ("last_name", "Lovelace"),
    ("name", "Ada Lovelace"),
    ("company", "Analytical Engines"),
    ("company.name", "Analytical Engines"),
    ("job_title", "Head of Operations"),
    ("industry", "Manufacturing"),
    ("company_size", "120"),
    ("city", "Leeds"),
    ("phone", "+44 113 496 0000"),
    ("website", "https://analytical-engines.example"),
];
const ADDRESS: &str = "ada@analytical-engines.example";

/// Who reads.
pub struct Reader {
    /// By it a variant is chosen.
    pub name: String,
    pub profile: Profile,
    /// `None` of somebody made up.
    pub lead: Option<leads::Lead>,
    /// Public keys alone brought the address.
    pub is_unconfirmed: bool,
}

impl Reader {
    /// A lead, by any of its names.
    pub fn lead(view: &mut View, called: &str) -> Result<Reader, Refusal> {
        let connection = &mut *view.connection;
        let row = find::lead(connection, called)?;
        let rows = std::slice::from_ref(&row);
        let (mut profiles, addresses) = (profiles::of(connection, rows)?, addresses::of(connection, rows)?);
        let is_unconfirmed = addresses::unconfirmed(connection, rows, &addresses, &profiles)?.contains(&row.id);
        let profile = profiles.remove(&row.id).unwrap_or_default();
        Ok(Reader { name: row.name.clone(), profile, lead: Some(row), is_unconfirmed })
    }

    pub fn sample(sample: Sample) -> Reader {
        let known = match sample {
            Sample::Known => &KNOWN[..],
            Sample::Unknown => &[],
        };
        let all = known.iter().chain([&("email", ADDRESS)]);
        let attributes: BTreeMap<String, Attribute> = all.map(|(name, value)| attribute(name, value)).collect();
        let profile = Profile { attributes, ..Profile::default() };
        Reader { name: ADDRESS.into(), profile, lead: None, is_unconfirmed: false }
    }

    /// Who that is, for people: they should not take somebody made up for a lead of theirs.
    pub fn in_words(&self) -> String {
        let (name, display) = (&self.name, self.profile.display_name());
        match (&self.lead, display) {
            (Some(_), Some(display)) if display != *name => format!("{display} ({name})"),
            (Some(_), _) => name.clone(),
            (None, Some(display)) => format!("{display} ({name}), who is made up"),
            (None, None) => format!("somebody made up, of whom nothing but the address {name} is known"),
        }
    }
}

fn attribute(name: &str, value: &str) -> (String, Attribute) {
    let value = Value::from(value);
    (name.to_owned(), Attribute { value, at: 0, by: "sample".into(), public: false, read: false })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_unknown_one_only_the_address_is_known() {
        let known = Reader::sample(Sample::Known);
        assert_eq!(known.profile.display_name().as_deref(), Some("Ada Lovelace"));
        let unknown = Reader::sample(Sample::Unknown);
        assert_eq!(unknown.profile.attributes.keys().collect::<Vec<_>>(), ["email"]);
        assert_eq!(known.in_words(), "Ada Lovelace (ada@analytical-engines.example), who is made up");
        let nobody = "somebody made up, of whom nothing but the address ada@analytical-engines.example is known";
        assert_eq!(unknown.in_words(), nobody);
        assert_eq!((unknown.name, unknown.lead), (ADDRESS.to_owned(), None));
    }
}
