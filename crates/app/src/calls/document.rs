//! What is stored of a call beside its columns: why it was opened, and what was done.

use attractor_engine::misread::said_of;
use attractor_store::calls::Call;
use attractor_store::{Error, Kind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// As many reasons of a call are kept: the first one and the last ones.
const MOST_REASONS: usize = 20;
/// As many entries of its log are kept: the last ones.
const MOST_ENTRIES: usize = 200;

/// How a call went
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    /// The lead was spoken to
    Reached,
    /// A meeting was agreed
    Meeting,
    /// The lead wants to be called at another time, or not for now
    NotNow,
    /// The lead is a bad fit for sales
    BadFit,
    /// Nobody answered
    NoAnswer,
}

impl CallOutcome {
    pub const ALL: [CallOutcome; 5] =
        [CallOutcome::Reached, CallOutcome::Meeting, CallOutcome::NotNow, CallOutcome::BadFit, CallOutcome::NoAnswer];

    pub fn named(name: &str) -> Option<CallOutcome> {
        CallOutcome::ALL.into_iter().find(|outcome| outcome.name() == name)
    }

    /// As it is stored, shown, and written into the event.
    pub fn name(self) -> &'static str {
        match self {
            CallOutcome::Reached => "reached",
            CallOutcome::Meeting => "meeting",
            CallOutcome::NotNow => "not_now",
            CallOutcome::BadFit => "bad_fit",
            CallOutcome::NoAnswer => "no_answer",
        }
    }
}

/// Why a call was opened. Instants are in milliseconds since 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reason {
    pub at: i64,
    /// What a sequence says, or what somebody wrote.
    pub say: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Who opened it by hand, or did by hand what the alert of a sequence follows from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// What was done with a call
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CallAction {
    Taken,
    Logged,
    Snoozed,
    Given,
    /// It was due and nobody had taken it
    Escalated,
    /// It was put off, and its lead gave another reason to call
    Reopened,
}

/// An entry of a call's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    pub at: i64,
    pub action: CallAction,
    /// `user:3`, `key:2`; `None` for the server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<CallOutcome>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
    /// To whom it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

impl Entry {
    /// An entry that says nothing more.
    pub fn new(action: CallAction, at: i64, by: Option<&str>) -> Entry {
        Entry { at, action, by: by.map(str::to_owned), outcome: None, note: None, until: None, to: None }
    }
}

/// What is stored of a call as JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CallDocument {
    /// The first one first.
    pub reasons: Vec<Reason>,
    /// The first one first.
    #[serde(default)]
    pub log: Vec<Entry>,
}

impl CallDocument {
    /// That of a stored call.
    pub fn of(call: &Call) -> Result<CallDocument, Error> {
        let damaged = |why: serde_json::Error| {
            Error::new(Kind::Other, format!("what is stored of the call {} cannot be read: {}", call.id, said_of(&why)))
        };
        serde_json::from_str(&call.document).map_err(damaged)
    }

    /// As it is stored.
    pub fn text(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|why| Error::new(Kind::Other, said_of(&why)))
    }

    /// Adds reasons in the order of their instants. The same words of the same source say nothing new: they stay once, with
    /// the last instant.
    pub fn add(&mut self, reasons: impl IntoIterator<Item = Reason>) {
        for reason in reasons {
            let is_same = |other: &Reason| {
                (&other.say, &other.sequence, &other.step) == (&reason.say, &reason.sequence, &reason.step)
            };
            self.reasons.retain(|other| !is_same(other));
            self.reasons.push(reason);
        }
        self.reasons.sort_by_key(|reason| reason.at);
        if self.reasons.len() > MOST_REASONS {
            let surplus = self.reasons.len() - MOST_REASONS;
            self.reasons.drain(1..=surplus);
        }
    }

    /// Adds an entry to the log.
    pub fn note(&mut self, entry: Entry) {
        self.log.push(entry);
        let surplus = self.log.len().saturating_sub(MOST_ENTRIES);
        self.log.drain(..surplus);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(at: i64, say: &str) -> Reason {
        Reason { at, say: say.to_owned(), sequence: Some("alert".to_owned()), ..Reason::default() }
    }

    #[test]
    fn reasons_are_in_order_once_each_and_not_too_many() {
        let mut document = CallDocument::default();
        document.add([reason(5, "Turned hot"), reason(3, "Asked for a demo"), reason(9, "Turned hot")]);
        let said = |document: &CallDocument| -> Vec<(i64, String)> {
            document.reasons.iter().map(|reason| (reason.at, reason.say.clone())).collect()
        };
        assert_eq!(said(&document), [(3, "Asked for a demo".to_owned()), (9, "Turned hot".to_owned())]);
        document.add((10..50).map(|at| reason(at, &at.to_string())));
        assert_eq!(document.reasons.len(), MOST_REASONS);
        assert_eq!((document.reasons[0].at, document.reasons[MOST_REASONS - 1].at), (3, 49), "the first one stays");
    }

    #[test]
    fn an_outcome_is_written_by_its_name() {
        for outcome in CallOutcome::ALL {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.name());
            assert_eq!(CallOutcome::named(outcome.name()), Some(outcome));
        }
    }
}
