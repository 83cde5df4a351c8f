//! How far the nearest request for something else is.

use super::request::{Millis, Target};

/// The milliseconds from each entry to the nearest one with another target; `None` if all have the same. The entries are in
/// the order of their instants. Linear.
pub(super) fn nearest_other(entries: &[(Millis, Target)]) -> Vec<Option<u64>> {
    let before = last_other(entries.iter());
    let after = last_other(entries.iter().rev());
    let gap = |entry: &(Millis, Target), other: Option<Millis>| other.map(|at| at.apart(entry.0));
    let both = before.into_iter().zip(after.into_iter().rev());
    entries
        .iter()
        .zip(both)
        .map(|(entry, (before, after))| gap(entry, before).into_iter().chain(gap(entry, after)).min())
        .collect()
}

/// The instant of the last entry with another target before each entry, in the order in which they come.
fn last_other<'a>(entries: impl Iterator<Item = &'a (Millis, Target)>) -> Vec<Option<Millis>> {
    let mut other = None;
    let mut last: Option<&(Millis, Target)> = None;
    entries
        .map(|entry| {
            if let Some(last) = last.filter(|last| last.1 != entry.1) {
                other = Some(last.0);
            }
            last = Some(entry);
            other
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_other_is_found_on_both_sides() {
        for (entries, expected) in [
            (vec![], vec![]),
            (vec![(0, 1)], vec![None]),
            (vec![(0, 1), (5, 1)], vec![None, None]),
            (vec![(0, 1), (5, 1), (7, 2), (90, 2), (100, 1)], vec![Some(7), Some(2), Some(2), Some(10), Some(10)]),
            (vec![(0, 1), (0, 2), (0, 3)], vec![Some(0), Some(0), Some(0)]),
        ] {
            let entries: Vec<_> = entries.into_iter().map(|(at, link)| (Millis(at), Target::Link(link))).collect();
            assert_eq!(nearest_other(&entries), expected, "{entries:?}");
        }
    }
}
