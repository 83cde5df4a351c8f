//! Forecasts that are read page by page. One is made for its first page, and the further pages are read from it: they fit
//! together, and a page costs what is shown on it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use attractor_engine::time::Instant;
use serde::{Deserialize, Serialize};

use super::foreseen::ForeseenCopy;
use super::summary::{DayAhead, WaitingAhead};
use crate::machine::{Host, Stopwatch};

/// How long a forecast is kept after its last page was read, by the machine's clock: the demo's runs thousands of times as
/// fast.
const KEPT: Duration = Duration::from_secs(5 * 60);
/// How many are kept at once; beyond that the oldest goes. Each holds what becomes of every copy.
const MOST: usize = 3;

/// Names a forecast among those that were made since the server began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ForecastNumber(u64);

/// What becomes of all copies until an instant, if nothing happens.
#[derive(Debug)]
pub struct Foreseen {
    /// When it was made.
    pub at: Instant,
    pub until: Instant,
    /// How many days lie between the two.
    pub length: i64,
    /// Why no e-mail leaves at present.
    pub sending_paused: Option<String>,
    pub days: Vec<DayAhead>,
    pub waiting: Vec<WaitingAhead>,
    /// In the order of the list.
    pub copies: Vec<ForeseenCopy>,
}

/// The forecasts that are read at present.
#[derive(Default)]
pub struct Forecasts(Mutex<Known>);

#[derive(Default)]
struct Known {
    made: u64,
    kept: BTreeMap<ForecastNumber, Kept>,
}

struct Kept {
    foreseen: Arc<Foreseen>,
    read: Stopwatch,
}

impl Forecasts {
    /// How many forecasts were made so far.
    pub fn made(&self) -> u64 {
        self.known().made
    }

    /// Keeps a forecast for its further pages.
    pub(super) fn keep(&self, host: &Host, foreseen: Foreseen) -> (ForecastNumber, Arc<Foreseen>) {
        let mut known = self.known();
        while known.kept.len() >= MOST {
            known.kept.pop_first();
        }
        known.made += 1;
        let (number, foreseen) = (ForecastNumber(known.made), Arc::new(foreseen));
        known.kept.insert(number, Kept { foreseen: foreseen.clone(), read: host.stopwatch() });
        (number, foreseen)
    }

    /// A forecast of this length in days, if it is still kept.
    pub(super) fn find(&self, host: &Host, number: ForecastNumber, length: i64) -> Option<Arc<Foreseen>> {
        let mut known = self.known();
        let kept = known.kept.get_mut(&number).filter(|kept| kept.foreseen.length == length)?;
        kept.read = host.stopwatch();
        Some(kept.foreseen.clone())
    }

    /// Its last page was read.
    pub(super) fn forget(&self, number: ForecastNumber) {
        self.known().kept.remove(&number);
    }

    /// Without those that nobody reads any more.
    fn known(&self) -> MutexGuard<'_, Known> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.kept.retain(|_, kept| kept.read.elapsed() < KEPT);
        known
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::testing::host;

    fn foreseen(at: i64) -> Foreseen {
        let (at, until) = (Instant(at), Instant(at + 9));
        Foreseen { at, until, length: 14, sending_paused: None, days: vec![], waiting: vec![], copies: vec![] }
    }

    #[test]
    fn a_forecast_is_found_until_its_last_page_was_read_or_newer_ones_have_come() {
        let (forecasts, host) = (Forecasts::default(), host());
        let numbers: Vec<ForecastNumber> = (1..=4).map(|at| forecasts.keep(&host, foreseen(at)).0).collect();
        let found = |number| forecasts.find(&host, number, 14).map(|foreseen| foreseen.at.0);
        assert_eq!(numbers.iter().copied().map(found).collect::<Vec<_>>(), [None, Some(2), Some(3), Some(4)]);
        assert!(forecasts.find(&host, numbers[3], 7).is_none(), "another length is another forecast");
        forecasts.forget(numbers[2]);
        assert_eq!((found(numbers[2]), found(numbers[3])), (None, Some(4)));
        assert_eq!(forecasts.made(), 4);
    }
}
