//! Broadcasts, and their copies as a whole: how many are in which state, and what happens to all that wait.

use std::fmt;

use crate::connection::Connection;
use crate::copies::{COLUMNS, CopySource, CopyState, MailCopy, read};
use crate::error::{Error, Kind};
use crate::ids::{BroadcastId, LeadId};
use crate::series::{self, Series};
use crate::value::{Row, Value};

/// What may happen to a broadcast's copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BroadcastState {
    /// It has no copies.
    Draft,
    /// Its copies leave when their turn comes.
    Started,
    /// None of its copies leaves until somebody resumes it.
    Paused,
    /// Its copies are being taken back; then it is a draft again.
    Undoing,
    /// What has not left is withdrawn.
    Cancelled,
}

impl BroadcastState {
    pub const ALL: [BroadcastState; 5] = [
        BroadcastState::Draft,
        BroadcastState::Started,
        BroadcastState::Paused,
        BroadcastState::Undoing,
        BroadcastState::Cancelled,
    ];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            BroadcastState::Draft => "draft",
            BroadcastState::Started => "started",
            BroadcastState::Paused => "paused",
            BroadcastState::Undoing => "undoing",
            BroadcastState::Cancelled => "cancelled",
        }
    }

    pub fn named(name: &str) -> Option<BroadcastState> {
        BroadcastState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether copies that are due stay where they are.
    pub fn is_halted(self) -> bool {
        matches!(self, BroadcastState::Paused | BroadcastState::Undoing | BroadcastState::Cancelled)
    }
}

impl fmt::Display for BroadcastState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A broadcast. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broadcast {
    /// Given by `next_id`.
    pub id: BroadcastId,
    /// JSON.
    pub document: String,
    pub state: BroadcastState,
    /// Why it is paused.
    pub why: Option<String>,
    pub made_at: i64,
    pub made_by: String,
    pub changed_at: i64,
    pub started_at: Option<i64>,
    /// None of its copies leaves earlier.
    pub leaves_at: Option<i64>,
    /// When its audience was complete.
    pub frozen_at: Option<i64>,
    /// The bucket and lead up to which its audience is frozen.
    pub frozen_to: (i64, LeadId),
    /// How many copies it was given.
    pub audience: i64,
    /// How many leads were left out at random, for comparison.
    pub held_out: i64,
    /// Copies that servers accepted or refused.
    pub sent: i64,
    /// Copies that came back for good, and that were marked as spam.
    pub hard_bounces: i64,
    pub complaints: i64,
    /// Its audience cannot be frozen further before somebody resumes it.
    pub stuck: bool,
}

impl Broadcast {
    /// A draft that somebody makes at an instant.
    pub fn draft(id: BroadcastId, document: String, made_by: String, made_at: i64) -> Broadcast {
        Broadcast {
            id,
            document,
            state: BroadcastState::Draft,
            why: None,
            made_at,
            made_by,
            changed_at: made_at,
            started_at: None,
            leaves_at: None,
            frozen_at: None,
            frozen_to: START,
            audience: 0,
            held_out: 0,
            sent: 0,
            hard_bounces: 0,
            complaints: 0,
            stuck: false,
        }
    }
}

/// Before the first lead.
pub const START: (i64, LeadId) = (-1, LeadId::MAX);

const BROADCAST: &str =
    "b.id, b.document, b.state, b.why, b.made_at, b.made_by, b.changed_at, b.started_at, b.leaves_at,
    b.frozen_at, b.bucket, b.lead, b.audience, b.held_out, b.hard_bounces, b.complaints, b.sent, b.stuck";

fn broadcast(mut row: Row) -> Result<Broadcast, Error> {
    let (id, state) = (BroadcastId::read(&row, 0)?, row.take_text(2)?);
    let damaged = || Error::new(Kind::Other, format!("the stored broadcast {id} cannot be read: it is {state}"));
    Ok(Broadcast {
        id,
        document: row.take_text(1)?,
        state: BroadcastState::named(&state).ok_or_else(damaged)?,
        why: row.text_or_null(3)?.map(str::to_owned),
        made_at: row.integer(4)?,
        made_by: row.take_text(5)?,
        changed_at: row.integer(6)?,
        started_at: row.integer_or_null(7)?,
        leaves_at: row.integer_or_null(8)?,
        frozen_at: row.integer_or_null(9)?,
        frozen_to: (row.integer(10)?, LeadId::read(&row, 11)?),
        audience: row.integer(12)?,
        held_out: row.integer(13)?,
        hard_bounces: row.integer(14)?,
        complaints: row.integer(15)?,
        sent: row.integer(16)?,
        stuck: row.integer(17)? != 0,
    })
}

/// Takes the id of a new broadcast. Only in a transaction of the lane.
pub fn next_id(connection: &mut Connection) -> Result<BroadcastId, Error> {
    series::take(connection, Series::Broadcasts, 1).map(BroadcastId)
}

/// Stores a broadcast, in the place of what it was.
pub fn save(connection: &mut Connection, of: &Broadcast) -> Result<(), Error> {
    let sql = "INSERT INTO broadcasts (id, document, state, why, made_at, made_by, changed_at, started_at, leaves_at,
            frozen_at, bucket, lead, audience, held_out, hard_bounces, complaints, sent, stuck)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        ON CONFLICT (id) DO UPDATE SET document = excluded.document, state = excluded.state, why = excluded.why,
            changed_at = excluded.changed_at, started_at = excluded.started_at, leaves_at = excluded.leaves_at,
            frozen_at = excluded.frozen_at, bucket = excluded.bucket, lead = excluded.lead,
            audience = excluded.audience, held_out = excluded.held_out, hard_bounces = excluded.hard_bounces,
            complaints = excluded.complaints, sent = excluded.sent, stuck = excluded.stuck";
    let params = [
        of.id.into(),
        Value::from(&of.document),
        of.state.name().into(),
        of.why.as_deref().into(),
        of.made_at.into(),
        Value::from(&of.made_by),
        of.changed_at.into(),
        of.started_at.into(),
        of.leaves_at.into(),
        of.frozen_at.into(),
        of.frozen_to.0.into(),
        of.frozen_to.1.into(),
        of.audience.into(),
        of.held_out.into(),
        of.hard_bounces.into(),
        of.complaints.into(),
        of.sent.into(),
        i64::from(of.stuck).into(),
    ];
    connection.execute(sql, &params).map(drop)
}

/// What became of some copies of a broadcast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CameBack {
    pub sent: i64,
    pub hard_bounces: i64,
    pub complaints: i64,
}

/// Adds what became of copies to what is known of a broadcast; returns it as it is then.
pub fn add(connection: &mut Connection, id: BroadcastId, new: CameBack) -> Result<Option<Broadcast>, Error> {
    let sql = "UPDATE broadcasts SET sent = sent + $1, hard_bounces = hard_bounces + $2, complaints = complaints + $3
        WHERE id = $4";
    let params = [new.sent.into(), new.hard_bounces.into(), new.complaints.into(), id.into()];
    connection.execute(sql, &params)?;
    one(connection, id)
}

/// Those with ids below `before`, the newest first.
pub fn latest(connection: &mut Connection, before: BroadcastId, limit: i64) -> Result<Vec<Broadcast>, Error> {
    let sql = format!("SELECT {BROADCAST} FROM broadcasts b WHERE b.id < $1 ORDER BY b.id DESC LIMIT $2");
    connection.query(&sql, &[before.into(), limit.into()])?.into_iter().map(broadcast).collect()
}

pub fn one(connection: &mut Connection, id: BroadcastId) -> Result<Option<Broadcast>, Error> {
    let sql = format!("SELECT {BROADCAST} FROM broadcasts b WHERE b.id = $1");
    connection.first(&sql, &[id.into()])?.map(broadcast).transpose()
}

/// Those of these broadcasts that are there, in no order.
pub fn of_ids(connection: &mut Connection, ids: &[BroadcastId]) -> Result<Vec<Broadcast>, Error> {
    let rows: Vec<[Value; 1]> = ids.iter().map(|id| [(*id).into()]).collect();
    let sql = format!("SELECT {BROADCAST} FROM {{rows: id bigint}} JOIN broadcasts b ON b.id = r.id");
    connection.batch(&sql, &rows, &[])?.into_iter().map(broadcast).collect()
}

/// Those with work left: an audience to freeze, or copies to take back that wait or are on their way.
pub fn unfinished(connection: &mut Connection) -> Result<Vec<Broadcast>, Error> {
    let sql = format!(
        "SELECT {BROADCAST} FROM broadcasts b
        WHERE b.state IN ('started', 'paused') AND b.frozen_at IS NULL AND b.stuck = 0 OR b.state = 'undoing'
            OR b.state = 'cancelled' AND EXISTS (SELECT 1 FROM copies c WHERE c.source = 'broadcast'
                AND c.subject = CAST(b.id AS TEXT) AND c.state IN ('waiting', 'claimed'))
        ORDER BY b.id"
    );
    connection.query(&sql, &[])?.into_iter().map(broadcast).collect()
}

/// Whether there was such a broadcast.
pub fn delete(connection: &mut Connection, id: BroadcastId) -> Result<bool, Error> {
    Ok(connection.execute("DELETE FROM broadcasts WHERE id = $1", &[id.into()])? == 1)
}

/// How the copies of a broadcast are in copies.
fn subject(id: BroadcastId) -> Value<'static> {
    Value::from(id.to_string())
}

/// How many of its copies are in each state that any is in.
pub fn count_by_state(connection: &mut Connection, id: BroadcastId) -> Result<Vec<(CopyState, i64)>, Error> {
    let sql = "SELECT state, count(*) FROM copies WHERE source = 'broadcast' AND subject = $1 GROUP BY state";
    let mut counts = Vec::new();
    for mut row in connection.query(sql, &[subject(id)])? {
        counts.push((state(&row.take_text(0)?)?, row.integer(1)?));
    }
    Ok(counts)
}

/// How many of its copies are in a state for each reason.
pub fn count_by_reason(
    connection: &mut Connection,
    id: BroadcastId,
    of: CopyState,
) -> Result<Vec<(String, i64)>, Error> {
    let sql = "SELECT coalesce(reason, ''), count(*) FROM copies
        WHERE source = 'broadcast' AND subject = $1 AND state = $2 GROUP BY reason";
    let rows = connection.query(sql, &[subject(id), of.name().into()])?;
    rows.into_iter().map(|mut row| Ok((row.take_text(0)?, row.integer(1)?))).collect()
}

fn state(name: &str) -> Result<CopyState, Error> {
    let damaged = || Error::new(Kind::Other, format!("stored copies cannot be read: they are {name}"));
    CopyState::named(name).ok_or_else(damaged)
}

/// Its copies in a state, behind a lead, in the order of buckets and leads.
pub fn copies_in(
    connection: &mut Connection,
    id: BroadcastId,
    of: CopyState,
    after: (i64, LeadId),
    limit: i64,
) -> Result<Vec<MailCopy>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM copies c WHERE c.source = 'broadcast' AND c.subject = $1 AND c.state = $2
            AND (c.bucket, c.lead) > ($3, $4) ORDER BY c.bucket, c.lead LIMIT $5"
    );
    let params = [subject(id), of.name().into(), after.0.into(), after.1.into(), limit.into()];
    connection.query(&sql, &params)?.into_iter().map(read).collect()
}

/// How many leads of its copies that wait have another copy of the same e-mail that waits or is a draft.
pub fn count_waiting_twice(connection: &mut Connection, id: BroadcastId) -> Result<i64, Error> {
    let sql = "SELECT count(DISTINCT c.lead) FROM copies c
        JOIN copies o ON o.bucket = c.bucket AND o.lead = c.lead AND o.email = c.email AND o.send_id <> c.send_id
            AND o.state IN ('draft', 'waiting')
        WHERE c.source = 'broadcast' AND c.subject = $1 AND c.state = 'waiting'";
    connection.first(sql, &[subject(id)])?.map_or(Ok(0), |row| row.integer(0))
}

/// One of its copies that has no turn yet, and how engaged its lead is.
#[derive(Clone, Debug, PartialEq)]
pub struct Unscheduled {
    pub lead: LeadId,
    /// The lead's first declared score, at its last step.
    pub score: Option<f64>,
    /// The lead's last event.
    pub seen: Option<i64>,
    /// Null where it has no turn yet.
    pub due: Option<i64>,
    pub not_after: Option<i64>,
}

/// Its copies that wait, with their leads' engagement, in no order; those of leads that were erased meanwhile too.
pub fn waiting_with_engagement(connection: &mut Connection, id: BroadcastId) -> Result<Vec<Unscheduled>, Error> {
    let sql = "SELECT c.lead, l.score, l.seen, c.due, c.not_after FROM copies c
        LEFT JOIN leads l ON l.bucket = c.bucket AND l.id = c.lead
        WHERE c.source = 'broadcast' AND c.subject = $1 AND c.state = 'waiting'";
    let rows = connection.query(sql, &[subject(id)])?;
    rows.into_iter()
        .map(|row| {
            Ok(Unscheduled {
                lead: LeadId::read(&row, 0)?,
                score: row.real_or_null(1)?,
                seen: row.integer_or_null(2)?,
                due: row.integer_or_null(3)?,
                not_after: row.integer_or_null(4)?,
            })
        })
        .collect()
}

/// When a lead's copy is due, and from when on it is too late, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CopyTurn {
    pub lead: LeadId,
    pub due: i64,
    pub not_after: i64,
}

/// Gives copies of a broadcast their turns, those that have none yet.
pub fn schedule(connection: &mut Connection, id: BroadcastId, turns: &[CopyTurn]) -> Result<(), Error> {
    let source = CopySource::Broadcast(id.to_string());
    let rows: Vec<[Value; 6]> = turns
        .iter()
        .map(|turn| {
            let (send_id, state) = (Value::from(source.send_id(turn.lead)), CopyState::Waiting.name().into());
            [turn.lead.bucket().into(), turn.lead.into(), send_id, turn.due.into(), turn.not_after.into(), state]
        })
        .collect();
    // The state is a column, not a constant, as where copies are claimed (`outbox::claim`).
    let sql = "UPDATE copies SET due = r.due, not_after = r.not_after
        FROM {rows: bucket bigint, lead bigint, send_id text, due bigint, not_after bigint, state text}
        WHERE copies.bucket = r.bucket AND copies.lead = r.lead AND copies.send_id = r.send_id
            AND copies.state = r.state AND copies.due IS NULL";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Those of its copies that wait because it was paused are looked at again, at an instant in milliseconds since 1970. One
/// for which it is too late by then keeps its reason: the pause is why.
pub fn recall(connection: &mut Connection, id: BroadcastId, due: i64) -> Result<u64, Error> {
    let sql = "UPDATE copies SET due = $1, until = NULL, reason = CASE WHEN not_after <= $1 THEN reason ELSE NULL END
        WHERE source = 'broadcast' AND subject = $2 AND state = 'waiting' AND reason = 'paused'";
    connection.execute(sql, &[due.into(), subject(id)])
}

/// Withdraws copies that wait, at most `limit`, at an instant in milliseconds since 1970; returns how many.
pub fn withdraw(connection: &mut Connection, id: BroadcastId, now: i64, limit: i64) -> Result<u64, Error> {
    let sql = "UPDATE copies SET state = 'withdrawn', reason = NULL, until = NULL, due = NULL, ended_at = $1
        WHERE (bucket, lead, send_id) IN (SELECT c.bucket, c.lead, c.send_id FROM copies c
            WHERE c.source = 'broadcast' AND c.subject = $2 AND c.state = 'waiting' LIMIT $3)";
    connection.execute(sql, &[now.into(), subject(id), limit.into()])
}

/// Deletes copies of which none has left, at most `limit`; returns how many.
pub fn discard(connection: &mut Connection, id: BroadcastId, limit: i64) -> Result<u64, Error> {
    let sql = "DELETE FROM copies WHERE (bucket, lead, send_id) IN (SELECT c.bucket, c.lead, c.send_id FROM copies c
        WHERE c.source = 'broadcast' AND c.subject = $1 AND c.state IN ('waiting', 'withdrawn', 'skipped') LIMIT $2)";
    connection.execute(sql, &[subject(id), limit.into()])
}
