//! What a lead's events of some kinds come to: how many, how many different, how much. As far back and as far up as
//! answers need it, and no further.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::program::{Answer, Counter, Measure};
use crate::test::{Bound, finite};
use crate::time::{Duration, Instant};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Tally {
    /// How many ever, up to what counts.
    Total(u32),
    /// Instants, ascending: the last ones, or where age makes events count, the first ones.
    Times(VecDeque<Instant>),
    /// The values seen last, each with its last instant, in no order.
    Values(Vec<(u64, Instant)>),
    /// Values that age makes count, ascending; without a window each with its first instant.
    Ripening(VecDeque<(Instant, u64)>),
    Sum(Sum),
    /// The first or the last event.
    One(Option<One>),
}

/// Amounts added up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Sum {
    /// What counts for good: the sum and of how many.
    settled: (f64, u32),
    /// What enters or leaves the sum by time, ascending.
    moving: VecDeque<(Instant, f64)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct One {
    at: Instant,
    /// Whether it has everything that is asked of it but its age.
    matches: bool,
    amount: Option<f64>,
}

/// What a counter takes of an event.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Taken {
    Event,
    /// The hash of a value.
    Value(u64),
    Amount(f64),
    /// Whether it passes the filter, and its amount.
    Whole(bool, Option<f64>),
}

/// A number that a test is about, and until when at least it stays that number.
struct Reckoned {
    number: f64,
    /// Of how many events.
    events: u32,
    until: Instant,
}

impl Tally {
    pub fn new(counter: &Counter) -> Tally {
        match (&counter.distinct, counter.within, counter.older) {
            _ if counter.which.is_some() => Tally::One(None),
            _ if counter.amount.is_some() => Tally::Sum(Sum::default()),
            (Some(_), _, Some(_)) => Tally::Ripening(VecDeque::new()),
            (Some(_), _, None) => Tally::Values(Vec::new()),
            (None, None, None) => Tally::Total(0),
            (None, ..) => Tally::Times(VecDeque::new()),
        }
    }

    /// Takes an event. Whether anything that is kept changed.
    pub fn take(&mut self, counter: &Counter, at: Instant, taken: Taken) -> bool {
        if let Tally::One(one) = self {
            return see_one(one, counter, at, taken);
        }
        if !counter.spans(at) {
            return false;
        }
        let keep = counter.keep as usize;
        match (self, taken) {
            (Tally::Total(total), _) => {
                let counts = *total < counter.keep;
                *total += u32::from(counts);
                counts
            }
            (Tally::Times(times), _) if counter.older.is_some() => match counter.within {
                // Those that come first are the first that are old enough.
                None if times.len() >= keep => false,
                within => {
                    forget(times, within, at, |time| *time);
                    times.push_back(at);
                    true
                }
            },
            (Tally::Times(times), _) => {
                let within = counter.within.unwrap_or(Duration(i64::MAX));
                while times.len() >= keep || times.front().is_some_and(|first| at - *first >= within) {
                    times.pop_front();
                }
                times.push_back(at);
                true
            }
            (Tally::Values(values), Taken::Value(value)) => see(values, value, at, keep, counter.within),
            (Tally::Ripening(values), Taken::Value(value)) => {
                forget(values, counter.within, at, |(time, _)| *time);
                let known = || values.len() >= keep || values.iter().any(|(_, seen)| *seen == value);
                if counter.within.is_none() && known() {
                    return false;
                }
                values.push_back((at, value));
                true
            }
            (Tally::Sum(sum), Taken::Amount(amount)) => {
                sum.take(counter, at, amount);
                true
            }
            _ => false,
        }
    }

    /// Whether the test holds at an instant, and until when at least by itself.
    pub fn ask(&self, counter: &Counter, measure: Measure, test: &Bound, at: Instant) -> Answer {
        match (self, counter.within, counter.older) {
            (Tally::Times(times), Some(within), None) => dropping(times.iter().copied(), within, test, at),
            (Tally::Values(values), Some(within), _) => {
                let mut times: Vec<Instant> = values.iter().map(|(_, last)| *last).collect();
                times.sort_unstable();
                dropping(times.into_iter(), within, test, at)
            }
            _ => {
                let reckoned = self.reckon(counter, at);
                Answer { holds: reckoned.holds(measure, test), until: reckoned.until }
            }
        }
    }

    fn reckon(&self, counter: &Counter, at: Instant) -> Reckoned {
        let counted = |number: usize, until| Reckoned { number: number as f64, events: number as u32, until };
        let has = |time: &Instant| counter.has_age(*time, at);
        match self {
            Tally::Total(total) => counted(*total as usize, Instant::NEVER),
            Tally::Times(times) => {
                counted(times.iter().filter(|time| has(time)).count(), counter.turns(times.iter().copied(), at))
            }
            Tally::Values(values) => counted(
                values.iter().filter(|(_, time)| has(time)).count(),
                counter.turns(values.iter().map(|(_, time)| *time), at),
            ),
            Tally::Ripening(values) => {
                let different: BTreeSet<u64> =
                    values.iter().filter(|(time, _)| has(time)).map(|(_, value)| *value).collect();
                counted(different.len(), counter.turns(values.iter().map(|(time, _)| *time), at))
            }
            Tally::Sum(sum) => {
                let (number, events) = sum.at(counter, at);
                Reckoned { number, events, until: counter.turns(sum.moving.iter().map(|(time, _)| *time), at) }
            }
            Tally::One(one) => {
                let matching = one.as_ref().filter(|one| one.matches);
                let now = matching.filter(|one| has(&one.at));
                let until = counter.turns(matching.iter().map(|one| one.at), at);
                match counter.amount {
                    None => counted(usize::from(now.is_some()), until),
                    Some(_) => {
                        let amount = now.and_then(|one| one.amount);
                        Reckoned { number: amount.unwrap_or(0.0), events: u32::from(amount.is_some()), until }
                    }
                }
            }
        }
    }

    /// What is counted or added up now, and of how many events.
    pub fn number(&self, counter: &Counter, at: Instant) -> (f64, u32) {
        let reckoned = self.reckon(counter, at);
        (reckoned.number, reckoned.events)
    }
}

impl Reckoned {
    fn holds(&self, measure: Measure, test: &Bound) -> bool {
        measure.of(self.number, self.events).is_some_and(|number| test.holds(number))
    }
}

impl Sum {
    fn take(&mut self, counter: &Counter, at: Instant, amount: f64) {
        forget(&mut self.moving, counter.within, at, |(time, _)| *time);
        self.moving.push_back((at, amount));
        if counter.within.is_none() {
            self.settle(counter.older.unwrap_or_default(), at);
        }
    }

    /// What is old enough counts for good.
    fn settle(&mut self, older: Duration, at: Instant) {
        while let Some((_, amount)) = self.moving.pop_front_if(|(time, _)| at - *time >= older) {
            self.settled = (finite(self.settled.0 + amount), self.settled.1.saturating_add(1));
        }
    }

    /// The sum, and of how many, in the order of events.
    fn at(&self, counter: &Counter, at: Instant) -> (f64, u32) {
        let moving = self.moving.iter().filter(|(time, _)| counter.has_age(*time, at));
        moving.fold(self.settled, |(sum, events), (_, amount)| (finite(sum + amount), events + 1))
    }
}

/// Drops from the front what has left a window.
fn forget<T>(items: &mut VecDeque<T>, within: Option<Duration>, at: Instant, time: impl Fn(&T) -> Instant) {
    let Some(within) = within else { return };
    while items.front().is_some_and(|first| at - time(first) >= within) {
        items.pop_front();
    }
}

fn see_one(one: &mut Option<One>, counter: &Counter, at: Instant, taken: Taken) -> bool {
    let Taken::Whole(passes, amount) = taken else { return false };
    let is_first = counter.which == Some(crate::condition::Which::First);
    if is_first && one.is_some() {
        return false;
    }
    *one = Some(One { at, matches: passes && counter.spans(at), amount });
    true
}

fn see(values: &mut Vec<(u64, Instant)>, value: u64, at: Instant, keep: usize, within: Option<Duration>) -> bool {
    if let Some(seen) = values.iter_mut().find(|(seen, _)| *seen == value) {
        seen.1 = at;
        return within.is_some();
    }
    if values.len() >= keep {
        // Without a window one more changes nothing; with one, the value seen longest ago leaves the window first.
        let oldest = values.iter().enumerate().min_by_key(|(_, (_, last))| *last).map(|(place, _)| place);
        match (within, oldest) {
            (Some(_), Some(oldest)) => drop(values.swap_remove(oldest)),
            _ => return false,
        }
    }
    values.push((value, at));
    true
}

/// Counts what is within the window; its oldest leave it one after the other.
fn dropping(
    times: impl DoubleEndedIterator<Item = Instant> + Clone,
    within: Duration,
    test: &Bound,
    at: Instant,
) -> Answer {
    let inside = times.filter(|time| at - *time < within);
    let mut count = inside.clone().count();
    let holds = test.holds(count as f64);
    for time in inside {
        count -= 1;
        if test.holds(count as f64) != holds && within.0 != i64::MAX {
            // Several may leave at once: the count that matters is the one after the last of them.
            return Answer { holds, until: time + within };
        }
    }
    Answer::for_good(holds)
}
