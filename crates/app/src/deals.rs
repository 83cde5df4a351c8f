//! Deals as they stand.

use attractor_live::profile::{self, Profile};
use attractor_store::LeadId;
use attractor_store::deals::{self, Deal, DealStatus};
use serde::Serialize;
use utoipa::ToSchema;

use super::cursor::{self, Page};
use super::leads::who::{self, LeadNames};
use super::moves::instant;
use super::refusal::Refusal;
use crate::closed_lists::DealStateName;
use crate::view::View;

/// A deal of a lead
#[derive(Debug, Serialize, ToSchema)]
pub struct DealItem {
    /// The lead's id
    pub lead: String,
    /// Its `deal_id`; empty for the deal of a lead's events without one
    pub deal: String,
    #[schema(value_type = DealStateName)]
    pub status: &'static str,
    pub amount: Option<f64>,
    pub currency: Option<String>,
    #[schema(format = DateTime)]
    pub opened_at: String,
    /// Its last event
    #[schema(format = DateTime)]
    pub at: String,
    #[serde(flatten)]
    pub names: LeadNames,
}

impl DealItem {
    /// A deal of a lead that is called so.
    pub fn of(deal: Deal, names: LeadNames) -> DealItem {
        DealItem {
            lead: deal.lead.to_string(),
            names,
            deal: deal.deal,
            status: deal.status.name(),
            amount: deal.amount,
            currency: deal.currency,
            opened_at: instant(deal.opened_at),
            at: instant(deal.at),
        }
    }

    /// A lead's deals as its events make them, the earliest opened first.
    pub fn of_profile(lead: LeadId, names: &LeadNames, profile: &Profile) -> Vec<DealItem> {
        let item = |(id, deal): (&String, &profile::Deal)| DealItem {
            lead: lead.to_string(),
            names: names.clone(),
            deal: id.clone(),
            status: deal.status.name(),
            amount: deal.amount,
            currency: deal.currency.clone(),
            opened_at: instant(deal.opened_at),
            at: instant(deal.at),
        };
        let mut deals: Vec<(&String, &profile::Deal)> = profile.deals.iter().collect();
        deals.sort_by_key(|(id, deal)| (deal.opened_at, *id));
        deals.into_iter().map(item).collect()
    }
}

/// Deals of one status, or of any where that is empty.
pub fn page(view: &mut View, status: &str, after: Option<&str>, limit: usize) -> Result<Page<DealItem>, Refusal> {
    let wrong =
        || Refusal::Malformed(format!("`status` is one of {}", DealStatus::ALL.map(DealStatus::name).join(", ")));
    let status = match status {
        "" => None,
        name => Some(DealStatus::named(name).ok_or_else(wrong)?),
    };
    let (at, lead, deal): (i64, LeadId, String) = cursor::read(after)?.unwrap_or((-1, LeadId::NOBODY, String::new()));
    let found = deals::page(view.connection, (at, lead, &deal), status, limit as i64 + 1)?;
    let page = Page::cut(found, limit, |last| (last.lead.bucket(), last.lead, last.deal.clone()));
    let called = who::of(view.connection, page.items.iter().map(|deal| deal.lead))?;
    let item = |deal: Deal| {
        let names = called.get(&deal.lead).cloned().unwrap_or_default();
        DealItem::of(deal, names)
    };
    Ok(Page { items: page.items.into_iter().map(item).collect(), next: page.next })
}
