//! The playbook as a tree of plain types (contract §3). Decoding, checking and writing stand in the files beside;
//! what it means, once compiled, in `program`.

mod asked;
mod blocks;
mod bodies;
mod difference;
pub mod differences;
pub mod edit;
pub mod entries;
pub(crate) mod form;
mod mail_sentences;
pub(crate) mod marked;
mod nearest;
mod problem;
pub(crate) mod provable;
mod read;
pub(crate) mod reader;
mod references;
mod scalar;
mod schema;
pub mod sentences;
mod transactional;
pub mod vocabulary;
pub(crate) mod warnings;
pub(crate) mod write;

pub use asked::{ConditionReading, Wrong, condition, read_condition};
pub use blocks::{Block, blocks};
pub use bodies::{BodyFile, EmailText, Written, place_in};
pub use difference::{Change, difference};
pub use nearest::{nearest as nearest_name, suggestion as did_you_mean};
pub use problem::{Found, Place, Problem, Severity};
pub use provable::Proved;
pub use read::{Reading, read};
pub use schema::schema;
pub use vocabulary::Seen;
pub use warnings::beyond_subscriptions;
pub use write::{condition as write_condition, write};

use crate::condition::Condition;
use crate::time::Duration;
use crate::vocabulary::kind;
use form::words::{ClassWords, EvaluateWords, FormatWords, IntentWords, word};

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Playbook {
    /// The key `playbook`.
    pub name: String,
    /// An IANA zone name; UTC where absent.
    pub timezone: String,
    /// The language of the e-mails' own texts; `None`: the default of `DEFAULT_LANGUAGE`.
    pub language: Option<String>,
    /// `None`: the default of `DEFAULT_ACTIVITY`.
    pub activity: Option<Vec<String>>,
    pub topics: Vec<Topic>,
    /// `None`: there are no interests. `interests: {}` is `Some` with the defaults.
    pub interests: Option<Interests>,
    pub scores: Vec<Score>,
    pub ladders: Vec<Ladder>,
    pub segments: Vec<Segment>,
    pub subscriptions: Vec<Subscription>,
    pub cadence: Option<Cadence>,
    pub emails: Vec<Email>,
    pub sequences: Vec<Sequence>,
}

/// The language of e-mails, if the playbook does not say.
pub const DEFAULT_LANGUAGE: &str = "en";

/// The kinds that count as the lead being active, if the playbook does not say.
pub const DEFAULT_ACTIVITY: [&str; 8] = [
    kind::PAGE_VIEWED,
    kind::EMAIL_OPENED,
    kind::EMAIL_LINK_CLICKED,
    kind::FORM_SUBMITTED,
    kind::CONTENT_DOWNLOADED,
    kind::WEBINAR_ATTENDED,
    kind::DEMO_REQUESTED,
    kind::TOPIC_CHOSEN,
];

impl Playbook {
    /// The language of the e-mails' own texts.
    pub fn language(&self) -> &str {
        self.language.as_deref().unwrap_or(DEFAULT_LANGUAGE)
    }

    /// The preheader of an e-mail's translation: its own, else the e-mail's where both are in one language, such as `en`
    /// and `en-GB`. One in another language would be worse than none.
    pub fn preheader_of<'p>(&self, email: &'p Email, tag: &str, translation: &'p Translation) -> Option<&'p str> {
        let primary = |tag: &str| tag.split(['-', '_']).next().unwrap_or_default().to_ascii_lowercase();
        let of_email = || email.preheader.as_ref().filter(|_| primary(tag) == primary(self.language()));
        translation.preheader.as_ref().or_else(of_email).map(String::as_str)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Topic {
    pub id: String,
    pub name: Option<String>,
    /// Globs over whole paths: `*` any text, `?` one character.
    pub pages: Vec<String>,
    pub related: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Interests {
    pub half_life: Duration,
    /// Kind and weight, in the order written; weights ≥ 0.
    pub weights: Vec<(String, f64)>,
    pub minimum: f64,
    pub margin: f64,
}

impl Default for Interests {
    fn default() -> Self {
        Interests {
            half_life: Duration(30 * Duration::DAY.0),
            weights: vec![
                (kind::EMAIL_LINK_CLICKED.into(), 1.0),
                (kind::TOPIC_CHOSEN.into(), 1.0),
                (kind::PAGE_VIEWED.into(), 0.25),
            ],
            minimum: 0.5,
            margin: 1.25,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    pub id: String,
    pub name: Option<String>,
    /// Lowest and highest value; `None`: unbounded.
    pub range: Option<(f64, f64)>,
    pub rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    pub id: String,
    pub name: Option<String>,
    pub gives: Gives,
    pub points: f64,
    /// Limits the absolute value of the rule's sum; > 0.
    pub cap: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Gives {
    /// Points for each matching event.
    Event { event: String, filter: Vec<(String, crate::value::Test)>, limit: Option<Limit>, decay: Option<Decay> },
    /// Points while the condition holds.
    If(Condition),
    /// Points once idle for that long; with `repeats`, once per full period.
    Inactive { inactive: Duration, repeats: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// At least 1.
    pub times: u32,
    pub within: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    HalfLife(Duration),
    Expires(Duration),
    /// Loses so much of its absolute value every so often; `loses` > 0.
    Loses {
        loses: f64,
        every: Duration,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct Ladder {
    pub id: String,
    pub name: Option<String>,
    /// The score that `from` asks; present wherever a stage has `from`.
    pub score: Option<String>,
    /// At least one; the lowest first, which has neither `from` nor conditions.
    pub stages: Vec<Stage>,
    /// Leave a stage only when so many points under its `from`; ≥ 0.
    pub hold: Option<f64>,
    pub min_stay: Option<Duration>,
    pub evaluate: Evaluate,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    pub id: String,
    pub name: Option<String>,
    /// `from` or `enter`, never both; neither on the lowest stage.
    pub from: Option<f64>,
    pub enter: Option<Condition>,
    pub leave: Option<Condition>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Evaluate {
    #[default]
    Live,
    Daily,
    Weekly,
    Monthly,
}

impl Evaluate {
    pub const ALL: [Evaluate; 4] = [Evaluate::Live, Evaluate::Daily, Evaluate::Weekly, Evaluate::Monthly];

    /// As playbooks and the API write it.
    pub fn name(self) -> &'static str {
        word::<EvaluateWords>(self)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    pub id: String,
    pub name: Option<String>,
    pub enter: Condition,
    pub leave: Option<Condition>,
    pub min_stay: Option<Duration>,
    pub evaluate: Evaluate,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    pub id: String,
    pub name: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Cadence {
    pub ladder: String,
    /// Stage and the time between copies, in the order written.
    pub every: Vec<(String, Duration)>,
    pub answer: Option<Duration>,
    pub adapt: Option<Adapt>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Adapt {
    pub slow_below: f64,
    pub quicken_above: f64,
    pub over: Duration,
    pub min_sent: u32,
    pub factor: f64,
    pub between: (Duration, Duration),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Email {
    pub id: String,
    pub name: Option<String>,
    pub subject: String,
    /// A path in the playbook's folder (`.mjml`, `.json`), or the MJML itself (it begins with `<`).
    pub body: String,
    pub subscription: Option<String>,
    pub topic: Option<String>,
    pub format: Option<Format>,
    /// Stage ids of the cadence's ladder, or of any ladder.
    pub stages: Vec<String>,
    pub intent: Option<Intent>,
    pub class: Option<Class>,
    /// Shown behind the subject in lists of mails.
    pub preheader: Option<String>,
    /// The id of a sender; `owner` is the lead's owner.
    pub from: Option<String>,
    /// By tag (`de`, `de-AT`), in the order written.
    pub languages: Vec<(String, Translation)>,
    /// Their shares are at most 100 together; the rest gets the e-mail itself.
    pub variants: Vec<Variant>,
}

/// An e-mail in another language than the playbook's.
#[derive(Clone, Debug, PartialEq)]
pub struct Translation {
    pub subject: String,
    pub preheader: Option<String>,
    /// As an e-mail's.
    pub body: String,
}

/// An e-mail as a part of the leads gets it. What is `None` is the e-mail's.
#[derive(Clone, Debug, PartialEq)]
pub struct Variant {
    pub id: String,
    /// Percent of the leads.
    pub share: f64,
    pub subject: Option<String>,
    pub preheader: Option<String>,
    pub body: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Guide,
    CaseStudy,
    Webinar,
    Comparison,
    Demo,
    Testimonial,
    Trial,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    Educate,
    Compare,
    Decide,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Transactional,
    Answer,
    Marketing,
}

impl Playbook {
    /// The class of the copies that a step asks for: its own, else that of the e-mail.
    pub fn class_of(&self, email: Option<&str>, class: Option<Class>) -> Option<Class> {
        let of_email = || self.emails.iter().find(|one| Some(one.id.as_str()) == email)?.class;
        class.or_else(of_email)
    }
}

impl Format {
    /// As playbooks write it.
    pub fn name(self) -> &'static str {
        word::<FormatWords>(self)
    }
}

impl Intent {
    /// As playbooks write it.
    pub fn name(self) -> &'static str {
        word::<IntentWords>(self)
    }
}

impl Class {
    pub const ALL: [Class; 3] = [Class::Transactional, Class::Answer, Class::Marketing];

    /// As playbooks write it.
    pub fn name(self) -> &'static str {
        word::<ClassWords>(self)
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Sequence {
    pub id: String,
    pub name: Option<String>,
    pub enroll: Condition,
    pub again: Again,
    pub while_: While,
    pub goal: Option<Condition>,
    /// Percent kept out, 0 to 100.
    pub holdout: f64,
    pub buyers: bool,
    pub review: bool,
    pub steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Again {
    #[default]
    Never,
    Always,
    After(Duration),
}

#[expect(clippy::large_enum_variant, reason = "a playbook has few sequences, and each has one")]
#[derive(Clone, Debug, PartialEq, Default)]
pub enum While {
    #[default]
    Enrolled,
    Always,
    Condition(Condition),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where absent the step is known by its position: `0`, `1`, or inside a branch `1.then.0`, `1.else.2`.
    pub id: Option<String>,
    pub action: Action,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `email: None` asks for the best unread piece.
    Send {
        email: Option<String>,
        class: Option<Class>,
        not_after: Option<Duration>,
    },
    Wait(Duration),
    WaitUntil {
        until: Condition,
        at_most: Duration,
    },
    Branch {
        condition: Condition,
        then: Vec<Step>,
        otherwise: Vec<Step>,
    },
    Alert {
        to: String,
        say: String,
    },
}

impl Playbook {
    /// Visits every condition, itself and all below it, in the order of the playbook.
    pub fn each_condition<'a>(&'a self, visit: &mut impl FnMut(&'a Condition)) {
        let mut top: Vec<&Condition> = Vec::new();
        for rule in self.scores.iter().flat_map(|score| &score.rules) {
            if let Gives::If(condition) = &rule.gives {
                top.push(condition);
            }
        }
        top.extend(self.ladders.iter().flat_map(|l| &l.stages).flat_map(|s| s.enter.iter().chain(&s.leave)));
        top.extend(self.segments.iter().flat_map(|s| [Some(&s.enter), s.leave.as_ref()]).flatten());
        for sequence in &self.sequences {
            top.push(&sequence.enroll);
            if let While::Condition(condition) = &sequence.while_ {
                top.push(condition);
            }
            top.extend(&sequence.goal);
            step_conditions(&sequence.steps, &mut top);
        }
        top.into_iter().for_each(|condition| condition.each(visit));
    }
}

fn step_conditions<'a>(steps: &'a [Step], found: &mut Vec<&'a Condition>) {
    for step in steps {
        match &step.action {
            Action::WaitUntil { until, .. } => found.push(until),
            Action::Branch { condition, then, otherwise } => {
                found.push(condition);
                step_conditions(then, found);
                step_conditions(otherwise, found);
            }
            Action::Send { .. } | Action::Wait(_) | Action::Alert { .. } => {}
        }
    }
}
