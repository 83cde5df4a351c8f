//! How many leads a condition holds of: first of a sample, with an interval; then, in the background, of all.

mod first;

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use attractor_engine::time::Instant;
use attractor_insight::sample::Sample;
use attractor_live::{Versions, force};
use attractor_store::{Connection, Error, Kind, LeadId, Location, directory, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::App;
use super::actor::{Actor, Role};
use super::audience::AudienceQuery;
use super::conditions::Received;
use super::leads::addresses;
use super::patience::Patience;
use super::refusal::Refusal;
use super::segments::in_force;
use crate::machine::{Host, Stopwatch};
pub use first::{FirstCount, Tally};

/// How many leads the first answer asks, where there are as many.
const SAMPLE: usize = 2_000;
/// The sample is the same for every count: whoever counts while writing a condition sees the numbers change with the
/// condition alone.
const SEED: u64 = 0;
/// A store that can be counted whole within this time is counted whole before the first answer.
const FIRST_ANSWER: Duration = Duration::from_millis(600);
const STEP: i64 = 500;
/// How many counts may run at once.
const RUNNING: usize = 4;
/// By how many threads each, at the most.
const THREADS: usize = 4;
const BUCKETS: i64 = 256;
/// How many results are kept at once; beyond that the oldest go.
const RESULTS: usize = 1_000;
/// How long a result is kept, by the machine's clock: the demo's runs thousands of times as fast.
const KEPT: Duration = Duration::from_secs(60 * 60);

/// How far a count is
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CountState {
    Running,
    Done,
    Cancelled,
    Failed,
}

/// A count of all leads
#[derive(Debug, Serialize, ToSchema)]
pub struct CountItem {
    pub id: String,
    pub state: CountState,
    pub sentence: String,
    /// The instant as of which leads are asked; one whose last event came later is asked as of that event
    #[schema(format = DateTime)]
    pub at: String,
    /// How many leads there are, and how many of them were asked so far
    pub of: i64,
    pub asked: i64,
    /// Of those that were asked so far
    pub found: Tally,
    /// Why it failed
    pub error: Option<String>,
}

/// Counts in a sample at once and, where that is not all, begins to count all.
pub async fn begin(app: &App, actor: &Actor, condition: String) -> Result<FirstCount, Refusal> {
    let (programs, counts, now) = (app.programs.clone(), app.counts.clone(), app.clock.now());
    let who = actor.who.clone();
    let first = app.readers.read(move |connection| {
        let versions = programs.now(connection)?;
        let mut first = counts.answer_first(connection, &versions, &condition, now, &who)?;
        let program = in_force(&versions)?;
        first.warnings = Received::default().warnings(connection, &condition, program.playbook())?;
        Ok(first)
    });
    first.await
}

/// The counts that run, and those that ended lately.
pub struct Counts {
    host: Host,
    location: Location,
    /// How long the first answer may wait for a count of all.
    first_answer: Duration,
    all: Mutex<BTreeMap<i64, Arc<Count>>>,
    /// The last id. Ids go on from the instant of the start: an id that somebody kept from before it names nothing.
    last: AtomicI64,
}

struct Count {
    /// Who began it.
    who: String,
    begun: Stopwatch,
    sentence: String,
    at: Instant,
    of: i64,
    asked: AtomicI64,
    cancelled: AtomicBool,
    found: Mutex<Tally>,
    /// How many parts of it are still counted.
    parts: AtomicI64,
    ended: Mutex<Option<Result<(), String>>>,
    over: Condvar,
}

impl Counts {
    pub fn new(host: Host, location: Location) -> Counts {
        Counts::answering_within(FIRST_ANSWER, host, location)
    }

    /// Counts whose first answer waits for a count of all for no longer than this.
    pub fn answering_within(first_answer: Duration, host: Host, location: Location) -> Counts {
        let last = AtomicI64::new(host.now().0);
        Counts { host, location, first_answer, all: Mutex::default(), last }
    }

    /// Counts in a sample and, where that is not all, begins to count all in the background.
    pub fn answer_first(
        &self,
        connection: &mut Connection,
        versions: &Versions,
        condition: &str,
        now: Instant,
        who: &str,
    ) -> Result<FirstCount, Refusal> {
        let watch = self.host.stopwatch();
        let mut question = AudienceQuery::read(versions.clone(), condition)?;
        let (found, asked, of) = connection.passing(|connection| {
            let SampledLeads { rows, of } =
                connection.snapshot(|connection| SampledLeads::from(connection, versions))?;
            Ok((tally(connection, &mut question, &rows, now)?, rows.len() as i64, of))
        })?;
        let sentence = question.sentence().to_owned();
        if asked >= of {
            return Ok(FirstCount::exact(sentence, found, asked));
        }
        let (id, count) = self.start(question, of, now, who)?;
        let (elapsed, share) = (watch.elapsed(), of as f64 / asked.max(1) as f64);
        if elapsed.mul_f64(share) < self.first_answer && count.is_done_within(self.first_answer.saturating_sub(elapsed))
        {
            let found = *lock(&count.found);
            return Ok(FirstCount::exact(sentence, found, count.asked.load(Ordering::Relaxed)));
        }
        Ok(FirstCount { count: Some(id), ..FirstCount::of_sample(sentence, found, asked, of) })
    }

    fn start(
        &self,
        question: AudienceQuery,
        of: i64,
        now: Instant,
        who: &str,
    ) -> Result<(String, Arc<Count>), Refusal> {
        let mut all = lock(&self.all);
        all.retain(|_, count| !count.is_over() || count.begun.elapsed() < KEPT);
        // What runs is the latest, as long as more results are kept than counts may run.
        while all.len() >= RESULTS {
            all.pop_first();
        }
        if all.values().filter(|count| !count.is_over()).count() >= RUNNING {
            return Err(Refusal::busy(format!("{RUNNING} counts are under way; wait for one, or cancel it")));
        }
        let parts = self.host.processors().min(THREADS) as i64;
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let count = Arc::new(Count {
            who: who.to_owned(),
            begun: self.host.stopwatch(),
            sentence: question.sentence().to_owned(),
            at: now,
            of,
            asked: AtomicI64::new(0),
            cancelled: AtomicBool::new(false),
            found: Mutex::default(),
            parts: AtomicI64::new(parts),
            ended: Mutex::default(),
            over: Condvar::new(),
        });
        for number in 0..parts {
            let buckets = BUCKETS * number / parts..BUCKETS * (number + 1) / parts;
            let (part, location) = (Part::of(&count), self.location.clone());
            let question = question.again();
            self.host.work(Box::new(move || {
                let done = part.count.buckets(&location, question, buckets);
                part.end(done);
            }));
        }
        all.insert(id, count.clone());
        Ok((id.to_string(), count))
    }

    pub fn one(&self, id: &str) -> Result<CountItem, Refusal> {
        Ok(self.find(id)?.item(id))
    }

    /// Ends a count; what it found so far stays. Only who began it may, or an owner.
    pub fn cancel(&self, id: &str, actor: &Actor) -> Result<CountItem, Refusal> {
        let count = self.find(id)?;
        if count.who != actor.who && actor.role < Role::Owner {
            return Err(Refusal::Forbidden("somebody else began this count: only they or an owner may end it".into()));
        }
        count.cancel();
        Ok(count.item(id))
    }

    fn find(&self, id: &str) -> Result<Arc<Count>, Refusal> {
        let found = id.parse().ok().and_then(|id: i64| lock(&self.all).get(&id).cloned());
        found.ok_or_else(|| Refusal::Missing("there is no such count; a result is kept for an hour".into()))
    }
}

impl Drop for Counts {
    fn drop(&mut self) {
        lock(&self.all).values().for_each(|count| count.cancel());
    }
}

impl Count {
    fn is_over(&self) -> bool {
        lock(&self.ended).is_some()
    }

    /// Ends it early. A count that is over keeps its state.
    fn cancel(&self) {
        let ended = lock(&self.ended);
        if ended.is_none() {
            self.cancelled.store(true, Ordering::Relaxed);
        }
    }

    /// Waits for its end; whether all leads were asked by then.
    fn is_done_within(&self, time: Duration) -> bool {
        let waited = self.over.wait_timeout_while(lock(&self.ended), time, |ended| ended.is_none());
        let (ended, _) = waited.unwrap_or_else(PoisonError::into_inner);
        matches!(*ended, Some(Ok(()))) && !self.cancelled.load(Ordering::Relaxed)
    }

    /// Waits, unless it ends meanwhile.
    fn rest(&self, time: Duration) {
        drop(self.over.wait_timeout_while(lock(&self.ended), time, |ended| ended.is_none()));
    }

    /// A part of it has ended; one that failed ends the whole.
    fn end_part(&self, done: Result<(), String>) {
        let is_last = self.parts.fetch_sub(1, Ordering::AcqRel) == 1;
        if done.is_err() {
            // The others need not go on.
            self.cancelled.store(true, Ordering::Relaxed);
        }
        if is_last || done.is_err() {
            lock(&self.ended).get_or_insert(done);
            self.over.notify_all();
        }
    }

    /// Goes on where it was after an error that passes; one that lasts ends it.
    fn buckets(&self, location: &Location, mut question: AudienceQuery, buckets: Range<i64>) -> Result<(), Error> {
        let (mut last, mut patience) = ((buckets.start - 1, LeadId::MAX), Patience::default());
        loop {
            let before = last;
            let Err(error) = self.go_on(location, &mut question, &buckets, &mut last) else { return Ok(()) };
            match patience.after(&error, last != before) {
                Some(pause) => self.rest(pause),
                None => return Err(error),
            }
        }
    }

    fn go_on(
        &self,
        location: &Location,
        question: &mut AudienceQuery,
        buckets: &Range<i64>,
        last: &mut (i64, LeadId),
    ) -> Result<(), Error> {
        location.reader()?.passing(|connection| {
            while !self.cancelled.load(Ordering::Relaxed) {
                let mut rows = leads::after(connection, *last, STEP)?;
                let end = rows.last().map(|row| (row.id.bucket(), row.id)).filter(|(of, _)| buckets.contains(of));
                rows.retain(|row| buckets.contains(&row.id.bucket()) && row.became.is_none() && row.first_at.is_some());
                let found = tally(connection, question, &rows, self.at)?;
                lock(&self.found).add(found);
                self.asked.fetch_add(rows.len() as i64, Ordering::Relaxed);
                let Some(end) = end else { return Ok(()) };
                *last = end;
            }
            Ok(())
        })
    }

    fn item(&self, id: &str) -> CountItem {
        let ended = lock(&self.ended).clone();
        let cancelled = self.cancelled.load(Ordering::Relaxed);
        let state = match &ended {
            Some(Err(_)) => CountState::Failed,
            _ if cancelled => CountState::Cancelled,
            Some(Ok(())) => CountState::Done,
            None => CountState::Running,
        };
        let asked = self.asked.load(Ordering::Relaxed);
        CountItem {
            id: id.to_owned(),
            state,
            sentence: self.sentence.clone(),
            at: self.at.to_string(),
            of: if state == CountState::Done { asked } else { self.of.max(asked) },
            asked,
            found: *lock(&self.found),
            error: ended.and_then(Result::err),
        }
    }
}

/// Buckets that one thread counts. However that ends, the count learns of it.
struct Part {
    count: Arc<Count>,
    done: Option<Result<(), Error>>,
}

impl Part {
    fn of(count: &Arc<Count>) -> Part {
        Part { count: count.clone(), done: None }
    }

    fn end(mut self, done: Result<(), Error>) {
        self.done = Some(done);
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        let failed = || Err(Error::new(Kind::Other, "a thread that counts has failed"));
        let done = self.done.take().unwrap_or_else(failed);
        self.count.end_part(done.map_err(|error| error.to_string()));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A sample of the leads, or all of them where there are not more.
struct SampledLeads {
    rows: Vec<leads::Lead>,
    /// How many leads there are.
    of: i64,
}

impl SampledLeads {
    fn from(connection: &mut Connection, versions: &Versions) -> Result<SampledLeads, Error> {
        // Under a pilot, or before everybody is evaluated under a new version, some leads are on other ladders.
        let is_settled = versions.pilot.is_none() && force::scan(connection)?.is_none();
        let program = versions.program_in_force().filter(|_| is_settled);
        let ladder = program.and_then(|program| program.playbook().ladders.first());
        let mut sample = Sample::new(SAMPLE, SEED);
        directory::each_id(connection, ladder.map(|ladder| ladder.id.as_str()), |id| sample.offer(id.0))?;
        let of = sample.offered() as i64;
        let ids: Vec<LeadId> = sample.ids().into_iter().map(LeadId).collect();
        Ok(SampledLeads { rows: leads::load(connection, &ids)?, of })
    }
}

fn tally(
    connection: &mut Connection,
    question: &mut AudienceQuery,
    rows: &[leads::Lead],
    at: Instant,
) -> Result<Tally, Error> {
    let holds = question.of(connection, rows, at)?;
    let mut tally = Tally::default();
    let with_address = addresses::of(connection, rows)?;
    let held = rows.iter().zip(holds).filter(|(_, holds)| *holds);
    held.for_each(|(row, _)| tally.add(Tally::of(with_address.contains_key(&row.id))));
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use attractor_live::Lane;
    use attractor_store::VersionNumber;
    use attractor_store::versions::Version;
    use jiff::tz::TimeZoneDatabase;

    use super::*;
    use crate::machine::testing::{host, host_with_running_time};

    fn running(counts: &Counts, id: i64, who: &str) {
        let count = Count {
            who: who.to_owned(),
            begun: counts.host.stopwatch(),
            sentence: String::new(),
            at: Instant(0),
            of: 1,
            asked: AtomicI64::new(0),
            cancelled: AtomicBool::new(false),
            found: Mutex::default(),
            parts: AtomicI64::new(1),
            ended: Mutex::default(),
            over: Condvar::new(),
        };
        lock(&counts.all).insert(id, Arc::new(count));
    }

    #[test]
    fn a_count_is_ended_by_who_began_it_or_by_an_owner() {
        let counts = Counts::new(host(), Location::Sqlite("unused".into()));
        let actor = |who: &str, role| Actor { who: who.to_owned(), role };
        for (who, role, may) in [
            ("key:1", Role::Viewer, true),
            ("key:2", Role::Viewer, false),
            ("user:1", Role::Marketer, false),
            ("key:3", Role::Owner, true),
        ] {
            running(&counts, 1, "key:1");
            let ended = counts.cancel("1", &actor(who, role));
            assert_eq!(ended.is_ok(), may, "{who}");
            assert_eq!(counts.one("1").unwrap().state == CountState::Cancelled, may, "{who}");
        }
    }

    #[test]
    fn a_count_that_is_over_cannot_be_cancelled() {
        let counts = Counts::new(host(), Location::Sqlite("unused".into()));
        let actor = Actor { who: "key:1".to_owned(), role: Role::Marketer };
        for (ended, expected) in [(Ok(()), CountState::Done), (Err("damaged".to_owned()), CountState::Failed)] {
            running(&counts, 1, "key:1");
            counts.find("1").unwrap().end_part(ended);
            assert_eq!(counts.cancel("1", &actor).unwrap().state, expected);
        }
    }

    /// What is in force in a new store with a playbook.
    fn published(location: &Location) -> Versions {
        let files = r#"{"playbook.yaml":"playbook: shop"}"#.to_owned();
        let version = Version { number: VersionNumber(1), at: 0, author: "ada".into(), note: String::new(), files };
        let mut lane = Lane::open(location, TimeZoneDatabase::bundled()).unwrap();
        lane.publish(&version, false).unwrap();
        drop(lane);
        Versions::read(&mut location.writer().unwrap(), TimeZoneDatabase::bundled()).unwrap()
    }

    #[tokio::test]
    async fn a_result_is_kept_for_an_hour_of_the_machine_however_far_the_clock_of_the_leads_moves() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("store.db"));
        let versions = published(&location);
        let (host, running) = host_with_running_time();
        let counts = Counts::new(host, location);
        let counted_at = |now: Instant| {
            let question = AudienceQuery::read(versions.clone(), r#"{"event": "X"}"#).unwrap();
            let (id, count) = counts.start(question, 0, now, "key:1").unwrap();
            assert!(count.is_done_within(Duration::from_secs(60)), "{:?}", counts.one(&id));
            id
        };
        let first = counted_at(Instant(0));
        *running.lock().unwrap() = KEPT - Duration::from_millis(1);
        let year = attractor_engine::time::Duration::DAY.0 * 365;
        let second = counted_at(Instant(year));
        assert!(counts.one(&first).is_ok(), "a year of the demo passed, and less than an hour");
        *running.lock().unwrap() = KEPT;
        let third = counted_at(Instant(year));
        assert!(counts.one(&first).is_err(), "the demo's clock stood still, and the hour is over");
        assert!(counts.one(&second).is_ok() && counts.one(&third).is_ok());
    }
}
