//! The e-mail address of a lead, in one place for lists, exports, counts, webhooks and consent.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::address::canonical;
use attractor_live::profile::Profile;
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

/// The leads whose address is known by public messages alone and was not confirmed by a live grant of consent. `addresses`
/// are those of the rows.
pub fn unconfirmed(
    connection: &mut Connection,
    rows: &[leads::Lead],
    addresses: &BTreeMap<LeadId, String>,
    profiles: &BTreeMap<LeadId, Profile>,
) -> Result<BTreeSet<LeadId>, Error> {
    let (mut unconfirmed, mut by_name) = (BTreeSet::new(), BTreeMap::new());
    for row in rows {
        let profile = profiles.get(&row.id);
        match addresses.get(&row.id) {
            // An address that the attribute does not hold is a user id; its messages know who sent it.
            Some(email) if row.email.is_none() && profile.and_then(|known| known.confirmed.as_ref()) != Some(email) => {
                by_name.insert(email.as_str(), row.id);
            }
            _ if profile.is_some_and(Profile::is_unconfirmed) => drop(unconfirmed.insert(row.id)),
            _ => {}
        }
    }
    let public = public_alone(connection, by_name.keys().copied())?;
    unconfirmed.extend(by_name.iter().filter(|(email, _)| public.contains(**email)).map(|(_, lead)| *lead));
    Ok(unconfirmed)
}

/// Those of the addresses that only messages of public keys gave.
fn public_alone<'a>(
    connection: &mut Connection,
    addresses: impl Iterator<Item = &'a str>,
) -> Result<BTreeSet<String>, Error> {
    let keys: Vec<_> = addresses.map(|address| (IdentityKind::Email, address)).collect();
    if keys.is_empty() {
        return Ok(BTreeSet::new());
    }
    let found = identities::find(connection, &keys)?;
    let ids: Vec<_> = found.iter().map(|identity| identity.id).collect();
    let claims = identities::claims_of_emails(connection, &ids)?;
    let known: BTreeSet<_> = claims.iter().filter(|claim| !claim.public).map(|claim| claim.email).collect();
    let public = |address: &str| !found.iter().any(|one| one.text == address && known.contains(&one.id));
    Ok(keys.iter().filter(|(_, address)| public(address)).map(|(_, address)| (*address).to_owned()).collect())
}
