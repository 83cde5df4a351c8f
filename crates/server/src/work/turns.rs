//! Whose messages go into the next group. Senders take turns, each with a portion of what it has waiting, so that what one
//! of them has sent keeps nobody else from being next. A sender whose messages are much work has groups of its own, and
//! smaller portions.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use attractor_live::Arrived;

use super::affordable::{Cost, Group, affordable};
use super::inbox::Capacity;
use super::room::{Alone, GroupLimits};

/// As many messages of one sender go into a group before others have their turn.
const PORTION: usize = 100;
/// What a message takes beside its text, in bytes.
const BESIDE: usize = 200;

/// Messages of one request, in order.
#[derive(Debug)]
pub struct Portion {
    pub request: u64,
    pub sender: String,
    pub messages: Vec<Arrived>,
}

/// A sender whose group cost more than so many times the budget rests: smaller portions have not helped, or not yet.
const FAR: u64 = 4;
/// It rests for so many times as long as its group took. Others find the lane free for two thirds of the time, whatever one
/// sender asks of it.
const REST: u32 = 2;
const LONGEST_REST: Duration = Duration::from_secs(5);

/// A sender whose group cost too much.
#[derive(Clone, Copy)]
struct Dear {
    /// How many messages its portions have.
    portion: usize,
    /// How many messages it has sent since, in groups within the budget.
    cheap: usize,
    /// Until then others have their turns, or nobody has.
    rests_until: Duration,
    /// Its last group that cost too much, alone.
    last: Option<Group>,
}

/// One sender's requests.
#[derive(Default)]
struct Queue {
    requests: VecDeque<(u64, VecDeque<Arrived>)>,
    messages: usize,
    bytes: usize,
}

/// All queues, and whose turn it is.
#[derive(Default)]
pub struct Senders {
    /// Those with something waiting.
    queues: BTreeMap<String, Queue>,
    /// The same, the next first.
    order: VecDeque<String>,
    /// Senders whose groups cost too much. Each has groups of its own, so that it turns out which of them it was.
    dear: BTreeMap<String, Dear>,
    alone: Alone,
    messages: usize,
    bytes: usize,
}

fn size(message: &Arrived) -> usize {
    message.json.len() + BESIDE
}

impl Senders {
    /// How long nobody has a turn, from an instant on: no time where somebody has it now, `None` where nothing waits.
    pub fn rest(&self, now: Duration) -> Option<Duration> {
        let rests = |sender: &String| self.dear.get(sender).map_or(Duration::ZERO, |dear| dear.rests_until);
        self.order.iter().map(rests).min().map(|until| until.saturating_sub(now))
    }

    pub fn messages(&self) -> usize {
        self.messages
    }

    /// How long they are together.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether a request may wait too: within the capacity, and within half of it for its sender. A sender of whom
    /// nothing waits may use all of the room, and where nothing at all waits, one request always may wait.
    pub fn has_room(&self, messages: &[Arrived], capacity: Capacity) -> bool {
        let (count, bytes) = (messages.len(), messages.iter().map(size).sum::<usize>());
        let fits = |waiting: (usize, usize), part: usize| {
            waiting.0 == 0
                || waiting.0 + count <= capacity.messages / part && waiting.1 + bytes <= capacity.bytes / part
        };
        let sender = messages.first().and_then(|message| self.queues.get(&message.origin));
        fits((self.messages, self.bytes), 1) && sender.is_none_or(|queue| fits((queue.messages, queue.bytes), 2))
    }

    pub fn put(&mut self, request: u64, messages: Vec<Arrived>) {
        let Some(sender) = messages.first().map(|message| message.origin.clone()) else { return };
        let bytes = messages.iter().map(size).sum();
        let queue = self.counted(sender, messages.len(), bytes);
        queue.requests.push_back((request, messages.into()));
    }

    /// A sender's queue, with as much counted as is put into it.
    fn counted(&mut self, sender: String, messages: usize, bytes: usize) -> &mut Queue {
        self.messages += messages;
        self.bytes += bytes;
        if !self.queues.contains_key(&sender) {
            self.order.push_back(sender.clone());
        }
        let queue = self.queues.entry(sender).or_default();
        queue.messages += messages;
        queue.bytes += bytes;
        queue
    }

    /// Whatever waits of those who do not rest, up to the limits, at least one message where there is one.
    pub fn group(&mut self, limits: GroupLimits, now: Duration) -> Vec<Portion> {
        let limits = GroupLimits { messages: self.alone.room(limits, self.queues.keys()), ..limits };
        let rests = |sender: &String| self.dear.get(sender).is_some_and(|dear| dear.rests_until > now);
        // Who rests is passed over, and stays where it is.
        let (resting, ready) = std::mem::take(&mut self.order).into_iter().partition(rests);
        self.order = ready;
        let group = self.group_of_ready(limits);
        let ready = std::mem::replace(&mut self.order, resting);
        self.order.extend(ready);
        group
    }

    fn group_of_ready(&mut self, limits: GroupLimits) -> Vec<Portion> {
        let mut group: Vec<Portion> = Vec::new();
        let mut left = limits;
        while let Some(sender) = self.order.front().cloned() {
            let dear = self.dear.get(&sender).map(|dear| dear.portion);
            if left.messages == 0 || dear.is_some() && !group.is_empty() {
                break;
            }
            let most = GroupLimits { messages: left.messages.min(dear.unwrap_or(PORTION)), ..left };
            let (portions, bytes) = self.portions(&sender, most, group.is_empty());
            if portions.is_empty() {
                break;
            }
            left.messages -= portions.iter().map(|portion| portion.messages.len()).sum::<usize>();
            left.bytes = left.bytes.saturating_sub(bytes);
            portions.into_iter().for_each(|portion| add(&mut group, portion));
            self.order.pop_front();
            if self.queues.contains_key(&sender) {
                self.order.push_back(sender);
            }
            if dear.is_some() {
                break;
            }
        }
        group
    }

    /// What a sender has waiting, within limits; with `any` at least one message, however long. And its bytes.
    fn portions(&mut self, sender: &str, most: GroupLimits, any: bool) -> (Vec<Portion>, usize) {
        let mut portions: Vec<Portion> = Vec::new();
        let (mut count, mut bytes) = (0, 0);
        let Some(queue) = self.queues.get_mut(sender) else { return (portions, 0) };
        while let Some((request, messages)) = queue.requests.front_mut() {
            let fits = |message: &Arrived, count: usize, bytes: usize| {
                any && count == 0 || count < most.messages && bytes + size(message) <= most.bytes
            };
            let mut taken = Vec::new();
            while messages.front().is_some_and(|message| fits(message, count, bytes)) {
                count += 1;
                bytes += messages.front().map_or(0, size);
                taken.extend(messages.pop_front());
            }
            let (request, is_over) = (*request, messages.is_empty());
            if !taken.is_empty() {
                portions.push(Portion { request, sender: sender.to_owned(), messages: taken });
            }
            if !is_over {
                break;
            }
            queue.requests.pop_front();
        }
        queue.messages -= count;
        queue.bytes -= bytes;
        if queue.requests.is_empty() {
            self.queues.remove(sender);
        }
        self.messages -= count;
        self.bytes -= bytes;
        (portions, bytes)
    }

    /// What the group of these portions cost: their senders get more or less at their next turns. `counts` are the
    /// messages of each sender.
    pub fn cost(&mut self, counts: &BTreeMap<String, usize>, cost: Cost) {
        let allowed = cost.allowed(counts.values().sum());
        let is_dear = cost.work > allowed;
        for (sender, count) in counts {
            let dear = self.dear.get(sender).copied();
            let known = dear.map(|dear| dear.portion);
            if !is_dear {
                self.grow(sender, *count);
            } else if counts.len() > 1 {
                self.set_portion(sender, known.unwrap_or(PORTION - 1), Duration::ZERO);
            } else {
                let group = Group { messages: *count, work: cost.work - cost.uncut };
                let portion = match group.work > allowed {
                    true => affordable(group, dear.and_then(|dear| dear.last), cost.budget).min(PORTION - 1),
                    false => known.unwrap_or(PORTION - 1),
                };
                let is_far = cost.work > FAR * allowed;
                let rests_until = if is_far { rested(cost.took, cost.at) } else { Duration::ZERO };
                self.set_portion(sender, portion, rests_until);
                self.dear.entry(sender.clone()).and_modify(|dear| dear.last = Some(group));
            }
        }
        self.alone.note(counts.keys().find(|sender| !self.dear.contains_key(*sender)));
    }

    /// After a group within the budget. A group of a few messages says little of a large one: the portions of a sender grow
    /// when as many messages as one has were within the budget.
    fn grow(&mut self, sender: &str, count: usize) {
        let Some(dear) = self.dear.get_mut(sender) else { return };
        dear.cheap += count;
        if dear.cheap >= dear.portion {
            let portion = dear.portion.saturating_mul(2);
            self.set_portion(sender, portion, Duration::ZERO);
        }
    }

    /// A sender whose portions are as large as everybody's is as everybody.
    fn set_portion(&mut self, sender: &str, portion: usize, rests_until: Duration) {
        if portion >= PORTION {
            self.dear.remove(sender);
        } else {
            let last = self.dear.get(sender).and_then(|dear| dear.last);
            self.dear.insert(sender.to_owned(), Dear { portion, cheap: 0, rests_until, last });
        }
    }

    /// Nothing of a group was stored, because it was far too much work: it waits again, in much smaller portions. A single
    /// sender rests as after a group that cost too much: the work was done, though for nothing.
    pub fn put_back(&mut self, group: Vec<Portion>, took: Duration, at: Duration) {
        self.alone = Alone::default();
        let is_alone = group.iter().all(|portion| portion.sender == group[0].sender);
        let rests_until = if is_alone { rested(took, at) } else { Duration::ZERO };
        for Portion { request, sender, messages } in group.into_iter().rev() {
            let (count, bytes) = (messages.len(), messages.iter().map(size).sum());
            let queue = self.counted(sender.clone(), count, bytes);
            match queue.requests.front_mut().filter(|(first, _)| *first == request) {
                Some((_, rest)) => messages.into_iter().rev().for_each(|message| rest.push_front(message)),
                None => queue.requests.push_front((request, messages.into())),
            }
            let smaller = (count / 8).max(1);
            let known = self.dear.get(&sender).map_or(smaller, |dear| dear.portion);
            self.set_portion(&sender, smaller.min(known), rests_until);
        }
    }
}

/// When a sender has rested whose group took this long and was over then.
fn rested(took: Duration, at: Duration) -> Duration {
    at + (took * REST).min(LONGEST_REST)
}

/// Adds a portion to a group; what it has of the same request already goes before it.
fn add(group: &mut Vec<Portion>, portion: Portion) {
    match group.iter_mut().find(|other| other.request == portion.request) {
        Some(first) => first.messages.extend(portion.messages),
        None => group.push(portion),
    }
}

/// How many messages a group has of each sender.
pub fn counts(group: &[Portion]) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for portion in group {
        *counts.entry(portion.sender.clone()).or_default() += portion.messages.len();
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: GroupLimits = GroupLimits { messages: 1_000, alone: 1_000, bytes: 1 << 20 };

    fn messages(sender: &str, count: usize) -> Vec<Arrived> {
        let message = |number: usize| Arrived {
            json: number.to_string(),
            received_at: Default::default(),
            origin: sender.to_owned(),
            fills: Default::default(),
        };
        (0..count).map(message).collect()
    }

    fn senders(waiting: &[(&str, usize)]) -> Senders {
        let mut senders = Senders::default();
        for (number, (sender, count)) in (1..).zip(waiting) {
            senders.put(number, messages(sender, *count));
        }
        senders
    }

    /// A group in short: each portion's sender and how many messages it has.
    fn short(group: &[Portion]) -> String {
        let portions: Vec<String> =
            group.iter().map(|portion| format!("{} {}", portion.sender, portion.messages.len())).collect();
        portions.join(", ")
    }

    /// Groups until nothing is left, each of this cost.
    fn groups(senders: &mut Senders, cost: impl Fn(&BTreeMap<String, usize>) -> Cost) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            let group = senders.group(LIMITS, Duration::MAX);
            if group.is_empty() {
                assert_eq!((senders.messages(), senders.bytes(), senders.rest(NOW)), (0, 0, None));
                return all;
            }
            all.push(short(&group));
            let counts = counts(&group);
            senders.cost(&counts, cost(&counts));
        }
    }

    const NOW: Duration = Duration::from_secs(100);
    const CHEAP: Cost = Cost { work: 1, budget: 100, messages: 1_000, uncut: 0, took: Duration::ZERO, at: NOW };

    #[test]
    fn who_waits_alone_gets_large_groups_until_somebody_comes_or_they_are_much_work() {
        let limits = GroupLimits { messages: 250, alone: 500, bytes: 1 << 20 };
        let mut senders = senders(&[("a", 3_000)]);
        for (work, come, expected) in [
            (1, 0, "a 250"),
            (1, 0, "a 500"),
            (1, 0, "a 500"),
            (1, 1, "a 249, b 1"),
            (1, 0, "a 250"),
            (200, 0, "a 500"),
            (1, 0, "a 99"),
        ] {
            senders.put(9, messages("b", come));
            let group = senders.group(limits, NOW);
            assert_eq!(short(&group), expected);
            senders.cost(&counts(&group), Cost { work, ..CHEAP });
        }
    }

    #[test]
    fn what_one_has_waiting_keeps_nobody_from_being_next() {
        let mut senders = senders(&[("a", 3_000), ("b", 2), ("a", 5), ("c", 1)]);
        let all = groups(&mut senders, |_| CHEAP);
        assert_eq!(all, ["a 997, b 2, c 1", "a 1000", "a 1000", "a 3, a 5"]);
    }

    #[test]
    fn many_small_requests_go_in_together() {
        let mut senders = senders(&[("a", 1); 1_500]);
        let counts: Vec<usize> =
            [senders.group(LIMITS, NOW), senders.group(LIMITS, NOW)].iter().map(Vec::len).collect();
        assert_eq!(counts, [1_000, 500]);
    }

    #[test]
    fn a_group_is_bounded_by_bytes_and_has_at_least_one_message() {
        let mut senders = Senders::default();
        let long = |length: usize| Arrived { json: "x".repeat(length), ..messages("a", 1).remove(0) };
        senders.put(1, vec![long(2 << 20), long(600 << 10), long(600 << 10)]);
        assert_eq!(groups(&mut senders, |_| CHEAP), ["a 1", "a 1", "a 1"]);
    }

    #[test]
    fn who_costs_too_much_is_found_and_gets_less() {
        let mut senders = senders(&[("a", 250), ("b", 250), ("a", 750), ("b", 750)]);
        let cost = |counts: &BTreeMap<String, usize>| Cost {
            work: counts.get("b").map_or(1, |count| 40 * *count as u64),
            budget: 1_000,
            ..CHEAP
        };
        let all = groups(&mut senders, cost);
        let (together, alone) = (["a 250, b 250, a 250, b 250"], ["a 99", "b 99"]);
        assert_eq!(
            all[..3],
            [&together[..], &alone[..]].concat(),
            "each has a group of its own to find out who it was"
        );
        let turns = ["a 100", "b 25", "a 100", "b 50", "a 100", "b 25"];
        assert_eq!(
            all[3..9],
            turns,
            "b gets as much as it may cost, and twice as much after a group within the budget"
        );
    }

    #[test]
    fn who_costs_a_little_too_much_gets_less_and_does_not_rest() {
        for (work, rest) in [(101, 0), (400, 0), (401, 14)] {
            let mut senders = senders(&[("a", 600)]);
            senders.cost(&[("a".to_owned(), 100)].into(), Cost { work, took: Duration::from_secs(7), ..CHEAP });
            assert_eq!(senders.rest(NOW), Some(Duration::from_secs(rest).min(LONGEST_REST)), "{work}");
            assert!(senders.dear.contains_key("a"), "{work}");
        }
    }

    #[test]
    fn one_rebuild_is_not_cut() {
        let mut senders = senders(&[("a", 600)]);
        let hot = |_: &BTreeMap<String, usize>| Cost { work: 200_000, budget: 1_000, uncut: 199_500, ..CHEAP };
        assert_eq!(groups(&mut senders, hot), ["a 600"]);
        senders.put(9, messages("a", 600));
        assert_eq!(
            groups(&mut senders, hot),
            ["a 99", "a 99", "a 99", "a 99", "a 99", "a 99", "a 6"],
            "in groups of its own, between others'"
        );
    }

    #[test]
    fn what_every_group_costs_is_shared_by_many_messages() {
        let mut senders = senders(&[("a", 400)]);
        // Each tie of a visitor to one lead rebuilds the lead, however few come together.
        let ties =
            |counts: &BTreeMap<String, usize>| Cost { work: 4_000 + 100 * counts["a"] as u64, budget: 4_000, ..CHEAP };
        let all = groups(&mut senders, ties);
        assert_eq!(all, ["a 400"]);
        senders.put(9, messages("a", 400));
        let counts: Vec<usize> =
            groups(&mut senders, ties).iter().filter_map(|group| group[2..].parse().ok()).collect();
        assert!(counts.len() < 16 && counts.iter().rev().skip(1).all(|count| *count >= 19), "{counts:?}");
    }

    #[test]
    fn who_was_much_work_rests_while_others_have_their_turns() {
        let mut senders = senders(&[("a", 600), ("b", 600)]);
        senders.dear.insert("a".into(), Dear { portion: 10, cheap: 0, rests_until: Duration::ZERO, last: None });
        let first = senders.group(LIMITS, NOW);
        assert_eq!(short(&first), "a 10");
        let hot = Cost { work: 200_000, budget: 1_000, uncut: 200_000, took: Duration::from_millis(700), ..CHEAP };
        senders.cost(&counts(&first), hot);
        assert_eq!(short(&senders.group(LIMITS, NOW)), "b 600");
        assert_eq!(short(&senders.group(LIMITS, NOW)), "", "nobody has a turn");
        assert_eq!(senders.rest(NOW), Some(Duration::from_millis(1_400)));
        senders.put(9, messages("b", 1));
        assert_eq!(senders.rest(NOW), Some(Duration::ZERO), "whoever comes meanwhile need not wait");
        assert_eq!(short(&senders.group(LIMITS, NOW)), "b 1");
        assert_eq!(short(&senders.group(LIMITS, NOW + Duration::from_millis(1_400))), "a 10");
    }

    #[test]
    fn what_was_far_too_much_waits_again_in_order_and_in_smaller_portions() {
        let mut senders = senders(&[("a", 400), ("b", 1)]);
        let group = senders.group(LIMITS, NOW);
        senders.put(3, messages("a", 1));
        senders.put_back(group, Duration::from_secs(1), NOW);
        assert_eq!(senders.messages(), 402);
        let group = senders.group(LIMITS, NOW);
        assert_eq!(short(&group), "a 50");
        let texts: Vec<&str> = group[0].messages.iter().map(|message| message.json.as_str()).take(3).collect();
        assert_eq!(texts, ["0", "1", "2"]);
        assert_eq!(short(&senders.group(LIMITS, NOW)), "b 1");
        senders.put_back(group, Duration::from_secs(1), NOW);
        assert_eq!(senders.rest(NOW), Some(Duration::from_secs(2)), "it is known now whose it was, and it rests");
    }

    #[test]
    fn a_few_cheap_messages_do_not_bring_large_portions_back() {
        let mut senders = senders(&[("a", 1_000)]);
        senders.dear.insert("a".into(), Dear { portion: 8, cheap: 0, rests_until: Duration::ZERO, last: None });
        let portion = |senders: &Senders| senders.dear.get("a").map(|dear| dear.portion);
        let one: BTreeMap<String, usize> = [("a".to_owned(), 1)].into();
        for expected in [8, 8, 8, 8, 8, 8, 8, 16] {
            senders.cost(&one, CHEAP);
            assert_eq!(portion(&senders), Some(expected));
        }
        senders.cost(&[("a".to_owned(), 16)].into(), CHEAP);
        assert_eq!(portion(&senders), Some(32), "a whole portion within the budget doubles it at once");
    }
}
