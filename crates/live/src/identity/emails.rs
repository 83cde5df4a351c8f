//! Who owns an e-mail: the strongest of its claims (contract §2, Who 6).

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::{Rank, contested};
use attractor_store::identities::{self, Claim};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, Received};

use crate::identity::identities::Identities;
use crate::identity::keys::NewEvent;
use crate::identity::{settle, ties};

/// The claims of the e-mails that a group of messages speaks of.
#[derive(Default)]
pub struct Claims {
    by_email: BTreeMap<IdentityId, Vec<Claim>>,
    /// What the group adds, by e-mail and person, until it is saved.
    unsaved: BTreeMap<(IdentityId, IdentityId), Claim>,
}

impl Claims {
    pub fn save(&mut self, connection: &mut Connection) -> Result<(), Error> {
        let claims: Vec<Claim> = std::mem::take(&mut self.unsaved).into_values().collect();
        if claims.is_empty() { Ok(()) } else { identities::save_claims(connection, &claims) }
    }
}

pub fn rank(claim: &Claim) -> Rank {
    Rank::new(claim.email == claim.person, claim.public, claim.received.0 as u64)
}

/// Keeps the stronger of two messages by which one person claims an e-mail, each with its number and whether it is public. `is_own` says that the e-mail came by itself.
pub fn keep_stronger(best: &mut (Received, bool), claim: (Received, bool), is_own: bool) {
    let rank = |(received, public): (Received, bool)| Rank::new(is_own, public, received.0 as u64);
    if rank(claim) < rank(*best) {
        *best = claim;
    }
}

/// Whose an e-mail with these claims is: a user's identity, or its own; `None` without claims.
pub fn owner(claims: &[Claim]) -> Option<IdentityId> {
    claims.iter().min_by_key(|claim| (rank(claim), claim.person)).map(|claim| claim.person)
}

/// Reads the claims of e-mails; of those made just now there are none.
pub fn load_claims(
    identities: &Identities,
    connection: &mut Connection,
    emails: &BTreeSet<IdentityId>,
) -> Result<Claims, Error> {
    let stored: Vec<IdentityId> = emails.iter().copied().filter(|email| !identities.made().contains(email)).collect();
    let mut claims = Claims::default();
    if !stored.is_empty() {
        for claim in identities::claims_of_emails(connection, &stored)? {
            claims.by_email.entry(claim.email).or_default().push(claim);
        }
    }
    Ok(claims)
}

/// Takes in that an e-mail came with a user, or by itself.
pub fn claim(
    identities: &mut Identities,
    connection: &mut Connection,
    claims: &mut Claims,
    claim: Claim,
) -> Result<(), Error> {
    let known = claims.by_email.entry(claim.email).or_default();
    if known.iter().any(|other| other.person == claim.person && rank(other) <= rank(&claim)) {
        return Ok(());
    }
    let before = owner(known);
    known.retain(|other| other.person != claim.person);
    known.push(claim);
    let now = owner(known);
    claims.unsaved.insert((claim.email, claim.person), claim);
    let is_own = |person: Option<IdentityId>| person.is_none_or(|person| person == claim.email);
    match now {
        _ if now == before || is_own(before) && is_own(now) => Ok(()),
        Some(user) if is_own(before) => ties::unite(identities, connection, claim.email, user),
        _ => {
            claims.save(connection)?;
            let users = before.into_iter().chain(now).filter(|person| *person != claim.email);
            settle::settle_with(identities, connection, users.collect(), [claim.email].into())
        }
    }
}

/// Marks the public messages whose e-mail belongs to another lead: they do not set it as the attribute.
pub fn mark_new_lost(
    identities: &mut Identities,
    connection: &mut Connection,
    new_events: &mut [NewEvent],
) -> Result<(), Error> {
    let contested: BTreeSet<(IdentityKind, String)> = new_events
        .iter()
        .filter_map(|event| Some((IdentityKind::Email, contested(&event.message)?.to_owned())))
        .collect();
    if contested.is_empty() {
        return Ok(());
    }
    let ids = identities.find(connection, &contested.iter().map(|(kind, text)| (*kind, text.as_str())).collect())?;
    for event in new_events {
        let Some(email) = contested_of(event) else { continue };
        let owner = ids.get(&email).map(|id| identities.get(*id).map(|email| email.lead)).transpose()?;
        event.lost = owner.is_some_and(|lead| identities.get(event.identity).is_ok_and(|own| own.lead != lead));
    }
    Ok(())
}

fn contested_of(event: &NewEvent) -> Option<(IdentityKind, String)> {
    contested(&event.message).map(|email| (IdentityKind::Email, email.to_owned()))
}
