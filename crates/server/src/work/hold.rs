//! What renews the hold of a database that other servers can reach. It has a connection of its own: a lane
//! that is busy with one long transaction is alive all the same.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use attractor_app::bell::Bell;
use attractor_app::folder::Owner;
use attractor_app::lane::LaneHandle;
use attractor_engine::time::Instant;
use attractor_live::NotAcquired;
use attractor_store::holder::{self, Holder};
use attractor_store::{Connection, Error, Location};

use super::worker::{Next, Thread, Worker};
use crate::clock;

/// How often the hold is renewed.
const RENEWED: Duration = Duration::from_secs(5);
/// How long it counts without being renewed, in milliseconds: the store of a crashed server is free after this time.
pub const LASTS: i64 = 20_000;
/// How long the end waits for the hold to be given up. After that it runs out by itself.
const FAREWELL: Duration = Duration::from_secs(1);

/// This process as a holder from now on; `place` is its data folder's.
pub fn holder(place: String) -> Holder {
    let Owner { host, pid, since } = Owner::this(clock::now());
    Holder { place, host, pid: i64::from(pid), since: since.0, until: since.0 + LASTS }
}

/// Why the store was not taken, in a sentence that says what to do.
pub fn say(why: NotAcquired) -> String {
    match why {
        NotAcquired::Failed(error) => error.to_string(),
        NotAcquired::Held(Holder { host, pid, since, until, .. }) => {
            let owner = Owner { host, pid: u32::try_from(pid).unwrap_or_default(), since: Instant(since) };
            let until = Instant(until);
            format!(
                "the database is held by {}: stop that one, or run this command with its data folder. If it has crashed, \
                 its hold runs out at {until}. `attractor serve --take-over` takes the database from it at once",
                owner.say()
            )
        }
    }
}

/// A hold that is renewed until this value goes.
pub struct Hold {
    bell: Arc<Bell>,
    ended: Receiver<()>,
    lane: Arc<OnceLock<LaneHandle>>,
}

impl Hold {
    /// Renews the hold that was taken with this epoch.
    pub fn start(location: Location, epoch: i64, holder: Holder) -> std::io::Result<Hold> {
        let (bell, lane, (end, ended)) = (Arc::new(Bell::default()), Arc::new(OnceLock::new()), channel());
        let renewing = Renewing { location, epoch, holder, connection: None, lane: lane.clone(), end };
        // Its thread is not joined: a store that does not answer must not keep the end waiting for longer than `FAREWELL`.
        drop(Thread::start("hold", bell.clone(), renewing)?);
        Ok(Hold { bell, ended, lane })
    }

    /// Names the lane that ends when the store has been taken over.
    pub fn watch(&self, lane: LaneHandle) {
        let _ = self.lane.set(lane);
    }
}

impl Drop for Hold {
    /// Gives the hold up, so that the next server need not wait. Nothing may be written by this process afterwards.
    fn drop(&mut self) {
        self.bell.stop();
        let _ = self.ended.recv_timeout(FAREWELL);
    }
}

impl Worker for Renewing {
    fn piece(&mut self) -> Result<Next, String> {
        self.renew();
        Ok(Next::After(RENEWED))
    }

    fn end(&mut self) {
        self.leave();
        // Who no longer waits for it has ended without it.
        let _ = self.end.send(());
    }
}

struct Renewing {
    location: Location,
    epoch: i64,
    holder: Holder,
    /// `None` until the first renewal, and after an error.
    connection: Option<Connection>,
    lane: Arc<OnceLock<LaneHandle>>,
    end: Sender<()>,
}

impl Renewing {
    fn renew(&mut self) {
        self.holder.until = clock::now().0 + LASTS;
        match self.note() {
            Ok(true) => {}
            Ok(false) => self.lost(),
            // The lane says what is wrong with the store, and waits for it as well.
            Err(error) => {
                tracing::debug!(%error, "the hold of the database could not be renewed; it is tried again");
                self.connection = None;
            }
        }
    }

    fn note(&mut self) -> Result<bool, Error> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.location.open()?,
        };
        let noted = holder::note(&mut connection, self.epoch, &self.holder)?;
        self.connection = Some(connection);
        Ok(noted)
    }

    /// The lane finds out by its own first statement, and ends.
    fn lost(&self) {
        if let Some(lane) = self.lane.get() {
            let _ = lane.run_here(|lane| lane.write(|_| Ok(())));
        }
    }

    fn leave(&mut self) {
        let left = match &mut self.connection {
            Some(connection) => holder::leave(connection, self.epoch),
            None => self.location.open().and_then(|mut connection| holder::leave(&mut connection, self.epoch)),
        };
        if let Err(error) = left {
            tracing::debug!(%error, "the hold of the database could not be given up; it runs out by itself");
        }
    }
}
