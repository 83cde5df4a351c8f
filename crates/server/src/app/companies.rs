//! Companies: leads that belong together.

use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_store::Connection;
use attractor_store::companies::{self, Company, Order};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cursor::{self, Page};
use super::leads::list::{self, Asked, LeadItem, Sort};
use super::moves::instant;
use super::refusal::Refusal;

/// The most people shown with a company; the rest are in the list of leads.
const PEOPLE: usize = 50;

/// A company
#[derive(Debug, Serialize, ToSchema)]
pub struct CompanyItem {
    /// The id of its `group`, or its domain
    pub id: String,
    /// How many of its people are known
    pub people: i64,
    /// The sum of their scores, each as of its last step; null where nobody has one
    pub score: Option<f64>,
    /// The last event of any of them
    pub last_seen: Option<String>,
}

/// A company with its people
#[derive(Debug, Serialize, ToSchema)]
pub struct WholeCompany {
    #[serde(flatten)]
    pub company: CompanyItem,
    /// The highest scores first, at most fifty; `GET /api/leads?company=` has all
    pub leads: Vec<LeadItem>,
}

/// By what companies are sorted
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompanySort {
    Name,
    /// The highest sum of scores first
    #[default]
    Score,
    /// The most people first
    People,
}

impl From<Company> for CompanyItem {
    fn from(company: Company) -> CompanyItem {
        let Company { company: id, people, score, seen } = company;
        CompanyItem { id, people, score, last_seen: seen.map(instant) }
    }
}

pub fn page(
    connection: &mut Connection,
    sort: CompanySort,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<CompanyItem>, Refusal> {
    let skip: i64 = cursor::read(after)?.unwrap_or(0);
    let order = match sort {
        CompanySort::Name => Order::Name,
        CompanySort::Score => Order::Score,
        CompanySort::People => Order::People,
    };
    let found = companies::page(connection, order, skip, limit as i64 + 1)?;
    let page = Page::cut(found, limit, |_| skip + limit as i64);
    Ok(Page { items: page.items.into_iter().map(CompanyItem::from).collect(), next: page.next })
}

pub fn one(connection: &mut Connection, versions: &Versions, id: &str) -> Result<WholeCompany, Refusal> {
    let company = companies::one(connection, id)?.or(companies::one(connection, &id.trim().to_lowercase())?);
    let missing = || Refusal::Missing("there is no such company; it goes by the id of its group, or its domain".into());
    let company = company.ok_or_else(missing)?;
    let asked = Asked { sort: Sort::Score, company: Some(company.company.clone()), limit: PEOPLE, ..Asked::default() };
    let people = list::page(connection, versions, &asked, Instant(0))?;
    Ok(WholeCompany { company: company.into(), leads: people.items })
}
