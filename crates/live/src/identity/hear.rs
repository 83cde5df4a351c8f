//! Who is who: ties of visitors, owners of e-mails, aliases (contract §2). Events never move; what changes is whose they
//! are, and the leads that it concerns are rebuilt.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::identity::Fact;
use attractor_store::identities::{self, Alias, Claim, Tie};
use attractor_store::{Connection, Error, IdentityId, IdentityKind};

use crate::identity::identities::Identities;
use crate::identity::keys::{Told, spoken};
use crate::identity::{emails, settle, ties};

/// Whether a fact is that the e-mail which a message stands under came by itself.
fn claims_itself(fact: &Fact) -> bool {
    matches!(fact, Fact::Claim { email: 0, .. })
}

/// Stores the ties, claims and aliases that new messages make.
pub fn hear(identities: &mut Identities, connection: &mut Connection, told: &[Told]) -> Result<(), Error> {
    let spoken: Vec<_> = told.iter().map(|told| spoken(&told.message)).collect();
    let mut keys = BTreeSet::new();
    let mut near = BTreeMap::new();
    for (told, (of, _)) in told.iter().zip(&spoken) {
        for (kind, text) in of {
            keys.insert((*kind, text.as_str()));
            near.entry((*kind, text.as_str())).or_insert(told.identity);
        }
    }
    let ids = identities.find_or_make(connection, &keys, &near)?;
    identities.load_ties(connection, told.iter().map(|told| told.identity).chain(ids.values().copied()))?;
    let mut aliases = Vec::new();
    let own = told.iter().zip(&spoken).filter(|(_, (_, said))| said.iter().any(claims_itself));
    let emails = own
        .map(|(told, _)| told.identity)
        .chain(ids.iter().filter(|(of, _)| of.0 == IdentityKind::Email).map(|(_, id)| *id));
    let mut claims = emails::load_claims(identities, connection, &emails.collect())?;
    for (told, (of, said)) in told.iter().zip(&spoken) {
        let number = |place: u32| match place {
            0 => told.identity,
            place => ids[&of[place as usize - 1]],
        };
        for fact in said {
            match fact {
                Fact::Claim { user, email, public } => {
                    let (person, email, received) = (number(*user), number(*email), told.received);
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
                        Tie { visitor, at: told.at, received: told.received, person, by_alias: false },
                    )?;
                }
                Fact::Alias { previous, user } => {
                    let (at, received, person) = (told.at, told.received, number(*user));
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
    hear_late_names(identities, connection)
}

/// Aliases that spoke of somebody before anything else did.
fn hear_late_names(identities: &mut Identities, connection: &mut Connection) -> Result<(), Error> {
    let made = identities.made().iter().map(|id| Ok(identities.get(*id)?.text.clone()));
    let made: Vec<String> = made.collect::<Result<_, Error>>()?;
    let texts: Vec<&str> = made.iter().map(String::as_str).collect();
    let waiting = identities::aliases_of_previous(connection, &texts)?;
    let persons: BTreeSet<IdentityId> = waiting.iter().map(|alias| alias.person).collect();
    if persons.is_empty() { Ok(()) } else { settle::settle(identities, connection, persons) }
}
