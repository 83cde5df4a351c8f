//! What holds for any traffic.

use attractor_mail::judge::{
    Evidence, Fetch, Judge, Judgement, Millis, Page, Request, Target, Traffic, Verdict, hostile,
};
use proptest::prelude::*;

const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

fn requests() -> impl Strategy<Value = Vec<Request<'static>>> {
    let target = prop_oneof![Just(Target::Image), Just(Target::Decoy), (0_u16..6).prop_map(Target::Link)];
    let fetch = prop_oneof![8 => Just(Fetch::Show), 1 => Just(Fetch::Look), 1 => Just(Fetch::Advance)];
    let agent = prop_oneof![Just(BROWSER), Just(""), Just("curl/8.5.0"), Just("Mozilla/5.0")];
    let address = prop_oneof![Just(None), Just(Some("104.47.1.254")), Just(Some("192.0.2.1")), Just(Some("192.0.2.2"))];
    let later = || prop::option::weighted(0.2, 0_i64..9_000);
    let request = (0_i64..20_000, target, fetch, agent, address, (later(), later(), later()));
    prop::collection::vec(request, 0..40).prop_map(|all| all.into_iter().map(build).collect())
}

type Drawn = (i64, Target, Fetch, &'static str, Option<&'static str>, (Option<i64>, Option<i64>, Option<i64>));

fn build((at, target, fetch, agent, address, later): Drawn) -> Request<'static> {
    let page = Page { loaded: later.0.map(Millis), went_on: later.1.map(Millis), acted: later.2.map(Millis) };
    let address = address.and_then(|text| text.parse().ok());
    Request { at: Millis(at), target, fetch, agent, address, earlier: &[], page }
}

fn judged(requests: &[Request]) -> Vec<Judgement> {
    thread_local!(static JUDGE: Judge = Judge::default());
    JUDGE.with(|judge| judge.judge(&Traffic { links: 6, requests }))
}

fn holds(judgement: &Judgement, evidence: Evidence) -> bool {
    judgement.findings.iter().any(|finding| finding.evidence == evidence)
}

proptest! {
    #[test]
    fn the_order_of_requests_changes_nothing(
        (before, places) in requests().prop_flat_map(|requests| {
            let places: Vec<usize> = (0..requests.len()).collect();
            (Just(requests), Just(places).prop_shuffle())
        })
    ) {
        let after: Vec<Request> = places.iter().map(|place| before[*place]).collect();
        let (before, after) = (judged(&before), judged(&after));
        prop_assert_eq!(before.len(), after.len());
        for (place, judgement) in places.iter().zip(&after) {
            prop_assert_eq!(&before[*place], judgement);
        }
    }

    #[test]
    fn only_differences_of_time_count(requests in requests(), by in -1_000_000_000_000_i64..1_000_000_000_000) {
        let moved: Vec<Request> = requests
            .iter()
            .map(|request| {
                let later = |at: Option<Millis>| at.map(|at| Millis(at.0 + by));
                let Page { loaded, went_on, acted } = request.page;
                let page = Page { loaded: later(loaded), went_on: later(went_on), acted: later(acted) };
                Request { at: Millis(request.at.0 + by), page, ..*request }
            })
            .collect();
        for (one, other) in judged(&requests).iter().zip(judged(&moved)) {
            prop_assert_eq!(&one.findings, &other.findings);
            prop_assert_eq!(one.settled_at.0 + by, other.settled_at.0);
        }
    }

    #[test]
    fn a_verdict_is_the_sum_of_its_evidence(requests in requests()) {
        for (request, judgement) in requests.iter().zip(judged(&requests)) {
            let sum: i32 = judgement.findings.iter().map(|finding| finding.weight).sum();
            prop_assert_eq!(sum, judgement.weight);
            prop_assert_eq!(judgement.verdict == Verdict::Machine, sum >= 30);
            prop_assert!(judgement.verdict != Verdict::Unknown || request.target == Target::Image);
            prop_assert!(judgement.settled_at >= request.at);
        }
    }

    #[test]
    fn what_an_address_showed_counts_when_it_is_forgotten(requests in requests(), until in 0_i64..20_000) {
        let before = judged(&requests);
        let found = |judgement: &Judgement| judgement.findings.iter().map(|finding| finding.evidence).collect();
        let earlier: Vec<Vec<Evidence>> = before.iter().map(found).collect();
        let forgotten: Vec<Request> = requests
            .iter()
            .zip(&earlier)
            .map(|(request, earlier)| {
                let address = request.address.filter(|_| request.at.0 > until);
                Request { address, earlier, ..*request }
            })
            .collect();
        prop_assert_eq!(before, judged(&forgotten));
    }

    #[test]
    fn the_decoy_convicts_nobody_alone(requests in requests()) {
        for judgement in judged(&requests) {
            let others = judgement.findings.iter().any(|finding| {
                finding.weight > 2 && finding.evidence != Evidence::Decoy
            });
            prop_assert!(judgement.verdict != Verdict::Machine || others, "{:?}", judgement.findings);
        }
    }

    #[test]
    fn a_visitor_who_acts_with_one_pair_of_hands_is_a_person(requests in requests()) {
        for judgement in judged(&requests) {
            if holds(&judgement, Evidence::Acted) {
                prop_assert_eq!(judgement.verdict, Verdict::Human, "{:?}", judgement.findings);
            }
        }
    }

    #[test]
    fn any_bytes_are_judged(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        hostile::any_bytes(&bytes);
    }
}

/// Would not end in a test's time if the time grew with the square.
#[test]
fn a_flood_of_requests_is_judged() {
    let flood = |target: fn(i64) -> Target| -> Vec<Request<'static>> {
        let acted = Page { acted: Some(Millis(7)), ..Page::default() };
        (0..100_000)
            .map(|at| Request {
                page: acted,
                ..build((at / 3, target(at), Fetch::Show, BROWSER, None, (None, None, None)))
            })
            .collect()
    };
    for target in [|_| Target::Link(1), |at| Target::Link((at % 7) as u16), |_| Target::Image, |_| Target::Decoy] {
        assert_eq!(judged(&flood(target)).len(), 100_000);
    }
}
