//! The only clock of the product.

use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
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
    // It reads the list of all zones, and later follows its files by itself.
    static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::from_env);
    ZONES.clone()
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
    /// How many times as fast as time it runs, where it is not the machine's.
    moved: Option<MovedClock>,
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
        Clock { wall: Box::new(wall), moved: None, last: Mutex::new(Instant(i64::MIN)) }
    }

    /// A clock that shows what it is set to.
    pub fn moved(by: &MovedClock) -> Clock {
        let (shown, moved) = (by.clone(), Some(by.clone()));
        Clock { wall: Box::new(move || shown.now()), moved, last: Mutex::new(Instant(i64::MIN)) }
    }
}

/// A clock that is moved by hand, for servers whose store is thrown away: it stands at an instant, or runs on from it.
#[derive(Clone)]
pub struct MovedClock(Arc<Mutex<Shown>>);

struct Shown {
    at: Instant,
    since: Stopwatch,
    /// 0: it stands.
    speed: f64,
}

impl MovedClock {
    /// A clock that stands at an instant.
    pub fn at(instant: Instant) -> MovedClock {
        MovedClock(Arc::new(Mutex::new(Shown { at: instant, since: Stopwatch::start(), speed: 0.0 })))
    }

    /// Lets it stand at another instant.
    pub fn set(&self, instant: Instant) {
        *self.shown() = Shown { at: instant, since: Stopwatch::start(), speed: 0.0 };
    }

    /// Lets it go on from where it stands, so many times as fast as time.
    pub fn run(&self, speed: f64) {
        let at = self.now();
        *self.shown() = Shown { at, since: Stopwatch::start(), speed };
    }

    fn now(&self) -> Instant {
        let shown = self.shown();
        let gone = if shown.speed > 0.0 { shown.since.elapsed().as_secs_f64() * shown.speed * 1e3 } else { 0.0 };
        Instant(shown.at.0.saturating_add(gone as i64))
    }

    /// How long until this much of its time has gone; endless while it stands.
    fn real(&self, milliseconds: f64) -> Duration {
        let real = if milliseconds > 0.0 { milliseconds / self.shown().speed } else { 0.0 };
        Duration::from_millis(real.ceil() as u64)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Time for Clock {
    fn until(&self, instant: Instant) -> Duration {
        let ahead = instant.0.saturating_sub(self.now().0).max(0);
        match &self.moved {
            Some(moved) => moved.real(ahead as f64),
            None => Duration::from_millis(ahead.unsigned_abs()),
        }
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
    fn a_moved_clock_stands_where_it_is_set_and_says_in_real_time_how_long_things_take() {
        let moved = MovedClock::at(Instant(1_000));
        let clock = Clock::moved(&moved);
        assert_eq!((clock.now(), clock.until(Instant(1_000))), (Instant(1_000), Duration::ZERO));
        assert!(clock.until(Instant(1_001)) > Duration::from_secs(1_000_000_000), "it stands");
        moved.set(Instant(2_000));
        assert_eq!(clock.now(), Instant(2_000));
        moved.run(8_640.0);
        assert!(clock.now() >= Instant(2_000));
        let day = clock.until(Instant(86_402_000));
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
