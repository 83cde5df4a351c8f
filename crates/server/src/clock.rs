//! The only clock of the product.

use std::time::{SystemTime, UNIX_EPOCH};

use attractor_engine::time::Instant;
use jiff::tz::TimeZoneDatabase;

/// Now, in whole milliseconds.
#[expect(clippy::disallowed_methods, reason = "this is the one place that asks what time it is")]
pub fn now() -> Instant {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Instant(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
}

/// When days begin where: the machine's time zones, which its owner keeps current, else those the program brings.
pub fn zones() -> TimeZoneDatabase {
    TimeZoneDatabase::from_env()
}
