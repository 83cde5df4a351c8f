//! The DNS doctor: which records a sender domain needs, and what is wrong with those that it has.
//!
//! Nothing is looked up here. [`examine`] compares a [`Setup`] with [`Answers`] and returns either the findings or the
//! [`Query`]s that have to be answered first; the caller looks them up and examines again. All words are for people who do
//! not know the DNS. Whether marketing may leave is the [`verdict`] over the findings and the settings.
//!
//! What is examined: SPF of From's domain and of the return path, with all that it includes (at most ten lookups, RFC 7208
//! §4.6.4; the limit of two lookups without an answer is not counted); the DKIM keys; DMARC of the domain or its
//! organization, by the public suffix list; the MX of the return path; and the host of tracked links. A failure of the DNS is
//! never called wrong. Hostile answers, such as records that include one another in a circle, cost a bounded amount of work.
//!
//! ```
//! use attractor_mail::dns::{Answer, Answers, Examination, Outgoing, Query, Settings, Setup, Status, Target, examine};
//! use attractor_mail::message::dkim::{Key, Signer};
//!
//! let signer = Signer::new("example.org", vec![Key::ed25519("e2026", &[7; 32])?])?;
//! let setup = Setup::new(&Settings {
//!     domain: "example.org",
//!     keys: &signer.records(),
//!     foreign_selectors: &[],
//!     outgoing: &[Outgoing::Include("spf.mail.example".into())],
//!     bounce_host: Some("bounce.example.org"),
//!     bounce_target: Some("mail.example.org"),
//!     tracking_host: Some("links.example.org"),
//!     tracking_target: &Target::Host("mail.example.org".into()),
//!     report_to: Some("dmarc@example.org"),
//! })?;
//!
//! /// A DNS that knows one record.
//! fn look_up(query: &Query) -> Answer {
//!     match query.name() {
//!         "example.org" => Answer::Values(vec!["v=spf1 mx -all".to_owned()]),
//!         _ => Answer::Nothing,
//!     }
//! }
//!
//! let mut answers = Answers::default();
//! let report = loop {
//!     match examine(&setup, &answers) {
//!         Examination::Ask(queries) => answers.extend(queries.into_iter().map(|query| (query.clone(), look_up(&query)))),
//!         Examination::Done(report) => break report,
//!     }
//! };
//! let spf = &report.records[0];
//! assert_eq!(spf.status(), Status::Wrong);
//! assert_eq!(spf.record.value, "v=spf1 mx include:spf.mail.example -all");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod answers;
mod dkim;
mod dmarc;
mod finding;
mod hosts;
mod organization;
mod report;
mod setup;
mod spf;
mod tags;
mod verdict;

pub use answers::{Answer, Answers, Query, RecordType};
pub use finding::{Finding, Issue, Severity};
pub use organization::{Alignment, are_aligned, organizational_domain};
pub use report::{Examination, Examined, Purpose, Record, Report, Status, examine, records};
pub use setup::{Outgoing, Settings, Setup, SetupError, Target, is_selector};
pub use verdict::{Cause, Facts, Reach, Reason, Verdict, verdict};
