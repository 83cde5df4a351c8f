//! What happened to a lead: its events and its moves.

use attractor_engine::condition::Names;
use attractor_live::history::{Past, history};
use attractor_store::{MoveNumber, Received, events, moves};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{acts, find};
use crate::cursor::{self, Page};
use crate::moves::{MoveItem, instant, items};
use crate::refusal::Refusal;
use crate::schemas::AnyJson;
use crate::stored::stored;
use crate::view::View;

/// An event of a lead
#[derive(Debug, Serialize, ToSchema)]
pub struct EventItem {
    /// Its `messageId`
    pub id: String,
    #[schema(format = DateTime)]
    pub at: String,
    #[schema(format = DateTime)]
    pub received_at: String,
    /// In a few words
    pub what: String,
    /// A machine caused it: it counts nowhere
    pub machine: bool,
    /// It was brought in from the past
    pub history: bool,
    /// It came with a public key
    pub public: bool,
    /// Who brought it: `key:3`, `import:2`, `user:1` …
    pub origin: String,
    /// The message as it is stored; its text, where it cannot be read
    #[schema(value_type = AnyJson)]
    pub message: Value,
}

/// A lead's events, the newest first; behind a cursor.
pub fn events(view: &mut View, called: &str, after: Option<&str>, limit: usize) -> Result<Page<EventItem>, Refusal> {
    let names = view.names()?;
    let connection = &mut *view.connection;
    let behind: Option<(i64, Received)> = cursor::read(after)?;
    let row = find::lead(connection, called)?;
    let past = history(connection, &row)?;
    let wanted = past.iter().rev().filter(|past| behind.is_none_or(|behind| (past.at, past.received) < behind));
    let page = Page::cut(wanted.take(limit + 1).collect(), limit, |past: &&Past| (past.at, past.received));
    Ok(Page { items: page.items.into_iter().map(|past| shown(past, &names)).collect(), next: page.next })
}

/// An event as lists show it; `names`, what a playbook calls its topics.
pub fn shown(past: &Past, names: &Names) -> EventItem {
    let is = |flag: i64| past.flags & flag != 0;
    EventItem {
        id: past.id.clone(),
        at: instant(past.at),
        received_at: instant(past.received_at),
        what: acts::in_words(past, names),
        machine: is(events::MACHINE),
        history: is(events::HISTORY),
        public: is(events::PUBLIC),
        origin: past.origin.clone(),
        message: stored(&past.message),
    }
}

/// A lead's moves, the newest first, revised ones marked; behind a cursor.
pub fn moves(view: &mut View, called: &str, after: Option<&str>, limit: usize) -> Result<Page<MoveItem>, Refusal> {
    let parts = view.names()?;
    let connection = &mut *view.connection;
    let behind: Option<(i64, MoveNumber)> = cursor::read(after)?;
    let row = find::lead(connection, called)?;
    let mut all = moves::of_leads(connection, &[row.id])?;
    all.sort_by_key(|noted| std::cmp::Reverse((noted.at, noted.number)));
    all.retain(|noted| behind.is_none_or(|behind| (noted.at, noted.number) < behind));
    let page = Page::cut(all, limit, |noted| (noted.at, noted.number));
    Ok(Page { items: items(connection, page.items, &parts)?, next: page.next })
}
