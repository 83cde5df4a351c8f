//! Which slices of which identities' events are a lead's, after somebody turned out to be somebody else.

use std::collections::{BTreeMap, BTreeSet};

use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, LeadId};

use crate::identity::identities::Identities;
use crate::identity::slice::Slice;

/// What belongs to a lead.
#[derive(Default)]
pub struct Owned {
    pub slices: Vec<Slice>,
    pub identities: Vec<Identity>,
}

/// What belongs to these leads.
pub fn owned(
    identities: &mut Identities,
    connection: &mut Connection,
    leads: &BTreeSet<LeadId>,
) -> Result<BTreeMap<LeadId, Owned>, Error> {
    let ids: Vec<LeadId> = leads.iter().copied().collect();
    let own = identities::of_leads(connection, &ids)?;
    let persons: Vec<IdentityId> =
        own.iter().filter(|own| own.kind != IdentityKind::Visitor).map(|own| own.id).collect();
    let tied = identities::visitors_of_persons(connection, &persons)?;
    let visitors: BTreeSet<IdentityId> =
        own.iter().filter(|own| own.kind == IdentityKind::Visitor).map(|own| own.id).chain(tied).collect();
    identities.load_ties(connection, visitors.iter().copied())?;
    let mut found: BTreeMap<LeadId, Owned> = leads.iter().map(|lead| (*lead, Owned::default())).collect();
    for person in own.iter().filter(|own| own.kind != IdentityKind::Visitor) {
        found.entry(person.lead).or_default().slices.push(Slice(person.id, None, None));
    }
    for visitor in visitors {
        for (lead, slice) in identities.slices_of_visitor(connection, visitor)? {
            found.entry(lead).or_default().slices.push(slice);
        }
    }
    for identity in own {
        found.entry(identity.lead).or_default().identities.push(identity);
    }
    Ok(found)
}

impl Owned {
    /// The kind and text that name the lead: its user's id, else its e-mail, else its visitor's (contract §2). It keeps its
    /// `present` name where that is the id of one of its users. `None` where nothing belongs to it.
    pub fn name(&self, present: Option<(IdentityKind, &str)>) -> Option<(IdentityKind, String)> {
        if self.slices.is_empty() {
            return None;
        }
        let is_present = |identity: &&Identity| Some((identity.kind, identity.text.as_str())) == present;
        let stays = self.identities.iter().find(|identity| identity.kind == IdentityKind::User && is_present(identity));
        let of_kind = |kind: IdentityKind| self.identities.iter().filter(move |identity| identity.kind == kind);
        let first = |kind: IdentityKind| of_kind(kind).min_by_key(|identity| identity.id);
        let named = stays
            .or_else(|| first(IdentityKind::User))
            .or_else(|| first(IdentityKind::Email))
            .or_else(|| first(IdentityKind::Visitor))?;
        Some((named.kind, named.text.clone()))
    }
}

/// The lead that one which is nobody any more is now one with: its name's.
pub fn successor(
    identities: &mut Identities,
    connection: &mut Connection,
    lead: LeadId,
    name: (IdentityKind, String),
) -> Result<Option<LeadId>, Error> {
    let named = identities.find(connection, &[(name.0, name.1.as_str())].into())?;
    let Some(identity) = named.get(&name).copied().or(identities.successor(lead)) else { return Ok(None) };
    identities.load(connection, [identity])?;
    if !identities.has(identity) {
        return Ok(None);
    }
    let successor = identities.owner(connection, identity, i64::MAX)?;
    Ok((successor != lead).then_some(successor))
}
