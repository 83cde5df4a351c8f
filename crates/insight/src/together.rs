//! What people choose together: how many of those who chose one thing chose another one as well.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How many people chose each thing, and how many chose two. A thing is a number, such as a place in a list.
///
/// ```
/// use attractor_insight::together::Together;
///
/// let mut together = Together::default();
/// for chosen in [vec![0, 1], vec![1, 0], vec![0, 2], vec![1]] {
///     together.add(&chosen);
/// }
/// assert_eq!(together.people(0), 3);
/// let beside = together.beside(0, 2);
/// assert_eq!((beside.len(), beside[0].thing, beside[0].both), (1, 1, 2));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Together {
    people: BTreeMap<usize, u64>,
    /// By the lower and the higher of two things.
    both: BTreeMap<(usize, usize), u64>,
}

/// A thing that people chose beside another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beside {
    pub thing: usize,
    /// People who chose both.
    pub both: u64,
}

impl Together {
    /// Adds a person by what it chose, in any order; what is named twice counts once.
    pub fn add(&mut self, chosen: &[usize]) {
        let chosen: BTreeSet<usize> = chosen.iter().copied().collect();
        for one in &chosen {
            *self.people.entry(*one).or_default() += 1;
            for other in chosen.range(one + 1..) {
                *self.both.entry((*one, *other)).or_default() += 1;
            }
        }
    }

    /// How many people chose a thing.
    pub fn people(&self, thing: usize) -> u64 {
        self.people.get(&thing).copied().unwrap_or_default()
    }

    /// What at least `least` people chose beside a thing: what more people chose first, and of two that as many chose the
    /// lower number.
    pub fn beside(&self, thing: usize, least: u64) -> Vec<Beside> {
        let other_of =
            |one: usize, other: usize| if one == thing { Some(other) } else { (other == thing).then_some(one) };
        let often = self.both.iter().filter(|(_, both)| **both >= least);
        let beside = |((one, other), both): (&(usize, usize), &u64)| {
            Some(Beside { thing: other_of(*one, *other)?, both: *both })
        };
        let mut found: Vec<Beside> = often.filter_map(beside).collect();
        found.sort_by_key(|beside| (Reverse(beside.both), beside.thing));
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn together(people: &[(usize, &[usize])]) -> Together {
        let mut together = Together::default();
        for (times, chosen) in people {
            (0..*times).for_each(|_| together.add(chosen));
        }
        together
    }

    #[test]
    fn who_chose_both_is_counted_from_either_side() {
        let together = together(&[(4, &[0, 2]), (1, &[2, 0, 2]), (3, &[2, 1]), (2, &[2]), (1, &[])]);
        assert_eq!([0, 1, 2, 3].map(|thing| together.people(thing)), [5, 3, 10, 0]);
        for (thing, least, expected) in [
            (2, 1, &[(0, 5), (1, 3)][..]),
            (2, 4, &[(0, 5)]),
            (2, 6, &[]),
            (0, 1, &[(2, 5)]),
            (1, 1, &[(2, 3)]),
            (3, 1, &[]),
        ] {
            let found: Vec<(usize, u64)> =
                together.beside(thing, least).iter().map(|one| (one.thing, one.both)).collect();
            assert_eq!(found, expected, "{thing} from {least} people on");
        }
    }

    #[test]
    fn of_two_that_as_many_chose_the_lower_number_comes_first() {
        let together = together(&[(2, &[1, 3]), (2, &[1, 0]), (3, &[1, 2])]);
        assert_eq!(together.beside(1, 1).iter().map(|one| one.thing).collect::<Vec<_>>(), [2, 0, 3]);
    }
}
