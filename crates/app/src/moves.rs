//! The feed of moves.

use attractor_engine::step::MoveKind;
use attractor_engine::time::Instant;
use attractor_store::MoveNumber;
use attractor_store::feed::{self, Filter, From as Start};
use attractor_store::moves;
use serde::Serialize;
use utoipa::ToSchema;

use super::leads::find;
use super::refusal::Refusal;
use crate::cursor::Page;
use crate::view::View;

/// A move of a lead
#[derive(Debug, Serialize, ToSchema)]
pub struct MoveItem {
    /// Running, over all leads
    pub number: i64,
    /// The lead's id
    pub lead: String,
    /// When it happened
    pub at: String,
    /// When that became known
    pub known_at: String,
    /// `stage`, `segment`, `sequence` or `interest`
    pub kind: String,
    /// The ladder, segment or sequence
    pub subject: String,
    /// The stage before
    pub from: Option<String>,
    /// The stage, or what changed: `entered`, `left`, `enrolled` …
    pub to: String,
    /// The message's id, or `time`
    pub because: String,
    /// How it became known: `live`, `late`, `join`, `import`, `verdict`, `unmerge`, `undo`, `erasure`, `keys` or `version N`
    pub reason: String,
    /// The version of the playbook
    pub version: i64,
    /// Set where what became known later took it back
    pub revised: Option<Revised>,
}

/// When a move was taken back, and why
#[derive(Debug, Serialize, ToSchema)]
pub struct Revised {
    pub at: String,
    pub by: String,
}

impl From<moves::Move> for MoveItem {
    fn from(noted: moves::Move) -> MoveItem {
        MoveItem {
            number: noted.number.0,
            lead: noted.lead.to_string(),
            at: instant(noted.at),
            known_at: instant(noted.known_at),
            kind: noted.kind,
            subject: noted.subject,
            from: noted.was,
            to: noted.became,
            because: noted.because,
            reason: noted.reason.to_string(),
            version: noted.version,
            revised: noted.revised.map(|(at, by)| Revised { at: instant(at), by: by.to_string() }),
        }
    }
}

/// Milliseconds since 1970 as RFC 3339.
pub fn instant(at: i64) -> String {
    Instant(at).to_string()
}

/// Which moves are wanted; what is empty is all.
#[derive(Clone, Debug, Default)]
pub struct MoveFilter {
    pub kind: String,
    pub subject: String,
    /// A lead, by whatever it is called.
    pub lead: Option<String>,
    /// Only numbers above this one.
    pub after: Option<i64>,
    /// Only numbers below this one.
    pub before: Option<i64>,
}

/// Moves of all leads, or of one: the newest first or, with `after`, the numbers behind it in order.
pub fn page(view: &mut View, wanted: &MoveFilter, limit: usize) -> Result<Page<MoveItem>, Refusal> {
    let connection = &mut *view.connection;
    let from = match (wanted.after, wanted.before) {
        (Some(after), None) => Start::After(MoveNumber(after)),
        (None, before) => Start::Before(before.map_or(MoveNumber::MAX, MoveNumber)),
        _ => return Err(Refusal::Malformed("`after` and `before` exclude each other; write only one of them".into())),
    };
    if !wanted.kind.is_empty() && MoveKind::named(&wanted.kind).is_none() {
        return Err(Refusal::Malformed(format!("`kind` is one of {}", MoveKind::names().join(", "))));
    }
    let lead = wanted.lead.as_deref().map(|called| find::lead(connection, called)).transpose()?;
    let filter = Filter { kind: &wanted.kind, subject: &wanted.subject, lead: lead.map(|row| row.id) };
    let mut found = feed::page(connection, filter, from, limit as i64 + 1)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let items: Vec<MoveItem> = found.into_iter().map(MoveItem::from).collect();
    let next = items.last().filter(|_| more).map(|last| last.number.to_string());
    Ok(Page { items, next })
}
