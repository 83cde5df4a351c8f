//! A forecast in sums: what becomes of copies by day, and what those that wait on wait for.

use std::collections::BTreeMap;

use attractor_engine::condition::Names;
use attractor_engine::time::Instant;
use attractor_store::copies::CopyState;
use serde::Serialize;
use utoipa::ToSchema;

use super::foreseen::{ForeseenCopy, ForeseenEnd};
use crate::sending::words::in_words;

/// What becomes of copies on a day
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct DayAhead {
    /// In the playbook's time zone
    #[schema(format = Date)]
    pub day: String,
    /// Copies that leave
    pub leaving: i64,
    /// Copies that are skipped
    pub skipped: i64,
    /// Copies that are withdrawn because their sequence ends
    pub withdrawn: i64,
    /// How many of these are estimates
    pub estimates: i64,
}

/// Copies that wait on for one reason
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct WaitingAhead {
    /// As on a copy: `cadence`, `paused` …; `draft` in review, `turn` where a turn was not set yet
    pub reason: String,
    /// In English
    pub why: String,
    pub copies: i64,
    /// Until when the first and the last of them wait; null where a person must act
    #[schema(format = DateTime)]
    pub first_until: Option<String>,
    #[schema(format = DateTime)]
    pub last_until: Option<String>,
}

/// What becomes of copies day by day; `minute`, what clocks show in the playbook's time zone.
pub(super) fn days(all: &[ForeseenCopy], minute: &dyn Fn(Instant) -> String) -> Vec<DayAhead> {
    let mut days: BTreeMap<String, DayAhead> = BTreeMap::new();
    for one in all {
        let Some(at) = one.at else { continue };
        let name = minute(at).split([' ', 'T']).next().unwrap_or_default().to_owned();
        let day = days.entry(name.clone()).or_insert_with(|| DayAhead { day: name, ..DayAhead::default() });
        let count = match one.end {
            ForeseenEnd::Leaves => &mut day.leaving,
            ForeseenEnd::Skipped(_) => &mut day.skipped,
            ForeseenEnd::Withdrawn | ForeseenEnd::Waits => &mut day.withdrawn,
        };
        *count += 1;
        day.estimates += i64::from(one.estimate.is_some());
    }
    days.into_values().collect()
}

/// What keeps copies back at the end of a forecast.
pub(super) fn waiting(all: &[ForeseenCopy]) -> Vec<WaitingAhead> {
    let mut reasons: BTreeMap<&str, (i64, Vec<Instant>)> = BTreeMap::new();
    for one in all.iter().filter(|one| one.is_open()) {
        let (reason, until) = match one.holds.last() {
            Some(hold) => (hold.reason.as_str(), hold.until),
            None if one.copy.state == CopyState::Draft => ("draft", None),
            None => ("turn", None),
        };
        let (copies, ends) = reasons.entry(reason).or_default();
        *copies += 1;
        ends.extend(until);
    }
    let item = |(reason, (copies, ends)): (&str, (i64, Vec<Instant>))| WaitingAhead {
        reason: reason.to_owned(),
        why: match reason {
            "draft" => "Its sequence is in review: somebody must release it.".to_owned(),
            "turn" => "Its turn is not set yet.".to_owned(),
            // What keeps a copy back names no part of the playbook.
            reason => in_words(reason, &Names::default()),
        },
        copies,
        first_until: ends.iter().min().map(Instant::to_string),
        last_until: ends.iter().max().map(Instant::to_string),
    };
    reasons.into_iter().map(item).collect()
}
