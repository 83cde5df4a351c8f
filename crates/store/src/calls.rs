//! Calls that sales is to make. Instants are in milliseconds since 1970.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::{CallId, LeadId};
use crate::lane;
use crate::value::{Row, Value};

/// In the table `state`: the id of the last call, which stays when the call is erased.
const LAST: &str = "last call";

/// How far a call is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallState {
    /// Nobody has taken it.
    Open,
    Taken,
    Done,
}

impl CallState {
    pub const ALL: [CallState; 3] = [CallState::Open, CallState::Taken, CallState::Done];

    /// As it is stored and shown.
    ///
    /// ```
    /// use attractor_store::calls::CallState;
    ///
    /// assert_eq!(CallState::named(CallState::Taken.name()), Some(CallState::Taken));
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            CallState::Open => "open",
            CallState::Taken => "taken",
            CallState::Done => "done",
        }
    }

    pub fn named(name: &str) -> Option<CallState> {
        CallState::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// Given by [`next_id`].
    pub id: CallId,
    pub lead: LeadId,
    pub state: CallState,
    /// The address of a user.
    pub owner: Option<String>,
    pub opened_at: i64,
    /// Never before `snoozed_until`.
    pub due_at: i64,
    pub snoozed_until: Option<i64>,
    pub escalated_at: Option<i64>,
    /// When something was last logged.
    pub logged_at: Option<i64>,
    pub ended_at: Option<i64>,
    /// What was last logged.
    pub outcome: Option<String>,
    /// JSON.
    pub document: String,
}

const COLUMNS: &str =
    "id, lead, state, owner, opened_at, due_at, snoozed_until, escalated_at, logged_at, ended_at, outcome, document";

/// The id of a new call.
pub fn next_id(connection: &mut Connection) -> Result<CallId, Error> {
    let last: i64 = lane::state(connection, LAST)?.and_then(|last| last.parse().ok()).unwrap_or_default();
    lane::set_state(connection, LAST, &(last + 1).to_string())?;
    Ok(CallId(last + 1))
}

/// Stores a call in the place of what was stored of it.
pub fn save(connection: &mut Connection, call: &Call) -> Result<(), Error> {
    let sql = format!(
        "INSERT INTO calls ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT (id) DO UPDATE SET lead = excluded.lead, state = excluded.state, owner = excluded.owner,
            due_at = excluded.due_at, snoozed_until = excluded.snoozed_until, escalated_at = excluded.escalated_at,
            logged_at = excluded.logged_at, ended_at = excluded.ended_at, outcome = excluded.outcome,
            document = excluded.document"
    );
    let params = [
        call.id.into(),
        call.lead.into(),
        call.state.name().into(),
        call.owner.as_deref().into(),
        call.opened_at.into(),
        call.due_at.into(),
        call.snoozed_until.into(),
        call.escalated_at.into(),
        call.logged_at.into(),
        call.ended_at.into(),
        call.outcome.as_deref().into(),
        Value::from(&call.document),
    ];
    connection.execute(&sql, &params).map(drop)
}

/// Deletes a call.
pub fn delete(connection: &mut Connection, id: CallId) -> Result<(), Error> {
    connection.execute("DELETE FROM calls WHERE id = $1", &[id.into()]).map(drop)
}

pub fn one(connection: &mut Connection, id: CallId) -> Result<Option<Call>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM calls WHERE id = $1");
    connection.first(&sql, &[id.into()])?.map(read).transpose()
}

/// The calls of a lead, the oldest first.
pub fn of_lead(connection: &mut Connection, lead: LeadId) -> Result<Vec<Call>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM calls WHERE lead = $1 ORDER BY id");
    connection.query(&sql, &[lead.into()])?.into_iter().map(read).collect()
}

/// Calls that have not ended, those that are due first at first.
pub fn ahead(connection: &mut Connection, limit: i64) -> Result<Vec<Call>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM calls WHERE ended_at IS NULL ORDER BY due_at, id LIMIT $1");
    connection.query(&sql, &[limit.into()])?.into_iter().map(read).collect()
}

/// Calls that nobody has taken and that have not escalated, those that are due first at first.
pub fn unanswered(connection: &mut Connection, limit: i64) -> Result<Vec<Call>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE ended_at IS NULL AND escalated_at IS NULL AND state = 'open'
        ORDER BY due_at, id LIMIT $1"
    );
    connection.query(&sql, &[limit.into()])?.into_iter().map(read).collect()
}

/// Calls that ended before an instant, or at it with a lower id; the last one first. `owner` is whose, if not everybody's.
pub fn ended(
    connection: &mut Connection,
    before: (i64, CallId),
    owner: Option<&str>,
    limit: i64,
) -> Result<Vec<Call>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE ended_at IS NOT NULL AND (ended_at, id) < ($1, $2)
        AND ($3 = '' OR owner = $3) ORDER BY ended_at DESC, id DESC LIMIT $4"
    );
    let params = [before.0.into(), before.1.into(), owner.unwrap_or_default().into(), limit.into()];
    connection.query(&sql, &params)?.into_iter().map(read).collect()
}

/// Calls of which something was logged at an instant or later, the last one first.
pub fn logged_since(connection: &mut Connection, since: i64) -> Result<Vec<Call>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM calls WHERE logged_at IS NOT NULL AND logged_at >= $1 ORDER BY logged_at DESC, id DESC"
    );
    connection.query(&sql, &[since.into()])?.into_iter().map(read).collect()
}

/// By owner, how many calls have not ended.
pub fn count_by_owner(connection: &mut Connection) -> Result<Vec<(String, i64)>, Error> {
    let sql =
        "SELECT owner, count(*) FROM calls WHERE ended_at IS NULL AND owner IS NOT NULL GROUP BY owner ORDER BY owner";
    connection.query(sql, &[])?.into_iter().map(|mut row| Ok((row.take_text(0)?, row.integer(1)?))).collect()
}

/// Lets none of the calls that are there escalate by itself.
pub fn let_rest(connection: &mut Connection, now: i64) -> Result<(), Error> {
    let sql = "UPDATE calls SET escalated_at = $1 WHERE ended_at IS NULL AND escalated_at IS NULL AND due_at <= $1";
    connection.execute(sql, &[now.into()]).map(drop)
}

/// When people of two roles of a company were last noticed to be active.
pub fn noticed(connection: &mut Connection, company: &str) -> Result<Option<i64>, Error> {
    let row = connection.first("SELECT at FROM company_calls WHERE company = $1", &[company.into()])?;
    row.map(|row| row.integer(0)).transpose()
}

/// Notes that they are.
pub fn notice(connection: &mut Connection, company: &str, at: i64) -> Result<(), Error> {
    let sql = "INSERT INTO company_calls (company, at) VALUES ($1, $2)
        ON CONFLICT (company) DO UPDATE SET at = excluded.at";
    connection.execute(sql, &[company.into(), at.into()]).map(drop)
}

fn read(mut row: Row) -> Result<Call, Error> {
    let id = CallId::read(&row, 0)?;
    let state = row.take_text(2)?;
    let damaged = || Error::new(Kind::Other, format!("the stored call {id} cannot be read: it is {state}"));
    Ok(Call {
        id,
        lead: LeadId::read(&row, 1)?,
        state: CallState::named(&state).ok_or_else(damaged)?,
        owner: row.text_or_null(3)?.map(str::to_owned),
        opened_at: row.integer(4)?,
        due_at: row.integer(5)?,
        snoozed_until: row.integer_or_null(6)?,
        escalated_at: row.integer_or_null(7)?,
        logged_at: row.integer_or_null(8)?,
        ended_at: row.integer_or_null(9)?,
        outcome: row.text_or_null(10)?.map(str::to_owned),
        document: row.take_text(11)?,
    })
}
