//! Leads as people look for them: in lists, by the beginning of what they are called, and a few for all.
//!
//! Lists but those by id read every lead of whom they tell: a score that fades has no order in an index, and an index on
//! what changes with every event would cost more than these lists do.

use crate::connection::Connection;
use crate::error::Error;
use crate::identities::Identity;
use crate::identity_kind::IdentityKind;
use crate::ids::{IdentityId, LeadId};
use crate::place_key::{PlaceKey, PlaceKind};
use crate::value::{Row, Value};

/// By what leads are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeadOrder {
    /// As they are stored.
    Id,
    Name,
    /// The first declared one, at the last step, the highest first.
    Score,
    /// The last event, the latest first.
    Seen,
}

/// The place of a lead in an order.
#[derive(Clone, Debug, PartialEq)]
pub enum OrderKey {
    None,
    Text(String),
    Number(f64),
    /// Milliseconds since 1970.
    Instant(i64),
}

/// Which leads a query asks for.
#[derive(Clone, Copy, Debug)]
pub struct LeadQuery<'a> {
    pub order: LeadOrder,
    /// Behind this one.
    pub after: Option<(&'a OrderKey, LeadId)>,
    /// In this stage or segment only.
    pub place: Option<&'a PlaceKey>,
    /// Of this company only.
    pub company: Option<&'a str>,
    pub limit: i64,
}

/// Leads of whom something happened, in order, each with its place in it.
pub fn page(connection: &mut Connection, query: &LeadQuery) -> Result<Vec<(LeadId, OrderKey)>, Error> {
    let mut params: Vec<Value> = Vec::new();
    let mut sql = format!("SELECT l.id, {} FROM leads l", query.order.key());
    let (place, company) = (query.place.map(Value::from), query.company.map(Value::from));
    for (table, column, value) in [("places", "place", place), ("company_people", "company", company)] {
        if let Some(value) = value {
            params.push(value);
            let number = params.len();
            sql += &format!(
                " JOIN {table} ON {table}.{column} = ${number} AND {table}.bucket = l.bucket AND {table}.lead = l.id"
            );
        }
    }
    sql += " WHERE l.became IS NULL AND l.first_at IS NOT NULL";
    if let Some((key, id)) = query.after {
        sql += &query.order.behind(key, id, &mut params);
    }
    params.push(query.limit.into());
    sql += &format!(" ORDER BY {} LIMIT ${}", query.order.by(), params.len());
    let rows = connection.query(&sql, &params)?;
    rows.into_iter().map(|row| Ok((LeadId::read(&row, 0)?, query.order.read(row)?))).collect()
}

impl LeadOrder {
    fn key(self) -> &'static str {
        match self {
            LeadOrder::Id => "l.id",
            LeadOrder::Name => "l.name",
            LeadOrder::Score => "coalesce(l.score, -1e300)",
            LeadOrder::Seen => "coalesce(l.seen, 0)",
        }
    }

    fn by(self) -> String {
        match self {
            LeadOrder::Id => "l.bucket, l.id".into(),
            LeadOrder::Name => "l.name, l.id".into(),
            LeadOrder::Score | LeadOrder::Seen => format!("{} DESC, l.id DESC", self.key()),
        }
    }

    fn behind(self, key: &OrderKey, id: LeadId, params: &mut Vec<Value>) -> String {
        let (first, sign) = match self {
            LeadOrder::Id => ("l.bucket", ">"),
            LeadOrder::Name => (self.key(), ">"),
            LeadOrder::Score | LeadOrder::Seen => (self.key(), "<"),
        };
        params.push(match key {
            OrderKey::None => id.bucket().into(),
            OrderKey::Text(text) => text.clone().into(),
            OrderKey::Number(number) => (*number).into(),
            OrderKey::Instant(at) => (*at).into(),
        });
        params.push(id.into());
        format!(" AND ({first}, l.id) {sign} (${}, ${})", params.len() - 1, params.len())
    }

    fn read(self, mut row: Row) -> Result<OrderKey, Error> {
        Ok(match self {
            LeadOrder::Id => OrderKey::None,
            LeadOrder::Name => OrderKey::Text(row.take_text(1)?),
            LeadOrder::Score => OrderKey::Number(row.real(1)?),
            LeadOrder::Seen => OrderKey::Instant(row.integer(1)?),
        })
    }
}

/// Identities of a kind whose text begins so, behind a text, in order.
pub fn starting(
    connection: &mut Connection,
    kind: IdentityKind,
    text: &str,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<Identity>, Error> {
    let end = format!("{text}\u{10ffff}");
    let sql = "SELECT text, id, lead FROM identities WHERE kind = $1 AND text >= $2 AND text < $3 AND text > $4
        ORDER BY text LIMIT $5";
    // Before every text stands the empty one, which is nobody's.
    let params = [kind.into(), text.into(), Value::from(end), after.unwrap_or_default().into(), limit.into()];
    let rows = connection.query(sql, &params)?;
    rows.into_iter()
        .map(|mut row| {
            Ok(Identity { kind, text: row.take_text(0)?, id: IdentityId::read(&row, 1)?, lead: LeadId::read(&row, 2)? })
        })
        .collect()
}

/// Hands over the id of every lead with an event that is not a machine's, in any order; `ladder` is one of the playbook's, if it has any: each
/// of these leads is on it once, and the index of places is smaller than the leads.
pub fn each_id(connection: &mut Connection, ladder: Option<&str>, mut take: impl FnMut(LeadId)) -> Result<(), Error> {
    let take = |row: Row| {
        take(LeadId::read(&row, 0)?);
        Ok(())
    };
    match ladder {
        Some(ladder) => {
            let (from, to) = PlaceKey::range_of_ladder(ladder);
            let sql = "SELECT lead FROM places WHERE place > $1 AND place < $2";
            connection.each(sql, &[from.into(), to.into()], take)
        }
        None => connection.each("SELECT id FROM leads WHERE became IS NULL AND first_at IS NOT NULL", &[], take),
    }
}

/// How many leads are in a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceSize {
    pub place: PlaceKey,
    pub leads: i64,
    /// Those of them that have an e-mail.
    pub people: i64,
}

/// The sizes of all stages, or of all segments.
pub fn sizes(connection: &mut Connection, kind: PlaceKind) -> Result<Vec<PlaceSize>, Error> {
    let (from, to) = kind.range();
    let sql = "SELECT p.place, count(*), count(l.email) FROM places p
        JOIN leads l ON l.bucket = p.bucket AND l.id = p.lead
        WHERE p.place >= $1 AND p.place < $2 GROUP BY p.place ORDER BY p.place";
    let rows = connection.query(sql, &[from.into(), to.into()])?;
    rows.into_iter()
        .map(|row| Ok(PlaceSize { place: PlaceKey::read(&row, 0)?, leads: row.integer(1)?, people: row.integer(2)? }))
        .collect()
}
