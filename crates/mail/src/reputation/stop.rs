//! The stop: marketing pauses with an alert when hard bounces or complaints pass a threshold.

use std::fmt;

use attractor_engine::time::Instant;

/// A share in hundredths of a percent: 200 is 2 %.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(pub u32);

impl Share {
    /// Whether `part` of `whole` is more than this share. Nothing of nothing is not more.
    fn is_passed_by(self, part: u64, whole: u64) -> bool {
        u128::from(part) * 10_000 > u128::from(whole) * u128::from(self.0)
    }
}

/// As people write it: `2 %`, `0.1 %`.
impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0 as f64 / 100.0)
    }
}

/// Copies that were sent, and what came of them. A copy counts where it was sent, not where its bounce came in, so that a
/// bounce never counts without its copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Copies that servers accepted.
    pub sent: u64,
    /// Permanent failures because of the address; blocks and policies of receivers are not among them.
    pub hard_bounces: u64,
    /// Copies that were marked as spam.
    pub complaints: u64,
    /// Copies that servers refused because of the sender or of what it sends, and not because of the address.
    pub refusals: u64,
}

/// The counts of copies that were sent from an instant on until the next bucket begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// When the bucket begins.
    pub at: Instant,
    /// Of the copies that were sent in the bucket.
    pub counts: Counts,
}

/// How far back copies count, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(pub i64);

/// A day: long enough that small senders reach the least number of copies, short enough to notice a bad list.
impl Default for Window {
    fn default() -> Window {
        Window(86_400_000)
    }
}

/// When sending stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Thresholds {
    /// More hard bounces than this share stop it.
    pub hard_bounces: Share,
    /// More complaints than this share stop it.
    pub complaints: Share,
    /// More refusals than this share stop it.
    pub refusals: Share,
    /// Fewer copies than this prove nothing.
    pub at_least: u64,
}

/// 2 % and 0.1 % of at least 200 copies, and 5 % refused. Gmail asks senders to stay under 0.1 % complaints and never to
/// reach 0.3 %.
impl Default for Thresholds {
    fn default() -> Thresholds {
        Thresholds { hard_bounces: Share(200), complaints: Share(10), refusals: Share(500), at_least: 200 }
    }
}

/// What passed its threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopCause {
    HardBounces,
    Complaints,
    Refusals,
}

impl StopCause {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            StopCause::HardBounces => "hard_bounces",
            StopCause::Complaints => "complaints",
            StopCause::Refusals => "refusals",
        }
    }
}

/// A reason to stop. Its text is the alert's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// What there was too much of.
    pub cause: StopCause,
    /// Hard bounces or complaints.
    pub count: u64,
    /// Copies that were sent in the window.
    pub sent: u64,
    /// The share that was passed.
    pub threshold: Share,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Stop { cause, count, sent, threshold } = self;
        let percent = (*count as f64 / *sent as f64 * 10_000.0).round() / 100.0;
        let (came, todo) = match cause {
            StopCause::HardBounces => (
                "came back because their addresses do not exist",
                "Check where these addresses come from, and remove the import that brought them.",
            ),
            StopCause::Complaints => {
                ("were marked as spam", "Check who was written to, and whether they agreed to it and expect it.")
            }
            StopCause::Refusals => (
                "were refused because of the sender or of what it sends",
                "Read the servers' answers in the outbox; they name the record, the list or the rule to see to.",
            ),
        };
        write!(
            f,
            "Sending stopped: {count} of {sent} copies ({percent} %) {came}; at most {threshold} is right. {todo} Then resume \
             sending."
        )
    }
}

/// Whether sending stops, by the copies that were sent within the window before `now`. A bucket that began before the window
/// does not count. Complaints are asked first: receivers forgive them least.
pub fn stop(buckets: &[Bucket], now: Instant, window: Window, thresholds: Thresholds) -> Option<Stop> {
    let begin = now.0.saturating_sub(window.0);
    let within = buckets.iter().filter(|bucket| (begin..=now.0).contains(&bucket.at.0));
    let sum = within.fold(Counts::default(), |sum, bucket| sum.plus(bucket.counts));
    if sum.sent == 0 || sum.sent < thresholds.at_least {
        return None;
    }
    let causes = [
        (StopCause::Complaints, sum.complaints, thresholds.complaints),
        (StopCause::HardBounces, sum.hard_bounces, thresholds.hard_bounces),
        (StopCause::Refusals, sum.refusals, thresholds.refusals),
    ];
    let passed = causes.into_iter().find(|(_, count, threshold)| threshold.is_passed_by(*count, sum.sent));
    passed.map(|(cause, count, threshold)| Stop { cause, count, sent: sum.sent, threshold })
}

impl Counts {
    fn plus(self, other: Counts) -> Counts {
        Counts {
            sent: self.sent.saturating_add(other.sent),
            hard_bounces: self.hard_bounces.saturating_add(other.hard_bounces),
            complaints: self.complaints.saturating_add(other.complaints),
            refusals: self.refusals.saturating_add(other.refusals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(sent: u64, hard_bounces: u64, complaints: u64) -> &'static str {
        let buckets = [Bucket { at: Instant(0), counts: Counts { sent, hard_bounces, complaints, refusals: 0 } }];
        stop(&buckets, Instant(1), Window::default(), Thresholds::default()).map_or("", |stop| stop.cause.name())
    }

    #[test]
    fn more_than_the_threshold_of_enough_copies_stops() {
        for (sent, hard_bounces, complaints, expected) in [
            (0, 0, 0, ""),
            (0, 5, 5, ""),
            (199, 199, 199, ""),
            (200, 4, 0, ""),
            (200, 5, 0, "hard_bounces"),
            (1_000, 20, 1, ""),
            (1_000, 21, 1, "hard_bounces"),
            (1_000, 0, 2, "complaints"),
            (1_000, 900, 2, "complaints"),
            (200, 0, 1, "complaints"),
            (u64::MAX, u64::MAX, 0, "hard_bounces"),
        ] {
            assert_eq!(cause(sent, hard_bounces, complaints), expected, "{sent} {hard_bounces} {complaints}");
        }
    }

    #[test]
    fn only_the_window_counts() {
        let bucket = |at, hard_bounces| Bucket {
            at: Instant(at),
            counts: Counts { sent: 150, hard_bounces, ..Counts::default() },
        };
        let buckets = [bucket(0, 100), bucket(1_000, 3), bucket(2_000, 4), bucket(9_000, 100)];
        for (now, window, stops) in [
            (2_500, 1_600, true),
            (2_500, 1_400, false),
            (1_500, 2_000, true),
            (2_500, i64::MAX, true),
            (i64::MIN, i64::MAX, false),
        ] {
            let stopped = stop(&buckets, Instant(now), Window(window), Thresholds::default());
            assert_eq!(stopped.is_some(), stops, "{now} {window}");
        }
        let stopped = stop(&buckets, Instant(2_500), Window(1_600), Thresholds::default()).unwrap();
        assert_eq!((stopped.count, stopped.sent), (7, 300));
    }

    #[test]
    fn thresholds_are_settings() {
        let buckets =
            [Bucket { at: Instant(0), counts: Counts { sent: 10, hard_bounces: 1, complaints: 1, refusals: 1 } }];
        let thresholds =
            Thresholds { hard_bounces: Share(999), complaints: Share(1_000), refusals: Share(1_000), at_least: 10 };
        let stopped = stop(&buckets, Instant(0), Window(0), thresholds).unwrap();
        assert_eq!(stopped.cause, StopCause::HardBounces);
        let none = Thresholds { hard_bounces: Share(10_000), ..thresholds };
        assert_eq!(stop(&buckets, Instant(0), Window(0), none), None);
    }

    #[test]
    fn refusals_because_of_the_sender_stop_it() {
        for (refusals, stops) in [(50, false), (51, true)] {
            let counts = Counts { sent: 1_000, refusals, ..Counts::default() };
            let stopped =
                stop(&[Bucket { at: Instant(0), counts }], Instant(1), Window::default(), Thresholds::default());
            assert_eq!(stopped.map(|stop| stop.cause), stops.then_some(StopCause::Refusals), "{refusals}");
        }
    }

    #[test]
    fn the_alert_says_how_much_and_what_to_do() {
        let stop = Stop { cause: StopCause::Complaints, count: 3, sent: 700, threshold: Share(10) };
        let text = stop.to_string();
        assert!(
            text.starts_with("Sending stopped: 3 of 700 copies (0.43 %) were marked as spam; at most 0.1 % is right.")
        );
        assert!(text.ends_with("Then resume sending."), "{text}");
        assert_eq!((Share(200).to_string(), Share(25).to_string()), ("2 %".into(), "0.25 %".into()));
    }
}
