//! The use cases. Only they call the store and the lane; `http` and `commands` call them.

pub mod access;
pub mod actor;
pub mod archive;
pub mod archived;
pub mod audience;
pub mod backup;
pub mod companies;
pub mod conflicts;
pub mod counts;
pub mod cursor;
pub mod deals;
pub mod doors;
pub mod exports;
pub mod folder;
pub mod hand;
pub mod hooks;
pub mod imports;
pub mod intake;
pub mod ladders;
pub mod leads;
pub mod leftovers;
pub mod moves;
pub mod outside;
mod patience;
pub mod pieces;
pub mod playbook;
pub mod programs;
pub mod rate;
pub mod readers;
mod readiness;
pub mod refusal;
pub mod repeated;
pub mod restored;
pub mod sample;
pub mod secrets;
pub mod segments;
pub mod signature;
pub mod stored;
pub mod stream;
pub mod suppressions;
pub mod versions;
pub mod webhooks;

use std::fmt::Display;
use std::path::Path;
use std::sync::Arc;

use attractor_live::Claim;
use attractor_store::Location;
use tokio::sync::{Notify, watch};

use crate::clock::{self, Clock};
use crate::settings::Settings;
use crate::work::bell::Bell;
use crate::work::hold::{self, Hold};
use crate::work::imports::Thread as ImportsThread;
use crate::work::inbox::Capacity;
pub use crate::work::inbox::Turned;
use crate::work::lane::Thread;
use crate::work::{Lane, LaneHandle, checkpoint, figures};
use access::Access;
use access::keys::ApiKeys;
use counts::Counts;
use doors::Doors;
use folder::Folder;
use imports::Runner;
use programs::Programs;
use readers::Readers;
use readiness::Readiness;
use secrets::Secrets;
use stream::Streams;

/// The SQLite file in the data folder.
pub const DATABASE: &str = "attractor.db";

/// All that a request may need. It is made once and shared.
pub struct App {
    pub settings: Settings,
    /// The leads' time, which the demo lets run faster.
    pub clock: Arc<Clock>,
    /// The machine's time, for what is promised to people and programs: sessions, links, repeated requests, deliveries.
    pub machine: Clock,
    pub lane: LaneHandle,
    pub readers: Readers,
    /// The playbooks that leads live under.
    pub programs: Arc<Programs>,
    /// The counts that are under way, or were lately.
    pub counts: Arc<Counts>,
    /// The streams that are open.
    pub streams: Arc<Streams>,
    /// Who may send messages.
    pub doors: Doors,
    /// Who else may do what.
    pub access: Access,
    pub secrets: Secrets,
    pub folder: Folder,
    pub dry_runs: playbook::people::DryRuns,
    /// Rings when there is something to import.
    pub imports: Arc<Bell>,
    /// Something is to be delivered to a webhook that no move caused.
    pub nudged: Notify,
    readiness: Readiness,
    stopping: watch::Sender<bool>,
}

/// The threads, to wait for.
pub struct Running {
    thread: Thread,
    checkpoints: Option<checkpoint::Thread>,
    imports: ImportsThread,
    hold: Option<Hold>,
}

impl App {
    /// Opens the store of a locked data folder, starts the lane's thread, and publishes the starter playbook where there
    /// is none. Never call this on a thread that runs asynchronous code.
    pub fn open(settings: Settings, folder: Folder) -> Result<(Arc<App>, Running), String> {
        App::prepared(settings, folder, Clock::default(), |_| Ok(()))
    }

    /// The same by another clock, with a lane that is prepared before anything else uses it.
    pub fn prepared(
        settings: Settings,
        folder: Folder,
        clock: Clock,
        prepare: impl FnOnce(&mut Lane) -> Result<(), String>,
    ) -> Result<(Arc<App>, Running), String> {
        figures::begin().map_err(say)?;
        let clock = Arc::new(clock);
        let secrets = Secrets::open(folder.path(), std::env::var(secrets::VARIABLE).ok())?;
        let location = location(&settings, folder.path());
        let (mut lane, hold) = held(&location, &settings, &folder)?;
        prepare(&mut lane)?;
        versions::begin(&mut lane, clock.now()).map_err(say)?;
        lane.erase_listed(clock.now()).map_err(say)?;
        let programs = Arc::new(Programs::read(&mut lane).map_err(say)?);
        let doors = Doors::read(&mut lane).map_err(say)?;
        let counts = Arc::new(Counts::new(location.clone()));
        let access = Access::new(ApiKeys::read(&mut lane).map_err(say)?);
        let checkpointer = location.checkpointer().map_err(say)?;
        let readers = Readers::new(location, settings.readers);
        let (stopping, _) = watch::channel(false);
        let ended = {
            let stopping = stopping.clone();
            move || {
                stopping.send_replace(true);
            }
        };
        let queue = Capacity { messages: settings.queue_length, bytes: settings.queue_bytes };
        let written = Arc::new(Bell::default());
        let started = LaneHandle::start(lane, clock.clone(), queue, written.clone(), ended);
        let (lane, thread) = started.map_err(say)?;
        if let Some(hold) = &hold {
            hold.watch(lane.clone());
        }
        let checkpoints =
            checkpointer.map(|checkpointer| checkpoint::Thread::start(checkpointer, written, lane.clone()));
        let checkpoints = checkpoints.transpose().map_err(say)?;
        let imports = Arc::new(Bell::default());
        let data = folder.path().to_owned();
        let runner = Runner { lane: lane.clone(), clock: clock.clone(), data, bell: imports.clone() };
        let running = Running { thread, checkpoints, imports: ImportsThread::start(runner).map_err(say)?, hold };
        let streams = Arc::new(Streams::new(settings.streams_per_user, settings.connections / 2));
        let app = App {
            settings,
            clock,
            machine: Clock::default(),
            lane,
            readers,
            programs,
            counts,
            streams,
            dry_runs: Default::default(),
            imports,
            doors,
            access,
            secrets,
            folder,
            nudged: Notify::new(),
            readiness: Readiness::default(),
            stopping,
        };
        Ok((Arc::new(app), running))
    }

    /// Asks everything to stop. What has been taken is still done, unless it waits for a store that cannot be written to:
    /// nothing of that is acknowledged.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
        if self.lane.trouble().is_some() {
            self.lane.stop();
        }
    }

    /// Returns when the server is to stop: it was asked to, or the lane cannot go on.
    pub async fn stopped(&self) {
        // The sender lives as long as this does, so that waiting cannot fail.
        let _ = self.stopping.subscribe().wait_for(|stopping| *stopping).await;
    }

    /// Whether messages can be stored now; the error is why not.
    pub async fn readiness(&self) -> Result<(), String> {
        self.readiness.ask(&self.lane).await
    }

    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

impl Running {
    /// Ends the imports between two groups, lets the lane finish what waits, and ends it. The error is why it could not go on.
    pub fn finish(self, app: &App) -> Result<(), String> {
        // Both before either is waited for: an import may wait for a lane that waits for its store.
        app.imports.stop();
        app.lane.stop();
        self.imports.end();
        let ended = self.thread.join();
        if let Some(checkpoints) = self.checkpoints {
            checkpoints.end();
        }
        // Nothing is written any more: the next server need not wait.
        drop(self.hold);
        ended.unwrap_or_else(|_| Err("the writing thread has failed; please report what it said".into()))
    }
}

/// The figures in the text format of Prometheus.
pub fn figures() -> String {
    figures::text()
}

/// Takes the store, unless another server that is alive holds it, and renews the hold from here on.
fn held(location: &Location, settings: &Settings, folder: &Folder) -> Result<(Lane, Option<Hold>), String> {
    let holder = hold::holder(folder.place());
    let claim = Claim { holder, take_over: settings.take_over };
    let lane = Lane::claim(location, clock::zones(), &claim).map_err(hold::say)?;
    let hold = location.is_shared().then(|| Hold::start(location.clone(), lane.epoch(), claim.holder));
    Ok((lane, hold.transpose().map_err(say)?))
}

fn location(settings: &Settings, folder: &Path) -> Location {
    if settings.database.is_empty() {
        Location::Sqlite(folder.join(DATABASE))
    } else {
        Location::Postgresql(settings.database.clone())
    }
}

fn say(error: impl Display) -> String {
    error.to_string()
}
