//! Which lead is meant by what somebody calls it.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::called::Called;
use attractor_store::identities::{self, Identity, Tie};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, LeadId, leads};

use super::joined::present;
use super::joining;
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
        let into = found.iter().position(|(_, lead)| lead.kind == IdentityKind::User).unwrap_or_default();
        let into = found.remove(into).1;
        let ways: Result<Vec<String>, Error> =
            found.iter().map(|(_, lead)| joining::way(connection, lead, &into)).collect();
        return Err(Refusal::Conflict(several(&called.to_string(), &forms, &ways?)));
    }
    Ok(found.pop().map(|(_, lead)| lead))
}

/// Why a text that means several leads is refused, and what to do: about the text, or about leads that are one person.
fn several(called: &str, forms: &[String], ways: &[String]) -> String {
    format!(
        "`{called}` means several leads; write {}. If they are one person, make them one lead: {}",
        forms.join(" or "),
        ways.join("; ")
    )
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
    Ok(present(connection, &[id].into())?.remove(&id))
}

/// Whose an identity is now: of a visitor, of whom it was tied to last.
pub fn owner(connection: &mut Connection, identity: &Identity) -> Result<LeadId, Error> {
    Ok(owners(connection, std::slice::from_ref(identity))?.remove(&identity.id).unwrap_or(identity.lead))
}

/// The same for several identities at once.
pub fn owners(connection: &mut Connection, of: &[Identity]) -> Result<BTreeMap<IdentityId, LeadId>, Error> {
    let visitors = of.iter().filter(|identity| identity.kind == IdentityKind::Visitor);
    let visitors: Vec<IdentityId> = visitors.map(|identity| identity.id).collect();
    let ties = if visitors.is_empty() { Vec::new() } else { identities::ties_of_visitors(connection, &visitors)? };
    let mut last: BTreeMap<IdentityId, &Tie> = BTreeMap::new();
    for tie in &ties {
        let known = last.entry(tie.visitor).or_insert(tie);
        if (tie.at, tie.received) > (known.at, known.received) {
            *known = tie;
        }
    }
    let persons: BTreeSet<IdentityId> = last.values().map(|tie| tie.person).collect();
    let persons = if persons.is_empty() {
        Vec::new()
    } else {
        identities::by_id(connection, &persons.into_iter().collect::<Vec<_>>())?
    };
    let leads: BTreeMap<IdentityId, LeadId> = persons.iter().map(|person| (person.id, person.lead)).collect();
    let owner = |identity: &Identity| last.get(&identity.id).and_then(|tie| leads.get(&tie.person)).copied();
    Ok(of.iter().map(|identity| (identity.id, owner(identity).unwrap_or(identity.lead))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_leads_are_named_with_what_makes_them_one() {
        let forms = ["`user:bea@x.org` (a)".to_owned(), "`email:bea@x.org` (b)".to_owned()];
        let said = several("bea@x.org", &forms, &["POST /api/leads".to_owned(), "POST /x".to_owned()]);
        for wanted in ["write `user:bea@x.org` (a) or `email:bea@x.org` (b). ", "one lead: POST /api/leads; POST /x"] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    }
}
