//! How fast copies leave: in all, and to each receiving domain. Nothing of it is stored: after a restart a second's worth may
//! leave at once, and no more.

use std::collections::BTreeMap;

use attractor_engine::time::{Duration, Instant};
use attractor_store::copies::Rank;

use crate::settings::Settings;

const MINUTE: f64 = 60_000.0;
/// What a copy takes; less than one by as much as sums of doubles may be wrong.
const ONE: f64 = 0.999_999;
/// As much as leaves within this time may leave at once.
const BURST: f64 = 10_000.0;
/// A domain that slows us down is left alone for this long; for twice as long each time that it happens again.
const CLOSED: Duration = Duration(60_000);
const CLOSED_AT_MOST: Duration = Duration::HOUR;
/// Who has not slowed us down for this long begins anew.
const FORGIVEN: Duration = Duration(2 * Duration::HOUR.0);

/// Copies a minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerMinute(f64);

/// The limits of a domain, or of several that are one provider's.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    domains: Vec<String>,
    rate: PerMinute,
}

impl Provider {
    /// Reads `gmail.com+googlemail.com=1200`: domains, and copies a minute to all of them together.
    pub fn parse(text: &str) -> Result<Provider, String> {
        let wrong =
            || format!("`{text}` is not a rate of domains; write gmail.com+googlemail.com=1200, copies a minute");
        let (domains, number) = text.split_once('=').ok_or_else(wrong)?;
        let rate = number.trim().parse::<u32>().ok().filter(|rate| *rate > 0).ok_or_else(wrong)?;
        let domains: Vec<String> = domains.split('+').map(|domain| domain.trim().to_lowercase()).collect();
        let is_domain = |domain: &String| domain.contains('.') && !domain.contains(|c: char| c.is_whitespace());
        if !domains.iter().all(is_domain) {
            return Err(wrong());
        }
        Ok(Provider { domains, rate: PerMinute(f64::from(rate)) })
    }
}

/// What a copy is to the limits.
#[derive(Clone, Copy, Debug)]
pub struct QueuedCopy {
    /// It waits behind copies of its own rank and of those before it, and of no other.
    pub rank: Rank,
    /// Until when it was held by a rate before; it is its turn then.
    pub held_until: Option<Instant>,
}

/// When the last copy of each rank may leave that waits.
#[derive(Clone, Copy, Debug)]
struct Queues([Instant; Rank::ALL.len()]);

impl Queues {
    /// When the last copy may leave that a copy of a rank waits for.
    fn end(&self, rank: Rank) -> Instant {
        self.0[..=rank as usize].iter().copied().max().unwrap_or(Instant(i64::MIN))
    }
}

/// A limit that fills again with time.
#[derive(Clone, Debug)]
struct Bucket {
    per_ms: f64,
    left: f64,
    at: Instant,
    /// Of copies that came when nothing was left for them.
    queues: Queues,
    /// Of copies whose turn came, and which found that others had gone before them: they do not go to the end again.
    passed: Queues,
}

/// A domain that slowed us down.
#[derive(Clone, Copy, Debug)]
struct Closing {
    until: Instant,
    pause: Duration,
}

/// All limits.
#[derive(Debug, Default)]
pub struct Rates {
    /// The first is that of all copies, where there is one.
    buckets: Vec<Bucket>,
    all: Option<usize>,
    /// By domain its bucket.
    of_domain: BTreeMap<String, usize>,
    closed: BTreeMap<String, Closing>,
}

impl Bucket {
    fn new(PerMinute(rate): PerMinute, now: Instant) -> Bucket {
        let per_ms = rate / MINUTE;
        let queues = Queues([now; Rank::ALL.len()]);
        Bucket { per_ms, left: (per_ms * 1_000.0).max(1.0), at: now, queues, passed: queues }
    }

    fn fill(&mut self, now: Instant) {
        let passed = (now - self.at).0.max(0) as f64;
        let most = (self.per_ms * BURST).max(1.0);
        (self.left, self.at) = ((self.left + passed * self.per_ms).min(most), now.max(self.at));
    }

    /// When the last copy may leave that one of a rank waits for.
    fn queue_end(&self, rank: Rank) -> Instant {
        self.queues.end(rank).max(self.passed.end(rank))
    }

    /// Whether a copy may leave now. Those of its rank that wait come before those that come now.
    fn is_open(&self, copy: QueuedCopy, now: Instant) -> bool {
        self.left >= ONE && (copy.has_come(now) || self.queue_end(copy.rank) <= now)
    }

    /// When a copy may leave that waits from now on.
    fn queue(&mut self, copy: QueuedCopy, now: Instant) -> Instant {
        let each = Duration((1.0 / self.per_ms).ceil() as i64);
        let (end, queues) = match copy.has_come(now) {
            true => (self.passed.end(copy.rank), &mut self.passed),
            false => (self.queue_end(copy.rank), &mut self.queues),
        };
        let place = end.max(now) + each;
        queues.0[copy.rank as usize] = place;
        place
    }
}

impl QueuedCopy {
    /// Whether it waited, and its turn has come.
    fn has_come(self, now: Instant) -> bool {
        self.held_until.is_some_and(|until| until <= now)
    }
}

impl Rates {
    /// The limits of the settings, which have been checked.
    pub fn of(settings: &Settings, now: Instant) -> Rates {
        let mut rates = Rates::default();
        if settings.send_rate > 0 {
            rates.all = Some(rates.add(PerMinute(f64::from(settings.send_rate)), now));
        }
        for provider in settings.domain_rates.iter().filter_map(|text| Provider::parse(text).ok()) {
            let bucket = rates.add(provider.rate, now);
            rates.of_domain.extend(provider.domains.into_iter().map(|domain| (domain, bucket)));
        }
        rates
    }

    fn add(&mut self, rate: PerMinute, now: Instant) -> usize {
        self.buckets.push(Bucket::new(rate, now));
        self.buckets.len() - 1
    }

    fn of_copy(&self, domain: &str) -> Vec<usize> {
        self.all.into_iter().chain(self.of_domain.get(domain).copied()).collect()
    }

    /// Until when a copy to a domain waits; `None` where it may leave now.
    pub fn held_until(&mut self, domain: &str, copy: QueuedCopy, now: Instant) -> Option<Instant> {
        let closed = self.closed.get(domain).map(|closing| closing.until).filter(|until| *until > now);
        if closed.is_some() {
            return closed;
        }
        let buckets = self.of_copy(domain);
        for bucket in &buckets {
            self.buckets[*bucket].fill(now);
        }
        let full: Vec<usize> = buckets.into_iter().filter(|bucket| !self.buckets[*bucket].is_open(copy, now)).collect();
        if full.is_empty() {
            return None;
        }
        // Where it waits already, it keeps its place.
        let place = copy.held_until.filter(|until| *until > now);
        place.or_else(|| full.into_iter().map(|bucket| self.buckets[bucket].queue(copy, now)).max())
    }

    /// Whether a copy of a rank has nothing before it at an instant.
    pub fn is_free(&self, domain: &str, rank: Rank, at: Instant) -> bool {
        self.of_copy(domain).into_iter().all(|bucket| self.buckets[bucket].queue_end(rank) <= at)
    }

    /// When a copy of a rank that may leave at an instant would leave, behind all that were asked about before.
    pub fn foresee(&mut self, domain: &str, rank: Rank, at: Instant) -> Instant {
        let copy = QueuedCopy { rank, held_until: None };
        self.of_copy(domain).into_iter().map(|bucket| self.buckets[bucket].queue(copy, at)).max().unwrap_or(at)
    }

    /// A copy to a domain leaves.
    pub fn take(&mut self, domain: &str) {
        for bucket in self.of_copy(domain) {
            self.buckets[bucket].left -= 1.0;
        }
    }

    /// A copy to a domain that was taken does not leave.
    pub fn give_back(&mut self, domain: &str) {
        for bucket in self.of_copy(domain) {
            self.buckets[bucket].left += 1.0;
        }
    }

    /// A server said that copies to its domain come too fast.
    pub fn slow(&mut self, domain: &str, now: Instant) {
        let known = self.closed.get(domain).copied();
        let is_closed = known.is_some_and(|closing| closing.until > now);
        let again = known.filter(|closing| now - closing.until < FORGIVEN);
        if is_closed {
            return;
        }
        let pause = again.map_or(CLOSED, |closing| Duration(closing.pause.0 * 2).min(CLOSED_AT_MOST));
        self.closed.retain(|_, closing| now - closing.until < FORGIVEN);
        self.closed.insert(domain.to_owned(), Closing { until: now + pause, pause });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::defaults;

    const SECOND: i64 = 1_000;

    fn copies(rank: Rank, count: usize) -> Vec<QueuedCopy> {
        vec![QueuedCopy { rank, held_until: None }; count]
    }

    fn new(count: usize) -> Vec<QueuedCopy> {
        copies(Rank::Sequence, count)
    }

    fn rates(all: u32, domains: &[&str]) -> Rates {
        let mut settings = defaults().unwrap();
        settings.send_rate = all;
        settings.domain_rates = domains.iter().map(|text| (*text).to_owned()).collect();
        Rates::of(&settings, Instant(0))
    }

    /// How many of so many copies leave at once at an instant; the others are kept.
    fn leave(rates: &mut Rates, domain: &str, copies: &mut Vec<QueuedCopy>, now: i64) -> usize {
        let before = copies.len();
        copies.retain_mut(|copy| match rates.held_until(domain, *copy, Instant(now)) {
            None => {
                rates.take(domain);
                false
            }
            held => {
                copy.held_until = held;
                true
            }
        });
        before - copies.len()
    }

    #[test]
    fn a_provider_gets_its_rate_and_each_copy_is_told_once_when_it_may_leave() {
        let mut rates = rates(0, &["gmail.com+googlemail.com=120"]);
        let mut copies = new(10);
        assert_eq!(leave(&mut rates, "gmail.com", &mut copies, 0), 2, "a second's worth");
        let waits: Vec<i64> = copies.iter().filter_map(|copy| copy.held_until).map(|until| until.0).collect();
        assert_eq!(waits, [500, 1_000, 1_500, 2_000, 2_500, 3_000, 3_500, 4_000]);
        assert_eq!(leave(&mut rates, "googlemail.com", &mut new(1), 400), 0, "those that wait come first");
        assert_eq!(leave(&mut rates, "gmail.com", &mut copies, 2 * SECOND), 4);
        assert_eq!(copies[0].held_until, Some(Instant(2_500)), "the others keep their place");
        let mut urgent = self::copies(Rank::Transactional, 1);
        assert_eq!(leave(&mut rates, "gmail.com", &mut urgent, 2_500), 1);
        assert_eq!(leave(&mut rates, "people.example", &mut new(5_000), 0), 5_000, "without a limit");
    }

    #[test]
    fn a_broadcast_to_many_is_behind_every_other_copy() {
        let mut rates = rates(60, &[]);
        let mut broadcast = copies(Rank::Broadcast, 100_000);
        assert_eq!(leave(&mut rates, "a.example", &mut broadcast, 0), 1);
        let last = broadcast.last().and_then(|copy| copy.held_until);
        assert_eq!(last, Some(Instant(99_999 * SECOND)));
        for (rank, held_until) in [
            (Rank::Sequence, 1_100),
            (Rank::Sequence, 2_100),
            (Rank::Answer, 1_100),
            (Rank::Sequence, 3_100),
            (Rank::Transactional, 1_100),
            (Rank::Alert, 2_100),
        ] {
            let copy = QueuedCopy { rank, held_until: None };
            assert_eq!(rates.held_until("a.example", copy, Instant(100)), Some(Instant(held_until)), "{rank:?}");
        }
        // A confirmation takes the place of the first one of the broadcast, which does not begin to wait anew.
        let mut confirmation = copies(Rank::Transactional, 1);
        confirmation[0].held_until = Some(Instant(SECOND));
        assert_eq!(leave(&mut rates, "a.example", &mut confirmation, SECOND), 1);
        let until = rates.held_until("a.example", broadcast[0], Instant(SECOND));
        assert_eq!(until, Some(Instant(2 * SECOND)));
        let again = QueuedCopy { held_until: Some(Instant(SECOND)), ..broadcast[0] };
        let until = rates.held_until("a.example", again, Instant(SECOND));
        assert_eq!(until, Some(Instant(3 * SECOND)), "one after the other");
    }

    #[test]
    fn all_copies_together_have_a_rate() {
        let mut rates = rates(600, &["gmail.com=6000"]);
        assert_eq!(leave(&mut rates, "a.example", &mut new(50), 0), 10);
        assert_eq!(leave(&mut rates, "gmail.com", &mut new(50), 0), 0);
        // After a long pause not more than ten seconds' worth.
        let mut copies = new(500);
        assert_eq!(leave(&mut rates, "b.example", &mut copies, Duration::DAY.0), 100);
    }

    #[test]
    fn a_copy_that_does_not_leave_after_all_leaves_room_for_another() {
        let mut rates = rates(0, &["gmail.com=120"]);
        assert_eq!(leave(&mut rates, "gmail.com", &mut new(2), 0), 2);
        rates.give_back("gmail.com");
        assert_eq!(leave(&mut rates, "gmail.com", &mut new(2), 0), 1);
    }

    #[test]
    fn a_domain_that_slows_us_down_is_left_alone_for_longer_each_time() {
        let mut rates = rates(0, &[]);
        let minute = 60 * SECOND;
        let mut at = 0;
        for minutes in [1, 2, 4, 8, 16, 32, 60, 60] {
            rates.slow("a.example", Instant(at));
            rates.slow("a.example", Instant(at));
            let held = |rates: &mut Rates, domain: &str, at| rates.held_until(domain, new(1)[0], Instant(at));
            assert_eq!(held(&mut rates, "a.example", at), Some(Instant(at + minutes * minute)));
            assert_eq!(held(&mut rates, "b.example", at), None);
            at += minutes * minute;
            assert_eq!(held(&mut rates, "a.example", at), None);
        }
        at += FORGIVEN.0;
        rates.slow("a.example", Instant(at));
        assert_eq!(rates.held_until("a.example", new(1)[0], Instant(at)), Some(Instant(at + minute)));
    }

    #[test]
    fn rates_are_read_or_it_is_said_how_they_are_written() {
        assert!(Provider::parse("Gmail.com + googlemail.com = 1200").is_ok());
        for wrong in ["gmail.com", "gmail.com=0", "gmail.com=-1", "=5", "gmail=5", "a b.com=5", "gmail.com=many"] {
            assert!(Provider::parse(wrong).unwrap_err().starts_with(&format!("`{wrong}` is not")), "{wrong}");
        }
    }
}
