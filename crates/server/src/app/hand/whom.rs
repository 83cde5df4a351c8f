//! Who is meant: a lead by its id, its user id, its e-mail or a visitor.

use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, leads};

/// Of these, in this order: a lead's id, where it is a number of one; a user id, an e-mail, a visitor.
pub fn find(connection: &mut Connection, text: &str) -> Result<Option<leads::Lead>, Error> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if let Some(id) = text.parse().ok().filter(|_| is_number)
        && let Some(lead) = present(connection, id)?
    {
        return Ok(Some(lead));
    }
    let email = text.trim().to_lowercase();
    let mut found = identities::find(connection, &[(0, text), (1, email.as_str()), (2, text)])?;
    found.sort_by_key(|identity| identity.kind);
    for identity in found {
        let lead = owner(connection, &identity)?;
        if let Some(lead) = present(connection, lead)? {
            return Ok(Some(lead));
        }
    }
    Ok(None)
}

/// The lead that an identity's messages belong to now.
pub fn owner(connection: &mut Connection, identity: &Identity) -> Result<i64, Error> {
    if identity.kind != 2 {
        return Ok(identity.lead);
    }
    let ties = identities::ties_of_visitors(connection, &[identity.id])?;
    let Some(last) = ties.iter().max_by_key(|tie| (tie.at, tie.received)) else { return Ok(identity.lead) };
    let person = identities::by_id(connection, &[last.person])?;
    Ok(person.first().map_or(identity.lead, |person| person.lead))
}

/// A lead, or the one that it is now one with.
pub fn present(connection: &mut Connection, id: i64) -> Result<Option<leads::Lead>, Error> {
    let mut id = id;
    // A lead that is now one with another never becomes itself again under a new id: this ends.
    while let Some(lead) = leads::load(connection, &[id])?.into_iter().next() {
        match lead.became {
            Some(heir) if heir != id => id = heir,
            _ => return Ok(Some(lead)),
        }
    }
    Ok(None)
}
