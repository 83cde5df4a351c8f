//! What the DNS is asked, and what it answered.

use std::collections::{BTreeMap, BTreeSet};

/// The types of records that matter for mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    A,
    Aaaa,
    Cname,
    Mx,
    Txt,
}

impl RecordType {
    /// As DNS providers show it.
    pub fn name(self) -> &'static str {
        match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Cname => "CNAME",
            RecordType::Mx => "MX",
            RecordType::Txt => "TXT",
        }
    }
}

/// A name and the type of its records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Query {
    name: String,
    kind: RecordType,
}

impl Query {
    /// The name is compared in lower case and without the dot at its end.
    pub fn new(name: &str, kind: RecordType) -> Query {
        Query { name: plain(name), kind }
    }

    /// Such as `_dmarc.example.org`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The type of the records that are asked for.
    pub fn kind(&self) -> RecordType {
        self.kind
    }
}

/// A name as it is compared: in lower case, without the dot at its end.
pub(super) fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

/// What the DNS answered to a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// One text a record: of TXT its strings, joined; of MX the preference, a blank and the host; of CNAME the name; of A and
    /// AAAA the address.
    Values(Vec<String>),
    /// The name does not exist, or has no record of this type.
    Nothing,
    /// The server did not answer, or answered with an error. The text says why.
    Failure(String),
}

/// The answers so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers(BTreeMap<Query, Answer>);

impl Answers {
    /// Adds the answer to a query; a later answer replaces an earlier one.
    pub fn insert(&mut self, query: Query, answer: Answer) {
        self.0.insert(query, answer);
    }

    /// The answer to a query, if it is known yet.
    pub fn get(&self, query: &Query) -> Option<&Answer> {
        self.0.get(query)
    }
}

impl FromIterator<(Query, Answer)> for Answers {
    fn from_iter<I: IntoIterator<Item = (Query, Answer)>>(answers: I) -> Answers {
        Answers(answers.into_iter().collect())
    }
}

impl Extend<(Query, Answer)> for Answers {
    fn extend<I: IntoIterator<Item = (Query, Answer)>>(&mut self, answers: I) {
        self.0.extend(answers);
    }
}

/// What a check learns from a query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reply<'a> {
    Values(&'a [String]),
    Nothing,
    Failure(&'a str),
    /// Nobody has asked yet; the check goes on without it and is repeated when the answer is there.
    Unasked,
}

/// Answers what checks ask, and notes what has to be looked up first.
pub(super) struct Lookups<'a> {
    answers: &'a Answers,
    unanswered: BTreeSet<Query>,
}

impl<'a> Lookups<'a> {
    pub(super) fn new(answers: &'a Answers) -> Lookups<'a> {
        Lookups { answers, unanswered: BTreeSet::new() }
    }

    pub(super) fn ask(&mut self, name: &str, kind: RecordType) -> Reply<'a> {
        let query = Query::new(name, kind);
        match self.answers.get(&query) {
            Some(Answer::Values(values)) if !values.is_empty() => Reply::Values(values),
            Some(Answer::Values(_) | Answer::Nothing) => Reply::Nothing,
            Some(Answer::Failure(why)) => Reply::Failure(why),
            None => {
                self.unanswered.insert(query);
                Reply::Unasked
            }
        }
    }

    /// What has to be looked up before the checks can end.
    pub(super) fn unanswered(self) -> Vec<Query> {
        self.unanswered.into_iter().collect()
    }
}

/// The beginning of a value of the DNS, for a message.
pub(super) fn shortened(text: &str) -> String {
    const MAX_CHARS: usize = 80;
    match text.chars().nth(MAX_CHARS) {
        Some(_) => printable(text).chars().take(MAX_CHARS).chain(['…']).collect(),
        None => printable(text),
    }
}

/// The text with each character of control replaced.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_answered_however_its_name_is_written() {
        let answers =
            Answers::from_iter([(Query::new("Example.ORG.", RecordType::A), Answer::Values(vec!["x".into()]))]);
        let mut lookups = Lookups::new(&answers);
        assert_eq!(lookups.ask("example.org", RecordType::A), Reply::Values(&["x".to_owned()]));
        assert_eq!(lookups.ask("example.org", RecordType::Aaaa), Reply::Unasked);
        assert_eq!(lookups.unanswered(), [Query::new("example.org", RecordType::Aaaa)]);
    }

    #[test]
    fn an_answer_without_values_is_nothing() {
        let query = Query::new("a.example", RecordType::Txt);
        for (answer, reply) in [
            (Answer::Values(Vec::new()), Reply::Nothing),
            (Answer::Nothing, Reply::Nothing),
            (Answer::Failure("timeout".into()), Reply::Failure("timeout")),
        ] {
            let answers = Answers::from_iter([(query.clone(), answer)]);
            assert_eq!(Lookups::new(&answers).ask("a.example", RecordType::Txt), reply);
        }
    }

    #[test]
    fn long_values_are_shortened_and_printable() {
        assert_eq!(shortened("a\u{1b}b"), "a\u{fffd}b");
        assert_eq!(shortened(&"ä".repeat(81)).chars().count(), 81);
        assert_eq!(shortened(&"ä".repeat(80)), "ä".repeat(80));
    }
}
