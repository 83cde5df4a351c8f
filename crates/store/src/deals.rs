//! Deals as they stand, by lead.

use serde::{Deserialize, Serialize};

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::LeadId;
use crate::value::{Row, Value};

/// How a deal is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DealStatus {
    Open,
    Won,
    Lost,
}

impl DealStatus {
    pub const ALL: [DealStatus; 3] = [DealStatus::Open, DealStatus::Won, DealStatus::Lost];

    /// As it is stored and shown.
    ///
    /// ```
    /// use attractor_store::deals::DealStatus;
    ///
    /// assert_eq!(DealStatus::named(DealStatus::Won.name()), Some(DealStatus::Won));
    /// assert_eq!(DealStatus::named("closed"), None);
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            DealStatus::Open => "open",
            DealStatus::Won => "won",
            DealStatus::Lost => "lost",
        }
    }

    pub fn named(name: &str) -> Option<DealStatus> {
        DealStatus::ALL.into_iter().find(|status| status.name() == name)
    }

    fn read(name: &str, lead: LeadId, deal: &str) -> Result<DealStatus, Error> {
        let unknown =
            || Error::new(Kind::Other, format!("the deal `{deal}` of lead {lead} has the unknown status `{name}`"));
        DealStatus::named(name).ok_or_else(unknown)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Deal {
    pub lead: LeadId,
    pub deal: String,
    pub status: DealStatus,
    pub amount: Option<f64>,
    pub currency: Option<String>,
    /// Milliseconds since 1970.
    pub opened_at: i64,
    pub at: i64,
}

fn deal(mut row: Row) -> Result<Deal, Error> {
    let (lead, name) = (LeadId::read(&row, 0)?, row.take_text(1)?);
    Ok(Deal {
        status: DealStatus::read(row.text(2)?, lead, &name)?,
        lead,
        deal: name,
        amount: row.real_or_null(3)?,
        currency: row.text_or_null(4)?.map(str::to_owned),
        opened_at: row.integer(5)?,
        at: row.integer(6)?,
    })
}

pub fn save(connection: &mut Connection, deals: &[Deal]) -> Result<(), Error> {
    let rows: Vec<[Value; 8]> = deals
        .iter()
        .map(|d| {
            [
                d.lead.bucket().into(),
                d.lead.into(),
                Value::from(&d.deal),
                Value::from(d.status.name()),
                d.amount.into(),
                d.currency.as_deref().into(),
                d.opened_at.into(),
                d.at.into(),
            ]
        })
        .collect();
    let sql = "INSERT INTO deals (bucket, lead, deal, status, amount, currency, opened_at, at)
        SELECT r.bucket, r.lead, r.deal, r.status, r.amount, r.currency, r.opened_at, r.at
        FROM {rows: bucket bigint, lead bigint, deal text, status text, amount double precision, currency text,
            opened_at bigint, at bigint}
        WHERE true ON CONFLICT (bucket, lead, deal) DO UPDATE SET status = excluded.status, amount = excluded.amount,
            currency = excluded.currency, opened_at = excluded.opened_at, at = excluded.at";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Deletes all deals of these leads.
pub fn delete_of(connection: &mut Connection, leads: &[LeadId]) -> Result<(), Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), Value::from(*lead)]).collect();
    let sql =
        "DELETE FROM deals WHERE (bucket, lead) IN (SELECT r.bucket, r.lead FROM {rows: bucket bigint, lead bigint})";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Deals behind (bucket, lead, deal), in this order.
pub fn after(connection: &mut Connection, at: (i64, LeadId, &str), limit: i64) -> Result<Vec<Deal>, Error> {
    let sql = "SELECT lead, deal, status, amount, currency, opened_at, at FROM deals
        WHERE (bucket, lead, deal) > ($1, $2, $3) ORDER BY bucket, lead, deal LIMIT $4";
    connection.query(sql, &[at.0.into(), at.1.into(), at.2.into(), limit.into()])?.into_iter().map(deal).collect()
}

/// The same, of one status; `None`: of any.
pub fn page(
    connection: &mut Connection,
    at: (i64, LeadId, &str),
    status: Option<DealStatus>,
    limit: i64,
) -> Result<Vec<Deal>, Error> {
    let sql = "SELECT lead, deal, status, amount, currency, opened_at, at FROM deals
        WHERE (bucket, lead, deal) > ($1, $2, $3) AND ($4 = '' OR status = $4) ORDER BY bucket, lead, deal LIMIT $5";
    let status = status.map_or("", DealStatus::name);
    let params = [at.0.into(), at.1.into(), at.2.into(), status.into(), limit.into()];
    connection.query(sql, &params)?.into_iter().map(deal).collect()
}
