//! The kinds of identities.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind};
use crate::value::{Row, Value};

/// By what a message names a person. The order is that in which identities name a lead: a user id first.
///
/// ```
/// use attractor_store::IdentityKind;
///
/// assert_eq!(IdentityKind::Visitor.to_string(), "visitor");
/// assert!(IdentityKind::User < IdentityKind::Email);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IdentityKind {
    /// A user id.
    User,
    /// An e-mail address.
    Email,
    /// The id of a visitor who may not be known yet.
    Visitor,
}

impl IdentityKind {
    pub const ALL: [IdentityKind; 3] = [IdentityKind::User, IdentityKind::Email, IdentityKind::Visitor];

    /// The number that tables, archives and the hashes of erased identities have for it. It never changes.
    pub const fn number(self) -> i64 {
        match self {
            IdentityKind::User => 0,
            IdentityKind::Email => 1,
            IdentityKind::Visitor => 2,
        }
    }

    /// The kind with this number.
    pub fn numbered(number: i64) -> Option<IdentityKind> {
        IdentityKind::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// As the API and exports spell it.
    pub const fn name(self) -> &'static str {
        match self {
            IdentityKind::User => "user",
            IdentityKind::Email => "email",
            IdentityKind::Visitor => "visitor",
        }
    }

    pub(crate) fn read(row: &Row, place: usize) -> Result<IdentityKind, Error> {
        let number = row.integer(place)?;
        IdentityKind::numbered(number)
            .ok_or_else(|| Error::new(Kind::Other, format!("the database gave {number} as the kind of an identity")))
    }
}

impl From<IdentityKind> for Value<'_> {
    fn from(kind: IdentityKind) -> Self {
        Value::Integer(kind.number())
    }
}

impl fmt::Display for IdentityKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error as ValueError, StrDeserializer};

    use super::*;

    #[test]
    fn every_kind_is_read_as_it_is_stored_and_shown() {
        let stored = IdentityKind::ALL.map(IdentityKind::number);
        assert_eq!(stored, [0, 1, 2], "stores and archives have these numbers");
        for kind in IdentityKind::ALL {
            assert_eq!(IdentityKind::numbered(kind.number()), Some(kind));
            let spelled: StrDeserializer<ValueError> = kind.name().into_deserializer();
            assert_eq!(IdentityKind::deserialize(spelled), Ok(kind));
        }
        for wrong in [-1, 3, i64::MAX] {
            assert_eq!(IdentityKind::numbered(wrong), None);
        }
    }
}
