//! The one condition tree, used by rules, ladders, segments, sequences, the API and the segment builder (contract §3).
//! One file a form, with all of it (see [`form`]); what is here and in `Node` only dispatches.
//!
//! A sentence is exact: from it alone a reader gets the same tree back (the test `sentences` does).

pub(crate) mod any;
pub(crate) mod attribute;
pub(crate) mod consent;
pub(crate) mod date;
pub(crate) mod deal;
mod each;
pub(crate) mod event;
mod filter;
pub(crate) mod form;
mod group;
pub(crate) mod inactive;
pub(crate) mod interest;
mod kind;
mod names;
pub(crate) mod operators;
mod phrase;
pub(crate) mod rate;
pub(crate) mod sample;
pub(crate) mod score;
pub(crate) mod segment;
pub(crate) mod stage;
pub(crate) mod when;

pub use attribute::Attribute;
pub use consent::Consent;
pub use date::{Date, Period};
pub use event::{Event, Which};
pub use inactive::Inactive;
pub use interest::{Interest, Pull};
pub use names::Names;
pub use phrase::length;
pub use rate::{Rate, Response};
pub use sample::{Sample, sampled};
pub use score::Score;
pub use segment::Segment;
pub use stage::Stage;
pub use when::When;

pub(crate) use filter::whose;
pub(crate) use form::{Predicate, Question};
pub(crate) use kind::gerund;
pub(crate) use phrase::{decimal, either, named, quoted, span};

use crate::deal::Deal;

#[derive(Clone, Debug, PartialEq)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Attribute(Attribute),
    Event(Event),
    Inactive(Inactive),
    Score(Score),
    Stage(Stage),
    Segment(Segment),
    Interest(Interest),
    Deal(Deal),
    Date(Date),
    Consent(Consent),
    Rate(Rate),
    Sample(Sample),
}

impl Condition {
    /// `None`: a group of others.
    pub(crate) fn predicate(&self) -> Option<&dyn Predicate> {
        match self {
            Condition::All(_) | Condition::Any(_) | Condition::Not(_) => None,
            Condition::Attribute(form) => Some(form),
            Condition::Event(form) => Some(form),
            Condition::Inactive(form) => Some(form),
            Condition::Score(form) => Some(form),
            Condition::Stage(form) => Some(form),
            Condition::Segment(form) => Some(form),
            Condition::Interest(form) => Some(form),
            Condition::Deal(form) => Some(form),
            Condition::Date(form) => Some(form),
            Condition::Consent(form) => Some(form),
            Condition::Rate(form) => Some(form),
            Condition::Sample(form) => Some(form),
        }
    }
}
