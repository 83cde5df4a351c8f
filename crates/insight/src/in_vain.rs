//! What was offered again and again while nobody took it.

use std::collections::BTreeSet;

/// What was offered at once, and what somebody took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    pub offered: BTreeSet<String>,
    /// Whatever is in here was offered, whether or not `offered` has it.
    pub taken: BTreeSet<String>,
}

impl Offer {
    fn has(&self, thing: &str) -> bool {
        self.offered.contains(thing) || self.taken.contains(thing)
    }
}

/// Of offers, the latest first, the places of those that had a thing, up to the latest one of which somebody took it. Offers
/// without the thing say nothing of it and are passed over.
///
/// ```
/// use attractor_insight::in_vain::{Offer, in_vain};
///
/// let offer = |taken: &[&str]| Offer {
///     offered: ["hats", "ties"].map(str::to_owned).into(),
///     taken: taken.iter().map(|thing| (*thing).to_owned()).collect(),
/// };
/// let latest = [offer(&["hats"]), offer(&[]), offer(&["ties"])];
/// assert_eq!(in_vain(&latest, "ties"), [0, 1]);
/// assert!(in_vain(&latest, "hats").is_empty());
/// ```
pub fn in_vain<'o>(latest: impl IntoIterator<Item = &'o Offer>, thing: &str) -> Vec<usize> {
    let with_it = latest.into_iter().enumerate().filter(|(_, offer)| offer.has(thing));
    with_it.take_while(|(_, offer)| !offer.taken.contains(thing)).map(|(place, _)| place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(offered: &[&str], taken: &[&str]) -> Offer {
        let set = |things: &[&str]| things.iter().map(|thing| (*thing).to_owned()).collect();
        Offer { offered: set(offered), taken: set(taken) }
    }

    #[test]
    fn offers_in_a_row_are_counted_from_the_latest_one_to_the_last_that_somebody_took() {
        let latest = [
            offer(&["a", "b"], &[]),
            offer(&["b"], &["b"]),
            offer(&["a", "b", "c"], &["c"]),
            offer(&["a"], &["a"]),
            offer(&["a"], &[]),
            // Its link is gone, and somebody took it.
            offer(&[], &["d"]),
        ];
        for (thing, expected) in [("a", &[0, 2][..]), ("b", &[0]), ("c", &[]), ("d", &[]), ("e", &[])] {
            assert_eq!(in_vain(&latest, thing), expected, "{thing}");
        }
        assert!(in_vain(&[], "a").is_empty());
    }
}
