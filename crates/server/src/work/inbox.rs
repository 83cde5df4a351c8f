//! What waits for the lane's thread: messages in requests, and jobs. It is bounded by messages and by bytes, and nobody
//! polls it. Senders take turns: each has a queue of its own, and what waits in it takes no more than half of all room, unless it is a single request.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use attractor_app::lane::{Answer, Job, Turned, Waiting, Writer};
use attractor_app::machine::Task;
use attractor_live::{Arrived, Taken};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::affordable::Cost;
use super::room::GroupLimits;
use super::turns::{Portion, Senders};
use crate::clock::Stopwatch;

/// How long requests wait at least where the store cannot be written to: a connection is opened anew in less.
const PATIENCE: Duration = Duration::from_secs(1);

/// The messages of one request, in order.
pub struct Request {
    pub messages: Vec<Arrived>,
    pub answer: oneshot::Sender<Answer>,
}

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    pub messages: usize,
    pub bytes: usize,
}

/// A request that is being stored, perhaps in several groups.
struct Open {
    answer: oneshot::Sender<Answer>,
    taken: Vec<Taken>,
    messages: usize,
}

pub struct Inbox<L> {
    state: Mutex<State<L>>,
    changed: Condvar,
    capacity: Capacity,
    /// Runs since it was made.
    time: Stopwatch,
}

struct State<L> {
    senders: Senders,
    /// By number.
    open: BTreeMap<u64, Open>,
    /// The number of the last request.
    last: u64,
    jobs: VecDeque<Job<L>>,
    trouble: Option<String>,
    stopping: bool,
    /// Nobody takes anything out any more.
    closed: bool,
}

impl<L> Inbox<L> {
    pub fn new(capacity: Capacity) -> Inbox<L> {
        let state = State {
            senders: Senders::default(),
            open: BTreeMap::new(),
            last: 0,
            jobs: VecDeque::new(),
            trouble: None,
            stopping: false,
            closed: false,
        };
        Inbox { state: Mutex::new(state), changed: Condvar::new(), capacity, time: Stopwatch::start() }
    }

    fn state(&self) -> MutexGuard<'_, State<L>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a request in. One that is larger than all that may wait still goes in where nothing waits.
    pub fn put(&self, request: Request) -> Result<(), Turned> {
        let mut state = self.state();
        state.open()?;
        let Request { messages, answer } = request;
        if !state.senders.has_room(&messages, self.capacity) {
            return Err(Turned::Busy);
        }
        state.last += 1;
        let number = state.last;
        state.open.insert(number, Open { answer, taken: Vec::new(), messages: messages.len() });
        state.senders.put(number, messages);
        state.show();
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

    /// Whatever waits and has its turn, up to the limits, at least one message where there is one. Waits for nothing.
    pub fn group(&self, limits: GroupLimits) -> Vec<Portion> {
        let mut state = self.state();
        // A stop does what waits, and waits for nobody's rest.
        let now = if state.stopping { Duration::MAX } else { self.time.elapsed() };
        // Whoever waits for a job waits for the group before it.
        let alone = if state.jobs.is_empty() { limits.alone } else { limits.messages };
        let group = state.senders.group(GroupLimits { alone, ..limits }, now);
        state.show();
        group
    }

    /// What became of a portion. A request is answered when all of it is stored.
    pub fn done(&self, request: u64, taken: Vec<Taken>) {
        let mut state = self.state();
        let Some(open) = state.open.get_mut(&request) else { return };
        open.taken.extend(taken);
        if open.taken.len() >= open.messages
            && let Some(open) = state.open.remove(&request)
        {
            // Who no longer waits for the answer will send again, and then it is known.
            let _ = open.answer.send(Ok(open.taken));
        }
    }

    /// What a group cost beside what it may cost: its senders, each with how many messages it had, get more or less at their
    /// next turns.
    pub fn cost(&self, counts: &BTreeMap<String, usize>, cost: Cost) {
        self.state().senders.cost(counts, cost);
    }

    /// How long it has been there.
    pub fn time(&self) -> Duration {
        self.time.elapsed()
    }

    /// Nothing of a group was stored, because it was too much work: it waits again, in smaller portions.
    pub fn put_back(&self, group: Vec<Portion>, took: Duration) {
        let at = self.time.elapsed();
        self.state().senders.put_back(group, took, at);
    }

    pub fn jobs(&self) -> VecDeque<Job<L>> {
        std::mem::take(&mut self.state().jobs)
    }

    /// Sleeps until somebody has a turn, the server stops, or the time is over; for good where no time is given and nothing
    /// waits.
    pub fn sleep(&self, at_most: Option<Duration>) {
        let rest = self.state().senders.rest(self.time.elapsed());
        let at_most = at_most.into_iter().chain(rest).min();
        let idle = |state: &mut State<L>| {
            let has_turn = state.senders.rest(self.time.elapsed()).is_some_and(|rest| rest.is_zero());
            !state.stopping && !has_turn && state.jobs.is_empty()
        };
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
        state.senders = Senders::default();
        state.open.clear();
        state.jobs.clear();
    }

    pub fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// How many messages wait.
    pub fn waiting(&self) -> usize {
        self.state().senders.messages()
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

    fn show(&self) {
        metrics::gauge!("attractor_queue_messages").set(self.senders.messages() as f64);
        metrics::gauge!("attractor_queue_bytes").set(self.senders.bytes() as f64);
    }
}

impl<L: 'static> Writer<L> for Inbox<L> {
    fn take(&self, messages: Vec<Arrived>) -> Waiting<'_, Vec<Taken>> {
        Box::pin(async move {
            let (answer, heard) = oneshot::channel();
            self.put(Request { messages, answer })?;
            self.patiently(heard).await?.map_err(|_| Turned::Stopped)?
        })
    }

    fn put_job(&self, job: Job<L>) -> Result<(), Turned> {
        Inbox::put_job(self, job)
    }

    fn wait<'a>(&'a self, done: Task<'a>) -> Waiting<'a, ()> {
        Box::pin(self.patiently(done))
    }

    fn stop(&self) {
        Inbox::stop(self);
    }

    fn trouble(&self) -> Option<String> {
        if self.is_closed() { Some("the writing thread has ended".into()) } else { Inbox::trouble(self) }
    }
}

impl<L> Inbox<L> {
    /// Waits for something, but not for a store that cannot be written to.
    async fn patiently<T>(&self, mut done: impl Future<Output = T> + Unpin) -> Result<T, Turned> {
        loop {
            match timeout(PATIENCE, &mut done).await {
                Ok(done) => return Ok(done),
                Err(_) => Inbox::trouble(self).map_or(Ok(()), |why| Err(Turned::Unwritable(why)))?,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::work::turns::counts;

    const LIMITS: GroupLimits = GroupLimits { messages: 3, alone: 3, bytes: 2_000 };

    fn request(count: usize, bytes: usize) -> (Request, oneshot::Receiver<Answer>) {
        request_of("key:1", count, bytes)
    }

    fn request_of(origin: &str, count: usize, bytes: usize) -> (Request, oneshot::Receiver<Answer>) {
        let message = Arrived {
            json: "x".repeat(bytes),
            received_at: Default::default(),
            origin: origin.to_owned(),
            fills: Default::default(),
        };
        let (answer, heard) = oneshot::channel();
        (Request { messages: vec![message; count], answer }, heard)
    }

    fn inbox() -> Inbox<()> {
        Inbox::new(Capacity { messages: 10, bytes: 100_000 })
    }

    fn groups(inbox: &Inbox<()>) -> Vec<usize> {
        std::iter::from_fn(|| Some(inbox.group(LIMITS)).filter(|group| !group.is_empty()))
            .map(|group| group.iter().map(|portion| portion.messages.len()).sum())
            .collect()
    }

    #[test]
    fn a_request_is_answered_when_all_of_it_is_stored() {
        let inbox = inbox();
        let (request, mut heard) = request(4, 1);
        inbox.put(request).unwrap();
        let first = inbox.group(LIMITS);
        assert_eq!(first[0].messages.len(), 3);
        inbox.done(first[0].request, vec![Taken::Repeated; 3]);
        assert_eq!(heard.try_recv(), Err(oneshot::error::TryRecvError::Empty));
        let second = inbox.group(LIMITS);
        inbox.done(second[0].request, vec![Taken::New { lead: attractor_store::LeadId(1) }]);
        let taken = heard.try_recv().unwrap().unwrap();
        assert_eq!(
            taken,
            [Taken::Repeated, Taken::Repeated, Taken::Repeated, Taken::New { lead: attractor_store::LeadId(1) }],
            "in their order"
        );
    }

    #[test]
    fn a_full_inbox_is_busy_and_a_stopping_one_takes_no_more() {
        let inbox = inbox();
        inbox.put(request(4, 1).0).unwrap();
        assert_eq!(inbox.put(request(2, 1).0), Err(Turned::Busy), "one sender takes half of the room");
        inbox.put(request(1, 1).0).unwrap();
        inbox.put(request_of("key:2", 5, 1).0).unwrap();
        assert_eq!(inbox.put(request_of("key:3", 1, 1).0), Err(Turned::Busy), "all of it is taken");
        assert_eq!(groups(&inbox).iter().sum::<usize>(), 10);
        inbox.put(request(30, 1).0).unwrap();
        inbox.set_trouble(Some("disk full".into()));
        assert_eq!(inbox.put(request(1, 1).0), Err(Turned::Unwritable("disk full".into())));
        inbox.stop();
        assert_eq!(inbox.put(request(1, 1).0), Err(Turned::Stopped));
        assert_eq!(groups(&inbox), [3; 10], "what waits is still done, in portions");
    }

    #[test]
    fn an_inbox_is_full_by_bytes_too() {
        let inbox = inbox();
        inbox.put(request(2, 20_000).0).unwrap();
        assert_eq!(inbox.put(request(1, 20_000).0), Err(Turned::Busy), "of one sender");
        inbox.put(request_of("key:2", 2, 20_000).0).unwrap();
        assert_eq!(inbox.put(request_of("key:3", 1, 30_000).0), Err(Turned::Busy), "of all");
        inbox.group(GroupLimits { messages: 9, alone: 9, bytes: 1 << 20 });
        inbox.put(request_of("key:3", 1, 30_000).0).unwrap();
        inbox.put(request_of("key:4", 1, 60_000).0).unwrap();
    }

    #[test]
    fn whoever_waits_for_a_job_waits_for_a_small_group_alone() {
        let limits = GroupLimits { messages: 2, alone: 4, bytes: 2_000 };
        let inbox: Inbox<()> = Inbox::new(Capacity { messages: 100, bytes: 100_000 });
        let cost =
            Cost { work: 1, budget: 100, messages: 2, uncut: 0, took: Duration::ZERO, at: Duration::from_secs(1) };
        inbox.put(request(40, 1).0).unwrap();
        let next = || {
            let group = inbox.group(limits);
            inbox.cost(&counts(&group), cost);
            group.iter().map(|portion| portion.messages.len()).sum::<usize>()
        };
        assert_eq!([next(), next()], [2, 4]);
        inbox.put_job(Box::new(|_: &mut ()| ())).unwrap();
        assert_eq!(next(), 2);
        assert_eq!(inbox.jobs().len(), 1);
        assert_eq!(next(), 4);
    }

    #[test]
    fn who_waits_in_a_closed_inbox_hears_so() {
        let inbox = inbox();
        let (request, mut heard) = request(1, 1);
        inbox.put(request).unwrap();
        inbox.close();
        assert_eq!(heard.try_recv(), Err(oneshot::error::TryRecvError::Closed));
    }
}
