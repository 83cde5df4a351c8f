//! Aliases settled: which users are one, by the same code that a replay uses, over the users that aliases connect.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::{Fact, Facts, Key};
use attractor_engine::time::Instant;
use attractor_store::identities::{self, Alias, Claim, Tie};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, LeadId, Received};

use crate::identity::identities::Identities;
use crate::identity::keys::key;
use crate::identity::ties;

/// The users that aliases connect, with their facts.
struct Component {
    users: BTreeMap<String, IdentityId>,
    aliases: Vec<Alias>,
    claims: Vec<Claim>,
    /// E-mails that may belong to somebody else now, or to nobody.
    emails: BTreeSet<IdentityId>,
}

/// Decides anew who is one with these persons, and marks the leads that this affects.
pub fn settle(
    identities: &mut Identities,
    connection: &mut Connection,
    persons: BTreeSet<IdentityId>,
) -> Result<(), Error> {
    settle_with(identities, connection, persons, BTreeSet::new())
}

/// The same with e-mails whose owner may have changed.
pub fn settle_with(
    identities: &mut Identities,
    connection: &mut Connection,
    persons: BTreeSet<IdentityId>,
    emails: BTreeSet<IdentityId>,
) -> Result<(), Error> {
    let component = component(identities, connection, persons, emails)?;
    let untied = settle_visitors(identities, connection, &component)?;
    let groups = groups(&component);
    divide(identities, connection, groups)?;
    untied.into_iter().try_for_each(|visitor| ties::stand_alone(identities, connection, visitor))
}

fn component(
    identities: &mut Identities,
    connection: &mut Connection,
    persons: BTreeSet<IdentityId>,
    freed: BTreeSet<IdentityId>,
) -> Result<Component, Error> {
    let mut users: BTreeMap<IdentityId, String> = BTreeMap::new();
    let mut aliases: BTreeMap<Received, Alias> = BTreeMap::new();
    let mut open = persons;
    while !open.is_empty() {
        identities.load(connection, open.iter().copied())?;
        for id in &open {
            users.insert(*id, identities.get(*id)?.text.clone());
        }
        let ids: Vec<IdentityId> = open.iter().copied().collect();
        let texts: Vec<&str> = ids.iter().map(|id| users[id].as_str()).collect();
        let mut found = identities::aliases_of_persons(connection, &ids)?;
        found.extend(identities::aliases_of_previous(connection, &texts)?);
        let previous: Vec<(IdentityKind, &str)> =
            found.iter().map(|alias| (IdentityKind::User, alias.previous.as_str())).collect();
        let named = identities::find(connection, &previous)?;
        let reached = found.iter().map(|alias| alias.person).chain(named.iter().map(|identity| identity.id));
        open = reached.filter(|id| !users.contains_key(id)).collect();
        aliases.extend(found.into_iter().map(|alias| (alias.received, alias)));
    }
    let ids: Vec<IdentityId> = users.keys().copied().collect();
    let claimed = identities::claims_of_persons(connection, &ids)?;
    let emails: BTreeSet<IdentityId> = claimed.iter().map(|claim| claim.email).chain(freed.iter().copied()).collect();
    let emails: Vec<IdentityId> = emails.into_iter().collect();
    let claims = identities::claims_of_emails(connection, &emails)?;
    identities.load(connection, emails.iter().copied().chain(claims.iter().map(|claim| claim.person)))?;
    let users = users.into_iter().map(|(id, text)| (text, id)).collect();
    Ok(Component { users, aliases: aliases.into_values().collect(), claims, emails: freed })
}

/// An alias of somebody who is no user ties the visitor of that name; where there is a user, it does not. Returns the
/// visitors that it ties no more.
fn settle_visitors(
    identities: &mut Identities,
    connection: &mut Connection,
    component: &Component,
) -> Result<Vec<IdentityId>, Error> {
    let mut untied = Vec::new();
    let previous: BTreeSet<(IdentityKind, &str)> =
        component.aliases.iter().map(|alias| (IdentityKind::Visitor, alias.previous.as_str())).collect();
    let visitors = identities.find(connection, &previous)?;
    for alias in &component.aliases {
        let Some(visitor) = visitors.get(&(IdentityKind::Visitor, alias.previous.clone())) else { continue };
        let Alias { at, received, person, .. } = *alias;
        let tie = Tie { visitor: *visitor, at, received, person, by_alias: true };
        let tied = identities.ties(connection, *visitor)?.contains(&tie);
        match (component.users.contains_key(&alias.previous), tied) {
            (true, true) => {
                ties::untie(identities, connection, tie)?;
                untied.push(*visitor);
            }
            (false, false) => ties::tie(identities, connection, tie)?,
            _ => {}
        }
    }
    Ok(untied)
}

/// By the person who names the lead: all persons who are one with it.
fn groups(component: &Component) -> BTreeMap<IdentityId, Vec<IdentityId>> {
    let mut persons: Vec<IdentityId> = component.users.values().copied().collect();
    persons.extend(component.claims.iter().flat_map(|claim| [claim.email, claim.person]));
    persons.extend(&component.emails);
    persons.sort_unstable();
    persons.dedup();
    let number = |id: IdentityId| persons.binary_search(&id).unwrap_or_default() as u32;
    let mut facts = Facts::default();
    for claim in &component.claims {
        let (user, email) = (number(claim.person), number(claim.email));
        let fact = Fact::Claim { user, email, public: claim.public };
        facts.add(Instant(0), claim.received.0 as u64, fact);
    }
    for alias in &component.aliases {
        let fact = Fact::Alias { previous: alias.previous.clone(), user: number(alias.person) };
        facts.add(Instant(alias.at), alias.received.0 as u64, fact);
    }
    let find = |of: Key| match key(of) {
        (IdentityKind::User, text) => component.users.get(text).map(|id| number(*id)),
        _ => None,
    };
    let settled = facts.settle(persons.len(), find);
    let mut groups: BTreeMap<IdentityId, Vec<IdentityId>> = BTreeMap::new();
    for (place, person) in (0..).zip(&persons) {
        let root = persons[settled.lead(place, Instant(0)) as usize];
        groups.entry(root).or_default().push(*person);
    }
    // Who is not of this component came in as another user of its e-mails; nothing is known of their aliases here.
    groups.retain(|root, _| component.emails.contains(root) || component.users.values().any(|id| id == root));
    groups
}

/// Gives each group a lead: the one that its name has, unless another group has it.
fn divide(
    identities: &mut Identities,
    connection: &mut Connection,
    groups: BTreeMap<IdentityId, Vec<IdentityId>>,
) -> Result<(), Error> {
    let mut wanted: BTreeMap<LeadId, IdentityId> = BTreeMap::new();
    for root in groups.keys() {
        let lead = identities.get(*root)?.lead;
        let keeps = |other: IdentityId| if lead == LeadId::begun_with(*root) { *root } else { other };
        wanted.entry(lead).and_modify(|other| *other = keeps(*other)).or_insert(*root);
    }
    for (root, members) in &groups {
        let present = identities.get(*root)?.lead;
        let keeps = wanted[&present] == *root;
        let lead = if keeps { present } else { lead_of_its_own(identities, connection, *root, members, &wanted)? };
        for member in members {
            let before = identities.get(*member)?.lead;
            if before != lead {
                identities.mark_affected(before);
                identities.mark_affected(lead);
                identities.mark_affected(before);
                identities.assign(connection, *member, lead)?;
            }
        }
        let named = identities.get(*root)?;
        let name = (named.kind, named.text.clone());
        identities.call(lead, name);
    }
    Ok(())
}

/// The lead that a person had first, unless somebody else has it by now; else a new one.
fn lead_of_its_own(
    identities: &mut Identities,
    connection: &mut Connection,
    root: IdentityId,
    members: &[IdentityId],
    wanted: &BTreeMap<LeadId, IdentityId>,
) -> Result<LeadId, Error> {
    let own = LeadId::begun_with(root);
    let others = identities::of_leads(connection, &[own])?;
    let taken = wanted.contains_key(&own) || others.iter().any(|other| !members.contains(&other.id));
    Ok(if taken { LeadId::begun_with(identities.new_id(Some(root))) } else { own })
}
