//! What waits for the lane's thread: messages in requests, and jobs. It is bounded by messages, and nobody polls it.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use attractor_live::{Arrived, Taken};
use tokio::sync::oneshot;

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

/// The messages of one request, in order.
pub struct Request {
    pub messages: Vec<Arrived>,
    pub answer: oneshot::Sender<Answer>,
}

impl Request {
    fn bytes(&self) -> usize {
        self.messages.iter().map(|message| message.json.len()).sum()
    }
}

/// Something else to do with the lane, between groups.
pub type Job<L> = Box<dyn FnOnce(&mut L) + Send>;

/// How much of the queue goes into one group.
#[derive(Clone, Copy)]
pub struct GroupLimits {
    pub messages: usize,
    pub bytes: usize,
}

pub struct Inbox<L> {
    state: Mutex<State<L>>,
    changed: Condvar,
    /// Messages that may wait.
    length: usize,
}

struct State<L> {
    requests: VecDeque<Request>,
    jobs: VecDeque<Job<L>>,
    /// Messages in `requests`.
    waiting: usize,
    trouble: Option<String>,
    stopping: bool,
    /// Nobody takes anything out any more.
    closed: bool,
}

impl<L> Inbox<L> {
    pub fn new(length: usize) -> Inbox<L> {
        let state = State {
            requests: VecDeque::new(),
            jobs: VecDeque::new(),
            waiting: 0,
            trouble: None,
            stopping: false,
            closed: false,
        };
        Inbox { state: Mutex::new(state), changed: Condvar::new(), length }
    }

    fn state(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a request in. One that is larger than the whole queue still goes into an empty one.
    pub fn put(&self, request: Request) -> Result<(), Turned> {
        let mut state = self.state();
        state.open()?;
        let count = request.messages.len();
        if state.waiting > 0 && state.waiting + count > self.length {
            return Err(Turned::Busy);
        }
        state.waiting += count;
        metrics::gauge!("attractor_queue_messages").set(state.waiting as f64);
        state.requests.push_back(request);
        self.changed.notify_all();
        Ok(())
    }

    pub fn put_job(&self, job: Job<L>) -> Result<(), Turned> {
        let mut state = self.state();
        state.open()?;
        state.jobs.push_back(job);
        self.changed.notify_all();
        Ok(())
    }

    /// Whatever waits, up to the limits, at least one request where there is one. Waits for nothing.
    pub fn group(&self, limits: GroupLimits) -> Vec<Request> {
        let mut state = self.state();
        let (mut messages, mut bytes) = (0, 0);
        let mut group = Vec::new();
        while let Some(next) = state.requests.front() {
            messages += next.messages.len();
            bytes += next.bytes();
            if !group.is_empty() && (messages > limits.messages || bytes > limits.bytes) {
                break;
            }
            state.waiting -= next.messages.len();
            group.extend(state.requests.pop_front());
        }
        metrics::gauge!("attractor_queue_messages").set(state.waiting as f64);
        group
    }

    pub fn jobs(&self) -> VecDeque<Job<L>> {
        std::mem::take(&mut self.state().jobs)
    }

    /// Sleeps until something waits, the server stops, or the time is over; for good where no time is given.
    pub fn sleep(&self, at_most: Option<Duration>) {
        let idle = |state: &mut State<L>| !state.stopping && state.requests.is_empty() && state.jobs.is_empty();
        self.sleep_while(at_most, idle);
    }

    /// Sleeps until the server stops or the time is over.
    pub fn sleep_unless_stopping(&self, at_most: Duration) {
        self.sleep_while(Some(at_most), |state| !state.stopping);
    }

    fn sleep_while(&self, at_most: Option<Duration>, idle: impl FnMut(&mut State<L>) -> bool) {
        let state = self.state();
        match at_most {
            Some(time) => drop(self.changed.wait_timeout_while(state, time, idle)),
            None => drop(self.changed.wait_while(state, idle)),
        }
    }

    /// What waits is still done; nothing more comes in.
    pub fn stop(&self) {
        self.state().stopping = true;
        self.changed.notify_all();
    }

    pub fn is_stopping(&self) -> bool {
        self.state().stopping
    }

    /// Nothing is done any more; who waits hears so, because what answers it goes.
    pub fn close(&self) {
        let mut state = self.state();
        state.stopping = true;
        state.closed = true;
        state.waiting = 0;
        state.requests.clear();
        state.jobs.clear();
    }

    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// How many messages wait.
    pub fn waiting(&self) -> usize {
        self.state().waiting
    }

    /// Why the store cannot be written to, where it cannot.
    pub fn trouble(&self) -> Option<String> {
        self.state().trouble.clone()
    }

    /// Returns what it was before.
    pub fn set_trouble(&self, trouble: Option<String>) -> Option<String> {
        std::mem::replace(&mut self.state().trouble, trouble)
    }
}

impl<L> State<L> {
    fn open(&self) -> Result<(), Turned> {
        match &self.trouble {
            _ if self.stopping => Err(Turned::Stopped),
            Some(why) => Err(Turned::Unwritable(why.clone())),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: GroupLimits = GroupLimits { messages: 3, bytes: 100 };

    fn request(count: usize, bytes: usize) -> (Request, oneshot::Receiver<Answer>) {
        let message = Arrived {
            json: "x".repeat(bytes),
            received_at: Default::default(),
            origin: String::new(),
            fills: Default::default(),
        };
        let (answer, heard) = oneshot::channel();
        (Request { messages: vec![message; count], answer }, heard)
    }

    fn inbox_with(sizes: &[(usize, usize)]) -> Inbox<()> {
        let inbox = Inbox::new(5);
        for (count, bytes) in sizes {
            inbox.put(request(*count, *bytes).0).unwrap();
        }
        inbox
    }

    fn groups(inbox: &Inbox<()>) -> Vec<usize> {
        std::iter::from_fn(|| Some(inbox.group(LIMITS)).filter(|group| !group.is_empty()))
            .map(|group| group.iter().map(|request| request.messages.len()).sum())
            .collect()
    }

    #[test]
    fn a_group_is_what_waits_within_its_limits() {
        assert_eq!(groups(&inbox_with(&[(1, 1), (1, 1), (1, 1), (1, 1)])), [3, 1], "by messages");
        assert_eq!(groups(&inbox_with(&[(1, 60), (1, 60)])), [1, 1], "by bytes");
        assert_eq!(groups(&inbox_with(&[(4, 60)])), [4], "one request is never cut");
        assert_eq!(groups(&inbox_with(&[])), [0; 0]);
    }

    #[test]
    fn a_full_inbox_is_busy_and_a_stopping_one_takes_no_more() {
        let inbox = inbox_with(&[(4, 1)]);
        assert_eq!(inbox.put(request(2, 1).0), Err(Turned::Busy));
        inbox.put(request(1, 1).0).unwrap();
        assert_eq!(groups(&inbox), [4, 1]);
        inbox.put(request(9, 1).0).unwrap();
        inbox.set_trouble(Some("disk full".into()));
        assert_eq!(inbox.put(request(1, 1).0), Err(Turned::Unwritable("disk full".into())));
        inbox.stop();
        assert_eq!(inbox.put(request(1, 1).0), Err(Turned::Stopped));
        assert_eq!(groups(&inbox), [9], "what waits is still done");
    }

    #[test]
    fn who_waits_in_a_closed_inbox_hears_so() {
        let inbox: Inbox<()> = Inbox::new(5);
        let (request, mut heard) = request(1, 1);
        inbox.put(request).unwrap();
        inbox.close();
        assert_eq!(heard.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
