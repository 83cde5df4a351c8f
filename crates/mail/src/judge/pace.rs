//! Pace: which links of a copy were requested how soon after one another.
//!
//! **Bursts.** A burst is a chain of requests, each at most `HAND` after the one before. Its weight is a sum over its steps
//! from one link to another, because each step multiplies the likelihoods:
//!
//! - The gap *g* of a step, in seconds. Machines: scanners open 9–10 links within a second (published), so a gap of 0.1 s on
//!   average, taken as exponential, and in one of twenty a second. People: 5 % of gaps are under 3 s (the design's figure), so
//!   0.05/3 a second. 10·log₁₀((9.5·e^(−10g) + 0.05·e^(−g))·60) falls in a straight line from 27 at 0 s to 7 at 0.5 s: 27 − *g*/24 ms.
//! - That there is a step at all. People open one link in 80 % of visits, two in 15 %, more in 5 % (the design's figures), so
//!   1 of 5 takes a first step (7), 1 of 4 of these a second (6); further ones are assumed for 2 of 5 (4).
//!
//! Steps slower than `HAND` say nothing. A hand needs 0.8 to 1.5 s to point from one link to the next and 0.1 s to press (S. K.
//! Card, T. P. Moran, A. Newell, *The Keystroke-Level Model*, 1980); the network can bring two requests a little closer
//! together. So a person who opens many tabs as fast as possible makes no chain, while two links need to be within 0.12 s of one
//! another and three within 0.9 s.
//!
//! **Runs.** What is not in a convicting burst, and not a machine's by its source, is put into runs, with at most `RUN` from one
//! request to the next. They show slow sweeps, pairs, and the decoy. Requests of known machines are taken out first, so that a
//! person who clicks soon after a scanner is not judged by the scanner's links.

use super::evidence::{Evidence, Finding, MACHINE, MOST};
use super::neighbours::nearest_other;
use super::request::{Millis, Request, Target, Traffic};

/// The longest gap within a burst, in ms: faster than any hand.
const HAND: u64 = 500;

/// The longest gap within a run, in ms.
const RUN: u64 = 5_000;

/// Two links within this time, in ms, are a quick pair.
const QUICK: u64 = 3_000;

/// A sweep opens at least this many links. Of fewer, a person may want all.
const SWEEP_LINKS: usize = 5;

/// A sweep misses at most this many of a copy's links. A person who opens all that a mail offers leaves out two: the links to
/// unsubscribe and to the preferences.
const MISSED: usize = 1;

/// A click, or a request for the decoy: its instant, its target and its place among the requests.
#[derive(Clone, Copy)]
struct Step {
    at: Millis,
    target: Target,
    place: usize,
}

/// The pace of each request, by its place: the weight of its burst, and the other evidence.
pub(super) struct Pace {
    pub(super) bursts: Vec<i32>,
    pub(super) findings: Vec<Vec<Finding>>,
}

impl Pace {
    /// `known` are those that are a machine's by their source, whatever their pace.
    pub(super) fn of(traffic: &Traffic, known: &[bool]) -> Pace {
        let count = traffic.requests.len();
        let mut pace = Pace { bursts: vec![0; count], findings: vec![Vec::new(); count] };
        let steps = steps(traffic.requests);
        for chain in steps.chunk_by(|one, next| one.at.apart(next.at) <= HAND) {
            pace.burst(chain);
        }
        let is_open = |step: &Step| !known[step.place] && !pace.is_burst(step.place);
        let rest: Vec<Step> = steps.into_iter().filter(is_open).collect();
        for run in rest.chunk_by(|one, next| one.at.apart(next.at) <= RUN) {
            pace.run(run, traffic.links);
        }
        pace
    }

    fn burst(&mut self, chain: &[Step]) {
        let weight = weight(chain);
        let decoy = weight >= MACHINE && chain.iter().any(|step| step.target == Target::Decoy);
        for step in chain {
            self.bursts[step.place] = weight;
            if decoy {
                self.findings[step.place].push(Evidence::Decoy.into());
            }
        }
    }

    /// Whether the burst alone convicts.
    pub(super) fn is_burst(&self, place: usize) -> bool {
        self.bursts[place] >= MACHINE
    }

    fn run(&mut self, run: &[Step], links: u16) {
        let mut seen: Vec<u16> = run.iter().filter_map(|step| link(step.target)).collect();
        seen.sort_unstable();
        seen.dedup();
        let sweep = seen.len() >= SWEEP_LINKS && seen.len() + MISSED >= usize::from(links);
        let decoy = run.iter().any(|step| step.target == Target::Decoy);
        let entries: Vec<(Millis, Target)> = run.iter().map(|step| (step.at, step.target)).collect();
        let gaps = nearest_other(&entries);
        for (step, gap) in run.iter().zip(gaps) {
            let quick = gap.is_some_and(|gap| gap <= QUICK);
            let findings = &mut self.findings[step.place];
            if sweep {
                findings.push(Evidence::Sweep.into());
            } else if quick && self.bursts[step.place] == 0 {
                findings.push(Evidence::Quick.into());
            }
            if decoy {
                findings.push(Evidence::Decoy.into());
            }
        }
    }
}

/// Clicks and decoys that were shown, in an order that depends on nothing but the requests.
fn steps(requests: &[Request]) -> Vec<Step> {
    let clicks = requests.iter().enumerate().filter(|(_, request)| request.is_shown() && !request.is_image());
    let mut steps: Vec<Step> =
        clicks.map(|(place, request)| Step { at: request.at, target: request.target, place }).collect();
    steps.sort_unstable_by_key(|step| (step.at, step.target));
    steps
}

fn weight(chain: &[Step]) -> i32 {
    let gaps = chain.windows(2).filter(|pair| pair[0].target != pair[1].target);
    let weights = gaps.zip([7, 6].into_iter().chain(std::iter::repeat(4))).map(|(pair, another)| {
        let gap = pair[0].at.apart(pair[1].at).min(HAND);
        27 - (gap / 24) as i32 + another
    });
    weights.take(MOST as usize).sum::<i32>().min(MOST)
}

fn link(target: Target) -> Option<u16> {
    match target {
        Target::Link(number) => Some(number),
        Target::Image | Target::Decoy => None,
    }
}
