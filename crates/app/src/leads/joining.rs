//! What makes two leads one: an `alias` of the one into the other, or what ties them where no alias can.

use attractor_store::{Connection, Error, IdentityKind, identities, leads};
use serde_json::{Value, json};

/// Why one lead cannot go into another by an `alias`, with the request that makes the two one; `None` where it can.
pub(crate) fn obstacle(
    connection: &mut Connection,
    from: &leads::Lead,
    to: &leads::Lead,
) -> Result<Option<String>, Error> {
    let Some(why) = refused(connection, from, to)? else { return Ok(None) };
    Ok(Some(format!("{why}; if the two are one person, {} makes them one lead", way(connection, from, to)?)))
}

/// The request that makes two leads one: a merge of one into the other if one of the two is possible, else what ties them.
/// A refused merge names the same one.
pub(crate) fn way(connection: &mut Connection, from: &leads::Lead, to: &leads::Lead) -> Result<String, Error> {
    for (from, to) in [(from, to), (to, from)] {
        if refused(connection, from, to)?.is_none() {
            return Ok(format!("POST /api/leads/id:{}/merge with {{\"into\": \"id:{}\"}}", from.id, to.id));
        }
    }
    Ok(tie(from, to))
}

/// Why a lead cannot go into another one by an `alias` (contract §2, Who 13 and 14).
fn refused(connection: &mut Connection, from: &leads::Lead, to: &leads::Lead) -> Result<Option<String>, Error> {
    let alone = |lead: &leads::Lead| format!("{} is known by an e-mail alone", called(lead));
    Ok(match (from.kind, to.kind) {
        (IdentityKind::Email, _) => Some(alone(from)),
        (_, IdentityKind::Email) => Some(alone(to)),
        (_, IdentityKind::Visitor) => Some(format!("{} is a visitor of whom no more is known", called(to))),
        (IdentityKind::User, IdentityKind::User) => None,
        (IdentityKind::Visitor, IdentityKind::User) => {
            // The `previousId` would be the user.
            let users = identities::find(connection, &[(IdentityKind::User, from.name.as_str())])?;
            (!users.is_empty()).then(|| format!("the visitor {} is called as a user is", called(from)))
        }
    })
}

/// What ties two leads that no `alias` joins.
fn tie(one: &leads::Lead, other: &leads::Lead) -> String {
    let made = |body: Value| format!("POST /api/leads with {body}");
    match (one.kind, other.kind) {
        (IdentityKind::Email, IdentityKind::Email) => {
            let known = |lead: &leads::Lead| made(json!({"user_id": "ID", "attributes": {"email": lead.name}}));
            format!("{} and then {}, with the same user id for ID,", known(one), known(other))
        }
        (IdentityKind::Visitor, IdentityKind::Visitor) => {
            let known = |lead: &leads::Lead| made(json!({"user_id": "ID", "anonymous_id": lead.name}));
            format!("{} and then {}, with the same user id for ID,", known(one), known(other))
        }
        (IdentityKind::Email, _) => with_email(other, &one.name),
        (_, IdentityKind::Email) => with_email(one, &other.name),
        (IdentityKind::Visitor, _) => made(json!({"user_id": other.name, "anonymous_id": one.name})),
        (IdentityKind::User, _) => made(json!({"user_id": one.name, "anonymous_id": other.name})),
    }
}

/// A user or a visitor that comes with the address of a lead that is known by it alone has that lead.
fn with_email(lead: &leads::Lead, email: &str) -> String {
    format!("POST /api/leads/id:{}/attributes with {}", lead.id, json!({"email": email}))
}

/// Two leads may have the same name.
fn called(lead: &leads::Lead) -> String {
    format!("{} (id:{})", lead.name, lead.id)
}
