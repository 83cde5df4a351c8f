//! The signed links of copies: their keys are the store's, and travel with its backups.

use std::sync::{Arc, PoisonError, RwLock};

use attractor_engine::time::Instant;
use attractor_live::Lane;
use attractor_live::suppression::HashKeys;
use attractor_mail::links::{AddressHash, CopyId, Error as LinkError, KeyId, Keys, Purpose, Secret, Token};
use attractor_store::link_keys::{self, LinkKey};
use attractor_store::mail_requests::CopyTag;
use attractor_store::{Error, Kind, LeadId};

/// The keys of this installation's links.
pub struct Links(RwLock<Arc<Keys>>);

impl Links {
    /// Reads the keys; the first one is made where there is none.
    pub fn read(lane: &mut Lane, now: Instant) -> Result<Links, Error> {
        let keys = lane.write(|connection| link_keys::all_or_first(connection, now.0))?;
        Ok(Links(RwLock::new(Arc::new(keys_of(&keys)?))))
    }

    /// Uses other keys from here on: a restore brought them.
    pub(crate) fn refresh(&self, keys: &[LinkKey]) -> Result<(), Error> {
        let keys = Arc::new(keys_of(keys)?);
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = keys;
        Ok(())
    }

    /// The keys, to sign with and to read tokens.
    pub fn keys(&self) -> Arc<Keys> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads a token that was signed for this purpose.
    pub fn token(&self, purpose: Purpose, text: &str) -> Result<Token, LinkError> {
        self.keys().read(purpose, text)
    }
}

/// The keys in the store, of which the first signs.
pub fn keys_of(keys: &[LinkKey]) -> Result<Keys, Error> {
    let mut all = keys.iter().map(|key| (KeyId(key.number), Secret::new(key.bytes)));
    let signing = all.next().ok_or_else(|| Error::new(Kind::Other, "the store has no key for links"))?;
    Keys::new(signing, all).map_err(|error| Error::new(Kind::Other, error.to_string()))
}

/// What the installation that signs with a key calls itself in headers, such as in `Message-ID`.
pub fn installation_name(key: &LinkKey) -> String {
    key.id.chars().filter(char::is_ascii_alphanumeric).take(12).collect()
}

/// The copy that a token names, as the store finds it.
pub fn copy_tag(copy: CopyId) -> CopyTag {
    (LeadId(copy.lead), copy.tag)
}

/// The hash of an address in the form that links carry.
pub fn address_hash(keys: &HashKeys, address: &str) -> Option<AddressHash> {
    let hash = keys.hashes(address).into_iter().next()?;
    let mut bytes = [0; 32];
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hash.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(AddressHash(bytes))
}
