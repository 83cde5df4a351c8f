//! Which lead is meant by what somebody calls it.

use attractor_engine::called::Called;
use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, IdentityKind, LeadId, leads};

use crate::refusal::Refusal;

/// What everybody is told who asks for somebody that is not there.
pub const MISSING: &str = "there is no such lead; name a lead by its id, user id, e-mail or visitor's id. A bare number is \
    read as the id first: write `user:414` for the user id 414";

/// The lead that a text means: an id, a user id, an e-mail or a visitor's id, each bare or in a form of its own
/// ([`Called`]). A bare text that means several leads is refused with the form of each, so that nothing is ever done to
/// somebody else.
pub fn lead(connection: &mut Connection, called: &str) -> Result<leads::Lead, Refusal> {
    known(connection, called)?.ok_or_else(|| Refusal::Missing(MISSING.into()))
}

/// The same, for somebody who need not be there yet.
pub fn known(connection: &mut Connection, called: &str) -> Result<Option<leads::Lead>, Refusal> {
    let called = Called::read(called).map_err(Refusal::Malformed)?;
    let mut found = called.meanings(|reading| read_as(connection, reading), |one, other| one.id == other.id)?;
    if found.len() > 1 {
        let forms = found.iter().map(|(form, lead)| {
            format!("`{form}` ({} of the lead named {}, id {})", key_in_words(form), lead.name, lead.id)
        });
        let forms: Vec<String> = forms.collect();
        return Err(Refusal::Conflict(format!("`{called}` means several leads; write {}", forms.join(" or "))));
    }
    Ok(found.pop().map(|(_, lead)| lead))
}

/// Which key of a lead a form names.
fn key_in_words(form: &str) -> &'static str {
    match form.split_once(':') {
        Some(("user", _)) => "a user id",
        Some(("email", _)) => "an e-mail address",
        Some(("visitor", _)) => "a visitor's id",
        _ => "the id",
    }
}

fn read_as(connection: &mut Connection, reading: &Called) -> Result<Option<leads::Lead>, Error> {
    let key = match reading {
        Called::Id(id) => return row(connection, LeadId(*id)),
        Called::User(id) => (IdentityKind::User, *id),
        Called::Email(email) => (IdentityKind::Email, email.as_str()),
        Called::Visitor(id) => (IdentityKind::Visitor, *id),
        Called::Bare(_) => return Ok(None),
    };
    let Some(identity) = identities::find(connection, &[key])?.pop() else { return Ok(None) };
    let owner = owner(connection, &identity)?;
    row(connection, owner)
}

/// A lead's row; of one that is now one with another, that one's.
pub(crate) fn row(connection: &mut Connection, id: LeadId) -> Result<Option<leads::Lead>, Error> {
    let mut id = id;
    // Joins go to persons, and a chain of them is short; a circle there is none.
    for _ in 0..16 {
        match leads::load(connection, &[id])?.pop() {
            Some(row) => match row.became {
                None => return Ok(Some(row)),
                Some(LeadId::NOBODY) => return Ok(None),
                Some(heir) => id = heir,
            },
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// Whose an identity is now: of a visitor, of whom it was tied to last.
pub fn owner(connection: &mut Connection, identity: &Identity) -> Result<LeadId, Error> {
    if identity.kind != IdentityKind::Visitor {
        return Ok(identity.lead);
    }
    let ties = identities::ties_of_visitors(connection, &[identity.id])?;
    let Some(last) = ties.iter().max_by_key(|tie| (tie.at, tie.received)) else { return Ok(identity.lead) };
    let person = identities::by_id(connection, &[last.person])?;
    Ok(person.first().map_or(identity.lead, |person| person.lead))
}
