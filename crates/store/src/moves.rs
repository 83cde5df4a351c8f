//! The log of moves, and what is asked of whoever alerts.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::{LeadId, MoveNumber, VersionNumber};
use crate::value::{Row, Value};

pub use crate::reason::MoveReason;

/// What moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MoveKind {
    Stage,
    Segment,
    Sequence,
    /// The primary interest.
    Interest,
}

impl MoveKind {
    pub const ALL: [MoveKind; 4] = [MoveKind::Stage, MoveKind::Segment, MoveKind::Sequence, MoveKind::Interest];

    /// As it is stored and shown.
    ///
    /// ```
    /// use attractor_store::moves::MoveKind;
    ///
    /// assert_eq!(MoveKind::Interest.name(), "interest");
    /// ```
    pub fn name(self) -> &'static str {
        match self {
            MoveKind::Stage => "stage",
            MoveKind::Segment => "segment",
            MoveKind::Sequence => "sequence",
            MoveKind::Interest => "interest",
        }
    }

    fn read(name: &str, number: MoveNumber) -> Result<MoveKind, Error> {
        let unknown = || Error::new(Kind::Other, format!("the move {} has the unknown kind `{name}`", number.0));
        MoveKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(unknown)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub lead: LeadId,
    pub number: MoveNumber,
    /// When it happened, and when that became known; milliseconds since 1970.
    pub at: i64,
    pub known_at: i64,
    pub kind: MoveKind,
    /// The ladder, segment or sequence; `primary` for the primary interest.
    pub subject: String,
    /// The stage or topic before.
    pub was: Option<String>,
    /// The stage or topic, or what changed: `entered`, `left`, `enrolled` …
    pub became: String,
    /// The message's id, or `time`.
    pub because: String,
    pub reason: MoveReason,
    pub version: VersionNumber,
    /// When a rebuild no longer yielded it, and why.
    pub revised: Option<(i64, MoveReason)>,
}

pub(crate) const COLUMNS: &str =
    "m.lead, m.number, m.at, m.known_at, m.kind, m.subject, m.was, m.became, m.because, m.reason,
    m.version, m.revised_at, m.revised_by";

pub(crate) fn a_move(mut row: Row) -> Result<Move, Error> {
    let revised_at = row.integer_or_null(11)?;
    let revised_by = row.text_or_null(12)?.map(MoveReason::read).transpose()?;
    let number = MoveNumber::read(&row, 1)?;
    Ok(Move {
        kind: MoveKind::read(row.text(4)?, number)?,
        subject: row.take_text(5)?,
        was: row.text_or_null(6)?.map(str::to_owned),
        became: row.take_text(7)?,
        because: row.take_text(8)?,
        reason: MoveReason::read(row.text(9)?)?,
        lead: LeadId::read(&row, 0)?,
        number,
        at: row.integer(2)?,
        known_at: row.integer(3)?,
        version: VersionNumber::read(&row, 10)?,
        revised: revised_at.zip(revised_by),
    })
}

pub fn insert(connection: &mut Connection, moves: &[Move]) -> Result<(), Error> {
    let rows: Vec<[Value; 12]> = moves
        .iter()
        .map(|m| {
            [
                m.lead.bucket().into(),
                m.lead.into(),
                m.number.into(),
                m.at.into(),
                m.known_at.into(),
                Value::from(m.kind.name()),
                Value::from(&m.subject),
                m.was.as_deref().into(),
                Value::from(&m.became),
                Value::from(&m.because),
                Value::from(m.reason.to_string()),
                m.version.into(),
            ]
        })
        .collect();
    let sql = "INSERT INTO moves
            (bucket, lead, number, at, known_at, kind, subject, was, became, because, reason, version)
        SELECT r.bucket, r.lead, r.number, r.at, r.known_at, r.kind, r.subject, r.was, r.became, r.because, r.reason,
            r.version
        FROM {rows: bucket bigint, lead bigint, number bigint, at bigint, known_at bigint, kind text, subject text,
            was text, became text, because text, reason text, version bigint}";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// The moves of these leads behind an instant of each, in milliseconds since 1970; revised ones too, in no order.
pub fn of_leads_since(connection: &mut Connection, leads: &[(LeadId, i64)]) -> Result<Vec<Move>, Error> {
    let rows: Vec<[Value; 3]> = leads.iter().map(|(id, at)| [id.bucket().into(), (*id).into(), (*at).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint, since bigint}}
        JOIN moves m ON m.bucket = r.bucket AND m.lead = r.lead WHERE m.at > r.since"
    );
    connection.batch(&sql, &rows, &[])?.into_iter().map(a_move).collect()
}

/// The moves of these leads, revised ones too, in no order.
pub fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<Move>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|id| [id.bucket().into(), (*id).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint}}
        JOIN moves m ON m.bucket = r.bucket AND m.lead = r.lead"
    );
    connection.batch(&sql, &rows, &[])?.into_iter().map(a_move).collect()
}

/// The last moves of all leads, the newest first, with numbers below `before`.
pub fn latest(connection: &mut Connection, before: MoveNumber, limit: i64) -> Result<Vec<Move>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM moves m WHERE m.number < $1 ORDER BY m.number DESC LIMIT $2");
    connection.query(&sql, &[before.into(), limit.into()])?.into_iter().map(a_move).collect()
}

/// The moves with numbers above `after`, in order: what webhooks and streams follow.
pub fn following(connection: &mut Connection, after: MoveNumber, limit: i64) -> Result<Vec<Move>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM moves m WHERE m.number > $1 ORDER BY m.number LIMIT $2");
    connection.query(&sql, &[after.into(), limit.into()])?.into_iter().map(a_move).collect()
}

/// Marks moves, each by its lead and number, that a rebuild no longer yields.
pub fn revise(
    connection: &mut Connection,
    moves: &[(LeadId, MoveNumber)],
    at: i64,
    by: MoveReason,
) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> =
        moves.iter().map(|(lead, number)| [lead.bucket().into(), (*lead).into(), (*number).into()]).collect();
    let sql = "UPDATE moves SET revised_at = $4, revised_by = $5
        FROM {rows: bucket bigint, lead bigint, number bigint}
        WHERE moves.bucket = r.bucket AND moves.lead = r.lead AND moves.number = r.number";
    connection.batch(sql, &rows, &[at.into(), by.to_string().into()]).map(drop)
}

/// Somebody is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub lead: LeadId,
    pub sequence: String,
    pub began: i64,
    pub step: String,
    /// The name of a list of addresses.
    pub to: String,
    pub say: String,
    pub at: i64,
    pub known_at: i64,
}

pub fn insert_alerts(connection: &mut Connection, alerts: &[Alert]) -> Result<(), Error> {
    let rows: Vec<[Value; 9]> = alerts
        .iter()
        .map(|a| {
            [
                a.lead.bucket().into(),
                a.lead.into(),
                Value::from(&a.sequence),
                a.began.into(),
                Value::from(&a.step),
                Value::from(&a.to),
                Value::from(&a.say),
                a.at.into(),
                a.known_at.into(),
            ]
        })
        .collect();
    let sql = "INSERT INTO alerts (bucket, lead, sequence, began, step, recipients, say, at, known_at, state)
        SELECT r.bucket, r.lead, r.sequence, r.began, r.step, r.recipients, r.say, r.at, r.known_at, 'waiting'
        FROM {rows: bucket bigint, lead bigint, sequence text, began bigint, step text, recipients text, say text,
            at bigint, known_at bigint}
        WHERE true ON CONFLICT DO NOTHING";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// The alerts about these leads, in no order.
pub fn alerts_of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<Alert>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|id| [id.bucket().into(), (*id).into()]).collect();
    let sql = "SELECT a.lead, a.sequence, a.began, a.step, a.recipients, a.say, a.at, a.known_at
        FROM {rows: bucket bigint, lead bigint} JOIN alerts a ON a.bucket = r.bucket AND a.lead = r.lead";
    connection.batch(sql, &rows, &[])?.into_iter().map(alert).collect()
}

/// Alerts that nobody was mailed about yet, the first ones first.
pub fn waiting_alerts(connection: &mut Connection, limit: i64) -> Result<Vec<Alert>, Error> {
    let sql = "SELECT a.lead, a.sequence, a.began, a.step, a.recipients, a.say, a.at, a.known_at FROM alerts a
        WHERE a.state = 'waiting' ORDER BY a.known_at LIMIT $1";
    connection.query(sql, &[limit.into()])?.into_iter().map(alert).collect()
}

/// Notes that these alerts are on their way.
pub fn mark_mailed(connection: &mut Connection, alerts: &[Alert]) -> Result<(), Error> {
    let rows: Vec<[Value; 5]> = alerts
        .iter()
        .map(|a| {
            [a.lead.bucket().into(), a.lead.into(), Value::from(&a.sequence), a.began.into(), Value::from(&a.step)]
        })
        .collect();
    let sql = "UPDATE alerts SET state = 'mailed'
        FROM {rows: bucket bigint, lead bigint, sequence text, began bigint, step text}
        WHERE alerts.bucket = r.bucket AND alerts.lead = r.lead AND alerts.sequence = r.sequence
            AND alerts.began = r.began AND alerts.step = r.step";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Lets nobody be mailed about the alerts that wait.
pub fn keep_alerts_unmailed(connection: &mut Connection) -> Result<(), Error> {
    connection.execute("UPDATE alerts SET state = 'recorded' WHERE state = 'waiting'", &[]).map(drop)
}

fn alert(mut row: Row) -> Result<Alert, Error> {
    Ok(Alert {
        sequence: row.take_text(1)?,
        step: row.take_text(3)?,
        to: row.take_text(4)?,
        say: row.take_text(5)?,
        lead: LeadId::read(&row, 0)?,
        began: row.integer(2)?,
        at: row.integer(6)?,
        known_at: row.integer(7)?,
    })
}
