//! The only clock of the product.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use attractor_app::machine::Time;
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
    wall: Box<dyn Fn() -> Instant + Send + Sync>,
    /// How many times as fast as time it runs.
    speed: f64,
    last: Mutex<Instant>,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock::of(now)
    }
}

impl Clock {
    /// A clock that follows another one, as it follows the machine's.
    pub fn of(wall: impl Fn() -> Instant + Send + Sync + 'static) -> Clock {
        Clock { wall: Box::new(wall), speed: 1.0, last: Mutex::new(Instant(i64::MIN)) }
    }

    /// A clock that begins at an instant and runs so many times as fast as time: the demo's.
    pub fn hurried(from: Instant, speed: f64) -> Clock {
        let watch = Stopwatch::start();
        let wall = move || Instant(from.0.saturating_add((watch.elapsed().as_secs_f64() * speed * 1e3) as i64));
        Clock { wall: Box::new(wall), speed, last: Mutex::new(from) }
    }
}

impl Time for Clock {
    fn until(&self, instant: Instant) -> Duration {
        let ahead = instant.0.saturating_sub(self.now().0).max(0);
        Duration::from_millis((ahead as f64 / self.speed).ceil() as u64)
    }

    fn now(&self) -> Instant {
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
    fn a_hurried_clock_says_how_long_things_take_in_real_time() {
        let clock = Clock::hurried(Instant(1_000), 8_640.0);
        assert!(clock.now() >= Instant(1_000));
        let day = clock.until(Instant(86_401_000));
        assert!(day <= Duration::from_secs(10) && day > Duration::from_secs(1), "{day:?}");
        assert_eq!(clock.until(Instant(0)), Duration::ZERO);
    }

    #[test]
    fn the_clock_follows_what_is_ahead_and_waits_for_what_is_a_little_behind() {
        let follow = |last, wall| follow(Instant(last), Instant(wall)).0;
        assert_eq!(follow(i64::MIN, 5), 5, "at first it is what the machine says");
        assert_eq!(follow(1_000, 900_000_000), 900_000_000, "a jump ahead is followed");
        assert_eq!(follow(100_000, 40_001), 100_000, "a small jump back is waited for");
        assert_eq!(follow(100_000, 40_000), 40_000, "a minute or more back is followed");
    }
}
