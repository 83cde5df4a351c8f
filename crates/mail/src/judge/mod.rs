//! Was it a person? Scanners of mail gateways open every link of an e-mail, and proxies load its images. A `Judge` takes all
//! that is known of one copy of an e-mail and gives a verdict for each of its requests.
//!
//! The time since sending is not evidence: of 836 published bursts of scanners, half began later than 43 s after sending,
//! and 31 % later than a minute. Their pace is evidence; so are a decoy, agents and networks, and what happens behind the link.
//! Each piece has a weight, and the weights are added (see `Evidence`). The verdict depends on nothing else: not on a clock,
//! nor on the order in which requests are listed. When more is known, the caller asks again, and a verdict may change.
//!
//! A verdict may be given from `Judgement::settled_at` on. For clicks the delay is 30 s by default (`Delays`). It follows from
//! the published distribution: 9–10 links within a second, so one second would do; slow scanners need about a second a link,
//! so 30 s also cover twenty links, and ten seconds in which requests may be stored late. Waiting longer gains nothing: those
//! 31 % begin later than a minute after *sending*, but the delay begins with the click. A test prints what passes after which
//! delay.
//!
//! ```
//! use attractor_mail::judge::{Fetch, Judge, Millis, Page, Request, Target, Traffic, Verdict};
//!
//! let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
//! let click = |at, link| Request {
//!     at: Millis(at),
//!     target: Target::Link(link),
//!     fetch: Fetch::Show,
//!     agent,
//!     address: None,
//!     earlier: &[],
//!     page: Page::default(),
//! };
//! // Three links within 0.2 s, and one of them again an hour later.
//! let requests = [click(0, 1), click(90, 2), click(200, 3), click(3_600_000, 2)];
//! let judgements = Judge::default().judge(&Traffic { links: 6, requests: &requests });
//! let verdicts: Vec<Verdict> = judgements.iter().map(|judgement| judgement.verdict).collect();
//! assert_eq!(verdicts, [Verdict::Machine, Verdict::Machine, Verdict::Machine, Verdict::Human]);
//! assert_eq!(judgements[0].findings[0].evidence.name(), "burst");
//! ```

mod company;
mod evidence;
mod hands;
pub mod hostile;
mod lists;
mod neighbours;
mod pace;
mod proxies;
mod request;

use company::Company;
use evidence::{DOUBTFUL, MACHINE};
pub use evidence::{Evidence, Finding};
pub use lists::{Certainty, ListError, Lists, Networks};
use pace::Pace;
pub use request::{
    DECOY, FIRST_OF_OURS, Fetch, Millis, PIXEL, PREFERENCES, Page, Request, Target, Traffic, UNSUBSCRIBE,
};

/// How long a verdict is waited for, in ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delays {
    /// After a click; 30 s by default.
    pub click: i64,
    /// After an image was loaded; two minutes by default, because scanners load images up to two minutes before their burst.
    pub image: i64,
}

impl Default for Delays {
    fn default() -> Delays {
        Delays { click: 30_000, image: company::SAME_IMAGE as i64 }
    }
}

/// Judges by its lists. Made once; `Judge::default()` has the lists of the program and the delays that follow from the
/// published distribution.
#[derive(Clone, Debug)]
pub struct Judge {
    pub lists: Lists,
    pub delays: Delays,
}

impl Default for Judge {
    fn default() -> Judge {
        Judge { lists: Lists::builtin(), delays: Delays::default() }
    }
}

/// Who caused a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Human,
    Machine,
    /// Of images alone: it cannot be known which of both. The open counts on neither side of a rate.
    Unknown,
}

impl Verdict {
    /// The name under which it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Human => "human",
            Verdict::Machine => "machine",
            Verdict::Unknown => "unknown",
        }
    }
}

/// The verdict on one request, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    pub verdict: Verdict,
    /// The evidence, heaviest against a person first.
    pub findings: Vec<Finding>,
    /// The sum of the weights in decibans. 30 and more is a machine's; of images, 15 and more cannot be known.
    pub weight: i32,
    /// From when on the verdict may be given: what is evidence will hardly come later.
    pub settled_at: Millis,
}

impl Judge {
    /// Judges each request of a copy. The judgements are in the order of the requests; that order says nothing.
    ///
    /// Takes time in proportion to the number of requests (times its logarithm, for sorting). Whatever the input, it does not
    /// panic.
    pub fn judge(&self, traffic: &Traffic) -> Vec<Judgement> {
        let requests = traffic.requests;
        let sources: Vec<Vec<Finding>> = requests.iter().map(|request| source(request, &self.lists)).collect();
        let known: Vec<bool> = sources.iter().map(|findings| sum(findings) >= MACHINE).collect();
        let pace = Pace::of(traffic, &known);
        let mut findings = alone(requests, sources, &pace);
        let machines: Vec<bool> = findings.iter().map(|findings| sum(findings) >= MACHINE).collect();
        let company = Company::of(requests, &machines, &pace);
        let is_open = |place: usize| !machines[place] && !pace.is_burst(place);
        for (place, request) in requests.iter().enumerate().filter(|(place, _)| is_open(*place)) {
            findings[place].extend(company.evidence(request).into_iter().map(Finding::from));
        }
        requests.iter().zip(findings).map(|(request, findings)| self.conclude(request, findings)).collect()
    }

    fn conclude(&self, request: &Request, mut findings: Vec<Finding>) -> Judgement {
        findings.sort_unstable_by_key(|finding| (-finding.weight, finding.evidence));
        let weight = sum(&findings);
        let verdict = match weight {
            MACHINE.. => Verdict::Machine,
            DOUBTFUL.. if request.is_image() => Verdict::Unknown,
            _ => Verdict::Human,
        };
        let delay = if request.is_image() { self.delays.image } else { self.delays.click };
        let waited = request.at.after(delay.max(0));
        let is_proven = findings.iter().any(|finding| finding.evidence == Evidence::Acted);
        let proof = request.page.acted.filter(|_| is_proven).map(|at| at.max(request.at));
        Judgement { verdict, findings, weight, settled_at: proof.map_or(waited, |at| waited.min(at)) }
    }
}

/// What each request shows by itself, by its pace and by the visit behind it.
fn alone(requests: &[Request], sources: Vec<Vec<Finding>>, pace: &Pace) -> Vec<Vec<Finding>> {
    let first_image = requests.iter().filter(|request| request.is_image()).map(|request| request.at).min();
    let mut all = sources;
    for (place, (findings, visit)) in all.iter_mut().zip(hands::evidence(requests)).enumerate() {
        let request = &requests[place];
        findings.extend(&pace.findings[place]);
        if pace.bursts[place] > 0 {
            findings.push(Finding { evidence: Evidence::Burst, weight: pace.bursts[place] });
        }
        findings.extend(visit.into_iter().map(Finding::from));
        if !request.is_image() && first_image.is_none_or(|image| image > request.at) {
            findings.push(Evidence::NoImage.into());
        }
    }
    all
}

/// What a request shows by its method, agent and address.
fn source(request: &Request, lists: &Lists) -> Vec<Finding> {
    let fetch = match request.fetch {
        Fetch::Show => None,
        Fetch::Look => Some(Evidence::Head),
        Fetch::Advance => Some(Evidence::Prefetch),
    };
    let proxy = proxies::of_image(request.agent).filter(|_| request.is_image());
    let agent = match proxies::says_nothing(request) {
        true => Some(Evidence::NoAgent),
        false => lists.names_machine(request.agent).then_some(Evidence::Agent),
    };
    [fetch, proxy, agent, network(request, lists)].into_iter().flatten().map(Finding::from).collect()
}

/// What the address of a request shows by itself; what it showed, where it is not kept any more.
fn network(request: &Request, lists: &Lists) -> Option<Evidence> {
    let Some(address) = request.address else {
        return request.earlier.iter().copied().find(|kind| kind.is_of_network());
    };
    lists.network(address).map(|certainty| match certainty {
        Certainty::Certain => Evidence::Network,
        Certainty::Likely => Evidence::LikelyNetwork,
    })
}

fn sum(findings: &[Finding]) -> i32 {
    findings.iter().map(|finding| finding.weight).sum()
}
