//! Under which hash an erased identity is listed.

use std::fmt::Write;

use attractor_store::IdentityKind;
use attractor_store::identities::Identity;
use sha2::{Digest, Sha256};

pub fn hash_of(identity: &Identity) -> String {
    hash(identity.kind, &identity.text)
}

pub fn hash_of_email(address: &str) -> String {
    hash(IdentityKind::Email, address)
}

/// The hash under which an erased identity is listed, by its kind and text: a user id, a visitor's id, or an e-mail in
/// its canonical form.
pub fn hash(kind: IdentityKind, name: &str) -> String {
    let mut text = String::with_capacity(64);
    let kind = kind.number();
    for byte in Sha256::digest(format!("{kind}/{name}")) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
