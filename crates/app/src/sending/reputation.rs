//! How many copies left, and how many of them came back for good or were called spam: by the hour in which each left. When it
//! is too much, sending pauses.

use std::collections::BTreeMap;

use attractor_engine::time::{Duration, Instant};
use attractor_mail::reputation::{Bucket, Counts, Thresholds, Window, stop};
use attractor_store::{Connection, Error, lane};
use serde::{Deserialize, Serialize};

use super::halt::halt;
use crate::stored::of_row;

/// In the table `state`: the hours as JSON.
const COUNTS: &str = "sending counts";

/// What became of the copies that left within an hour, by the hour's number since 1970.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
struct Hours(BTreeMap<i64, Hour>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Hour {
    sent: u64,
    hard_bounces: u64,
    complaints: u64,
    #[serde(default)]
    refusals: u64,
}

impl Hours {
    /// Adds what became known of copies that left at an instant, and drops the hours that no longer count.
    fn add(&mut self, left: Instant, new: Counts, now: Instant) {
        let hour = self.0.entry(left.0.div_euclid(Duration::HOUR.0)).or_default();
        hour.sent += new.sent;
        hour.hard_bounces += new.hard_bounces;
        hour.complaints += new.complaints;
        hour.refusals += new.refusals;
        let first = (now.0 - Window::default().0).div_euclid(Duration::HOUR.0);
        self.0.retain(|hour, _| *hour >= first);
    }

    fn buckets(&self) -> Vec<Bucket> {
        let bucket = |(hour, counts): (&i64, &Hour)| {
            let Hour { sent, hard_bounces, complaints, refusals } = *counts;
            Bucket { at: Instant(hour * Duration::HOUR.0), counts: Counts { sent, hard_bounces, complaints, refusals } }
        };
        self.0.iter().map(bucket).collect()
    }
}

/// Counts what became of copies, each with the instant at which it left. Pauses sending when it is too much, and returns why.
pub fn count(
    connection: &mut Connection,
    new: &[(Instant, Counts)],
    limits: Thresholds,
    now: Instant,
) -> Result<Option<String>, Error> {
    if new.is_empty() {
        return Ok(None);
    }
    let stored = lane::state(connection, COUNTS)?;
    // Counted anew, a day of bounces would be forgotten, and with it the reason to stop.
    let mut hours: Hours = match stored.map(|text| of_row(&text, "state", COUNTS)).transpose() {
        Ok(hours) => hours.unwrap_or_default(),
        Err(unread) => return halt(connection, damaged(&unread.text), now),
    };
    new.iter().for_each(|(left, counts)| hours.add(*left, *counts, now));
    let text = serde_json::to_string(&hours).unwrap_or_default();
    lane::set_state(connection, COUNTS, &text)?;
    let Some(stop) = stop(&hours.buckets(), now, Window::default(), limits) else { return Ok(None) };
    halt(connection, stop.to_string(), now)
}

fn damaged(why: &str) -> String {
    format!(
        "Sending stopped: the bounces and complaints of the last day cannot be counted: {why}. Look in the outbox and in what \
         came back whether they were too many, then resume sending, which begins the count anew."
    )
}

/// Forgets the counts: whoever resumes sending has seen to it.
pub fn forget(connection: &mut Connection) -> Result<(), Error> {
    lane::forget_state(connection, COUNTS)
}

#[cfg(test)]
mod tests {
    use attractor_live::Lane;
    use attractor_store::versions::Version;
    use attractor_store::{Location, VersionNumber};
    use jiff::tz::TimeZoneDatabase;

    use super::*;
    use crate::sending::paused;

    #[test]
    fn counts_that_cannot_be_read_stop_sending_until_somebody_resumes_it() {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite(folder.path().join("store.db"));
        // Owners are told in the language of the playbook in force.
        let files = r#"{"playbook.yaml":"playbook: shop"}"#.to_owned();
        let version = Version { number: VersionNumber(1), at: 0, author: "ada".into(), note: String::new(), files };
        let mut lane = Lane::open(&location, TimeZoneDatabase::bundled()).unwrap();
        lane.publish(&version, false).unwrap();
        drop(lane);
        let mut connection = location.writer().unwrap();
        let new = [(Instant(5), Counts { sent: 1, ..Counts::default() })];
        for text in ["{", r#"{"0":{"sent":"many"}}"#] {
            lane::set_state(&mut connection, COUNTS, text).unwrap();
            let mut count = || count(&mut connection, &new, Thresholds::default(), Instant(6)).unwrap();
            let why = count().unwrap();
            assert!(why.contains("the row `sending counts` of the table `state`"), "{why}");
            assert!(why.contains("then resume sending"), "{why}");
            assert_eq!(count(), None, "it is paused already");
            assert_eq!(paused(&mut connection).unwrap(), Some(why));
            assert_eq!(lane::state(&mut connection, COUNTS).unwrap().as_deref(), Some(text), "nothing is lost");
            lane::forget_state(&mut connection, crate::sending::PAUSED).unwrap();
            forget(&mut connection).unwrap();
            assert_eq!(super::count(&mut connection, &new, Thresholds::default(), Instant(6)).unwrap(), None);
        }
    }

    #[test]
    fn an_hour_gathers_its_copies_and_is_dropped_after_a_day() {
        let (hour, mut hours) = (Duration::HOUR.0, Hours::default());
        let counts = |sent, hard_bounces| Counts { sent, hard_bounces, ..Counts::default() };
        hours.add(Instant(hour + 5), counts(7, 1), Instant(hour + 6));
        hours.add(Instant(hour + 9), counts(3, 0), Instant(hour + 9));
        // It came back later, and counts where its copy left.
        hours.add(Instant(hour + 9), counts(0, 1), Instant(3 * hour));
        assert_eq!(hours.buckets(), [Bucket { at: Instant(hour), counts: counts(10, 2) }]);
        hours.add(Instant(26 * hour), counts(1, 0), Instant(26 * hour));
        assert_eq!(hours.buckets(), [Bucket { at: Instant(26 * hour), counts: counts(1, 0) }]);
        let text = serde_json::to_string(&hours).unwrap();
        assert_eq!(text, r#"{"26":{"sent":1,"hard_bounces":0,"complaints":0,"refusals":0}}"#);
        assert_eq!(serde_json::from_str::<Hours>(&text).unwrap(), hours);
    }
}
