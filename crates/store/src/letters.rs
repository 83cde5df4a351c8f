//! Mails to members of the team, on their way. Instants are in milliseconds since 1970.

use crate::connection::Connection;
use crate::copies::CAUGHT;
use crate::error::{Error, Kind};
use crate::ids::{LeadId, LetterNumber};
use crate::series::{self, Series};
use crate::value::{Row, Value};

/// What a letter is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterKind {
    /// A sequence alerts about a lead.
    Alert,
    /// A lead has replied.
    Reply,
    /// Nobody has taken a call in time.
    Escalation,
    /// The calls of somebody, when a working day begins.
    CallList,
    /// Something about the installation or an account has changed.
    Notice,
    /// Too many tries to sign in.
    Lockout,
    /// Somebody has become a user.
    Invitation,
    /// Somebody wants to set a new password.
    PasswordLink,
}

impl LetterKind {
    pub const ALL: [LetterKind; 8] = [
        LetterKind::Alert,
        LetterKind::Reply,
        LetterKind::Escalation,
        LetterKind::CallList,
        LetterKind::Notice,
        LetterKind::Lockout,
        LetterKind::Invitation,
        LetterKind::PasswordLink,
    ];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            LetterKind::Alert => "alert",
            LetterKind::Reply => "reply",
            LetterKind::Escalation => "escalation",
            LetterKind::CallList => "call_list",
            LetterKind::Notice => "notice",
            LetterKind::Lockout => "lockout",
            LetterKind::Invitation => "invitation",
            LetterKind::PasswordLink => "password_link",
        }
    }
}

/// Where a letter is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LetterState {
    Waiting,
    /// By the sender, in a dialogue.
    Claimed,
    Sent,
    Failed,
    /// Whether the server took it cannot be known.
    InDoubt,
}

impl LetterState {
    pub const ALL: [LetterState; 5] =
        [LetterState::Waiting, LetterState::Claimed, LetterState::Sent, LetterState::Failed, LetterState::InDoubt];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            LetterState::Waiting => "waiting",
            LetterState::Claimed => "claimed",
            LetterState::Sent => "sent",
            LetterState::Failed => "failed",
            LetterState::InDoubt => "in_doubt",
        }
    }

    fn named(name: &str) -> Option<LetterState> {
        LetterState::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// One mail to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// Given by [`insert`].
    pub number: LetterNumber,
    /// The name of a [`LetterKind`]; text, because one that a newer program asked for is sent and shown all the same.
    pub kind: String,
    pub recipient: String,
    /// JSON.
    pub content: String,
    /// What the content leaves out because it is secret, sealed; gone when the letter is over.
    pub sealed: Option<Vec<u8>>,
    pub made_at: i64,
    pub state: LetterState,
    /// What a server answered, or why it was not asked; [`CAUGHT`] of one that was caught.
    pub reason: Option<String>,
    /// When it is tried next; `None` where it is over or under way.
    pub due: Option<i64>,
    pub tries: i64,
    pub ended_at: Option<i64>,
    /// Whom it is about.
    pub lead: Option<LeadId>,
}

impl Letter {
    /// Whether it became a file of this machine, because no mail server was set, and nobody got it. Of letters that an
    /// earlier version sent it is not known.
    pub fn is_caught(&self) -> bool {
        self.state == LetterState::Sent && self.reason.as_deref() == Some(CAUGHT)
    }
}

const COLUMNS: &str = "number, kind, recipient, content, sealed, made_at, state, reason, due, tries, ended_at, lead";

/// Stores a letter that nobody has begun to send. Only in a transaction of the lane.
pub fn insert(connection: &mut Connection, letter: &Letter) -> Result<(), Error> {
    let sql =
        "INSERT INTO letters (number, kind, recipient, content, sealed, made_at, state, reason, due, tries, ended_at,
            lead)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, $11)";
    let number = series::take(connection, Series::Letters, 1)?;
    let params = [
        number.into(),
        Value::from(&letter.kind),
        Value::from(&letter.recipient),
        Value::from(&letter.content),
        letter.sealed.as_deref().into(),
        letter.made_at.into(),
        letter.state.name().into(),
        letter.reason.as_deref().into(),
        letter.due.into(),
        letter.ended_at.into(),
        letter.lead.into(),
    ];
    connection.execute(sql, &params).map(drop)
}

/// Letters of other kinds than these that are due, those that have been for longest first.
pub fn due(connection: &mut Connection, but: &[LetterKind], now: i64, limit: i64) -> Result<Vec<Letter>, Error> {
    let others: String = (3..).zip(but).map(|(place, _)| format!(" AND kind <> ${place}")).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM letters WHERE due IS NOT NULL{others} AND due <= $1 ORDER BY due, number LIMIT $2"
    );
    let kinds = but.iter().map(|kind| Value::from(kind.name()));
    let params: Vec<Value> = [Value::from(now), limit.into()].into_iter().chain(kinds).collect();
    connection.query(&sql, &params)?.into_iter().map(read).collect()
}

/// Those of these letters that are there, and that nobody has begun to send.
pub fn not_begun(connection: &mut Connection, numbers: &[LetterNumber]) -> Result<Vec<LetterNumber>, Error> {
    let rows: Vec<[Value; 1]> = numbers.iter().map(|number| [(*number).into()]).collect();
    let sql =
        "SELECT l.number FROM {rows: number bigint} JOIN letters l ON l.number = r.number WHERE l.due IS NOT NULL";
    connection.batch(sql, &rows, &[])?.iter().map(|row| LetterNumber::read(row, 0)).collect()
}

/// The newest first, with numbers below `before`.
pub fn latest(connection: &mut Connection, before: LetterNumber, limit: i64) -> Result<Vec<Letter>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM letters WHERE number < $1 ORDER BY number DESC LIMIT $2");
    connection.query(&sql, &[before.into(), limit.into()])?.into_iter().map(read).collect()
}

/// The number and the instant of each of the latest letters, the newest first.
pub fn latest_numbers(connection: &mut Connection, limit: i64) -> Result<Vec<(LetterNumber, i64)>, Error> {
    let sql = "SELECT number, made_at FROM letters ORDER BY number DESC LIMIT $1";
    let rows = connection.query(sql, &[limit.into()])?;
    rows.iter().map(|row| Ok((LetterNumber::read(row, 0)?, row.integer(1)?))).collect()
}

/// The letters about a lead, in their order.
pub fn of_lead(connection: &mut Connection, lead: LeadId) -> Result<Vec<Letter>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM letters WHERE lead = $1 ORDER BY number");
    connection.query(&sql, &[lead.into()])?.into_iter().map(read).collect()
}

/// Writes how far a letter is.
pub fn save(connection: &mut Connection, letter: &Letter) -> Result<(), Error> {
    let sql = "UPDATE letters SET state = $1, reason = $2, due = $3, tries = $4, ended_at = $5, sealed = $6
        WHERE number = $7";
    let params: [Value; 7] = [
        letter.state.name().into(),
        letter.reason.as_deref().into(),
        letter.due.into(),
        letter.tries.into(),
        letter.ended_at.into(),
        letter.sealed.as_deref().into(),
        letter.number.into(),
    ];
    connection.execute(sql, &params).map(drop)
}

/// Ends letters in one state in another.
pub fn end_all(
    connection: &mut Connection,
    (from, to): (LetterState, LetterState),
    why: &str,
    now: i64,
) -> Result<u64, Error> {
    let sql = "UPDATE letters SET state = $1, reason = $2, ended_at = $3, due = NULL, sealed = NULL WHERE state = $4";
    connection.execute(sql, &[to.name().into(), why.into(), now.into(), from.name().into()])
}

/// Makes letters due that are tried later, at an instant in milliseconds since 1970. Returns how many are due sooner by it.
pub fn recall(connection: &mut Connection, due: i64) -> Result<u64, Error> {
    connection.execute("UPDATE letters SET due = $1 WHERE due > $1", &[due.into()])
}

/// How many letters of a kind are in a state.
pub fn count_in(connection: &mut Connection, kind: LetterKind, state: LetterState) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM letters WHERE kind = $1 AND state = $2";
    counted(connection, sql, &[kind.name().into(), state.name().into()])
}

/// How many letters of a kind were asked for since an instant.
pub fn count(connection: &mut Connection, kind: LetterKind, since: i64) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM letters WHERE kind = $1 AND made_at > $2";
    counted(connection, sql, &[kind.name().into(), since.into()])
}

/// The same of those to an address.
pub fn count_to(connection: &mut Connection, kind: LetterKind, recipient: &str, since: i64) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM letters WHERE kind = $1 AND recipient = $2 AND made_at > $3";
    counted(connection, sql, &[kind.name().into(), recipient.into(), since.into()])
}

/// The same of those about a lead.
pub fn count_about(connection: &mut Connection, kind: LetterKind, lead: LeadId, since: i64) -> Result<i64, Error> {
    let sql = "SELECT count(*) FROM letters WHERE kind = $1 AND lead = $2 AND made_at > $3";
    counted(connection, sql, &[kind.name().into(), lead.into(), since.into()])
}

fn counted(connection: &mut Connection, sql: &str, params: &[Value]) -> Result<i64, Error> {
    connection.first(sql, params)?.map_or(Ok(0), |row| row.integer(0))
}

/// Forgets letters that ended before an instant.
pub fn forget(connection: &mut Connection, before: i64) -> Result<u64, Error> {
    connection.execute("DELETE FROM letters WHERE ended_at < $1", &[before.into()])
}

fn read(mut row: Row) -> Result<Letter, Error> {
    let state = row.take_text(6)?;
    let damaged = || Error::new(Kind::Other, format!("a stored letter cannot be read: it is {state}"));
    Ok(Letter {
        state: LetterState::named(&state).ok_or_else(damaged)?,
        kind: row.take_text(1)?,
        recipient: row.take_text(2)?,
        content: row.take_text(3)?,
        number: LetterNumber::read(&row, 0)?,
        sealed: if row.is_null(4) { None } else { Some(row.bytes(4)?.to_vec()) },
        made_at: row.integer(5)?,
        reason: row.text_or_null(7)?.map(str::to_owned),
        due: row.integer_or_null(8)?,
        tries: row.integer(9)?,
        ended_at: row.integer_or_null(10)?,
        lead: LeadId::read_or_null(&row, 11)?,
    })
}
