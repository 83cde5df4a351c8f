//! What is wrong with a record, in words for people who do not know the DNS.

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Mail arrives as it is; it could be better.
    Advice,
    /// It cannot be known at the moment, such as after a failure of the DNS.
    Unknown,
    /// It has to be changed.
    Wrong,
}

macro_rules! issues {
    ($($(#[$doc:meta])* $issue:ident $name:literal $severity:ident;)*) => {
        /// What can be wrong, missing or improved.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Issue {
            $($(#[$doc])* $issue,)*
        }

        impl Issue {
            /// Every issue.
            pub const ALL: &'static [Issue] = &[$(Issue::$issue,)*];

            /// As it is stored and shown.
            pub fn name(self) -> &'static str {
                match self {
                    $(Issue::$issue => $name,)*
                }
            }

            /// How much it matters.
            pub fn severity(self) -> Severity {
                match self {
                    $(Issue::$issue => Severity::$severity,)*
                }
            }
        }
    };
}

issues! {
    /// The record does not exist.
    Missing "missing" Wrong;
    /// Several records, where only one may exist.
    SeveralRecords "several_records" Wrong;
    /// The record cannot be read.
    Syntax "syntax" Wrong;
    /// The record is longer than any real one.
    TooLong "too_long" Wrong;
    /// SPF: receivers would have to look up too many names.
    TooManyLookups "too_many_lookups" Wrong;
    /// SPF: everybody may send in the domain's name.
    AllowsEverybody "allows_everybody" Wrong;
    /// SPF: the servers from which Attractor sends are not listed.
    NotListed "not_listed" Wrong;
    /// SPF: an included domain has no SPF record.
    IncludesNothing "includes_nothing" Wrong;
    /// SPF: a domain includes itself.
    IncludeLoop "include_loop" Wrong;
    /// DKIM: another key.
    WrongKey "wrong_key" Wrong;
    /// DKIM: the beginning of the right key.
    CutKey "cut_key" Wrong;
    /// DKIM: an empty key.
    RevokedKey "revoked_key" Wrong;
    /// DKIM: a key that can be broken.
    ShortKey "short_key" Wrong;
    /// DKIM: receivers are asked to ignore the signature.
    TestMode "test_mode" Wrong;
    /// DKIM: the record allows other hashes or services only.
    NotForMail "not_for_mail" Wrong;
    /// DMARC: the record has no policy.
    NoPolicy "no_policy" Wrong;
    /// DMARC: strict alignment, which the return path does not have.
    StrictAlignment "strict_alignment" Wrong;
    /// The record leads to another server.
    Elsewhere "elsewhere" Wrong;
    /// The DNS gave no answer.
    Unanswered "unanswered" Unknown;
    /// SPF: the record does not say what holds of all other servers.
    NoEnd "no_end" Advice;
    /// SPF: terms that receivers never read.
    NeverRead "never_read" Advice;
    /// SPF: `ptr`, which receivers may ignore.
    Outdated "outdated" Advice;
    /// DMARC: `p=none`, which is enough but only observes.
    OnlyObserves "only_observes" Advice;
    /// DMARC: nobody receives its reports.
    NoReports "no_reports" Advice;
    /// DMARC: the policy holds for a part of the mails.
    PartOnly "part_only" Advice;
}

/// What was found at a record: the issue, and a sentence that says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing it is; its severity says how much it matters.
    pub issue: Issue,
    /// What is wrong and what to do, in a few sentences.
    pub message: String,
}

impl Finding {
    /// What the DNS answered is in messages, and it may answer anything, so they are made printable.
    pub(super) fn new(issue: Issue, message: impl Into<String>) -> Finding {
        Finding { issue, message: super::answers::printable(&message.into()) }
    }

    /// The DNS gave no answer about a name.
    pub(super) fn unanswered(name: &str, why: &str) -> Finding {
        let why = super::answers::shortened(why);
        let message = format!(
            "The DNS server of {name} did not answer ({why}). This says nothing about the record; Attractor asks again later."
        );
        Finding::new(Issue::Unanswered, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn issues_have_names_of_their_own() {
        let names: std::collections::BTreeSet<&str> = Issue::ALL.iter().map(|issue| issue.name()).collect();
        assert_eq!(names.len(), Issue::ALL.len());
        assert!(names.iter().all(|name| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')));
    }

    #[test]
    fn a_name_with_characters_of_control_is_made_printable() {
        let found = Finding::unanswered("a\u{8f}b\n.example", "late\r");
        assert!(
            found.message.starts_with("The DNS server of a\u{fffd}b\u{fffd}.example did not answer (late\u{fffd})")
        );
    }

    #[test]
    fn a_failure_of_the_dns_is_not_called_wrong() {
        assert_eq!(Finding::unanswered("a.example", "timeout").issue.severity(), Severity::Unknown);
        assert!(Severity::Advice < Severity::Unknown && Severity::Unknown < Severity::Wrong);
    }
}
