//! What the use cases need of the machine that they run on. The server brings it; here no clock is read and no thread
//! or task started.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use attractor_engine::time::Instant;
use jiff::tz::TimeZoneDatabase;
use tokio::select;
use tokio::sync::oneshot;

/// Work that may wait for a disk, the network or a lock.
pub type Work = Box<dyn FnOnce() + Send>;
/// Something that is done without anybody waiting for it.
pub type Task<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A time that passes.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// What time it is.
pub trait Time: Send + Sync {
    /// In whole milliseconds.
    fn now(&self) -> Instant;

    /// How long, in real time, until it shows an instant; nothing where it has passed.
    fn until(&self, instant: Instant) -> Duration;
}

/// Clocks, threads and tasks.
pub trait Machine: Time {
    /// Time that only goes forwards, from some moment on: durations are measured with it.
    fn running(&self) -> Duration;

    /// When days begin where.
    fn zones(&self) -> TimeZoneDatabase;

    /// How many threads can work at once; at least 1.
    fn processors(&self) -> usize;

    /// Does work on a thread of its own. Work that panics is dropped.
    fn work(&self, work: Work);

    /// Calls `piece` once for each number below `count`, on as many threads as can work at once, and waits for all of them.
    fn in_pieces(&self, count: usize, piece: &(dyn Fn(usize) + Sync));

    /// Does two things at once, `other` on a thread of its own, and waits for both. If `other` panics, it is dropped.
    fn beside(&self, other: &mut (dyn FnMut() + Send), own: &mut dyn FnMut());

    /// Goes on with a task until it ends.
    fn spawn(&self, task: Task<'static>);

    /// Ends after a time.
    fn sleep(&self, time: Duration) -> Sleep;

    /// Waits for a task, on a thread that may wait.
    fn block_on(&self, task: Task<'_>);
}

/// The machine, shared by all that need it.
#[derive(Clone)]
pub struct Host(Arc<dyn Machine>);

impl Host {
    pub fn new(machine: impl Machine + 'static) -> Host {
        Host(Arc::new(machine))
    }

    /// What work gives that is done on a thread of its own; `None` where it panicked.
    pub async fn done<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let (give, given) = oneshot::channel();
        // Who no longer waits for it wants it no more.
        self.0.work(Box::new(move || drop(give.send(work()))));
        given.await.ok()
    }

    /// What work gives of each item, in their order; it is done on as many threads as can work at once.
    pub fn each<T: Sync, R: Send>(&self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let done: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
        self.0.in_pieces(items.len(), &|place| {
            if let Some((item, done)) = items.get(place).zip(done.get(place)) {
                let result = work(item);
                *done.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
            }
        });
        done.into_iter().filter_map(|done| done.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
    }

    /// What two things give that are done at once, `other` on a thread of its own: `None` where that one panicked.
    pub fn beside<A: Send, B>(
        &self,
        other: impl FnOnce() -> A + Send,
        own: impl FnOnce() -> B,
    ) -> (Option<A>, Option<B>) {
        let (mut other, mut own) = (Some(other), Some(own));
        let (mut of_other, mut of_own) = (None, None);
        self.0.beside(&mut || of_other = other.take().map(|work| work()), &mut || {
            of_own = own.take().map(|work| work());
        });
        (of_other, of_own)
    }

    /// Goes on with a task until it ends, whoever waits for it.
    pub fn begin(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.0.spawn(Box::pin(task));
    }

    /// What a future gives, or `None` where it takes longer.
    pub async fn within<T>(&self, time: Duration, future: impl Future<Output = T>) -> Option<T> {
        select! {
            biased;
            done = future => Some(done),
            () = self.0.sleep(time) => None,
        }
    }

    pub fn stopwatch(&self) -> Stopwatch {
        Stopwatch { since: self.0.running(), host: self.clone() }
    }
}

impl std::ops::Deref for Host {
    type Target = dyn Machine;

    fn deref(&self) -> &(dyn Machine + 'static) {
        &*self.0
    }
}

/// Measures how long something takes, whatever the wall clock does meanwhile.
pub struct Stopwatch {
    since: Duration,
    host: Host,
}

impl Stopwatch {
    pub fn elapsed(&self) -> Duration {
        self.host.running().saturating_sub(self.since)
    }
}

#[cfg(test)]
pub mod testing {
    //! A machine for tests: clocks that stand still, and tokio's threads.

    use super::*;

    struct Still {
        running: Arc<Mutex<Duration>>,
    }
    impl Time for Still {
        fn now(&self) -> Instant {
            Instant(0)
        }

        fn until(&self, instant: Instant) -> Duration {
            Duration::from_millis(instant.0.max(0).unsigned_abs())
        }
    }

    impl Machine for Still {
        fn running(&self) -> Duration {
            *self.running.lock().unwrap_or_else(PoisonError::into_inner)
        }

        fn zones(&self) -> TimeZoneDatabase {
            TimeZoneDatabase::bundled()
        }

        fn processors(&self) -> usize {
            2
        }

        fn work(&self, work: Work) {
            tokio::task::spawn_blocking(work);
        }

        /// The last one first: whoever needs an order must not rely on this one.
        fn in_pieces(&self, count: usize, piece: &(dyn Fn(usize) + Sync)) {
            (0..count).rev().for_each(piece);
        }

        fn beside(&self, other: &mut (dyn FnMut() + Send), own: &mut dyn FnMut()) {
            own();
            other();
        }

        fn spawn(&self, task: Task<'static>) {
            tokio::spawn(task);
        }

        fn sleep(&self, time: Duration) -> Sleep {
            Box::pin(async move { tokio::time::sleep(time).await })
        }

        fn block_on(&self, task: Task<'_>) {
            tokio::runtime::Handle::current().block_on(task);
        }
    }

    pub fn host() -> Host {
        host_with_running_time().0
    }

    /// The same, and the time that it has been running, which the test sets.
    pub fn host_with_running_time() -> (Host, Arc<Mutex<Duration>>) {
        let running = Arc::new(Mutex::new(Duration::ZERO));
        (Host::new(Still { running: running.clone() }), running)
    }

    #[test]
    fn what_is_done_of_each_item_comes_in_their_order() {
        let none: [u32; 0] = [];
        assert_eq!(host().each(&none, |one| one * 2), none);
        assert_eq!(host().each(&[1, 2, 3], |one| one * 2), [2, 4, 6]);
        assert_eq!(host().beside(|| 1, || 2), (Some(1), Some(2)));
    }

    #[tokio::test]
    async fn work_that_panics_gives_nothing_and_what_takes_too_long_is_left() {
        let host = host();
        assert_eq!(host.done(|| 7).await, Some(7));
        assert_eq!(host.done(|| -> u8 { panic!("a fault") }).await, None);
        assert_eq!(host.within(Duration::from_secs(60), async { 7 }).await, Some(7));
        assert_eq!(host.within(Duration::ZERO, std::future::pending::<u8>()).await, None);
    }
}
