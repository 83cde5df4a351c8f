//! Copies: one e-mail to one lead each, with what asked for it and what has become of it (contract §6, Copies).

use std::collections::BTreeSet;
use std::fmt;

use crate::connection::Connection;
use crate::error::{Error, Kind};
use crate::ids::{ClaimNumber, LeadId};
use crate::value::{Row, Value};

/// What asked for a copy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopySource {
    /// A step of a sequence, in the enrollment that began at an instant in milliseconds since 1970.
    Sequence { sequence: String, began: i64, step: String },
    /// A broadcast, by its id.
    Broadcast(String),
    /// The message that submitted a form, by its id.
    Form(String),
    /// The cause of an alert: an event's id, or the instant.
    Alert(String),
    /// A test; each is anew.
    Test(i64),
}

impl CopySource {
    /// As it is stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            CopySource::Sequence { .. } => "sequence",
            CopySource::Broadcast(_) => "broadcast",
            CopySource::Form(_) => "form",
            CopySource::Alert(_) => "alert",
            CopySource::Test(_) => "test",
        }
    }

    /// The id of the copy that a lead gets of this. The same question gives the same id.
    ///
    /// ```
    /// use attractor_store::LeadId;
    /// use attractor_store::copies::CopySource;
    ///
    /// let step = CopySource::Sequence { sequence: "welcome".into(), began: 5, step: "hello".into() };
    /// assert_eq!(step.send_id(LeadId(414)), "414/sequence/welcome/5/hello");
    /// assert_eq!(CopySource::Broadcast("may".into()).send_id(LeadId(414)), "414/broadcast/may");
    /// ```
    pub fn send_id(&self, lead: LeadId) -> String {
        match self {
            CopySource::Sequence { sequence, began, step } => format!("{lead}/sequence/{sequence}/{began}/{step}"),
            other => format!("{lead}/{}/{}", other.name(), other.subject()),
        }
    }

    /// The lead and the source that an id of a copy was made of.
    ///
    /// ```
    /// use attractor_store::LeadId;
    /// use attractor_store::copies::CopySource;
    ///
    /// let broadcast = CopySource::Broadcast("may".into());
    /// assert_eq!(CopySource::of_send_id("414/broadcast/may"), Some((LeadId(414), broadcast)));
    /// assert_eq!(CopySource::of_send_id("414/sequence/welcome"), None);
    /// ```
    pub fn of_send_id(send_id: &str) -> Option<(LeadId, CopySource)> {
        let (lead, rest) = send_id.split_once('/')?;
        let (name, rest) = rest.split_once('/')?;
        let lead = LeadId(lead.parse().ok()?);
        let source = match name {
            "sequence" => {
                let (sequence, rest) = rest.split_once('/')?;
                let (began, step) = rest.split_once('/')?;
                CopySource::read(name, sequence.to_owned(), began.parse().ok(), Some(step.to_owned()))
            }
            _ => CopySource::read(name, rest.to_owned(), None, None),
        };
        // A number may be spelled in many ways, and an id in one.
        source.filter(|source| source.send_id(lead) == send_id).map(|source| (lead, source))
    }

    /// The sequence, the broadcast, the message, the cause or the number.
    fn subject(&self) -> String {
        match self {
            CopySource::Sequence { sequence, .. } => sequence.clone(),
            CopySource::Broadcast(text) | CopySource::Form(text) | CopySource::Alert(text) => text.clone(),
            CopySource::Test(number) => number.to_string(),
        }
    }

    fn read(name: &str, subject: String, began: Option<i64>, step: Option<String>) -> Option<CopySource> {
        Some(match name {
            "sequence" => CopySource::Sequence { sequence: subject, began: began?, step: step? },
            "broadcast" => CopySource::Broadcast(subject),
            "form" => CopySource::Form(subject),
            "alert" => CopySource::Alert(subject),
            "test" => CopySource::Test(subject.parse().ok()?),
            _ => return None,
        })
    }
}

/// Where a copy is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CopyState {
    /// In review.
    Draft,
    /// For its turn; with a reason and an instant if it is held.
    Waiting,
    /// By a sender, under a lease.
    Claimed,
    Sent,
    Skipped,
    Failed,
    /// Whether the server took it cannot be known.
    InDoubt,
    Withdrawn,
}

impl CopyState {
    pub const ALL: [CopyState; 8] = [
        CopyState::Draft,
        CopyState::Waiting,
        CopyState::Claimed,
        CopyState::Sent,
        CopyState::Skipped,
        CopyState::Failed,
        CopyState::InDoubt,
        CopyState::Withdrawn,
    ];

    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            CopyState::Draft => "draft",
            CopyState::Waiting => "waiting",
            CopyState::Claimed => "claimed",
            CopyState::Sent => "sent",
            CopyState::Skipped => "skipped",
            CopyState::Failed => "failed",
            CopyState::InDoubt => "in_doubt",
            CopyState::Withdrawn => "withdrawn",
        }
    }

    pub fn named(name: &str) -> Option<CopyState> {
        CopyState::ALL.into_iter().find(|state| state.name() == name)
    }

    /// Whether the copy has not begun to leave: it is in review, or waits for its turn.
    pub fn is_ahead(self) -> bool {
        matches!(self, CopyState::Draft | CopyState::Waiting)
    }

    /// Whether it was decided what becomes of the copy, and not withdrawn.
    fn is_decided(self) -> bool {
        matches!(self, CopyState::Sent | CopyState::Skipped | CopyState::Failed | CopyState::InDoubt)
    }
}

impl fmt::Display for CopyState {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Which of the copies that are due goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    Transactional,
    Alert,
    Answer,
    Sequence,
    Broadcast,
}

impl Rank {
    /// Those that go first are first.
    pub const ALL: [Rank; 5] = [Rank::Transactional, Rank::Alert, Rank::Answer, Rank::Sequence, Rank::Broadcast];

    /// As it is shown.
    pub fn name(self) -> &'static str {
        match self {
            Rank::Transactional => "transactional",
            Rank::Alert => "alert",
            Rank::Answer => "answer",
            Rank::Sequence => "sequence",
            Rank::Broadcast => "broadcast",
        }
    }

    /// As it is stored.
    pub fn number(self) -> i64 {
        self as i64
    }
}

/// What a sender keeps of a copy. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dispatch {
    /// When it is asked next whether the copy may go; `None`: not before somebody acts.
    pub due: Option<i64>,
    /// Under which a sender has it, or had it when it ended.
    pub claim: Option<ClaimNumber>,
    /// Until when a living dialogue may take.
    pub lease_until: Option<i64>,
    /// How often a server put it off.
    pub tries: i64,
    /// When a server first put it off.
    pub trouble_since: Option<i64>,
    pub sent_at: Option<i64>,
    /// When it was decided what becomes of it.
    pub ended_at: Option<i64>,
    /// When a person last decided that it leaves again, because it was in doubt.
    pub again_at: Option<i64>,
}

impl Dispatch {
    /// Of a copy that nobody has tried to send.
    pub fn due(at: i64) -> Dispatch {
        Dispatch { due: Some(at), ..Dispatch::default() }
    }
}

/// One e-mail to one lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailCopy {
    pub lead: LeadId,
    pub source: CopySource,
    /// `None`: the best unread piece.
    pub email: Option<String>,
    /// `marketing`, `answer` or `transactional`.
    pub class: String,
    /// In milliseconds since 1970, as all instants here.
    pub asked_at: i64,
    /// Skipped from this instant on.
    pub not_after: Option<i64>,
    pub state: CopyState,
    /// Why it is held, or was skipped, or has failed.
    pub reason: Option<String>,
    /// Until when it is held.
    pub until: Option<i64>,
    pub dispatch: Dispatch,
}

impl MailCopy {
    /// Which of the copies that are due goes first.
    pub fn rank(&self) -> Rank {
        match (self.class.as_str(), &self.source) {
            ("transactional", _) => Rank::Transactional,
            (_, CopySource::Alert(_)) => Rank::Alert,
            ("answer", _) => Rank::Answer,
            (_, CopySource::Broadcast(_)) => Rank::Broadcast,
            _ => Rank::Sequence,
        }
    }

    pub fn send_id(&self) -> String {
        self.source.send_id(self.lead)
    }

    /// Whether a person decided that it leaves again, because it was in doubt. Its sequence has gone on since.
    pub fn is_sent_again(&self) -> bool {
        self.dispatch.again_at.is_some()
    }

    /// Whether a server took it, or may have: now or when it was in doubt.
    pub fn has_reached(&self) -> bool {
        matches!(self.state, CopyState::Sent | CopyState::InDoubt) || self.is_sent_again()
    }

    /// Whether somebody rejected its draft: nothing asks for it again.
    pub fn is_rejected(&self) -> bool {
        self.state == CopyState::Withdrawn && self.reason.as_deref() == Some(REJECTED)
    }

    /// Whether it became a file of this machine, because no mail server was set, and nobody got it.
    pub fn is_caught(&self) -> bool {
        self.state == CopyState::Sent && self.reason.as_deref() == Some(CAUGHT)
    }

    /// Whether the sequence that asked for the copy goes on: it was decided what becomes of the copy, or its draft was
    /// rejected. A copy that is sent again was decided when it became in doubt.
    pub fn is_over(&self) -> bool {
        self.state.is_decided() || self.is_rejected() || self.is_sent_again()
    }

    /// Whether nothing may ask for the copy again: it is over, or on its way to a server.
    pub fn is_out(&self) -> bool {
        self.is_over() || self.state == CopyState::Claimed
    }

    /// Whether the copy was given up, so that asking for it makes it anew.
    pub fn is_given_up(&self) -> bool {
        self.state == CopyState::Withdrawn && !self.is_rejected() && !self.is_sent_again()
    }
}

/// The reason of a copy that was withdrawn because somebody rejected its draft.
pub const REJECTED: &str = "rejected";

/// The reason of a copy or a letter that is over like one that was sent, and was caught where no mail server was set.
pub const CAUGHT: &str = "caught";

pub(crate) const COLUMNS: &str =
    "c.lead, c.source, c.subject, c.began, c.step, c.email, c.class, c.asked_at, c.not_after, c.state,
        c.reason, c.until, c.send_id, c.due, c.claim, c.lease_until, c.tries, c.trouble_since, c.sent_at,
        c.ended_at, c.again_at";

/// Asks for copies, each of its ids once. One that was given up is asked for anew; what else is there already stays as it
/// is, and is returned.
pub fn insert(connection: &mut Connection, copies: &[MailCopy]) -> Result<Vec<MailCopy>, Error> {
    let rows: Vec<[Value; 23]> = copies.iter().map(row).collect();
    let sql =
        "INSERT INTO copies (bucket, lead, send_id, source, subject, began, step, email, class, asked_at, not_after,
            state, reason, until, rank, due, claim, lease_until, tries, trouble_since, sent_at, ended_at, again_at)
        SELECT r.bucket, r.lead, r.send_id, r.source, r.subject, r.began, r.step, r.email, r.class, r.asked_at,
            r.not_after, r.state, r.reason, r.until, r.rank, r.due, r.claim, r.lease_until, r.tries, r.trouble_since,
            r.sent_at, r.ended_at, r.again_at
        FROM {rows: bucket bigint, lead bigint, send_id text, source text, subject text, began bigint, step text,
            email text, class text, asked_at bigint, not_after bigint, state text, reason text, until bigint,
            rank bigint, due bigint, claim bigint, lease_until bigint, tries bigint, trouble_since bigint,
            sent_at bigint, ended_at bigint, again_at bigint}
        WHERE true ON CONFLICT (bucket, lead, send_id) DO UPDATE SET email = excluded.email, class = excluded.class,
            asked_at = excluded.asked_at, not_after = excluded.not_after, state = excluded.state,
            reason = excluded.reason, until = excluded.until, rank = excluded.rank, due = excluded.due,
            claim = excluded.claim, lease_until = excluded.lease_until, tries = excluded.tries,
            trouble_since = excluded.trouble_since, sent_at = excluded.sent_at, ended_at = excluded.ended_at,
            again_at = excluded.again_at
        WHERE copies.state = 'withdrawn' AND coalesce(copies.reason, '') <> 'rejected' AND copies.again_at IS NULL
        RETURNING send_id";
    let written = connection.batch(sql, &rows, &[])?.into_iter().map(|mut row| row.take_text(0));
    let written: BTreeSet<String> = written.collect::<Result<_, Error>>()?;
    let stay: Vec<&MailCopy> = copies.iter().filter(|copy| !written.contains(&copy.send_id())).collect();
    if stay.is_empty() {
        return Ok(Vec::new());
    }
    let leads: BTreeSet<LeadId> = stay.iter().map(|copy| copy.lead).collect();
    let mut known = of_leads(connection, &leads.into_iter().collect::<Vec<_>>())?;
    known.retain(|known| stay.iter().any(|copy| (copy.lead, &copy.source) == (known.lead, &known.source)));
    Ok(known)
}

fn row(copy: &MailCopy) -> [Value<'_>; 23] {
    let (began, step) = match &copy.source {
        CopySource::Sequence { began, step, .. } => (Some(*began), Some(step.as_str())),
        _ => (None, None),
    };
    [
        copy.lead.bucket().into(),
        copy.lead.into(),
        Value::from(copy.send_id()),
        copy.source.name().into(),
        Value::from(copy.source.subject()),
        began.into(),
        step.into(),
        copy.email.as_deref().into(),
        Value::from(&copy.class),
        copy.asked_at.into(),
        copy.not_after.into(),
        copy.state.name().into(),
        copy.reason.as_deref().into(),
        copy.until.into(),
        copy.rank().number().into(),
        copy.dispatch.due.into(),
        copy.dispatch.claim.into(),
        copy.dispatch.lease_until.into(),
        copy.dispatch.tries.into(),
        copy.dispatch.trouble_since.into(),
        copy.dispatch.sent_at.into(),
        copy.dispatch.ended_at.into(),
        copy.dispatch.again_at.into(),
    ]
}

/// The copies of these leads, in no order.
pub fn of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<MailCopy>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|id| [id.bucket().into(), (*id).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint}}
        JOIN copies c ON c.bucket = r.bucket AND c.lead = r.lead"
    );
    connection.batch(&sql, &rows, &[])?.into_iter().map(read).collect()
}

/// The copies of one e-mail to these leads.
pub fn of_email(connection: &mut Connection, leads: &[LeadId], email: &str) -> Result<Vec<MailCopy>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|id| [id.bucket().into(), (*id).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint}}
        JOIN copies c ON c.bucket = r.bucket AND c.lead = r.lead AND c.email = $3"
    );
    connection.batch(&sql, &rows, &[email.into()])?.into_iter().map(read).collect()
}

/// The copies of these leads that wait, are in review, or are with a sender.
pub fn open_of_leads(connection: &mut Connection, leads: &[LeadId]) -> Result<Vec<MailCopy>, Error> {
    let rows: Vec<[Value; 2]> = leads.iter().map(|id| [id.bucket().into(), (*id).into()]).collect();
    let sql = format!(
        "SELECT {COLUMNS} FROM {{rows: bucket bigint, lead bigint}}
        JOIN copies c ON c.bucket = r.bucket AND c.lead = r.lead AND c.state IN ('draft', 'waiting', 'claimed')"
    );
    connection.batch(&sql, &rows, &[])?.into_iter().map(read).collect()
}

pub(crate) fn read(mut row: Row) -> Result<MailCopy, Error> {
    let (source, state) = (row.take_text(1)?, row.take_text(9)?);
    let subject = row.take_text(2)?;
    let (began, step) = (row.integer_or_null(3)?, row.text_or_null(4)?.map(str::to_owned));
    let damaged = || {
        let send_id = row.text(12).unwrap_or_default();
        Error::new(Kind::Other, format!("the stored copy {send_id} cannot be read: it is {state} of {source}"))
    };
    let state = CopyState::named(&state).ok_or_else(damaged)?;
    let source = CopySource::read(&source, subject, began, step).ok_or_else(damaged)?;
    Ok(MailCopy {
        source,
        state,
        lead: LeadId::read(&row, 0)?,
        email: row.text_or_null(5)?.map(str::to_owned),
        asked_at: row.integer(7)?,
        not_after: row.integer_or_null(8)?,
        reason: row.text_or_null(10)?.map(str::to_owned),
        until: row.integer_or_null(11)?,
        class: row.take_text(6)?,
        dispatch: Dispatch {
            due: row.integer_or_null(13)?,
            claim: row.integer_or_null(14)?.map(ClaimNumber),
            lease_until: row.integer_or_null(15)?,
            tries: row.integer(16)?,
            trouble_since: row.integer_or_null(17)?,
            sent_at: row.integer_or_null(18)?,
            ended_at: row.integer_or_null(19)?,
            again_at: row.integer_or_null(20)?,
        },
    })
}

/// What of copies that have not begun to leave comes to nothing, each by its lead and what asked for it.
pub fn withdraw(connection: &mut Connection, copies: &[(LeadId, &CopySource)]) -> Result<(), Error> {
    let rows: Vec<[Value; 3]> = copies
        .iter()
        .map(|(lead, source)| [lead.bucket().into(), (*lead).into(), Value::from(source.send_id(*lead))])
        .collect();
    let sql = "UPDATE copies SET state = 'withdrawn', reason = NULL, until = NULL
        FROM {rows: bucket bigint, lead bigint, send_id text}
        WHERE copies.bucket = r.bucket AND copies.lead = r.lead AND copies.send_id = r.send_id
            AND copies.state IN ('draft', 'waiting')";
    connection.batch(sql, &rows, &[]).map(drop)
}
