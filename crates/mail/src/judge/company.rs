//! Company: what else the same machine requested, and what was requested beside a burst. Asked after each request was judged
//! by itself, and once, so that nothing convicts itself by way of others.

use core::net::IpAddr;

use super::evidence::Evidence;
use super::request::{Millis, Request};

/// How long a click is taken for the same machine's by its address and agent, in ms. Not longer: a company's proxy scans a
/// mail, and a person behind the same proxy may click minutes later.
const SAME_CLICK: u64 = 30_000;

/// The same for images, which scanners load well before their burst (published: half of them 33 s before), in ms.
pub(super) const SAME_IMAGE: u64 = 120_000;

/// How close to a burst a click is taken for a part of it, in ms.
const NEAR: u64 = 1_000;

/// The requests of machines, by origin, and the instants of bursts.
pub(super) struct Company<'a> {
    machines: Vec<(Origin<'a>, Millis)>,
    bursts: Vec<Millis>,
}

type Origin<'a> = (IpAddr, &'a str);

fn origin<'a>(request: &Request<'a>) -> Option<Origin<'a>> {
    Some((request.address?, request.agent))
}

impl<'a> Company<'a> {
    /// Of requests that were judged a machine's by themselves, each with whether it is part of a burst.
    pub(super) fn of<'b>(machines: impl Iterator<Item = (&'b Request<'a>, bool)>) -> Company<'a>
    where
        'a: 'b,
    {
        let mut company = Company { machines: Vec::new(), bursts: Vec::new() };
        for (request, is_burst) in machines {
            company.machines.extend(origin(request).map(|origin| (origin, request.at)));
            company.bursts.extend(is_burst.then_some(request.at));
        }
        company.machines.sort_unstable();
        company.bursts.sort_unstable();
        company
    }

    /// What the others say of a request that is not a machine's by itself.
    pub(super) fn evidence(&self, request: &Request) -> Vec<Evidence> {
        let (same, near, of_burst) = match request.is_image() {
            true => (SAME_IMAGE, SAME_IMAGE, Evidence::ImageNearBurst),
            false => (SAME_CLICK, NEAR, Evidence::NearBurst),
        };
        let origin = self.same_origin(request, same).then_some(Evidence::SameOrigin);
        let burst = within(&self.bursts, request.at, near).then_some(of_burst);
        origin.into_iter().chain(burst).collect()
    }

    fn same_origin(&self, request: &Request, time: u64) -> bool {
        let Some(origin) = origin(request) else { return false };
        let first = self.machines.partition_point(|machine| machine.0 < origin);
        let end = self.machines.partition_point(|machine| machine.0 <= origin);
        let place = first + self.machines[first..end].partition_point(|machine| machine.1 < request.at);
        let beside = &self.machines[place.saturating_sub(1).max(first)..(place + 1).min(end)];
        beside.iter().any(|machine| machine.1.apart(request.at) <= time)
    }
}

/// Whether one of the sorted instants is close to another.
fn within(sorted: &[Millis], at: Millis, time: u64) -> bool {
    let place = sorted.partition_point(|instant| *instant < at);
    let beside = &sorted[place.saturating_sub(1)..(place + 1).min(sorted.len())];
    beside.iter().any(|instant| instant.apart(at) <= time)
}
