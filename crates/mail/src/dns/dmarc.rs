//! DMARC (RFC 7489, RFC 9989): what receivers do with mails that neither SPF nor DKIM prove to be the domain's.

use super::answers::{Lookups, RecordType, Reply, shortened};
use super::finding::{Finding, Issue, Severity};
use super::organization::{Alignment, are_aligned};
use super::setup::Setup;
use super::tags::{MAX_BYTES, Tags};

/// What was found, and the record that the domain should have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Examined {
    /// Where the record is, or is to be.
    pub(super) name: String,
    pub(super) findings: Vec<Finding>,
    pub(super) value: String,
    pub(super) existing: Vec<String>,
}

/// Examines the record of the domain, or that of its organization, which holds for all domains below it.
pub(super) fn examine(setup: &Setup, lookups: &mut Lookups<'_>) -> Examined {
    let own = format!("_dmarc.{}", setup.domain);
    let inherited = format!("_dmarc.{}", setup.organization());
    match find(&own, lookups) {
        Found::Nothing if inherited != own => match find(&inherited, lookups) {
            Found::Records(records) => judged(setup, inherited, records),
            Found::Failure(finding) => failed(setup, own, finding),
            Found::Nothing | Found::Unasked => missing(setup, own),
        },
        Found::Records(records) => judged(setup, own, records),
        Found::Failure(finding) => failed(setup, own, finding),
        Found::Nothing | Found::Unasked => missing(setup, own),
    }
}

enum Found<'a> {
    Records(Vec<&'a str>),
    Nothing,
    Unasked,
    Failure(Finding),
}

fn find<'a>(name: &str, lookups: &mut Lookups<'a>) -> Found<'a> {
    match lookups.ask(name, RecordType::Txt) {
        Reply::Unasked => Found::Unasked,
        Reply::Failure(why) => Found::Failure(Finding::unanswered(name, why)),
        Reply::Nothing => Found::Nothing,
        Reply::Values(texts) => {
            let is_dmarc = |text: &&str| text.trim_start().to_ascii_lowercase().starts_with("v=dmarc");
            let records: Vec<&str> = texts.iter().map(String::as_str).filter(is_dmarc).collect();
            if records.is_empty() { Found::Nothing } else { Found::Records(records) }
        }
    }
}

/// The record of a domain that has none: it only observes, and sends us reports.
fn fresh(setup: &Setup) -> String {
    match &setup.report_to {
        Some(address) => format!("v=DMARC1; p=none; rua=mailto:{address}"),
        None => "v=DMARC1; p=none".to_owned(),
    }
}

fn missing(setup: &Setup, name: String) -> Examined {
    let message = format!(
        "{} has no DMARC record. Gmail, Yahoo and Outlook reject or hide mails to many people without one. Add it.",
        setup.domain
    );
    Examined { name, findings: vec![Finding::new(Issue::Missing, message)], value: fresh(setup), existing: Vec::new() }
}

fn failed(setup: &Setup, name: String, finding: Finding) -> Examined {
    Examined { name, findings: vec![finding], value: fresh(setup), existing: Vec::new() }
}

fn judged(setup: &Setup, name: String, records: Vec<&str>) -> Examined {
    let findings = match records[..] {
        [record] => judge(setup, &name, record),
        _ => {
            let message =
                format!("{name} has {} DMARC records, and receivers then ignore all of them. Keep one.", records.len());
            vec![Finding::new(Issue::SeveralRecords, message)]
        }
    };
    let is_wrong = findings.iter().any(|finding| finding.issue.severity() == Severity::Wrong);
    let value = if is_wrong { corrected(setup, records[0]) } else { records[0].to_owned() };
    Examined { name, findings, value, existing: records.into_iter().map(str::to_owned).collect() }
}

fn judge(setup: &Setup, name: &str, record: &str) -> Vec<Finding> {
    if record.len() > MAX_BYTES {
        let message = format!("The DMARC record {name} has {} characters; no real one is as long.", record.len());
        return vec![Finding::new(Issue::TooLong, message)];
    }
    match Tags::read(record).and_then(|tags| check(&tags).map(|()| tags)) {
        Ok(tags) => [policy(setup, name, &tags), alignment(setup, name, &tags), advice(&tags)].concat(),
        Err(why) => {
            vec![Finding::new(Issue::Syntax, format!("The DMARC record {name} cannot be read {why}. Correct it."))]
        }
    }
}

/// Whether each tag has one of its values; the error says what would be right.
fn check(tags: &Tags<'_>) -> Result<(), String> {
    if !tags.begins_with("v", "DMARC1") {
        return Err("at character 1: expected `v=DMARC1`".to_owned());
    }
    const POLICIES: &[&str] = &["none", "quarantine", "reject"];
    const ALIGNMENTS: &[&str] = &["r", "s"];
    for (tag, allowed) in
        [("p", POLICIES), ("sp", POLICIES), ("np", POLICIES), ("adkim", ALIGNMENTS), ("aspf", ALIGNMENTS)]
    {
        if let Some(value) = tags.get(tag).filter(|value| !is_one_of(value, allowed)) {
            return Err(format!("because of `{tag}={}`: expected {}", shortened(value), allowed.join(", ")));
        }
    }
    Ok(())
}

fn is_one_of(value: &str, allowed: &[&str]) -> bool {
    allowed.iter().any(|one| value.eq_ignore_ascii_case(one))
}

/// What receivers do with mails of the domain that fail; `None` where the record does not say.
fn policy_of<'t>(setup: &Setup, name: &str, tags: &Tags<'t>) -> Option<&'t str> {
    let of_organization = name != format!("_dmarc.{}", setup.domain);
    tags.get("sp").filter(|_| of_organization).or_else(|| tags.get("p"))
}

fn policy(setup: &Setup, name: &str, tags: &Tags<'_>) -> Vec<Finding> {
    let finding = match policy_of(setup, name, tags) {
        None => Finding::new(
            Issue::NoPolicy,
            format!("The DMARC record {name} has no policy, and many receivers then ignore it. Add `p=none`."),
        ),
        Some(policy) if policy.eq_ignore_ascii_case("none") => Finding::new(
            Issue::OnlyObserves,
            "The DMARC policy is `p=none`: enough to send, but forged mails in your name still arrive. Once the reports are \
             clean for some weeks, write `p=quarantine`.",
        ),
        Some(_) => return Vec::new(),
    };
    vec![finding]
}

/// Whether SPF and DKIM prove the domain of From as closely as the record demands. Our signatures have that very domain, so
/// only the return path can be too far away.
fn alignment(setup: &Setup, name: &str, tags: &Tags<'_>) -> Vec<Finding> {
    let is_strict = tags.get("aspf").is_some_and(|aspf| aspf.eq_ignore_ascii_case("s"));
    let alignment = if is_strict { Alignment::Strict } else { Alignment::Relaxed };
    let Some(host) = setup.bounce_host.as_ref().filter(|host| !are_aligned(host, &setup.domain, alignment)) else {
        return Vec::new();
    };
    let message = format!(
        "The DMARC record {name} demands strict alignment of SPF (`aspf=s`), and the return path {host} is not {} itself. Write \
         `aspf=r`, or remove it.",
        setup.domain
    );
    vec![Finding::new(Issue::StrictAlignment, message)]
}

fn advice(tags: &Tags<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    let reports = tags.get("rua").unwrap_or_default();
    if !reports.split(',').any(|uri| uri.trim().to_ascii_lowercase().starts_with("mailto:")) {
        let message = "Nobody receives the reports of DMARC, which show who sends in your name. Add `rua=mailto:` and an \
                       address.";
        findings.push(Finding::new(Issue::NoReports, message));
    }
    let part = tags.get("pct").filter(|part| *part != "100");
    if let Some(part) = part {
        let part = shortened(part);
        let message = format!(
            "The DMARC policy has `pct={part}`: older receivers apply it to a part of the mails, newer ones ignore it. Remove it."
        );
        findings.push(Finding::new(Issue::PartOnly, message));
    }
    findings
}

/// The record without what is wrong with it; what it says of policy and reports stays.
fn corrected(setup: &Setup, record: &str) -> String {
    let Ok(tags) = Tags::read(record) else { return fresh(setup) };
    const POLICIES: &[&str] = &["none", "quarantine", "reject"];
    let policy = |tag| tags.get(tag).filter(|policy| is_one_of(policy, POLICIES));
    let strict = tags.get("adkim").filter(|adkim| is_one_of(adkim, &["s"]));
    let ours = setup.report_to.as_ref().map(|address| format!("mailto:{address}"));
    let parts = [
        Some("v=DMARC1".to_owned()),
        Some(format!("p={}", policy("p").unwrap_or("none"))),
        policy("sp").map(|policy| format!("sp={policy}")),
        policy("np").map(|policy| format!("np={policy}")),
        strict.map(|_| "adkim=s".to_owned()),
        tags.get("rua").map(str::to_owned).or(ours).map(|reports| format!("rua={reports}")),
        tags.get("ruf").map(|reports| format!("ruf={reports}")),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::answers::{Answer, Answers, Query};
    use crate::dns::setup;

    fn examined(domain: &str, records: &[(&str, &[&str])]) -> (Vec<&'static str>, String, String) {
        let mut setup = setup::tests::setup();
        setup.domain = domain.to_owned();
        let mut answers = Answers::default();
        for name in ["_dmarc.example.org", "_dmarc.news.example.org"] {
            let texts = records.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, texts)| texts);
            let values = texts.iter().map(|text| (*text).to_owned()).collect();
            answers.insert(Query::new(name, RecordType::Txt), Answer::Values(values));
        }
        let examined = examine(&setup, &mut Lookups::new(&answers));
        let issues = examined.findings.iter().map(|finding| finding.issue.name()).collect();
        (issues, examined.name, examined.value)
    }

    #[test]
    fn records_are_judged_and_corrected() {
        const FRESH: &str = "v=DMARC1; p=none; rua=mailto:dmarc@example.org";
        const REJECT: &str = "v=DMARC1; p=reject; rua=mailto:a@b.example";
        for (records, issues, value) in [
            (&[][..], &["missing"][..], FRESH),
            (&["hello"], &["missing"], FRESH),
            (&[FRESH], &["only_observes"], FRESH),
            (&["x", REJECT], &[], REJECT),
            (&["v=DMARC1;p=NONE"], &["only_observes", "no_reports"], "v=DMARC1;p=NONE"),
            (&[REJECT, FRESH], &["several_records"], REJECT),
            (&["v=DMARC1; rua=mailto:a@b.example"], &["no_policy"], "v=DMARC1; p=none; rua=mailto:a@b.example"),
            (&["v=DMARC1; p=nono"], &["syntax"], FRESH),
            (&["v=DMARC1 p=none"], &["syntax"], FRESH),
            (&["v=dmarc1; p=none"], &["syntax"], FRESH),
            (&["v=DMARC2; p=none"], &["syntax"], FRESH),
            (&["v=DMARC1; p=reject; aspf=s; rua=mailto:a@b.example"], &["strict_alignment"], REJECT),
            (
                &["v=DMARC1; p=reject; adkim=s; rua=mailto:a@b.example"],
                &[],
                "v=DMARC1; p=reject; adkim=s; rua=mailto:a@b.example",
            ),
            (
                &["v=DMARC1; p=reject; pct=50; rua=a@b.example"],
                &["no_reports", "part_only"],
                "v=DMARC1; p=reject; pct=50; rua=a@b.example",
            ),
            (
                &["v=DMARC1; p=reject; x=1; aspf=S"],
                &["no_reports", "strict_alignment"],
                "v=DMARC1; p=reject; rua=mailto:dmarc@example.org",
            ),
        ] {
            let (mut found, name, text) = examined("example.org", &[("_dmarc.example.org", records)]);
            found.sort_unstable();
            let mut expected = issues.to_vec();
            expected.sort_unstable();
            assert_eq!((found, text.as_str()), (expected, value), "{records:?}");
            assert_eq!(name, "_dmarc.example.org");
        }
    }

    #[test]
    fn the_record_of_the_organization_holds_below_it() {
        let of_organization = ("_dmarc.example.org", &["v=DMARC1; p=reject; sp=none; rua=mailto:a@b.example"][..]);
        let (issues, name, _) = examined("news.example.org", &[of_organization]);
        assert_eq!((issues, name.as_str()), (vec!["only_observes"], "_dmarc.example.org"));
        let own = ("_dmarc.news.example.org", &["v=DMARC1; p=reject; rua=mailto:a@b.example"][..]);
        let (issues, name, _) = examined("news.example.org", &[of_organization, own]);
        assert_eq!((issues, name.as_str()), (vec![], "_dmarc.news.example.org"));
        let (issues, name, _) = examined("news.example.org", &[]);
        assert_eq!((issues, name.as_str()), (vec!["missing"], "_dmarc.news.example.org"));
    }

    #[test]
    fn a_corrected_record_is_right() {
        let wrong = "v=DMARC1; sp=reject; np=nono; aspf=s; adkim=x; ruf=mailto:f@b.example";
        let (_, _, value) = examined("example.org", &[("_dmarc.example.org", &[wrong])]);
        assert_eq!(value, "v=DMARC1; p=none; sp=reject; rua=mailto:dmarc@example.org; ruf=mailto:f@b.example");
        let (issues, ..) = examined("example.org", &[("_dmarc.example.org", &[&value])]);
        assert_eq!(issues, ["only_observes"]);
    }
}
