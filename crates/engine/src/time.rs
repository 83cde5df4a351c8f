//! Instants and durations, in whole milliseconds. The engine has no clock: every instant comes with its input.

use std::fmt;
use std::ops::{Add, Sub};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Instant(pub i64);

/// A fixed length of time in milliseconds; never negative in a playbook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

impl Instant {
    /// Later than every instant that occurs.
    pub const NEVER: Instant = Instant(i64::MAX);
}

impl Add<Duration> for Instant {
    type Output = Instant;
    fn add(self, length: Duration) -> Instant {
        Instant(self.0.saturating_add(length.0))
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;
    fn sub(self, length: Duration) -> Instant {
        Instant(self.0.saturating_sub(length.0))
    }
}

impl Sub for Instant {
    type Output = Duration;
    fn sub(self, earlier: Instant) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Duration {
    pub const SECOND: Duration = Duration(1_000);
    pub const HOUR: Duration = Duration(3_600_000);
    pub const DAY: Duration = Duration(86_400_000);

    /// Reads a playbook duration such as `90s`, `15m`, `48h`, `30d` or `8w`: a whole number of one unit, at least 1.
    pub fn parse(text: &str) -> Option<Duration> {
        let unit = match text.bytes().last()? {
            b's' => 1_000,
            b'm' => 60_000,
            b'h' => 3_600_000,
            b'd' => 86_400_000,
            b'w' => 604_800_000,
            _ => return None,
        };
        let digits = &text[..text.len() - 1];
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let length = digits.parse::<i64>().ok()?.checked_mul(unit)?;
        (length > 0).then_some(Duration(length))
    }
}

/// The playbook's own notation, in the largest unit that divides the length.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(604_800_000, 'w'), (86_400_000, 'd'), (3_600_000, 'h'), (60_000, 'm'), (1_000, 's')];
        match units.iter().find(|(size, _)| self.0 % size == 0) {
            Some((size, unit)) => write!(f, "{}{unit}", self.0 / size),
            None => write!(f, "{}ms", self.0),
        }
    }
}
