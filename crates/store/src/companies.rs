//! Which company each person is of.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::LeadId;
use crate::value::Value;

/// A company by its key: the id of a `group`, or a domain.
#[derive(Clone, Debug, PartialEq)]
pub struct Company {
    pub company: String,
    pub people: i64,
    /// The sum of its people's scores, each at its last step; `None` where nobody has one.
    pub score: Option<f64>,
    /// The last event of any of them, in milliseconds since 1970.
    pub seen: Option<i64>,
}

/// Writes whose people leads are; what is so already costs no write.
pub fn save(connection: &mut Connection, people: &[(LeadId, String)]) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> =
        people.iter().map(|(lead, company)| [lead.bucket().into(), (*lead).into(), Value::from(company)]).collect();
    let sql = "INSERT INTO company_people (bucket, lead, company) SELECT r.bucket, r.lead, r.company
        FROM {rows: bucket bigint, lead bigint, company text}
        WHERE true ON CONFLICT (bucket, lead) DO UPDATE SET company = excluded.company
        WHERE company_people.company <> excluded.company";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// These leads are nobody's people.
pub fn forget(connection: &mut Connection, leads: &[LeadId]) -> Result<(), Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    let sql = "DELETE FROM company_people WHERE (bucket, lead) IN
        (SELECT r.bucket, r.lead FROM {rows: bucket bigint, lead bigint})";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// By what companies are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompanyOrder {
    Name,
    /// The highest first.
    Score,
    /// The largest first.
    People,
}

impl CompanyOrder {
    /// By what it sorts before the name.
    fn key(self) -> Option<&'static str> {
        match self {
            CompanyOrder::Name => None,
            CompanyOrder::Score => Some("coalesce(sum(l.score), 0)"),
            CompanyOrder::People => Some("CAST(count(*) AS DOUBLE PRECISION)"),
        }
    }

    /// Where a company stands in it.
    pub fn number(self, company: &Company) -> f64 {
        match self {
            CompanyOrder::Name => 0.0,
            CompanyOrder::Score => company.score.unwrap_or(0.0),
            CompanyOrder::People => company.people as f64,
        }
    }
}

/// Companies in an order, behind a number and a name in it.
pub fn page(
    connection: &mut Connection,
    order: CompanyOrder,
    after: Option<(f64, &str)>,
    limit: i64,
) -> Result<Vec<Company>, Error> {
    let mut params = vec![Value::from(limit)];
    let (sql, name) = (SELECT, "c.company");
    let (mut only, mut having) = (String::new(), String::new());
    if let Some((number, company)) = after {
        params.push(company.into());
        match order.key() {
            None => only = format!("WHERE {name} > $2"),
            Some(key) => {
                params.push(number.into());
                having = format!("HAVING {key} < $3 OR ({key} = $3 AND {name} > $2)");
            }
        }
    }
    let by = order.key().map(|key| format!("{key} DESC, ")).unwrap_or_default();
    let sql = format!("{sql} {only} GROUP BY {name} {having} ORDER BY {by}{name} LIMIT $1");
    companies(connection, &sql, &params)
}

pub fn one(connection: &mut Connection, company: &str) -> Result<Option<Company>, Error> {
    let sql = format!("{SELECT} WHERE c.company = $1 GROUP BY c.company");
    Ok(companies(connection, &sql, &[company.into()])?.pop())
}

/// The companies of these leads.
pub fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<(LeadId, String)>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    let sql = "SELECT c.lead, c.company FROM {rows: bucket bigint, lead bigint}
        JOIN company_people c ON c.bucket = r.bucket AND c.lead = r.lead";
    let rows = connection.batch(sql, &rows, &[])?;
    rows.into_iter().map(|mut row| Ok((LeadId::read(&row, 0)?, row.take_text(1)?))).collect()
}

/// The people of a company, the highest scores first.
pub fn people(connection: &mut Connection, company: &str, limit: i64) -> Result<Vec<LeadId>, Error> {
    let sql = "SELECT l.id FROM company_people c
        JOIN leads l ON l.bucket = c.bucket AND l.id = c.lead AND l.became IS NULL
        WHERE c.company = $1 ORDER BY coalesce(l.score, 0) DESC, l.id LIMIT $2";
    connection.query(sql, &[company.into(), limit.into()])?.iter().map(|row| LeadId::read(row, 0)).collect()
}

/// Of each of these companies the people with the highest scores, at most so many of each; those of one company are in the
/// order of their scores.
pub fn first_people(
    connection: &mut Connection,
    companies: &[&str],
    most: i64,
) -> Result<Vec<(String, LeadId)>, Error> {
    let rows: Vec<[Value; 1]> = companies.iter().map(|company| [Value::from(*company)]).collect();
    let sql = "SELECT ranked.company, ranked.lead FROM (
            SELECT c.company, l.id AS lead, row_number() OVER (
                PARTITION BY c.company ORDER BY coalesce(l.score, 0) DESC, l.id) AS place
            FROM {rows: company text} JOIN company_people c ON c.company = r.company
            JOIN leads l ON l.bucket = c.bucket AND l.id = c.lead AND l.became IS NULL) AS ranked
        WHERE ranked.place <= $2 ORDER BY ranked.place";
    let rows = connection.batch(sql, &rows, &[most.into()])?;
    rows.into_iter().map(|mut row| Ok((row.take_text(0)?, LeadId::read(&row, 1)?))).collect()
}

/// Companies at least two of whose people had an event at an instant, in milliseconds since 1970, or later; by name.
pub fn seen_since(connection: &mut Connection, since: i64) -> Result<Vec<String>, Error> {
    let sql = "SELECT c.company FROM company_people c
        JOIN leads l ON l.bucket = c.bucket AND l.id = c.lead AND l.became IS NULL
        WHERE l.seen >= $1 GROUP BY c.company HAVING count(*) >= 2 ORDER BY c.company";
    connection.query(sql, &[since.into()])?.into_iter().map(|mut row| row.take_text(0)).collect()
}

const SELECT: &str = "SELECT c.company, count(*), sum(l.score), max(l.seen) FROM company_people c
    JOIN leads l ON l.bucket = c.bucket AND l.id = c.lead AND l.became IS NULL";

fn companies(connection: &mut Connection, sql: &str, params: &[Value]) -> Result<Vec<Company>, Error> {
    let rows = connection.query(sql, params)?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Company {
                company: row.take_text(0)?,
                people: row.integer(1)?,
                score: row.real_or_null(2)?,
                seen: row.integer_or_null(3)?,
            })
        })
        .collect()
}
