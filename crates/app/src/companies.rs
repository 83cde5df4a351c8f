//! Companies: leads that belong together.

use std::collections::BTreeMap;

use attractor_store::companies::{self, Company, CompanyOrder};
use attractor_store::{Connection, Error, LeadId, leads};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cursor::{self, Page};
use super::leads::list::{self, LeadItem, LeadSelection, Sort};
use super::leads::profiles;
use super::moves::instant;
use super::refusal::Refusal;
use crate::view::View;

/// The most people shown with a company; the rest are in the list of leads.
const PEOPLE: usize = 50;
/// As many of a company's people say what it is called, those with the highest scores.
const NAMED_BY: i64 = 20;
/// As many of a company's people are counted by role.
const EVERYBODY: i64 = 1_000;

/// The attributes that say what somebody does.
pub(crate) const DEPARTMENT: &str = "department";
pub(crate) const SENIORITY: &str = "seniority";

/// A company
#[derive(Debug, Serialize, ToSchema)]
pub struct CompanyItem {
    /// The id of its `group`, else the domain of its people's addresses, else the name that their attributes give
    pub id: String,
    /// What it is called: the name that most of its people's attributes give; null where none gives one
    pub name: Option<String>,
    /// How many of its people are known
    pub people: i64,
    /// The sum of their scores, each as of its last step; null where nobody has one
    pub score: Option<f64>,
    /// The last event of any of them, of any kind: what was done to a lead counts too, such as an e-mail that was sent or an
    /// enrollment by hand
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
    /// Its people by what they do, the role with the highest sum of scores first
    pub roles: Vec<CompanyRole>,
}

/// The people of a company who do the same
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct CompanyRole {
    /// The attribute `department`; null where it is not known
    pub department: Option<String>,
    /// The attribute `seniority`; null where it is not known
    pub seniority: Option<String>,
    pub people: usize,
    /// The sum of their scores, each as of its last step; null where nobody has one
    pub score: Option<f64>,
    /// The last event of any of them, of any kind: what was done to a lead counts too, such as an e-mail that was sent or an
    /// enrollment by hand
    #[schema(format = DateTime)]
    pub last_seen: Option<String>,
    /// The ids of the leads, the highest score first
    pub leads: Vec<String>,
}

/// By what companies are sorted
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompanySort {
    /// By the id
    Name,
    /// The highest sum of scores first
    #[default]
    Score,
    /// The most people first
    People,
}

impl CompanyItem {
    fn of(company: Company, called: &mut BTreeMap<String, String>) -> CompanyItem {
        let Company { company: id, people, score, seen } = company;
        CompanyItem { name: called.remove(&id), id, people, score, last_seen: seen.map(instant) }
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
    let mut called = names(connection, &page.items)?;
    let items = page.items.into_iter().map(|company| CompanyItem::of(company, &mut called)).collect();
    Ok(Page { items, next: page.next })
}

pub fn one(view: &mut View, id: &str) -> Result<WholeCompany, Refusal> {
    let connection = &mut *view.connection;
    let company = companies::one(connection, id)?.or(companies::one(connection, &id.trim().to_lowercase())?);
    let missing =
        || Refusal::Missing("there is no such company; it goes by the id of its group, its domain or its name".into());
    let company = company.ok_or_else(missing)?;
    let mut called = names(connection, std::slice::from_ref(&company))?;
    let asked = LeadSelection {
        sort: Sort::Score,
        company: Some(company.company.clone()),
        limit: PEOPLE,
        ..LeadSelection::default()
    };
    let people = list::page(view, &asked)?;
    let roles = roles(view.connection, &company.company)?;
    Ok(WholeCompany { company: CompanyItem::of(company, &mut called), leads: people.items, roles })
}

/// What these companies are called, by their ids, as far as the attributes of their people say it.
fn names(connection: &mut Connection, of: &[Company]) -> Result<BTreeMap<String, String>, Error> {
    let ids: Vec<&str> = of.iter().map(|company| company.company.as_str()).collect();
    let people = companies::first_people(connection, &ids, NAMED_BY)?;
    let rows = leads::load(connection, &people.iter().map(|(_, lead)| *lead).collect::<Vec<_>>())?;
    let profiles = profiles::of(connection, &rows)?;
    let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (company, lead) in &people {
        let name = profiles.get(lead).and_then(|profile| profile.company_name());
        given.entry(company).or_default().extend(name);
    }
    let called = |(id, names): (&str, Vec<&str>)| Some((id.to_owned(), commonest(&names)?.to_owned()));
    Ok(given.into_iter().filter_map(called).collect())
}

/// The name that is given most often; of several the one that comes first.
fn commonest<'n>(names: &[&'n str]) -> Option<&'n str> {
    let count = |name: &str| names.iter().filter(|other| **other == name).count();
    // Of equal ones the last is the greatest.
    names.iter().rev().copied().max_by_key(|name| count(name))
}

/// The people of a company by what they do.
fn roles(connection: &mut Connection, company: &str) -> Result<Vec<CompanyRole>, Error> {
    let ids = companies::people(connection, company, EVERYBODY)?;
    let rows = leads::load(connection, &ids)?;
    let profiles = profiles::of(connection, &rows)?;
    let rows: BTreeMap<LeadId, leads::Lead> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut roles: BTreeMap<[Option<String>; 2], (CompanyRole, Option<i64>)> = BTreeMap::new();
    for row in ids.iter().filter_map(|id| rows.get(id)) {
        let text = |name: &str| Some(profiles.get(&row.id)?.attribute(name)?.value.as_str()?.to_owned());
        let (role, seen) = roles.entry([text(DEPARTMENT), text(SENIORITY)]).or_default();
        role.people += 1;
        role.score = row.score.map(|score| score + role.score.unwrap_or_default()).or(role.score);
        role.leads.push(row.id.to_string());
        *seen = row.seen.max(*seen);
    }
    let role = |([department, seniority], (role, seen)): ([Option<String>; 2], (CompanyRole, Option<i64>))| {
        CompanyRole { department, seniority, last_seen: seen.map(instant), ..role }
    };
    let mut roles: Vec<CompanyRole> = roles.into_iter().map(role).collect();
    let sum = |role: &CompanyRole| role.score.unwrap_or_default();
    roles.sort_by(|one, other| sum(other).total_cmp(&sum(one)).then(other.people.cmp(&one.people)));
    Ok(roles)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_is_called_as_most_of_its_people_say() {
        for (names, expected) in [
            (&["Acme"][..], Some("Acme")),
            (&["Acme", "ACME Inc.", "ACME Inc."], Some("ACME Inc.")),
            (&["Acme", "ACME Inc."], Some("Acme")),
            (&[], None),
        ] {
            assert_eq!(commonest(names), expected, "{names:?}");
        }
    }
}
