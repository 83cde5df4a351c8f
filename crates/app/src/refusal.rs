//! Why a use case did not do what was asked. Texts are sentences for people, without personal data.

use std::io;

use attractor_engine::playbook::Wrong;
use attractor_store::{Error, Kind, VersionNumber};

use super::lane::Turned;
use super::playbook::difference::Difference;
use super::playbook::finding::Finding;

/// When somebody who asks for too much may come back, in seconds.
const COME_BACK: u64 = 5;

#[derive(Debug)]
pub enum Refusal {
    /// The request cannot be understood.
    Malformed(String),
    /// Nobody knows who asks.
    Unauthenticated(String),
    /// Whoever asks may not do this.
    Forbidden(String),
    /// There is no such thing; says where to look.
    Missing(String),
    /// It does not go with what is there.
    Conflict(String),
    /// A field of the request, or what several of them ask for together, is wrong.
    Invalid(Invalid),
    /// A playbook cannot be used.
    Unusable(Vec<Finding>),
    /// A playbook is not based on the version in force; what it would change of that.
    Outdated { in_force: VersionNumber, based_on: Option<VersionNumber>, difference: Difference },
    /// It is not any more as whoever asks has seen it; says how to see it now.
    Stale(String),
    /// Not now, but after these seconds.
    Busy(String, u64),
    /// A file could not be written or read.
    Disk(io::Error),
    /// Something of this program failed; the text is for its log.
    Failed(String),
    /// The lane did not take it.
    Turned(Turned),
    /// The store cannot be reached at present; the text is for the log.
    Unreachable(String),
}

/// What is wrong with a request that can be understood.
#[derive(Debug, Default)]
pub struct Invalid {
    pub detail: String,
    /// JSON pointers into the body, each with what is wrong there.
    pub places: Vec<(String, String)>,
    /// What the playbook has instead of a name that it has not.
    pub known: Option<Vec<String>>,
}

impl Refusal {
    /// A field of the request, as a JSON pointer, and what is wrong with it.
    pub fn invalid(pointer: impl Into<String>, why: impl Into<String>) -> Refusal {
        let detail = why.into();
        Refusal::Invalid(Invalid { places: vec![(pointer.into(), detail.clone())], detail, known: None })
    }

    /// What was asked for makes no sense, and what would.
    pub fn senseless(why: impl Into<String>) -> Refusal {
        Refusal::Invalid(Invalid { detail: why.into(), ..Invalid::default() })
    }

    /// Too much is asked for at once.
    pub fn busy(why: impl Into<String>) -> Refusal {
        Refusal::Busy(why.into(), COME_BACK)
    }

    /// It was tried too often: seconds to wait.
    pub fn too_often(seconds: u64) -> Refusal {
        let (number, unit) = if seconds < 120 { (seconds, "seconds") } else { (seconds.div_ceil(60), "minutes") };
        Refusal::Busy(format!("this was tried too often; try again in {number} {unit}"), seconds)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        match error.kind {
            Kind::Fenced => Refusal::Turned(Turned::Stopped),
            _ if error.passes() => Refusal::Unreachable(error.to_string()),
            _ => Refusal::Failed(format!("the store: {error}")),
        }
    }
}

impl From<Turned> for Refusal {
    fn from(turned: Turned) -> Refusal {
        Refusal::Turned(turned)
    }
}

/// A condition that is wrong.
impl From<Vec<Wrong>> for Refusal {
    fn from(wrongs: Vec<Wrong>) -> Refusal {
        let places = wrongs.into_iter().map(|wrong| (wrong.pointer, wrong.message)).collect();
        Refusal::Invalid(Invalid { detail: "the condition is not right".into(), places, known: None })
    }
}
