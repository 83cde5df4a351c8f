//! Who is who: ties of visitors, owners of e-mails, aliases (contract §2). Events never move; what changes is whose they
//! are, and the leads that it concerns are rebuilt.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::Fact;
use attractor_store::identities::{self, Alias, Claim, Tie};
use attractor_store::{Connection, Error, IdentityId, IdentityKind};

use crate::identity::identities::Identities;
use crate::identity::keys::{NewEvent, keys_and_facts};
use crate::identity::{emails, settle, ties};

/// Whether a fact claims the e-mail that the message itself is stored under.
fn claims_itself(fact: &Fact) -> bool {
    matches!(fact, Fact::Claim { email: 0, .. })
}

/// Stores the ties, claims and aliases that new messages make.
pub fn store_facts(
    identities: &mut Identities,
    connection: &mut Connection,
    new_events: &[NewEvent],
) -> Result<(), Error> {
    let named: Vec<_> = new_events.iter().map(|event| keys_and_facts(&event.message)).collect();
    let mut keys = BTreeSet::new();
    let mut near = BTreeMap::new();
    for (event, (of, _)) in new_events.iter().zip(&named) {
        for (kind, text) in of {
            keys.insert((*kind, text.as_str()));
            near.entry((*kind, text.as_str())).or_insert(event.identity);
        }
    }
    let ids = identities.find_or_make(connection, &keys, &near)?;
    identities.load_ties(connection, new_events.iter().map(|event| event.identity).chain(ids.values().copied()))?;
    let mut aliases = Vec::new();
    let own = new_events.iter().zip(&named).filter(|(_, (_, facts))| facts.iter().any(claims_itself));
    let emails = own
        .map(|(event, _)| event.identity)
        .chain(ids.iter().filter(|(of, _)| of.0 == IdentityKind::Email).map(|(_, id)| *id));
    let mut claims = emails::load_claims(identities, connection, &emails.collect())?;
    for (event, (of, facts)) in new_events.iter().zip(&named) {
        let number = |place: u32| match place {
            0 => event.identity,
            place => ids[&of[place as usize - 1]],
        };
        for fact in facts {
            match fact {
                Fact::Claim { user, email, public } => {
                    let (person, email, received) = (number(*user), number(*email), event.received);
                    emails::claim(
                        identities,
                        connection,
                        &mut claims,
                        Claim { email, person, received, public: *public },
                    )?;
                }
                Fact::Tie { visitor, person } => {
                    let (visitor, person) = (number(*visitor), number(*person));
                    ties::tie(
                        identities,
                        connection,
                        Tie { visitor, at: event.at, received: event.received, person, by_alias: false },
                    )?;
                }
                Fact::Alias { previous, user } => {
                    let (at, received, person) = (event.at, event.received, number(*user));
                    aliases.push(Alias { received, at, previous: previous.clone(), person });
                }
            }
        }
    }
    claims.save(connection)?;
    if !aliases.is_empty() {
        // Once for all: each goes through everybody whom aliases connect.
        identities::insert_aliases(connection, &aliases)?;
        settle::settle(identities, connection, aliases.iter().map(|alias| alias.person).collect())?;
    }
    store_late_aliases(identities, connection)
}

/// Aliases that named somebody before any other message did.
fn store_late_aliases(identities: &mut Identities, connection: &mut Connection) -> Result<(), Error> {
    let made = identities.made().iter().map(|id| Ok(identities.get(*id)?.text.clone()));
    let made: Vec<String> = made.collect::<Result<_, Error>>()?;
    let texts: Vec<&str> = made.iter().map(String::as_str).collect();
    let waiting = identities::aliases_of_previous(connection, &texts)?;
    let persons: BTreeSet<IdentityId> = waiting.iter().map(|alias| alias.person).collect();
    if persons.is_empty() { Ok(()) } else { settle::settle(identities, connection, persons) }
}
