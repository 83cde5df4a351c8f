//! The DNS doctor against whole zones: what a newcomer sees, and what a hostile DNS can do.

#![allow(clippy::unwrap_used, reason = "what a test cannot do without may end it")]

use std::collections::BTreeMap;

use attractor_mail::dns::{
    Answer, Answers, Cause, Examination, Facts, Outgoing, Purpose, Query, Reach, RecordType, Report, Settings, Setup,
    Status, Target, Verdict, examine, records, verdict,
};
use attractor_mail::message::dkim::{self, Key, Signer};
use proptest::prelude::*;

/// A DNS: `NAME TYPE value`, a line each; `!` as the value is a failure.
struct Zone(BTreeMap<Query, Answer>);

impl Zone {
    fn new(text: &str) -> Zone {
        let mut zone = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let mut words = line.splitn(3, ' ');
            let (name, kind, value) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
            let answer = zone.entry(Query::new(name, kind_of(kind))).or_insert(Answer::Values(Vec::new()));
            match answer {
                _ if value == "!" => *answer = Answer::Failure("timeout".into()),
                Answer::Values(values) => values.push(value.to_owned()),
                _ => {}
            }
        }
        Zone(zone)
    }

    fn answer(&self, query: &Query) -> Answer {
        self.0.get(query).cloned().unwrap_or(Answer::Nothing)
    }
}

fn kind_of(name: &str) -> RecordType {
    use RecordType::{A, Aaaa, Cname, Mx, Txt};
    [A, Aaaa, Cname, Mx, Txt].into_iter().find(|kind| kind.name() == name).unwrap()
}

fn keys() -> Vec<dkim::Record> {
    Signer::new("example.org", vec![Key::ed25519("e2026", &[7; 32]).unwrap()]).unwrap().records()
}

fn setup() -> Setup {
    Setup::new(&Settings {
        domain: "example.org",
        keys: &keys(),
        foreign_selectors: &[],
        outgoing: &[Outgoing::Include("_spf.mail.example".into())],
        bounce_host: Some("bounce.example.org"),
        bounce_target: Some("mx.example.org"),
        tracking_host: Some("links.example.org"),
        tracking_target: &Target::Host("app.example.org".into()),
        report_to: Some("dmarc@example.org"),
    })
    .unwrap()
}

/// Looks up what is asked until the examination ends; with the number of rounds.
fn report(setup: &Setup, zone: impl Fn(&Query) -> Answer) -> (Report, usize) {
    let mut answers = Answers::default();
    for round in 0..100 {
        match examine(setup, &answers) {
            Examination::Ask(queries) => {
                assert!(queries.iter().all(|query| answers.get(query).is_none()), "asked again: {queries:?}");
                answers.extend(queries.into_iter().map(|query| (query.clone(), zone(&query))));
            }
            Examination::Done(report) => return (report, round),
        }
    }
    panic!("the examination does not end");
}

/// `purpose: status, issues` of each record.
fn lines(report: &Report) -> Vec<String> {
    let line = |examined: &attractor_mail::dns::Examined| {
        let issues: Vec<&str> = examined.findings.iter().map(|finding| finding.issue.name()).collect();
        format!("{}: {} {}", examined.record.purpose.name(), examined.status().name(), issues.join(" "))
            .trim_end()
            .to_owned()
    };
    report.records.iter().map(line).collect()
}

/// The zone of a domain with all records as they are shown.
fn set(records: &[attractor_mail::dns::Record]) -> String {
    let lines = records.iter().map(|record| format!("{} {} {}", record.name, record.kind.name(), record.value));
    lines.chain(["_spf.mail.example TXT v=spf1 ip4:192.0.2.0/24 -all".to_owned()]).collect::<Vec<_>>().join("\n")
}

fn facts(report: &Report) -> Facts<'_> {
    Facts {
        public_url: "https://links.example.org",
        reach: Reach::Reached,
        domain: "example.org",
        is_free_mail: false,
        postal_address: "1 Road, 10115 Berlin",
        report: Some(report),
    }
}

#[test]
fn a_newcomer_is_shown_what_to_add_and_is_verified_once_it_is_there() {
    let setup = setup();
    let (empty, _) = report(&setup, |_| Answer::Nothing);
    assert!(empty.records.iter().all(|examined| examined.status() == Status::Wrong), "{:?}", lines(&empty));
    let hosts: Vec<&str> = empty.records.iter().map(|examined| examined.record.host.as_str()).collect();
    assert_eq!(hosts, ["@", "e2026._domainkey", "_dmarc", "bounce", "bounce", "links"]);
    let first = empty.records[0].instruction().unwrap();
    assert_eq!(
        first,
        "Add this record at your DNS provider: type TXT, host @, value v=spf1 include:_spf.mail.example ~all"
    );
    assert!(matches!(verdict(&facts(&empty)), Verdict::Unverified(_)));

    let zone = Zone::new(&set(&records(&setup)));
    let (full, rounds) = report(&setup, |query| zone.answer(query));
    assert_eq!(
        lines(&full),
        [
            "spf: right",
            "dkim: right",
            "dmarc: right only_observes",
            "return_path: right",
            "return_path_spf: right",
            "tracking: right"
        ]
    );
    assert!(rounds <= 3, "{rounds}");
    assert_eq!(verdict(&facts(&full)), Verdict::Verified);
    assert!(full.records.iter().all(|examined| examined.instruction().is_none()));
}

#[test]
fn a_sender_whose_bounces_go_to_itself_needs_no_records_for_them() {
    let setup = Setup::new(&Settings {
        domain: "example.org",
        keys: &keys(),
        foreign_selectors: &[],
        outgoing: &[Outgoing::Include("_spf.mail.example".into())],
        bounce_host: None,
        bounce_target: None,
        tracking_host: None,
        tracking_target: &Target::Unknown,
        report_to: None,
    })
    .unwrap();
    let zone = Zone::new(&set(&records(&setup)).replace("p=none", "p=none; aspf=s"));
    let (full, _) = report(&setup, |query| zone.answer(query));
    assert_eq!(lines(&full), ["spf: right", "dkim: right", "dmarc: right only_observes no_reports"]);
    assert_eq!(verdict(&facts(&full)), Verdict::Verified);
}

/// A service that signs names its keys by CNAME or TXT records; what these hold is its own.
#[test]
fn keys_of_a_service_that_signs_must_be_there() {
    let selectors = ["s1", "S2"].map(str::to_owned);
    let setup = Setup::new(&Settings {
        domain: "example.org",
        keys: &[],
        foreign_selectors: &selectors,
        outgoing: &[Outgoing::Include("_spf.mail.example".into())],
        bounce_host: None,
        bounce_target: None,
        tracking_host: None,
        tracking_target: &Target::Unknown,
        report_to: None,
    })
    .unwrap();
    let found = |second: &str| {
        let zone = Zone::new(&format!(
            "example.org TXT v=spf1 include:_spf.mail.example -all
             _spf.mail.example TXT v=spf1 ip4:198.51.100.0/24 ~all
             _dmarc.example.org TXT v=DMARC1; p=none
             s1._domainkey.example.org TXT k=rsa; p=QUJD
             {second}"
        ));
        report(&setup, |query| zone.answer(query)).0
    };
    let full = found("s2._domainkey.example.org TXT v=DKIM1; p=QUJD");
    assert_eq!(lines(&full)[1..3], ["dkim: right", "dkim: right"]);
    assert_eq!(verdict(&facts(&full)), Verdict::Verified);
    for (second, issue) in [("", "missing"), ("s2._domainkey.example.org TXT v=DKIM1; p=", "revoked_key")] {
        let part = found(second);
        assert_eq!(lines(&part)[2], format!("dkim: wrong {issue}"));
        assert!(matches!(verdict(&facts(&part)), Verdict::Unverified(_)), "{issue}");
    }
    let missing = found("");
    let instruction = missing.records[2].instruction().unwrap();
    assert!(
        instruction.contains("host s2._domainkey, value what the service that signs your e-mails shows"),
        "{instruction}"
    );
}

#[test]
fn what_is_there_is_changed_and_not_doubled() {
    let zone = Zone::new(
        "example.org TXT google-site-verification=x
         example.org TXT v=spf1 include:_spf.google.example -all
         _spf.google.example TXT v=spf1 ip4:198.51.100.0/24 ~all
         e2026._domainkey.example.org TXT v=DKIM1; k=ed25519; p=
         _dmarc.example.org TXT v=DMARC1; p=quarantine; rua=mailto:a@b.example
         bounce.example.org MX 10 mx.other.example
         bounce.example.org TXT v=spf1 include:_spf.mail.example ~all
         bounce.example.org TXT v=spf1 -all
         links.example.org CNAME elsewhere.example.",
    );
    let (found, _) = report(&setup(), |query| zone.answer(query));
    assert_eq!(
        lines(&found),
        [
            "spf: wrong not_listed",
            "dkim: wrong revoked_key",
            "dmarc: right",
            "return_path: wrong elsewhere",
            "return_path_spf: wrong several_records",
            "tracking: wrong elsewhere"
        ]
    );
    let instructions: Vec<String> = found.records.iter().filter_map(|examined| examined.instruction()).collect();
    assert!(instructions[0].ends_with("new value v=spf1 include:_spf.google.example include:_spf.mail.example -all"));
    assert!(instructions[3].starts_with("Delete the 2 records of this kind"), "{}", instructions[3]);
}

#[test]
fn a_silent_dns_is_not_called_wrong() {
    let (silent, _) = report(&setup(), |_| Answer::Failure("timeout".into()));
    assert!(silent.records.iter().all(|examined| examined.status() == Status::Unknown), "{:?}", lines(&silent));
    let judged = verdict(&facts(&silent));
    assert!(matches!(judged, Verdict::Unknown(_)));
    assert!(judged.is_verified_after(true) && !judged.is_verified_after(false));
}

#[test]
fn every_cause_holds_marketing_back() {
    let setup = setup();
    let right = set(&records(&setup));
    let examined = |text: &str| {
        let zone = Zone::new(text);
        report(&setup, |query| zone.answer(query)).0
    };
    let full = examined(&right);
    let causes = |facts: &Facts| match verdict(facts) {
        Verdict::Verified => Vec::new(),
        Verdict::Unverified(reasons) | Verdict::Unknown(reasons) => reasons.iter().map(|reason| reason.cause).collect(),
    };
    let sure = facts(&full);
    for (facts, cause) in [
        (Facts { public_url: "", ..sure }, Cause::PublicUrl),
        (Facts { public_url: "http://links.example.org", ..sure }, Cause::PublicUrl),
        (Facts { public_url: "https://", ..sure }, Cause::PublicUrl),
        (Facts { public_url: "ähttps://x", ..sure }, Cause::PublicUrl),
        (Facts { reach: Reach::Unreached("connection refused"), ..sure }, Cause::Unreached),
        (Facts { reach: Reach::Untried, ..sure }, Cause::Unreached),
        (Facts { is_free_mail: true, ..sure }, Cause::FreeMail),
        (Facts { postal_address: " \n", ..sure }, Cause::NoPostalAddress),
        (Facts { report: None, ..sure }, Cause::NotExamined),
        (Facts { public_url: "http://x", reach: Reach::Untried, ..sure }, Cause::PublicUrl),
    ] {
        assert_eq!(causes(&facts), [cause]);
    }
    assert!(causes(&Facts { public_url: "HTTPS://links.example.org/x", ..sure }).is_empty());
    for (name, expected) in [
        ("example.org TXT", vec![Cause::Spf]),
        ("e2026._domainkey.example.org TXT", vec![Cause::Dkim]),
        ("_dmarc.example.org TXT", vec![Cause::Dmarc]),
        ("bounce.example.org TXT", vec![Cause::ReturnPathSpf]),
        ("bounce.example.org MX", vec![]),
        ("links.example.org CNAME", vec![]),
    ] {
        let without: Vec<&str> = right.lines().filter(|line| !line.starts_with(&format!("{name} "))).collect();
        let without = examined(&without.join("\n"));
        assert_eq!(causes(&facts(&without)), expected, "{name}");
    }
    let strict = right.replace("v=DMARC1; p=none", "v=DMARC1; p=none; aspf=s");
    assert_eq!(causes(&facts(&examined(&strict))), [Cause::Dmarc]);
    assert_eq!(causes(&facts(&Report { records: Vec::new() })).len(), 3);
}

#[test]
fn includes_without_end_cost_a_bounded_number_of_lookups() {
    let endless = |query: &Query| match query.kind() {
        RecordType::Txt => {
            let name = query.name();
            let label: String = name.chars().filter(char::is_ascii_alphanumeric).take(20).collect();
            let includes: Vec<String> =
                (0..200).map(|number| format!("include:x{number}{label}.example mx:y{number}.example")).collect();
            Answer::Values(vec![format!("v=spf1 {} +all", includes.join(" ")).chars().take(4_000).collect()])
        }
        RecordType::Mx => Answer::Values(vec!["10 z.example".into(); 1_000]),
        RecordType::A => Answer::Values(vec!["192.0.2.1".into(); 1_000]),
        _ => Answer::Nothing,
    };
    let mut asked = 0;
    let count = std::cell::RefCell::new(&mut asked);
    let (found, rounds) = report(&setup(), |query| {
        **count.borrow_mut() += 1;
        endless(query)
    });
    let spf = found.of(Purpose::Spf).next().unwrap();
    assert!(
        spf.findings.iter().any(|finding| finding.message.contains("look up 20 or more names")),
        "{:?}",
        spf.findings
    );
    assert!(rounds <= 30 && asked <= 300, "{rounds} rounds, {asked} names");
    assert!(spf.findings.iter().all(|finding| finding.message.len() < 1_000));
}

#[test]
fn circles_end() {
    let zone = Zone::new(
        "example.org TXT v=spf1 include:a.example include:a.example -all
         a.example TXT v=spf1 include:b.example redirect=example.org
         b.example TXT v=spf1 include:a.example include:B.example. -all",
    );
    let (found, _) = report(&setup(), |query| zone.answer(query));
    assert!(lines(&found)[0].contains("include_loop"), "{:?}", lines(&found));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever the DNS answers, the examination ends, and its words have no control characters.
    #[test]
    fn any_answer_is_examined(
        texts in prop::collection::vec(
            prop_oneof![
                "\\PC{0,60}",
                "v=spf1( [+~?-]?(a|mx|ptr|all|include:[a-d]\\.example|redirect=[a-d]\\.example|ip4:[0-9./]{0,12}|.{0,8})){0,12}",
                "v=DMARC1(;[a-z]{1,5}=[a-z:@.]{0,10}){0,6}",
                "v=DKIM1(;[a-z]=[A-Za-z0-9+/=]{0,20}){0,5}",
                "(?s).{0,40}",
            ],
            1..12,
        ),
    ) {
        let zone = |query: &Query| {
            let at = query.name().bytes().map(usize::from).sum::<usize>() + query.name().len();
            match at % 5 {
                0 => Answer::Nothing,
                1 => Answer::Values(vec![texts[at % texts.len()].clone(), texts[(at + 1) % texts.len()].clone()]),
                2 if at.is_multiple_of(3) => Answer::Failure(texts[at % texts.len()].clone()),
                _ => Answer::Values(vec![texts[at % texts.len()].clone()]),
            }
        };
        let (found, _) = report(&setup(), zone);
        for examined in &found.records {
            prop_assert!(examined.record.value.starts_with("v=") || !examined.record.value.is_empty());
            for finding in &examined.findings {
                prop_assert!(!finding.message.chars().any(char::is_control), "{:?}", finding.message);
            }
        }
    }
}
