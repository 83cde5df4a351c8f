//! The e-mail address of a lead, in one place for lists, exports, counts, webhooks and consent.

use std::collections::BTreeMap;

use attractor_engine::address::canonical;
use attractor_store::identities;
use attractor_store::{Connection, Error, IdentityKind, LeadId, leads};

/// The address of each lead that has one, in canonical form: its attribute `email`, else an e-mail that it is known by
/// (contract §2, Who 2: a `userId` that is an e-mail is also one of its lead's).
pub fn of(connection: &mut Connection, rows: &[leads::Lead]) -> Result<BTreeMap<LeadId, String>, Error> {
    let mut addresses = BTreeMap::new();
    let mut named: BTreeMap<String, LeadId> = BTreeMap::new();
    for row in rows {
        match (&row.email, row.kind) {
            (Some(email), _) => drop(addresses.insert(row.id, email.clone())),
            (None, IdentityKind::Email) => drop(addresses.insert(row.id, row.name.clone())),
            (None, IdentityKind::User) => named.extend(canonical(&row.name).map(|email| (email, row.id))),
            (None, IdentityKind::Visitor) => {}
        }
    }
    // Another user may have the e-mail that a user id spells.
    let keys: Vec<_> = named.keys().map(|email| (IdentityKind::Email, email.as_str())).collect();
    if !keys.is_empty() {
        for identity in identities::find(connection, &keys)? {
            let owner = named.get(&identity.text).filter(|lead| **lead == identity.lead);
            addresses.extend(owner.map(|lead| (*lead, identity.text)));
        }
    }
    Ok(addresses)
}

/// The address of one lead.
pub fn of_one(connection: &mut Connection, row: &leads::Lead) -> Result<Option<String>, Error> {
    Ok(of(connection, std::slice::from_ref(row))?.remove(&row.id))
}

/// Whether every message that gave this address came with a public key.
pub fn is_public_alone(connection: &mut Connection, address: &str) -> Result<bool, Error> {
    let found = identities::find(connection, &[(IdentityKind::Email, address)])?;
    let ids: Vec<_> = found.iter().map(|identity| identity.id).collect();
    Ok(identities::claims_of_emails(connection, &ids)?.iter().all(|claim| claim.public))
}
