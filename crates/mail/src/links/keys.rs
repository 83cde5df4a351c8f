use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use data_encoding::{BASE32_NOPAD, BASE64URL_NOPAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::token::{Purpose, Token};
use super::{Error, MAX_TOKEN, fields};

const VERSION: u8 = 1;

/// Bytes of the MAC in a token.
const MAC: usize = 16;

/// Bytes before the fields: version and purpose, key.
const HEAD: usize = 2;

/// What every MAC begins with, so that no MAC made with the same secret for something else is one of a token.
const CONTEXT: &[u8] = b"attractor token\0";

/// The number of a key, which is in each token that it signed. It narrows down the keys to try; keys of two installations may
/// have the same number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct KeyId(pub u8);

/// 32 random bytes, which the caller makes and keeps. Never printed.
#[derive(Clone)]
pub struct Secret([u8; 32]);

impl Secret {
    pub fn new(bytes: [u8; 32]) -> Secret {
        Secret(bytes)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The keys of an installation. One signs, all are read: a token stays readable for as long as its key is kept.
#[derive(Clone)]
pub struct Keys {
    current: KeyId,
    signing: Hmac<Sha256>,
    /// The state of each key's HMAC after its key block, so that a token costs no second look at the key. An archive brings
    /// the keys of the installation that it was made of, which gave out numbers of its own: so a number may have several.
    macs: BTreeMap<KeyId, Vec<Hmac<Sha256>>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<u8> = self.macs.iter().flat_map(|(id, macs)| macs.iter().map(|_| id.0)).collect();
        write!(f, "Keys {{ current: {}, numbers: {numbers:?} }}", self.current.0)
    }
}

impl Keys {
    /// The key that signs, and the others that are read.
    ///
    /// Fails with [`Error::KeyTwice`] where two keys have one number and one secret.
    pub fn new(signing: (KeyId, Secret), others: impl IntoIterator<Item = (KeyId, Secret)>) -> Result<Keys, Error> {
        let (current, mac) = (signing.0, keyed(&signing.1));
        let mut macs: BTreeMap<KeyId, Vec<Hmac<Sha256>>> = BTreeMap::new();
        let mut known = BTreeSet::new();
        for (id, secret) in std::iter::once(signing).chain(others) {
            if !known.insert((id, secret.0)) {
                return Err(Error::KeyTwice(id));
            }
            macs.entry(id).or_default().push(keyed(&secret));
        }
        Ok(Keys { current, signing: mac, macs })
    }

    /// The token as text, signed with the current key. The same token gives the same text.
    pub fn sign(&self, token: &Token) -> String {
        let purpose = token.purpose();
        let mut bytes = Vec::with_capacity(64);
        bytes.extend([VERSION << 4 | purpose as u8, self.current.0]);
        fields::write(token, &mut bytes);
        let mac = self.signing.clone().chain_update(&bytes).finalize().into_bytes();
        bytes.extend(&mac[..MAC]);
        match purpose.is_caseless() {
            true => BASE32_NOPAD.encode(&bytes).to_ascii_lowercase(),
            false => BASE64URL_NOPAD.encode(&bytes),
        }
    }

    /// Reads a token that was signed for this purpose.
    ///
    /// Fails with [`Error::Malformed`], [`Error::UnknownVersion`], [`Error::UnknownKey`], [`Error::BadSignature`] or
    /// [`Error::WrongPurpose`]. A purpose is only called wrong where the token is genuine. The MACs are compared in constant
    /// time.
    pub fn read(&self, purpose: Purpose, text: &str) -> Result<Token, Error> {
        let bytes = decode(purpose, text)?;
        let (signed, mac) = bytes.split_last_chunk::<MAC>().ok_or(Error::Malformed)?;
        let [first, key, fields @ ..] = signed else { return Err(Error::Malformed) };
        if first >> 4 != VERSION {
            return Err(Error::UnknownVersion(first >> 4));
        }
        let found = Purpose::numbered(first & 0x0f).ok_or(Error::Malformed)?;
        let key = KeyId(*key);
        let macs = self.macs.get(&key).ok_or(Error::UnknownKey(key))?;
        if !macs.iter().any(|of| of.clone().chain_update(signed).verify_truncated_left(mac).is_ok()) {
            return Err(Error::BadSignature);
        }
        if found != purpose {
            return Err(Error::WrongPurpose { expected: purpose, found });
        }
        fields::read(found, fields).ok_or(Error::Malformed)
    }
}

/// HMAC takes a key of one block, a shorter key with zeros behind it (RFC 2104 §2).
fn keyed(secret: &Secret) -> Hmac<Sha256> {
    let mut block = [0; 64];
    block[..secret.0.len()].copy_from_slice(&secret.0);
    <Hmac<Sha256> as KeyInit>::new(&block.into()).chain_update(CONTEXT)
}

/// The bytes of a token. There is one text for the same bytes: trailing bits that are not zero are refused.
fn decode(purpose: Purpose, text: &str) -> Result<Vec<u8>, Error> {
    if text.len() > MAX_TOKEN {
        return Err(Error::Malformed);
    }
    let decoded = match purpose.is_caseless() {
        true => BASE32_NOPAD.decode(text.to_ascii_uppercase().as_bytes()),
        false => BASE64URL_NOPAD.decode(text.as_bytes()),
    };
    decoded.ok().filter(|bytes| bytes.len() > HEAD + MAC).ok_or(Error::Malformed)
}
