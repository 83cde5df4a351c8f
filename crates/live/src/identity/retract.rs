//! Messages that are gone: their facts about who is who are taken back, and those of the messages that are left count
//! again.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::Fact;
use attractor_engine::message::{Message, Wanted};
use attractor_store::events::Event;
use attractor_store::identities::{self, Claim};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, LeadId, Received, events};

use crate::identity::emails::keep_stronger;
use crate::identity::identities::Identities;
use crate::identity::keys::keys_and_facts;
use crate::identity::{settle, ties};

/// The identities and facts that messages which are gone named.
#[derive(Default)]
struct Retracted {
    numbers: BTreeSet<Received>,
    aliases: Vec<Received>,
    users: BTreeSet<IdentityId>,
    emails: BTreeSet<IdentityId>,
    visitors: BTreeSet<IdentityId>,
}

/// By e-mail and person, the message with which the person claims it, and whether it is public.
type ClaimsInEvents = BTreeMap<(String, IdentityId), (Received, bool)>;

/// Takes back the facts of these messages; the ledger has them no more, or has them as withdrawn.
pub fn retract(identities: &mut Identities, connection: &mut Connection, gone: &[Event]) -> Result<(), Error> {
    let mut retracted = retracted(identities, connection, gone)?;
    for event in gone {
        let owner = identities.owner(connection, event.identity, event.at)?;
        identities.mark_affected(owner);
    }
    for visitor in retracted.visitors.clone() {
        for tie in
            identities.ties(connection, visitor)?.into_iter().filter(|tie| retracted.numbers.contains(&tie.received))
        {
            ties::untie(identities, connection, tie)?;
        }
    }
    for received in &retracted.aliases {
        identities::delete_alias(connection, *received)?;
    }
    let claimers = retract_claims(identities, connection, &retracted)?;
    retracted.users.extend(claimers);
    settle_left(identities, connection, retracted.users, retracted.emails, retracted.visitors)
}

/// Forgets those of these identities that nobody carries any more, and settles who is one with the others.
pub fn settle_left(
    identities: &mut Identities,
    connection: &mut Connection,
    users: BTreeSet<IdentityId>,
    emails: BTreeSet<IdentityId>,
    visitors: BTreeSet<IdentityId>,
) -> Result<(), Error> {
    let mut retracted = Retracted { users, emails, visitors, ..Retracted::default() };
    let nobody = forget_nobodies(identities, connection, &retracted)?;
    for gone in [&mut retracted.users, &mut retracted.emails, &mut retracted.visitors] {
        gone.retain(|id| !nobody.contains_key(id));
    }
    let texts: Vec<&str> = nobody.values().map(String::as_str).collect();
    let aliases = identities::aliases_of_previous(connection, &texts)?;
    retracted.users.extend(aliases.iter().map(|alias| alias.person));
    settle::settle_with(identities, connection, retracted.users, retracted.emails)?;
    retracted.visitors.into_iter().try_for_each(|visitor| ties::stand_alone(identities, connection, visitor))
}

fn retracted(identities: &mut Identities, connection: &mut Connection, gone: &[Event]) -> Result<Retracted, Error> {
    let mut retracted = Retracted::default();
    let mut keys: BTreeSet<(IdentityKind, String)> = BTreeSet::new();
    let mut unread: BTreeSet<LeadId> = BTreeSet::new();
    for event in gone {
        retracted.numbers.insert(event.received);
        let Some(message) = parse(event) else {
            // Whom it named is not known: everybody who is one with its lead may be nobody without it.
            let owner = identities.owner(connection, event.identity, event.at)?;
            unread.insert(owner);
            continue;
        };
        let (of, facts) = keys_and_facts(&message);
        keys.extend(of);
        for fact in facts {
            if let Fact::Alias { previous, .. } = fact {
                retracted.aliases.push(event.received);
                keys.extend([(IdentityKind::User, previous.clone()), (IdentityKind::Visitor, previous)]);
            }
        }
    }
    let found = identities.find(connection, &keys.iter().map(|(kind, text)| (*kind, text.as_str())).collect())?;
    let unread: Vec<LeadId> = unread.into_iter().collect();
    let one_with = identities::of_leads(connection, &unread)?.into_iter().map(|own| own.id);
    let all = found.into_values().chain(gone.iter().map(|event| event.identity)).chain(one_with);
    let all: BTreeSet<IdentityId> = all.collect();
    identities.load(connection, all.iter().copied())?;
    for id in all {
        let of = match identities.get(id)?.kind {
            IdentityKind::User => &mut retracted.users,
            IdentityKind::Email => &mut retracted.emails,
            IdentityKind::Visitor => &mut retracted.visitors,
        };
        of.insert(id);
    }
    Ok(retracted)
}

/// E-mails that came first with a message that is gone may have come again with a later one. Returns everybody who
/// came with one of these e-mails.
fn retract_claims(
    identities: &mut Identities,
    connection: &mut Connection,
    retracted: &Retracted,
) -> Result<Vec<IdentityId>, Error> {
    let emails: Vec<IdentityId> = retracted.emails.iter().copied().collect();
    let known = identities::claims_of_emails(connection, &emails)?;
    let gone: Vec<Claim> = known.iter().filter(|claim| retracted.numbers.contains(&claim.received)).copied().collect();
    identities::delete_claims(connection, &gone)?;
    let persons: BTreeSet<IdentityId> = gone.iter().map(|claim| claim.person).collect();
    let left = claims_in_events(identities, connection, &persons.into_iter().collect::<Vec<_>>())?;
    let mut again = Vec::new();
    for claim in &gone {
        let left = left.get(&(identities.get(claim.email)?.text.clone(), claim.person));
        again.extend(left.map(|(received, public)| Claim { received: *received, public: *public, ..*claim }));
    }
    identities::save_claims(connection, &again)?;
    Ok(known.into_iter().filter(|claim| claim.person != claim.email).map(|claim| claim.person).collect())
}

fn claims_in_events(
    identities: &mut Identities,
    connection: &mut Connection,
    persons: &[IdentityId],
) -> Result<ClaimsInEvents, Error> {
    let mut found = ClaimsInEvents::new();
    for event in events::of_identities(connection, persons)? {
        let Some(message) = parse(&event) else { continue };
        let (keys, facts) = keys_and_facts(&message);
        for fact in facts {
            let Fact::Claim { email, public, .. } = fact else { continue };
            let text = match email {
                0 => identities.get(event.identity)?.text.clone(),
                place => keys[place as usize - 1].1.clone(),
            };
            let best = found.entry((text, event.identity)).or_insert((event.received, public));
            keep_stronger(best, (event.received, public), email == 0);
        }
    }
    Ok(found)
}

/// Identities that no message carries any more: each with its text.
fn forget_nobodies(
    identities: &mut Identities,
    connection: &mut Connection,
    retracted: &Retracted,
) -> Result<BTreeMap<IdentityId, String>, Error> {
    let all: Vec<IdentityId> =
        retracted.users.iter().chain(&retracted.emails).chain(&retracted.visitors).copied().collect();
    identities.load(connection, all.iter().copied())?;
    let emails: Vec<IdentityId> = retracted.emails.iter().copied().collect();
    let mut carried: BTreeSet<IdentityId> = events::with_events(connection, &all)?.into_iter().collect();
    carried.extend(identities::claims_of_emails(connection, &emails)?.iter().map(|claim| claim.email));
    for visitor in &retracted.visitors {
        // A tie by an alias names a visitor whom others speak of; it does not make one.
        let ties = identities.ties(connection, *visitor)?;
        if ties.iter().any(|tie| !tie.by_alias) {
            carried.insert(*visitor);
        } else if !carried.contains(visitor) {
            ties.into_iter().try_for_each(|tie| ties::untie(identities, connection, tie))?;
        }
    }
    let nobody: Vec<IdentityId> = all.into_iter().filter(|id| !carried.contains(id)).collect();
    forget(identities, connection, &nobody)
}

fn forget(
    identities: &mut Identities,
    connection: &mut Connection,
    ids: &[IdentityId],
) -> Result<BTreeMap<IdentityId, String>, Error> {
    let mut forgotten = BTreeMap::new();
    for id in ids {
        forgotten.extend(identities.forget(*id)?.map(|text| (*id, text)));
    }
    // What was withdrawn under them.
    let rest = events::ever_of_identities(connection, ids)?;
    let keys: Vec<(IdentityId, &str)> = rest.iter().map(|event| (event.identity, event.message_id.as_str())).collect();
    events::delete(connection, &keys)?;
    identities::delete(connection, ids)?;
    Ok(forgotten)
}

fn parse(event: &Event) -> Option<Message<'_>> {
    Message::parse(&event.message, &Wanted::Everything).ok()
}
