//! Which lead is meant by what somebody calls it.

use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, leads};

use crate::app::refusal::Refusal;

pub const USER: i64 = 0;
pub const EMAIL: i64 = 1;
pub const VISITOR: i64 = 2;

/// What everybody is told who asks for somebody that is not there.
pub const MISSING: &str = "there is no such lead; a lead goes by its id, user id, e-mail or visitor's id";

/// The row of a lead by its id, its user id, an e-mail or a visitor, in this order: an id only where it is all digits
/// and known.
pub fn find(connection: &mut Connection, called: &str) -> Result<Option<leads::Lead>, Error> {
    if let Some(row) = by_id(connection, called)? {
        return Ok(Some(row));
    }
    let email = called.trim().to_lowercase();
    let keys = [(USER, called), (EMAIL, email.as_str()), (VISITOR, called)];
    let mut found = identities::find(connection, &keys)?;
    found.sort_by_key(|identity| identity.kind);
    for identity in &found {
        let owner = owner(connection, identity)?;
        if let Some(row) = row(connection, owner)? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

/// The same, for whoever cannot go on without it.
pub fn lead(connection: &mut Connection, called: &str) -> Result<leads::Lead, Refusal> {
    find(connection, called)?.ok_or_else(|| Refusal::Missing(MISSING.into()))
}

fn by_id(connection: &mut Connection, called: &str) -> Result<Option<leads::Lead>, Error> {
    let digits = !called.is_empty() && called.bytes().all(|b| b.is_ascii_digit());
    let Some(id) = called.parse().ok().filter(|_| digits) else { return Ok(None) };
    row(connection, id)
}

/// A lead's row; of one that is now one with another, that one's.
fn row(connection: &mut Connection, id: i64) -> Result<Option<leads::Lead>, Error> {
    let mut id = id;
    // Joins go to persons, and a chain of them is short; a circle there is none.
    for _ in 0..16 {
        match leads::load(connection, &[id])?.pop() {
            Some(row) => match row.became {
                None => return Ok(Some(row)),
                Some(0) => return Ok(None),
                Some(heir) => id = heir,
            },
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// Whose an identity is now: of a visitor, of whom it was tied to last.
pub fn owner(connection: &mut Connection, identity: &Identity) -> Result<i64, Error> {
    if identity.kind != VISITOR {
        return Ok(identity.lead);
    }
    let ties = identities::ties_of_visitors(connection, &[identity.id])?;
    let Some(last) = ties.iter().max_by_key(|tie| (tie.at, tie.received)) else { return Ok(identity.lead) };
    let person = identities::by_id(connection, &[last.person])?;
    Ok(person.first().map_or(identity.lead, |person| person.lead))
}
