//! The one condition tree, used by rules, ladders, segments, sequences, the API and the segment builder (contract §3).
//! One file a form: its struct and what it says to people; how it is evaluated stands there too.

mod each;

use crate::time::Duration;
use crate::value::{NumberTest, Test};

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

/// `{attribute: NAME, OP: VALUE}`
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    pub attribute: String,
    pub test: Test,
}

/// `{event: KIND, where: {…}, within: D, distinct: PROP, count: {OP: N}}`
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub event: String,
    /// Property path and its test, in the order written; never empty operators.
    pub filter: Vec<(String, Test)>,
    pub within: Option<Duration>,
    pub distinct: Option<String>,
    /// `None` where not written, which means `{gte: 1}`.
    pub count: Option<NumberTest>,
}

/// `{inactive: D, events: [KIND…]}`
#[derive(Clone, Debug, PartialEq)]
pub struct Inactive {
    pub inactive: Duration,
    /// `None`: the playbook's `activity`.
    pub events: Option<Vec<String>>,
}

/// `{score: ID, OP: N}`
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    pub score: String,
    pub test: NumberTest,
}

/// `{stage: LADDER, is: STAGE}` or `{stage: LADDER, at_least: STAGE}`
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub ladder: String,
    pub stage: String,
    pub at_least: bool,
}

/// `{segment: ID}`
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub segment: String,
}

/// `{interest: TOPIC, primary: true}` or `{interest: TOPIC, OP: STRENGTH}`
#[derive(Clone, Debug, PartialEq)]
pub struct Interest {
    pub topic: String,
    pub wanted: Pull,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Pull {
    /// `primary: true` or `primary: false`
    Primary(bool),
    Strength(NumberTest),
}

/// `{deal: open}`, `won`, `lost`
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Deal {
    Open,
    Won,
    Lost,
}

/// `{rate: opened or clicked, over: D, min_sent: N, OP: SHARE}`
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    pub of: Response,
    pub over: Duration,
    /// `None` where not written, which means 1.
    pub min_sent: Option<u32>,
    pub test: NumberTest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    Opened,
    Clicked,
}

/// `{sample: PERCENT, seed: TEXT}`
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// 0 to 100, fractions allowed.
    pub percent: f64,
    pub seed: String,
}
