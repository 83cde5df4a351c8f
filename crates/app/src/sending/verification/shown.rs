//! A checked domain as it is kept, and as people see it.

use attractor_mail::dns::{Examined, Reason, Record};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::moves::instant;
use crate::sending::sender::Sender;

/// A check as the table `state` keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredCheck {
    /// Milliseconds since 1970; 0 where nothing was checked.
    pub at: i64,
    pub domain: String,
    pub public_url: String,
    /// Of the settings that it was made with; `None` of an earlier program.
    #[serde(default)]
    pub fingerprint: Option<String>,
    pub verified: bool,
    pub causes: Vec<DomainCause>,
    pub records: Vec<DomainRecord>,
}

impl StoredCheck {
    /// Whether it is about the domain of this sender and its public address.
    pub fn is_of(&self, sender: &Sender) -> bool {
        (self.domain.as_str(), &self.public_url) == (sender.from.domain(), &sender.public_url)
    }
}

/// How the sender domain was at the last check
#[derive(Debug, Serialize, ToSchema)]
pub struct DomainStatus {
    /// The domain of `sender_email`; null where that is not set
    pub domain: Option<String>,
    /// Whether e-mails of class marketing and answer may leave in the name of the domain
    pub verified: bool,
    /// Whether these e-mails wait until the domain is verified. Otherwise e-mails are caught, or the domain and the public
    /// address are reserved for tests, so that e-mails leave to addresses reserved for tests alone
    pub is_needed: bool,
    /// When it was checked; null before the first check
    #[schema(format = DateTime)]
    pub checked_at: Option<String>,
    /// What keeps the domain from being verified, or cannot be known at present
    pub causes: Vec<DomainCause>,
    /// The DNS records that the domain needs
    pub records: Vec<DomainRecord>,
}

impl DomainStatus {
    pub(super) fn of(stored: StoredCheck, has_sender: bool, is_needed: bool) -> DomainStatus {
        DomainStatus {
            domain: has_sender.then_some(stored.domain),
            verified: stored.verified,
            is_needed,
            checked_at: (stored.at > 0).then(|| instant(stored.at)),
            causes: stored.causes,
            records: if has_sender { stored.records } else { Vec::new() },
        }
    }
}

/// What keeps a domain from being verified
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DomainCause {
    /// `reserved`, `free_mail`, `no_postal_address`, `public_url`, `unreached`, `spf`, `dkim`, `dmarc`, `return_path_spf`,
    /// `settings` or `not_examined`
    pub cause: String,
    /// What is wrong and what to do
    pub message: String,
}

impl DomainCause {
    pub(super) fn of(reason: Reason) -> DomainCause {
        DomainCause { cause: reason.cause.name().to_owned(), message: reason.message }
    }

    /// Of a domain that nobody can own.
    pub(super) fn reserved(domain: &str) -> DomainCause {
        let message = format!(
            "The name {domain} is reserved for tests and documents (RFC 2606, RFC 6761): it cannot receive e-mails and cannot \
             be verified. Set `sender_email` to an address at a domain of your own."
        );
        DomainCause { cause: "reserved".to_owned(), message }
    }
}

/// A DNS record that the domain needs
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DomainRecord {
    /// `spf`, `dkim`, `dmarc`, `return_path`, `return_path_spf` or `tracking`
    pub purpose: String,
    /// What the record is for
    pub why: String,
    /// The whole name, such as `_dmarc.example.org`
    pub name: String,
    /// The name as most providers ask for it: without the registered domain
    pub host: String,
    /// `A`, `CNAME`, `MX` or `TXT`
    #[serde(rename = "type")]
    pub kind: String,
    /// The value to set
    pub value: String,
    /// The value as a zone file has it: long texts in several parts
    pub zone_value: String,
    /// `right`, `wrong`, or `unknown` where the DNS gave no answer yet
    pub status: String,
    /// What is in its place at present, if that is to be replaced
    pub existing: Vec<String>,
    /// What is wrong, and what could be better
    pub findings: Vec<String>,
    /// What to do at the DNS provider; null where nothing has to be done
    pub instruction: Option<String>,
}

impl DomainRecord {
    pub(super) fn unexamined(record: Record) -> DomainRecord {
        DomainRecord {
            purpose: record.purpose.name().to_owned(),
            why: record.purpose.why().to_owned(),
            kind: record.kind.name().to_owned(),
            zone_value: record.zone_value(),
            name: record.name,
            host: record.host,
            value: record.value,
            status: "unknown".to_owned(),
            existing: Vec::new(),
            findings: Vec::new(),
            instruction: None,
        }
    }

    pub(super) fn examined(examined: &Examined) -> DomainRecord {
        DomainRecord {
            status: examined.status().name().to_owned(),
            existing: examined.existing.clone(),
            findings: examined.findings.iter().map(|finding| finding.message.clone()).collect(),
            instruction: examined.instruction(),
            ..DomainRecord::unexamined(examined.record.clone())
        }
    }
}
