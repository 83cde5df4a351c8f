//! Copies are played by the tables: each figure with its tolerance.

use std::collections::BTreeSet;

use attractor_sample::clicks::{Copy, Shape, What, play};

const COPIES: u64 = 20_000;

fn all(shape: Shape) -> impl Iterator<Item = Copy> {
    (0..COPIES).map(move |number| play(shape, 11, number))
}

/// The instants of clicks in ms after sending, in order.
fn clicks(copy: &Copy) -> Vec<i64> {
    let links = copy.requests.iter().filter(|request| matches!(request.what, What::Link(_)));
    let mut clicks: Vec<i64> = links.map(|request| request.at - copy.sent).collect();
    clicks.sort_unstable();
    clicks
}

fn share(values: &[i64], below: i64) -> f64 {
    values.iter().filter(|value| **value < below).count() as f64 / values.len() as f64
}

fn is_near(found: f64, expected: f64, by: f64) {
    assert!((found - expected).abs() < by, "expected {expected} ± {by}, found {found}");
}

#[test]
fn bursts_begin_as_published_and_open_all_links_in_about_a_second() {
    let begins: Vec<i64> = all(Shape::Burst).map(|copy| clicks(&copy)[0]).collect();
    for (second, expected) in [(10, 0.005), (20, 0.026), (43, 0.5), (60, 0.69), (300, 0.974), (1_800, 0.993)] {
        is_near(share(&begins, second * 1_000), expected, 0.01);
    }
    let mut took = Vec::new();
    for copy in all(Shape::Burst) {
        let opened: BTreeSet<String> = copy.requests.iter().map(|request| format!("{:?}", request.what)).collect();
        assert_eq!(opened.iter().filter(|what| what.starts_with("Link")).count(), usize::from(copy.links));
        let clicks = clicks(&copy);
        took.extend((copy.links == 10).then(|| clicks[9] - clicks[0]));
    }
    took.sort_unstable();
    assert!((600..1_300).contains(&took[took.len() / 2]), "ten links took {} ms", took[took.len() / 2]);
}

#[test]
fn readers_open_as_many_links_as_assumed_and_take_their_time() {
    let visits: Vec<Vec<i64>> = all(Shape::Reader).map(|copy| clicks(&copy)).collect();
    for (links, expected) in [(1, 0.80), (2, 0.15)] {
        let count = visits.iter().filter(|visit| visit.len() == links).count();
        is_near(count as f64 / visits.len() as f64, expected, 0.01);
    }
    let first: Vec<i64> = visits.iter().map(|visit| visit[0]).collect();
    is_near(share(&first, 3 * 3_600_000), 0.5, 0.02);
    let gaps: Vec<i64> = visits.iter().flat_map(|visit| visit.windows(2)).map(|pair| pair[1] - pair[0]).collect();
    is_near(share(&gaps, 20_000), 0.5, 0.02);
    is_near(share(&gaps, 3_000), 0.05, 0.01);
}

#[test]
fn scanners_of_one_link_are_known_by_their_agent_or_their_network() {
    for copy in all(Shape::OneLink).take(1_000) {
        assert_eq!(clicks(&copy).len(), 1);
        let click = copy.requests.last().unwrap();
        let browser = attractor_sample::clicks::BROWSERS.contains(&click.agent);
        assert!(
            !browser || [[104, 47], [40, 107], [52, 101]].contains(&[click.address[0], click.address[1]]),
            "{click:?}"
        );
    }
}

#[test]
fn who_requested_is_written_beside_it() {
    for (shape, machines, people) in [
        (Shape::Burst, true, false),
        (Shape::OneLink, true, false),
        (Shape::Reader, false, true),
        (Shape::Tabs, false, true),
        (Shape::ScannedThenRead, true, true),
        (Shape::Forwarded, true, true),
        (Shape::Careful, true, false),
        (Shape::Slow, true, false),
        (Shape::Short, true, false),
        (Shape::Sandbox, true, false),
        (Shape::OpensAll, false, true),
    ] {
        for copy in all(shape).take(200) {
            assert_eq!(copy.requests.iter().any(|request| request.is_machine), machines, "{shape:?}");
            assert_eq!(copy.requests.iter().any(|request| !request.is_machine), people, "{shape:?}");
            assert!(copy.requests.iter().all(|request| request.at >= copy.sent), "{shape:?}");
        }
    }
}
