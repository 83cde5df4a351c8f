//! How many copies a batch has: how many are looked at, and how many of those a sender takes.

use attractor_store::copies::MailCopy;

/// A sender begins with few copies, since a crash leaves those that it has in doubt, and takes more as long as all goes well.
const FIRST: usize = 20;
/// The most copies that one look decides: a transaction of the lane stores what becomes of them.
const MOST_LOOKED_AT: usize = 200;

/// Grows and shrinks with what batches come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSize {
    taken: usize,
    looked_at: usize,
}

impl BatchSize {
    /// Of a sender that has sent nothing yet.
    pub const fn first() -> BatchSize {
        BatchSize { taken: FIRST, looked_at: FIRST }
    }

    /// How many copies are taken at most, by a transport that takes so many.
    pub fn taken(self, transport: usize) -> usize {
        self.taken.min(transport)
    }

    /// How many copies are looked at, to find as many that may leave.
    pub fn looked_at(self, transport: usize) -> usize {
        self.looked_at.max(self.taken(transport))
    }

    /// A look found copies that are due, and some that may leave. Those that are skipped or held are decided by the hundred,
    /// whatever is taken.
    pub fn after_look(&mut self, found: &[MailCopy], may_leave: usize, transport: usize) {
        let is_full = found.len() >= self.looked_at(transport);
        if may_leave >= self.taken(transport) {
            self.looked_at = FIRST;
        } else if is_full {
            self.looked_at = (self.looked_at(transport) * 2).min(MOST_LOOKED_AT);
        }
    }

    /// Copies were taken, and the next server has accepted all of them, or not.
    pub fn after_delivery(&mut self, taken: usize, is_smooth: bool, transport: usize) {
        self.taken = match is_smooth {
            true if taken >= self.taken => (self.taken * 2).min(transport),
            true => self.taken,
            false => FIRST,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sending::testing::copy;

    /// How many looks it takes to decide copies of which one in so many may leave, and how many are taken at the end.
    fn looks(copies: usize, one_in: usize) -> (usize, usize) {
        let (mut size, mut left, mut looks) = (BatchSize::first(), copies, 0);
        while left > 0 {
            let found = vec![copy("offer"); size.looked_at(100).min(left)];
            let may_leave = found.len().div_ceil(one_in).min(size.taken(100));
            size.after_look(&found, may_leave, 100);
            size.after_delivery(may_leave, true, 100);
            left -= found.len().min(may_leave * one_in);
            looks += 1;
        }
        (looks, size.taken(100))
    }

    #[test]
    fn a_broadcast_of_which_most_is_skipped_does_not_crawl() {
        for (one_in, most) in [(1, 105), (2, 105), (10, 60), (100, 60), (100_000, 60)] {
            let (looks, _) = looks(10_000, one_in);
            assert!(looks <= most, "one in {one_in}: {looks} looks");
        }
        assert_eq!(looks(10_000, 1).1, 100, "all leave");
        assert_eq!(looks(10_000, 100_000).1, FIRST, "few are under way at once until more have left");
    }

    #[test]
    fn a_sender_takes_few_again_after_trouble() {
        let mut size = BatchSize::first();
        for (taken, is_smooth, expected) in
            [(20, true, 40), (39, true, 40), (40, true, 80), (80, true, 100), (3, false, 20), (0, true, 20)]
        {
            size.after_delivery(taken, is_smooth, 100);
            assert_eq!(size.taken(100), expected, "{taken} {is_smooth}");
        }
        assert_eq!(size.taken(1), 1, "the transport takes one at a time");
    }
}
