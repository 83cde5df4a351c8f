use std::fmt;

use sha2::{Digest, Sha256};

use super::{Error, MAX_ID, MAX_NAME};

/// What a token is for. The purpose is in the token and under its MAC, so no token serves two purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Purpose {
    Click = 0,
    Open = 1,
    Unsubscribe = 2,
    Preferences = 3,
    Confirm = 4,
    Download = 5,
    Attractor = 6,
    Visitor = 7,
    ReturnPath = 8,
    Form = 9,
    Message = 10,
}

impl Purpose {
    pub const ALL: [Purpose; 11] = [
        Purpose::Click,
        Purpose::Open,
        Purpose::Unsubscribe,
        Purpose::Preferences,
        Purpose::Confirm,
        Purpose::Download,
        Purpose::Attractor,
        Purpose::Visitor,
        Purpose::ReturnPath,
        Purpose::Form,
        Purpose::Message,
    ];

    /// The purpose as people read it in an error.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Click => "a click",
            Purpose::Open => "an open",
            Purpose::Unsubscribe => "unsubscribing",
            Purpose::Preferences => "preferences",
            Purpose::Confirm => "a confirmation",
            Purpose::Download => "a download",
            Purpose::Attractor => "a declared attractor",
            Purpose::Visitor => "a visitor",
            Purpose::ReturnPath => "a return path",
            Purpose::Form => "a form",
            Purpose::Message => "the id of a mail",
        }
    }

    /// Whether it stands where the case of letters may change.
    pub(super) fn is_caseless(self) -> bool {
        matches!(self, Purpose::ReturnPath | Purpose::Message)
    }

    pub(super) fn numbered(number: u8) -> Option<Purpose> {
        Purpose::ALL.get(usize::from(number)).copied()
    }
}

/// The bytes by which the caller finds a row: 1 to [`MAX_ID`] of them. Tokens do not look inside.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    length: u8,
    bytes: [u8; MAX_ID],
}

impl Id {
    /// Fails with [`Error::IdLength`] where the bytes are none or too many.
    pub fn new(bytes: &[u8]) -> Result<Id, Error> {
        let length = u8::try_from(bytes.len()).ok().filter(|length| (1..=MAX_ID).contains(&usize::from(*length)));
        let length = length.ok_or(Error::IdLength(bytes.len()))?;
        let mut id = Id { length, bytes: [0; MAX_ID] };
        id.bytes[..bytes.len()].copy_from_slice(bytes);
        Ok(id)
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl From<u64> for Id {
    /// The number's 8 bytes, the highest first.
    fn from(number: u64) -> Id {
        Id::from_array(number.to_be_bytes())
    }
}

impl From<[u8; 16]> for Id {
    fn from(bytes: [u8; 16]) -> Id {
        Id::from_array(bytes)
    }
}

impl Id {
    fn from_array<const N: usize>(array: [u8; N]) -> Id {
        const { assert!(N >= 1 && N <= MAX_ID) };
        let mut bytes = [0; MAX_ID];
        bytes[..N].copy_from_slice(&array);
        Id { length: N as u8, bytes }
    }
}

/// The id of a copy in tokens. `tag` is random and belongs to what was sent, so that after a restore on another machine,
/// where running numbers are given out again, the link of one copy never leads to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CopyId {
    /// The lead that the copy was asked for: the row is found by it.
    pub lead: i64,
    pub tag: i64,
}

/// The keyed hash of an address, whole: the suppression of an address whose lead was erased is written with it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddressHash(pub [u8; 32]);

impl fmt::Debug for AddressHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AddressHash({})", data_encoding::HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({})", data_encoding::HEXLOWER.encode(self.as_bytes()))
    }
}

/// The id of a subscription or topic: 1 to [`MAX_NAME`] bytes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(String);

impl Name {
    /// Fails with [`Error::NameLength`] where the name is empty or too long.
    pub fn new(name: &str) -> Result<Name, Error> {
        let fits = (1..=MAX_NAME).contains(&name.len());
        fits.then(|| Name(name.to_owned())).ok_or(Error::NameLength(name.len()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What one click of the unsubscribe link ends: frozen with the copy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Every mail that needs consent.
    All,
    Subscription(Name),
    Topic(Name),
}

/// Whole seconds since 1970-01-01T00:00:00Z. A token needs nothing finer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Second(pub u32);

/// What a token says. All fields are under the MAC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Token {
    /// The link at this position of this copy: it redirects to the URL that is stored with the copy.
    Click { link: u16, copy: CopyId },
    /// The pixel of this copy.
    Open { copy: CopyId },
    /// Unsubscribing from a copy. `address` is the address to which the copy went, so that the link works after the lead and
    /// the copy were erased; the copy may then be unknown.
    Unsubscribe { scope: Scope, address: AddressHash, copy: CopyId },
    /// The preference page of this lead at this address. The caller compares `address` with what it knows of the lead, so
    /// that erasure voids the token.
    Preferences { address: AddressHash, lead: Id },
    /// The confirmation of this grant of consent, form submission or address.
    Confirm { request: Id },
    /// This asset, for the request that was confirmed.
    Download { asset: Id, request: Id },
    /// The declared attractor at this link position of this copy, which works without measuring.
    Attractor { link: u16, copy: CopyId },
    /// The click that ties a visitor. The caller lets it be used once.
    Visitor { click: Id },
    /// The return path of this copy: a bounce to this address is this copy's.
    ReturnPath { copy: CopyId },
    /// This form was served by us at this second.
    Form { served: Second, form: Id },
    /// The `Message-ID` of this copy. The copy is named by its lead and the beginning of a hash of its `send_id`, and not by
    /// its tag: a copy that is composed anew keeps its id.
    Message { lead: i64, copy: [u8; 8] },
}

impl Token {
    /// Of the `Message-ID` of the copy of a lead with this `send_id`.
    pub fn of_message(lead: i64, send_id: &str) -> Token {
        let hash = Sha256::new_with_prefix(b"attractor copy\0").chain_update(send_id).finalize();
        Token::Message { lead, copy: std::array::from_fn(|place| hash[place]) }
    }

    pub fn purpose(&self) -> Purpose {
        match self {
            Token::Click { .. } => Purpose::Click,
            Token::Open { .. } => Purpose::Open,
            Token::Unsubscribe { .. } => Purpose::Unsubscribe,
            Token::Preferences { .. } => Purpose::Preferences,
            Token::Confirm { .. } => Purpose::Confirm,
            Token::Download { .. } => Purpose::Download,
            Token::Attractor { .. } => Purpose::Attractor,
            Token::Visitor { .. } => Purpose::Visitor,
            Token::ReturnPath { .. } => Purpose::ReturnPath,
            Token::Form { .. } => Purpose::Form,
            Token::Message { .. } => Purpose::Message,
        }
    }
}
