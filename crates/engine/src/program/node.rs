//! Conditions compiled: the same tree with numbers for names (contract §3, conditions).

use crate::condition::{Deal, Response};
use crate::test::{Asked, Bound};
use crate::time::Duration;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Attribute {
        attribute: u32,
        test: Asked,
    },
    Count {
        counter: u32,
        test: Bound,
    },
    Idle {
        clock: u32,
        span: Duration,
    },
    Score {
        score: u32,
        test: Bound,
    },
    Stage {
        ladder: u32,
        stage: u32,
        at_least: bool,
    },
    Segment(u32),
    Primary {
        topic: u32,
        wanted: bool,
    },
    Strength {
        topic: u32,
        test: Bound,
    },
    Deal(Deal),
    Rate {
        copies: u32,
        of: Response,
        over: Duration,
        min_sent: u32,
        test: Bound,
    },
    /// Holds where the hash of `seed` and the lead's name is below this many 2⁻⁶⁴.
    Sample {
        below: u128,
        seed: String,
    },
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
}
