//! On which days the copies of a broadcast would leave: an estimate by the warm-up and the rates, as if nothing else were
//! sent. Pure.

use std::collections::BTreeMap;

use attractor_engine::time::{Duration, Instant};
use serde::Serialize;
use utoipa::ToSchema;

use super::settings::Waves;
use crate::sending::limits::Limits;

/// How many copies leave on a day, as an estimate
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AudienceDay {
    /// In UTC, as the warm-up counts
    #[schema(format = Date)]
    pub day: String,
    pub copies: i64,
}

/// Copies by the instant from which on they may leave, from when on it is too late for them, and the domain that they go to.
#[derive(Debug, Default)]
pub struct Departures(BTreeMap<(Instant, Instant, String), usize>);

/// What an estimate says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    pub days: Vec<AudienceDay>,
    /// Copies whose turn comes too late.
    pub too_late: i64,
    /// When the last copy leaves.
    pub last: Option<Instant>,
}

impl Departures {
    /// A copy that may leave to an address from an instant on.
    pub fn add(&mut self, address: &str, at: Instant, not_after: Instant) {
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain);
        *self.0.entry((at, not_after, domain.to_owned())).or_default() += 1;
    }

    /// When they leave where so many may leave.
    pub fn estimate(&self, limits: &mut Limits, waves: Option<&Waves>) -> Estimate {
        let of: usize = self.0.values().sum();
        let pause = |place| waves.map_or(Duration(0), |waves| Duration(waves.before(place, of) * waves.pause.0));
        let (mut days, mut place): (BTreeMap<i64, i64>, usize) = (BTreeMap::new(), 0);
        let mut estimate = Estimate::default();
        for ((at, not_after, domain), count) in &self.0 {
            for _ in 0..*count {
                let later = pause(place);
                place += 1;
                let leaves = limits.foresee(domain, *at + later);
                if leaves >= *not_after + later {
                    estimate.too_late += 1;
                    continue;
                }
                *days.entry(leaves.0.div_euclid(Duration::DAY.0)).or_default() += 1;
                estimate.last = estimate.last.max(Some(leaves));
            }
        }
        estimate.days = days.into_iter().map(|(day, copies)| AudienceDay { day: date(day), copies }).collect();
        estimate
    }
}

/// A day, by its number since 1970.
fn date(day: i64) -> String {
    Instant(day * Duration::DAY.0).to_string().split('T').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use attractor_mail::reputation::Usage;

    use super::*;
    use crate::sending::testing::sender;
    use crate::settings::{Settings, defaults};

    const WEEK: Duration = Duration(7 * Duration::DAY.0);

    fn limits(warm_up: bool, change: impl FnOnce(&mut Settings)) -> Limits {
        let mut settings = Settings { warm_up, ..defaults().unwrap() };
        change(&mut settings);
        let (now, mut sender) = (Instant(0), sender());
        sender.from = attractor_mail::message::Mailbox::parse("news@acme.com").unwrap();
        let mut limits = Limits::of(&settings, &sender, now);
        limits.begin(Usage::default(), now);
        limits
    }

    fn copies(count: usize, domain: &str) -> Departures {
        let mut departures = Departures::default();
        (0..count).for_each(|number| departures.add(&format!("u{number}@{domain}"), Instant(0), Instant(0) + WEEK));
        departures
    }

    fn days(estimate: &Estimate) -> Vec<(&str, i64)> {
        estimate.days.iter().map(|day| (day.day.as_str(), day.copies)).collect()
    }

    #[test]
    fn a_domain_that_warms_up_sends_a_little_more_each_day_and_the_rest_is_too_late() {
        let mut limits = limits(true, |settings| settings.send_rate = 0);
        let estimate = copies(1_000, "people.example").estimate(&mut limits, None);
        let all: i64 = estimate.days.iter().map(|day| day.copies).sum();
        assert_eq!(days(&estimate)[..3], [("1970-01-01", 40), ("1970-01-02", 56), ("1970-01-03", 78)]);
        assert_eq!((estimate.days.len(), all + estimate.too_late), (7, 1_000));
    }

    #[test]
    fn rates_spread_copies_over_days() {
        let mut slow = limits(false, |settings| {
            settings.send_rate = 0;
            settings.domain_rates = vec!["gmail.com=1".to_owned()];
        });
        let estimate = copies(2_000, "gmail.com").estimate(&mut slow, None);
        assert_eq!(days(&estimate), [("1970-01-01", 1_439), ("1970-01-02", 561)]);
        assert_eq!(estimate.last, Some(Instant(2_000 * 60_000)));
        let estimate = copies(2_000, "people.example").estimate(&mut slow, None);
        assert_eq!(days(&estimate), [("1970-01-01", 2_000)]);
    }

    #[test]
    fn waves_leave_one_after_the_other() {
        let mut limits = limits(false, |settings| settings.send_rate = 0);
        let waves = Waves { shares: vec![10.0, 30.0], pause: Duration(2 * Duration::DAY.0) };
        let estimate = copies(100, "people.example").estimate(&mut limits, Some(&waves));
        assert_eq!(days(&estimate), [("1970-01-01", 10), ("1970-01-03", 30), ("1970-01-05", 60)]);
    }
}
