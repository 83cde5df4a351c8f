//! One table of cases: what was requested, and the verdict with its evidence. A line is
//! `SECONDS TARGET [HEAD|PREFETCH] [as AGENT] [from ADDRESS] [found EVIDENCE] [loads S] [goes-on S] [acts S] → VERDICT
//! [EVIDENCE…]`; `found` is what the verdict so far was based on.

use core::net::IpAddr;

use attractor_mail::judge::{Evidence, Fetch, Judge, Judgement, Millis, Page, Request, Target, Traffic};

const AGENTS: [(&str, &str); 9] = [
    ("firefox", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    (
        "chrome",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    ),
    ("none", ""),
    ("python", "python-requests/2.31.0"),
    ("barracuda", "Barracuda Sentinel (EE)"),
    ("gmail", "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)"),
    (
        "gmail-prefetch",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/42.0.2311.135 Safari/537.36 Edge/12.246 Mozilla/5.0",
    ),
    ("apple", "Mozilla/5.0"),
    ("outlook", "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17628; Pro)"),
];

/// Title, number of links in the copy, lines.
const CASES: &[(&str, u16, &str)] = &[
    (
        "a person reads and clicks twice",
        8,
        "
        0      image                    → human
        9      link1                    → human
        25     link4                    → human
    ",
    ),
    (
        "a double click is one link",
        8,
        "
        0      image                    → human
        9      link1                    → human
        9.12   link1                    → human
    ",
    ),
    (
        "three links within half a second",
        8,
        "
        43.0   link1                    → machine burst no_image
        43.1   link2                    → machine burst no_image
        43.5   link3                    → machine burst no_image
    ",
    ),
    (
        "two links hard upon one another",
        8,
        "
        0      image                    → unknown image_near_burst
        43.0   link1                    → machine burst
        43.05  link2                    → machine burst
    ",
    ),
    (
        "two links that a quick hand could open",
        8,
        "
        0      image                    → human
        43.0   link1                    → human burst
        43.3   link2                    → human burst
        60     link3                    → human quick
        62     link4                    → human quick
        64     link4                    → human
    ",
    ),
    (
        "link and decoy within three seconds",
        8,
        "
        0      image                    → human
        43     link1                    → machine decoy quick
        45     decoy                    → machine decoy quick
    ",
    ),
    (
        "a decoy alone convicts nobody",
        8,
        "
        43     decoy                    → human decoy no_image
        90     link1                    → human no_image
    ",
    ),
    (
        "a decoy in a burst",
        2,
        "
        43     link0                    → machine burst decoy no_image
        43.1   decoy                    → machine burst decoy no_image
        43.2   link1                    → machine burst decoy no_image
    ",
    ),
    (
        "a slow scanner opens all links",
        6,
        "
        0      image                    → human
        43     link0                    → machine sweep
        44.2   link1                    → machine sweep
        45.5   link2                    → machine sweep
        49     link3                    → machine sweep
        50     link4                    → machine sweep
        51.5   link5                    → machine sweep
    ",
    ),
    (
        "many tabs of a mail are no sweep",
        7,
        "
        0      image                    → human
        43     link0                    → human quick
        44     link1                    → human quick
        45     link2                    → human quick
        46     link3                    → human quick
        47     link4                    → human quick
    ",
    ),
    (
        "agents and networks that are known",
        8,
        "
        0      image                    → human
        10     link1 as python          → machine agent
        100    link1 as barracuda       → machine agent
        200    link1 as none            → machine no_agent
        250    link1 as apple           → machine no_agent
        300    link1 from 104.47.1.254  → machine network
        400    link1 from 2a01:111:f403::9 → machine network
    ",
    ),
    (
        "a network that people use too needs more",
        8,
        "
        0      image                    → human
        10     link1 from 67.231.150.1  → human likely_network
        300    link1 from 67.231.150.1  → human likely_network
    ",
    ),
    (
        "a network that people use too, and no image",
        8,
        "
        10     link1 from 67.231.150.1  → machine likely_network no_image
    ",
    ),
    (
        "a visitor who acts is a person, also from a gateway's network",
        8,
        "
        10     link1 from 67.231.150.1 loads 11 acts 14 → human likely_network no_image loaded acted
    ",
    ),
    (
        "HEAD and what the browser fetches in advance",
        8,
        "
        0      image                    → human
        10     link1 HEAD from 192.0.2.1   → machine head
        12     link1 from 192.0.2.1        → human looked
        10     link2 HEAD as chrome from 192.0.2.1 → machine head
        13     link1 as none from 192.0.2.1 → machine no_agent
        14     link1 from 192.0.2.1        → human looked
        15     link3 as barracuda from 192.0.2.1 → machine agent
        100    link2 PREFETCH              → machine prefetch
        101    link2                       → human
    ",
    ),
    (
        "a proxy scans, a person behind it clicks later",
        5,
        "
        43.0   link0 from 192.0.2.1     → machine burst no_image
        43.1   link1 from 192.0.2.1     → machine burst no_image
        43.2   link2 from 192.0.2.1     → machine burst no_image
        43.3   link3 from 192.0.2.1     → machine burst no_image
        44.2   link4 from 192.0.2.9     → machine near_burst quick no_image
        60     link1 from 192.0.2.1     → machine same_origin no_image
        200    link1 from 192.0.2.1     → human no_image
        46     link1 as firefox from 192.0.2.7 → human quick no_image
    ",
    ),
    (
        "all at once, then a page after the other",
        8,
        "
        43.0   link0 acts 50            → human burst no_image acted
        43.05  link1 acts 60            → human burst no_image acted
        43.1   link2                    → machine burst no_image
    ",
    ),
    (
        "more hands than a person has",
        8,
        "
        43.0   link0 acts 50            → machine burst many_hands no_image
        43.05  link1 acts 50.1          → machine burst many_hands no_image
        43.1   link2 acts 50.2          → machine burst many_hands no_image
    ",
    ),
    (
        "a second page speaks for a person, not against a machine's name",
        8,
        "
        0      image                    → human
        10     link1 as none goes-on 20 → human no_agent went_on
        99     link1 as python goes-on 120 → machine agent went_on
    ",
    ),
    (
        "opens",
        8,
        "
        0      image as gmail-prefetch  → machine gmail_prefetch
        1      image as apple           → unknown privacy_proxy
        2      image as gmail           → human image_proxy
        3      image as outlook         → human
        4      image as python          → machine agent
        5      image HEAD               → machine head
        6      image from 104.47.1.254  → machine network
        7      image from 195.130.217.9 → unknown likely_network
    ",
    ),
    (
        "opens around a burst",
        8,
        "
        10     image as chrome from 192.0.2.1  → machine same_origin image_near_burst
        11     image as outlook from 192.0.2.8 → unknown image_near_burst
        12     image as gmail                  → human image_near_burst image_proxy
        43.0   link0 as chrome from 192.0.2.1  → machine burst
        43.1   link1 as chrome from 192.0.2.1  → machine burst
        43.2   link2 as chrome from 192.0.2.1  → machine burst
        900    image as outlook from 192.0.2.8 → human
        901    image as chrome from 192.0.2.1  → human
    ",
    ),
    (
        "addresses were forgotten, and what they showed was not",
        8,
        "
        10     link1 found network                     → machine network no_image
        50     link1 found likely_network              → machine likely_network no_image
        90     link1 found same_origin                 → machine same_origin no_image
        130    link1 found looked                      → human looked no_image
        170    link1 found agent                       → human no_image
        210    link1 found network from 192.0.2.1      → human no_image
        1000   link1 found same_origin from 192.0.2.1  → human no_image
        2000   link1                                   → human no_image
        2020   link1 found same_origin from 192.0.2.1  → machine same_origin no_image
        3000   link1 found network acts 3005           → human network no_image acted
    ",
    ),
    (
        "a scanner whose address was forgotten is still not taken for a person's company",
        8,
        "
        10     decoy found network                     → machine network no_image
        11     link2 found network                     → machine network no_image
        12     link3 from 192.0.2.1                    → human no_image
    ",
    ),
];

fn milliseconds(seconds: &str) -> Millis {
    Millis((seconds.parse::<f64>().expect("seconds") * 1_000.0).round() as i64)
}

fn request(line: &str) -> Request<'static> {
    let mut words = line.split_whitespace();
    let at = milliseconds(words.next().expect("an instant"));
    let target = match words.next().expect("a target") {
        "image" => Target::Image,
        "decoy" => Target::Decoy,
        link => Target::Link(link.trim_start_matches("link").parse().expect("a link's number")),
    };
    let agent = AGENTS[0].1;
    let mut request =
        Request { at, target, fetch: Fetch::Show, agent, address: None, earlier: &[], page: Page::default() };
    while let Some(word) = words.next() {
        let mut value = || words.next().expect("a value");
        match word {
            "HEAD" => request.fetch = Fetch::Look,
            "PREFETCH" => request.fetch = Fetch::Advance,
            "as" => request.agent = agent_named(value()),
            "from" => request.address = Some(value().parse::<IpAddr>().expect("an address")),
            "found" => request.earlier = evidence(value()),
            "loads" => request.page.loaded = Some(milliseconds(value())),
            "goes-on" => request.page.went_on = Some(milliseconds(value())),
            "acts" => request.page.acted = Some(milliseconds(value())),
            other => panic!("{other}"),
        }
    }
    request
}

fn agent_named(name: &str) -> &'static str {
    AGENTS.iter().find(|agent| agent.0 == name).expect("an agent of the table").1
}

fn evidence(name: &str) -> &'static [Evidence] {
    let place = Evidence::ALL.iter().position(|kind| kind.name() == name).expect("a kind of evidence");
    &Evidence::ALL[place..=place]
}

fn words(judgement: &Judgement) -> String {
    let names = judgement.findings.iter().map(|finding| finding.evidence.name());
    std::iter::once(judgement.verdict.name()).chain(names).collect::<Vec<_>>().join(" ")
}

#[test]
fn each_kind_of_evidence_has_its_verdict() {
    let judge = Judge::default();
    let mut wrong = Vec::new();
    for (title, links, table) in CASES {
        let lines: Vec<(&str, &str)> = table.lines().filter_map(|line| line.split_once('→')).collect();
        let requests: Vec<Request> = lines.iter().map(|line| request(line.0)).collect();
        let judgements = judge.judge(&Traffic { links: *links, requests: &requests });
        for ((line, expected), judgement) in lines.iter().zip(&judgements) {
            let found = words(judgement);
            if found != expected.trim() {
                wrong.push(format!("{title}: {}\n    expected {}\n    found    {found}", line.trim(), expected.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_verdict_settles_after_its_delay_or_when_a_person_acts() {
    let judge = Judge::default();
    for (line, seconds) in [
        ("10 link1", "40"),
        ("10 link1 loads 12 acts 15", "15"),
        ("10 link1 acts 90", "40"),
        ("10 link1 acts 5", "10"),
        ("10 image", "130"),
    ] {
        let judgements = judge.judge(&Traffic { links: 3, requests: &[request(line)] });
        assert_eq!(judgements[0].settled_at, milliseconds(seconds), "{line}");
    }
}

#[test]
fn later_evidence_changes_a_verdict() {
    let judge = Judge::default();
    let verdicts = |lines: &[&str]| {
        let requests: Vec<Request> = lines.iter().map(|line| request(line)).collect();
        let judgements = judge.judge(&Traffic { links: 3, requests: &requests });
        judgements.iter().map(|judgement| judgement.verdict.name()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(verdicts(&["10 link1"]), "human");
    assert_eq!(verdicts(&["10 link1", "10.1 link2", "10.2 link0"]), "machine machine machine");
    assert_eq!(verdicts(&["10 link1 acts 300", "10.1 link2", "10.2 link0"]), "human machine machine");
}

#[test]
fn lists_of_an_installation_count_as_the_program_s_own() {
    let mut judge = Judge::default();
    let requests = [request("10 link1 from 192.0.2.1"), request("90 link1 as firefox")];
    let count = |judge: &Judge| {
        let judgements = judge.judge(&Traffic { links: 3, requests: &requests });
        judgements.iter().filter(|judgement| judgement.verdict.name() == "machine").count()
    };
    assert_eq!(count(&judge), 0);
    judge.lists = judge.lists.with_networks("192.0.2.0/24 our gateway").unwrap();
    assert_eq!(count(&judge), 1);
    judge.lists = judge.lists.with_agents("firefox/128").unwrap();
    assert_eq!(count(&judge), 2);
}
