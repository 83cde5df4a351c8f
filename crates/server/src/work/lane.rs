//! The lane's thread: the one writer. It takes what waits in groups, commits each, and only then acknowledges; does jobs
//! and wake-ups in turn with them, and background work when nothing else is to do and in every other turn when there is. With
//! nothing due it sleeps.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use attractor_app::bell::Bell;
use attractor_app::figures;
use attractor_app::lane::LaneHandle;
use attractor_app::machine::Time;
use attractor_engine::time::Instant;
pub use attractor_live::Lane;
use attractor_live::{Arrived, Effort, Taken, Unreadable};
use attractor_store::copies::Rank;
use attractor_store::{Error, Kind, MoveNumber};
use tokio::sync::watch;

use super::affordable::Cost;
use super::inbox::Inbox;
use super::room::GroupLimits;
use super::turns::{Portion, counts};
use super::worker::{Next, Thread, Waits, Worker};
use crate::clock::Stopwatch;

/// Others wait while a group is stored. Twice as many messages a group are stored a tenth faster, and still within a
/// fifteenth of a second.
const GROUP: GroupLimits = GroupLimits { messages: 250, alone: 500, bytes: 1 << 20 };
/// How much work a group of `GROUP.messages` may be, in the units of `Effort::units`: about a thirtieth of a second's. Who
/// makes more work gets smaller portions, and others their turns in between.
const BUDGET: u64 = 4_000;
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The wall clock may be set ahead while the thread sleeps: it looks at it this often while a wake-up is planned.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// What the thread asks of a lane. The instants are milliseconds since 1970.
pub trait Loop: Send + 'static {
    /// One transaction. An error: nothing of it is stored, unless the commit itself was lost; then all of it may be.
    fn take(&mut self, messages: &[Arrived], now: Instant) -> Result<Vec<Taken>, Error>;
    /// One group of what is due; 0: nothing is.
    fn wake(&mut self, now: Instant) -> Result<usize, Error>;
    fn next_wake(&mut self) -> Result<Option<Instant>, Error>;
    /// A slice of what can wait; false: nothing is left.
    fn background(&mut self, now: Instant) -> Result<bool, Error>;
    /// The number of the last move noted.
    fn last_move(&self) -> MoveNumber {
        MoveNumber::START
    }
    /// Whether another process has been seen to have taken the store over.
    fn is_fenced(&self) -> bool {
        false
    }
    /// What it has done so far.
    fn effort(&self) -> Effort {
        Effort::default()
    }
    /// By rank, when the earliest of the copies is due that wait since the last call; `None` where that is not known.
    fn take_due(&mut self) -> Option<BTreeMap<Rank, Instant>> {
        Some(BTreeMap::new())
    }
    /// What of the store could not be read since the last call.
    fn take_unreadable(&mut self) -> Vec<Unreadable> {
        Vec::new()
    }
}

impl Loop for Lane {
    fn take(&mut self, messages: &[Arrived], now: Instant) -> Result<Vec<Taken>, Error> {
        Lane::take(self, messages, now)
    }

    fn wake(&mut self, now: Instant) -> Result<usize, Error> {
        Lane::wake(self, now)
    }

    fn next_wake(&mut self) -> Result<Option<Instant>, Error> {
        Lane::next_wake(self)
    }

    fn background(&mut self, now: Instant) -> Result<bool, Error> {
        let is_left = Lane::background(self, now)?;
        figures::carried_over(self.take_carried());
        Ok(is_left)
    }

    fn last_move(&self) -> MoveNumber {
        Lane::last_move(self)
    }

    fn is_fenced(&self) -> bool {
        Lane::is_fenced(self)
    }

    fn effort(&self) -> Effort {
        Lane::effort(self)
    }

    fn take_due(&mut self) -> Option<BTreeMap<Rank, Instant>> {
        Lane::take_due(self)
    }

    fn take_unreadable(&mut self) -> Vec<Unreadable> {
        Lane::take_unreadable(self)
    }
}

/// What rings when the lane has done something.
#[derive(Clone, Default)]
pub struct Bells {
    /// Something was written.
    pub written: Arc<Bell>,
    /// Copies of e-mails may wait that did not before.
    pub copies: Arc<Bell>,
}

/// Starts the thread, which takes what waits in `inbox`; `ended` is called when it ends, however it does.
pub fn start<L: Loop>(
    lane: L,
    clock: Arc<dyn Time>,
    inbox: Arc<Inbox<L>>,
    bells: Bells,
    ended: impl FnOnce() + Send + 'static,
) -> std::io::Result<(LaneHandle<L>, Thread)> {
    let (moved, following) = watch::channel(lane.last_move());
    let handle = LaneHandle::new(inbox.clone(), following);
    let turns = LaneThread::new(lane, inbox.clone(), clock, moved, bells, ended);
    Ok((handle, Thread::start("lane", inbox, turns)?))
}

/// Closes the inbox however the thread ends, by a panic too.
struct Closing<L> {
    inbox: Arc<Inbox<L>>,
    ended: Option<Box<dyn FnOnce() + Send>>,
}

impl<L> Drop for Closing<L> {
    fn drop(&mut self) {
        self.inbox.close();
        if let Some(ended) = self.ended.take() {
            ended();
        }
    }
}

/// Why the thread cannot go on.
enum End {
    /// It was told to stop while the store could not be written to.
    Stopped,
    Fatal(String),
}

struct LaneThread<L> {
    lane: L,
    inbox: Arc<Inbox<L>>,
    clock: Arc<dyn Time>,
    /// Who follows moves hears of them here, after their commit.
    moved: watch::Sender<MoveNumber>,
    bells: Bells,
    has_background: bool,
    odd: bool,
    /// Since an error that does not pass, what is due by itself rests; messages do not. The wall clock may be set meanwhile.
    rests: Option<Stopwatch>,
    /// The last to go: who is told of the end finds the store closed.
    _closing: Closing<L>,
}

impl<L: Loop> Worker for LaneThread<L> {
    fn piece(&mut self) -> Result<Next, String> {
        match self.turn() {
            Ok(next) => Ok(next),
            Err(End::Stopped) => Ok(Next::Done),
            Err(End::Fatal(why)) => Err(why),
        }
    }
}

impl<L: Send + 'static> Waits for Inbox<L> {
    fn wait(&self, at_most: Option<Duration>) {
        self.sleep(at_most);
    }

    fn pause(&self, time: Duration) {
        self.sleep_unless_stopping(time);
    }

    fn is_stopping(&self) -> bool {
        Inbox::is_stopping(self)
    }

    fn stop(&self) {
        Inbox::stop(self);
    }
}

impl<L: Loop> LaneThread<L> {
    fn new(
        lane: L,
        inbox: Arc<Inbox<L>>,
        clock: Arc<dyn Time>,
        moved: watch::Sender<MoveNumber>,
        bells: Bells,
        ended: impl FnOnce() + Send + 'static,
    ) -> LaneThread<L> {
        let closing = Closing { inbox: inbox.clone(), ended: Some(Box::new(ended)) };
        LaneThread {
            lane,
            inbox,
            clock,
            moved,
            bells,
            has_background: true,
            odd: false,
            rests: None,
            _closing: closing,
        }
    }

    /// One turn: a group, the jobs, a group of wake-ups, a slice of the background.
    fn turn(&mut self) -> Result<Next, End> {
        let group = self.inbox.group(GROUP);
        let had_group = !group.is_empty();
        self.store(group)?;
        let had_jobs = self.jobs();
        // A job's error goes to whoever wanted it.
        if self.lane.is_fenced() {
            return Err(End::Fatal("another server has taken over this database; this one stops".into()));
        }
        if self.inbox.is_stopping() {
            // Wake-ups and background work are found again at the next start.
            return Ok(if had_group || had_jobs { Next::Now } else { Next::Done });
        }
        let had_wakes = self.wakes()?;
        let had_background = self.background(had_group || had_wakes)?;
        self.tell();
        if had_group || had_jobs || had_wakes || had_background {
            self.bells.written.ring();
            return Ok(Next::Now);
        }
        self.idle()
    }

    fn tell(&mut self) {
        figures::unreadable(&self.lane.take_unreadable());
        if self.lane.take_due().is_none_or(|due| !due.is_empty()) {
            self.bells.copies.ring();
        }
        let last = self.lane.last_move();
        self.moved.send_if_modified(|told| {
            let before = std::mem::replace(told, last);
            metrics::counter!("attractor_moves_total").increment(last.since(before).unsigned_abs());
            last != before
        });
    }

    /// When there is something to do again.
    fn idle(&mut self) -> Result<Next, End> {
        let next = if self.rests() { None } else { self.passing(|lane, _| lane.next_wake())?.flatten() };
        Ok(match (&self.rests, next) {
            (Some(rest), _) => Next::Within(LONGEST_PAUSE.saturating_sub(rest.elapsed())),
            (None, Some(next)) => Next::Within(self.clock.until(next).min(LONGEST_SLEEP)),
            (None, None) => Next::WhenRung,
        })
    }

    /// A slice of the background: in each turn that has nothing else, and in every other one that has.
    fn background(&mut self, is_busy: bool) -> Result<bool, End> {
        self.odd = !self.odd;
        if !self.has_background || is_busy && self.odd || self.rests() {
            return Ok(false);
        }
        let Some(is_left) = self.passing(|lane, now| lane.background(now))? else { return Ok(false) };
        self.has_background = is_left;
        Ok(is_left)
    }

    fn rests(&mut self) -> bool {
        self.rests.take_if(|rest| rest.elapsed() >= LONGEST_PAUSE);
        self.rests.is_some()
    }

    fn jobs(&mut self) -> bool {
        let jobs = self.inbox.jobs();
        let any = !jobs.is_empty();
        for job in jobs {
            job(&mut self.lane);
        }
        // A job may have left something to do, such as a new version.
        self.has_background |= any;
        any
    }

    fn wakes(&mut self) -> Result<bool, End> {
        if self.rests() {
            return Ok(false);
        }
        let now = self.clock.now();
        let Some(Some(due)) = self.passing(|lane, _| lane.next_wake())? else { return Ok(false) };
        if due > now {
            return Ok(false);
        }
        let late = now.0.saturating_sub(due.0) as f64 / 1_000.0;
        metrics::histogram!("attractor_wake_lateness_seconds").record(late);
        let woken = self.passing(|lane, now| lane.wake(now))?.unwrap_or(0);
        metrics::counter!("attractor_wakes_total").increment(woken as u64);
        Ok(woken > 0)
    }

    /// Stores a group, and answers the requests that are stored as a whole now.
    fn store(&mut self, mut group: Vec<Portion>) -> Result<(), End> {
        if group.is_empty() {
            return Ok(());
        }
        let counts = counts(&group);
        let lengths: Vec<usize> = group.iter().map(|portion| portion.messages.len()).collect();
        let mut messages: Vec<Arrived> = Vec::with_capacity(lengths.iter().sum());
        group.iter_mut().for_each(|portion| messages.append(&mut portion.messages));
        metrics::histogram!("attractor_group_messages").record(messages.len() as f64);
        let (stopwatch, before) = (Stopwatch::start(), self.lane.effort());
        let taken = match self.trying(|lane, now| lane.take(&messages, now))? {
            Ok(taken) => taken,
            Err(error) if error.kind == Kind::TooMuch => {
                let mut messages = messages.into_iter();
                for (portion, length) in group.iter_mut().zip(lengths) {
                    portion.messages = messages.by_ref().take(length).collect();
                }
                self.inbox.put_back(group, stopwatch.elapsed());
                return Ok(());
            }
            Err(error) => self.one_by_one(&messages, &error)?,
        };
        count(&taken);
        metrics::histogram!("attractor_commit_seconds").record(stopwatch.elapsed().as_secs_f64());
        let effort = self.lane.effort() - before;
        figures::refused_traits(effort.refused_traits);
        let mut taken = taken.into_iter();
        for (portion, length) in group.iter().zip(lengths) {
            self.inbox.done(portion.request, taken.by_ref().take(length).collect());
        }
        let (work, uncut) = (effort.units(), effort.uncut());
        let (took, at) = (stopwatch.elapsed(), self.inbox.time());
        tracing::debug!(?counts, ?effort, took_ms = took.as_millis(), "stored a group");
        let cost = Cost { work, budget: BUDGET, messages: GROUP.messages, uncut, took, at };
        self.inbox.cost(&counts, cost);
        crate::work::figures::upkeep();
        Ok(())
    }

    /// One answer for each message of a group that cannot be stored: it is halved until the message that spoils it is alone.
    fn one_by_one(&mut self, messages: &[Arrived], error: &Error) -> Result<Vec<Taken>, End> {
        if let [message] = messages {
            tracing::error!(%error, origin = message.origin, "a message could not be stored and was refused");
            return Ok(vec![Taken::Refused(format!("it could not be stored: {error}"))]);
        }
        let (first, second) = messages.split_at(messages.len() / 2);
        let mut taken = Vec::with_capacity(messages.len());
        for half in [first, second] {
            match self.trying(|lane, now| lane.take(half, now))? {
                Ok(stored) => taken.extend(stored),
                Err(error) => taken.extend(self.one_by_one(half, &error)?),
            }
        }
        Ok(taken)
    }

    /// As `trying`; another error is said, and the work is left for later.
    fn passing<T>(&mut self, work: impl FnMut(&mut L, Instant) -> Result<T, Error>) -> Result<Option<T>, End> {
        match self.trying(work)? {
            Ok(done) => Ok(Some(done)),
            Err(error) => {
                tracing::error!(%error, "what was due could not be done; it is tried again");
                self.rests = Some(Stopwatch::start());
                Ok(None)
            }
        }
    }

    /// Tries again, after longer and longer pauses, while the error is one that passes.
    fn trying<T>(
        &mut self,
        mut work: impl FnMut(&mut L, Instant) -> Result<T, Error>,
    ) -> Result<Result<T, Error>, End> {
        let mut pause = FIRST_PAUSE;
        let mut has_failed = false;
        loop {
            let error = match work(&mut self.lane, self.clock.now()) {
                Ok(done) => {
                    if self.inbox.set_trouble(None).is_some() {
                        tracing::info!("the store can be written to again");
                    }
                    return Ok(Ok(done));
                }
                // Another server has it, or a newer program.
                Err(error) if matches!(error.kind, Kind::Fenced | Kind::Foreign) => {
                    return Err(End::Fatal(error.to_string()));
                }
                Err(error) if !error.passes() => return Ok(Err(error)),
                Err(error) => error,
            };
            metrics::counter!("attractor_store_errors_total").increment(1);
            // What the second try mends is nobody's trouble: requests that come meanwhile wait.
            if has_failed && self.inbox.set_trouble(Some(error.to_string())).is_none() {
                tracing::error!(%error, "the store cannot be written to; what has come is kept and tried again");
            }
            has_failed = true;
            if self.inbox.is_stopping() {
                return Err(End::Stopped);
            }
            self.inbox.sleep_unless_stopping(pause);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }
}

fn count(taken: &[Taken]) {
    let of = |wanted: fn(&Taken) -> bool| taken.iter().filter(|taken| wanted(taken)).count() as u64;
    let (new, known) = (of(|taken| matches!(taken, Taken::New { .. })), of(|taken| matches!(taken, Taken::Repeated)));
    figures::taken(new, known, of(|taken| matches!(taken, Taken::Refused(_))));
}

#[cfg(test)]
mod tests;
