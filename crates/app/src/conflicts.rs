//! E-mails that came with the users of two leads.

use attractor_engine::replay::conflict_text;
use attractor_store::identities::{self, Identity};
use attractor_store::{Connection, Error, IdentityId, LeadId, Received, leads};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::cursor::{self, Page};
use super::refusal::Refusal;
use crate::view::View;

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
    #[schema(value_type = Object)]
    pub alias: Value,
}

/// Conflicts, in the order in which they came up.
pub fn page(view: &mut View, after: Option<&str>, limit: usize) -> Result<Page<ConflictItem>, Refusal> {
    let connection = &mut *view.connection;
    let behind: Received = cursor::read(after)?.unwrap_or_default();
    let found = identities::conflicts(connection, behind, limit as i64 + 1)?;
    let page = Page::cut(found, limit, |(claim, ..)| claim.received);
    let mut items = Vec::with_capacity(page.items.len());
    for (claim, email, user) in page.items {
        let both = identities::by_id(connection, &[claim.email, claim.person])?;
        let lead = |id: IdentityId| {
            both.iter().find(|identity| identity.id == id).map_or(LeadId::NOBODY, |identity: &Identity| identity.lead)
        };
        let (owner_lead, user_lead) = (lead(claim.email), lead(claim.person));
        let owner = name(connection, owner_lead)?;
        items.push(ConflictItem {
            text: conflict_text(&email, &user, &owner),
            alias: json!({"type": "alias", "previousId": user, "userId": owner}),
            email,
            user,
            owner,
            user_lead: user_lead.to_string(),
            owner_lead: owner_lead.to_string(),
        });
    }
    Ok(Page { items, next: page.next })
}

fn name(connection: &mut Connection, lead: LeadId) -> Result<String, Error> {
    Ok(leads::load(connection, &[lead])?.pop().map(|row| row.name).unwrap_or_default())
}
