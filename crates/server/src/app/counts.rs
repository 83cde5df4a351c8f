//! How many leads a condition holds of: first of a sample, with an interval; then, in the background, of all.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use attractor_engine::time::{Duration, Instant};
use attractor_live::Versions;
use attractor_store::directory::{self, Key, Order, Wanted};
use attractor_store::{Connection, Error, Kind, Location, bucket, lane, leads};
use serde::Serialize;
use utoipa::ToSchema;

use super::audience::Question;
use super::patience::Patience;
use super::refusal::Refusal;
use super::segments::in_force;

/// One window of so many leads in each of the 256 buckets: a sample of two thousand.
const WINDOW: i64 = 8;
/// Up to so many leads are all asked at once.
const FEW: i64 = 2_000;
const STEP: i64 = 500;
/// How many counts may run at once.
const RUNNING: usize = 4;
/// By how many threads each, at the most.
const THREADS: usize = 4;
const BUCKETS: i64 = 256;
/// How long a result is kept.
const KEPT: Duration = Duration::HOUR;
/// Of the normal distribution, for 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// How many leads a condition holds of
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Tally {
    pub leads: i64,
    /// Those with an e-mail, who can be written to
    pub people: i64,
    /// Those without one
    pub visitors: i64,
}

impl Tally {
    fn of(row: &leads::Lead) -> Tally {
        let known = row.email.is_some();
        Tally { leads: 1, people: i64::from(known), visitors: i64::from(!known) }
    }

    fn add(&mut self, other: Tally) {
        self.leads += other.leads;
        self.people += other.people;
        self.visitors += other.visitors;
    }
}

/// What is known of a count at once
#[derive(Debug, Serialize, ToSchema)]
pub struct FirstCount {
    /// What the condition says, in English
    pub sentence: String,
    /// How many leads there are
    pub of: i64,
    /// How many of them were asked
    pub asked: i64,
    /// Of those that were asked
    pub found: Tally,
    /// Of all leads, as far as the sample tells
    pub estimate: i64,
    /// With 95 % confidence, of all leads
    pub low: i64,
    pub high: i64,
    /// Whether all leads were asked
    pub exact: bool,
    /// The count of all leads that has begun; null where this one is exact
    pub count: Option<String>,
}

/// A count of all leads
#[derive(Debug, Serialize, ToSchema)]
pub struct CountItem {
    pub id: String,
    /// `running`, `done`, `cancelled` or `failed`
    pub state: &'static str,
    pub sentence: String,
    /// The instant as of which leads are asked
    pub at: String,
    /// How many leads there are, and how many of them were asked so far
    pub of: i64,
    pub asked: i64,
    /// Of those that were asked so far
    pub found: Tally,
    /// Why it failed
    pub error: Option<String>,
}

/// The counts that run, and those that ended lately.
pub struct Counts {
    location: Location,
    all: Mutex<BTreeMap<i64, Arc<Count>>>,
    last: AtomicI64,
}

struct Count {
    sentence: String,
    at: Instant,
    of: i64,
    asked: AtomicI64,
    cancelled: AtomicBool,
    found: Mutex<Tally>,
    ended: Mutex<Option<Result<(), String>>>,
}

impl Counts {
    pub fn new(location: Location) -> Counts {
        Counts { location, all: Mutex::default(), last: AtomicI64::new(0) }
    }

    /// Counts in a sample and, where that is not all, begins to count all in the background.
    pub fn begin(
        &self,
        connection: &mut Connection,
        versions: &Versions,
        condition: &str,
        now: Instant,
    ) -> Result<FirstCount, Refusal> {
        let mut question = Question::read(versions.clone(), condition)?;
        let ladders = &in_force(versions)?;
        let ladder = ladders.playbook().ladders.first().map(|ladder| ladder.id.as_str());
        let of = directory::count(connection, ladder)?;
        let rows = if of <= FEW { everybody(connection)? } else { sample(connection)? };
        let found = tally(connection, &mut question, &rows, now)?;
        let exact = of <= FEW;
        let of = if exact { rows.len() as i64 } else { of };
        let mut first = judged(question.sentence(), found, rows.len() as i64, of, exact);
        if !exact {
            first.count = Some(self.start(question, of, now)?);
        }
        Ok(first)
    }

    fn start(&self, question: Question, of: i64, now: Instant) -> Result<String, Refusal> {
        let mut all = lock(&self.all);
        all.retain(|_, count| !count.is_over() || now - count.at < KEPT);
        if all.values().filter(|count| !count.is_over()).count() >= RUNNING {
            return Err(Refusal::Busy(format!("{RUNNING} counts are under way; wait for one, or cancel it")));
        }
        let id = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let count = Arc::new(Count {
            sentence: question.sentence().to_owned(),
            at: now,
            of,
            asked: AtomicI64::new(0),
            cancelled: AtomicBool::new(false),
            found: Mutex::default(),
            ended: Mutex::default(),
        });
        let (worker, location) = (count.clone(), self.location.clone());
        let work = move || {
            let done = worker.run(&location, question);
            *lock(&worker.ended) = Some(done.map_err(|error| error.to_string()));
        };
        let begun = thread::Builder::new().name("count".into()).spawn(work);
        begun.map_err(|error| Refusal::Busy(format!("no thread to count with: {error}")))?;
        all.insert(id, count);
        Ok(id.to_string())
    }

    pub fn one(&self, id: &str) -> Result<CountItem, Refusal> {
        Ok(self.find(id)?.item(id))
    }

    /// Ends a count; what it found so far stays.
    pub fn cancel(&self, id: &str) -> Result<CountItem, Refusal> {
        let count = self.find(id)?;
        count.cancelled.store(true, Ordering::Relaxed);
        Ok(count.item(id))
    }

    fn find(&self, id: &str) -> Result<Arc<Count>, Refusal> {
        let found = id.parse().ok().and_then(|id: i64| lock(&self.all).get(&id).cloned());
        found.ok_or_else(|| Refusal::Missing("there is no such count; a result is kept for an hour".into()))
    }
}

impl Drop for Counts {
    fn drop(&mut self) {
        lock(&self.all).values().for_each(|count| count.cancelled.store(true, Ordering::Relaxed));
    }
}

impl Count {
    fn is_over(&self) -> bool {
        lock(&self.ended).is_some()
    }

    /// All buckets, shared out among as many threads as there are processors.
    fn run(&self, location: &Location, question: Question) -> Result<(), Error> {
        let threads = thread::available_parallelism().map_or(1, |count| count.get().min(THREADS)) as i64;
        let question = &question;
        let part = |number: i64| {
            let buckets = BUCKETS * number / threads..BUCKETS * (number + 1) / threads;
            let done = self.buckets(location, question.again(), buckets);
            if done.is_err() {
                // The others need not go on: the count has failed.
                self.cancelled.store(true, Ordering::Relaxed);
            }
            done
        };
        let part = &part;
        thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|number| scope.spawn(move || part(number))).collect();
            let first = part(0);
            let failed = || Error::new(Kind::Other, "a thread that counts has failed");
            others.into_iter().map(|other| other.join().unwrap_or_else(|_| Err(failed()))).fold(first, Result::and)
        })
    }

    /// Goes on where it was after an error that passes; one that lasts ends it.
    fn buckets(&self, location: &Location, mut question: Question, buckets: Range<i64>) -> Result<(), Error> {
        let (mut last, mut patience) = ((buckets.start - 1, i64::MAX), Patience::default());
        loop {
            let before = last;
            let Err(error) = self.go_on(location, &mut question, &buckets, &mut last) else { return Ok(()) };
            match patience.after(&error, last != before) {
                Some(pause) => thread::sleep(pause),
                None => return Err(error),
            }
        }
    }

    fn go_on(
        &self,
        location: &Location,
        question: &mut Question,
        buckets: &Range<i64>,
        last: &mut (i64, i64),
    ) -> Result<(), Error> {
        let mut connection = location.reader()?;
        while !self.cancelled.load(Ordering::Relaxed) {
            let mut rows = leads::after(&mut connection, *last, STEP)?;
            let end = rows.last().map(|row| (bucket(row.id), row.id)).filter(|(bucket, _)| buckets.contains(bucket));
            rows.retain(|row| buckets.contains(&bucket(row.id)) && row.became.is_none() && row.first_at.is_some());
            let found = tally(&mut connection, question, &rows, self.at)?;
            lock(&self.found).add(found);
            self.asked.fetch_add(rows.len() as i64, Ordering::Relaxed);
            let Some(end) = end else { return Ok(()) };
            *last = end;
        }
        Ok(())
    }

    fn item(&self, id: &str) -> CountItem {
        let ended = lock(&self.ended).clone();
        let cancelled = self.cancelled.load(Ordering::Relaxed);
        let state = match &ended {
            Some(Err(_)) => "failed",
            _ if cancelled => "cancelled",
            Some(Ok(())) => "done",
            None => "running",
        };
        let asked = self.asked.load(Ordering::Relaxed);
        CountItem {
            id: id.to_owned(),
            state,
            sentence: self.sentence.clone(),
            at: self.at.to_string(),
            of: if state == "done" { asked } else { self.of.max(asked) },
            asked,
            found: *lock(&self.found),
            error: ended.and_then(Result::err),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn in_order(last: Option<i64>, limit: usize) -> Wanted<'static> {
    let after = last.map(|id| (&Key::None, id));
    Wanted { order: Order::Id, after, place: None, company: None, limit: limit as i64 }
}

fn everybody(connection: &mut Connection) -> Result<Vec<leads::Lead>, Error> {
    let keys = directory::page(connection, &in_order(None, 2 * FEW as usize))?;
    leads::load(connection, &keys.into_iter().map(|(id, _)| id).collect::<Vec<_>>())
}

/// A few leads of each bucket, wherever chance, the same each time, points: who counts while writing a condition sees it
/// change with the condition alone.
fn sample(connection: &mut Connection) -> Result<Vec<leads::Lead>, Error> {
    let sequence = lane::read_numbers(connection)?.sequence.max(1);
    let point = |bucket: i64| {
        // Steele, Lea and Flood's mixing of bits: neighbouring numbers become far ones.
        let mut bits = (bucket as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (bucket, ((bits >> 33) as i64 % sequence) * 256)
    };
    directory::windows(connection, &(0..256).map(point).collect::<Vec<_>>(), WINDOW)
}

fn tally(
    connection: &mut Connection,
    question: &mut Question,
    rows: &[leads::Lead],
    at: Instant,
) -> Result<Tally, Error> {
    let holds = question.of(connection, rows, at)?;
    let mut tally = Tally::default();
    rows.iter().zip(holds).filter(|(_, holds)| *holds).for_each(|(row, _)| tally.add(Tally::of(row)));
    Ok(tally)
}

fn judged(sentence: &str, found: Tally, asked: i64, of: i64, exact: bool) -> FirstCount {
    let (low, high) = if exact { (1.0, 1.0) } else { wilson(found.leads, asked) };
    let scaled = |share: f64| (share * of as f64).round() as i64;
    let estimate = if exact { found.leads } else { scaled(found.leads as f64 / asked.max(1) as f64) };
    let (low, high) = if exact { (estimate, estimate) } else { (scaled(low).max(found.leads), scaled(high)) };
    FirstCount { sentence: sentence.to_owned(), of, asked, found, estimate, low, high, exact, count: None }
}

/// Wilson's interval of a share, 95 %: between 0 and 1, and sensible for few.
fn wilson(found: i64, asked: i64) -> (f64, f64) {
    if asked == 0 {
        return (0.0, 1.0);
    }
    let (n, share) = (asked as f64, found as f64 / asked as f64);
    let middle = share + Z * Z / (2.0 * n);
    let width = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - width) / scale).max(0.0), ((middle + width) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
        for (found, asked, low, high) in
            [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
        {
            let (l, h) = wilson(found, asked);
            assert!((l - low).abs() < 5e-5 && (h - high).abs() < 5e-5, "{found} of {asked}: {l} to {h}");
        }
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn an_estimate_is_of_all_and_no_less_than_was_found() {
        let found = Tally { leads: 2, people: 1, visitors: 1 };
        let first = judged("x", found, 2_000, 100_000, false);
        assert_eq!((first.estimate, first.low, first.high), (100, 27, 364));
        let first = judged("x", found, 2_000, 2_001, false);
        assert_eq!(first.low, 2);
        let all = judged("x", found, 7, 7, true);
        assert_eq!((all.estimate, all.low, all.high), (2, 2, 2));
    }
}
