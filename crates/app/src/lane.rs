//! The way to the lane, the one writer: messages and jobs go in, and are answered after their commit.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;

use attractor_live::{Arrived, Lane, Taken};
use attractor_store::{Error, Kind, MoveNumber};
use tokio::sync::{oneshot, watch};

use crate::machine::Task;

/// What a sender hears.
pub type Answer = Result<Vec<Taken>, Turned>;

/// Why something was not done. Nothing of it was stored; messages that waited already when the store could no longer be
/// written to may be stored yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turned {
    /// Too much waits already.
    Busy,
    /// The store cannot be written to at present: why.
    Unwritable(String),
    /// The server stops.
    Stopped,
}

/// Why a worker beside the lane cannot go on now.
#[derive(Debug)]
pub enum Stop {
    /// The server stops.
    Stopped,
    /// Something failed that may pass; it is tried again later.
    Later(String),
}

impl From<Turned> for Stop {
    fn from(turned: Turned) -> Stop {
        match turned {
            Turned::Stopped => Stop::Stopped,
            Turned::Busy => Stop::Later("too much is waiting to be stored".into()),
            Turned::Unwritable(why) => Stop::Later(why),
        }
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        if error.kind == Kind::Fenced { Stop::Stopped } else { Stop::Later(error.to_string()) }
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        Stop::Later(error.to_string())
    }
}

/// Something to do with the lane, between two groups of messages.
pub type Job<L> = Box<dyn FnOnce(&mut L) + Send>;

/// Something that is waited for, unless the writer turns it away.
pub type Waiting<'a, T> = Pin<Box<dyn Future<Output = Result<T, Turned>> + Send + 'a>>;

/// What brings messages and jobs to the lane. The server has one, with a thread behind it.
pub trait Writer<L = Lane>: Send + Sync {
    /// Messages into the store. The answer, one for each, comes after the commit; or that the store cannot be written to,
    /// where that lasts: what came is stored all the same when it can, and known when it is sent again.
    fn take(&self, messages: Vec<Arrived>) -> Waiting<'_, Vec<Taken>>;

    /// Puts a job in. It is dropped, undone, where the writer ends before it.
    fn put_job(&self, job: Job<L>) -> Result<(), Turned>;

    /// Waits until `done` is ready, but not for a store that cannot be written to.
    fn wait<'a>(&'a self, done: Task<'a>) -> Waiting<'a, ()>;

    /// What waits is still done; nothing more comes in.
    fn stop(&self);

    /// Why nothing can be stored at present, where that is so.
    fn trouble(&self) -> Option<String>;
}

/// How requests and jobs reach the lane.
pub struct LaneHandle<L = Lane> {
    writer: Arc<dyn Writer<L>>,
    moved: watch::Receiver<MoveNumber>,
}

impl<L> Clone for LaneHandle<L> {
    fn clone(&self) -> LaneHandle<L> {
        LaneHandle { writer: self.writer.clone(), moved: self.moved.clone() }
    }
}

impl<L: 'static> LaneHandle<L> {
    /// `moved` has the number of the last move that is committed.
    pub fn new(writer: Arc<dyn Writer<L>>, moved: watch::Receiver<MoveNumber>) -> LaneHandle<L> {
        LaneHandle { writer, moved }
    }

    /// As `Writer::take`.
    pub async fn take(&self, messages: Vec<Arrived>) -> Answer {
        self.writer.take(messages).await
    }

    /// Something else with the lane, between two groups. Whoever has gone, or was told that nothing can be written, wants
    /// it no more.
    pub async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut L) -> T + Send + 'static) -> Result<T, Turned> {
        let (answer, mut heard) = oneshot::channel();
        let job = move |lane: &mut L| {
            if !answer.is_closed() {
                drop(answer.send(work(lane)));
            }
        };
        self.writer.put_job(Box::new(job))?;
        let mut done = None;
        self.writer.wait(Box::pin(async { done = (&mut heard).await.ok() })).await?;
        done.ok_or(Turned::Stopped)
    }

    /// The same for a thread that may wait.
    pub fn run_here<T: Send + 'static>(&self, work: impl FnOnce(&mut L) -> T + Send + 'static) -> Result<T, Turned> {
        let (answer, heard) = oneshot::channel();
        self.writer.put_job(Box::new(move |lane| drop(answer.send(work(lane)))))?;
        heard.blocking_recv().map_err(|_| Turned::Stopped)
    }

    /// The number of the last move that is committed: what streams and webhooks wait for.
    pub fn moves(&self) -> watch::Receiver<MoveNumber> {
        self.moved.clone()
    }

    /// What waits is still done; nothing more comes in.
    pub fn stop(&self) {
        self.writer.stop();
    }

    /// Why nothing can be stored at present, where that is so.
    pub fn trouble(&self) -> Option<String> {
        self.writer.trouble()
    }
}
