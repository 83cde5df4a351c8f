//! How many attributes public keys may give one lead.

use std::borrow::Cow;
use std::collections::BTreeMap;

use attractor_engine::value::Value;

use crate::lead::concerned::ConcernedProfiles;
use crate::lead::profile::plain;

/// How many attributes a lead may have that came with public keys, those that were removed again among them: a profile
/// is read and written as a whole.
pub const ATTRIBUTES: usize = 500;
/// How long the names and values of these attributes may be together, in bytes.
pub const ATTRIBUTE_BYTES: usize = 256 << 10;

/// What is left of the attributes that public keys may give a lead.
#[derive(Default)]
pub struct AttributeQuota<'p> {
    /// How long each is that there is.
    lengths: BTreeMap<Cow<'p, str>, usize>,
    bytes: usize,
}

impl<'p> AttributeQuota<'p> {
    pub fn of(profiles: &ConcernedProfiles<'p>) -> AttributeQuota<'p> {
        let mut quota = AttributeQuota::default();
        for (name, attribute) in profiles.0.iter().flat_map(|profile| &profile.attributes).filter(|(_, a)| a.public) {
            let bytes = name.len() + attribute.value.to_string().len();
            quota.bytes += bytes - quota.lengths.insert(Cow::Borrowed(name), bytes).unwrap_or(0).min(bytes);
        }
        quota
    }

    /// Whether a trait may be set; if so, it counts from now on. A removal always may.
    pub fn admits(&mut self, name: &str, value: Option<&Value>) -> bool {
        let Some(value) = value else { return true };
        let before = self.lengths.get(name).copied();
        let length = name.len() + plain(value).to_string().len();
        let bytes = self.bytes - before.unwrap_or(0).min(self.bytes) + length;
        if before.is_none() && self.lengths.len() >= ATTRIBUTES || bytes > ATTRIBUTE_BYTES {
            return false;
        }
        self.bytes = bytes;
        self.lengths.insert(Cow::Owned(name.to_owned()), length);
        true
    }
}
