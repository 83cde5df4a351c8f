//! Requests for the links and images of copies. They are evidence, and judged together; a request that a machine made, or
//! that no click followed from, is kept as well.

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::LeadId;
use crate::value::{Row, Value};

/// What a request asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fetch {
    /// The page or image, to be shown.
    Show,
    /// Only whether it is there (HEAD).
    Look,
    /// In advance, before anybody clicks.
    Advance,
}

impl Fetch {
    pub const ALL: [Fetch; 3] = [Fetch::Show, Fetch::Look, Fetch::Advance];

    /// As it is stored.
    pub fn name(self) -> &'static str {
        match self {
            Fetch::Show => "show",
            Fetch::Look => "look",
            Fetch::Advance => "advance",
        }
    }

    fn named(name: &str) -> Option<Fetch> {
        Fetch::ALL.into_iter().find(|fetch| fetch.name() == name)
    }
}

/// One request. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailRequest {
    pub lead: LeadId,
    /// Of the content, as in the copy's id.
    pub tag: i64,
    /// Counts the requests of a copy.
    pub number: i64,
    pub send_id: String,
    pub at: i64,
    /// The position of the link; numbers from 0xFF00 are ours.
    pub link: u16,
    pub fetch: Fetch,
    /// The `User-Agent`.
    pub agent: String,
    /// The address that it came from; empty where it is not known, or not kept any more.
    pub network: String,
    /// When it can be judged.
    pub settles_at: i64,
    pub judged: Option<Judged>,
    /// What the site's script reported of the page behind the link.
    pub visit: Visit,
}

/// What the site's script reported of the visit behind a click; each is `None` where it was not reported. Instants are in
/// milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// The visitor's id; a click has at most one.
    pub visitor: Option<String>,
    pub loaded_at: Option<i64>,
    /// A further page was viewed.
    pub went_on_at: Option<i64>,
    /// The visitor scrolled, or moved or touched something.
    pub acted_at: Option<i64>,
}

/// Whether a person or a machine made a request, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub verdict: String,
    /// JSON.
    pub evidence: String,
}

/// A copy of which requests are kept.
pub type CopyTag = (LeadId, i64);

/// One request of a copy, by its number.
pub type RequestKey = (LeadId, i64, i64);

const COLUMNS: &str = "m.lead, m.tag, m.number, m.send_id, m.at, m.link, m.fetched, m.agent, m.network, m.settles_at,
        m.verdict, m.evidence, m.visitor, m.loaded_at, m.went_on_at, m.acted_at";

/// Stores requests; one that is there stays. What their visits brought is stored by [`visit`].
pub fn insert(connection: &mut Connection, requests: &[MailRequest]) -> Result<(), Error> {
    let rows: Vec<[Value; 13]> = requests.iter().map(row).collect();
    let sql = "INSERT INTO mail_requests (bucket, lead, tag, number, send_id, at, link, fetched, agent, network,
            settles_at, verdict, evidence)
        SELECT r.bucket, r.lead, r.tag, r.number, r.send_id, r.at, r.link, r.fetched, r.agent, r.network, r.settles_at,
            r.verdict, r.evidence
        FROM {rows: bucket bigint, lead bigint, tag bigint, number bigint, send_id text, at bigint, link bigint,
            fetched text, agent text, network text, settles_at bigint, verdict text, evidence text}
        WHERE true ON CONFLICT DO NOTHING";
    connection.batch(sql, &rows, &[]).map(drop)
}

fn row(request: &MailRequest) -> [Value<'_>; 13] {
    let judged = request.judged.as_ref();
    [
        request.lead.bucket().into(),
        request.lead.into(),
        request.tag.into(),
        request.number.into(),
        Value::from(&request.send_id),
        request.at.into(),
        i64::from(request.link).into(),
        request.fetch.name().into(),
        Value::from(&request.agent),
        Value::from(&request.network),
        request.settles_at.into(),
        judged.map(|judged| judged.verdict.as_str()).into(),
        judged.map(|judged| judged.evidence.as_str()).into(),
    ]
}

/// Every request of these copies, in no order.
pub fn of_copies(connection: &mut Connection, copies: &[CopyTag]) -> Result<Vec<MailRequest>, Error> {
    let rows: Vec<[Value; 3]> =
        copies.iter().map(|(lead, tag)| [lead.bucket().into(), (*lead).into(), (*tag).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint, tag bigint}}
        JOIN mail_requests m ON m.bucket = r.bucket AND m.lead = r.lead AND m.tag = r.tag"
    );
    connection.batch(&sql, &rows, &[])?.into_iter().map(one).collect()
}

/// Every request of these leads' copies, in no order.
pub fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<MailRequest>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint}}
        JOIN mail_requests m ON m.bucket = r.bucket AND m.lead = r.lead"
    );
    connection.batch(&sql, &rows, &[])?.into_iter().map(one).collect()
}

/// By copy, the number of its last request; copies without requests are left out.
pub fn last_numbers(connection: &mut Connection, copies: &[CopyTag]) -> Result<Vec<(CopyTag, i64)>, Error> {
    let rows: Vec<[Value; 3]> =
        copies.iter().map(|(lead, tag)| [lead.bucket().into(), (*lead).into(), (*tag).into()]).collect();
    // Not a join, which PostgreSQL may make by reading the whole table.
    let sql = "SELECT r.lead, r.tag, (SELECT max(m.number) FROM mail_requests m
            WHERE m.bucket = r.bucket AND m.lead = r.lead AND m.tag = r.tag)
        FROM {rows: bucket bigint, lead bigint, tag bigint}";
    let mut numbers = Vec::with_capacity(copies.len());
    for row in connection.batch(sql, &rows, &[])? {
        if let Some(last) = row.integer_or_null(2)? {
            numbers.push(((LeadId::read(&row, 0)?, row.integer(1)?), last));
        }
    }
    Ok(numbers)
}

/// When the first request can be judged that is not, in milliseconds since 1970.
pub fn first_settles(connection: &mut Connection) -> Result<Option<i64>, Error> {
    let sql = "SELECT m.settles_at FROM mail_requests m WHERE m.verdict IS NULL ORDER BY m.settles_at LIMIT 1";
    connection.first(sql, &[])?.map(|row| row.integer(0)).transpose()
}

/// The copies with requests that can be judged by an instant, in milliseconds since 1970; at most `limit`.
pub fn due(connection: &mut Connection, until: i64, limit: i64) -> Result<Vec<CopyTag>, Error> {
    let sql = "SELECT DISTINCT m.lead, m.tag FROM mail_requests m
        WHERE m.verdict IS NULL AND m.settles_at <= $1 LIMIT $2";
    let rows = connection.query(sql, &[until.into(), limit.into()])?;
    rows.iter().map(|row| Ok((LeadId::read(row, 0)?, row.integer(1)?))).collect()
}

/// Keeps verdicts of requests that have none yet. Returns the requests that have them now.
pub fn judge(connection: &mut Connection, verdicts: &[(RequestKey, Judged)]) -> Result<Vec<RequestKey>, Error> {
    // Not `IS NULL`, for which PostgreSQL may go through the index of all requests without a verdict, once for each.
    set_verdicts(connection, verdicts, "AND coalesce(mail_requests.verdict, '') = ''")
}

/// Replaces the verdicts of requests that have one. Returns the requests that have these now.
pub fn correct(connection: &mut Connection, verdicts: &[(RequestKey, Judged)]) -> Result<Vec<RequestKey>, Error> {
    set_verdicts(connection, verdicts, "AND mail_requests.verdict IS NOT NULL")
}

fn set_verdicts(
    connection: &mut Connection,
    verdicts: &[(RequestKey, Judged)],
    only: &str,
) -> Result<Vec<RequestKey>, Error> {
    let rows: Vec<[Value; 6]> = verdicts
        .iter()
        .map(|((lead, tag, number), judged)| {
            [
                lead.bucket().into(),
                (*lead).into(),
                (*tag).into(),
                (*number).into(),
                Value::from(&judged.verdict),
                Value::from(&judged.evidence),
            ]
        })
        .collect();
    let sql = format!(
        "UPDATE mail_requests SET verdict = r.verdict, evidence = r.evidence
        FROM {{rows: bucket bigint, lead bigint, tag bigint, number bigint, verdict text, evidence text}}
        WHERE mail_requests.bucket = r.bucket AND mail_requests.lead = r.lead AND mail_requests.tag = r.tag
            AND mail_requests.number = r.number {only}
        RETURNING mail_requests.lead, mail_requests.tag, mail_requests.number"
    );
    let rows = connection.batch(&sql, &rows, &[])?;
    rows.iter().map(|row| Ok((LeadId::read(row, 0)?, row.integer(1)?, row.integer(2)?))).collect()
}

/// Deletes the requests of these copies that are not judged yet.
pub fn drop_unjudged(connection: &mut Connection, copies: &[CopyTag]) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> =
        copies.iter().map(|(lead, tag)| [lead.bucket().into(), (*lead).into(), (*tag).into()]).collect();
    // Not `IS NULL`, as in `judge`.
    let sql = "DELETE FROM mail_requests WHERE (bucket, lead, tag, number) IN
        (SELECT m.bucket, m.lead, m.tag, m.number FROM {rows: bucket bigint, lead bigint, tag bigint}
            JOIN mail_requests m ON m.bucket = r.bucket AND m.lead = r.lead AND m.tag = r.tag
            WHERE coalesce(m.verdict, '') = '')";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Forgets of these leads' copies what is not judged, and from where requests came: they are not measured any more.
pub fn decline(connection: &mut Connection, leads: &[LeadId]) -> Result<(), Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    // Not `IS NULL`, as in `judge`.
    let sql = "DELETE FROM mail_requests WHERE (bucket, lead, tag, number) IN
        (SELECT m.bucket, m.lead, m.tag, m.number FROM {rows: bucket bigint, lead bigint}
            JOIN mail_requests m ON m.bucket = r.bucket AND m.lead = r.lead WHERE coalesce(m.verdict, '') = '')";
    connection.batch(sql, &rows, &[])?;
    let sql = "UPDATE mail_requests SET network = '' FROM {rows: bucket bigint, lead bigint}
        WHERE mail_requests.bucket = r.bucket AND mail_requests.lead = r.lead AND mail_requests.network <> ''";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Deletes every request of these leads' copies.
pub fn delete(connection: &mut Connection, leads: &[LeadId]) -> Result<(), Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|lead| [lead.bucket().into(), (*lead).into()]).collect();
    let sql = "DELETE FROM mail_requests WHERE (bucket, lead, tag, number) IN
        (SELECT m.bucket, m.lead, m.tag, m.number FROM {rows: bucket bigint, lead bigint}
            JOIN mail_requests m ON m.bucket = r.bucket AND m.lead = r.lead)";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// Puts off the requests of these copies that are not judged, to an instant in milliseconds since 1970.
pub fn put_off(connection: &mut Connection, copies: &[CopyTag], until: i64) -> Result<(), Error> {
    let rows: Vec<[Value; 4]> =
        copies.iter().map(|(lead, tag)| [lead.bucket().into(), (*lead).into(), (*tag).into(), until.into()]).collect();
    // Not `IS NULL`, as in `judge`.
    let sql = "UPDATE mail_requests SET settles_at = r.until
        FROM {rows: bucket bigint, lead bigint, tag bigint, until bigint}
        WHERE mail_requests.bucket = r.bucket AND mail_requests.lead = r.lead AND mail_requests.tag = r.tag
            AND coalesce(mail_requests.verdict, '') = ''";
    connection.batch(sql, &rows, &[]).map(drop)
}

/// When the oldest request came that is later than `after` and has its address, in milliseconds since 1970.
pub fn first_with_address(connection: &mut Connection, after: i64) -> Result<Option<i64>, Error> {
    let sql = "SELECT min(at) FROM mail_requests WHERE at > $1 AND network <> ''";
    connection.first(sql, &[after.into()])?.map_or(Ok(None), |row| row.integer_or_null(0))
}

/// Forgets the addresses of requests later than `after`, up to an instant; both in milliseconds since 1970.
pub fn forget_addresses(connection: &mut Connection, after: i64, until: i64) -> Result<u64, Error> {
    let sql = "UPDATE mail_requests SET network = '' WHERE at > $1 AND at <= $2 AND network <> ''";
    connection.execute(sql, &[after.into(), until.into()])
}

/// Keeps what was reported of the visit behind a click: each instant and the visitor once, the first that came. Returns
/// whether something is new.
pub fn visit(connection: &mut Connection, key: RequestKey, visit: &Visit) -> Result<bool, Error> {
    let (lead, tag, number) = key;
    let sql = "UPDATE mail_requests SET visitor = coalesce(visitor, $1), loaded_at = coalesce(loaded_at, $2),
            went_on_at = coalesce(went_on_at, $3), acted_at = coalesce(acted_at, $4)
        WHERE bucket = $5 AND lead = $6 AND tag = $7 AND number = $8 AND (visitor IS NULL OR visitor = $1)
            AND (visitor IS NULL OR loaded_at IS NULL AND coalesce(loaded_at, $2) IS NOT NULL
                OR went_on_at IS NULL AND coalesce(went_on_at, $3) IS NOT NULL
                OR acted_at IS NULL AND coalesce(acted_at, $4) IS NOT NULL)";
    let params = [
        visit.visitor.as_deref().into(),
        visit.loaded_at.into(),
        visit.went_on_at.into(),
        visit.acted_at.into(),
        lead.bucket().into(),
        lead.into(),
        tag.into(),
        number.into(),
    ];
    Ok(connection.execute(sql, &params)? > 0)
}

/// Requests with a verdict between two instants, in milliseconds since 1970 (`from` included, `until` not), the newest first,
/// behind `before`; at most `limit`.
pub fn page(
    connection: &mut Connection,
    (from, until): (i64, i64),
    before: Option<(i64, RequestKey)>,
    limit: i64,
) -> Result<Vec<MailRequest>, Error> {
    let (at, (lead, tag, number)) = before.unwrap_or((i64::MAX, (LeadId(i64::MAX), i64::MAX, i64::MAX)));
    let sql = format!(
        "SELECT {COLUMNS} FROM mail_requests m
        WHERE m.at >= $1 AND m.at < $2 AND m.at <= $3 AND m.verdict IS NOT NULL
            AND (m.at < $3 OR m.lead < $4 OR m.lead = $4 AND (m.tag < $5 OR m.tag = $5 AND m.number < $6))
        ORDER BY m.at DESC, m.lead DESC, m.tag DESC, m.number DESC LIMIT $7"
    );
    let params = [from.into(), until.into(), at.into(), lead.into(), tag.into(), number.into(), limit.into()];
    connection.query(&sql, &params)?.into_iter().map(one).collect()
}

fn one(mut row: Row) -> Result<MailRequest, Error> {
    let (lead, tag, number) = (LeadId::read(&row, 0)?, row.integer(1)?, row.integer(2)?);
    let damaged = |what: &str| {
        let text =
            format!("the stored request {number} for copy {tag} of lead {lead} cannot be read: its {what} is odd");
        Error::new(Kind::Other, text)
    };
    let link = u16::try_from(row.integer(5)?).map_err(|_| damaged("link"))?;
    let fetch = Fetch::named(row.text(6)?).ok_or_else(|| damaged("kind"))?;
    let verdict = row.text_or_null(10)?.map(str::to_owned);
    let evidence = row.text_or_null(11)?.unwrap_or_default().to_owned();
    Ok(MailRequest {
        lead,
        tag,
        number,
        link,
        fetch,
        at: row.integer(4)?,
        settles_at: row.integer(9)?,
        judged: verdict.map(|verdict| Judged { verdict, evidence }),
        visit: Visit {
            visitor: row.text_or_null(12)?.map(str::to_owned),
            loaded_at: row.integer_or_null(13)?,
            went_on_at: row.integer_or_null(14)?,
            acted_at: row.integer_or_null(15)?,
        },
        send_id: row.take_text(3)?,
        agent: row.take_text(7)?,
        network: row.take_text(8)?,
    })
}
