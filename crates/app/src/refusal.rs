//! Why a use case did not do what was asked.

use attractor_engine::playbook::Wrong;
use attractor_store::Error;

#[derive(Debug)]
pub enum Refusal {
    /// There is no such thing; a sentence that says where to look.
    Missing(String),
    /// The request is wrong: a sentence.
    Bad(String),
    /// A body is wrong, and where.
    Invalid(Vec<Wrong>),
    /// Somebody else's; a sentence.
    NotYours(String),
    /// What was asked for means several things; a sentence that says how each is written.
    Ambiguous(String),
    /// Not now.
    Busy(String),
    Store(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        Refusal::Store(error)
    }
}
