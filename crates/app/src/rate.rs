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

    /// Says for how many seconds messages have to wait, where not even one more fits into a minute's worth. Otherwise
    /// messages pass, however many they are: so a request can be refused before it is read, and one that is larger than
    /// the limit passes too.
    pub fn admit(&self, usual: u32, now: Instant) -> Result<(), u64> {
        self.pass(0, usual, now)
    }

    /// Lets so many messages through, or says for how many seconds they have to wait.
    pub fn pass(&self, messages: usize, usual: u32, now: Instant) -> Result<(), u64> {
        let limit = i64::from(self.own.unwrap_or(usual));
        if limit == 0 {
            return Ok(());
        }
        let mut paid = self.paid.lock().unwrap_or_else(PoisonError::into_inner);
        let begins = paid.0.max(now.0);
        let owed = begins - now.0;
        // Where nothing is owed a message passes in any case.
        let wait = owed.saturating_add(MINUTE / limit).saturating_sub(MINUTE).min(owed);
        if wait > 0 {
            return Err(wait.unsigned_abs().div_ceil(1_000));
        }
        *paid = Instant(begins.saturating_add((messages as i64).saturating_mul(MINUTE) / limit));
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
        assert_eq!(rate.pass(5, 0, Instant(1_000)), Err(1));
        assert_eq!(rate.admit(0, Instant(1_000)), Err(1));
        assert_eq!(rate.pass(1, 0, Instant(2_000)), Ok(()));
        assert_eq!(rate.pass(1, 0, Instant(2_000)), Err(1));
    }

    #[test]
    fn what_is_larger_than_the_limit_passes_and_is_paid_off_afterwards() {
        let rate = Rate::new(None);
        assert_eq!(rate.pass(1_000, 10, Instant(0)), Ok(()));
        assert_eq!(rate.pass(1, 10, Instant(0)), Err(5_946));
        assert_eq!(rate.pass(1_000, 10, Instant(5_945_999)), Err(1));
        assert_eq!(rate.pass(1_000, 10, Instant(5_946_000)), Ok(()));
    }

    #[test]
    fn no_limit_is_none() {
        let rate = Rate::new(None);
        assert!((0..10_000).all(|_| rate.pass(1_000_000, 0, Instant(0)).is_ok()));
    }
}
