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
    /// The network of its address.
    pub network: String,
    /// When it can be judged.
    pub settles_at: i64,
    pub judged: Option<Judged>,
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
        m.verdict, m.evidence";

/// Stores requests; one that is there stays.
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

/// The copies of a bucket with requests that can be judged by an instant, in milliseconds since 1970; at most `limit`.
pub fn due_copies(connection: &mut Connection, bucket: i64, until: i64, limit: i64) -> Result<Vec<CopyTag>, Error> {
    let sql = "SELECT DISTINCT m.lead, m.tag FROM mail_requests m
        WHERE m.bucket = $1 AND m.settles_at <= $2 AND m.verdict IS NULL ORDER BY m.lead, m.tag LIMIT $3";
    let rows = connection.query(sql, &[bucket.into(), until.into(), limit.into()])?;
    rows.iter().map(|row| Ok((LeadId::read(row, 0)?, row.integer(1)?))).collect()
}

/// Keeps verdicts of requests that have none yet. Returns the requests that have them now.
pub fn judge(connection: &mut Connection, verdicts: &[(RequestKey, Judged)]) -> Result<Vec<RequestKey>, Error> {
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
    let sql = "UPDATE mail_requests SET verdict = r.verdict, evidence = r.evidence
        FROM {rows: bucket bigint, lead bigint, tag bigint, number bigint, verdict text, evidence text}
        WHERE mail_requests.bucket = r.bucket AND mail_requests.lead = r.lead AND mail_requests.tag = r.tag
            AND mail_requests.number = r.number AND mail_requests.verdict IS NULL
        RETURNING mail_requests.lead, mail_requests.tag, mail_requests.number";
    let rows = connection.batch(sql, &rows, &[])?;
    rows.iter().map(|row| Ok((LeadId::read(row, 0)?, row.integer(1)?, row.integer(2)?))).collect()
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
        send_id: row.take_text(3)?,
        agent: row.take_text(7)?,
        network: row.take_text(8)?,
    })
}
