//! Letters as people look for them: what waits, what left, what could not be delivered. What they say is not shown.

use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_store::LetterNumber;
use attractor_store::letters::{self, Letter, LetterState};
use serde::Serialize;
use utoipa::ToSchema;

use super::letter::{Content, LetterKind};
use crate::cursor::{self, Page};
use crate::moves::instant;
use crate::programs::minute;
use crate::refusal::Refusal;
use crate::sending::words::caught;
use crate::view::View;

/// A mail to a member of the team
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Letter)]
pub struct LetterItem {
    pub number: i64,
    /// `alert`, `reply`, `escalation`, `call_list`, `notice`, `lockout`, `invitation` or `password_link`
    pub kind: String,
    /// The address; of an alert that reaches nobody, whom its sequence names
    pub to: String,
    pub subject: String,
    /// `waiting`, `claimed` (it is being sent at this moment), `sent` (`why` says if it was caught), `failed` or `in_doubt`
    /// (whether it arrived is not known)
    pub state: &'static str,
    /// What the mail server answered, or why it was not asked; null where all is well, and where it was caught
    pub reason: Option<String>,
    /// That it was caught, because no mail server was set, so that nobody got it: in English and with the instant; null of
    /// all others, and of those that an earlier version caught
    pub why: Option<String>,
    #[schema(format = DateTime)]
    pub made_at: String,
    /// When it is tried next; null where it is over
    #[schema(format = DateTime)]
    pub due: Option<String>,
    /// The id of the lead that it is about
    pub lead: Option<String>,
}

/// Letters, the newest first.
pub fn page(view: &mut View, after: Option<&str>, limit: usize) -> Result<Page<LetterItem>, Refusal> {
    let before = cursor::read::<i64>(after)?.map_or(LetterNumber(i64::MAX), LetterNumber);
    let found = letters::latest(view.connection, before, limit as i64 + 1)?;
    let page = Page::cut(found, limit, |last| last.number.0);
    let program = view.versions()?.program_in_force().cloned();
    let items = page.items.into_iter().map(|letter| item(letter, program.as_deref())).collect();
    Ok(Page { items, next: page.next })
}

/// How many alerts could not be delivered, or reach nobody.
pub fn lost_alerts(view: &mut View) -> Result<i64, Refusal> {
    Ok(letters::count_in(view.connection, LetterKind::Alert, LetterState::Failed)?)
}

fn item(letter: Letter, program: Option<&Program>) -> LetterItem {
    let is_caught = letter.is_caught();
    let on = letter.ended_at.map(|at| format!(" on {}", minute(program, Instant(at)))).unwrap_or_default();
    let content = Content::read(&letter.content);
    LetterItem {
        number: letter.number.0,
        kind: letter.kind,
        to: letter.recipient,
        subject: content.subject,
        state: letter.state.name(),
        reason: letter.reason.filter(|_| !is_caught),
        why: is_caught.then(|| format!("It {}.", caught(&on))),
        made_at: instant(letter.made_at),
        due: letter.due.map(instant),
        lead: letter.lead.map(|lead| lead.to_string()),
    }
}
