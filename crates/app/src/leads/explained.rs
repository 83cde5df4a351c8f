//! An explanation of a lead in the shape of the API (contract §5): every id beside its name, every instant and number
//! beside the sentence that says it.

use attractor_engine::explain::{
    self, Because, Caused, Changed, Clause, Explanation, Ladder, Missing, Move, Moved, NextStage, Point, Score,
};
use attractor_engine::step::MoveKind;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::kept::KeptItem;
use crate::by_id::ById;
use crate::closed_lists::HeldReasonName;
use crate::schemas::{AnyCondition, AnyJson};

/// How a lead scores and where it is, and why
#[derive(Debug, Serialize, ToSchema)]
pub struct ExplainedLead {
    /// Its user id, else its e-mail, else its visitor's id
    pub name: String,
    /// The instant as of which all of this is
    #[schema(format = DateTime)]
    pub at: String,
    /// By the score's id, as declared
    #[schema(value_type = BTreeMap<String, ScoreItem>)]
    pub scores: ById<ScoreItem>,
    /// By the ladder's id, as declared
    #[schema(value_type = BTreeMap<String, StandingItem>)]
    pub stages: ById<StandingItem>,
    /// The segments that it is in
    pub segments: Vec<MembershipItem>,
    /// The segments that it is not in
    pub outside: Vec<OutsideItem>,
    /// The topics with at least the minimum strength
    pub interests: Vec<InterestItem>,
    /// The topic's id
    pub primary_interest: Option<String>,
    /// The topic's name
    pub primary_interest_name: Option<String>,
}

/// A lead as `attractor explain --json` shows it: what only its events say
#[derive(Debug, Serialize)]
pub struct ExplainedEvents {
    #[serde(flatten)]
    lead: ExplainedLead,
    moves: Vec<ComingItem>,
    ahead: Vec<ComingItem>,
    next_change: Option<String>,
}

/// A score with the points that add up to it
#[derive(Debug, Serialize, ToSchema)]
pub struct ScoreItem {
    pub value: f64,
    pub why: Vec<PointItem>,
    pub name: String,
}

/// What a rule gives now, or what a cap or the score's range takes away
#[derive(Debug, Serialize, ToSchema)]
pub struct PointItem {
    /// The rule's id; null for the range
    pub rule: Option<String>,
    /// What it is worth now, decay and all
    pub points: f64,
    /// When it happened, or since when the lead has been idle for as long as the rule asks
    #[schema(format = DateTime)]
    pub at: Option<String>,
    /// The event, or the condition that holds, in English; null for the rest
    pub what: Option<String>,
    /// Absent where an event gave it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<PointCause>,
    /// The event's `messageId`; absent where no event gave it
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event_id: Option<String>,
}

/// What gave points if no event did
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PointCause {
    /// The rule's condition holds
    Attribute,
    Inactive,
    /// The rule's cap
    Cap,
    /// The score's range
    Range,
}

/// A lead's stage on a ladder
#[derive(Debug, Serialize, ToSchema)]
pub struct StandingItem {
    /// The stage's id
    pub stage: String,
    #[schema(format = DateTime)]
    pub since: String,
    /// The event's `messageId`, or `time`
    pub because: String,
    /// Null on the highest stage, and where only a person sets the next one
    pub next: Option<NextStageItem>,
    /// The ladder's
    pub name: String,
    pub stage_name: String,
    pub cause: CauseItem,
    /// What keeps the lead in its stage; null where it would enter the stage now, and on the lowest one
    pub kept: Option<KeptItem>,
}

/// The next stage up, and what keeps the lead from it
#[derive(Debug, Serialize, ToSchema)]
pub struct NextStageItem {
    /// The stage's id
    pub stage: String,
    pub stage_name: String,
    pub missing: MissingItem,
}

/// What caused a move
#[derive(Debug, Serialize, ToSchema)]
pub struct CauseItem {
    pub kind: CauseKind,
    /// The event's `messageId`; null if time did
    pub event_id: Option<String>,
    /// The event in English; null if time did
    pub what: Option<String>,
}

/// Whether an event, time alone or a new version of the playbook caused a move
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum CauseKind {
    Event,
    Time,
    Version,
}

/// A segment that a lead is in
#[derive(Debug, Serialize, ToSchema)]
pub struct MembershipItem {
    pub id: String,
    pub name: String,
    #[schema(format = DateTime)]
    pub since: String,
    /// The event's `messageId`, or `time`
    pub because: String,
    pub cause: CauseItem,
    /// What keeps the lead in it; null where it would enter the segment now
    pub kept: Option<KeptItem>,
}

/// A segment that a lead is not in
#[derive(Debug, Serialize, ToSchema)]
pub struct OutsideItem {
    pub id: String,
    pub name: String,
    pub missing: MissingItem,
}

/// What is missing for a condition to hold
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum MissingItem {
    /// A clause that fails
    Clause(Box<MissingClause>),
    /// All of these are missing
    All {
        #[schema(no_recursion)]
        all: Vec<MissingItem>,
    },
    /// One of these would do
    OneOf {
        #[schema(no_recursion)]
        one_of: Vec<MissingItem>,
    },
    /// Nothing is missing: the rules would allow it, but for this
    Held {
        /// In English
        held: String,
        #[schema(value_type = HeldReasonName)]
        reason: &'static str,
    },
}

/// A clause of a condition that fails
#[derive(Debug, Serialize, ToSchema)]
pub struct MissingClause {
    /// The clause in English
    pub wanted: String,
    /// What the lead has, in English
    pub found: String,
    /// The clause as a playbook has it
    #[schema(value_type = AnyCondition)]
    pub form: Value,
    /// The operators with which it tests a number or a value, `{"gte": 31}`; null where it tests none, or must not hold
    #[schema(value_type = Option<BTreeMap<String, AnyJson>>)]
    pub needed: Option<Value>,
    /// What the lead has, in the units of the playbook: a number, a text, an id, an instant; null where it has nothing of
    /// the kind
    #[schema(value_type = Option<AnyJson>)]
    pub value: Option<Value>,
}

/// A topic that a lead is interested in
#[derive(Debug, Serialize, ToSchema)]
pub struct InterestItem {
    /// The topic's id
    pub topic: String,
    pub name: String,
    pub strength: f64,
}

/// Something that changes for a lead at an instant
#[derive(Debug, Serialize, ToSchema)]
pub struct ComingItem {
    #[schema(format = DateTime)]
    pub at: String,
    pub cause: CauseItem,
    pub kind: ChangeKind,
    /// The id of the ladder, segment or sequence; `primary` for the primary interest
    pub subject: String,
    pub subject_name: String,
    /// The id of the stage or topic before
    pub from: Option<String>,
    pub from_name: Option<String>,
    /// The id of the stage, topic or e-mail, the name of a list of addresses, or a change: `entered`, `left`, `enrolled`,
    /// `held_out`, `goal`, `stopped`, `finished`; null: no topic any more, or the best unread e-mail
    pub to: Option<String>,
    pub to_name: Option<String>,
    /// The id of the sequence's step that asks for it
    pub step: Option<String>,
    /// Why a copy could not be sent, in English
    pub held: Option<String>,
    /// In English
    pub what: String,
    /// The event's `messageId`, or `time`
    pub because: String,
}

/// What changes
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    Stage,
    Segment,
    Sequence,
    /// The primary interest
    Interest,
    /// A copy of an e-mail is asked for
    Send,
    Alert,
    /// A copy that was asked for is withdrawn
    Withdrawn,
}

impl From<&Explanation> for ExplainedLead {
    fn from(explanation: &Explanation) -> ExplainedLead {
        let (primary_interest, primary_interest_name) = explanation.primary_interest.clone().unzip();
        ExplainedLead {
            name: explanation.lead.clone(),
            at: explanation.at.to_string(),
            scores: explanation.scores.iter().map(|score| (score.id.clone(), score.into())).collect(),
            stages: explanation.ladders.iter().map(|ladder| (ladder.id.clone(), ladder.into())).collect(),
            segments: explanation.segments.iter().filter_map(membership).collect(),
            outside: explanation.segments.iter().filter_map(outside).collect(),
            interests: explanation.interests.iter().map(InterestItem::from).collect(),
            primary_interest,
            primary_interest_name,
        }
    }
}

impl From<&Explanation> for ExplainedEvents {
    fn from(explanation: &Explanation) -> ExplainedEvents {
        ExplainedEvents {
            lead: explanation.into(),
            moves: explanation.moves.iter().map(ComingItem::from).collect(),
            ahead: explanation.ahead.iter().map(ComingItem::from).collect(),
            next_change: explanation.next_change.map(|at| at.to_string()),
        }
    }
}

impl From<&Score> for ScoreItem {
    fn from(score: &Score) -> ScoreItem {
        let why = score.why.iter().map(PointItem::from).collect();
        ScoreItem { name: score.name.clone(), value: score.value, why }
    }
}

impl From<&Point> for PointItem {
    fn from(point: &Point) -> PointItem {
        let (event_id, because, what) = match &point.because {
            Because::Event { id, what } => (Some(id.clone()), None, Some(what.clone())),
            Because::Attribute(sentence) => (None, Some(PointCause::Attribute), Some(sentence.clone())),
            Because::Inactive => (None, Some(PointCause::Inactive), None),
            Because::Cap => (None, Some(PointCause::Cap), None),
            Because::Range => (None, Some(PointCause::Range), None),
        };
        let at = point.at.map(|at| at.to_string());
        PointItem { rule: point.rule.clone(), points: point.points, at, event_id, because, what }
    }
}

/// The event's id, or `time`.
fn because(caused: &Caused) -> String {
    match caused {
        Caused::Event { id, .. } => id.clone(),
        Caused::Time | Caused::Version(_) => "time".into(),
    }
}

impl From<&Caused> for CauseItem {
    fn from(caused: &Caused) -> CauseItem {
        match caused {
            Caused::Event { id, what } => {
                CauseItem { kind: CauseKind::Event, event_id: Some(id.clone()), what: Some(what.clone()) }
            }
            Caused::Time => CauseItem { kind: CauseKind::Time, event_id: None, what: None },
            Caused::Version(number) => CauseItem {
                kind: CauseKind::Version,
                event_id: None,
                what: Some(format!("version {number} of the playbook was published")),
            },
        }
    }
}

impl From<&Ladder> for StandingItem {
    fn from(ladder: &Ladder) -> StandingItem {
        let next = |next: &NextStage| NextStageItem {
            stage: next.id.clone(),
            stage_name: next.name.clone(),
            missing: (&next.missing).into(),
        };
        StandingItem {
            name: ladder.name.clone(),
            stage: ladder.stage.0.clone(),
            stage_name: ladder.stage.1.clone(),
            since: ladder.since.to_string(),
            because: because(&ladder.because),
            cause: (&ladder.because).into(),
            next: ladder.next_stage.as_ref().map(next),
            kept: ladder.kept.as_ref().map(KeptItem::from),
        }
    }
}

fn membership(segment: &explain::Segment) -> Option<MembershipItem> {
    let (since, caused) = segment.inside.as_ref()?;
    Some(MembershipItem {
        id: segment.id.clone(),
        name: segment.name.clone(),
        since: since.to_string(),
        because: because(caused),
        cause: caused.into(),
        kept: segment.kept.as_ref().map(KeptItem::from),
    })
}

fn outside(segment: &explain::Segment) -> Option<OutsideItem> {
    let missing = segment.missing.as_ref()?.into();
    Some(OutsideItem { id: segment.id.clone(), name: segment.name.clone(), missing })
}

impl From<&Missing> for MissingItem {
    fn from(missing: &Missing) -> MissingItem {
        let each = |parts: &[Missing]| parts.iter().map(MissingItem::from).collect();
        match missing {
            Missing::Clause(clause) => {
                let Clause { wanted, found, form, needed, value } = (**clause).clone();
                MissingItem::Clause(Box::new(MissingClause { wanted, found, form, needed, value }))
            }
            Missing::All(parts) => MissingItem::All { all: each(parts) },
            Missing::OneOf(parts) => MissingItem::OneOf { one_of: each(parts) },
            Missing::Held(why) => MissingItem::Held { held: why.to_string(), reason: why.name() },
        }
    }
}

impl From<&explain::Interest> for InterestItem {
    fn from(interest: &explain::Interest) -> InterestItem {
        InterestItem { topic: interest.id.clone(), name: interest.name.clone(), strength: interest.strength }
    }
}

impl From<&Move> for ComingItem {
    fn from(one: &Move) -> ComingItem {
        let Moved { kind, subject, from, to, step, held } = one.moved.clone();
        let ((subject, subject_name), (from, from_name), (to, to_name)) = (subject, from.unzip(), to.unzip());
        ComingItem {
            at: one.at.to_string(),
            what: one.what.clone(),
            kind: kind.into(),
            subject,
            subject_name,
            from,
            from_name,
            to,
            to_name,
            step,
            held,
            because: because(&one.because),
            cause: (&one.because).into(),
        }
    }
}

impl From<Changed> for ChangeKind {
    fn from(kind: Changed) -> ChangeKind {
        match kind {
            Changed::Move(MoveKind::Stage) => ChangeKind::Stage,
            Changed::Move(MoveKind::Segment) => ChangeKind::Segment,
            Changed::Move(MoveKind::Sequence) => ChangeKind::Sequence,
            Changed::Move(MoveKind::Interest) => ChangeKind::Interest,
            Changed::Send => ChangeKind::Send,
            Changed::Alert => ChangeKind::Alert,
            Changed::Withdrawn => ChangeKind::Withdrawn,
        }
    }
}
