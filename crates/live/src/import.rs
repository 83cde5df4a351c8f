//! What an import brings, and how far it is: both in one transaction, so that neither is ever without the other.

use attractor_engine::time::Instant;
use attractor_store::{Connection, Error};

use crate::advance::Why;
use crate::lane::Lane;
use crate::take::{Arrived, Taken};

impl Lane {
    /// Takes messages in as `take_because` does, for the reason `import`; `note` hears what became of each, and what it
    /// writes is stored with them or not at all.
    pub fn take_import<T>(
        &mut self,
        arrived: &[Arrived],
        now: Instant,
        note: impl FnOnce(&mut Connection, &[Taken]) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.work(now, |work| {
            let taken = work.take(arrived, &Why::reason("import"))?;
            note(work.connection, &taken)
        })
    }
}
