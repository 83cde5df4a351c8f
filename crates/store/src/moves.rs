//! The log of moves, and what is asked of whoever sends and alerts.

use std::collections::BTreeSet;

use crate::bucket;
use crate::connection::Connection;
use crate::error::Error;
use crate::value::{Row, Value};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    pub lead: i64,
    /// Running, over all leads.
    pub number: i64,
    /// When it happened, and when that became known; milliseconds since 1970.
    pub at: i64,
    pub known_at: i64,
    /// `stage`, `segment` or `sequence`.
    pub kind: String,
    /// The ladder, segment or sequence.
    pub subject: String,
    /// The stage before.
    pub was: Option<String>,
    /// The stage, or what changed: `entered`, `left`, `enrolled` …
    pub became: String,
    /// The message's id, or `time`.
    pub because: String,
    /// How it became known: `live`, `late`, `join`, `import`, `verdict`, `version 3` …
    pub reason: String,
    pub version: i64,
    /// When a rebuild no longer yielded it, and why.
    pub revised: Option<(i64, String)>,
}

pub(crate) const COLUMNS: &str =
    "m.lead, m.number, m.at, m.known_at, m.kind, m.subject, m.was, m.became, m.because, m.reason,
    m.version, m.revised_at, m.revised_by";

pub(crate) fn a_move(mut row: Row) -> Result<Move, Error> {
    let revised_at = row.integer_or_null(11)?;
    let revised_by = row.text_or_null(12)?.unwrap_or_default().to_owned();
    Ok(Move {
        kind: row.take_text(4)?,
        subject: row.take_text(5)?,
        was: row.text_or_null(6)?.map(str::to_owned),
        became: row.take_text(7)?,
        because: row.take_text(8)?,
        reason: row.take_text(9)?,
        lead: row.integer(0)?,
        number: row.integer(1)?,
        at: row.integer(2)?,
        known_at: row.integer(3)?,
        version: row.integer(10)?,
        revised: revised_at.map(|at| (at, revised_by)),
    })
}

pub fn insert(connection: &mut Connection, moves: &[Move]) -> Result<(), Error> {
    let rows: Vec<[Value; 12]> = moves
        .iter()
        .map(|m| {
            [
                bucket(m.lead).into(),
                m.lead.into(),
                m.number.into(),
                m.at.into(),
                m.known_at.into(),
                Value::from(&m.kind),
                Value::from(&m.subject),
                m.was.as_deref().into(),
                Value::from(&m.became),
                Value::from(&m.because),
                Value::from(&m.reason),
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
pub fn of_leads_since(connection: &mut Connection, leads: &[(i64, i64)]) -> Result<Vec<Move>, Error> {
    let rows: Vec<[Value; 3]> = leads.iter().map(|(id, at)| [bucket(*id).into(), (*id).into(), (*at).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint, since bigint}}
        JOIN moves m ON m.bucket = r.bucket AND m.lead = r.lead WHERE m.at > r.since"
    );
    connection.batch(&sql, &rows, &[])?.into_iter().map(a_move).collect()
}

/// The moves of these leads, revised ones too, in no order.
pub fn of_leads(connection: &mut Connection, leads: &[i64]) -> Result<Vec<Move>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|id| [bucket(*id).into(), (*id).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint}}
        JOIN moves m ON m.bucket = r.bucket AND m.lead = r.lead"
    );
    connection.batch(&sql, &rows, &[])?.into_iter().map(a_move).collect()
}

/// The last moves of all leads, the newest first, with numbers below `before`.
pub fn latest(connection: &mut Connection, before: i64, limit: i64) -> Result<Vec<Move>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM moves m WHERE m.number < $1 ORDER BY m.number DESC LIMIT $2");
    connection.query(&sql, &[before.into(), limit.into()])?.into_iter().map(a_move).collect()
}

/// The moves with numbers above `after`, in order: what webhooks and streams follow.
pub fn following(connection: &mut Connection, after: i64, limit: i64) -> Result<Vec<Move>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM moves m WHERE m.number > $1 ORDER BY m.number LIMIT $2");
    connection.query(&sql, &[after.into(), limit.into()])?.into_iter().map(a_move).collect()
}

/// Marks moves that a rebuild no longer yields.
pub fn revise(connection: &mut Connection, moves: &[(i64, i64)], at: i64, by: &str) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> =
        moves.iter().map(|(lead, number)| [bucket(*lead).into(), (*lead).into(), Value::from(*number)]).collect();
    let sql = "UPDATE moves AS m SET revised_at = $4, revised_by = $5
        FROM {rows: bucket bigint, lead bigint, number bigint}
        WHERE m.bucket = r.bucket AND m.lead = r.lead AND m.number = r.number";
    connection.batch(sql, &rows, &[at.into(), by.into()]).map(drop)
}

/// One copy asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    pub lead: i64,
    pub sequence: String,
    /// When the enrolment began, in milliseconds since 1970.
    pub began: i64,
    pub step: String,
    /// `None`: the best unread piece.
    pub email: Option<String>,
    pub class: String,
    pub asked_at: i64,
    /// Skipped from this instant on.
    pub not_after: Option<i64>,
    /// `waiting`, `withdrawn`; later `sent`, `skipped`, `failed`, `in doubt`.
    pub state: String,
}

/// Asks for copies, each key once. One that was withdrawn waits again; what else is there already stays as it is, and
/// is returned.
pub fn insert_sends(connection: &mut Connection, sends: &[Send]) -> Result<Vec<Send>, Error> {
    let rows: Vec<[Value; 10]> = sends
        .iter()
        .map(|s| {
            [
                bucket(s.lead).into(),
                s.lead.into(),
                Value::from(&s.sequence),
                s.began.into(),
                Value::from(&s.step),
                s.email.as_deref().into(),
                Value::from(&s.class),
                s.asked_at.into(),
                s.not_after.into(),
                Value::from(&s.state),
            ]
        })
        .collect();
    let sql = "INSERT INTO sends (bucket, lead, sequence, began, step, email, class, asked_at, not_after, state)
        SELECT r.bucket, r.lead, r.sequence, r.began, r.step, r.email, r.class, r.asked_at, r.not_after, r.state
        FROM {rows: bucket bigint, lead bigint, sequence text, began bigint, step text, email text, class text,
            asked_at bigint, not_after bigint, state text}
        WHERE true ON CONFLICT (bucket, lead, sequence, began, step) DO UPDATE SET email = excluded.email,
            class = excluded.class, asked_at = excluded.asked_at, not_after = excluded.not_after,
            state = excluded.state
        WHERE sends.state = 'withdrawn'
        RETURNING lead, sequence, began, step";
    let written: BTreeSet<(i64, String, i64, String)> = connection
        .batch(sql, &rows, &[])?
        .into_iter()
        .map(|mut row| Ok((row.integer(0)?, row.take_text(1)?, row.integer(2)?, row.take_text(3)?)))
        .collect::<Result<_, Error>>()?;
    let key = |send: &Send| (send.lead, send.sequence.clone(), send.began, send.step.clone());
    let stay: Vec<&Send> = sends.iter().filter(|send| !written.contains(&key(send))).collect();
    if stay.is_empty() {
        return Ok(Vec::new());
    }
    let leads: BTreeSet<i64> = stay.iter().map(|send| send.lead).collect();
    let mut known = sends_of_leads(connection, &leads.into_iter().collect::<Vec<_>>())?;
    known.retain(|known| stay.iter().any(|send| key(send) == key(known)));
    Ok(known)
}

pub fn sends_of_leads(connection: &mut Connection, leads: &[i64]) -> Result<Vec<Send>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|id| [bucket(*id).into(), (*id).into()]).collect();
    let sql = "SELECT s.lead, s.sequence, s.began, s.step, s.email, s.class, s.asked_at, s.not_after, s.state
        FROM {rows: bucket bigint, lead bigint} JOIN sends s ON s.bucket = r.bucket AND s.lead = r.lead";
    connection.batch(sql, &rows, &[])?.into_iter().map(send).collect()
}

fn send(mut row: Row) -> Result<Send, Error> {
    Ok(Send {
        sequence: row.take_text(1)?,
        step: row.take_text(3)?,
        email: row.text_or_null(4)?.map(str::to_owned),
        class: row.take_text(5)?,
        state: row.take_text(8)?,
        lead: row.integer(0)?,
        began: row.integer(2)?,
        asked_at: row.integer(6)?,
        not_after: row.integer_or_null(7)?,
    })
}

/// What of a waiting copy comes to nothing.
pub fn withdraw_sends(connection: &mut Connection, sends: &[(i64, &str, i64, &str)]) -> Result<(), Error> {
    let row = |(lead, sequence, began, step): &(i64, &'_ str, i64, &'_ str)| -> [Value<'_>; 5] {
        [bucket(*lead).into(), (*lead).into(), sequence.to_string().into(), (*began).into(), step.to_string().into()]
    };
    let rows: Vec<[Value; 5]> = sends.iter().map(row).collect();
    let sql = "UPDATE sends AS s SET state = 'withdrawn'
        FROM {rows: bucket bigint, lead bigint, sequence text, began bigint, step text}
        WHERE s.bucket = r.bucket AND s.lead = r.lead AND s.sequence = r.sequence AND s.began = r.began
            AND s.step = r.step AND s.state = 'waiting'";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// What became of a copy; `false` where nobody asked for it.
pub fn set_send_state(connection: &mut Connection, send: (i64, &str, i64, &str), state: &str) -> Result<bool, Error> {
    let sql = "UPDATE sends SET state = $6 WHERE bucket = $1 AND lead = $2 AND sequence = $3 AND began = $4
        AND step = $5";
    let (lead, sequence, began, step) = send;
    let params = [bucket(lead).into(), lead.into(), sequence.into(), began.into(), step.into(), state.into()];
    Ok(connection.execute(sql, &params)? > 0)
}

/// Somebody is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    pub lead: i64,
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
                bucket(a.lead).into(),
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
pub fn alerts_of_leads(connection: &mut Connection, leads: &[i64]) -> Result<Vec<Alert>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|id| [bucket(*id).into(), (*id).into()]).collect();
    let sql = "SELECT a.lead, a.sequence, a.began, a.step, a.recipients, a.say, a.at, a.known_at
        FROM {rows: bucket bigint, lead bigint} JOIN alerts a ON a.bucket = r.bucket AND a.lead = r.lead";
    connection.batch(sql, &rows, &[])?.into_iter().map(alert).collect()
}

fn alert(mut row: Row) -> Result<Alert, Error> {
    Ok(Alert {
        sequence: row.take_text(1)?,
        step: row.take_text(3)?,
        to: row.take_text(4)?,
        say: row.take_text(5)?,
        lead: row.integer(0)?,
        began: row.integer(2)?,
        at: row.integer(6)?,
        known_at: row.integer(7)?,
    })
}
