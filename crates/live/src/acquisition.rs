//! Taking a store without taking it from a living server.

use attractor_store::holder::{self, Holder};
use attractor_store::lane::{self, Numbers};
use attractor_store::{Connection, Error, Location};

/// What a process says of itself when it asks for a store.
#[derive(Clone, Debug)]
pub struct Acquisition {
    /// Its hold. `since` is the present instant.
    pub holder: Holder,
    /// Whether a living holder loses the store.
    pub take_over: bool,
}

/// Why a store was not taken.
#[derive(Debug)]
pub enum NotAcquired {
    /// This process holds it, and its hold has not run out.
    Held(Holder),
    Failed(Error),
}

impl From<Error> for NotAcquired {
    fn from(error: Error) -> NotAcquired {
        NotAcquired::Failed(error)
    }
}

impl Acquisition {
    /// Takes the store; returns the new epoch and the numbers. Only a shared store has holders: a file is guarded by the
    /// lock of its folder.
    pub fn take(&self, location: &Location) -> Result<(Connection, (i64, Numbers)), NotAcquired> {
        if !location.is_shared() {
            let mut connection = location.writer()?;
            let taken = lane::take_over(&mut connection)?;
            return Ok((connection, taken));
        }
        // Before the tables are brought up to this program's: the holder may be an older one.
        self.may_take(&mut location.open()?)?;
        let mut connection = location.writer()?;
        let taken = connection.transaction(|connection| {
            let taken = lane::take_over(connection)?;
            // Behind the lock of the lane's row: of two that ask at once, the second finds the first.
            self.may_take(connection)?;
            holder::note(connection, taken.0, &self.holder)?;
            Ok::<_, NotAcquired>(taken)
        })?;
        Ok((connection, taken))
    }

    fn may_take(&self, connection: &mut Connection) -> Result<(), NotAcquired> {
        let present = holder::present(connection)?;
        present.filter(|present| self.yields_to(present)).map_or(Ok(()), |present| Err(NotAcquired::Held(present)))
    }

    /// A holder of the same place is dead: this process has the lock of its folder.
    fn yields_to(&self, present: &Holder) -> bool {
        let is_same_place = !self.holder.place.is_empty() && present.place == self.holder.place;
        !self.take_over && !is_same_place && present.until > self.holder.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holder(place: &str, since: i64, until: i64) -> Holder {
        Holder { place: place.into(), host: "a".into(), pid: 1, since, until }
    }

    #[test]
    fn a_hold_counts_until_it_runs_out_or_its_own_folder_comes_back() {
        let ask = |place: &str, now, take_over| Acquisition { holder: holder(place, now, now + 20), take_over };
        let present = holder("here", 0, 100);
        for (acquisition, yields, why) in [
            (ask("there", 99, false), true, "it is alive"),
            (ask("there", 100, false), false, "it has run out"),
            (ask("there", 99, true), false, "it is to be taken over"),
            (ask("here", 99, false), false, "its folder's lock is ours"),
        ] {
            assert_eq!(acquisition.yields_to(&present), yields, "{why}");
        }
        assert!(ask("", 99, false).yields_to(&holder("", 0, 100)), "a place without a name is never the same");
    }
}
