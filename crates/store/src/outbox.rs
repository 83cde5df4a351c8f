//! Copies on their way out: which are due, which a sender has, and what became of them. Reading goes by rank and
//! instant, so that it costs the same whatever waits behind. Batches hold each key once.

use crate::connection::Connection;
use crate::copies::{CAUGHT, COLUMNS, CopySource, CopyState, Dispatch, MailCopy, Rank, read};
use crate::error::{Error, Kind};
use crate::ids::{BroadcastId, ClaimNumber, LeadId};
use crate::value::Value;

/// A copy that a sender takes, as it was when the sender looked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    pub lead: LeadId,
    pub source: CopySource,
    /// When it was asked for: a copy that was asked for anew since then is another one.
    pub asked_at: i64,
    /// Which e-mail it is, where that was chosen when the sender looked; `None`: as it was asked for.
    pub email: Option<String>,
    pub number: ClaimNumber,
    /// Milliseconds since 1970.
    pub lease_until: i64,
}

/// What became of a copy. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub lead: LeadId,
    pub source: CopySource,
    /// The claim that the copy is under; `None`: it waits or is in review, and nobody has it.
    pub claim: Option<ClaimNumber>,
    pub state: CopyState,
    pub reason: Option<String>,
    pub until: Option<i64>,
    pub due: Option<i64>,
    pub tries: i64,
    pub trouble_since: Option<i64>,
    pub sent_at: Option<i64>,
    /// When that was decided; `None` where it waits again.
    pub ended_at: Option<i64>,
}

impl Ended {
    /// Whether it is about a copy as that is now: one under this claim, decided only by doubt; or one that waits or is in
    /// review.
    pub fn is_about(&self, copy: &MailCopy) -> bool {
        (copy.lead, &copy.source) == (self.lead, &self.source)
            && match copy.state {
                CopyState::Claimed | CopyState::InDoubt => self.claim.is_some() && copy.dispatch.claim == self.claim,
                CopyState::Draft | CopyState::Waiting => self.claim.is_none(),
                _ => false,
            }
    }

    /// The same as [`end`], in memory: a copy that goes back to wait is under no claim any more.
    pub fn apply(&self, copy: &mut MailCopy) {
        (copy.state, copy.reason, copy.until) = (self.state, self.reason.clone(), self.until);
        let dispatch = &mut copy.dispatch;
        (dispatch.due, dispatch.tries, dispatch.trouble_since) = (self.due, self.tries, self.trouble_since);
        (dispatch.sent_at, dispatch.ended_at) = (self.sent_at, self.ended_at);
        if self.state == CopyState::Waiting {
            (dispatch.claim, dispatch.lease_until) = (None, None);
        }
    }
}

/// That a person decided to send a copy again which is in doubt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentAgain {
    pub lead: LeadId,
    pub source: CopySource,
    /// Milliseconds since 1970.
    pub at: i64,
}

impl SentAgain {
    /// Whether it is about a copy as that is now: one in doubt.
    pub fn is_about(&self, copy: &MailCopy) -> bool {
        (copy.lead, &copy.source) == (self.lead, &self.source) && copy.state == CopyState::InDoubt
    }

    /// The same as [`send_again`], in memory: what was tried before counts no more.
    pub fn apply(&self, copy: &mut MailCopy) {
        (copy.state, copy.reason, copy.until) = (CopyState::Waiting, None, None);
        copy.dispatch = Dispatch { again_at: Some(self.at), ..Dispatch::due(self.at) };
    }
}

/// By rank, when the earliest copy that waits is due, in milliseconds since 1970.
pub fn firsts(connection: &mut Connection) -> Result<Vec<(Rank, i64)>, Error> {
    let mut found = Vec::new();
    for rank in Rank::ALL {
        // The first of an order by the index: PostgreSQL's `min` would pass over the copies that have no instant.
        let sql = "SELECT c.due FROM copies c WHERE c.rank = $1 AND c.state = 'waiting' AND c.due IS NOT NULL
            ORDER BY c.due LIMIT 1";
        if let Some(row) = connection.first(sql, &[rank.number().into()])? {
            found.push((rank, row.integer(0)?));
        }
    }
    Ok(found)
}

/// The first copies of a rank that are due by an instant, in milliseconds since 1970; the earliest first.
pub fn page(connection: &mut Connection, rank: Rank, until: i64, limit: i64) -> Result<Vec<MailCopy>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM copies c WHERE c.rank = $1 AND c.due <= $2 AND c.state = 'waiting'
        ORDER BY c.due, c.bucket, c.lead, c.send_id LIMIT $3"
    );
    let params = [rank.number().into(), until.into(), limit.into()];
    connection.query(&sql, &params)?.into_iter().map(read).collect()
}

/// Drafts for which it is too late at an instant, in milliseconds since 1970: the longest so first.
pub fn late_drafts(connection: &mut Connection, at: i64, limit: i64) -> Result<Vec<MailCopy>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM copies c WHERE c.state = 'draft' AND c.not_after <= $1
        ORDER BY c.not_after, c.lead, c.send_id LIMIT $2"
    );
    connection.query(&sql, &[at.into(), limit.into()])?.into_iter().map(read).collect()
}

/// When it is too late for the first draft of those there are.
pub fn first_late_draft(connection: &mut Connection) -> Result<Option<i64>, Error> {
    let sql = "SELECT min(not_after) FROM copies WHERE state = 'draft'";
    connection.first(sql, &[])?.map_or(Ok(None), |row| row.integer_or_null(0))
}

/// Takes copies that wait as they were when the sender looked. Returns the claims that hold.
pub fn claim(connection: &mut Connection, claims: &[Claim]) -> Result<Vec<ClaimNumber>, Error> {
    let rows: Vec<[Value; 8]> = claims
        .iter()
        .map(|claim| {
            [
                claim.lead.bucket().into(),
                claim.lead.into(),
                Value::from(claim.source.send_id(claim.lead)),
                claim.asked_at.into(),
                claim.email.as_deref().into(),
                claim.number.into(),
                claim.lease_until.into(),
                CopyState::Waiting.name().into(),
            ]
        })
        .collect();
    // The state that they have is a column, not a constant: with a constant, PostgreSQL may go through the index of all
    // copies that wait, which it takes for short, once for each claim.
    let sql = "UPDATE copies SET state = 'claimed', claim = r.claim, lease_until = r.lease_until,
            email = coalesce(copies.email, r.email)
        FROM {rows: bucket bigint, lead bigint, send_id text, asked_at bigint, email text, claim bigint,
            lease_until bigint, state text}
        WHERE copies.bucket = r.bucket AND copies.lead = r.lead AND copies.send_id = r.send_id
            AND copies.state = r.state AND copies.asked_at = r.asked_at
        RETURNING copies.claim";
    let mut held = Vec::with_capacity(claims.len());
    for row in connection.batch(sql, &rows, &[])? {
        held.push(ClaimNumber::read(&row, 0)?);
    }
    held.sort_unstable();
    Ok(held)
}

/// Notes what became of copies; one that is not as [`Ended::is_about`] says stays as it is. Returns how many were noted.
pub fn end(connection: &mut Connection, ended: &[Ended]) -> Result<usize, Error> {
    let rows: Vec<[Value; 12]> = ended
        .iter()
        .map(|ended| {
            [
                ended.lead.bucket().into(),
                ended.lead.into(),
                Value::from(ended.source.send_id(ended.lead)),
                ended.claim.into(),
                ended.state.name().into(),
                ended.reason.as_deref().into(),
                ended.until.into(),
                ended.due.into(),
                ended.tries.into(),
                ended.trouble_since.into(),
                ended.sent_at.into(),
                ended.ended_at.into(),
            ]
        })
        .collect();
    let sql = "UPDATE copies SET state = r.state, reason = r.reason, until = r.until, due = r.due, tries = r.tries,
            trouble_since = r.trouble_since, sent_at = r.sent_at, ended_at = r.ended_at,
            claim = CASE WHEN r.state = 'waiting' THEN NULL ELSE copies.claim END,
            lease_until = CASE WHEN r.state = 'waiting' THEN NULL ELSE copies.lease_until END
        FROM {rows: bucket bigint, lead bigint, send_id text, claim bigint, state text, reason text, until bigint,
            due bigint, tries bigint, trouble_since bigint, sent_at bigint, ended_at bigint}
        WHERE copies.bucket = r.bucket AND copies.lead = r.lead AND copies.send_id = r.send_id
            AND (copies.state IN ('claimed', 'in_doubt') AND copies.claim = r.claim
                OR copies.state IN ('draft', 'waiting') AND r.claim IS NULL)
        RETURNING copies.lead";
    Ok(connection.batch(sql, &rows, &[])?.len())
}

/// Lets copies wait again that are in doubt; any other stays as it is. Returns how many wait.
pub fn send_again(connection: &mut Connection, all: &[SentAgain]) -> Result<usize, Error> {
    let rows: Vec<[Value; 4]> = all
        .iter()
        .map(|again| {
            let send_id = Value::from(again.source.send_id(again.lead));
            [again.lead.bucket().into(), again.lead.into(), send_id, again.at.into()]
        })
        .collect();
    let sql = "UPDATE copies SET state = 'waiting', reason = NULL, until = NULL, due = r.at, claim = NULL,
            lease_until = NULL, tries = 0, trouble_since = NULL, sent_at = NULL, ended_at = NULL, again_at = r.at
        FROM {rows: bucket bigint, lead bigint, send_id text, at bigint}
        WHERE copies.bucket = r.bucket AND copies.lead = r.lead AND copies.send_id = r.send_id
            AND copies.state = 'in_doubt'
        RETURNING copies.lead";
    Ok(connection.batch(sql, &rows, &[])?.len())
}

/// Makes copies due that wait for this reason, at an instant in milliseconds since 1970. Looks at all copies that wait.
/// Returns how many are due sooner by it.
pub fn recall(connection: &mut Connection, reason: &str, due: i64) -> Result<u64, Error> {
    let sql = "UPDATE copies SET due = $1 WHERE state = 'waiting' AND (due IS NULL OR due > $1) AND reason = $2";
    connection.execute(sql, &[due.into(), reason.into()])
}

/// Copies that a sender has under a claim before `first`: their sender is no more. At most `limit`.
pub fn claimed_before(connection: &mut Connection, first: ClaimNumber, limit: i64) -> Result<Vec<MailCopy>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM buckets b JOIN copies c ON c.bucket = b.bucket AND c.state = 'claimed'
        WHERE c.claim < $1 LIMIT $2"
    );
    connection.query(&sql, &[first.into(), limit.into()])?.into_iter().map(read).collect()
}

/// Gives every claim a number before those of this store's servers: the copies came from elsewhere, with their claims.
/// Returns how many copies are claimed.
pub fn disown_claims(connection: &mut Connection) -> Result<u64, Error> {
    connection.execute("UPDATE copies SET claim = 0 WHERE state = 'claimed'", &[])
}

/// How many copies wait.
pub fn count_waiting(connection: &mut Connection) -> Result<i64, Error> {
    let waiting = connection.first("SELECT count(*) FROM copies WHERE state = 'waiting'", &[])?;
    waiting.map_or(Ok(0), |row| row.integer(0))
}

/// Where in the list of copies, those asked for last first, a page ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListPosition {
    /// Milliseconds since 1970.
    pub asked_at: i64,
    pub lead: LeadId,
    pub send_id: String,
}

/// Which copies are listed: those of which everything holds that is given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CopyFilter<'f> {
    pub state: Option<CopyState>,
    pub broadcast: Option<BroadcastId>,
    /// The id of a sequence.
    pub sequence: Option<&'f str>,
    /// The id of an e-mail.
    pub email: Option<&'f str>,
    /// Any of these; all where it is empty.
    pub leads: Vec<LeadId>,
}

impl CopyFilter<'_> {
    /// The conditions, each behind an AND. Their values are put behind the parameters that are there.
    fn conditions<'v>(&'v self, params: &mut Vec<Value<'v>>) -> String {
        let mut next = |value: Value<'v>| {
            params.push(value);
            format!("${}", params.len())
        };
        let mut all = String::new();
        // An index of copies is of broadcasts alone, and of a statement that says so in its text.
        for (condition, value) in [
            ("c.state =", self.state.map(|state| Value::from(state.name()))),
            ("c.source = 'broadcast' AND c.subject =", self.broadcast.map(|id| Value::from(id.to_string()))),
            ("c.source = 'sequence' AND c.subject =", self.sequence.map(Value::from)),
            ("c.email =", self.email.map(Value::from)),
        ] {
            all.extend(value.map(|value| format!(" AND {condition} {}", next(value))));
        }
        if !self.leads.is_empty() {
            let buckets: Vec<String> = self.leads.iter().map(|lead| next(lead.bucket().into())).collect();
            let leads: Vec<String> = self.leads.iter().map(|lead| next((*lead).into())).collect();
            all.push_str(&format!(" AND c.bucket IN ({}) AND c.lead IN ({})", buckets.join(", "), leads.join(", ")));
        }
        all
    }
}

/// The copies that a filter lets pass: those asked for last first, behind a position. A filter that names neither a
/// broadcast nor leads and that few copies pass costs a look at all of them.
pub fn list(
    connection: &mut Connection,
    wanted: &CopyFilter<'_>,
    before: Option<&ListPosition>,
    limit: i64,
) -> Result<Vec<MailCopy>, Error> {
    let last = ListPosition { asked_at: i64::MAX, lead: LeadId(i64::MAX), send_id: String::new() };
    let ListPosition { asked_at, lead, send_id } = before.unwrap_or(&last);
    let mut params: Vec<Value> = vec![(*asked_at).into(), (*lead).into(), Value::from(send_id)];
    let conditions = wanted.conditions(&mut params);
    params.push(limit.into());
    let sql = format!(
        "SELECT {COLUMNS} FROM copies c WHERE (c.asked_at, c.lead, c.send_id) < ($1, $2, $3){conditions}
        ORDER BY c.asked_at DESC, c.lead DESC, c.send_id DESC LIMIT ${}",
        params.len()
    );
    connection.query(&sql, &params)?.into_iter().map(read).collect()
}

/// The drafts of a sequence, in no order. Looks at all copies.
pub fn drafts(connection: &mut Connection, sequence: &str) -> Result<Vec<(LeadId, CopySource)>, Error> {
    let sql = "SELECT c.send_id FROM copies c WHERE c.state = 'draft' AND c.source = 'sequence' AND c.subject = $1";
    let rows = connection.query(sql, &[sequence.into()])?;
    Ok(rows.iter().filter_map(|row| CopySource::of_send_id(row.text(0).ok()?)).collect())
}

/// How many copies are in a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StateCount {
    pub state: CopyState,
    pub copies: i64,
    /// Those of them that were caught, so that nobody got them.
    pub caught: i64,
}

/// How many copies there are in each state that any is in.
pub fn count_by_state(connection: &mut Connection) -> Result<Vec<StateCount>, Error> {
    let sql = "SELECT state, count(*), count(CASE WHEN reason = $1 THEN 1 END) FROM copies GROUP BY state";
    let rows = connection.query(sql, &[CAUGHT.into()])?;
    let mut counts = Vec::with_capacity(rows.len());
    for mut row in rows {
        let (name, copies, caught) = (row.take_text(0)?, row.integer(1)?, row.integer(2)?);
        let state = CopyState::named(&name);
        let damaged = || Error::new(Kind::Other, format!("stored copies cannot be read: they are {name}"));
        counts.push(StateCount { state: state.ok_or_else(damaged)?, copies, caught });
    }
    Ok(counts)
}
