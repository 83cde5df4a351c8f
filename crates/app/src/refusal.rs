//! Why a use case did not do what was asked. Texts are sentences for people, without personal data.

use std::fmt;
use std::io;

use attractor_engine::playbook::Wrong;
use attractor_store::{Error, Kind, VersionNumber};

use super::lane::Turned;
use super::playbook::difference::Difference;
use super::playbook::finding::Finding;

/// When somebody who asks for too much may come back, in seconds.
const COME_BACK: u64 = 5;

/// Of what is wrong with a request, as much is said at once, and in its first sentence.
const MOST: usize = 20;
const SAID: usize = 5;

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

/// What two checks of a request give, or everything that is wrong by either: people mend all of it at once.
///
/// ```
/// use attractor_app::refusal::{Refusal, both};
///
/// let wrong = |place| Err::<(), Refusal>(Refusal::invalid(place, "too long"));
/// let Err(Refusal::Invalid(found)) = both(wrong("/name"), both(Ok(5), wrong("/note"))) else { panic!("both are wrong") };
/// assert_eq!(found.places.len(), 2);
/// ```
pub fn both<A, B>(one: Result<A, Refusal>, other: Result<B, Refusal>) -> Result<(A, B), Refusal> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (Err(Refusal::Invalid(one)), Err(Refusal::Invalid(other))) => Err(Refusal::Invalid(one.and(other))),
        (Err(why), _) | (_, Err(why)) => Err(why),
    }
}

/// What all of these give, or everything that is wrong with any.
pub fn all_of<T>(checks: impl IntoIterator<Item = Result<T, Refusal>>) -> Result<Vec<T>, Refusal> {
    let mut found = Ok(Vec::new());
    for check in checks {
        found = both(found, check).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    found
}

/// Everything that is wrong by any of these checks.
pub fn all_right(checks: impl IntoIterator<Item = Result<(), Refusal>>) -> Result<(), Refusal> {
    all_of(checks).map(drop)
}

impl Invalid {
    fn and(mut self, other: Invalid) -> Invalid {
        if self.places.len() < SAID && !self.detail.contains(&other.detail) {
            self.detail = format!("{}; {}", self.detail, other.detail);
        }
        self.places.extend(other.places);
        self.places.truncate(MOST);
        self.known = self.known.or(other.known);
        self
    }
}

/// For a log, a terminal, or the reason of a state.
impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Malformed(why)
            | Refusal::Unauthenticated(why)
            | Refusal::Forbidden(why)
            | Refusal::Missing(why)
            | Refusal::Conflict(why)
            | Refusal::Stale(why)
            | Refusal::Busy(why, _)
            | Refusal::Failed(why)
            | Refusal::Unreachable(why) => f.write_str(why),
            Refusal::Invalid(invalid) => {
                let places: Vec<&str> = invalid.places.iter().map(|(pointer, _)| pointer.as_str()).collect();
                f.write_str(&invalid.detail)?;
                if places.is_empty() { Ok(()) } else { write!(f, " (at {})", places.join(", ")) }
            }
            Refusal::Unusable(findings) => match findings.first() {
                Some(first) => write!(f, "the playbook cannot be used: {first}"),
                None => f.write_str("the playbook cannot be used"),
            },
            Refusal::Outdated { in_force, .. } => {
                write!(f, "the playbook is not based on version {in_force}, which is in force")
            }
            Refusal::Disk(error) => write!(f, "a file could not be written or read: {error}"),
            Refusal::Turned(Turned::Busy) => f.write_str("too much is waiting to be stored"),
            Refusal::Turned(Turned::Unwritable(why)) => write!(f, "the store cannot be written to: {why}"),
            Refusal::Turned(Turned::Stopped) => f.write_str("the server stops"),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_is_wrong_is_refused_at_once() {
        let wrong = |place: &str| Err(Refusal::invalid(place, format!("{place} is wrong")));
        let places = |found: Result<(), Refusal>| match found {
            Ok(()) => Vec::new(),
            Err(Refusal::Invalid(found)) => found.places.into_iter().map(|(place, _)| place).collect(),
            Err(other) => vec![format!("{other:?}")],
        };
        assert_eq!(places(all_right([Ok(()), Ok(())])), Vec::<String>::new());
        assert_eq!(places(all_right([wrong("/a"), Ok(()), wrong("/b")])), ["/a", "/b"]);
        let gone = || Err(Refusal::Missing("it is gone".into()));
        assert!(
            matches!(all_right([wrong("/a"), gone()]), Err(Refusal::Invalid(_))),
            "the first of different kinds counts"
        );
        assert!(matches!(all_right([gone(), wrong("/a")]), Err(Refusal::Missing(_))));
        let Err(Refusal::Invalid(found)) = all_right([wrong("/a"), wrong("/b"), wrong("/b")]) else {
            panic!("it is wrong")
        };
        assert_eq!(found.detail, "/a is wrong; /b is wrong");
        let many = (0..200).map(|place| wrong(&format!("/{place}")));
        let Err(Refusal::Invalid(found)) = all_right(many) else { panic!("it is wrong") };
        assert_eq!((found.places.len(), found.detail.matches("wrong").count()), (MOST, SAID));
    }
}
