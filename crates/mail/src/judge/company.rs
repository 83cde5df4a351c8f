//! Company: what else the same machine requested, and what was requested beside a burst. Asked after each request was judged
//! by itself, and once, so that nothing convicts itself by way of others.

use core::net::IpAddr;

use super::evidence::Evidence;
use super::pace::Pace;
use super::request::{Fetch, Millis, Request};

/// How long a click is taken for the same machine's by its address and agent, in ms. Not longer: a company's proxy scans a
/// mail, and a person behind the same proxy may click minutes later.
const SAME_CLICK: u64 = 30_000;

/// The same for images, which scanners load well before their burst (published: half of them 33 s before), in ms.
pub(super) const SAME_IMAGE: u64 = 120_000;

/// How close to a burst a click is taken for a part of it, in ms.
const NEAR: u64 = 1_000;

/// What was requested on a copy by machines, and what was looked for with HEAD.
pub(super) struct Company<'a> {
    machines: Origins<'a>,
    looks: Origins<'a>,
    bursts: Vec<Millis>,
    /// When those came whose address is not kept any more.
    forgotten: Vec<Millis>,
}

impl<'a> Company<'a> {
    /// Of all requests, by whether each was judged a machine's by itself. HEAD is a machine's, but that machine may be a
    /// program beside a person's browser, with the same address and agent, so it says less of others.
    pub(super) fn of(requests: &[Request<'a>], machines: &[bool], pace: &Pace) -> Company<'a> {
        let all = || requests.iter().zip(machines).enumerate();
        let shown = all().filter(|(_, (request, is_machine))| **is_machine && request.is_shown());
        let bursts = shown.clone().filter(|(place, _)| pace.is_burst(*place));
        let mut bursts: Vec<Millis> = bursts.map(|(_, (request, _))| request.at).collect();
        bursts.sort_unstable();
        let forgotten = requests.iter().filter(|request| request.address.is_none());
        let mut forgotten: Vec<Millis> = forgotten.map(|request| request.at).collect();
        forgotten.sort_unstable();
        Company {
            machines: Origins::of(shown.map(|(_, (request, _))| request)),
            looks: Origins::of(requests.iter().filter(|request| request.fetch == Fetch::Look)),
            bursts,
            forgotten,
        }
    }

    /// What the others say of a request that is not a machine's by itself.
    pub(super) fn evidence(&self, request: &Request) -> Vec<Evidence> {
        let (same, near, of_burst) = match request.is_image() {
            true => (SAME_IMAGE, SAME_IMAGE, Evidence::ImageNearBurst),
            false => (SAME_CLICK, NEAR, Evidence::NearBurst),
        };
        // Its own address is forgotten, or that of the request that it had the address in common with.
        let is_forgotten = within(&self.forgotten, request.at, same);
        let earlier = |kind: Evidence| is_forgotten && request.earlier.contains(&kind);
        let is_found = |kind: Evidence, origins: &Origins| origins.hold(request, same) || earlier(kind);
        let same_origin = is_found(Evidence::SameOrigin, &self.machines).then_some(Evidence::SameOrigin);
        let looked = is_found(Evidence::Looked, &self.looks).then_some(Evidence::Looked);
        let burst = within(&self.bursts, request.at, near).then_some(of_burst);
        [same_origin, looked, burst].into_iter().flatten().collect()
    }
}

/// Where requests came from, address and agent, and when; sorted.
struct Origins<'a>(Vec<((IpAddr, &'a str), Millis)>);

impl<'a> Origins<'a> {
    fn of<'b>(requests: impl Iterator<Item = &'b Request<'a>>) -> Origins<'a>
    where
        'a: 'b,
    {
        let known = requests.filter_map(|request| Some(((request.address?, request.agent), request.at)));
        let mut origins: Vec<_> = known.collect();
        origins.sort_unstable();
        Origins(origins)
    }

    /// Whether one of them has a request's origin and is at most `time` ms from it.
    fn hold(&self, request: &Request, time: u64) -> bool {
        let Some(address) = request.address else { return false };
        let wanted = ((address, request.agent), request.at);
        let place = self.0.partition_point(|origin| *origin < wanted);
        let beside = &self.0[place.saturating_sub(1)..(place + 1).min(self.0.len())];
        beside.iter().any(|(origin, at)| *origin == wanted.0 && at.apart(request.at) <= time)
    }
}

/// Whether one of the sorted instants is close to another.
fn within(sorted: &[Millis], at: Millis, time: u64) -> bool {
    let place = sorted.partition_point(|instant| *instant < at);
    let beside = &sorted[place.saturating_sub(1)..(place + 1).min(sorted.len())];
    beside.iter().any(|instant| instant.apart(at) <= time)
}
