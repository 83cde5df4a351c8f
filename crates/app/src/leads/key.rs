//! How a message about a lead names it.

use std::collections::{BTreeMap, BTreeSet};

use attractor_store::identities;
use attractor_store::{Connection, Error, IdentityKind, LeadId, leads};
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
        let key = LeadKey::of_all(connection, std::slice::from_ref(&lead))?.remove(&lead.id);
        Ok(key.unwrap_or_else(|| LeadKey::by_name(lead)))
    }

    /// The keys of several leads at once.
    pub fn of_all(connection: &mut Connection, leads: &[&leads::Lead]) -> Result<BTreeMap<LeadId, LeadKey>, Error> {
        let mut keys: BTreeMap<LeadId, LeadKey> = leads.iter().map(|lead| (lead.id, LeadKey::by_name(lead))).collect();
        let visitors: BTreeSet<&str> =
            keys.values().filter(|key| key.untied.is_some()).map(|key| key.text.as_str()).collect();
        if visitors.is_empty() {
            return Ok(keys);
        }
        let asked: Vec<(IdentityKind, &str)> = visitors.into_iter().map(|text| (IdentityKind::Visitor, text)).collect();
        let found = identities::find(connection, &asked)?;
        let owners = find::owners(connection, &found)?;
        let tied: BTreeMap<&str, LeadId> =
            found.iter().filter_map(|one| Some((one.text.as_str(), *owners.get(&one.id)?))).collect();
        for (lead, key) in &mut keys {
            key.untied.take_if(|_| tied.get(key.text.as_str()) == Some(lead));
        }
        Ok(keys)
    }

    /// As if nothing were tied.
    fn by_name(lead: &leads::Lead) -> LeadKey {
        let own = |field| LeadKey { field, text: lead.name.clone(), untied: None };
        match lead.kind {
            IdentityKind::User => own("userId"),
            IdentityKind::Visitor => own("anonymousId"),
            IdentityKind::Email => {
                let text = format!("by hand: {}", lead.name);
                LeadKey { field: "anonymousId", text, untied: Some(lead.name.clone()) }
            }
        }
    }

    /// The `identify` that goes before the first message with this key, where one has to.
    pub fn tie(&self) -> Option<Value> {
        let email = self.untied.as_ref()?;
        Some(json!({"type": "identify", "anonymousId": self.text, "traits": {"email": email}}))
    }

    /// The same as a public message: it must not confirm the address.
    pub fn public_tie(&self) -> Option<Value> {
        let mut tie = self.tie()?;
        tie["context"] = json!({"public": true});
        Some(tie)
    }

    /// The key of somebody with this user id.
    #[cfg(test)]
    pub fn user(id: &str) -> LeadKey {
        LeadKey { field: "userId", text: id.to_owned(), untied: None }
    }
}
