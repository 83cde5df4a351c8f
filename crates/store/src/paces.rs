//! Paces: how often the interval between e-mails was multiplied, of stages and of leads, with a log of the changes. Batches
//! hold each key once.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::{LeadId, PaceChangeId};
use crate::series::{self, Series};
use crate::value::{Row, Value};

/// Instants are in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoredPace {
    /// 0: as the playbook says; below zero, the interval was divided.
    pub level: i64,
    pub last_slower: Option<i64>,
    pub last_faster: Option<i64>,
}

impl StoredPace {
    /// The pace of leads that become one: the slower, and the last changes of both.
    ///
    /// ```
    /// use attractor_store::paces::StoredPace;
    ///
    /// let slow = StoredPace { level: 2, last_slower: Some(7), last_faster: None };
    /// let fast = StoredPace { level: -1, last_slower: Some(5), last_faster: Some(9) };
    /// let expected = StoredPace { level: 2, last_slower: Some(7), last_faster: Some(9) };
    /// assert_eq!(fast.joined(slow), expected);
    /// ```
    pub fn joined(self, other: StoredPace) -> StoredPace {
        StoredPace {
            level: self.level.max(other.level),
            last_slower: self.last_slower.max(other.last_slower),
            last_faster: self.last_faster.max(other.last_faster),
        }
    }
}

/// Where a pace went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaceDirection {
    /// Fewer e-mails.
    Slower,
    /// More e-mails.
    Faster,
}

impl PaceDirection {
    pub const ALL: [PaceDirection; 2] = [PaceDirection::Slower, PaceDirection::Faster];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            PaceDirection::Slower => "slower",
            PaceDirection::Faster => "faster",
        }
    }

    fn named(name: &str) -> Option<PaceDirection> {
        PaceDirection::ALL.into_iter().find(|direction| direction.name() == name)
    }
}

/// Whose pace it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PaceOf {
    /// `LADDER/STAGE`.
    Stage(String),
    Lead(LeadId),
}

/// A pace that was changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceChange {
    /// Given by [`note`]; an id is never given twice.
    pub id: PaceChangeId,
    /// Milliseconds since 1970.
    pub at: i64,
    pub of: PaceOf,
    pub direction: PaceDirection,
    /// JSON.
    pub document: String,
    /// When it was undone, and by whom.
    pub undone: Option<(i64, String)>,
}

fn pace(row: &Row, first: usize) -> Result<StoredPace, Error> {
    Ok(StoredPace {
        level: row.integer(first)?,
        last_slower: row.integer_or_null(first + 1)?,
        last_faster: row.integer_or_null(first + 2)?,
    })
}

/// The paces of all stages that have one.
pub fn of_stages(connection: &mut Connection) -> Result<Vec<(String, StoredPace)>, Error> {
    let sql = "SELECT stage, level, last_slower, last_faster FROM stage_paces ORDER BY stage";
    let rows = connection.query(sql, &[])?;
    rows.into_iter().map(|mut row| Ok((row.take_text(0)?, pace(&row, 1)?))).collect()
}

/// The paces of those of these leads that have one, in no order.
pub fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<(LeadId, StoredPace)>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    let sql = "SELECT p.lead, p.level, p.last_slower, p.last_faster FROM {rows: bucket bigint, lead bigint}
        JOIN lead_paces p ON p.bucket = r.bucket AND p.lead = r.lead";
    connection.batch(sql, &rows, &[])?.iter().map(|row| Ok((LeadId::read(row, 0)?, pace(row, 1)?))).collect()
}

/// Leads that are not written to as often as the playbook says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacedLeads {
    /// Less often.
    pub slower: i64,
    /// More often.
    pub faster: i64,
}

/// How many leads are written to less often, and how many more often.
pub fn count_leads(connection: &mut Connection) -> Result<PacedLeads, Error> {
    let sql = "SELECT coalesce(sum(CASE WHEN level > 0 THEN 1 ELSE 0 END), 0),
        coalesce(sum(CASE WHEN level < 0 THEN 1 ELSE 0 END), 0) FROM lead_paces";
    connection
        .first(sql, &[])?
        .map_or(Ok(PacedLeads::default()), |row| Ok(PacedLeads { slower: row.integer(0)?, faster: row.integer(1)? }))
}

/// Stores the pace of a stage in the place of an earlier one.
pub fn save_stage(connection: &mut Connection, stage: &str, pace: StoredPace) -> Result<(), Error> {
    let sql = "INSERT INTO stage_paces (stage, level, last_slower, last_faster) VALUES ($1, $2, $3, $4)
        ON CONFLICT (stage) DO UPDATE SET level = excluded.level, last_slower = excluded.last_slower,
            last_faster = excluded.last_faster";
    let params = [stage.into(), pace.level.into(), pace.last_slower.into(), pace.last_faster.into()];
    connection.execute(sql, &params).map(drop)
}

/// Stores the paces of leads, each in the place of an earlier one.
pub fn save_leads(connection: &mut Connection, paces: &[(LeadId, StoredPace)]) -> Result<(), Error> {
    let row = |(lead, pace): &(LeadId, StoredPace)| -> [Value<'static>; 5] {
        let StoredPace { level, last_slower, last_faster } = *pace;
        [lead.bucket().into(), (*lead).into(), level.into(), last_slower.into(), last_faster.into()]
    };
    let rows: Vec<[Value; 5]> = paces.iter().map(row).collect();
    let sql = "INSERT INTO lead_paces (bucket, lead, level, last_slower, last_faster)
        SELECT r.bucket, r.lead, r.level, r.last_slower, r.last_faster
        FROM {rows: bucket bigint, lead bigint, level bigint, last_slower bigint, last_faster bigint}
        WHERE true ON CONFLICT (bucket, lead) DO UPDATE SET level = excluded.level,
            last_slower = excluded.last_slower, last_faster = excluded.last_faster";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Forgets the paces of leads.
pub fn delete_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<(), Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    let sql = "DELETE FROM lead_paces WHERE (bucket, lead) IN
        (SELECT r.bucket, r.lead FROM {rows: bucket bigint, lead bigint})";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Notes changes, and gives them their ids in this order.
pub fn note(connection: &mut Connection, changes: &[PaceChange]) -> Result<(), Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let first = series::take(connection, Series::PaceChanges, changes.len() as i64)?;
    let rows: Vec<[Value; 6]> = (first..).zip(changes).map(|(id, change)| row(PaceChangeId(id), change)).collect();
    let sql = "INSERT INTO pace_changes (id, at, stage, lead, direction, document)
        SELECT r.id, r.at, r.stage, r.lead, r.direction, r.document
        FROM {rows: id bigint, at bigint, stage text, lead bigint, direction text, document text}";
    connection.batch(sql, &rows, &[]).map(drop)
}

fn row(id: PaceChangeId, change: &PaceChange) -> [Value<'_>; 6] {
    let (stage, lead) = match &change.of {
        PaceOf::Stage(stage) => (Some(stage.as_str()), None),
        PaceOf::Lead(lead) => (None, Some(*lead)),
    };
    [
        id.into(),
        change.at.into(),
        stage.into(),
        lead.into(),
        change.direction.name().into(),
        Value::from(&change.document),
    ]
}

const CHANGE: &str = "id, at, stage, lead, direction, document, undone_at, undone_by";

fn change(mut row: Row) -> Result<PaceChange, Error> {
    let id = PaceChangeId::read(&row, 0)?;
    let of = match (row.text_or_null(2)?.map(str::to_owned), row.integer_or_null(3)?) {
        (Some(stage), _) => PaceOf::Stage(stage),
        (None, Some(lead)) => PaceOf::Lead(LeadId(lead)),
        (None, None) => {
            return Err(Error::new(Kind::Other, format!("the stored change {id} of a pace is of nobody")));
        }
    };
    let undone = row.integer_or_null(6)?.zip(row.text_or_null(7)?.map(str::to_owned));
    let damaged = || Error::new(Kind::Other, format!("the stored change {id} of a pace has no direction"));
    let direction = PaceDirection::named(row.text(4)?).ok_or_else(damaged)?;
    Ok(PaceChange { id, at: row.integer(1)?, of, direction, document: row.take_text(5)?, undone })
}

/// Changes with ids below `before`, the newest first.
pub fn changes(connection: &mut Connection, before: PaceChangeId, limit: i64) -> Result<Vec<PaceChange>, Error> {
    let sql = format!("SELECT {CHANGE} FROM pace_changes WHERE id < $1 ORDER BY id DESC LIMIT $2");
    connection.query(&sql, &[before.into(), limit.into()])?.into_iter().map(change).collect()
}

pub fn one(connection: &mut Connection, id: PaceChangeId) -> Result<Option<PaceChange>, Error> {
    let sql = format!("SELECT {CHANGE} FROM pace_changes WHERE id = $1");
    connection.first(&sql, &[id.into()])?.map(change).transpose()
}

/// Whether a change could be undone: it was not before.
pub fn set_undone(connection: &mut Connection, id: PaceChangeId, at: i64, by: &str) -> Result<bool, Error> {
    let sql = "UPDATE pace_changes SET undone_at = $1, undone_by = $2 WHERE id = $3 AND undone_at IS NULL";
    Ok(connection.execute(sql, &[at.into(), by.into(), id.into()])? == 1)
}

/// The leads to whom something left at an instant, in milliseconds since 1970, or later; by bucket.
pub fn written_since(connection: &mut Connection, since: i64) -> Result<Vec<LeadId>, Error> {
    // `CROSS JOIN`: bucket after bucket, as the index has them.
    let sql = "SELECT DISTINCT c.bucket, c.lead FROM buckets b CROSS JOIN copies c
        WHERE c.bucket = b.bucket AND c.state = 'sent' AND c.sent_at >= $1 ORDER BY c.bucket, c.lead";
    connection.query(sql, &[since.into()])?.iter().map(|row| LeadId::read(row, 1)).collect()
}
