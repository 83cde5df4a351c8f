//! What people do with a broadcast: write it, start it, undo, pause, resume, correct and cancel it. Each is noted in the
//! audit in the same transaction.

use std::fmt::Display;

use attractor_engine::time::Instant;
use attractor_live::force;
use attractor_store::broadcasts::{self, Broadcast, BroadcastState, START};
use attractor_store::{BroadcastId, Connection, Error, VersionNumber};
use serde_json::{Value, json};

use super::audience::{self, AudienceTag, BroadcastAudience, Counted};
use super::item::{self, BroadcastItem, BroadcastStateName, state};
use super::progress::nobody;
use super::schedule::Schedule;
use super::settings::{BroadcastSettings, Document};
use super::{one, subject};
use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::refusal::{Refusal, both};
use crate::segments::in_force;

/// What a start comes to.
#[derive(Debug)]
pub enum Start {
    Started(Box<BroadcastItem>),
    /// The audience is another one than the one that was seen: as it is now.
    AnotherAudience(Box<BroadcastAudience>, AudienceTag),
}

/// Makes a draft.
pub async fn add(app: &App, actor: &Actor, settings: BroadcastSettings) -> Result<BroadcastItem, Refusal> {
    check(app, &settings).await?;
    let document = Document::draft(settings);
    let (actor, clock) = (actor.clone(), app.clock.clone());
    let id = app.write(move |connection| insert(connection, &actor, &document, clock.now()).map(Ok)).await?;
    shown(app, id).await
}

/// Makes a draft in the transaction of a request.
pub(super) fn insert(
    connection: &mut Connection,
    actor: &Actor,
    document: &Document,
    now: Instant,
) -> Result<BroadcastId, Error> {
    let id = broadcasts::next_id(connection)?;
    let broadcast = Broadcast::draft(id, document.text(), actor.who.clone(), now.0);
    broadcasts::save(connection, &broadcast)?;
    let details = json!({"name": document.settings.name, "email": document.settings.email});
    note(connection, actor, now.0, "broadcast added", &subject(id), &details)?;
    Ok(id)
}

/// Changes a draft: all its settings at once.
pub async fn change(
    app: &App,
    actor: &Actor,
    id: BroadcastId,
    settings: BroadcastSettings,
) -> Result<BroadcastItem, Refusal> {
    check(app, &settings).await?;
    alter(app, actor, id, "broadcast changed", move |connection, broadcast, now| {
        demand_draft(connection, &broadcast, now)?;
        let before = Document::read(&broadcast.document)?;
        let details = json!({"name": settings.name, "email": settings.email});
        let document = Document { settings, ..before }.text();
        broadcasts::save(connection, &Broadcast { document, changed_at: now.0, ..broadcast })?;
        Ok(details)
    })
    .await
}

/// Deletes a draft.
pub async fn remove(app: &App, actor: &Actor, id: BroadcastId) -> Result<(), Refusal> {
    let (actor, now) = (actor.clone(), app.clock.now());
    app.write(move |connection| {
        let removed = one(connection, id).map_err(NotDone::from).and_then(|broadcast| {
            demand_draft(connection, &broadcast, now)?;
            broadcasts::delete(connection, id)?;
            Ok(note(connection, &actor, now.0, "broadcast deleted", &subject(id), &json!({}))?)
        });
        passed_on(removed)
    })
    .await
}

/// Starts a draft for the audience that `seen` names. Its copies are made beside requests; none leaves within the time in
/// which it can be undone.
pub async fn start(app: &App, actor: &Actor, id: BroadcastId, seen: AudienceTag) -> Result<Start, Refusal> {
    let Counted { audience: counted, tag, document, version } = audience::count(app, id).await?;
    if tag != seen {
        return Ok(Start::AnotherAudience(Box::new(counted), tag));
    }
    if counted.audience == 0 {
        return Err(Refusal::Conflict(nobody(&counted)));
    }
    let program = app.read(|view| in_force(&view.versions()?)).await?;
    let started = alter(app, actor, id, "broadcast started", move |connection, broadcast, now| {
        demand_draft(connection, &broadcast, now)?;
        demand_counted(connection, &broadcast, (&document, version))?;
        let frozen = Document { version, ..Document::read(&broadcast.document)? };
        let understood = frozen.settings.understand(program.playbook())?;
        if let Some(subjects) = &frozen.subjects {
            subjects.demand_all(program.playbook(), &frozen.settings.email)?;
        }
        if let Some(why) = frozen.settings.passed(now) {
            return Err(Refusal::Conflict(why).into());
        }
        let leaves_at = Schedule::of(&understood, now).leaves_at.0;
        let broadcast = Broadcast {
            document: frozen.text(),
            state: BroadcastState::Started,
            why: None,
            started_at: Some(now.0),
            leaves_at: Some(leaves_at),
            frozen_at: None,
            frozen_to: START,
            audience: 0,
            held_out: 0,
            sent: 0,
            hard_bounces: 0,
            complaints: 0,
            stuck: false,
            ..broadcast
        };
        broadcasts::save(connection, &broadcast)?;
        Ok(json!({"audience": counted.audience, "on_time": counted.on_time}))
    });
    let mut started = started.await?;
    app.broadcasts.ring();
    // They hold still: the count was made for this start.
    started.warnings = counted.warnings;
    Ok(Start::Started(Box::new(started)))
}

/// Takes a start back while nothing has left: it is a draft again.
pub async fn undo(app: &App, actor: &Actor, id: BroadcastId) -> Result<BroadcastItem, Refusal> {
    let undone = alter(app, actor, id, "broadcast start undone", move |connection, broadcast, now| {
        let is_under_way = matches!(broadcast.state, BroadcastState::Started | BroadcastState::Paused);
        if !is_under_way || broadcast.leaves_at.is_none_or(|at| now.0 >= at) {
            let why = |state| why_not_undone(state, broadcast.leaves_at);
            return Err(wrong_state(connection, &broadcast, now, why));
        }
        broadcasts::save(connection, &Broadcast { state: BroadcastState::Undoing, why: None, ..broadcast })?;
        Ok(json!({}))
    });
    let undone = undone.await?;
    app.broadcasts.ring();
    Ok(undone)
}

/// Lets no more of its copies leave until somebody resumes it.
pub async fn pause(app: &App, actor: &Actor, id: BroadcastId, why: Option<String>) -> Result<BroadcastItem, Refusal> {
    let why = why.map(|why| why.trim().to_owned()).filter(|why| !why.is_empty());
    let why = why.unwrap_or_else(|| "somebody paused it".to_owned());
    alter(app, actor, id, "broadcast paused", move |connection, broadcast, now| {
        let counts = item::counts(connection, id)?;
        if broadcast.state != BroadcastState::Started || state(&broadcast, &counts, now.0) == BroadcastStateName::Done {
            return Err(wrong_state(
                connection,
                &broadcast,
                now,
                |_| "only a broadcast that is under way can be paused",
            ));
        }
        let details = json!({"why": why});
        broadcasts::save(connection, &Broadcast { state: BroadcastState::Paused, why: Some(why), ..broadcast })?;
        Ok(details)
    })
    .await
}

/// Lets its copies leave again. Those whose turn has passed meanwhile leave at once, unless it is too late for them.
pub async fn resume(app: &App, actor: &Actor, id: BroadcastId) -> Result<BroadcastItem, Refusal> {
    let resumed = alter(app, actor, id, "broadcast resumed", move |connection, broadcast, now| {
        if broadcast.state != BroadcastState::Paused {
            return Err(wrong_state(connection, &broadcast, now, |_| "only a broadcast that is paused can be resumed"));
        }
        let details = json!({"was_paused": broadcast.why});
        // Who resumes has seen to what paused it.
        let (hard_bounces, complaints) = (0, 0);
        let state = BroadcastState::Started;
        let broadcast = Broadcast { state, why: None, hard_bounces, complaints, stuck: false, ..broadcast };
        broadcasts::save(connection, &broadcast)?;
        broadcasts::recall(connection, id, now.0)?;
        Ok(details)
    });
    let resumed = resumed.await?;
    // Its audience may have to be completed.
    app.broadcasts.ring();
    app.copies.ring();
    Ok(resumed)
}

/// Copies that have not left get the e-mail as the playbook in force has it: a correction.
pub async fn correct(app: &App, actor: &Actor, id: BroadcastId) -> Result<BroadcastItem, Refusal> {
    let programs = app.programs.clone();
    let corrected = alter(app, actor, id, "broadcast corrected", move |connection, broadcast, now| {
        demand_under_way(connection, &broadcast, now, "only a broadcast that is under way can be corrected")?;
        let versions = programs.now(connection)?;
        let document = Document::read(&broadcast.document)?;
        document.settings.check_email(in_force(&versions)?.playbook())?;
        let version = versions.in_force.map(|now| now.version);
        let details = json!({"from": document.version.map(|from| from.0), "to": version.map(|to| to.0)});
        // Nobody has seen what was corrected before anything left.
        let has_left = broadcast.leaves_at.is_none_or(|at| now.0 >= at);
        let former = document.version.filter(|former| has_left && Some(*former) != version);
        let corrected_from = document.corrected_from.iter().copied().chain(former).collect();
        let document = Document { version, corrected_from, ..document }.text();
        broadcasts::save(connection, &Broadcast { document, changed_at: now.0, ..broadcast })?;
        Ok(details)
    });
    let corrected = corrected.await?;
    // What could not be composed may leave now.
    app.copies.ring();
    Ok(corrected)
}

fn demand_under_way(
    connection: &mut Connection,
    broadcast: &Broadcast,
    now: Instant,
    why: &'static str,
) -> Result<(), NotDone> {
    let counts = item::counts(connection, broadcast.id)?;
    let is_under_way = matches!(broadcast.state, BroadcastState::Started | BroadcastState::Paused);
    if !is_under_way || state(broadcast, &counts, now.0) == BroadcastStateName::Done {
        return Err(wrong_state(connection, broadcast, now, |_| why));
    }
    Ok(())
}

/// Withdraws what has not left.
pub async fn cancel(app: &App, actor: &Actor, id: BroadcastId) -> Result<BroadcastItem, Refusal> {
    let cancelled = alter(app, actor, id, "broadcast cancelled", move |connection, broadcast, now| {
        let counts = item::counts(connection, id)?;
        demand_under_way(connection, &broadcast, now, "only a broadcast that is under way can be cancelled")?;
        let frozen_at = broadcast.frozen_at.or(Some(now.0));
        broadcasts::save(
            connection,
            &Broadcast { state: BroadcastState::Cancelled, why: None, frozen_at, ..broadcast },
        )?;
        Ok(json!({"waiting": item::open(&counts)}))
    });
    let cancelled = cancelled.await?;
    app.broadcasts.ring();
    Ok(cancelled)
}

async fn check(app: &App, settings: &BroadcastSettings) -> Result<(), Refusal> {
    let settings = settings.clone();
    app.read(move |view| {
        let program = in_force(&view.versions()?)?;
        both(settings.understand(program.playbook()), settings.demand_time_to_come(view.now)).map(drop)
    })
    .await
}

/// Refuses to start what is not what was counted: another document, or another version of the playbook.
fn demand_counted(
    connection: &mut Connection,
    broadcast: &Broadcast,
    (document, version): (&str, Option<VersionNumber>),
) -> Result<(), NotDone> {
    let in_force = force::in_force(connection)?.map(|now| now.version);
    if broadcast.document == document && in_force == version {
        return Ok(());
    }
    let why =
        "the broadcast or the playbook was changed while its audience was counted; count again, and start it then";
    Err(Refusal::Conflict(why.into()).into())
}

pub(super) async fn shown(app: &App, id: BroadcastId) -> Result<BroadcastItem, Refusal> {
    app.read(move |view| item::show(view, id)).await
}

/// Does something to a broadcast in one transaction with its note; returns the broadcast as it is then. The clock is read in
/// that transaction: what waited for its turn may come too late.
async fn alter(
    app: &App,
    actor: &Actor,
    id: BroadcastId,
    what: &'static str,
    work: impl FnOnce(&mut Connection, Broadcast, Instant) -> Result<Value, NotDone> + Send + 'static,
) -> Result<BroadcastItem, Refusal> {
    let (actor, clock) = (actor.clone(), app.clock.clone());
    app.write(move |connection| {
        let now = clock.now();
        let done = one(connection, id).map_err(NotDone::from).and_then(|broadcast| work(connection, broadcast, now));
        passed_on(done.and_then(|details| Ok(note(connection, &actor, now.0, what, &subject(id), &details)?)))
    })
    .await?;
    shown(app, id).await
}

/// Why nothing is done.
pub(super) enum NotDone {
    Refused(Refusal),
    Failed(Error),
}

impl From<Refusal> for NotDone {
    fn from(refusal: Refusal) -> NotDone {
        NotDone::Refused(refusal)
    }
}

impl From<Error> for NotDone {
    fn from(error: Error) -> NotDone {
        NotDone::Failed(error)
    }
}

/// A refusal is answered; an error of the store undoes the transaction.
pub(super) fn passed_on<T>(done: Result<T, NotDone>) -> Result<Result<T, Refusal>, Error> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(NotDone::Refused(refusal)) => Ok(Err(refusal)),
        Err(NotDone::Failed(error)) => Err(error),
    }
}

fn demand_draft(connection: &mut Connection, broadcast: &Broadcast, now: Instant) -> Result<(), NotDone> {
    match broadcast.state {
        BroadcastState::Draft => Ok(()),
        _ => Err(wrong_state(connection, broadcast, now, |_| "only a draft can be changed, deleted or started")),
    }
}

/// How far a broadcast is, and `why` that is not how far it would have to be.
fn wrong_state<Why: Display>(
    connection: &mut Connection,
    broadcast: &Broadcast,
    now: Instant,
    why: impl FnOnce(BroadcastStateName) -> Why,
) -> NotDone {
    match item::counts(connection, broadcast.id) {
        Err(error) => error.into(),
        Ok(counts) => {
            let state = state(broadcast, &counts, now.0);
            Refusal::Conflict(format!("the broadcast {} {}: {}", broadcast.id, in_words(state), why(state))).into()
        }
    }
}

fn in_words(state: BroadcastStateName) -> &'static str {
    match state {
        BroadcastStateName::Draft => "is a draft",
        BroadcastStateName::Starting => "is being started",
        BroadcastStateName::Scheduled => "is scheduled",
        BroadcastStateName::Sending => "is being sent",
        BroadcastStateName::Paused => "is paused",
        BroadcastStateName::Undoing => "is being taken back",
        BroadcastStateName::Done => "is done",
        BroadcastStateName::Cancelled => "is cancelled",
    }
}

/// `leaves_at` is from when on its copies may leave.
fn why_not_undone(state: BroadcastStateName, leaves_at: Option<i64>) -> String {
    let until = leaves_at.map(|at| format!(", from {} on", Instant(at))).unwrap_or_default();
    let rule = "a start can be undone until its first copies may leave";
    match state {
        BroadcastStateName::Draft => "it was not started, or its start was undone already".into(),
        BroadcastStateName::Undoing => "its start was undone already, and it is a draft again in a moment".into(),
        BroadcastStateName::Cancelled => {
            "what was cancelled does not become a draft again; look at the report instead".into()
        }
        BroadcastStateName::Done => format!("{rule}{until}; look at the report instead"),
        BroadcastStateName::Paused => format!("{rule}{until}; cancel the broadcast instead"),
        _ => format!("{rule}{until}; pause or cancel the broadcast instead"),
    }
}

#[cfg(test)]
mod tests {
    use super::testing::broadcast;
    use super::*;

    #[test]
    fn a_refusal_says_how_far_a_broadcast_is_at_present() {
        use BroadcastState::{Cancelled, Draft, Paused, Started, Undoing};
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut connection =
            attractor_store::Location::Sqlite(folder.path().join("store.db")).writer().expect("a store");
        // It has no copies: one whose audience is frozen is done.
        for (stored, frozen_at, expected) in [
            (Draft, None, "the broadcast 7 is a draft: it was not started, or its start was undone already"),
            (Undoing, None, "the broadcast 7 is being taken back: its start was undone already"),
            (Started, None, "the broadcast 7 is being started: a start can be undone until its first copies may leave"),
            (Paused, None, "the broadcast 7 is paused: a start can be undone until its first copies may leave"),
            (Started, Some(1), "the broadcast 7 is done: a start can be undone until its first copies may leave"),
            (Cancelled, Some(1), "the broadcast 7 is cancelled: what was cancelled does not become a draft again"),
        ] {
            let broadcast = Broadcast { state: stored, frozen_at, ..broadcast(7) };
            let why = |state| why_not_undone(state, Some(7));
            let NotDone::Refused(Refusal::Conflict(found)) = wrong_state(&mut connection, &broadcast, Instant(9), why)
            else {
                panic!("{expected}")
            };
            assert!(found.starts_with(expected), "{found}");
            let is_over = found.contains("a start can be undone");
            assert_eq!(found.contains("from 1970-01-01T00:00:00.007Z on; "), is_over, "{found}");
        }
    }

    #[test]
    fn what_was_not_counted_is_not_started() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut connection =
            attractor_store::Location::Sqlite(folder.path().join("store.db")).writer().expect("a store");
        for (document, version, starts) in
            [("{}", None, true), ("{\"name\": \"June\"}", None, false), ("{}", Some(VersionNumber(1)), false)]
        {
            let demanded = demand_counted(&mut connection, &broadcast(7), (document, version));
            assert_eq!(demanded.is_ok(), starts, "{document} {version:?}");
        }
    }
}

#[cfg(test)]
pub mod testing {
    use super::*;

    /// A draft.
    pub fn broadcast(id: i64) -> Broadcast {
        Broadcast::draft(BroadcastId(id), "{}".into(), String::new(), 0)
    }
}
