use std::fmt;

use mail_auth::common::crypto::{DkimKey, Ed25519Key, RsaKey, Sha256};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;

use super::record::Record;

/// The first bytes of an Ed25519 key in PKCS #8; its 32 bytes follow (RFC 8410 §7).
const ED25519_PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// A private key and the selector under which its public half is found.
pub struct Key {
    selector: String,
    inner: DkimKey,
}

/// The key stays out of every log.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key {{ selector: {:?} }}", self.selector)
    }
}

impl Key {
    /// An RSA key of 2048 to 4096 bits in PEM, as PKCS #1 (`BEGIN RSA PRIVATE KEY`) or PKCS #8 (`BEGIN PRIVATE KEY`).
    pub fn rsa(selector: &str, pem: &str) -> Result<Key, KeyError> {
        let selector = checked(selector)?;
        let der = PrivateKeyDer::from_pem_slice(pem.as_bytes()).map_err(|_| KeyError::Pem)?;
        let key = RsaKey::<Sha256>::from_key_der(der).map_err(|why| KeyError::Rsa(why.to_string()))?;
        Ok(Key { selector, inner: key.into() })
    }

    /// The Ed25519 key of 32 random bytes, which the caller makes and keeps.
    pub fn ed25519(selector: &str, seed: &[u8; 32]) -> Result<Key, KeyError> {
        let selector = checked(selector)?;
        let pkcs8 = [&ED25519_PKCS8[..], seed].concat();
        let key =
            Ed25519Key::from_pkcs8_maybe_unchecked_der(&pkcs8).map_err(|why| KeyError::Ed25519(why.to_string()))?;
        Ok(Key { selector, inner: key.into() })
    }

    pub fn selector(&self) -> &str {
        &self.selector
    }

    /// The record by which receivers find the public half of the key.
    pub fn record(&self, domain: &str) -> Record {
        match &self.inner {
            DkimKey::Rsa(key) => Record::rsa(&self.selector, domain, &key.public_key()),
            DkimKey::Ed25519(key) => Record::ed25519(&self.selector, domain, &key.public_key()),
        }
    }

    pub(super) fn inner(&self) -> &DkimKey {
        &self.inner
    }
}

/// A selector is one or more labels of the DNS (RFC 6376 §3.1).
fn checked(selector: &str) -> Result<String, KeyError> {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let fits = selector.len() <= 100 && selector.split('.').all(is_label);
    if fits { Ok(selector.to_ascii_lowercase()) } else { Err(KeyError::Selector(selector.to_owned())) }
}

/// Why a key or a signer cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyError {
    Selector(String),
    SelectorTwice(String),
    Domain(String),
    NoKey,
    /// The text is not a private key in PEM, or is encrypted.
    Pem,
    /// What the library says about an RSA key.
    Rsa(String),
    /// What the library says about an Ed25519 key.
    Ed25519(String),
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            KeyError::Selector(selector) => {
                write!(f, "{selector:?} is not a selector; expected letters, digits and hyphens, such as a2026")
            }
            KeyError::SelectorTwice(selector) => {
                write!(f, "two keys have the selector {selector}: each selector belongs to one key")
            }
            KeyError::Domain(domain) => write!(f, "{domain:?} is not a domain name; expected one such as example.org"),
            KeyError::NoKey => write!(f, "no key to sign with"),
            KeyError::Pem => write!(
                f,
                "not a private key in PEM; expected `-----BEGIN PRIVATE KEY-----` or `-----BEGIN RSA PRIVATE KEY-----`, \
                 without a password"
            ),
            KeyError::Rsa(why) => write!(f, "not an RSA key of 2048 to 4096 bits: {why}"),
            KeyError::Ed25519(why) => write!(f, "not an Ed25519 key: {why}"),
        }
    }
}

impl std::error::Error for KeyError {}
