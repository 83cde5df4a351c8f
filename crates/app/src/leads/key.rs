//! How a message about a lead names it.

use attractor_store::identities;
use attractor_store::{Connection, Error, IdentityKind, leads};
use serde_json::{Value, json};

use super::find;

/// The key that a message about a lead carries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeadKey {
    /// `userId` or `anonymousId`.
    pub field: &'static str,
    pub text: String,
    /// The e-mail of a lead whose key is not tied to it yet: an `identify` with both goes before.
    untied: Option<String>,
}

impl LeadKey {
    /// The key of a lead. Somebody known by an e-mail alone has no key that a `track` may carry; a visitor of its own stands
    /// for it.
    pub fn of(connection: &mut Connection, lead: &leads::Lead) -> Result<LeadKey, Error> {
        let own = |field| LeadKey { field, text: lead.name.clone(), untied: None };
        match lead.kind {
            IdentityKind::User => Ok(own("userId")),
            IdentityKind::Visitor => Ok(own("anonymousId")),
            IdentityKind::Email => {
                let visitor = format!("by hand: {}", lead.name);
                let found = identities::find(connection, &[(IdentityKind::Visitor, visitor.as_str())])?;
                let tied = found.first().map(|identity| find::owner(connection, identity)).transpose()?;
                let untied = (tied != Some(lead.id)).then(|| lead.name.clone());
                Ok(LeadKey { field: "anonymousId", text: visitor, untied })
            }
        }
    }

    /// The `identify` that goes before the first message with this key, where one has to.
    pub fn tie(&self) -> Option<Value> {
        let email = self.untied.as_ref()?;
        Some(json!({"type": "identify", "anonymousId": self.text, "traits": {"email": email}}))
    }

    /// The key of somebody with this user id.
    #[cfg(test)]
    pub fn user(id: &str) -> LeadKey {
        LeadKey { field: "userId", text: id.to_owned(), untied: None }
    }
}
