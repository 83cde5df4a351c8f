//! How many messages of a sender one group can afford, by what its last groups cost.

use std::time::Duration;

/// What a group cost.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// As `Effort::units` counts it, beside how much is in order.
    pub work: u64,
    pub budget: u64,
    /// Up to how many messages the budget is for.
    pub messages: usize,
    /// Of the work, the rebuild of one lead: fewer messages in a portion do not make it shorter.
    pub uncut: u64,
    /// How long it took, and when it was over, since the queue was made.
    pub took: Duration,
    pub at: Duration,
}

impl Cost {
    /// What a group of so many messages may cost: one larger than the budget is for, as much more as it is larger.
    pub fn allowed(&self, messages: usize) -> u64 {
        let meant = self.messages.max(1) as u64;
        self.budget * meant.max(messages as u64) / meant
    }
}

/// A group of one sender, and its work beside the rebuild of one lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    pub messages: usize,
    pub work: u64,
}

/// How many messages the next group of a sender has whose group was more work than the budget. Two groups of different size
/// show which part of the work is the same for any size. Where that part alone is more than the budget, smaller groups would
/// only repeat it: then the messages may cost as much as it does.
pub fn affordable(group: Group, last: Option<Group>, budget: u64) -> usize {
    let fixed = last.map_or(0, |last| fixed(group, last));
    let messages = group.messages.max(1) as u64;
    let each = ((group.work - fixed) / messages).max(1);
    let most = if fixed > 0 { usize::MAX } else { group.messages.div_ceil(2).max(1) };
    usize::try_from(budget.max(fixed) / each).unwrap_or(usize::MAX).clamp(1, most)
}

/// The part of a group's work that does not depend on the number of its messages.
fn fixed(group: Group, last: Group) -> u64 {
    let (small, large) = if group.messages < last.messages { (group, last) } else { (last, group) };
    let more = (large.messages - small.messages) as u64;
    let Some(each) = large.work.saturating_sub(small.work).checked_div(more) else { return 0 };
    group.work.saturating_sub(each.saturating_mul(group.messages as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_group_may_cost_as_much_more_as_it_is_larger() {
        let cost = Cost { work: 0, budget: 4_000, messages: 250, uncut: 0, took: Duration::ZERO, at: Duration::ZERO };
        let allowed = [0, 1, 250, 251, 500].map(|messages| cost.allowed(messages));
        assert_eq!(allowed, [4_000, 4_000, 4_000, 4_016, 8_000]);
    }

    #[test]
    fn smaller_groups_are_taken_where_they_are_less_work() {
        let group = |messages: usize, work: u64| Group { messages, work };
        for (now, last, expected) in [
            (group(100, 8_000), None, 50),
            (group(100, 40_000), None, 10),
            (group(1, 40_000), None, 1),
            // All of it is the messages'.
            (group(50, 20_000), Some(group(100, 40_000)), 10),
            (group(50, 20_000), Some(group(50, 20_000)), 10),
            // 4,000 are the same for any number of messages, and 100 each of them.
            (group(28, 6_800), Some(group(100, 14_000)), 40),
            (group(99, 13_900), Some(group(50, 9_000)), 40),
            // 1,000 are, which the budget covers.
            (group(50, 6_000), Some(group(100, 11_000)), 40),
            // It was no less work with fewer messages.
            (group(10, 9_000), Some(group(100, 9_000)), 9_000),
        ] {
            assert_eq!(affordable(now, last, 4_000), expected, "{now:?} after {last:?}");
        }
    }
}
