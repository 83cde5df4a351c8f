//! The machine that the use cases run on: its clocks, and the threads and tasks of the runtime.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use attractor_app::machine::{Host, Machine, Sleep, Task, Time, Work};
use attractor_engine::time::Instant;
use jiff::tz::TimeZoneDatabase;
use tokio::runtime::Handle;

use crate::clock::{self, Clock, Stopwatch};

/// This machine, for the use cases.
pub fn host() -> Host {
    Host::new(Here::default())
}

/// This machine. Its wall clock never goes back by less than a minute.
struct Here {
    clock: Clock,
    since: Stopwatch,
}

impl Default for Here {
    fn default() -> Here {
        Here { clock: Clock::default(), since: Stopwatch::start() }
    }
}

impl Time for Here {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn until(&self, instant: Instant) -> Duration {
        self.clock.until(instant)
    }
}

impl Machine for Here {
    fn running(&self) -> Duration {
        self.since.elapsed()
    }

    fn zones(&self) -> TimeZoneDatabase {
        clock::zones()
    }

    fn processors(&self) -> usize {
        thread::available_parallelism().map_or(1, usize::from)
    }

    /// On a thread of the runtime's; outside of a runtime, on a new one.
    fn work(&self, work: Work) {
        match Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn_blocking(work)),
            Err(_) => drop(thread::spawn(work)),
        }
    }

    fn in_pieces(&self, count: usize, piece: &(dyn Fn(usize) + Sync)) {
        let next = AtomicUsize::new(0);
        let go_on = || {
            while let Some(place) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|place| *place < count) {
                piece(place);
            }
        };
        thread::scope(|scope| {
            for _ in 1..self.processors().min(count) {
                // Where the system starts no more threads, this one does all of it.
                drop(thread::Builder::new().spawn_scoped(scope, go_on));
            }
            go_on();
        });
    }

    fn beside(&self, other: &mut (dyn FnMut() + Send), own: &mut dyn FnMut()) {
        let ended = thread::scope(|scope| {
            let started = thread::Builder::new().spawn_scoped(scope, &mut *other);
            own();
            started.map(|thread| thread.join().is_ok())
        });
        // The system starts no more threads.
        if ended.is_err() {
            other();
        }
    }

    fn spawn(&self, task: Task<'static>) {
        tokio::spawn(task);
    }

    fn sleep(&self, time: Duration) -> Sleep {
        Box::pin(async move { tokio::time::sleep(time).await })
    }

    fn block_on(&self, task: Task<'_>) {
        Handle::current().block_on(task);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Barrier, Mutex};

    use super::*;

    #[test]
    fn two_things_are_done_at_once() {
        let here = Barrier::new(2);
        let wait = || here.wait().is_leader();
        let (other, own) = host().beside(wait, wait);
        assert!(other.is_some() && own.is_some() && other != own, "one of both came last");
        let panics = || -> u8 { panic!("a fault") };
        assert_eq!(host().beside(panics, || 7), (None, Some(7)), "what the other one gives is not lost");
    }

    #[test]
    fn each_piece_is_done_once() {
        for count in [0, 1, 2, 1_000] {
            let done = Mutex::new(vec![0; count]);
            host().in_pieces(count, &|place| done.lock().unwrap()[place] += 1);
            assert!(done.into_inner().unwrap().iter().all(|times| *times == 1), "{count}");
        }
    }
}
