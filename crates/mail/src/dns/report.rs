//! All records of a sender domain with what is right and wrong about each.

use super::answers::{Answers, Lookups, Query, RecordType};
use super::finding::{Finding, Severity};
use super::setup::{Outgoing, Setup};
use super::{dkim, dmarc, hosts, spf};
use crate::message::dkim::zone_strings;

/// What a record is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// Which servers may send for From's domain.
    Spf,
    /// A key by which receivers check signatures.
    Dkim,
    /// What receivers do with forged mails.
    Dmarc,
    /// Where bounces come back.
    ReturnPath,
    /// Which servers may send for the return path.
    ReturnPathSpf,
    /// Where links and images lead.
    Tracking,
}

impl Purpose {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Purpose::Spf => "spf",
            Purpose::Dkim => "dkim",
            Purpose::Dmarc => "dmarc",
            Purpose::ReturnPath => "return_path",
            Purpose::ReturnPathSpf => "return_path_spf",
            Purpose::Tracking => "tracking",
        }
    }

    /// Why the record is there, in a sentence.
    pub fn why(self) -> &'static str {
        match self {
            Purpose::Spf => "It tells receivers which servers may send mail in your domain's name.",
            Purpose::Dkim => {
                "It holds the public key by which receivers check that a mail is from you and was not changed."
            }
            Purpose::Dmarc => "It tells receivers what to do with mails that only claim to be from your domain.",
            Purpose::ReturnPath => {
                "It brings bounces back to Attractor, so that dead addresses are not written to again."
            }
            Purpose::ReturnPathSpf => {
                "It tells receivers that our servers may use your return path, which DMARC asks for."
            }
            Purpose::Tracking => "It makes the links and images of your mails lead to Attractor under your own domain.",
        }
    }
}

/// A record to set at the DNS provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// What it is for.
    pub purpose: Purpose,
    /// The whole name, such as `_dmarc.example.org`.
    pub name: String,
    /// The name as most providers ask for it: without the registered domain, `_dmarc`; `@` for the domain itself.
    pub host: String,
    /// The type that the provider asks for.
    pub kind: RecordType,
    /// The value as most providers ask for it: without quotes, of MX with the preference.
    pub value: String,
}

impl Record {
    fn new(setup: &Setup, purpose: Purpose, name: &str, kind: RecordType, value: String) -> Record {
        let host = match name.strip_suffix(setup.organization()) {
            Some("") => "@".to_owned(),
            Some(below) if below.ends_with('.') => below[..below.len() - 1].to_owned(),
            _ => name.to_owned(),
        };
        Record { purpose, name: name.to_owned(), host, kind, value }
    }

    /// The value as a zone file has it: of TXT records, texts of at most 255 bytes in quotes. Some providers want it so.
    pub fn zone_value(&self) -> String {
        if self.kind == RecordType::Txt { zone_strings(&self.value) } else { self.value.clone() }
    }
}

/// Whether a record is as it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing has to be done; findings, if any, are advice.
    Right,
    /// The DNS gave no answer; ask again later. What was known before still holds.
    Unknown,
    /// Something has to be added or changed.
    Wrong,
}

impl Status {
    /// As it is stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Status::Right => "right",
            Status::Unknown => "unknown",
            Status::Wrong => "wrong",
        }
    }
}

/// A record, and what was found in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// What should be there.
    pub record: Record,
    /// What is there in its place, and has to go if it differs: earlier SPF and DMARC records.
    pub existing: Vec<String>,
    /// What is wrong, and what could be better; empty where all is right.
    pub findings: Vec<Finding>,
}

impl Examined {
    /// Whether the record is as it should be: the most serious finding decides.
    pub fn status(&self) -> Status {
        match self.findings.iter().map(|finding| finding.issue.severity()).max() {
            None | Some(Severity::Advice) => Status::Right,
            Some(Severity::Unknown) => Status::Unknown,
            Some(Severity::Wrong) => Status::Wrong,
        }
    }

    /// What to do at the DNS provider, in a sentence; `None` where nothing has to be done.
    pub fn instruction(&self) -> Option<String> {
        if self.status() != Status::Wrong {
            return None;
        }
        let Record { host, kind, value, .. } = &self.record;
        let kind = kind.name();
        Some(match self.existing.len() {
            0 => format!("Add this record at your DNS provider: type {kind}, host {host}, value {value}"),
            1 if self.existing[0] == *value => {
                format!(
                    "The value of this record can stay, but what it names has to be corrected: {kind}, host {host}."
                )
            }
            1 => format!("Change this record at your DNS provider: type {kind}, host {host}, new value {value}"),
            count => {
                format!(
                    "Delete the {count} records of this kind at your DNS provider, and add one: type {kind}, host {host}, value {value}"
                )
            }
        })
    }
}

/// What the DNS says about a sender domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// In the order in which they are best set: SPF, DKIM, DMARC, return path, tracking.
    pub records: Vec<Examined>,
}

impl Report {
    /// The records of a purpose: several of DKIM and of tracking, else one; none of a host that the setup does not have.
    pub fn of(&self, purpose: Purpose) -> impl Iterator<Item = &Examined> {
        self.records.iter().filter(move |examined| examined.record.purpose == purpose)
    }
}

/// What an examination has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Examination {
    /// These names have to be looked up first; add the answers and examine again.
    Ask(Vec<Query>),
    Done(Report),
}

/// Compares the DNS with what a sender domain needs.
///
/// Answers come from outside: as long as some are missing, the result is what to look up. That ends after at most thirty
/// rounds, and usually after two: the names that SPF records include are known only from these records.
pub fn examine(setup: &Setup, answers: &Answers) -> Examination {
    let mut lookups = Lookups::new(answers);
    let report = report(setup, &mut lookups);
    let unanswered = lookups.unanswered();
    if unanswered.is_empty() { Examination::Done(report) } else { Examination::Ask(unanswered) }
}

/// The records to set for a sender domain, before anything is known of its DNS. Once it is known, [`examine`] merges them
/// into what is there.
pub fn records(setup: &Setup) -> Vec<Record> {
    let answers = Answers::default();
    report(setup, &mut Lookups::new(&answers)).records.into_iter().map(|examined| examined.record).collect()
}

/// In the place of a value that only the service knows.
const FOREIGN_KEY: &str =
    "what the service that signs your e-mails shows for this name; a CNAME record if it shows one";

fn report(setup: &Setup, lookups: &mut Lookups<'_>) -> Report {
    let mut records = vec![examine_spf(setup, Purpose::Spf, &setup.domain, &setup.outgoing, lookups)];
    records.extend(setup.keys.iter().map(|key| {
        let record = Record::new(setup, Purpose::Dkim, &key.name, RecordType::Txt, key.text.clone());
        Examined { record, existing: Vec::new(), findings: dkim::examine(key, lookups) }
    }));
    records.extend(setup.foreign_keys.iter().map(|name| {
        let record = Record::new(setup, Purpose::Dkim, name, RecordType::Txt, FOREIGN_KEY.to_owned());
        Examined { record, existing: Vec::new(), findings: dkim::examine_foreign(name, lookups) }
    }));
    records.push(examine_dmarc(setup, lookups));
    if let Some(host) = &setup.bounce_host {
        let record = Record::new(setup, Purpose::ReturnPath, host, RecordType::Mx, hosts::bounce_value(setup));
        let findings = hosts::bounces(host, setup.bounce_target.as_deref(), lookups);
        records.push(Examined { record, existing: Vec::new(), findings });
        records.push(examine_spf(setup, Purpose::ReturnPathSpf, host, &setup.outgoing, lookups));
    }
    if let Some(host) = &setup.tracking_host {
        records.extend(examine_tracking(setup, host, lookups));
    }
    Report { records }
}

fn examine_spf(
    setup: &Setup,
    purpose: Purpose,
    host: &str,
    outgoing: &[Outgoing],
    lookups: &mut Lookups<'_>,
) -> Examined {
    let spf::Examined { findings, value, existing } = spf::examine(host, outgoing, lookups);
    Examined { record: Record::new(setup, purpose, host, RecordType::Txt, value), existing, findings }
}

fn examine_dmarc(setup: &Setup, lookups: &mut Lookups<'_>) -> Examined {
    let dmarc::Examined { name, findings, value, existing } = dmarc::examine(setup, lookups);
    Examined { record: Record::new(setup, Purpose::Dmarc, &name, RecordType::Txt, value), existing, findings }
}

/// One record an address; what was found is said once, at the first.
fn examine_tracking(setup: &Setup, host: &str, lookups: &mut Lookups<'_>) -> Vec<Examined> {
    let mut findings = Some(hosts::tracking(setup, host, lookups));
    let examined = hosts::tracking_values(setup).into_iter().map(|(kind, value)| Examined {
        record: Record::new(setup, Purpose::Tracking, host, kind, value),
        existing: Vec::new(),
        findings: findings.take().unwrap_or_default(),
    });
    examined.collect()
}
