//! What must hold of any input: for property tests, and for a fuzz target.

use core::net::{IpAddr, Ipv6Addr};

use super::request::{Fetch, Millis, Page, Request, Target, Traffic};
use super::{Evidence, Judge, Judgement, Lists, Networks};

/// Any bytes as the requests of one copy, and as lists. Nothing panics; each request gets its judgement; the order of the
/// requests changes none.
pub fn any_bytes(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lists = Lists::default().with_agents(&text).unwrap_or_default();
    assert!(Networks::default().add(&text).map_or_else(|error| error.line > 0, |()| true));
    let agents: Vec<&str> = text.split('\n').collect();
    let requests: Vec<Request> = bytes.chunks_exact(8).map(|chunk| request(chunk, &agents)).collect();
    let judge = Judge { lists, ..Judge::default() };
    let links = bytes.first().copied().unwrap_or_default().into();
    let forward = judge.judge(&Traffic { links, requests: &requests });
    let backward: Vec<Request> = requests.iter().rev().copied().collect();
    let backward: Vec<Judgement> = judge.judge(&Traffic { links, requests: &backward }).into_iter().rev().collect();
    assert_eq!(forward.len(), requests.len(), "a judgement for each request");
    assert_eq!(forward, backward, "the order of the requests");
}

/// Eight bytes as a request: near in time to others, so that much happens between them.
fn request<'a>(chunk: &[u8], agents: &[&'a str]) -> Request<'a> {
    let [a, b, c, d, e, f, g, h] = std::array::from_fn(|place| chunk.get(place).copied().unwrap_or_default());
    let at = if h == 255 { i64::MAX } else { i64::from(a) * 40 + i64::from(b) * 5_000 };
    let later = |bit: u8| (g & bit != 0).then_some(Millis(i64::from(h) * 100));
    Request {
        at: Millis(at),
        target: [Target::Image, Target::Decoy, Target::Link(u16::from(d)), Target::Link(u16::from(d % 4))]
            [usize::from(c % 4)],
        fetch: [Fetch::Show, Fetch::Show, Fetch::Look, Fetch::Advance][usize::from(c / 4 % 4)],
        agent: agents[usize::from(e) % agents.len().max(1)],
        address: (f > 9).then(|| IpAddr::V6(Ipv6Addr::from_bits(u128::from(f)))),
        earlier: &Evidence::ALL[..usize::from(h) % (Evidence::ALL.len() + 1)],
        page: Page { loaded: later(1), went_on: later(2), acted: later(4) },
    }
}
