//! How often something happened, as far back and as far up as answers need it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::program::{Answer, Counter};
use crate::test::Bound;
use crate::time::{Duration, Instant};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Tally {
    /// Ever, up to what counts.
    Total(u32),
    /// The last instants, ascending.
    Times(VecDeque<Instant>),
    /// The values seen last, each with its last instant, in no order.
    Values(Vec<(u64, Instant)>),
}

impl Tally {
    pub fn new(counter: &Counter) -> Tally {
        match (&counter.distinct, counter.within) {
            (Some(_), _) => Tally::Values(Vec::new()),
            (None, Some(_)) => Tally::Times(VecDeque::new()),
            (None, None) => Tally::Total(0),
        }
    }

    /// Counts an event, or of a distinct counter a value. Whether anything that is kept changed.
    pub fn count(&mut self, counter: &Counter, at: Instant, value: Option<u64>) -> bool {
        let keep = counter.keep as usize;
        match self {
            Tally::Total(total) => {
                let counts = *total < counter.keep;
                *total += u32::from(counts);
                counts
            }
            Tally::Times(times) => {
                let within = counter.within.unwrap_or(Duration(i64::MAX));
                while times.len() >= keep || times.front().is_some_and(|first| at - *first >= within) {
                    times.pop_front();
                }
                times.push_back(at);
                true
            }
            Tally::Values(values) => see(values, value.unwrap_or_default(), at, keep, counter.within),
        }
    }

    /// How many at an instant, and the first instant at which the test answers otherwise by time alone.
    pub fn ask(&self, within: Option<Duration>, test: &Bound, at: Instant) -> Answer {
        let Some(within) = within else {
            let count = match self {
                Tally::Total(total) => *total as usize,
                Tally::Times(times) => times.len(),
                Tally::Values(values) => values.len(),
            };
            return Answer::for_good(test.holds(count as f64));
        };
        match self {
            Tally::Times(times) => dropping(times.iter().copied(), within, test, at),
            Tally::Values(values) => {
                let mut times: Vec<Instant> = values.iter().map(|(_, last)| *last).collect();
                times.sort_unstable();
                dropping(times.into_iter(), within, test, at)
            }
            Tally::Total(total) => Answer::for_good(test.holds(f64::from(*total))),
        }
    }

    pub fn number(&self, within: Option<Duration>, at: Instant) -> u32 {
        let inside = |time: &Instant| within.is_none_or(|within| at - *time < within);
        match self {
            Tally::Total(total) => *total,
            Tally::Times(times) => times.iter().filter(|time| inside(time)).count() as u32,
            Tally::Values(values) => values.iter().filter(|(_, time)| inside(time)).count() as u32,
        }
    }
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
