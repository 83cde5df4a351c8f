//! Conditions compiled: the same tree with numbers for names (contract §3, conditions).

use crate::condition::{
    Question, attribute, consent, date, event, inactive, interest, rate, sample, score, segment, stage,
};
use crate::deal::Deal;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Attribute(attribute::Compiled),
    Event(event::Compiled),
    Inactive(inactive::Compiled),
    Score(score::Compiled),
    Stage(stage::Compiled),
    Segment(segment::Compiled),
    Interest(interest::Compiled),
    Deal(Deal),
    /// In a box, since it is larger than all others.
    Date(Box<date::Compiled>),
    Consent(consent::Compiled),
    Rate(rate::Compiled),
    Sample(sample::Compiled),
}

impl Node {
    pub const TRUE: Node = Node::All(Vec::new());

    /// Itself and everything below it.
    pub fn each(&self, visit: &mut impl FnMut(&Node)) {
        visit(self);
        match self {
            Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| part.each(visit)),
            Node::Not(part) => part.each(visit),
            _ => {}
        }
    }

    /// `None`: a group of others.
    pub fn question(&self) -> Option<&dyn Question> {
        match self {
            Node::All(_) | Node::Any(_) | Node::Not(_) => None,
            Node::Attribute(form) => Some(form),
            Node::Event(form) => Some(form),
            Node::Inactive(form) => Some(form),
            Node::Score(form) => Some(form),
            Node::Stage(form) => Some(form),
            Node::Segment(form) => Some(form),
            Node::Interest(form) => Some(form),
            Node::Deal(form) => Some(form),
            Node::Consent(form) => Some(form),
            Node::Date(form) => Some(form.as_ref()),
            Node::Rate(form) => Some(form),
            Node::Sample(form) => Some(form),
        }
    }
}
