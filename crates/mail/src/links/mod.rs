//! Signed tokens: what a link in a mail, a return path or a hidden field of a form may say.
//!
//! A [`Token`] is a purpose and ids. It never holds a URL: a redirect goes only to the URL that is stored with the copy.
//! [`Keys::sign`] writes it as text, [`Keys::read`] reads that text for one purpose and refuses everything else. Links leave
//! with a version and the number of their key, so that a link of today is read forever: keys are added, never replaced, and
//! the tests hold golden tokens.
//!
//! ```
//! use attractor_mail::links::{CopyId, KeyId, Keys, Purpose, Secret, Token};
//!
//! let keys = Keys::new((KeyId(1), Secret::new([7; 32])), [])?;
//! let click = Token::Click { copy: CopyId { lead: 414, tag: 0x6b1f }, link: 3 };
//! let text = keys.sign(&click);
//! assert_eq!(keys.read(Purpose::Click, &text), Ok(click));
//! assert!(keys.read(Purpose::Unsubscribe, &text).is_err());
//! # Ok::<(), attractor_mail::links::Error>(())
//! ```
//!
//! # Layout
//! | bytes | what |
//! | --- | --- |
//! | 1 | version in the upper half, [`Purpose`] in the lower half |
//! | 1 | number of the key |
//! | 1–178 | fields of the token, in the order of its declaration |
//! | 16 | the first half of HMAC-SHA256 over a fixed text and all bytes before it |
//!
//! Numbers have the highest byte first. A byte with the length precedes each id and name, except the last id, which takes
//! the rest; a copy's id has 16 bytes (that of a `Message-ID` too) and an address hash 32, without a length. A scope is 0 for all, or 1 (subscription) or 2 (topic) and its name.
//!
//! The bytes are written as base64url without padding (RFC 4648 §5), or for [`Purpose::ReturnPath`] and
//! [`Purpose::Message`] as base32 in lower case: mail servers may change the case of a local part, and it has at most 64
//! bytes (RFC 5321 §4.5.3.1.1). A MAC of 128
//! bits is half of its hash, the shortest that RFC 2104 §5 recommends.

mod error;
mod fields;
mod host;
mod keys;
mod token;

pub use error::Error;
pub(crate) use host::behind_scheme;
pub use host::{host, leads_to};
pub use keys::{KeyId, Keys, Secret};
pub use token::{AddressHash, CopyId, Id, Name, Purpose, Scope, Second, Token};

/// The most bytes of an [`Id`].
pub const MAX_ID: usize = 20;

/// The most bytes of the id of a subscription or topic in a token, so that the longest link stays far below the 998 bytes of
/// a line in a header.
pub const MAX_NAME: usize = 128;

/// The most characters of a token: unsubscribing with the longest name. Longer text is refused before any work is done.
pub const MAX_TOKEN: usize = 262;

/// Reads any text as a token of any purpose; the body of a fuzz target. Returns how many purposes it was read for.
pub fn read_for_every_purpose(keys: &Keys, text: &str) -> usize {
    Purpose::ALL.iter().filter(|purpose| keys.read(**purpose, text).is_ok()).count()
}
