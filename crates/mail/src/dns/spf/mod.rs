//! SPF (RFC 7208): which servers may send in a domain's name.

mod merge;
mod record;
mod walk;

pub(super) use record::is_domain;
use record::{Form, Spf};
pub(super) use walk::exchange;
use walk::{MAX_LOOKUPS, walk};

use super::answers::{Lookups, RecordType, Reply, shortened};
use super::finding::{Finding, Issue, Severity};
use super::setup::Outgoing;

/// What was found at a host, and the record that it should have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Examined {
    pub(super) findings: Vec<Finding>,
    /// The record that is right: what is there, if nothing is wrong with it.
    pub(super) value: String,
    /// The SPF records that are there.
    pub(super) existing: Vec<String>,
}

/// Examines the SPF record of a host, from whose name mail leaves these servers.
pub(super) fn examine(host: &str, outgoing: &[Outgoing], lookups: &mut Lookups<'_>) -> Examined {
    let all: Vec<&Outgoing> = outgoing.iter().collect();
    let texts = match lookups.ask(host, RecordType::Txt) {
        Reply::Values(texts) => texts,
        Reply::Nothing | Reply::Unasked => &[],
        Reply::Failure(why) => {
            let findings = vec![Finding::unanswered(host, why)];
            return Examined { findings, value: merge::merge(&[], &all), existing: Vec::new() };
        }
    };
    let records: Vec<&str> = texts.iter().map(String::as_str).filter(|text| Spf::is_spf(text)).collect();
    let (findings, value) = match records[..] {
        [] => (vec![missing(host, texts)], merge::merge(&[], &all)),
        [record] => examine_record(host, record, outgoing, lookups),
        _ => (vec![several(host, records.len())], merge::merge(&records, &all)),
    };
    Examined { findings, value, existing: records.into_iter().map(str::to_owned).collect() }
}

fn examine_record(
    host: &str,
    record: &str,
    outgoing: &[Outgoing],
    lookups: &mut Lookups<'_>,
) -> (Vec<Finding>, String) {
    let walked = walk(host, record, lookups);
    let unlisted: Vec<&Outgoing> = outgoing.iter().filter(|outgoing| !walked.lists(outgoing)).collect();
    let mut findings = walked.findings;
    let is_known = walked.failures.is_empty() && findings.iter().all(|finding| finding.issue != Issue::Unanswered);
    match (unlisted.is_empty(), is_known) {
        (true, _) => {}
        (false, true) => findings.extend(unlisted.iter().map(|outgoing| not_listed(host, outgoing))),
        // The server may be listed where the DNS gave no answer.
        (false, false) => findings.extend(walked.failures),
    }
    findings.extend(advice(record));
    let is_wrong = |finding: &Finding| finding.issue.severity() == Severity::Wrong;
    if !findings.iter().any(is_wrong) {
        return (findings, record.to_owned());
    }
    let merged = merge::merge(&[record], &unlisted);
    if !unlisted.is_empty() && walked.lookups <= MAX_LOOKUPS {
        findings.extend(too_full(host, &merged, lookups));
    }
    (findings, merged)
}

/// Whether the record would have too many lookups once our servers are added.
fn too_full(host: &str, merged: &str, lookups: &mut Lookups<'_>) -> Option<Finding> {
    let walked = walk(host, merged, lookups);
    let message = format!(
        "With our servers added, receivers would have to look up {} names, and they stop after {MAX_LOOKUPS}. Remove the \
         services that you no longer use from the record before you add ours.",
        walked.count()
    );
    (walked.lookups > MAX_LOOKUPS).then(|| Finding::new(Issue::TooManyLookups, message))
}

fn missing(host: &str, texts: &[String]) -> Finding {
    let similar = texts.iter().find(|text| text.to_ascii_lowercase().contains("spf1"));
    let message = match similar {
        Some(text) => format!(
            "{host} has no SPF record. The TXT record `{}` looks like one, but an SPF record begins with `v=spf1` and a blank. \
             Replace it.",
            shortened(text)
        ),
        None => format!("{host} has no SPF record, so receivers cannot tell your mails from forged ones. Add it."),
    };
    Finding::new(Issue::Missing, message)
}

fn several(host: &str, count: usize) -> Finding {
    let message = format!(
        "{host} has {count} SPF records, and receivers then ignore all of them. Delete them, and add the one that is shown \
         here: it has what they say together."
    );
    Finding::new(Issue::SeveralRecords, message)
}

fn not_listed(host: &str, outgoing: &Outgoing) -> Finding {
    let message = format!(
        "The SPF record of {host} does not list the servers that send for you: it lacks `{outgoing}`. Change the record; do \
         not add a second one."
    );
    Finding::new(Issue::NotListed, message)
}

/// What could be better in a record that works.
fn advice(record: &str) -> Vec<Finding> {
    let spf = Spf::read(record);
    let mut findings = Vec::new();
    if spf.all().is_none() && spf.redirect().is_none() && spf.errors.is_empty() {
        let message =
            "The SPF record says nothing about other servers. End it with `~all`, so that receivers doubt them.";
        findings.push(Finding::new(Issue::NoEnd, message));
    }
    if let Some(term) = spf.never_read().next() {
        let message = format!(
            "Receivers stop reading an SPF record at `all`: `{}` comes after it. Move it to the front.",
            term.text
        );
        findings.push(Finding::new(Issue::NeverRead, message));
    }
    if spf.mechanisms().any(|term| term.form == Form::Ptr) {
        let message =
            "The SPF record has `ptr`, which receivers may ignore. Write the addresses of the servers instead.";
        findings.push(Finding::new(Issue::Outdated, message));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::answers::{Answer, Answers, Query};

    fn examined(records: &[&str]) -> (Vec<&'static str>, String) {
        let values = |texts: &[&str]| Answer::Values(texts.iter().map(|text| (*text).to_owned()).collect());
        let includes: Vec<String> = (0..9).map(|number| format!("include:i{number}.example")).collect();
        let full = format!("v=spf1 {} -all", includes.join(" "));
        let mut answers = Answers::from_iter([
            (Query::new("me.example", RecordType::Txt), values(records)),
            (Query::new("ours.example", RecordType::Txt), values(&["v=spf1 ip4:192.0.2.0/24 -all"])),
            (Query::new("full.example", RecordType::Txt), values(&[&full])),
        ]);
        for number in 0..9 {
            let name = format!("i{number}.example");
            answers.insert(Query::new(&name, RecordType::Txt), values(&["v=spf1 -all"]));
        }
        let outgoing = [Outgoing::Include("ours.example".into())];
        let examined = examine("me.example", &outgoing, &mut Lookups::new(&answers));
        (examined.findings.iter().map(|finding| finding.issue.name()).collect(), examined.value)
    }

    #[test]
    fn records_are_judged_and_merged() {
        let fresh = "v=spf1 include:ours.example ~all";
        for (records, issues, value) in [
            (&[][..], &["missing"][..], fresh),
            (&["hello"], &["missing"], fresh),
            (&["spf1 include:x"], &["missing"], fresh),
            (&[fresh], &[], fresh),
            (&["x", "v=spf1 include:ours.example -all"], &[], "v=spf1 include:ours.example -all"),
            (&["v=spf1 -all", "v=spf1 mx ~all"], &["several_records"], "v=spf1 mx include:ours.example -all"),
            (&["v=spf1 mx -all"], &["not_listed"], "v=spf1 mx include:ours.example -all"),
            (&["v=spf1 include:ours.example +all"], &["allows_everybody"], fresh),
            (&["v=spf1 include:ours.example"], &["no_end"], "v=spf1 include:ours.example"),
            (&["v=spf1 include:ours.example -all mx"], &["never_read"], "v=spf1 include:ours.example -all mx"),
            (&["v=spf1 ptr include:ours.example ~all"], &["outdated"], "v=spf1 ptr include:ours.example ~all"),
            (&["v=spf1 ip4:1 include:ours.example ~all"], &["syntax"], fresh),
            (
                &["v=spf1 include:full.example -all"],
                &["not_listed", "too_many_lookups"],
                "v=spf1 include:full.example include:ours.example -all",
            ),
        ] {
            assert_eq!(examined(records), (issues.to_vec(), value.to_owned()), "{records:?}");
        }
    }

    #[test]
    fn a_server_that_may_be_listed_where_the_dns_failed_is_not_called_missing() {
        let (txt, a) = (RecordType::Txt, RecordType::A);
        for (record, failed, expected) in [
            ("v=spf1 include:a.example -all", ("a.example", txt), &["unanswered"][..]),
            ("v=spf1 a -all", ("me.example", a), &["unanswered"]),
            ("v=spf1 mx -all", ("me.example", RecordType::Mx), &["unanswered"]),
            ("v=spf1 a ip4:192.0.2.1 -all", ("me.example", a), &[]),
            ("v=spf1 -all", ("me.example", a), &["not_listed"]),
        ] {
            let answers = Answers::from_iter([
                (Query::new("me.example", txt), Answer::Values(vec![record.to_owned()])),
                (Query::new(failed.0, failed.1), Answer::Failure("timeout".into())),
            ]);
            let outgoing = [Outgoing::Address("192.0.2.1".parse().unwrap())];
            let examined = examine("me.example", &outgoing, &mut Lookups::new(&answers));
            let issues: Vec<&str> = examined.findings.iter().map(|finding| finding.issue.name()).collect();
            assert_eq!(issues, expected, "{record}");
        }
    }

    #[test]
    fn words_name_the_term_that_is_missing() {
        let finding = not_listed("me.example", &Outgoing::Address("192.0.2.1".parse().unwrap()));
        assert!(finding.message.contains("lacks `ip4:192.0.2.1`"), "{}", finding.message);
        assert!(missing("a.example", &["v=spf1; a".into()]).message.contains("`v=spf1; a` looks like one"));
    }
}
