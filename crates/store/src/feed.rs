//! The log of moves as people read it: some kinds, one subject, and how many came and went.

use crate::connection::Connection;
use crate::error::Error;
use crate::ids::{LeadId, MoveNumber};
use crate::moves::{COLUMNS, Move, a_move};
use crate::value::Value;

/// Which moves are wanted; what is empty is all.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter<'a> {
    pub kind: &'a str,
    pub subject: &'a str,
    /// Of this lead only.
    pub lead: Option<LeadId>,
}

/// Where a feed goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// Numbers below this one, the newest first.
    Before(MoveNumber),
    /// Numbers above this one, in order.
    After(MoveNumber),
}

/// Moves of all leads: along their numbers; of one: along its own.
pub fn page(connection: &mut Connection, filter: Filter, from: From, limit: i64) -> Result<Vec<Move>, Error> {
    let (sign, order, number) = match from {
        From::Before(number) => ("<", "DESC", number),
        From::After(number) => (">", "ASC", number),
    };
    let own = if filter.lead.is_some() { "AND m.bucket = $5 AND m.lead = $6" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM moves m WHERE m.number {sign} $1 AND ($2 = '' OR m.kind = $2)
            AND ($3 = '' OR m.subject = $3) {own} ORDER BY m.number {order} LIMIT $4"
    );
    let mut params = vec![number.into(), filter.kind.into(), filter.subject.into(), limit.into()];
    params.extend(filter.lead.iter().flat_map(|lead| [Value::from(lead.bucket()), Value::from(*lead)]));
    connection.query(&sql, &params)?.into_iter().map(a_move).collect()
}

/// How many leads entered and left segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossings {
    pub segment: String,
    /// `entered` or `left`.
    pub change: String,
    pub count: i64,
}

/// Arrivals and departures since an instant, in milliseconds since 1970, without those revised.
pub fn crossings(connection: &mut Connection, since: i64) -> Result<Vec<Crossings>, Error> {
    let first = first_known_since(connection, since)?;
    let sql = "SELECT subject, became, count(*) FROM moves
        WHERE number >= $1 AND at >= $2 AND kind = 'segment' AND revised_at IS NULL
        GROUP BY subject, became ORDER BY subject, became";
    let rows = connection.query(sql, &[first.into(), since.into()])?;
    rows.into_iter()
        .map(|mut row| Ok(Crossings { segment: row.take_text(0)?, change: row.take_text(1)?, count: row.integer(2)? }))
        .collect()
}

/// The number from which on moves became known at this instant or later. Numbers are given out as moves become known, and
/// none becomes known before it happens: what is older needs not be looked at.
fn first_known_since(connection: &mut Connection, since: i64) -> Result<i64, Error> {
    let last = connection.first("SELECT max(number) FROM moves", &[])?;
    let (mut low, mut high) = (0, last.map_or(Ok(None), |row| row.integer_or_null(0))?.unwrap_or(0));
    let sql = "SELECT number, known_at FROM moves WHERE number >= $1 ORDER BY number LIMIT 1";
    while low < high {
        let middle = low + (high - low) / 2;
        let Some(row) = connection.first(sql, &[middle.into()])? else { break };
        if row.integer(1)? >= since { high = middle } else { low = row.integer(0)?.max(middle) + 1 }
    }
    Ok(low)
}
