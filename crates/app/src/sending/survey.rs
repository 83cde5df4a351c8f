//! Surveys: what is asked of all people, found out piece by piece beside everything else. Of each kind one is under way at a
//! time, and requests join it. One that took long answers the requests of the next while too, so that however many people
//! there are and however often somebody asks, surveys take a small part of the server's time.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use attractor_engine::lead::Lead;
use attractor_engine::program::Program;
use attractor_engine::time::Instant;
use attractor_live::{Under, Versions};
use attractor_store::{Connection, Error, LeadId, VersionNumber, leads};
use tokio::sync::watch;

use super::broadcasts::audience::PIECE;
use super::situation::state;
use crate::App;
use crate::leads::addresses;
use crate::machine::{Host, Stopwatch};
use crate::patience::Patience;
use crate::refusal::Refusal;
use crate::segments::in_force;

/// How long a request waits for the end. What was found within this time is found anew for each request.
const PATIENCE: Duration = Duration::from_secs(2);
/// A survey that took longer answers requests for this many times as long as it took.
const KEPT_TIMES: u32 = 10;

/// As of when people are asked, and under which playbooks.
#[derive(Clone)]
pub struct Basis {
    pub versions: Versions,
    /// The version in force.
    pub program: Arc<Program>,
    pub now: Instant,
}

impl Basis {
    /// As it is now; refused before a playbook is published.
    pub async fn read(app: &App) -> Result<Basis, Refusal> {
        app.read(|view| {
            let versions = view.versions()?;
            Ok(Basis { program: in_force(&versions)?, versions, now: view.now })
        })
        .await
    }

    fn version(&self) -> Option<VersionNumber> {
        self.versions.in_force.map(|in_force| in_force.version)
    }
}

/// What is asked of all people.
pub trait Survey: Send + 'static {
    type Found: Clone + Default + Send + Sync + 'static;

    /// Looks at the next piece; whether there was one. After an error the same piece is looked at again.
    fn piece(&mut self, connection: &mut Connection) -> Result<bool, Error>;

    /// What was found so far.
    fn found(&self) -> Self::Found;
}

/// What a survey has found so far.
#[derive(Clone)]
pub struct SoFar<F> {
    pub found: F,
    /// As of when it asks.
    pub at: Instant,
    pub is_complete: bool,
    /// How long it took, if it is complete.
    took: Duration,
    /// Why it goes no further.
    failed: Option<Error>,
}

#[cfg(test)]
impl<F> SoFar<F> {
    /// Of a survey that found all of this at once.
    pub fn complete(found: F, at: Instant) -> SoFar<F> {
        SoFar { found, at, is_complete: true, took: Duration::ZERO, failed: None }
    }
}

/// The latest survey of a kind.
pub struct Surveys<F>(Mutex<Option<Arc<Running<F>>>>);

impl<F> Default for Surveys<F> {
    fn default() -> Surveys<F> {
        Surveys(Mutex::new(None))
    }
}

/// A survey that is under way, or was.
struct Running<F> {
    version: Option<VersionNumber>,
    begun: Stopwatch,
    so_far: watch::Sender<SoFar<F>>,
    /// Another one took its place: it need not go on.
    is_replaced: AtomicBool,
}

/// What the present survey of a kind has found so far; if none is under way and none of late took long, a new one begins.
/// Waits a little for the end.
pub async fn ask<S: Survey>(
    app: &Arc<App>,
    surveys: &Surveys<S::Found>,
    basis: Basis,
    begin: impl FnOnce(Basis) -> S,
) -> Result<SoFar<S::Found>, Refusal> {
    let (running, is_new) = surveys.join(&app.machine, basis.version(), basis.now);
    if is_new {
        app.machine.begin(go_on(app.clone(), running.clone(), begin(basis)));
    }
    let so_far = running.wait(&app.machine).await;
    match so_far.failed {
        Some(error) => Err(Refusal::from(error)),
        None => Ok(so_far),
    }
}

/// Looks at one piece after the other, until none is left or the server stops, and goes on where it was after an error that
/// passes.
async fn go_on<S: Survey>(app: Arc<App>, running: Arc<Running<S::Found>>, survey: S) {
    // What fails must leave it here.
    let survey = Arc::new(Mutex::new(survey));
    let (mut moved, mut patience) = (true, Patience::default());
    while !app.is_stopping() && !running.is_replaced.load(Ordering::Relaxed) {
        let survey = survey.clone();
        let read = app.readers.read(move |connection: &mut Connection| -> Result<_, Error> {
            let mut survey = survey.lock().unwrap_or_else(PoisonError::into_inner);
            let is_complete = !survey.piece(connection)?;
            Ok((survey.found(), is_complete))
        });
        match read.await {
            Ok((found, is_complete)) => {
                running.note(found, is_complete);
                if is_complete {
                    return;
                }
                moved = true;
            }
            Err(error) => match patience.after(&error, moved) {
                Some(pause) => {
                    moved = false;
                    app.machine.sleep(pause).await;
                }
                None => return running.fail(error),
            },
        }
    }
}

impl<F: Clone + Default> Surveys<F> {
    /// The survey that answers a request under a version of the playbook, and whether it is a new one.
    fn join(&self, host: &Host, version: Option<VersionNumber>, at: Instant) -> (Arc<Running<F>>, bool) {
        let mut latest = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(running) = latest.as_ref().filter(|running| running.version == version && running.answers()) {
            return (running.clone(), false);
        }
        let so_far = SoFar { found: F::default(), at, is_complete: false, took: Duration::ZERO, failed: None };
        let running = Arc::new(Running {
            version,
            begun: host.stopwatch(),
            so_far: watch::channel(so_far).0,
            is_replaced: AtomicBool::new(false),
        });
        if let Some(before) = latest.replace(running.clone()) {
            before.is_replaced.store(true, Ordering::Relaxed);
        }
        (running, true)
    }
}

impl<F: Clone> Running<F> {
    /// Whether it answers requests that come now.
    fn answers(&self) -> bool {
        let so_far = self.so_far.borrow();
        so_far.failed.is_none() && (!so_far.is_complete || is_kept(so_far.took, self.begun.elapsed()))
    }

    fn note(&self, found: F, is_complete: bool) {
        let took = self.begun.elapsed();
        self.so_far.send_modify(|so_far| {
            (so_far.found, so_far.is_complete, so_far.took) = (found, is_complete, took);
        });
    }

    fn fail(&self, error: Error) {
        self.so_far.send_modify(|so_far| so_far.failed = Some(error));
    }

    /// What it has found so far; waits a little for the end.
    async fn wait(&self, host: &Host) -> SoFar<F> {
        let mut hears = self.so_far.subscribe();
        // Who has waited long enough is told how far it is.
        let ended = hears.wait_for(|so_far| so_far.is_complete || so_far.failed.is_some());
        let _ = host.within(PATIENCE, ended).await;
        hears.borrow_and_update().clone()
    }
}

/// Whether a survey that took a time still answers so long after its begin.
fn is_kept(took: Duration, since_begin: Duration) -> bool {
    took > PATIENCE && since_begin < took * (KEPT_TIMES + 1)
}

/// Somebody who is asked: a lead with an e-mail address that is evaluated under its version of the playbook.
pub struct Person {
    pub id: LeadId,
    /// In canonical form.
    pub address: String,
    pub under: Under,
    pub state: Lead,
    /// When it is asked: not before its last step.
    pub at: Instant,
}

/// The people of one piece.
pub struct People {
    pub all: Vec<Person>,
    /// Behind which bucket and lead the next piece begins.
    pub end: (i64, LeadId),
}

/// The people among the next leads behind a bucket and lead; `None` where there is no lead any more. Visitors are left out,
/// and leads that wait to be evaluated after a new version of the playbook.
pub fn next_people(connection: &mut Connection, basis: &Basis, after: (i64, LeadId)) -> Result<Option<People>, Error> {
    let mut rows = leads::after(connection, after, PIECE)?;
    let Some(end) = rows.last().map(|row| (row.id.bucket(), row.id)) else { return Ok(None) };
    rows.retain(|row| row.became.is_none() && row.first_at.is_some());
    let mut addresses = addresses::of(connection, &rows)?;
    let person = |row: leads::Lead| {
        let address = addresses.remove(&row.id)?;
        let under = basis.versions.of(&row.name)?;
        let state = state(&row, &under)?;
        Some(Person { id: row.id, address, under, state, at: basis.now.max(Instant(row.at)) })
    };
    Ok(Some(People { all: rows.into_iter().filter_map(person).collect(), end }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::testing::host;

    #[test]
    fn a_survey_is_joined_while_it_is_under_way_under_the_same_playbook() {
        let (surveys, host) = (Surveys::<u32>::default(), host());
        let join = |version| surveys.join(&host, Some(VersionNumber(version)), Instant(5));
        let (first, is_new) = join(1);
        assert!(is_new);
        first.note(7, false);
        let (same, is_new) = join(1);
        assert_eq!((is_new, same.so_far.borrow().found, same.so_far.borrow().at), (false, 7, Instant(5)));
        let (other, is_new) = join(2);
        assert!(is_new && first.is_replaced.load(Ordering::Relaxed) && !other.is_replaced.load(Ordering::Relaxed));
        other.note(9, true);
        assert!(join(2).1, "it took no time, and is made anew");
        join(2).0.fail(Error::new(attractor_store::Kind::Other, "it is broken"));
        assert!(join(2).1, "one that failed answers nobody else");
    }

    #[test]
    fn what_took_long_is_kept_in_proportion() {
        let seconds = Duration::from_secs;
        for (took, since_begin, expected) in [
            (seconds(1), seconds(1), false),
            (PATIENCE, PATIENCE, false),
            (seconds(3), seconds(3), true),
            (seconds(3), seconds(32), true),
            (seconds(3), seconds(33), false),
            (seconds(60), seconds(659), true),
            (seconds(60), seconds(661), false),
        ] {
            assert_eq!(is_kept(took, since_begin), expected, "{took:?} after {since_begin:?}");
        }
    }

    #[tokio::test]
    async fn who_waits_hears_the_end() {
        let (surveys, host) = (Surveys::<u32>::default(), host());
        let (running, _) = surveys.join(&host, None, Instant(5));
        let waiting = tokio::spawn({
            let (running, host) = (running.clone(), host.clone());
            async move { running.wait(&host).await }
        });
        running.note(8, true);
        let heard = waiting.await.unwrap();
        assert_eq!((heard.found, heard.is_complete), (8, true));
    }
}
