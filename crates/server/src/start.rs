//! A server from its parts: the store is opened, its threads start, and the use cases get what they need of both.

use std::fmt::Display;
use std::sync::Arc;

use attractor_app::bell::Bell;
use attractor_app::calls::watch::Calling;
use attractor_app::clicks::judging::Judging;
use attractor_app::clicks::settling::Settling;
use attractor_app::folder::Folder;
use attractor_app::imports::Runner;
use attractor_app::secrets::{self, Secrets};
use attractor_app::sending::account::sealed_password;
use attractor_app::sending::broadcasts::freezing::Freezing;
use attractor_app::sending::pace::Adapting;
use attractor_app::sending::transport::Transport;
use attractor_app::served;
use attractor_app::settings::Settings;
use attractor_app::{App, DATABASE, Opened, Ports, clicks, location};
use attractor_live::{Acquisition, Lane};
use attractor_store::{Connection, Location};
use tokio::sync::watch;

use crate::clock::{self, Clock};
use crate::machine;
use crate::outgoing::{self, internet::Internet};
use crate::work::broadcasts::BroadcastWorker;
use crate::work::cadence::CadenceWorker;
use crate::work::calls::CallWorker;
use crate::work::checkpoint::Checkpoints;
use crate::work::domain::DomainThread;
use crate::work::hold::{self, Hold};
use crate::work::imports::Importer;
use crate::work::inbox::{Capacity, Inbox};
use crate::work::judge::JudgeWorker;
use crate::work::lane::Bells;
use crate::work::mail::MailThread;
use crate::work::team::TeamThread;
use crate::work::worker::Thread;
use crate::work::{figures, folder, lane};

/// The threads, to wait for.
pub struct Running {
    lane: Thread,
    checkpoints: Option<Thread>,
    imports: Thread,
    /// The judge's, once it works.
    judge: Option<Thread>,
    judging: Option<Judging>,
    mail: Option<MailThread>,
    broadcasts: Option<Thread>,
    cadence: Option<Thread>,
    calls: Option<Thread>,
    domain: Option<DomainThread>,
    folder: Option<Thread>,
    team: Option<TeamThread>,
    hold: Option<Hold>,
}

/// Opens the store of a locked data folder, starts the threads, and publishes the starter playbook where there is none.
/// Never call this on a thread that runs asynchronous code.
pub fn open(settings: Settings, folder: Folder) -> Result<(Arc<App>, Running), String> {
    let (app, mut running) = prepared(settings, folder, Clock::default(), |_| Ok(()))?;
    running.begin_judging(&app)?;
    Ok((app, running))
}

/// The same by another clock, with a lane that is prepared before anything else uses it, and a judge that does not work
/// yet.
pub fn prepared(
    settings: Settings,
    mut folder: Folder,
    clock: Clock,
    prepare: impl FnOnce(&mut Lane) -> Result<(), String>,
) -> Result<(Arc<App>, Running), String> {
    figures::begin().map_err(say)?;
    let (clock, machine) = (Arc::new(clock), machine::host());
    let location = location(&settings, folder.path());
    Secrets::may_begin(folder.path(), std::env::var(secrets::VARIABLE).ok(), &location, sealed_password)?;
    served::check(&folder, &settings)?;
    let (mut writer, hold) = held(&location, &settings, &folder)?;
    folder.keep();
    served::note(&folder, &settings)?;
    prepare(&mut writer)?;
    let network = Arc::new(Internet::of(&settings, folder.path())?);
    let opened = Opened::read(&mut writer, &folder, &settings, (&*clock, &machine), network)?;
    let checkpointer = location.checkpointer().map_err(say)?;
    let (stopping, _) = watch::channel(false);
    let ended = {
        let stopping = stopping.clone();
        move || {
            stopping.send_replace(true);
        }
    };
    let queue = Capacity { messages: settings.queue_length, bytes: settings.queue_bytes };
    let bells = Bells::default();
    let (lane, thread) =
        lane::start(writer, clock.clone(), Arc::new(Inbox::new(queue)), bells.clone(), ended).map_err(say)?;
    if let Some(hold) = &hold {
        hold.watch(lane.clone());
    }
    let checkpoints = checkpointer
        .map(|checkpointer| Thread::start("checkpoint", bells.written, Checkpoints::new(checkpointer, lane.clone())));
    let checkpoints = checkpoints.transpose().map_err(say)?;
    let imports = Arc::new(Bell::default());
    let (data, unasked) = (folder.path().to_owned(), settings.consent_unknown.clone());
    let runner = Runner { lane: lane.clone(), clock: clock.clone(), data, unasked, bell: imports.clone() };
    let importing = Thread::start("imports", imports.clone(), Importer::new(runner)).map_err(say)?;
    let settling = Arc::new(Settling::new(Arc::new(Bell::default())));
    let judge = Arc::new(clicks::judge(&settings));
    let judging = Judging {
        lane: lane.clone(),
        clock: clock.clone(),
        location,
        settling: settling.clone(),
        judge: judge.clone(),
        reader: None,
        forgotten: i64::MIN,
    };
    let running = Running {
        lane: thread,
        checkpoints,
        imports: importing,
        judge: None,
        judging: Some(judging),
        mail: None,
        broadcasts: None,
        cadence: None,
        calls: None,
        domain: None,
        folder: None,
        team: None,
        hold,
    };
    let ports = Ports { clock, machine, lane, imports, copies: bells.copies, judge, settling, stopping };
    Ok((Arc::new(App::new(settings, folder, opened, ports)), running))
}

impl Running {
    /// Lets the judge work on a thread of its own.
    pub fn begin_judging(&mut self, app: &App) -> Result<(), String> {
        if let Some(judging) = self.judging.take() {
            let bell = app.clicks.settling.bell();
            self.judge = Some(Thread::start("judge", bell, JudgeWorker::new(judging)).map_err(say)?);
        }
        Ok(())
    }

    /// The judge, as long as it has no thread: whoever takes it lets it work, or gives it back.
    pub fn judging(&mut self) -> &mut Option<Judging> {
        &mut self.judging
    }

    /// Begins to send, to make the copies of broadcasts, to check the sender domain, and to take mails from a folder. Only a
    /// server that stays does: no command sends what waits.
    pub fn send(&mut self, app: &Arc<App>) -> Result<(), String> {
        self.send_by(app, outgoing::transport(app)?)
    }

    /// The same by a transport of the caller's.
    pub fn send_by(&mut self, app: &Arc<App>, transport: Arc<dyn Transport>) -> Result<(), String> {
        let worker = BroadcastWorker::new(Freezing::new(app));
        self.broadcasts = Some(Thread::start("broadcasts", app.broadcasts.clone(), worker).map_err(say)?);
        let worker = CadenceWorker::new(Adapting::new(app), app.clock.clone());
        self.cadence = Some(Thread::start("cadence", app.cadence.clone(), worker).map_err(say)?);
        let worker = CallWorker::new(Calling::new(app)?, app.clock.clone(), app.calls.clone());
        self.calls = Some(Thread::start("calls", app.calls.clone(), worker).map_err(say)?);
        self.mail = Some(MailThread::start(app, transport)?);
        self.domain = Some(DomainThread::start(app)?);
        self.folder = folder::start(app)?;
        self.team = Some(TeamThread::start(app)?);
        Ok(())
    }

    /// Ends the sender and the imports between two groups, lets the lane finish what waits, and ends it. The error is why it could not go on.
    pub fn finish(self, app: &App) -> Result<(), String> {
        if let Some(domain) = &self.domain {
            domain.end();
        }
        if let Some(team) = &self.team {
            team.end();
        }
        let foldered = self.folder.map_or(Ok(()), Thread::end);
        // Before the lane: what the sender has under way is still to be reported.
        let sent = self.mail.map_or(Ok(()), |mail| mail.end(app));
        // Both before either is waited for: an import may wait for a lane that waits for its store.
        app.imports.stop();
        app.broadcasts.stop();
        app.cadence.stop();
        app.calls.stop();
        app.lane.stop();
        let imported = self.imports.end();
        let judged = self.judge.map_or(Ok(()), Thread::end);
        let frozen = self.broadcasts.map_or(Ok(()), Thread::end);
        let adapted = self.cadence.map_or(Ok(()), Thread::end);
        let called = self.calls.map_or(Ok(()), Thread::end);
        let ended = self.lane.join();
        let checkpointed = self.checkpoints.map_or(Ok(()), Thread::end);
        // Nothing is written any more: the next server need not wait.
        drop(self.hold);
        ended.and(sent).and(foldered).and(imported).and(judged).and(frozen).and(adapted).and(called).and(checkpointed)
    }
}

/// Opens the data folder's SQLite and a PostgreSQL database that it takes as a server would, for as long as the hold is kept.
pub fn both(folder: &Folder, url: &str) -> Result<(Connection, Connection, Hold), String> {
    let from = Location::Sqlite(folder.path().join(DATABASE)).writer().map_err(|error| error.text)?;
    let target = Location::Postgresql(url.to_owned());
    let acquisition = Acquisition { holder: hold::holder(folder.place()), take_over: false };
    let (to, (epoch, _)) = acquisition.take(&target).map_err(hold::say)?;
    Ok((from, to, Hold::start(target, epoch, acquisition.holder).map_err(say)?))
}

/// Takes the store, unless another server that is alive holds it, and renews the hold from here on.
fn held(location: &Location, settings: &Settings, folder: &Folder) -> Result<(Lane, Option<Hold>), String> {
    let holder = hold::holder(folder.place());
    let acquisition = Acquisition { holder, take_over: settings.take_over };
    let lane = Lane::acquire(location, clock::zones(), &acquisition).map_err(hold::say)?;
    let hold = location.is_shared().then(|| Hold::start(location.clone(), lane.epoch(), acquisition.holder));
    Ok((lane, hold.transpose().map_err(say)?))
}

fn say(error: impl Display) -> String {
    error.to_string()
}
