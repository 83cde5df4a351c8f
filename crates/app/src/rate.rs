//! How much a key may send: so many messages a minute, which may come at once.

use std::sync::{Mutex, PoisonError};

use attractor_engine::time::Instant;

const MINUTE: i64 = 60_000;

/// The messages that may still come, as a level that fills up with time.
#[derive(Debug)]
pub struct Rate {
    /// Messages a minute; `None`: as the settings say.
    own: Option<u32>,
    /// The instant at which everything that has come would be paid off.
    paid: Mutex<Instant>,
}

impl Rate {
    pub fn new(own: Option<u32>) -> Rate {
        Rate { own, paid: Mutex::new(Instant(0)) }
    }

    /// Lets so many messages through, or says for how many seconds they have to wait. More than a minute's worth passes
    /// when nothing is owed, as it could never pass otherwise.
    pub fn pass(&self, messages: usize, usual: u32, now: Instant) -> Result<(), u64> {
        let limit = i64::from(self.own.unwrap_or(usual));
        if limit == 0 {
            return Ok(());
        }
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = paid.0.max(now.0);
        let ends = begins.saturating_add((messages as i64).saturating_mul(MINUTE) / limit);
        let over = ends.saturating_sub(now.0) - MINUTE;
        if over > 0 && begins > now.0 {
            let wait = over.min(begins - now.0);
            return Err(u64::try_from(wait).unwrap_or(0).div_ceil(1_000));
        }
        *paid = Instant(ends);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minutes_worth_passes_at_once_and_then_as_time_does() {
        let rate = Rate::new(Some(60));
        assert_eq!(rate.pass(60, 0, Instant(1_000)), Ok(()));
        assert_eq!(rate.pass(1, 0, Instant(1_000)), Err(1));
        assert_eq!(rate.pass(5, 0, Instant(1_000)), Err(5));
        assert_eq!(rate.pass(1, 0, Instant(2_000)), Ok(()));
        assert_eq!(rate.pass(1, 0, Instant(2_000)), Err(1));
    }

    #[test]
    fn what_is_larger_than_the_limit_passes_when_nothing_is_owed() {
        let rate = Rate::new(None);
        assert_eq!(rate.pass(1_000, 10, Instant(0)), Ok(()));
        assert_eq!(rate.pass(1, 10, Instant(0)), Err(5_946));
        assert_eq!(rate.pass(1_000, 10, Instant(6_000_000)), Ok(()));
    }

    #[test]
    fn no_limit_is_none() {
        let rate = Rate::new(None);
        assert!((0..10_000).all(|_| rate.pass(1_000_000, 0, Instant(0)).is_ok()));
    }
}
