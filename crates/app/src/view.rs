//! What most requests read the store through: everything that a view shows is of one instant. Counts of all leads and imports
//! have readers of their own.

use std::sync::Arc;

use attractor_engine::condition::Names;
use attractor_engine::time::Instant;
use attractor_live::Versions;
use attractor_store::{Connection, Error};

use super::App;
use super::programs::Programs;
use super::refusal::Refusal;
use super::sending::permission::Receivers;

/// A look at the store.
pub struct View<'v> {
    pub(crate) connection: &'v mut Connection,
    programs: &'v Programs,
    /// Read once: a view is of one instant.
    versions: Option<Versions>,
    /// The leads' time.
    pub now: Instant,
    /// Who may be written to, by the settings.
    pub(crate) receivers: Arc<Receivers>,
}

impl<'v> View<'v> {
    pub(crate) fn new(
        connection: &'v mut Connection,
        programs: &'v Programs,
        now: Instant,
        receivers: Arc<Receivers>,
    ) -> View<'v> {
        View { connection, programs, versions: None, now, receivers }
    }

    /// The playbooks that leads live under.
    pub(crate) fn versions(&mut self) -> Result<Versions, Error> {
        let versions = match self.versions.take() {
            Some(versions) => versions,
            None => self.programs.now(self.connection)?,
        };
        self.versions = Some(versions.clone());
        Ok(versions)
    }

    /// What people call the parts of the playbook in force; without one, only ids are known.
    pub(crate) fn names(&mut self) -> Result<Names, Error> {
        let versions = self.versions()?;
        let program = versions.program_in_force();
        Ok(program.map(|program| Names::of(program.playbook())).unwrap_or_default())
    }
}

impl App {
    /// Reads, on a thread that may wait. No view waits for the lane.
    pub async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut View) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (programs, now, receivers) = (self.programs.clone(), self.clock.now(), self.receivers.clone());
        let read = move |connection: &mut Connection| {
            connection.snapshot(|connection| Ok(work(&mut View::new(connection, &programs, now, receivers))))?
        };
        self.readers.read(read).await
    }
}
