//! The one shape of what works beside requests: it does a piece, and says when it wants to go on.

use std::sync::Arc;
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use attractor_app::bell::Bell;

/// When a worker goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// At once: there is more to do.
    Now,
    /// After this time, or sooner when it is rung for.
    Within(Duration),
    /// After this time, whoever rings: what came before is worth waiting for, or something failed.
    After(Duration),
    /// When it is rung for.
    WhenRung,
    /// Never: its work is over.
    Done,
}

/// What works on a thread of its own.
pub trait Worker: Send + 'static {
    /// Does a piece. The error is why it cannot go on.
    fn piece(&mut self) -> Result<Next, String>;

    /// The last thing it does, after it was told to stop.
    fn end(&mut self) {}
}

/// What a worker waits at.
pub trait Waits: Send + Sync + 'static {
    /// Waits until somebody rings, the worker is to stop, or the time is over; without a time, for one of the others.
    fn wait(&self, at_most: Option<Duration>);

    /// Waits until the worker is to stop or the time is over.
    fn pause(&self, time: Duration);

    fn is_stopping(&self) -> bool;

    fn stop(&self);
}

impl Waits for Bell {
    fn wait(&self, at_most: Option<Duration>) {
        match at_most {
            Some(time) => self.wait_at_most(time),
            None => Bell::wait(self),
        }
    }

    fn pause(&self, time: Duration) {
        self.rest(time);
    }

    fn is_stopping(&self) -> bool {
        Bell::is_stopping(self)
    }

    fn stop(&self) {
        Bell::stop(self);
    }
}

/// A worker's thread. It gives back why the worker could not go on.
pub struct Thread {
    name: &'static str,
    waits: Arc<dyn Waits>,
    handle: JoinHandle<Result<(), String>>,
}

impl Thread {
    pub fn start(name: &'static str, waits: Arc<dyn Waits>, worker: impl Worker) -> std::io::Result<Thread> {
        let at = waits.clone();
        let handle = Builder::new().name(name.into()).spawn(move || work(&*at, worker))?;
        Ok(Thread { name, waits, handle })
    }

    /// Tells the worker to stop and waits for its end; the error is why it could not go on.
    pub fn end(self) -> Result<(), String> {
        self.waits.stop();
        self.join()
    }

    /// Waits for its end.
    pub fn join(self) -> Result<(), String> {
        let name = self.name;
        let failed = |_| Err(format!("the thread `{name}` has failed; please report what it said"));
        self.handle.join().unwrap_or_else(failed)
    }
}

/// Piece after piece, until the worker is done. One that is told to stop goes on while there is more to do: what came in
/// before it was told is not left.
fn work(waits: &dyn Waits, mut worker: impl Worker) -> Result<(), String> {
    loop {
        let was_stopping = waits.is_stopping();
        match worker.piece()? {
            Next::Now => continue,
            Next::Done => break,
            _ if was_stopping => break,
            Next::Within(time) => waits.wait(Some(time)),
            Next::After(time) => waits.pause(time),
            Next::WhenRung => waits.wait(None),
        }
    }
    worker.end();
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;

    struct Scripted {
        pieces: Vec<Result<Next, String>>,
        done: Sender<usize>,
    }

    impl Worker for Scripted {
        fn piece(&mut self) -> Result<Next, String> {
            let next = self.pieces.remove(0);
            self.done.send(self.pieces.len()).unwrap();
            next
        }

        fn end(&mut self) {
            self.done.send(100).unwrap();
        }
    }

    fn start(pieces: Vec<Result<Next, String>>) -> (Arc<Bell>, Thread, Receiver<usize>) {
        let (bell, (done, heard)) = (Arc::new(Bell::default()), channel());
        let thread = Thread::start("scripted", bell.clone(), Scripted { pieces, done }).unwrap();
        (bell, thread, heard)
    }

    const LONG: Duration = Duration::from_secs(600);

    #[test]
    fn a_worker_goes_on_at_once_when_rung_or_after_a_time() {
        let short = Next::After(Duration::from_millis(1));
        let (bell, thread, heard) =
            start(vec![Ok(Next::Now), Ok(short), Ok(Next::WhenRung), Ok(Next::Within(LONG)), Ok(Next::Done)]);
        assert_eq!((heard.recv(), heard.recv(), heard.recv()), (Ok(4), Ok(3), Ok(2)));
        bell.ring();
        assert_eq!(heard.recv(), Ok(1));
        bell.ring();
        assert_eq!((heard.recv(), heard.recv()), (Ok(0), Ok(100)));
        assert_eq!(thread.join(), Ok(()));
    }

    #[test]
    fn a_worker_that_is_told_to_stop_finishes_what_it_can_do_and_says_farewell() {
        let (_bell, thread, heard) = start(vec![Ok(Next::After(LONG)), Ok(Next::Now), Ok(Next::WhenRung)]);
        assert_eq!(heard.recv(), Ok(2));
        assert_eq!(thread.end(), Ok(()));
        assert_eq!(heard.iter().collect::<Vec<_>>(), [1, 0, 100]);
    }

    #[test]
    fn why_a_worker_cannot_go_on_is_given_back() {
        let (_bell, thread, heard) = start(vec![Err("the disk is gone".into())]);
        assert_eq!(thread.join(), Err("the disk is gone".into()));
        assert_eq!(heard.iter().collect::<Vec<_>>(), [0]);
        // The script is over: a fault.
        let (_bell, thread, _heard) = start(vec![]);
        assert!(thread.join().unwrap_err().contains("`scripted` has failed"));
    }
}
