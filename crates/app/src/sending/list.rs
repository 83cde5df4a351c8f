//! Copies as people look for them: what waits and why, what left, what became of the others.

use attractor_store::LeadId;
use attractor_store::copies::{CopyState, MailCopy};
use attractor_store::outbox::{self, Place};
use serde::Serialize;
use utoipa::ToSchema;

use super::paused;
use super::words::in_words;
use crate::cursor::{self, Page};
use crate::leads::one;
use crate::leads::who::{self, LeadNames};
use crate::leads::whole::CopyItem;
use crate::moves::instant;
use crate::refusal::Refusal;
use crate::view::View;

/// A copy of an e-mail to a lead, on its way
#[derive(Debug, Serialize, ToSchema)]
pub struct OutboxItem {
    /// The lead's id
    pub lead: String,
    #[serde(flatten)]
    pub names: LeadNames,
    #[serde(flatten)]
    pub copy: CopyItem,
    /// The reason in English; null if it has none
    pub why: Option<String>,
    /// When it is looked at next; null unless it waits
    #[schema(format = DateTime)]
    pub due: Option<String>,
    /// `transactional`, `alert`, `answer`, `sequence` or `broadcast`: those that wait leave in this order
    pub rank: &'static str,
    #[schema(format = DateTime)]
    pub sent_at: Option<String>,
}

/// Copies, those asked for last first, in one state, or in any where that is empty.
pub fn page(view: &mut View, state: &str, after: Option<&str>, limit: usize) -> Result<Page<OutboxItem>, Refusal> {
    let state = match state {
        "" => None,
        name => Some(CopyState::named(name).ok_or_else(|| unknown(name))?),
    };
    let before: Option<(i64, LeadId, String)> = cursor::read(after)?;
    let before = before.map(|(asked_at, lead, send_id)| Place { asked_at, lead, send_id });
    let found = outbox::list(view.connection, state, before.as_ref(), limit as i64 + 1)?;
    let page = Page::cut(found, limit, |last| (last.asked_at, last.lead, last.send_id()));
    let called = who::of(view.connection, page.items.iter().map(|copy| copy.lead))?;
    let (names, is_paused) = (view.names()?, paused(view.connection)?.is_some());
    let item = |copy: MailCopy| OutboxItem {
        lead: copy.lead.to_string(),
        names: called.get(&copy.lead).cloned().unwrap_or_default(),
        why: why(&copy, is_paused),
        due: copy.dispatch.due.filter(|_| copy.state == CopyState::Waiting).map(instant),
        rank: copy.rank().name(),
        sent_at: copy.dispatch.sent_at.map(instant),
        copy: one::copy(&copy, &names),
    };
    Ok(Page { items: page.items.into_iter().map(item).collect(), next: page.next })
}

/// Why a copy waits, or did not arrive.
fn why(copy: &MailCopy, is_paused: bool) -> Option<String> {
    match copy.state {
        CopyState::Waiting if is_paused => Some(in_words("paused")),
        // While all sending is paused, no copy is looked at.
        CopyState::Waiting if copy.reason.as_deref() == Some("paused") => Some("The broadcast is paused.".to_owned()),
        CopyState::Failed => copy.reason.as_ref().map(|answer| format!("The mail server refused it: {answer}")),
        CopyState::InDoubt => copy.reason.as_ref().map(|why| format!("Whether it arrived is not known: {why}")),
        CopyState::Waiting | CopyState::Skipped => copy.reason.as_deref().map(in_words),
        CopyState::Draft => Some("Its sequence is in review: somebody must release it.".to_owned()),
        CopyState::Withdrawn if copy.is_rejected() => Some("Somebody rejected the draft.".to_owned()),
        CopyState::Claimed | CopyState::Sent | CopyState::Withdrawn => None,
    }
}

fn unknown(name: &str) -> Refusal {
    let known: Vec<&str> = CopyState::ALL.into_iter().map(CopyState::name).collect();
    Refusal::Malformed(format!("`state` is `{name}`; expected one of {}", known.join(", ")))
}
