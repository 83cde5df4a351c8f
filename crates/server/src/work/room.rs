//! How many messages a group may have, by who waits. Others wait while a group is stored, so groups are small where several
//! senders wait. A sender that waits alone gains nothing by small groups, and large ones are stored a tenth faster.

/// How much of the queue goes into one group.
#[derive(Clone, Copy)]
pub struct GroupLimits {
    /// Where several senders wait, and before it is known how much work one's messages are.
    pub messages: usize,
    /// Where one sender waits alone.
    pub alone: usize,
    pub bytes: usize,
}

/// How many messages the next group may have while so many senders wait. Groups of a sender that waits alone grow with each
/// one that was little work, `cheap` being how many were in a row: whoever comes in the middle of a group waits for its end,
/// so that a large one is risked only with messages that are known to be little work.
fn room(limits: GroupLimits, senders: usize, cheap: u32) -> usize {
    if senders > 1 {
        return limits.messages;
    }
    let grown = limits.messages.saturating_mul(2_usize.saturating_pow(cheap));
    grown.min(limits.alone.max(limits.messages))
}

/// The groups for which one sender waited alone.
#[derive(Default)]
pub struct Alone {
    /// Whether one did for the last group.
    last: bool,
    /// Who, and how many groups in a row were little work.
    cheap: Option<(String, u32)>,
}

impl Alone {
    /// How many messages the group may have that is made now; `waiting` are the senders with something waiting.
    pub fn room<'s>(&mut self, limits: GroupLimits, mut waiting: impl ExactSizeIterator<Item = &'s String>) -> usize {
        let senders = waiting.len();
        self.last = senders == 1;
        let first = waiting.next();
        let cheap = self.cheap.as_ref().filter(|(sender, _)| Some(sender) == first);
        room(limits, senders, cheap.map_or(0, |(_, groups)| *groups))
    }

    /// Notes that the last group is stored. `cheap` is a sender in it whose messages are little work.
    pub fn note(&mut self, cheap: Option<&String>) {
        let known = self.cheap.take();
        if let Some(sender) = cheap.filter(|_| self.last) {
            let groups = known.filter(|(of, _)| of == sender).map_or(0, |(_, groups)| groups);
            self.cheap = Some((sender.clone(), groups.saturating_add(1)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: GroupLimits = GroupLimits { messages: 250, alone: 1_200, bytes: 1 };

    #[test]
    fn groups_are_large_only_for_a_sender_that_waits_alone_and_is_little_work() {
        for (senders, cheap, messages) in [
            (0, 0, 250),
            (1, 0, 250),
            (1, 1, 500),
            (1, 2, 1_000),
            (1, 3, 1_200),
            (1, u32::MAX, 1_200),
            (2, 0, 250),
            (2, u32::MAX, 250),
            (100, 3, 250),
        ] {
            assert_eq!(room(LIMITS, senders, cheap), messages, "{senders} senders, {cheap} groups");
        }
        let small = GroupLimits { alone: 100, ..LIMITS };
        assert_eq!(room(small, 1, 5), 250, "who waits alone gets no less than others");
    }

    #[test]
    fn nobody_gets_large_groups_for_what_another_one_sent_or_beside_others() {
        let mut alone = Alone::default();
        for (waiting, cheap, messages) in [
            ("a", Some("a"), 250),
            ("b", Some("b"), 250),
            ("b", Some("b"), 500),
            ("a", Some("a"), 250),
            ("a", None, 500),
            ("a", Some("a"), 250),
            ("a b", Some("a"), 250),
            ("a", Some("a"), 250),
            ("a", Some("a"), 500),
            ("", None, 250),
        ] {
            let senders: Vec<String> = waiting.split_whitespace().map(str::to_owned).collect();
            assert_eq!(alone.room(LIMITS, senders.iter()), messages, "{waiting}");
            alone.note(cheap.map(str::to_owned).as_ref());
        }
    }
}
