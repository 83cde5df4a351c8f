//! Companies: leads that belong together.

use attractor_store::companies::{self, Company, CompanyOrder};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cursor::{self, Page};
use super::leads::list::{self, LeadItem, LeadSelection, Sort};
use super::moves::instant;
use super::refusal::Refusal;
use crate::view::View;

/// The most people shown with a company; the rest are in the list of leads.
const PEOPLE: usize = 50;

/// A company
#[derive(Debug, Serialize, ToSchema)]
pub struct CompanyItem {
    /// The id of its `group`, else the domain of its people's addresses, else the name that their attributes give
    pub id: String,
    /// How many of its people are known
    pub people: i64,
    /// The sum of their scores, each as of its last step; null where nobody has one
    pub score: Option<f64>,
    /// The last event of any of them
    #[schema(format = DateTime)]
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

/// Where a list of companies goes on; `number` is a number's bits, since its decimals may not read back to it.
#[derive(Serialize, Deserialize)]
struct Behind {
    sort: CompanySort,
    number: u64,
    company: String,
}

pub fn page(
    view: &mut View,
    sort: CompanySort,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<CompanyItem>, Refusal> {
    let connection = &mut *view.connection;
    let behind: Option<Behind> = cursor::read(after)?;
    if behind.as_ref().is_some_and(|behind| behind.sort != sort) {
        return Err(Refusal::Malformed("`cursor` is of a list sorted otherwise; begin without it".into()));
    }
    let order = match sort {
        CompanySort::Name => CompanyOrder::Name,
        CompanySort::Score => CompanyOrder::Score,
        CompanySort::People => CompanyOrder::People,
    };
    let after = behind.as_ref().map(|behind| (f64::from_bits(behind.number), behind.company.as_str()));
    let found = companies::page(connection, order, after, limit as i64 + 1)?;
    let page = Page::cut(found, limit, |last| Behind {
        sort,
        number: order.number(last).to_bits(),
        company: last.company.clone(),
    });
    Ok(Page { items: page.items.into_iter().map(CompanyItem::from).collect(), next: page.next })
}

pub fn one(view: &mut View, id: &str) -> Result<WholeCompany, Refusal> {
    let connection = &mut *view.connection;
    let company = companies::one(connection, id)?.or(companies::one(connection, &id.trim().to_lowercase())?);
    let missing =
        || Refusal::Missing("there is no such company; it goes by the id of its group, its domain or its name".into());
    let company = company.ok_or_else(missing)?;
    let asked = LeadSelection {
        sort: Sort::Score,
        company: Some(company.company.clone()),
        limit: PEOPLE,
        ..LeadSelection::default()
    };
    let people = list::page(view, &asked)?;
    Ok(WholeCompany { company: company.into(), leads: people.items })
}
