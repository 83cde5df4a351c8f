//! The feed of moves.

use attractor_engine::condition::Names;
use attractor_engine::time::Instant;
use attractor_store::feed::{self, Filter, From as Start};
use attractor_store::moves::{self, MoveKind};
use attractor_store::{Connection, Error, MoveNumber, VersionNumber};
use serde::Serialize;
use utoipa::ToSchema;

use super::leads::find;
use super::leads::who::{self, LeadNames};
use super::refusal::Refusal;
use crate::closed_lists::MoveKindName;
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
    #[schema(format = DateTime)]
    pub at: String,
    /// When that became known
    #[schema(format = DateTime)]
    pub known_at: String,
    /// What moved
    #[schema(value_type = MoveKindName)]
    pub kind: &'static str,
    /// The id of the ladder, segment or sequence; `primary` for the primary interest
    pub subject: String,
    /// The id of the stage or topic before
    pub from: Option<String>,
    /// The id of the stage or topic, or what changed: `entered`, `left`, `enrolled` …
    pub to: String,
    /// The message's id, or `time`
    pub because: String,
    /// How it became known: `live`, `late`, `join`, `import`, `verdict`, `unmerge`, `undo`, `erasure`, `keys` or `version N`
    pub reason: String,
    /// The version of the playbook
    #[schema(value_type = i64)]
    pub version: VersionNumber,
    /// Set where what became known later took it back
    pub revised: Option<Revised>,
    #[serde(flatten)]
    pub names: LeadNames,
    /// Names come from the playbook in force; where it has none, this is the id
    pub subject_name: String,
    pub from_name: Option<String>,
    pub to_name: String,
}

/// When a move was taken back, and why
#[derive(Debug, Serialize, ToSchema)]
pub struct Revised {
    #[schema(format = DateTime)]
    pub at: String,
    /// How that became known, in the words of `reason`
    pub by: String,
}

impl MoveItem {
    /// A move of a lead that is called so; `parts` are the names of the playbook's parts.
    pub fn of(noted: moves::Move, names: LeadNames, parts: &Names) -> MoveItem {
        let (kind, subject) = (noted.kind, noted.subject.as_str());
        let named = |id: &String| match kind {
            MoveKind::Stage => parts.stage(subject, id).to_owned(),
            MoveKind::Interest => parts.topic(id).to_owned(),
            MoveKind::Segment | MoveKind::Sequence => id.clone(),
        };
        let subject_name = match kind {
            MoveKind::Stage => parts.ladder(subject),
            MoveKind::Segment => parts.segment(subject),
            MoveKind::Sequence => parts.sequence(subject),
            MoveKind::Interest => "Primary interest",
        };
        MoveItem {
            number: noted.number.0,
            lead: noted.lead.to_string(),
            names,
            at: instant(noted.at),
            known_at: instant(noted.known_at),
            subject_name: subject_name.to_owned(),
            from_name: noted.was.as_ref().map(named),
            to_name: named(&noted.became),
            kind: noted.kind.name(),
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

/// Moves of any leads, in the order given.
pub fn items(connection: &mut Connection, moves: Vec<moves::Move>, parts: &Names) -> Result<Vec<MoveItem>, Error> {
    let called = who::of(connection, moves.iter().map(|noted| noted.lead))?;
    let item = |noted: moves::Move| {
        let names = called.get(&noted.lead).cloned().unwrap_or_default();
        MoveItem::of(noted, names, parts)
    };
    Ok(moves.into_iter().map(item).collect())
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
    let parts = view.names()?;
    let connection = &mut *view.connection;
    let from = match (wanted.after, wanted.before) {
        (Some(after), None) => Start::After(MoveNumber(after)),
        (None, before) => Start::Before(before.map_or(MoveNumber::MAX, MoveNumber)),
        _ => return Err(Refusal::Malformed("`after` and `before` exclude each other; write only one of them".into())),
    };
    let kinds = MoveKind::ALL.map(MoveKind::name);
    if !wanted.kind.is_empty() && !kinds.contains(&wanted.kind.as_str()) {
        return Err(Refusal::Malformed(format!("`kind` is one of {}", kinds.join(", "))));
    }
    let lead = wanted.lead.as_deref().map(|called| find::lead(connection, called)).transpose()?;
    let filter = Filter { kind: &wanted.kind, subject: &wanted.subject, lead: lead.map(|row| row.id) };
    let mut found = feed::page(connection, filter, from, limit as i64 + 1)?;
    let more = found.len() > limit;
    found.truncate(limit);
    let items = items(connection, found, &parts)?;
    let next = items.last().filter(|_| more).map(|last| last.number.to_string());
    Ok(Page { items, next })
}
