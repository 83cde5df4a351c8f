use std::fmt;

use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

use super::record::Record;

/// A private key and the selector under which its public half is found.
pub struct Key {
    selector: String,
    pair: Pair,
}

enum Pair {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
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
        let pair = match &der {
            PrivateKeyDer::Pkcs1(der) => RsaKeyPair::from_der(der.secret_pkcs1_der()),
            PrivateKeyDer::Pkcs8(der) => RsaKeyPair::from_pkcs8(der.secret_pkcs8_der()),
            _ => return Err(KeyError::Pem),
        };
        let pair = pair.map_err(|why| KeyError::Rsa(why.to_string()))?;
        Ok(Key { selector, pair: Pair::Rsa(pair) })
    }

    /// The Ed25519 key of 32 random bytes, which the caller makes and keeps.
    pub fn ed25519(selector: &str, seed: &[u8; 32]) -> Result<Key, KeyError> {
        let selector = checked(selector)?;
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|why| KeyError::Ed25519(why.to_string()))?;
        Ok(Key { selector, pair: Pair::Ed25519(pair) })
    }

    pub fn selector(&self) -> &str {
        &self.selector
    }

    /// The record by which receivers find the public half of the key.
    pub fn record(&self, domain: &str) -> Record {
        match &self.pair {
            Pair::Rsa(pair) => Record::rsa(&self.selector, domain, pair.public().as_ref()),
            Pair::Ed25519(pair) => Record::ed25519(&self.selector, domain, pair.public_key().as_ref()),
        }
    }

    /// The name of the algorithm in `a=`.
    pub(super) fn algorithm(&self) -> &'static str {
        match self.pair {
            Pair::Rsa(_) => "rsa-sha256",
            Pair::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// Signs the SHA-256 of these bytes; `None` where the key cannot. The same bytes give the same signature: `ring` asks
    /// for chance, and this padding of RSA takes nothing from it.
    pub(super) fn sign(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public().modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature).ok()?;
                Some(signature)
            }
            // Ed25519 signs the hash as its message (RFC 8463 §3).
            Pair::Ed25519(pair) => Some(pair.sign(&Sha256::digest(bytes)).as_ref().to_vec()),
        }
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
