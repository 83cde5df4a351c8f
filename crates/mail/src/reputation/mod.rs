//! What keeps a sender's name good: sending stops when too much comes back, and a new domain begins with little.
//!
//! ```
//! use attractor_mail::reputation::{Bucket, Counts, Thresholds, Window, days_of_use, stop};
//! use attractor_mail::message::Instant;
//!
//! // 400 copies within the last hour, of which 9 came back for good: more than 2 %.
//! let counts = Counts { sent: 400, hard_bounces: 9, complaints: 0, refusals: 0 };
//! let buckets = [Bucket { at: Instant(3_600_000), counts }];
//! let now = Instant(5_000_000);
//! let stopped = stop(&buckets, now, Window::default(), Thresholds::default());
//! assert!(stopped.unwrap().to_string().starts_with("Sending stopped: 9 of 400 copies (2.25 %) came back"));
//! assert!(days_of_use(&[], 20_000).limit().is_some());
//! ```

mod stop;
mod warm_up;

pub use stop::{Bucket, Counts, Share, Stop, StopCause, Thresholds, Window, stop};
pub use warm_up::{Day, LIMITS, Level, Portion, QUIET_DAYS, Usage, days_of_use};
