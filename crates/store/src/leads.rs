//! Where leads stand: heads, profiles, places, wake-ups.

use crate::connection::Connection;
use crate::contents;
use crate::error::Error;
use crate::events::End;
use crate::identity_kind::IdentityKind;
use crate::ids::{LeadId, VersionNumber};
use crate::place_key::PlaceKey;
use crate::value::{Row, Value};

#[derive(Clone, Debug, PartialEq)]
pub struct Lead {
    pub id: LeadId,
    /// The public name (contract §2).
    pub name: String,
    /// The kind of the identity whose text the name is.
    pub kind: IdentityKind,
    /// JSON: the slices of identities whose events are its own.
    pub sources: String,
    pub email: Option<String>,
    /// The first event that was not a machine's, in milliseconds since 1970.
    pub first_at: Option<i64>,
    pub at: i64,
    /// Its last event, in milliseconds since 1970.
    pub seen: Option<i64>,
    /// Its row in `wakes`.
    pub wake: Option<i64>,
    /// The version of the playbook under which `head` was computed.
    pub version: VersionNumber,
    pub head: Vec<u8>,
    /// JSON, by ids; facts.
    pub enrollments: Option<String>,
    /// The first declared score, at the last step.
    pub score: Option<f64>,
    /// The lead that it is now one with.
    pub became: Option<LeadId>,
}

pub(crate) const COLUMNS: &str = "l.id, l.name, l.kind, l.sources, l.email, l.first_at, l.at, l.wake, l.version, l.head, l.enrolments, l.score, l.became, l.seen";

pub(crate) fn lead(mut row: Row) -> Result<Lead, Error> {
    Ok(Lead {
        name: row.take_text(1)?,
        id: LeadId::read(&row, 0)?,
        kind: IdentityKind::read(&row, 2)?,
        sources: row.take_text(3)?,
        email: row.text_or_null(4)?.map(str::to_owned),
        first_at: row.integer_or_null(5)?,
        at: row.integer(6)?,
        wake: row.integer_or_null(7)?,
        version: VersionNumber::read(&row, 8)?,
        head: row.bytes(9)?.to_vec(),
        enrollments: row.text_or_null(10)?.map(str::to_owned),
        score: row.real_or_null(11)?,
        became: LeadId::read_or_null(&row, 12)?,
        seen: row.integer_or_null(13)?,
    })
}

pub fn load(connection: &mut Connection, ids: &[LeadId]) -> Result<Vec<Lead>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, id bigint}} JOIN leads l ON l.bucket = r.bucket AND l.id = r.id"
    );
    connection.batch(&sql, &keyed(ids), &[])?.into_iter().map(lead).collect()
}

/// Leads behind (bucket, id), in this order.
pub fn after(connection: &mut Connection, at: (i64, LeadId), limit: i64) -> Result<Vec<Lead>, Error> {
    let sql =
        format!("SELECT {COLUMNS} FROM leads l WHERE (l.bucket, l.id) > ($1, $2) ORDER BY l.bucket, l.id LIMIT $3");
    connection.query(&sql, &[at.0.into(), at.1.into(), limit.into()])?.into_iter().map(lead).collect()
}

/// The same of leads that time may change up to an instant, in milliseconds since 1970, or that have copies that are not
/// over.
pub fn ahead_after(connection: &mut Connection, at: (i64, LeadId), until: i64, limit: i64) -> Result<Vec<Lead>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM leads l WHERE (l.bucket, l.id) > ($1, $2) AND (l.wake <= $3 OR EXISTS (
            SELECT 1 FROM copies c WHERE c.bucket = l.bucket AND c.lead = l.id
                AND c.state IN ('draft', 'waiting', 'claimed')))
        ORDER BY l.bucket, l.id LIMIT $4"
    );
    let params = [at.0.into(), at.1.into(), until.into(), limit.into()];
    connection.query(&sql, &params)?.into_iter().map(lead).collect()
}

pub fn save(connection: &mut Connection, leads: &[Lead]) -> Result<(), Error> {
    let rows: Vec<[Value; 15]> = leads
        .iter()
        .map(|l| {
            [
                l.id.bucket().into(),
                l.id.into(),
                Value::from(&l.name),
                l.kind.into(),
                Value::from(&l.sources),
                l.email.as_deref().into(),
                l.first_at.into(),
                l.at.into(),
                l.wake.into(),
                l.version.into(),
                Value::from(l.head.as_slice()),
                l.enrollments.as_deref().into(),
                l.score.into(),
                l.became.into(),
                l.seen.into(),
            ]
        })
        .collect();
    let sql = "INSERT INTO leads
            (bucket, id, name, kind, sources, email, first_at, at, wake, version, head, enrolments, score, became,
            seen)
        SELECT r.bucket, r.id, r.name, r.kind, r.sources, r.email, r.first_at, r.at, r.wake, r.version, r.head,
            r.enrolments, r.score, r.became, r.seen
        FROM {rows: bucket bigint, id bigint, name text, kind bigint, sources text, email text, first_at bigint,
            at bigint, wake bigint, version bigint, head bytes, enrolments text, score double precision,
            became bigint, seen bigint}
        WHERE true ON CONFLICT (bucket, id) DO UPDATE SET name = excluded.name, kind = excluded.kind,
            sources = excluded.sources, email = excluded.email, first_at = excluded.first_at, at = excluded.at,
            wake = excluded.wake, version = excluded.version, head = excluded.head,
            enrolments = excluded.enrolments, score = excluded.score, became = excluded.became,
            seen = excluded.seen";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// What goes with leads that are nobody any more: everything but their rows, their moves and what was asked for. A copy that
/// a form asked for waits on: it is for an address, and its lead is the one that they became.
pub fn clear(connection: &mut Connection, leads: &[LeadId]) -> Result<(), Error> {
    let of = "(bucket, lead) IN (SELECT r.bucket, r.lead FROM {rows: bucket bigint, lead bigint})";
    for table in ["profiles", "company_people", "called", "places", "deals"] {
        connection.batch(&format!("DELETE FROM {table} WHERE {of}"), &keyed(leads), &[])?;
    }
    let ahead = format!(
        "UPDATE copies SET state = 'withdrawn', reason = NULL, until = NULL WHERE state IN ('draft', 'waiting')
        AND source <> 'form' AND {of}"
    );
    connection.batch(&ahead, &keyed(leads), &[]).map(drop)
}

/// What is stored of a lead's enrollments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredEnrollments {
    pub lead: LeadId,
    /// The lead's last step, in milliseconds since 1970.
    pub at: i64,
    /// JSON, by ids.
    pub enrollments: String,
}

/// The enrollments that contain a text, of leads behind (bucket, id), in this order. Letters of the other case may count as
/// the same, and `_` and `%` as any text.
pub fn enrollments_after(
    connection: &mut Connection,
    containing: &str,
    at: (i64, LeadId),
    limit: i64,
) -> Result<Vec<StoredEnrollments>, Error> {
    let sql = "SELECT l.id, l.at, l.enrolments FROM leads l WHERE (l.bucket, l.id) > ($1, $2) AND l.enrolments LIKE $3
        ORDER BY l.bucket, l.id LIMIT $4";
    let params = [at.0.into(), at.1.into(), Value::from(format!("%{containing}%")), limit.into()];
    let one = |mut row: Row| {
        Ok(StoredEnrollments { lead: LeadId::read(&row, 0)?, at: row.integer(1)?, enrollments: row.take_text(2)? })
    };
    connection.query(sql, &params)?.into_iter().map(one).collect()
}

/// Leads that became one with these.
pub fn predecessors(connection: &mut Connection, ids: &[LeadId]) -> Result<Vec<LeadId>, Error> {
    Ok(joined(connection, ids)?.into_iter().map(|(id, _)| id).collect())
}

/// The same, each with the lead that it became one with.
pub fn joined(connection: &mut Connection, ids: &[LeadId]) -> Result<Vec<(LeadId, LeadId)>, Error> {
    let rows: Vec<[Value; 1]> = ids.iter().map(|id| [Value::from(*id)]).collect();
    let sql = "SELECT l.id, l.became FROM {rows: became bigint} JOIN leads l ON l.became = r.became";
    connection.batch(sql, &rows, &[])?.iter().map(|row| Ok((LeadId::read(row, 0)?, LeadId::read(row, 1)?))).collect()
}

/// Everything about a lead, and what was to be told of it: for an erasure.
pub fn erase(connection: &mut Connection, id: LeadId) -> Result<(), Error> {
    for table in [
        "profiles",
        "company_people",
        "called",
        "places",
        "deals",
        "copies",
        "contents",
        "mail_requests",
        "form_requests",
        "alerts",
        "moves",
        "wakes",
        "lead_paces",
    ] {
        let sql = format!("DELETE FROM {table} WHERE bucket = $1 AND lead = $2");
        connection.execute(&sql, &[id.bucket().into(), id.into()])?;
    }
    contents::erase_personal_sets(connection, id)?;
    for table in ["deliveries", "addressed", "letters", "pace_changes", "calls", "unmatched_mails"] {
        connection.execute(&format!("DELETE FROM {table} WHERE lead = $1"), &[id.into()])?;
    }
    connection.execute("DELETE FROM leads WHERE bucket = $1 AND id = $2", &[id.bucket().into(), id.into()]).map(drop)
}

/// The lead's profile: attributes with source and age, consent; a JSON object.
pub fn profiles(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<(LeadId, String)>, Error> {
    let sql = "SELECT p.lead, p.document FROM {rows: bucket bigint, lead bigint}
        JOIN profiles p ON p.bucket = r.bucket AND p.lead = r.lead";
    let rows = connection.batch(sql, &keyed(leads), &[])?;
    rows.into_iter().map(|mut row| Ok((LeadId::read(&row, 0)?, row.take_text(1)?))).collect()
}

/// The profiles of a bucket's oldest or newest leads, at most `limit`.
pub fn profiles_of_bucket(
    connection: &mut Connection,
    bucket: i64,
    end: End,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let sql = format!("SELECT document FROM profiles WHERE bucket = $1 ORDER BY lead {} LIMIT $2", end.order());
    connection.query(&sql, &[bucket.into(), limit.into()])?.into_iter().map(|mut row| row.take_text(0)).collect()
}

pub fn save_profiles(connection: &mut Connection, profiles: &[(LeadId, String)]) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> =
        profiles.iter().map(|(lead, text)| [lead.bucket().into(), (*lead).into(), Value::from(text)]).collect();
    let sql = "INSERT INTO profiles (bucket, lead, document) SELECT r.bucket, r.lead, r.document
        FROM {rows: bucket bigint, lead bigint, document text}
        WHERE true ON CONFLICT (bucket, lead) DO UPDATE SET document = excluded.document";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// A stage or segment that a lead is in.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub lead: LeadId,
    pub place: PlaceKey,
    /// Milliseconds since 1970.
    pub since: i64,
}

pub fn places(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<Place>, Error> {
    let sql = "SELECT p.lead, p.place, p.since FROM {rows: bucket bigint, lead bigint}
        JOIN places p ON p.bucket = r.bucket AND p.lead = r.lead";
    let rows = connection.batch(sql, &keyed(leads), &[])?;
    rows.into_iter()
        .map(|row| Ok(Place { lead: LeadId::read(&row, 0)?, place: PlaceKey::read(&row, 1)?, since: row.integer(2)? }))
        .collect()
}

pub fn save_places(connection: &mut Connection, places: &[Place]) -> Result<(), Error> {
    let rows: Vec<[Value; 4]> =
        places.iter().map(|p| [p.lead.bucket().into(), p.lead.into(), Value::from(&p.place), p.since.into()]).collect();
    let sql = "INSERT INTO places (bucket, lead, place, since) SELECT r.bucket, r.lead, r.place, r.since
        FROM {rows: bucket bigint, lead bigint, place text, since bigint}
        WHERE true ON CONFLICT (bucket, lead, place) DO UPDATE SET since = excluded.since";
    connection.batch(sql, &rows, &[]).map(drop)
}

pub fn delete_places(connection: &mut Connection, places: &[Place]) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> =
        places.iter().map(|p| [p.lead.bucket().into(), p.lead.into(), Value::from(&p.place)]).collect();
    let sql = "DELETE FROM places WHERE (bucket, lead, place) IN
        (SELECT r.bucket, r.lead, r.place FROM {rows: bucket bigint, lead bigint, place text})";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// A lead's next wake-up: early perhaps, never late.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wake {
    /// Milliseconds since 1970.
    pub at: i64,
    pub lead: LeadId,
}

pub fn insert_wakes(connection: &mut Connection, wakes: &[Wake]) -> Result<(), Error> {
    let sql = "INSERT INTO wakes (bucket, at, lead) SELECT r.bucket, r.at, r.lead
        FROM {rows: bucket bigint, at bigint, lead bigint} WHERE true ON CONFLICT DO NOTHING";
    connection.batch(sql, &wake_rows(wakes), &[]).map(drop)
}

pub fn delete_wakes(connection: &mut Connection, wakes: &[Wake]) -> Result<(), Error> {
    let sql = "DELETE FROM wakes WHERE (bucket, at, lead) IN
        (SELECT r.bucket, r.at, r.lead FROM {rows: bucket bigint, at bigint, lead bigint})";
    connection.batch(sql, &wake_rows(wakes), &[]).map(drop)
}

/// The earliest wake-ups up to an instant, in order.
pub fn due_wakes(connection: &mut Connection, until: i64, limit: i64) -> Result<Vec<Wake>, Error> {
    // Every instant is above the lower bound, and no bucket whose first wake-up is later has one that is due. But without
    // these conditions PostgreSQL, whose plans do not know the instant, expects a third of all wake-ups to be due and reads
    // every one of them each time; and so does SQLite unless CROSS JOIN says that it goes bucket by bucket.
    let sql = "SELECT w.at, w.lead FROM buckets b CROSS JOIN wakes w
        WHERE (SELECT min(f.at) FROM wakes f WHERE f.bucket = b.bucket) <= $1
            AND w.bucket = b.bucket AND w.at <= $1 AND w.at > -9000000000000000000
        ORDER BY w.at, w.lead LIMIT $2";
    let rows = connection.query(sql, &[until.into(), limit.into()])?;
    rows.iter().map(|row| Ok(Wake { at: row.integer(0)?, lead: LeadId::read(row, 1)? })).collect()
}

/// The instant of the earliest wake-up.
pub fn first_wake(connection: &mut Connection) -> Result<Option<i64>, Error> {
    let sql = "SELECT min((SELECT min(w.at) FROM wakes w WHERE w.bucket = b.bucket)) FROM buckets b";
    connection.first(sql, &[])?.map_or(Ok(None), |row| row.integer_or_null(0))
}

fn wake_rows(wakes: &[Wake]) -> Vec<[Value<'static>; 3]> {
    wakes.iter().map(|w| [w.lead.bucket().into(), w.at.into(), w.lead.into()]).collect()
}

fn keyed(ids: &[LeadId]) -> Vec<[Value<'static>; 2]> {
    ids.iter().map(|id| [id.bucket().into(), Value::from(*id)]).collect()
}
