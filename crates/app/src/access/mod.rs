//! Who may do what: keys of programs, users with their passwords and sessions.

pub mod addresses;
pub mod attempts;
pub mod keys;
pub mod names;
pub mod passwords;
pub mod refusals;
pub mod sessions;
pub mod tokens;
pub mod users;

use attractor_store::{Connection, EntryNumber, Error, audit};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, watch};

use super::App;
use super::actor::Actor;
use crate::figures;
use crate::refusal::Refusal;
use attempts::Attempts;
use keys::ApiKeys;
use refusals::Refusals;
use sessions::Signed;

/// As many passwords are hashed at once: each takes 19 MiB and a core.
const HASHING: usize = 2;
/// As many wait to be hashed or are; others are asked to come back. A hash takes some hundredths of a second.
const WAITING: usize = 64;
/// When they may come back, in seconds.
const COME_BACK: u64 = 2;

/// What is kept in memory of who may do what.
pub struct Access {
    pub keys: ApiKeys,
    attempts: Attempts,
    hashing: Semaphore,
    waiting: Semaphore,
    pub refusals: Refusals,
    narrowed: watch::Sender<()>,
}

impl Access {
    pub fn new(keys: ApiKeys) -> Access {
        Access {
            keys,
            attempts: Attempts::default(),
            hashing: Semaphore::new(HASHING),
            waiting: Semaphore::new(WAITING),
            refusals: Refusals::default(),
            narrowed: watch::channel(()).0,
        }
    }

    /// Tells whoever stays for long that somebody may do less than before.
    pub(crate) fn narrow(&self) {
        self.narrowed.send_replace(());
    }

    /// Changes when somebody may do less than before.
    pub fn narrowed(&self) -> watch::Receiver<()> {
        self.narrowed.subscribe()
    }
}

/// Whether who was let in still would be, by the same key or session.
pub async fn is_still_in(app: &App, actor: &Actor, session: Option<&Signed>) -> bool {
    match session {
        Some(signed) => sessions::holds(app, signed).await,
        None => !actor.who.starts_with(keys::WHO) || app.access.keys.holds(&actor.who),
    }
}

impl App {
    /// Work on one password, on a thread where it may take its time, and not too much at once.
    async fn hashing<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
        let failed = || Refusal::Failed("passwords cannot be checked".to_owned());
        let _place = self.access.waiting.try_acquire().map_err(|_| Refusal::too_often(COME_BACK))?;
        let _permit = self.access.hashing.acquire().await.map_err(|_| failed())?;
        figures::hashed();
        self.machine.done(work).await.ok_or_else(failed)
    }
}

/// Notes something in the audit without anybody waiting for it.
pub fn note_later(app: &App, actor: Actor, what: &'static str, subject: String, details: Value) {
    let (lane, at) = (app.lane.clone(), app.machine.now().0);
    app.machine.begin(async move {
        let noted =
            lane.run(move |lane| lane.write(|connection| note(connection, &actor, at, what, &subject, &details))).await;
        if !matches!(noted, Ok(Ok(()))) {
            tracing::warn!(what, "this could not be noted in the audit");
        }
    });
}

/// Notes in the log and in the audit that data leaves the server. Where the store cannot be written to it leaves all
/// the same: a backup may be what helps then.
pub async fn note_leaving(app: &App, actor: &Actor, what: &'static str, subject: &str) {
    tracing::info!(who = actor.who, subject, "{what}");
    let (actor, subject, at) = (actor.clone(), subject.to_owned(), app.machine.now().0);
    let noted = app.write(move |connection| note(connection, &actor, at, what, &subject, &json!({})).map(Ok)).await;
    if noted.is_err() {
        tracing::warn!(what, "this could not be noted in the audit");
    }
}

/// Notes in the audit what somebody does, in the transaction that does it. `details` is an object without secrets.
pub fn note(
    connection: &mut Connection,
    actor: &Actor,
    at: i64,
    what: &str,
    subject: &str,
    details: &Value,
) -> Result<(), Error> {
    let entry = audit::Entry {
        number: EntryNumber::default(),
        at,
        who: actor.who.clone(),
        what: what.to_owned(),
        subject: subject.to_owned(),
        details: details.to_string(),
    };
    audit::insert(connection, &entry)
}
