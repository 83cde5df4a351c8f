//! Whether a sender domain is verified: the gate holds marketing and answers as `domain_unverified` until it is.

use super::report::{Examined, Purpose, Report, Status};

/// Whether our public address answered when it was called from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach<'a> {
    Reached,
    /// With why.
    Unreached(&'a str),
    /// It was not tried yet.
    Untried,
}

/// What is known of a sender and its domain.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The setting `public_url`; empty where it is not set.
    pub public_url: &'a str,
    /// Whether the public address leads to this server, as the caller tried it.
    pub reach: Reach<'a>,
    /// The domain of From.
    pub domain: &'a str,
    /// Whether anybody gets an address at the domain of From, as at gmail.com. The list of such domains is the caller's.
    pub is_free_mail: bool,
    /// The sender's postal address as copies print it; empty where it is not set.
    pub postal_address: &'a str,
    /// What the DNS says; `None` before the first examination.
    pub report: Option<&'a Report>,
}

/// What keeps a domain from being verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    FreeMail,
    NoPostalAddress,
    PublicUrl,
    Unreached,
    Spf,
    Dkim,
    Dmarc,
    ReturnPathSpf,
    /// Settings that cannot work together, so that the records to set are not known.
    Settings,
    NotExamined,
}

impl Cause {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Cause::FreeMail => "free_mail",
            Cause::NoPostalAddress => "no_postal_address",
            Cause::PublicUrl => "public_url",
            Cause::Unreached => "unreached",
            Cause::Spf => "spf",
            Cause::Dkim => "dkim",
            Cause::Dmarc => "dmarc",
            Cause::ReturnPathSpf => "return_path_spf",
            Cause::Settings => "settings",
            Cause::NotExamined => "not_examined",
        }
    }
}

/// A cause in words, with what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// What it is about.
    pub cause: Cause,
    /// What is wrong and what to do, in one or two sentences.
    pub message: String,
}

/// Whether marketing may leave in the domain's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    Verified,
    /// All reasons, with the unknown ones last.
    Unverified(Vec<Reason>),
    /// It cannot be known at the moment, and nothing is wrong as far as is known. The last verdict still holds, so that a
    /// failure of the DNS holds no mail; a domain without a verdict is not verified.
    Unknown(Vec<Reason>),
}

impl Verdict {
    /// Whether mail may leave, where this was the last verdict that was known.
    pub fn is_verified_after(&self, last: bool) -> bool {
        match self {
            Verdict::Verified => true,
            Verdict::Unverified(_) => false,
            Verdict::Unknown(_) => last,
        }
    }
}

/// Judges a sender. Tracking and the MX of the return path are reported, but decide nothing: mail without them is honest.
pub fn verdict(facts: &Facts<'_>) -> Verdict {
    let mut wrong: Vec<Reason> =
        [free_mail(facts), postal_address(facts), public_url(facts)].into_iter().flatten().collect();
    let mut unknown = Vec::new();
    match facts.reach {
        Reach::Reached => {}
        Reach::Unreached(why) => wrong.push(unreached(facts, why)),
        // An address that cannot work is said above.
        Reach::Untried if public_url(facts).is_some() => {}
        Reach::Untried => unknown.push(untried(facts)),
    }
    match facts.report {
        Some(report) => examined(report, &mut wrong, &mut unknown),
        None => unknown.push(Reason {
            cause: Cause::NotExamined,
            message: format!("The DNS records of {} have not been examined yet.", facts.domain),
        }),
    }
    match (wrong.is_empty(), unknown.is_empty()) {
        (true, true) => Verdict::Verified,
        (true, false) => Verdict::Unknown(unknown),
        (false, _) => Verdict::Unverified([wrong, unknown].concat()),
    }
}

fn free_mail(facts: &Facts<'_>) -> Option<Reason> {
    let message = format!(
        "Anybody can get an address at {}, so nobody can prove that a mail from there is yours. Send from a domain of your \
         own.",
        facts.domain
    );
    facts.is_free_mail.then_some(Reason { cause: Cause::FreeMail, message })
}

fn postal_address(facts: &Facts<'_>) -> Option<Reason> {
    let message = "The sender has no postal address, which the law of most countries requires in every marketing mail. Set `postal_address`.";
    let is_missing = facts.postal_address.trim().is_empty();
    is_missing.then(|| Reason { cause: Cause::NoPostalAddress, message: message.to_owned() })
}

fn public_url(facts: &Facts<'_>) -> Option<Reason> {
    let is_https = facts.public_url.get(..8).is_some_and(|scheme| scheme.eq_ignore_ascii_case("https://"));
    let host = facts.public_url.get(8..).unwrap_or_default().split(['/', ':', '?', '#']).next().unwrap_or_default();
    if is_https && !host.is_empty() {
        return None;
    }
    let found = match facts.public_url {
        "" => "not set".to_owned(),
        url => format!("`{}`", super::answers::shortened(url)),
    };
    let message = format!(
        "`public_url` is {found}. Links, unsubscribing and confirmations need an address with https, such as \
         `https://mail.example.org`. Set it."
    );
    Some(Reason { cause: Cause::PublicUrl, message })
}

fn unreached(facts: &Facts<'_>, why: &str) -> Reason {
    let (url, why) = (super::answers::shortened(facts.public_url), super::answers::shortened(why));
    let message =
        format!("`public_url` ({url}) does not lead to this server: {why}. Check its DNS record and certificate.");
    Reason { cause: Cause::Unreached, message }
}

fn untried(facts: &Facts<'_>) -> Reason {
    let url = super::answers::shortened(facts.public_url);
    Reason {
        cause: Cause::Unreached,
        message: format!("Whether `public_url` ({url}) leads to this server is not known yet."),
    }
}

/// The records that decide, each with its cause.
const DECIDING: [(Purpose, Cause); 4] = [
    (Purpose::Spf, Cause::Spf),
    (Purpose::Dkim, Cause::Dkim),
    (Purpose::Dmarc, Cause::Dmarc),
    (Purpose::ReturnPathSpf, Cause::ReturnPathSpf),
];

fn examined(report: &Report, wrong: &mut Vec<Reason>, unknown: &mut Vec<Reason>) {
    for (purpose, cause) in DECIDING {
        let mut records = report.of(purpose).peekable();
        // Without a return path of its own, the SPF record of From's domain holds for it.
        if records.peek().is_none() && purpose != Purpose::ReturnPathSpf {
            let message = format!("The record {} was not examined.", cause.name());
            unknown.push(Reason { cause, message });
        }
        for record in records {
            match record.status() {
                Status::Right => {}
                Status::Unknown => unknown.extend(reasons(record, cause)),
                Status::Wrong => wrong.extend(reasons(record, cause)),
            }
        }
    }
}

/// The most serious findings of a record, as reasons.
fn reasons(examined: &Examined, cause: Cause) -> impl Iterator<Item = Reason> {
    let most = examined.findings.iter().map(|finding| finding.issue.severity()).max();
    let serious = examined.findings.iter().filter(move |finding| Some(finding.issue.severity()) == most);
    serious.map(move |finding| Reason { cause, message: finding.message.clone() })
}
