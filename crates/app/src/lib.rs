//! The use cases: what the program does for whoever asks. Only they call the store and the lane. HTTP, the command line,
//! threads and clocks are the server's; what is needed of them comes in through `machine` and `lane`.

pub mod access;
pub mod actor;
pub mod archive;
pub mod archived;
pub mod assets;
pub mod audience;
pub mod audit;
pub mod backup;
pub mod bell;
pub mod by_id;
pub mod calls;
pub mod clicks;
pub mod closed_lists;
pub mod companies;
pub mod conditions;
pub mod conflicts;
pub mod counts;
pub mod cursor;
pub mod deals;
pub mod doors;
pub mod emails;
pub mod exports;
pub mod figures;
pub mod folder;
pub mod forms;
pub mod hand;
pub mod hooks;
pub mod imports;
pub mod intake;
pub mod ladders;
pub mod lane;
pub mod leads;
pub mod leftovers;
pub mod links;
pub mod machine;
pub mod moves;
pub mod moving;
pub mod outside;
mod patience;
pub mod pieces;
pub mod playbook;
pub mod preferences;
pub mod programs;
pub mod rate;
pub mod readers;
mod readiness;
pub mod refusal;
pub mod repeated;
pub mod restored;
pub mod sample;
pub mod schemas;
pub mod secrets;
pub mod segments;
pub mod senders;
pub mod sending;
pub mod served;
pub mod settings;
pub mod shell;
pub mod signature;
pub mod stored;
pub mod stream;
pub mod suppressions;
pub mod tally;
pub mod team;
pub mod versions;
pub mod view;
pub mod vocabulary;
pub mod webhooks;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use attractor_mail::judge::Judge;
pub use attractor_store::{
    BroadcastId, CallId, DeliveryNumber, DraftNumber, EntryNumber, ImportId, KeyId, PaceChangeId, UserId,
    VersionNumber, WebhookId,
};
use attractor_store::{Connection, Error, Location};
use tokio::sync::{Notify, watch};

use access::Access;
use bell::Bell;
use clicks::Clicks;
use clicks::settling::Settling;
use counts::Counts;
use doors::Doors;
use folder::Folder;
use lane::LaneHandle;
pub use lane::Turned;
use links::Links;
use machine::{Host, Time};
use programs::Programs;
use readers::Readers;
use readiness::Readiness;
use refusal::Refusal;
use secrets::Secrets;
use sending::account::{AccountInForce, StoredAccount};
use sending::ahead::kept::Forecasts;
use sending::library::LibraryFound;
use sending::permission::Receivers;
use sending::survey::Surveys;
use sending::topics::TopicsFound;
use sending::transport::Transport;
use sending::verification::{Network, Verifier, forget_outdated};
use settings::Settings;
use stream::Streams;

/// The SQLite file in the data folder.
pub const DATABASE: &str = "attractor.db";

/// All that a request may need. It is made once and shared.
pub struct App {
    pub settings: Settings,
    /// The leads' time, which the demo lets run faster.
    pub clock: Arc<dyn Time>,
    /// The machine, and its time for what is promised to people and programs: sessions, links, repeated requests,
    /// deliveries.
    pub machine: Host,
    pub lane: LaneHandle,
    readers: Readers,
    /// The playbooks that leads live under.
    pub programs: Arc<Programs>,
    /// Who may be written to, by the settings.
    pub(crate) receivers: Arc<Receivers>,
    /// The counts that are under way, or were lately.
    pub counts: Arc<Counts>,
    /// The forecasts of the outbox that are read at present.
    pub forecasts: Forecasts,
    /// What was found last about the topics, and about the library.
    pub(crate) topics: Surveys<TopicsFound>,
    pub(crate) library: Surveys<LibraryFound>,
    /// The streams that are open.
    pub streams: Arc<Streams>,
    /// Who may send messages.
    pub doors: Doors,
    /// Who else may do what.
    pub access: Access,
    pub secrets: Secrets,
    pub folder: Folder,
    pub dry_runs: playbook::people::DryRuns,
    /// The links of copies.
    pub links: Links,
    /// What is requested by links and pixels.
    pub clicks: Clicks,
    /// How much strangers may send by forms.
    pub forms: forms::limits::FormLimits,
    /// How much one network may ask of the pages behind links.
    pub networks: forms::limits::NetworkLimits,
    /// Rings when there is something to import.
    pub imports: Arc<Bell>,
    /// Rings when copies may be due that were not before.
    pub copies: Arc<Bell>,
    /// Rings when a broadcast was started, undone or cancelled.
    pub broadcasts: Arc<Bell>,
    /// Ends the worker that asks whether the cadence is right.
    pub cadence: Arc<Bell>,
    /// Rings when a call was opened or changed.
    pub calls: Arc<Bell>,
    /// Where mail to return paths is taken, if it is.
    pub inbound: OnceLock<SocketAddr>,
    /// How often people let the sender domain be checked.
    domain_checks: rate::Rate,
    /// What Amazon SNS signs with.
    certificates: sending::incoming::provider::Certificates,
    /// Something is to be delivered to a webhook that no move caused.
    pub nudged: Notify,
    /// Checks the sender domain.
    pub verifier: Arc<Verifier>,
    /// The account at a mail server that e-mails leave by.
    pub account: Arc<AccountInForce>,
    /// How often people let the mail server be tested.
    transport_tests: rate::Rate,
    /// Rings when marketing may wait for the sender domain that did not before.
    pub domain: Arc<Bell>,
    /// What takes e-mails, once the server sends.
    pub transport: OnceLock<Arc<dyn Transport>>,
    /// How many tests each user sent lately.
    pub(crate) tests: emails::trial::Trials,
    readiness: Readiness,
    stopping: watch::Sender<bool>,
}

/// What is read of the store before the lane's thread has it.
pub struct Opened {
    programs: Programs,
    doors: Doors,
    keys: access::keys::ApiKeys,
    secrets: Secrets,
    links: Links,
    verifier: Verifier,
    account: AccountInForce,
}

impl Opened {
    /// Prepares a store: publishes the starter playbook where there is none, applies the erasures that a restore owes,
    /// ends what an earlier server was sending, and reads what is kept in memory.
    pub fn read(
        lane: &mut attractor_live::Lane,
        folder: &Folder,
        settings: &Settings,
        (clock, machine): (&dyn Time, &Host),
        network: Arc<dyn Network>,
    ) -> Result<Opened, String> {
        let say = |error: attractor_store::Error| error.to_string();
        let secrets = Secrets::open(folder.path(), std::env::var(secrets::VARIABLE).ok())?;
        versions::begin(lane, clock.now()).map_err(say)?;
        lane.erase_listed(clock.now()).map_err(say)?;
        sending::doubt_what_was_under_way(lane, clock.now()).map_err(say)?;
        let verifier = Verifier::new(settings, folder.path(), &secrets, network)?;
        lane.write(|connection| forget_outdated(connection, &verifier)).map_err(say)?;
        let stored = lane.write(StoredAccount::read).map_err(say)?;
        Ok(Opened {
            account: AccountInForce::of(settings, &secrets, stored.as_ref())?,
            programs: Programs::read(lane, machine.zones()).map_err(say)?,
            doors: Doors::read(lane).map_err(say)?,
            keys: access::keys::ApiKeys::read(lane).map_err(say)?,
            links: Links::read(lane, machine.now()).map_err(say)?,
            verifier,
            secrets,
        })
    }
}

/// What the server brings.
pub struct Ports {
    pub clock: Arc<dyn Time>,
    pub machine: Host,
    pub lane: LaneHandle,
    pub imports: Arc<Bell>,
    /// Tells people from machines, and what its worker waits for.
    pub judge: Arc<Judge>,
    pub settling: Arc<Settling>,
    pub copies: Arc<Bell>,
    /// Becomes true when the server is to stop.
    pub stopping: watch::Sender<bool>,
}

impl App {
    pub fn new(settings: Settings, folder: Folder, opened: Opened, ports: Ports) -> App {
        let Opened { programs, doors, keys, secrets, links, verifier, account } = opened;
        let Ports { clock, machine, lane, imports, copies, judge, settling, stopping } = ports;
        let location = location(&settings, folder.path());
        App {
            clock,
            lane,
            readers: Readers::new(machine.clone(), location.clone(), settings.readers),
            programs: Arc::new(programs),
            receivers: Arc::new(Receivers::of(&settings)),
            counts: Arc::new(Counts::new(machine.clone(), location)),
            forecasts: Forecasts::default(),
            topics: Surveys::default(),
            library: Surveys::default(),
            streams: Arc::new(Streams::new(settings.streams_per_user, settings.connections / 2)),
            dry_runs: Default::default(),
            clicks: Clicks::new(judge, settling),
            forms: Default::default(),
            networks: Default::default(),
            links,
            imports,
            copies,
            broadcasts: Arc::default(),
            cadence: Arc::default(),
            calls: Arc::default(),
            inbound: OnceLock::new(),
            certificates: Default::default(),
            domain_checks: rate::Rate::new(None),
            account: Arc::new(account),
            transport_tests: rate::Rate::new(None),
            domain: Arc::default(),
            doors,
            access: Access::new(keys),
            secrets,
            folder,
            nudged: Notify::new(),
            readiness: Readiness::new(machine.clone()),
            machine,
            settings,
            verifier: Arc::new(verifier),
            transport: OnceLock::new(),
            tests: Default::default(),
            stopping,
        }
    }

    /// One transaction on the lane. What `work` wrote before it denies stays.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<Result<T, Refusal>, Error> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.lane.run(move |lane| lane.write(work)).await??
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

    /// Whether messages can be stored now and for some time; the error is why not.
    pub async fn readiness(&self) -> Result<(), String> {
        if self.is_stopping() {
            return Err("the server stops".to_owned());
        }
        self.readiness.ask(&self.lane).await
    }

    /// Whether the server stops.
    pub fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

/// Where the store of a data folder is.
pub fn location(settings: &Settings, folder: &Path) -> Location {
    if settings.database.is_empty() {
        Location::Sqlite(folder.join(DATABASE))
    } else {
        Location::Postgresql(settings.database.clone())
    }
}
