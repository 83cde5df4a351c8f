//! The hosts of our own: where bounces come back, and where tracked links lead.

use core::net::IpAddr;

use super::answers::{Lookups, RecordType, Reply, plain, shortened};
use super::finding::{Finding, Issue};
use super::setup::{Setup, Target};
use super::spf::exchange;

/// The preference of our MX record; with one host, any number does.
const PREFERENCE: u8 = 10;

/// The MX record of the return path.
pub(super) fn bounce_value(setup: &Setup) -> String {
    let target = setup.bounce_target.as_deref().unwrap_or("the mail server that takes in your bounces");
    format!("{PREFERENCE} {target}")
}

/// Examines where mail to the return path goes; without a target, only whether it goes anywhere.
pub(super) fn bounces(host: &str, target: Option<&str>, lookups: &mut Lookups<'_>) -> Vec<Finding> {
    let texts = match lookups.ask(host, RecordType::Mx) {
        Reply::Unasked => return Vec::new(),
        Reply::Failure(why) => return vec![Finding::unanswered(host, why)],
        Reply::Nothing => {
            let message = format!(
                "{host} has no MX record, so bounces do not come back and dead addresses stay in the list. Add it."
            );
            return vec![Finding::new(Issue::Missing, message)];
        }
        Reply::Values(texts) => texts,
    };
    if texts.iter().all(|text| exchange(text).is_none()) {
        let message = format!("The MX record of {host} leads nowhere, so bounces do not come back. Replace it.");
        return vec![Finding::new(Issue::Elsewhere, message)];
    }
    let Some(target) = target else { return Vec::new() };
    let is_ours = |text: &String| exchange(text).is_some_and(|found| plain(found) == target);
    if texts.iter().all(is_ours) {
        return Vec::new();
    }
    let others: Vec<&str> =
        texts.iter().filter(|text| !is_ours(text)).map(|text| exchange(text).unwrap_or("nowhere")).collect();
    let message = format!(
        "Mail to {host} goes to {}, so bounces do not come back to Attractor. Replace it: the only MX record of {host} leads \
         to {target}.",
        shortened(&others.join(", "))
    );
    vec![Finding::new(Issue::Elsewhere, message)]
}

/// The records of the host of tracked links: their types and values.
pub(super) fn tracking_values(setup: &Setup) -> Vec<(RecordType, String)> {
    match &setup.tracking_target {
        Target::Host(host) => vec![(RecordType::Cname, host.clone())],
        Target::Addresses(addresses) => {
            addresses.iter().map(|address| (kind_of(*address), address.to_string())).collect()
        }
        Target::Unknown => vec![(RecordType::A, "the public IP address of your server".to_owned())],
    }
}

fn kind_of(address: IpAddr) -> RecordType {
    if address.is_ipv4() { RecordType::A } else { RecordType::Aaaa }
}

/// Examines where the host of tracked links leads. A name may lead there by CNAME or by the addresses of the target.
pub(super) fn tracking(setup: &Setup, host: &str, lookups: &mut Lookups<'_>) -> Vec<Finding> {
    let ours = match &setup.tracking_target {
        Target::Addresses(addresses) => addresses.clone(),
        Target::Unknown => return exists(host, lookups),
        Target::Host(target) => match lookups.ask(host, RecordType::Cname) {
            Reply::Unasked => return Vec::new(),
            Reply::Failure(why) => return vec![Finding::unanswered(host, why)],
            Reply::Values(names) => return alias(host, target, names),
            Reply::Nothing => match addresses(target, lookups) {
                (found, failures) if found.is_empty() && !failures.is_empty() => return failures,
                (found, _) => found,
            },
        },
    };
    let (found, failures) = addresses(host, lookups);
    if found.is_empty() {
        return if failures.is_empty() { vec![missing(host)] } else { failures };
    }
    let others: Vec<String> = found.iter().filter(|address| !ours.contains(address)).map(IpAddr::to_string).collect();
    if others.is_empty() {
        return failures;
    }
    vec![elsewhere(host, &others.join(", "), &named(&setup.tracking_target))]
}

fn named(target: &Target) -> String {
    match target {
        Target::Host(host) => host.clone(),
        Target::Unknown => String::new(),
        Target::Addresses(addresses) => addresses.iter().map(IpAddr::to_string).collect::<Vec<_>>().join(", "),
    }
}

fn alias(host: &str, target: &str, names: &[String]) -> Vec<Finding> {
    match names.iter().find(|name| plain(name) != target) {
        Some(other) => vec![elsewhere(host, other, target)],
        None => Vec::new(),
    }
}

/// Of a host whose server is not known, only that it exists can be examined.
fn exists(host: &str, lookups: &mut Lookups<'_>) -> Vec<Finding> {
    let (found, failures) = addresses(host, lookups);
    match (found.is_empty(), failures.is_empty()) {
        (true, true) => vec![missing(host)],
        (true, false) => failures,
        (false, _) => Vec::new(),
    }
}

fn missing(host: &str) -> Finding {
    Finding::new(
        Issue::Missing,
        format!("{host} leads nowhere, so the links of your mails do not work. Add the record."),
    )
}

fn elsewhere(host: &str, found: &str, expected: &str) -> Finding {
    let message = format!(
        "{host} leads to {}, and not to Attractor ({expected}). Change the record. If a proxy or a content delivery network \
         lies between the two, this is right.",
        shortened(found)
    );
    Finding::new(Issue::Elsewhere, message)
}

/// The addresses of a host. The second part says what could not be known.
fn addresses(host: &str, lookups: &mut Lookups<'_>) -> (Vec<IpAddr>, Vec<Finding>) {
    let mut found = Vec::new();
    let mut failures = Vec::new();
    for kind in [RecordType::A, RecordType::Aaaa] {
        match lookups.ask(host, kind) {
            Reply::Values(texts) => found.extend(texts.iter().filter_map(|text| text.parse::<IpAddr>().ok())),
            Reply::Failure(why) => failures.push(Finding::unanswered(host, why)),
            Reply::Nothing | Reply::Unasked => {}
        }
    }
    (found, failures)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::answers::{Answer, Answers, Query};
    use crate::dns::setup;

    use RecordType::{A, Aaaa, Cname, Mx};

    fn answers(records: &[(&str, RecordType, &str)]) -> Answers {
        let nothing = ["bounce.example.org", "links.example.org", "app.example.org"]
            .into_iter()
            .flat_map(|name| [A, Aaaa, Cname, Mx].map(|kind| (Query::new(name, kind), Answer::Nothing)));
        let mut answers = Answers::from_iter(nothing);
        for (name, kind, value) in records {
            let answer = match *value {
                "!" => Answer::Failure("timeout".into()),
                value => Answer::Values(value.split(',').map(str::to_owned).collect()),
            };
            answers.insert(Query::new(name, *kind), answer);
        }
        answers
    }

    fn issues(findings: &[Finding]) -> Vec<&'static str> {
        findings.iter().map(|finding| finding.issue.name()).collect()
    }

    #[test]
    fn bounces_come_back_to_us() {
        const HOST: &str = "bounce.example.org";
        const TARGET: Option<&str> = Some("mx.attractor.example");
        assert_eq!(bounce_value(&setup::tests::setup()), "10 mx.attractor.example");
        for (value, expected) in [
            ("10 MX.attractor.example.", &[][..]),
            ("5 mx.attractor.example,10 mx.attractor.example", &[]),
            ("10 mx.attractor.example,20 mx.other.example", &["elsewhere"]),
            ("10 mx.other.example", &["elsewhere"]),
            ("0 .", &["elsewhere"]),
            ("nonsense", &["elsewhere"]),
            ("!", &["unanswered"]),
            ("", &["elsewhere"]),
        ] {
            let answers = answers(&[("bounce.example.org", Mx, value)]);
            assert_eq!(issues(&bounces(HOST, TARGET, &mut Lookups::new(&answers))), expected, "{value}");
        }
        let elsewhere = answers(&[("bounce.example.org", Mx, "10 mx.other.example")]);
        assert!(bounces(HOST, None, &mut Lookups::new(&elsewhere)).is_empty(), "any server may take them in");
        let answers = answers(&[]);
        assert_eq!(issues(&bounces(HOST, TARGET, &mut Lookups::new(&answers))), ["missing"]);
        assert_eq!(issues(&bounces(HOST, None, &mut Lookups::new(&answers))), ["missing"]);
    }

    #[test]
    fn tracked_links_lead_to_us_by_name_or_by_address() {
        let by_name = setup::tests::setup();
        let mut by_address = by_name.clone();
        by_address.tracking_target =
            Target::Addresses(vec!["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()]);
        let mut unknown = by_name.clone();
        unknown.tracking_target = Target::Unknown;
        let (links, app) = ("links.example.org", "app.example.org");
        for (setup, records, expected) in [
            (&by_name, &[(links, Cname, "App.example.org.")][..], &[][..]),
            (&by_name, &[(links, Cname, "other.example")], &["elsewhere"]),
            (&by_name, &[(links, Cname, "!")], &["unanswered"]),
            (&by_name, &[], &["missing"]),
            (&by_name, &[(links, A, "192.0.2.7"), (app, A, "192.0.2.7,192.0.2.8")], &[]),
            (&by_name, &[(links, A, "192.0.2.9"), (app, A, "192.0.2.7")], &["elsewhere"]),
            (&by_name, &[(links, A, "!"), (app, A, "192.0.2.7")], &["unanswered"]),
            (&by_name, &[(links, A, "192.0.2.7"), (app, A, "!")], &["unanswered"]),
            (&by_name, &[(links, A, "192.0.2.7")], &["elsewhere"]),
            (&by_address, &[(links, A, "192.0.2.7")], &[]),
            (&by_address, &[(links, Aaaa, "2001:db8::7")], &[]),
            (&by_address, &[(links, A, "192.0.2.7"), (links, Aaaa, "2001:db8::8")], &["elsewhere"]),
            (&by_address, &[(links, A, "!"), (links, Aaaa, "2001:db8::7")], &["unanswered"]),
            (&by_address, &[], &["missing"]),
            (&unknown, &[(links, A, "192.0.2.1")], &[]),
            (&unknown, &[], &["missing"]),
            (&unknown, &[(links, A, "!")], &["unanswered"]),
        ] {
            let answers = answers(records);
            assert_eq!(
                issues(&tracking(setup, "links.example.org", &mut Lookups::new(&answers))),
                expected,
                "{records:?}"
            );
        }
        assert_eq!(tracking_values(&by_name), [(Cname, "app.example.org".into())]);
        assert_eq!(tracking_values(&by_address), [(A, "192.0.2.7".into()), (Aaaa, "2001:db8::7".into())]);
    }

    #[test]
    fn words_name_the_server_to_which_a_host_leads() {
        let finding = elsewhere("links.example.org", "other.example", "app.example.org");
        assert!(
            finding
                .message
                .starts_with("links.example.org leads to other.example, and not to Attractor (app.example.org)")
        );
    }
}
