//! The one condition tree, used by rules, ladders, segments, sequences, the API and the segment builder (contract §3).
//! One file a form: its struct and its sentence for people. What it means is compiled in `program`.
//!
//! A sentence is exact: from it alone a reader gets the same tree back (the test `sentences` does).

mod attribute;
mod deal;
mod each;
mod event;
mod group;
mod inactive;
mod interest;
mod kind;
mod names;
mod operators;
mod phrase;
mod rate;
mod sample;
mod score;
mod segment;
mod stage;

pub use attribute::Attribute;
pub use deal::Deal;
pub use event::Event;
pub use inactive::Inactive;
pub use interest::{Interest, Pull};
pub use names::Names;
pub use rate::{Rate, Response};
pub(crate) use sample::below;
pub use sample::{Sample, sampled};
pub use score::Score;
pub use segment::Segment;
pub use stage::Stage;

pub(crate) use event::whose;
pub(crate) use kind::gerund;
pub(crate) use phrase::{decimal, either, length, named, quoted};

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
    Rate(Rate),
    Sample(Sample),
}

/// A form that says by itself what it asks of a lead; a predicate ("has …", "is …", "their … is …") on one line.
trait Predicate {
    fn says(&self, names: &Names) -> String;

    /// The opposite, where plain English has it in few words and it can be nothing else.
    fn denies(&self, _: &Names) -> Option<String> {
        None
    }
}

impl Condition {
    /// `None`: a group of others, which `group` puts into words.
    fn predicate(&self) -> Option<&dyn Predicate> {
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
            Condition::Rate(form) => Some(form),
            Condition::Sample(form) => Some(form),
        }
    }
}
