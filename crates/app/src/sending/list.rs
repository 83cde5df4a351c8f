//! Copies as people look for them: what waits and why, what left, what became of the others.

use attractor_mail::frozen::{FrozenCopy, FrozenOther};
use attractor_store::copies::{self, CopySource, CopyState, MailCopy};
use attractor_store::outbox::{self, CopyFilter, ListPosition};
use attractor_store::{BroadcastId, Connection, LeadId, contents};
use serde::Serialize;
use utoipa::ToSchema;

use super::broadcasts;
use super::broadcasts::stop::broadcast_of;
use super::copy_words::CopyWords;
use crate::cursor::{self, Page};
use crate::leads::who::{self, LeadNames};
use crate::leads::whole::CopyItem;
use crate::leads::{find, joined, one};
use crate::moves::instant;
use crate::refusal::Refusal;
use crate::stored::of_row;
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
    /// The id of the broadcast that asked for it; null where none did
    pub broadcast: Option<String>,
    /// Why it waits or did not arrive, in English and with the instant, or that it is being sent; null if there is nothing to
    /// say
    pub why: Option<String>,
    /// When it is looked at next; null unless it waits
    #[schema(format = DateTime)]
    pub due: Option<String>,
    /// `transactional`, `alert`, `answer`, `sequence` or `broadcast`: those that wait leave in this order
    pub rank: &'static str,
    #[schema(format = DateTime)]
    pub sent_at: Option<String>,
    /// When it was decided what becomes of it; null while it is open, and of copies that an earlier version decided
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// When a person last decided to send it again, because it was in doubt; null if nobody did
    #[schema(format = DateTime)]
    pub again_at: Option<String>,
}

/// A copy with what was decided about it
#[derive(Debug, Serialize, ToSchema)]
pub struct OutboxCopy {
    #[serde(flatten)]
    pub item: OutboxItem,
    /// Why it is this e-mail; null where its step or broadcast names it, and where nothing was chosen yet
    pub choice: Option<CopyChoice>,
}

/// Why a copy is the best unread e-mail for its lead
#[derive(Debug, Serialize, ToSchema)]
pub struct CopyChoice {
    /// Why it fits, in English; empty where nothing speaks for it but its place in the playbook
    pub because: Vec<String>,
    /// Why the other e-mails of the library were not chosen
    pub others: Vec<EmailNotChosen>,
}

/// An e-mail that was not chosen
#[derive(Debug, Serialize, ToSchema)]
pub struct EmailNotChosen {
    pub email: String,
    pub email_name: String,
    /// In English
    pub why: String,
}

pub fn one_copy(view: &mut View, send_id: &str) -> Result<OutboxCopy, Refusal> {
    let missing = || Refusal::Missing(format!("there is no copy `{send_id}`"));
    let (lead, source) = CopySource::of_send_id(send_id).ok_or_else(missing)?;
    let found = copies::of_leads(view.connection, &[lead])?.into_iter().find(|copy| copy.source == source);
    let copy = found.ok_or_else(missing)?;
    let contents = contents::of_leads(view.connection, &[lead])?;
    let kept = contents.into_iter().find(|content| content.send_id == send_id);
    // Where the copy is shown again, damage is said; here nothing is known of the choice.
    let kept: Option<FrozenCopy> = kept.and_then(|content| of_row(&content.document, "contents", send_id).ok());
    let names = view.names()?;
    let other = |other: FrozenOther| EmailNotChosen {
        email_name: names.email(&other.email).to_owned(),
        email: other.email,
        why: other.why,
    };
    let choice = kept
        .and_then(|kept| kept.choice)
        .map(|choice| CopyChoice { because: choice.because, others: choice.others.into_iter().map(other).collect() });
    let item = items(view, vec![copy])?.pop().ok_or_else(missing)?;
    Ok(OutboxCopy { item, choice })
}

/// Which copies are listed: those of which everything holds that is given.
#[derive(Clone, Debug, Default)]
pub struct OutboxSelection {
    /// The name of a state; any where it is empty.
    pub state: String,
    pub broadcast: Option<BroadcastId>,
    /// What the lead is called.
    pub lead: Option<String>,
    /// The id of an e-mail.
    pub email: Option<String>,
    /// The id of a sequence.
    pub sequence: Option<String>,
}

impl OutboxSelection {
    fn filter(&self, connection: &mut Connection) -> Result<CopyFilter<'_>, Refusal> {
        let state = match self.state.as_str() {
            "" => None,
            name => Some(CopyState::named(name).ok_or_else(|| unknown(name))?),
        };
        if let Some(id) = self.broadcast {
            broadcasts::one(connection, id)?;
        }
        let leads = match &self.lead {
            None => Vec::new(),
            Some(called) => {
                let lead = find::lead(connection, called)?.id;
                joined::with_predecessors(connection, lead)?
            }
        };
        let (email, sequence) = (self.email.as_deref(), self.sequence.as_deref());
        Ok(CopyFilter { state, broadcast: self.broadcast, sequence, email, leads })
    }
}

/// Copies, those asked for last first.
pub fn page(
    view: &mut View,
    wanted: &OutboxSelection,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<OutboxItem>, Refusal> {
    let before: Option<(i64, LeadId, String)> = cursor::read(after)?;
    let before = before.map(|(asked_at, lead, send_id)| ListPosition { asked_at, lead, send_id });
    let filter = wanted.filter(view.connection)?;
    let found = outbox::list(view.connection, &filter, before.as_ref(), limit as i64 + 1)?;
    let page = Page::cut(found, limit, |last| (last.asked_at, last.lead, last.send_id()));
    Ok(Page { items: items(view, page.items)?, next: page.next })
}

fn items(view: &mut View, copies: Vec<MailCopy>) -> Result<Vec<OutboxItem>, Refusal> {
    let called = who::of(view.connection, copies.iter().map(|copy| copy.lead))?;
    let names = view.names()?;
    let words = CopyWords::read(view, &copies)?;
    let item = |copy: MailCopy| OutboxItem {
        lead: copy.lead.to_string(),
        names: called.get(&copy.lead).cloned().unwrap_or_default(),
        why: words.why(&copy),
        due: copy.dispatch.due.filter(|_| copy.state == CopyState::Waiting).map(instant),
        rank: copy.rank().name(),
        sent_at: copy.dispatch.sent_at.map(instant),
        ended_at: copy.dispatch.ended_at.map(instant),
        again_at: copy.dispatch.again_at.map(instant),
        broadcast: broadcast_of(&copy.source).map(|id| id.to_string()),
        copy: one::copy(&copy, &names),
    };
    Ok(copies.into_iter().map(|copy| item(words.as_it_waits(copy))).collect())
}

fn unknown(name: &str) -> Refusal {
    let known: Vec<&str> = CopyState::ALL.into_iter().map(CopyState::name).collect();
    Refusal::Malformed(format!("`state` is `{name}`; expected one of {}", known.join(", ")))
}
