//! Copies as they are played, put before a judge.

use core::net::{IpAddr, Ipv4Addr};

use attractor_mail::judge::{Fetch, Judge, Judgement, Millis, Page, Request, Target, Traffic, Verdict};
use attractor_sample::clicks::{self, Copy, Shape, What};

/// What became of the clicks of copies. Decoys are not clicks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub copies: u64,
    /// Copies with a machine's click that was taken for a person's.
    pub let_pass: u64,
    /// Copies with a person's click that was taken for a machine's.
    pub wronged: u64,
    /// The same in clicks.
    pub clicks_of_machines: u64,
    pub clicks_let_pass: u64,
    pub clicks_of_people: u64,
    pub clicks_wronged: u64,
}

impl Count {
    pub fn add(&mut self, copy: &Copy, is_machine: &[bool]) {
        let clicks = copy.requests.iter().zip(is_machine).filter(|(request, _)| matches!(request.what, What::Link(_)));
        let (mut let_pass, mut wronged) = (0, 0);
        for (request, verdict) in clicks {
            self.clicks_of_machines += u64::from(request.is_machine);
            self.clicks_of_people += u64::from(!request.is_machine);
            let_pass += u64::from(request.is_machine && !verdict);
            wronged += u64::from(!request.is_machine && *verdict);
        }
        self.copies += 1;
        self.clicks_let_pass += let_pass;
        self.clicks_wronged += wronged;
        self.let_pass += u64::from(let_pass > 0);
        self.wronged += u64::from(wronged > 0);
    }

    /// Copies let pass, in percent.
    pub fn pass_rate(self) -> f64 {
        100.0 * self.let_pass as f64 / self.copies.max(1) as f64
    }

    /// Copies wronged, in percent.
    pub fn wrong_rate(self) -> f64 {
        100.0 * self.wronged as f64 / self.copies.max(1) as f64
    }
}

/// A rule says of each request of a copy whether a machine caused it.
pub type Rule<'a> = &'a dyn Fn(&Copy) -> Vec<bool>;

/// The copies of a shape under some rules, each copy played once.
pub fn count<const N: usize>(shape: Shape, seed: u64, copies: u64, rules: [Rule; N]) -> [Count; N] {
    let mut counts = [Count::default(); N];
    for number in 0..copies {
        let copy = clicks::play(shape, seed, number);
        for (count, rule) in counts.iter_mut().zip(rules) {
            count.add(&copy, &rule(&copy));
        }
    }
    counts
}

pub fn requests(copy: &Copy) -> Vec<Request<'static>> {
    copy.requests.iter().map(request).collect()
}

fn request(played: &clicks::Request) -> Request<'static> {
    Request {
        at: Millis(played.at),
        target: match played.what {
            What::Image => Target::Image,
            What::Link(number) => Target::Link(number),
            What::Hidden => Target::Decoy,
        },
        fetch: Fetch::Show,
        agent: played.agent,
        address: Some(IpAddr::V4(Ipv4Addr::from(played.address))),
        earlier: &[],
        page: Page { acted: played.moved.map(Millis), ..Page::default() },
    }
}

pub fn judged(copy: &Copy, judge: &Judge) -> Vec<Judgement> {
    judge.judge(&Traffic { links: copy.links, requests: &requests(copy) })
}

pub fn ours(copy: &Copy, judge: &Judge) -> Vec<bool> {
    judged(copy, judge).iter().map(|judgement| judgement.verdict == Verdict::Machine).collect()
}
