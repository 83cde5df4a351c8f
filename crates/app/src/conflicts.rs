//! E-mails that came with the users of two leads.

use std::collections::{BTreeMap, BTreeSet};

use attractor_engine::replay::conflict_text;
use attractor_store::identities::{self, Conflict};
use attractor_store::{Connection, Error, LeadId, Received, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::cursor::{self, Page};
use super::leads::joining;
use super::refusal::Refusal;
use crate::view::View;

/// As many conflicts are shown with a lead; the others are in the list of all.
const SHOWN: i64 = 20;

/// An e-mail that came with a second user
#[derive(Debug, Serialize, ToSchema)]
pub struct ConflictItem {
    pub email: String,
    /// The user that it came with and does not belong to
    pub user: String,
    /// The user that it belongs to, or the e-mail itself where it is a lead of its own
    pub owner: String,
    /// The ids of the two leads
    pub user_lead: String,
    pub owner_lead: String,
    /// What happened, and what to do about it
    pub text: String,
    /// The message that would make the two one
    pub alias: AliasItem,
}

/// An `alias` message
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AliasItem {
    /// `alias`
    pub r#type: &'static str,
    pub previous_id: String,
    pub user_id: String,
}

/// Conflicts, in the order in which they came up.
pub fn page(view: &mut View, after: Option<&str>, limit: usize) -> Result<Page<ConflictItem>, Refusal> {
    let connection = &mut *view.connection;
    let behind: Received = cursor::read(after)?.unwrap_or_default();
    let found = identities::conflicts(connection, behind, limit as i64 + 1)?;
    let page = Page::cut(found, limit, |conflict| conflict.claim.received);
    Ok(Page { items: items(connection, page.items)?, next: page.next })
}

/// The conflicts in which a lead is one of the two, at most [`SHOWN`].
pub fn of_lead(connection: &mut Connection, lead: LeadId) -> Result<Vec<ConflictItem>, Error> {
    let found = identities::conflicts_of(connection, lead, SHOWN)?;
    items(connection, found)
}

/// Where the `alias` goes, and the request that does the same by hand.
fn remedy(way: &str) -> String {
    format!(
        "the `alias` goes to POST /v1/alias, with a server key as the user of basic auth; by hand, {way} does the same"
    )
}

fn items(connection: &mut Connection, found: Vec<Conflict>) -> Result<Vec<ConflictItem>, Error> {
    let ids: BTreeSet<LeadId> = found.iter().flat_map(|conflict| [conflict.user_lead, conflict.owner_lead]).collect();
    let ids: Vec<LeadId> = ids.into_iter().collect();
    let rows: BTreeMap<LeadId, leads::Lead> =
        leads::load(connection, &ids)?.into_iter().map(|row| (row.id, row)).collect();
    found.into_iter().map(|conflict| item(connection, &rows, conflict)).collect()
}

fn item(
    connection: &mut Connection,
    rows: &BTreeMap<LeadId, leads::Lead>,
    conflict: Conflict,
) -> Result<ConflictItem, Error> {
    let Conflict { email, user, owner_lead, user_lead, .. } = conflict;
    let owner = rows.get(&owner_lead).map(|row| row.name.clone()).unwrap_or_default();
    let mut text = conflict_text(&email, &user, &owner);
    if let Some((from, to)) = rows.get(&user_lead).zip(rows.get(&owner_lead)) {
        text = format!("{text}; {}", remedy(&joining::way(connection, from, to)?));
    }
    Ok(ConflictItem {
        text,
        alias: AliasItem { r#type: "alias", previous_id: user.clone(), user_id: owner.clone() },
        email,
        user,
        owner,
        user_lead: user_lead.to_string(),
        owner_lead: owner_lead.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_says_where_its_alias_goes() {
        let said = remedy(r#"POST /api/leads/id:256/merge with {"into": "id:512"}"#);
        for wanted in ["POST /v1/alias", "POST /api/leads/id:256/merge", r#"{"into": "id:512"}"#] {
            assert!(said.contains(wanted), "{wanted}: {said}");
        }
    }
}
