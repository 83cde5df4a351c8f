//! Three simpler rules, as other tools have them.

use attractor_mail::judge::Lists;
use attractor_sample::clicks::{Copy, What};

/// A machine clicks within seven seconds after sending.
pub fn soon_after_sending(copy: &Copy) -> Vec<bool> {
    copy.requests.iter().map(|request| request.at - copy.sent < 7_000).collect()
}

/// A machine opens three or more links within 30 s.
pub fn three_links_in_30_s(copy: &Copy) -> Vec<bool> {
    let mut clicks: Vec<(i64, u16)> =
        copy.requests.iter().filter_map(|request| Some((request.at, link(request.what)?))).collect();
    clicks.sort_unstable();
    let is_full = |from: i64| {
        let window = clicks.iter().filter(|click| (from..=from + 30_000).contains(&click.0));
        let links = window.fold(0_u32, |links, click| links | 1 << (click.1 % 32));
        links.count_ones() >= 3
    };
    let full: Vec<i64> = clicks.iter().map(|click| click.0).filter(|from| is_full(*from)).collect();
    copy.requests.iter().map(|request| full.iter().any(|from| (*from..=from + 30_000).contains(&request.at))).collect()
}

/// A machine shows two of three: an agent on the lists, speed, no image. Speed is read in the rule's favour: seven seconds
/// after sending, or another link within a second.
pub fn two_of_three(copy: &Copy, lists: &Lists) -> Vec<bool> {
    let loaded = |at: i64| copy.requests.iter().any(|request| request.what == What::Image && request.at <= at);
    let pair = |at: i64, what: What| {
        let others = copy.requests.iter().filter(|other| link(other.what).is_some() && other.what != what);
        others.into_iter().any(|other| other.at.abs_diff(at) <= 1_000)
    };
    let points = copy.requests.iter().map(|request| {
        let agent = request.agent.is_empty() || lists.names_machine(request.agent);
        let speed = request.at - copy.sent < 7_000 || pair(request.at, request.what);
        [agent, speed, !loaded(request.at)].iter().filter(|point| **point).count()
    });
    points.map(|points| points >= 2).collect()
}

fn link(what: What) -> Option<u16> {
    match what {
        What::Link(number) => Some(number),
        What::Image | What::Hidden => None,
    }
}
