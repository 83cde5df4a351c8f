use std::fmt;

use super::keys::KeyId;
use super::token::Purpose;
use super::{MAX_ID, MAX_NAME};

/// Why a token is refused, or cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// The text does not have the form of a token.
    Malformed,
    /// A newer program made the token.
    UnknownVersion(u8),
    /// The token names a key that this installation does not have: it is another installation's, or a key was lost.
    UnknownKey(KeyId),
    /// The token was changed, or its key is another installation's with the same number.
    BadSignature,
    /// A genuine token that was made for something else.
    WrongPurpose { expected: Purpose, found: Purpose },
    /// An id with more bytes than [`MAX_ID`], or with none.
    IdLength(usize),
    /// A name of a subscription or topic with more bytes than [`MAX_NAME`], or with none.
    NameLength(usize),
    /// A key was given twice: two keys have this number and the same secret.
    KeyTwice(KeyId),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Malformed => write!(f, "this is not one of our links: copy it whole, without blanks or line breaks"),
            Error::UnknownVersion(version) => {
                write!(f, "the link has version {version}, which this program does not know: update the program")
            }
            Error::UnknownKey(key) => {
                write!(f, "the link was signed with key {}, which this installation does not have", key.0)
            }
            Error::BadSignature => write!(f, "the link's signature does not match: it was changed or is not ours"),
            Error::WrongPurpose { expected, found } => {
                write!(f, "this is a link for {}; expected one for {}", found.name(), expected.name())
            }
            Error::IdLength(length) => write!(f, "an id in a link has 1 to {MAX_ID} bytes; this one has {length}"),
            Error::NameLength(length) => {
                write!(f, "a subscription or topic in a link has 1 to {MAX_NAME} bytes; this one has {length}")
            }
            Error::KeyTwice(key) => {
                write!(f, "two keys have the number {} and the same secret: give each key once", key.0)
            }
        }
    }
}

impl std::error::Error for Error {}
