//! Who of the team gets a mail: users who can be written to, and the lists of the settings. Nobody else ever does.

use std::collections::BTreeSet;

use attractor_store::access::{self, User};
use attractor_store::{Connection, Error, LeadId, leads};

use super::lists::{self, AlertList};
use crate::access::addresses::{plain, with_address};
use crate::actor::Role;
use crate::leads::profiles;

/// The users who are not disabled.
pub(crate) fn users(connection: &mut Connection) -> Result<Vec<User>, Error> {
    let mut users = access::users(connection)?;
    users.retain(|user| user.disabled_at.is_none());
    Ok(users)
}

/// The addresses of the users with a role.
pub(super) fn with_role(connection: &mut Connection, role: Role) -> Result<Vec<String>, Error> {
    let users = users(connection)?.into_iter().filter(|user| user.role == role.name());
    Ok(users.map(|user| user.email).collect())
}

/// Who owns a lead, if that is a user's address.
pub(super) fn owner_of(connection: &mut Connection, lead: &leads::Lead) -> Result<Option<String>, Error> {
    let profile = profiles::of(connection, std::slice::from_ref(lead))?.remove(&lead.id);
    let owner = profile.and_then(|profile| Some(profile.attributes.get("owner")?.value.as_str()?.to_owned()));
    let users = users(connection)?;
    Ok(owner.and_then(|owner| with_address(&users, &owner)).map(|user| user.email.clone()))
}

/// Who gets an alert to a name: the list of that name, else the lead's owner, else the users with that role or that address.
/// Where that is nobody, the owners of the installation.
pub(super) fn of_alert(
    connection: &mut Connection,
    lists: &[String],
    to: &str,
    lead: Option<&leads::Lead>,
) -> Result<Vec<String>, Error> {
    let named = |list: &&AlertList| list.name.eq_ignore_ascii_case(to.trim());
    // The settings were checked when they were read.
    if let Some(list) = lists::parse(lists).unwrap_or_default().iter().find(named) {
        return Ok(list.addresses.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect());
    }
    if to.trim() == "owner"
        && let Some(lead) = lead
        && let Some(owner) = owner_of(connection, lead)?
    {
        return Ok(vec![owner]);
    }
    let (role, address) = (Role::named(to.trim()), plain(to));
    let fits = |user: &User| Role::named(&user.role) == role && role.is_some() || plain(&user.email) == address;
    let found: Vec<String> = users(connection)?.into_iter().filter(fits).map(|user| user.email).collect();
    if found.is_empty() { with_role(connection, Role::Owner) } else { Ok(found) }
}

/// Whether alerts to a name go to somebody by that name: a list, a role or a user. All others go to the owners of the
/// installation, as those to a role that no user has.
pub(crate) fn is_known(lists: &[AlertList], users: &[User], to: &str) -> bool {
    let is_list = lists.iter().any(|list| list.name.eq_ignore_ascii_case(to.trim()));
    is_list || Role::named(to.trim()).is_some() || with_address(users, to).is_some()
}

/// The lead with an id, or the one that it is one with now.
pub(super) fn lead(connection: &mut Connection, id: LeadId) -> Result<Option<leads::Lead>, Error> {
    crate::leads::find::row(connection, id)
}
