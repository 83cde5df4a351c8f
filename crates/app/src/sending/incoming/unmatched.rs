//! What came back and is of no copy that is known: listed, so that somebody may look into it, and counted nowhere.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use attractor_engine::time::Instant;
use serde::Serialize;
use utoipa::ToSchema;

use super::Returned;
use super::search::Naming;
use crate::App;
use crate::moves::instant;

/// As many are listed: strangers may write to the postmaster as often as they like.
const MOST: usize = 200;
/// The longest domain or id of a mail that is listed, in bytes.
const LONGEST: usize = 255;

/// Something that came back, of no copy that is known
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct UnmatchedMail {
    #[schema(format = DateTime)]
    pub at: String,
    /// `mail`, or the provider whose webhook reported it
    pub by: String,
    /// The kinds of the events that it would have become, such as `Email Bounced`
    pub kinds: Vec<String>,
    /// The domain of its sender, as the mail says it; null where it does not say
    pub from_domain: Option<String>,
    /// The ids of mails that it names, at most five
    pub message_ids: Vec<String>,
    /// Why it counts nowhere, for people
    pub why: String,
}

/// What came back since the server started and is of no copy that is known
#[derive(Debug, Serialize, ToSchema)]
pub struct UnmatchedMails {
    /// The newest first, at most 200
    pub items: Vec<UnmatchedMail>,
    /// How many there were
    pub total: u64,
}

/// The list, which lasts as long as the server runs.
#[derive(Default)]
pub struct Unmatched(Mutex<(VecDeque<UnmatchedMail>, u64)>);

impl Unmatched {
    pub(super) fn note(&self, all: impl IntoIterator<Item = UnmatchedMail>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for one in all {
            noted.0.push_front(one);
            noted.0.truncate(MOST);
            noted.1 += 1;
        }
    }
}

/// The list as it is now.
pub fn list(app: &App) -> UnmatchedMails {
    let noted = app.unmatched.0.lock().unwrap_or_else(PoisonError::into_inner);
    UnmatchedMails { items: noted.0.iter().cloned().collect(), total: noted.1 }
}

/// Why no copy is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// What names the copy is signed, and the copy was erased or made anew since.
    Gone,
    /// An id that is signed, which anybody in a conversation has seen.
    IdAlone,
    /// Ids that are not signed.
    Unsigned,
    Nothing,
}

impl Cause {
    fn sentence(self) -> &'static str {
        match self {
            Cause::Gone => "The e-mail that it names was erased, or was composed anew since.",
            Cause::IdAlone => {
                "It names one of our e-mails by its Message-ID alone, by which only complaints and automatic answers count."
            }
            Cause::Unsigned => "The ids that it names are not signed by this installation.",
            Cause::Nothing => "It names no e-mail.",
        }
    }
}

impl Returned {
    pub(super) fn listed(&self, now: Instant) -> UnmatchedMail {
        let domain = self.from.rsplit_once('@').map(|(_, domain)| domain);
        UnmatchedMail {
            at: instant(now.0),
            by: self.by.to_owned(),
            kinds: self.events.iter().map(|event| event.kind().to_owned()).collect(),
            from_domain: domain.filter(|domain| domain.len() <= LONGEST).map(str::to_owned),
            message_ids: self.clues.ids().filter(|id| id.len() <= LONGEST).take(5).map(str::to_owned).collect(),
            why: self.cause().sentence().to_owned(),
        }
    }

    /// What would count by the id alone found no copy.
    fn cause(&self) -> Cause {
        match self.clues.cause() {
            Cause::IdAlone if self.events.iter().any(|event| event.counts(Naming::IdAlone)) => Cause::Gone,
            cause => cause,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_listed_and_all_are_counted() {
        let (unmatched, most) = (Unmatched::default(), MOST as u64);
        let one = |number: u64| UnmatchedMail {
            at: number.to_string(),
            by: "mail".into(),
            kinds: Vec::new(),
            from_domain: None,
            message_ids: Vec::new(),
            why: String::new(),
        };
        unmatched.note((0..most + 5).map(one));
        let noted = unmatched.0.into_inner().unwrap();
        assert_eq!((noted.0.len(), noted.1), (MOST, most + 5));
        assert_eq!((noted.0[0].at.clone(), noted.0[MOST - 1].at.clone()), ((most + 4).to_string(), "5".into()));
    }

    #[test]
    fn every_cause_is_a_sentence() {
        for cause in [Cause::Gone, Cause::IdAlone, Cause::Unsigned, Cause::Nothing] {
            assert!(cause.sentence().ends_with('.'), "{cause:?}");
        }
    }
}
