//! Under which hashes an erased identity is listed.

use std::fmt::Write;

use attractor_store::IdentityKind;
use attractor_store::identities::Identity;
use sha2::{Digest, Sha256};

use super::suppression::HashKeys;

/// The hashes under which an erased identity may be listed, the one for new entries first: of its kind and text, which is a
/// user id, a visitor's id, or an e-mail in its canonical form. They are under the keys of suppressions, because a hash
/// without a key tells who was erased to whoever has a list of addresses. Earlier versions listed under such a hash, the
/// last one here; what they listed stays erased.
pub fn hashes(keys: &HashKeys, kind: IdentityKind, name: &str) -> Vec<String> {
    let text = format!("{}/{name}", kind.number());
    let mut hashes = keys.hashes(&text);
    hashes.push(without_key(&text));
    hashes
}

/// The same of an identity.
pub fn hashes_of(keys: &HashKeys, identity: &Identity) -> Vec<String> {
    hashes(keys, identity.kind, &identity.text)
}

fn without_key(text: &str) -> String {
    let mut hash = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        let _ = write!(hash, "{byte:02x}");
    }
    hash
}
