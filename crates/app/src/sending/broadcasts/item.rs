//! A broadcast as people see it.

use std::collections::BTreeMap;

use attractor_engine::condition::Names;
use attractor_engine::playbook;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_store::broadcasts::{self, Broadcast, BroadcastState};
use attractor_store::copies::CopyState;
use attractor_store::{BroadcastId, Connection, Error, VersionNumber};
use serde::Serialize;
use utoipa::ToSchema;

use super::follow;
use super::progress::{Copies, in_words};
use super::report::caught;
use super::settings::{BroadcastSettings, Document};
use super::warning::warnings;
use super::{instant, one};
use crate::access::names::ActorNames;
use crate::conditions::{ConditionProblem, Received};
use crate::cursor::{self, Page};
use crate::refusal::Refusal;
use crate::segments::in_force;
use crate::view::View;

/// How far a broadcast is
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BroadcastStateName {
    Draft,
    /// Its audience is being frozen
    Starting,
    /// Its audience is frozen, and its first copy leaves later: it can be undone
    Scheduled,
    Sending,
    Paused,
    /// Its copies are being taken back; then it is a draft again
    Undoing,
    /// Nothing of it waits
    Done,
    Cancelled,
}

/// A broadcast: one e-mail to many leads
#[derive(Debug, Serialize, ToSchema)]
pub struct BroadcastItem {
    pub id: String,
    pub state: BroadcastStateName,
    /// How far it is and what comes next, in English
    pub state_sentence: String,
    /// Why it is paused
    pub why: Option<String>,
    #[serde(flatten)]
    pub settings: BroadcastSettings,
    /// The e-mail's name
    pub email_name: String,
    /// The condition of its audience in English; null where the playbook in force cannot read it any more
    pub audience_sentence: Option<String>,
    /// What is hardly meant as written: in `audience`, such as a kind of event that was never received, or an e-mail that
    /// belongs to no subscription. The answer of a start repeats all warnings of its count
    pub warnings: Vec<ConditionProblem>,
    /// The id of the broadcast that it repeats for those who provably did not open that
    pub resend_of: Option<String>,
    /// The subject in the place of the e-mail's own
    pub subject: Option<String>,
    /// By language, those in the place of its translations' own
    pub subjects: BTreeMap<String, String>,
    /// The id of the broadcast of whose topics it is a follow-up
    pub follow_up_of: Option<String>,
    /// The version of the playbook whose e-mail its copies get: the one in which it started or was corrected; null of a draft,
    /// and of those that an earlier program started
    #[schema(value_type = Option<i64>)]
    pub version: Option<VersionNumber>,
    #[schema(format = DateTime)]
    pub made_at: String,
    pub made_by: String,
    /// What the user or key is called; null where it has no name, and of another maker
    pub made_by_name: Option<String>,
    #[schema(format = DateTime)]
    pub changed_at: String,
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// No copy leaves before, and until then it can be undone
    #[schema(format = DateTime)]
    pub leaves_at: Option<String>,
    /// When its audience was complete
    #[schema(format = DateTime)]
    pub frozen_at: Option<String>,
    /// How many copies it has. They are made in the background after the start, so that it is 0 at first, and complete at
    /// `frozen_at`
    pub audience_size: i64,
    /// Leads that are left out at random, for comparison
    pub held_out: i64,
    /// How many of its copies are in each state
    pub counts: BTreeMap<String, i64>,
}

/// Its copies by state.
pub type Counts = BTreeMap<CopyState, i64>;

/// How many of a broadcast's copies are in each state.
pub fn counts(connection: &mut Connection, id: BroadcastId) -> Result<Counts, Error> {
    Ok(broadcasts::count_by_state(connection, id)?.into_iter().collect())
}

/// How many copies are not over.
pub fn open(counts: &Counts) -> i64 {
    [CopyState::Draft, CopyState::Waiting, CopyState::Claimed].iter().filter_map(|state| counts.get(state)).sum()
}

/// How far a broadcast is at an instant.
pub fn state(broadcast: &Broadcast, counts: &Counts, now: i64) -> BroadcastStateName {
    match broadcast.state {
        BroadcastState::Draft => BroadcastStateName::Draft,
        BroadcastState::Undoing => BroadcastStateName::Undoing,
        BroadcastState::Cancelled => BroadcastStateName::Cancelled,
        _ if broadcast.frozen_at.is_some() && open(counts) == 0 => BroadcastStateName::Done,
        BroadcastState::Paused => BroadcastStateName::Paused,
        BroadcastState::Started if broadcast.frozen_at.is_none() => BroadcastStateName::Starting,
        BroadcastState::Started if broadcast.leaves_at.is_some_and(|at| now < at) => BroadcastStateName::Scheduled,
        BroadcastState::Started => BroadcastStateName::Sending,
    }
}

/// Broadcasts, the newest first, behind a cursor.
pub fn page(view: &mut View, after: Option<&str>, limit: usize) -> Result<Page<BroadcastItem>, Refusal> {
    let before = cursor::read(after)?.unwrap_or(BroadcastId::MAX);
    let found = broadcasts::latest(view.connection, before, limit as i64 + 1)?;
    let page = Page::cut(found, limit, |last| last.id);
    let (mut received, actors) = (Received::default(), ActorNames::read(view.connection)?);
    let items = page.items.iter().map(|broadcast| of(view, &mut received, &actors, broadcast));
    let items = items.collect::<Result<_, Refusal>>()?;
    Ok(Page { items, next: page.next })
}

pub fn show(view: &mut View, id: BroadcastId) -> Result<BroadcastItem, Refusal> {
    let broadcast = one(view.connection, id)?;
    let actors = ActorNames::read(view.connection)?;
    of(view, &mut Received::default(), &actors, &broadcast)
}

fn of(
    view: &mut View,
    received: &mut Received,
    actors: &ActorNames,
    broadcast: &Broadcast,
) -> Result<BroadcastItem, Refusal> {
    let program = in_force(&view.versions()?)?;
    let counts = counts(view.connection, broadcast.id)?;
    let document = Document::read(&broadcast.document)?;
    let followed = follow::sentence(view.connection, &document, &program)?;
    // It is said of what is over alone, and all copies are read for it.
    let is_over =
        matches!(state(broadcast, &counts, view.now.0), BroadcastStateName::Done | BroadcastStateName::Cancelled);
    let is_said = is_over && counts.get(&CopyState::Sent).is_some_and(|sent| *sent > 0);
    let caught = if is_said { caught(view.connection, broadcast.id)? } else { 0 };
    let made = Copies { counts: &counts, caught };
    let mut item = item(broadcast, document, &made, &program, view.now.0);
    item.warnings = warnings(view.connection, received, &item.settings, program.playbook())?;
    item.audience_sentence = followed.or(item.audience_sentence);
    item.made_by_name = actors.of(&broadcast.made_by);
    Ok(item)
}

fn item(broadcast: &Broadcast, document: Document, made: &Copies, program: &Program, now: i64) -> BroadcastItem {
    let (counts, playbook) = (made.counts, program.playbook());
    let Document { settings, resend_of, subjects, follow_up, version, .. } = document;
    let (subject, subjects) = subjects.map(|new| (new.subject, new.subjects)).unzip();
    let names = Names::of(playbook);
    let condition = playbook::condition(&settings.audience.to_string(), playbook).ok();
    let counted = |state: CopyState| (state.name().to_owned(), counts.get(&state).copied().unwrap_or_default());
    let state = state(broadcast, counts, now);
    BroadcastItem {
        id: broadcast.id.to_string(),
        state,
        state_sentence: in_words(state, broadcast, made, now, |at| program.minute_with_zone(Instant(at))),
        why: broadcast.why.clone(),
        email_name: names.email(&settings.email).to_owned(),
        audience_sentence: condition.map(|condition| condition.sentence(&names)),
        warnings: Vec::new(),
        settings,
        resend_of: resend_of.map(|id| id.to_string()),
        subject,
        subjects: subjects.unwrap_or_default(),
        follow_up_of: follow_up.map(|follow_up| follow_up.of.to_string()),
        version: version.filter(|_| broadcast.state != BroadcastState::Draft),
        made_at: instant(broadcast.made_at),
        made_by: broadcast.made_by.clone(),
        made_by_name: None,
        changed_at: instant(broadcast.changed_at),
        started_at: broadcast.started_at.map(instant),
        leaves_at: broadcast.leaves_at.map(instant),
        frozen_at: broadcast.frozen_at.map(instant),
        audience_size: broadcast.audience,
        held_out: broadcast.held_out,
        counts: CopyState::ALL.into_iter().map(counted).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::broadcasts::control::testing::broadcast;

    #[test]
    fn how_far_a_broadcast_is_follows_from_its_copies() {
        use BroadcastState::{Cancelled, Draft, Paused, Started, Undoing};
        use BroadcastStateName as Name;
        for (stored, frozen_at, waiting, now, shown) in [
            (Draft, None, 0, 0, Name::Draft),
            (Started, None, 0, 5, Name::Starting),
            (Started, None, 9, 99, Name::Starting),
            (Started, Some(6), 9, 7, Name::Scheduled),
            (Started, Some(6), 9, 10, Name::Sending),
            (Started, Some(6), 0, 10, Name::Done),
            (Paused, None, 0, 10, Name::Paused),
            (Paused, Some(6), 1, 10, Name::Paused),
            (Paused, Some(6), 0, 10, Name::Done),
            (Undoing, Some(6), 0, 10, Name::Undoing),
            (Cancelled, Some(6), 3, 10, Name::Cancelled),
        ] {
            let broadcast = Broadcast { state: stored, frozen_at, leaves_at: Some(10), ..broadcast(1) };
            let counts = BTreeMap::from([(CopyState::Waiting, waiting), (CopyState::Sent, 4)]);
            assert_eq!(state(&broadcast, &counts, now), shown, "{stored} {frozen_at:?} {waiting} {now}");
        }
    }
}
