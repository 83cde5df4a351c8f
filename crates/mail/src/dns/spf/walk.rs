//! An SPF record with all that it includes, as a receiver evaluates it: how many names it looks up, and which servers it
//! finds.

use core::net::IpAddr;

use super::record::{Form, Network, Prefixes, Qualifier, Spf, is_macro};
use crate::dns::answers::{Lookups, RecordType, Reply, plain, shortened};
use crate::dns::finding::{Finding, Issue};
use crate::dns::setup::Outgoing;
use crate::dns::tags::MAX_BYTES;

/// The most names that a receiver looks up (RFC 7208 §4.6.4).
pub(super) const MAX_LOOKUPS: usize = 10;

/// Where counting ends: nobody needs the exact number beyond, and a hostile record could have any.
const GIVE_UP: usize = 20;

/// The most hosts of an MX that are looked up (RFC 7208 §4.6.4).
const MAX_HOSTS: usize = 10;

/// The most addresses of a host that are read.
const MAX_ADDRESSES: usize = 100;

/// What a receiver finds in a record and in the records that it includes.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Walked {
    /// Names that are looked up; never counted beyond [`GIVE_UP`].
    pub(super) lookups: usize,
    /// Domains from whose servers mail passes, by `include` or `redirect`.
    includes: Vec<String>,
    /// Networks from which mail passes.
    networks: Vec<Network>,
    pub(super) findings: Vec<Finding>,
    /// Hosts whose addresses could not be looked up; they matter only if a server is not listed otherwise.
    pub(super) failures: Vec<Finding>,
}

impl Walked {
    /// Whether mail from there passes.
    pub(super) fn lists(&self, outgoing: &Outgoing) -> bool {
        match outgoing {
            Outgoing::Include(domain) => self.includes.iter().any(|included| plain(included) == plain(domain)),
            servers => servers.bounds().is_some_and(|(first, last)| {
                // What contains both ends of a network contains all of it.
                self.networks.iter().any(|network| network.contains(first) && network.contains(last))
            }),
        }
    }

    /// The number of lookups for a message.
    pub(super) fn count(&self) -> String {
        if self.lookups >= GIVE_UP { format!("{GIVE_UP} or more") } else { self.lookups.to_string() }
    }
}

/// Evaluates the record of a domain. Takes time in proportion to the records that it includes, which are at most twenty.
pub(super) fn walk(domain: &str, text: &str, lookups: &mut Lookups<'_>) -> Walked {
    let mut walker = Walker { lookups, path: vec![plain(domain)], walked: Walked::default() };
    walker.record(text, true);
    let mut walked = walker.walked;
    if walked.lookups > MAX_LOOKUPS {
        let message = format!(
            "Receivers would have to look up {} names to read this SPF record, and they stop after {MAX_LOOKUPS}: they treat \
             it as broken. Remove the services that you no longer use from it.",
            walked.count()
        );
        walked.findings.push(Finding::new(Issue::TooManyLookups, message));
    }
    walked
}

struct Walker<'w, 'a> {
    lookups: &'w mut Lookups<'a>,
    /// The domains whose records include one another, from the first to the one that is read.
    path: Vec<String>,
    walked: Walked,
}

impl Walker<'_, '_> {
    /// Reads the record of the last domain of the path. `passes`: a server that it lists passes for the first record, too.
    fn record(&mut self, text: &str, passes: bool) {
        let domain = self.path.last().cloned().unwrap_or_default();
        if text.len() > MAX_BYTES {
            let message = format!("The SPF record of {domain} has {} characters; no real one is as long.", text.len());
            return self.find(Issue::TooLong, message);
        }
        let spf = Spf::read(text);
        for error in &spf.errors {
            self.find(Issue::Syntax, format!("The SPF record of {domain} cannot be read {error}. Correct it."));
        }
        for term in spf.mechanisms() {
            self.count(term.form);
            let passes = passes && term.qualifier == Qualifier::Pass;
            match term.form {
                Form::Include(target) => self.enter(target, passes, false),
                Form::A(target, prefixes) if passes => self.addresses(target.unwrap_or(&domain), prefixes),
                Form::Mx(target, prefixes) if passes => self.exchanges(target.unwrap_or(&domain), prefixes),
                Form::Network(network) if passes => self.walked.networks.push(network),
                _ => {}
            }
        }
        if let Some(target) = spf.redirect() {
            self.count(Form::Redirect(target));
            self.enter(target, passes, true);
        }
        if passes && spf.all() == Some(Qualifier::Pass) {
            let message = format!(
                "The SPF record of {domain} ends with `+all`: it allows every server of the world to send in your name. \
                 Write `~all` in its place."
            );
            self.find(Issue::AllowsEverybody, message);
        }
    }

    fn find(&mut self, issue: Issue, message: String) {
        self.walked.findings.push(Finding::new(issue, message));
    }

    fn count(&mut self, form: Form<'_>) {
        self.walked.lookups = (self.walked.lookups + usize::from(form.costs_lookup())).min(GIVE_UP);
    }

    /// Goes on with the record of an included domain.
    fn enter(&mut self, target: &str, passes: bool, redirects: bool) {
        if passes {
            self.walked.includes.push(target.to_owned());
        }
        if is_macro(target) || self.walked.lookups >= GIVE_UP {
            return;
        }
        if self.path.contains(&plain(target)) {
            let (path, target) = (shortened(&self.path.join(" includes ")), shortened(target));
            let message =
                format!("The SPF records go round in a circle: {path} includes {target}. Remove one of the terms.");
            return self.find(Issue::IncludeLoop, message);
        }
        let texts = match self.lookups.ask(target, RecordType::Txt) {
            Reply::Unasked => return,
            Reply::Failure(why) => return self.walked.findings.push(Finding::unanswered(target, why)),
            Reply::Nothing => &[],
            Reply::Values(texts) => texts,
        };
        let mut records = texts.iter().filter(|text| Spf::is_spf(text));
        match (records.next(), records.next()) {
            (Some(text), None) => {
                self.path.push(plain(target));
                self.record(text, passes);
                self.path.pop();
            }
            (first, _) => self.not_one(target, redirects, first.is_some()),
        }
    }

    /// An included domain has no SPF record, or several.
    fn not_one(&mut self, target: &str, redirects: bool, has_several: bool) {
        let term = if redirects { "redirect=" } else { "include:" };
        let (issue, has) = match has_several {
            true => (Issue::SeveralRecords, "several SPF records"),
            false => (Issue::IncludesNothing, "no SPF record"),
        };
        let target = shortened(target);
        self.find(
            issue,
            format!(
                "The SPF record names `{term}{target}`, but {target} has {has}: receivers treat your record as broken. \
                 Remove the term, or correct the name."
            ),
        );
    }

    /// The addresses of a host, as networks from which mail passes.
    fn addresses(&mut self, host: &str, prefixes: Prefixes) {
        if is_macro(host) || self.walked.lookups >= GIVE_UP {
            return;
        }
        for (kind, bits) in [(RecordType::A, prefixes.v4), (RecordType::Aaaa, prefixes.v6)] {
            match self.lookups.ask(host, kind) {
                Reply::Values(texts) => {
                    let addresses = texts.iter().filter_map(|text| text.parse::<IpAddr>().ok()).take(MAX_ADDRESSES);
                    self.walked.networks.extend(addresses.map(|address| Network::new(address, bits)));
                }
                Reply::Failure(why) => self.walked.failures.push(Finding::unanswered(host, why)),
                Reply::Nothing | Reply::Unasked => {}
            }
        }
    }

    /// The addresses of the hosts that take in a domain's mail.
    fn exchanges(&mut self, domain: &str, prefixes: Prefixes) {
        if is_macro(domain) || self.walked.lookups >= GIVE_UP {
            return;
        }
        match self.lookups.ask(domain, RecordType::Mx) {
            Reply::Values(texts) => {
                for host in texts.iter().filter_map(|text| exchange(text)).take(MAX_HOSTS) {
                    self.addresses(host, prefixes);
                }
            }
            Reply::Failure(why) => self.walked.failures.push(Finding::unanswered(domain, why)),
            Reply::Nothing | Reply::Unasked => {}
        }
    }
}

/// The host of an MX record: `mail.example.org` of `10 mail.example.org.`; `None` where it says that there is no mail.
pub(in crate::dns) fn exchange(record: &str) -> Option<&str> {
    let host = record.split_ascii_whitespace().nth(1)?;
    let host = host.strip_suffix('.').unwrap_or(host);
    (!host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::answers::{Answer, Answers, Query};

    fn answers(records: &[(&str, RecordType, &str)]) -> Answers {
        let mut answers = Answers::default();
        for (name, kind, value) in records {
            let query = Query::new(name, *kind);
            let mut values = match answers.get(&query) {
                Some(Answer::Values(values)) => values.clone(),
                _ => Vec::new(),
            };
            values.push((*value).to_owned());
            answers.insert(query, Answer::Values(values));
        }
        answers
    }

    fn issues(walked: &Walked) -> Vec<&'static str> {
        walked.findings.iter().map(|finding| finding.issue.name()).collect()
    }

    fn walked(text: &str, records: &[(&str, RecordType, &str)]) -> (Walked, Vec<Query>) {
        let answers = answers(records);
        let mut lookups = Lookups::new(&answers);
        let walked = walk("me.example", text, &mut lookups);
        (walked, lookups.unanswered())
    }

    use RecordType::{A, Aaaa, Mx, Txt};

    #[test]
    fn lookups_are_counted_through_includes() {
        let records = [
            ("a.example", Txt, "v=spf1 include:b.example mx ip4:192.0.2.1 -all"),
            ("b.example", Txt, "unrelated"),
            ("b.example", Txt, "v=spf1 exists:%{i}.x.example ptr redirect=c.example"),
            ("c.example", Txt, "v=spf1 ip6:2001:db8::/32 ?all"),
        ];
        // include a, include b, mx, exists, ptr, redirect, a
        let (walked, _) = walked("v=spf1 include:a.example a ~all", &records);
        assert_eq!((walked.lookups, issues(&walked)), (7, vec![]));
        assert!(walked.lists(&Outgoing::Include("B.example.".into())));
        assert!(walked.lists(&Outgoing::Include("c.example".into())));
        assert!(walked.lists(&Outgoing::Address("192.0.2.1".parse().unwrap())));
        assert!(walked.lists(&Outgoing::Address("2001:db8::9".parse().unwrap())));
        assert!(!walked.lists(&Outgoing::Address("192.0.2.2".parse().unwrap())));
        for (text, is_listed) in [("ip4:192.0.2.1/32", true), ("ip4:192.0.2.0/30", false), ("ip6:2001:db8::/1", false)]
        {
            assert_eq!(walked.lists(&text.parse().unwrap()), is_listed, "{text}");
        }
    }

    #[test]
    fn the_limit_is_ten() {
        let terms = |count: usize| format!("v=spf1 {}-all", "exists:%{i}.x.example ".repeat(count));
        for (count, expected) in [(10, vec![]), (11, vec!["too_many_lookups"]), (400, vec!["too_many_lookups"])] {
            let (walked, _) = walked(&terms(count).replace("exists:%{i}.x.example", "ptr"), &[]);
            assert_eq!(issues(&walked), expected, "{count}");
        }
        let (walked, _) = walked(&terms(41), &[]);
        assert_eq!((walked.count().as_str(), walked.lookups), ("20 or more", 20));
    }

    #[test]
    fn only_servers_that_pass_are_listed() {
        let records = [("a.example", Txt, "v=spf1 ip4:192.0.2.1 -ip4:192.0.2.2 ~ip4:192.0.2.3 -all")];
        for (text, last, is) in [
            ("v=spf1 include:a.example -all", 1, true),
            ("v=spf1 include:a.example -all", 2, false),
            ("v=spf1 include:a.example -all", 3, false),
            ("v=spf1 -include:a.example -all", 1, false),
            ("v=spf1 ?include:a.example -all", 1, false),
            ("v=spf1 -all include:a.example", 1, false),
            ("v=spf1 redirect=a.example", 1, true),
            ("v=spf1 ip4:192.0.2.0/30 -all", 3, true),
        ] {
            let (walked, _) = walked(text, &records);
            let address = IpAddr::from([192, 0, 2, last]);
            assert_eq!(walked.lists(&Outgoing::Address(address)), is, "{text} {last}");
        }
    }

    #[test]
    fn hosts_are_looked_up() {
        let records = [
            ("me.example", A, "192.0.2.1"),
            ("me.example", Mx, "10 mx.me.example."),
            ("me.example", Mx, "0 ."),
            ("mx.me.example", Aaaa, "2001:db8::1"),
        ];
        let (walked, unanswered) = walked("v=spf1 a/24 mx ~all", &records);
        assert!(walked.lists(&Outgoing::Address("192.0.2.200".parse().unwrap())));
        assert!(walked.lists(&Outgoing::Address("2001:db8::1".parse().unwrap())));
        assert_eq!(unanswered, [Query::new("me.example", Aaaa), Query::new("mx.me.example", A)]);
    }

    #[test]
    fn what_is_wrong_with_an_included_record_is_found() {
        let long = format!("v=spf1 {}", "a".repeat(5_000));
        let records = [
            ("loop.example", Txt, "v=spf1 include:Me.example. -all"),
            ("self.example", Txt, "v=spf1 include:self.example -all"),
            ("two.example", Txt, "v=spf1 -all"),
            ("two.example", Txt, "v=spf1 ~all"),
            ("none.example", Txt, "hello"),
            ("open.example", Txt, "v=spf1 all"),
            ("bad.example", Txt, "v=spf1 ip4:x -all"),
            ("long.example", Txt, long.as_str()),
        ];
        for (target, issue) in [
            ("loop.example", vec!["include_loop"]),
            ("self.example", vec!["include_loop"]),
            ("two.example", vec!["several_records"]),
            ("none.example", vec!["includes_nothing"]),
            ("open.example", vec!["allows_everybody"]),
            ("bad.example", vec!["syntax"]),
            ("long.example", vec!["too_long"]),
            ("%{d}.example", vec![]),
        ] {
            let (walked, _) = walked(&format!("v=spf1 include:{target} -all"), &records);
            assert_eq!(issues(&walked), issue, "{target}");
        }
    }

    #[test]
    fn a_failure_of_the_dns_is_told_apart_from_a_missing_record() {
        let query = Query::new("a.example", Txt);
        for (answer, issue) in
            [(Answer::Failure("timeout".into()), "unanswered"), (Answer::Nothing, "includes_nothing")]
        {
            let answers = Answers::from_iter([(query.clone(), answer)]);
            let walked = walk("me.example", "v=spf1 include:a.example -all", &mut Lookups::new(&answers));
            assert_eq!(issues(&walked), [issue]);
        }
    }
}
