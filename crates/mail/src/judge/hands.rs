//! What the site script reported: the visits behind clicks, and how many hands they needed.

use super::evidence::Evidence;
use super::neighbours::nearest_other;
use super::request::{Millis, Request, Target};

/// A person moves in one page at a time; visits that were moved within this time, in ms, of one behind another link of the
/// same copy are a machine's, which opens links in parallel and moves the mouse to look like a person.
const ONE_HAND: u64 = 500;

/// What the visit behind each request says, by the places of the requests.
pub(super) fn evidence(requests: &[Request]) -> Vec<Vec<Evidence>> {
    let mut evidence: Vec<Vec<Evidence>> = requests.iter().map(visit).collect();
    let mut acts: Vec<(Millis, Target, usize)> = requests
        .iter()
        .enumerate()
        .filter_map(|(place, request)| Some((request.page.acted?, request.target, place)))
        .collect();
    acts.sort_unstable();
    let entries: Vec<(Millis, Target)> = acts.iter().map(|(at, target, _)| (*at, *target)).collect();
    for ((.., place), gap) in acts.iter().zip(nearest_other(&entries)) {
        let many = gap.is_some_and(|gap| gap <= ONE_HAND);
        evidence[*place].push(if many { Evidence::ManyHands } else { Evidence::Acted });
    }
    evidence
}

fn visit(request: &Request) -> Vec<Evidence> {
    let went_on = request.page.went_on.map(|_| Evidence::WentOn);
    let loaded = request.page.loaded.map(|_| Evidence::Loaded);
    went_on.into_iter().chain(loaded).collect()
}
