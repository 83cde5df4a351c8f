//! The numbers in rows that name something. Each kind has its own type, because the compiler does not notice when two bare
//! integers change places.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::value::{Row, Value};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            pub(crate) fn read(row: &Row, place: usize) -> Result<$name, Error> {
                row.integer(place).map($name)
            }

            #[allow(dead_code, reason = "not every id has a column that may be null")]
            pub(crate) fn read_or_null(row: &Row, place: usize) -> Result<Option<$name>, Error> {
                Ok(row.integer_or_null(place)?.map($name))
            }
        }

        impl From<$name> for Value<'_> {
            fn from(number: $name) -> Self {
                Value::Integer(number.0)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<$name, ParseIntError> {
                text.parse().map($name)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// The id of a lead: its internal number, which the API shows as `id`. It stays when the lead gets another name.
    ///
    /// ```
    /// use attractor_store::{IdentityId, LeadId};
    ///
    /// let visitor = IdentityId(2 * 256 + 7);
    /// assert_eq!(LeadId::begun_with(visitor), LeadId(2 * 256 + 7));
    /// assert_eq!(LeadId::begun_with(visitor).bucket(), visitor.bucket());
    /// ```
    LeadId

    /// The number of an identity: of a user's id, an e-mail or a visitor by which messages come.
    ///
    /// The number of a lead is that of the identity that it began with, so that both are given out by one sequence.
    ///
    /// ```
    /// use attractor_store::IdentityId;
    ///
    /// assert_eq!(IdentityId(2 * 256 + 7).bucket(), 7);
    /// ```
    IdentityId

    /// The number of a message in the order received, over all leads: 1 is the first.
    ///
    /// ```
    /// use attractor_store::Received;
    ///
    /// assert!(Received(7) < Received(7).next());
    /// ```
    Received

    /// The number of a move in the log, over all leads: 1 is the first. Later moves have higher numbers.
    ///
    /// ```
    /// use attractor_store::MoveNumber;
    ///
    /// assert_eq!(MoveNumber(7).next(), MoveNumber(8));
    /// assert_eq!(MoveNumber(7).to_string(), "7");
    /// ```
    MoveNumber

    /// The id of a broadcast.
    BroadcastId

    /// The id of a call that sales is to make. Later ones have higher ids, and none comes twice.
    CallId

    /// The id of a change of a pace. Later ones have higher ids.
    PaceChangeId

    /// The id of an outbound webhook.
    WebhookId

    /// The number of a delivery, over all webhooks: later ones have higher numbers.
    DeliveryNumber

    /// The number of a state of the draft: it grows with every change of the draft and comes once.
    DraftNumber

    /// The number of an import, which no other import ever has.
    ImportId

    /// The id of a key of a program, revoked ones included.
    KeyId

    /// The id of a user, disabled ones included.
    UserId

    /// The number of a published version of the playbook: 1 is the first, 0 stands for none.
    ///
    /// ```
    /// use attractor_store::VersionNumber;
    ///
    /// assert_eq!(VersionNumber::NONE.next(), VersionNumber(1));
    /// assert!(VersionNumber(2) < VersionNumber::MAX);
    /// ```
    VersionNumber

    /// The number of an entry of the audit log. Later entries have higher numbers.
    EntryNumber

    /// The number of a mail to a member of the team. Later ones have higher numbers.
    LetterNumber

    /// The number of a claim: one sender's, for one copy, once. Each holder of the store numbers its claims from its epoch
    /// on, so that no two have the same.
    ///
    /// ```
    /// use attractor_store::ClaimNumber;
    ///
    /// assert!(ClaimNumber::first(7) > ClaimNumber::first(6).next());
    /// ```
    ClaimNumber
}

impl ClaimNumber {
    /// Before the claims of the holder of the store with this epoch, and behind those of earlier holders.
    pub fn first(epoch: i64) -> ClaimNumber {
        ClaimNumber(epoch << 32)
    }

    /// The number after this one.
    pub fn next(self) -> ClaimNumber {
        ClaimNumber(self.0 + 1)
    }
}

impl LeadId {
    /// No lead: a lead that became nobody has this as its heir. Lists also begin behind it.
    pub const NOBODY: LeadId = LeadId(0);
    /// Behind every lead of a bucket.
    pub const MAX: LeadId = LeadId(i64::MAX);

    /// The lead that a new identity is alone in: it has the same number.
    pub fn begun_with(identity: IdentityId) -> LeadId {
        LeadId(identity.0)
    }

    /// The first column of every table about identities and leads.
    pub fn bucket(self) -> i64 {
        bucket(self.0)
    }
}

impl IdentityId {
    /// The first column of every table about identities and leads.
    pub fn bucket(self) -> i64 {
        bucket(self.0)
    }
}

impl Received {
    /// Behind every message.
    pub const MAX: Received = Received(i64::MAX);

    /// The number after this one.
    pub fn next(self) -> Received {
        Received(self.0 + 1)
    }
}

impl DeliveryNumber {
    /// Behind every delivery.
    pub const MAX: DeliveryNumber = DeliveryNumber(i64::MAX);
}

impl DraftNumber {
    /// The number after this one.
    pub fn next(self) -> DraftNumber {
        DraftNumber(self.0 + 1)
    }
}

impl BroadcastId {
    /// Behind every broadcast.
    pub const MAX: BroadcastId = BroadcastId(i64::MAX);
}

impl CallId {
    /// Behind every call.
    pub const MAX: CallId = CallId(i64::MAX);
}

impl ImportId {
    /// Behind every import.
    pub const MAX: ImportId = ImportId(i64::MAX);
}

impl EntryNumber {
    /// Behind every entry.
    pub const MAX: EntryNumber = EntryNumber(i64::MAX);
}

impl VersionNumber {
    /// No version: nothing was published yet.
    pub const NONE: VersionNumber = VersionNumber(0);
    /// Behind every version.
    pub const MAX: VersionNumber = VersionNumber(i64::MAX);

    /// The number after this one.
    pub fn next(self) -> VersionNumber {
        VersionNumber(self.0 + 1)
    }
}

impl MoveNumber {
    /// Before every move.
    pub const START: MoveNumber = MoveNumber(0);
    /// Behind every move.
    pub const MAX: MoveNumber = MoveNumber(i64::MAX);

    /// The number after this one.
    pub fn next(self) -> MoveNumber {
        MoveNumber(self.0 + 1)
    }

    /// How many numbers lie between an earlier one and this one, this one included; 0 if the other is later.
    pub fn since(self, earlier: MoveNumber) -> i64 {
        self.0.saturating_sub(earlier.0).max(0)
    }
}

/// The bucket of an id: its last byte.
fn bucket(id: i64) -> i64 {
    id & 255
}
