//! The column `when`.

use attractor_engine::time::{Duration, Instant};

/// Monday 1 January 2024 00:00 UTC.
const D0: Instant = Instant(1_704_067_200_000);

/// `d2`, `d2 12:00`, `2024-03-31 22:00:00.001`: always UTC.
pub fn moment(text: &str) -> Option<Instant> {
    let Some(days) = text.strip_prefix('d') else { return Instant::parse(text) };
    let (day, clock) = days.split_once(' ').unwrap_or((days, "00:00"));
    let day = D0 + Duration(day.parse::<i64>().ok()? * Duration::DAY.0);
    Instant::parse(&format!("{}{clock}", &day.to_string()[..11]))
}
