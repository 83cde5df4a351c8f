//! The only clock of the product.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use attractor_engine::time::Instant;
use jiff::tz::TimeZoneDatabase;

/// How far back the machine's clock may jump before it is believed, in milliseconds.
const PATIENCE: i64 = 60_000;

/// Now, in whole milliseconds.
#[expect(clippy::disallowed_methods, reason = "this is the one place that asks what time it is")]
pub fn now() -> Instant {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// When days begin where: the machine's time zones, which its owner keeps current, else those the program brings.
pub fn zones() -> TimeZoneDatabase {
    TimeZoneDatabase::from_env()
}

/// Measures how long something takes, whatever the wall clock does meanwhile.
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "durations are measured here alone")]
    pub fn start() -> Stopwatch {
        Stopwatch(std::time::Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The clock of a server: it never goes back by less than a minute. Where the machine's clock is set back a little, it
/// stands still until that has caught up; where it is set back further, it follows and says so.
pub struct Clock {
    wall: fn() -> Instant,
    last: Mutex<Instant>,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { wall: now, last: Mutex::new(Instant(i64::MIN)) }
    }
}

impl Clock {
    pub fn now(&self) -> Instant {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let wall = (self.wall)();
        let next = follow(*last, wall);
        if next.0 < last.0 {
            tracing::warn!(back_milliseconds = last.0.saturating_sub(next.0), "the machine's clock was set back");
        }
        *last = next;
        next
    }
}

fn follow(last: Instant, wall: Instant) -> Instant {
    let back = last.0.saturating_sub(wall.0);
    if last.0 != i64::MIN && (0..PATIENCE).contains(&back) { last } else { wall }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_follows_what_is_ahead_and_waits_for_what_is_a_little_behind() {
        let follow = |last, wall| follow(Instant(last), Instant(wall)).0;
        assert_eq!(follow(i64::MIN, 5), 5, "at first it is what the machine says");
        assert_eq!(follow(1_000, 900_000_000), 900_000_000, "a jump ahead is followed");
        assert_eq!(follow(100_000, 40_001), 100_000, "a small jump back is waited for");
        assert_eq!(follow(100_000, 40_000), 40_000, "a minute or more back is followed");
    }
}
