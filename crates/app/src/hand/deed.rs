//! What people do to leads by hand, each an event of the contract (§2, Made by hand).

use std::fmt;

use attractor_engine::consent::Scope;
use attractor_engine::playbook::Playbook;
use attractor_engine::vocabulary::kind;
use serde_json::{Map, Value, json};

use crate::refusal::{Invalid, Refusal};

/// One deed. Ids are those of the playbook.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Pin(String),
    Ban(String),
    Release(String),
    SetStage { ladder: String, stage: String },
    ReleaseStage { ladder: String },
    Enroll(String),
    Stop(String),
    Tag(String),
    Untag(String),
    Note(String),
    Call { outcome: String, note: Option<String> },
    Owner(String),
    Consent(Consent),
}

/// Consent heard by a person: with the proof granted, else withdrawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Consent {
    pub proof: Option<String>,
    pub subscription: Option<String>,
    pub topic: Option<String>,
}

/// Something that the playbook does not have, and what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    pub what: &'static str,
    pub asked: String,
    pub known: Vec<String>,
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Unknown { what, asked, known } = self;
        write!(f, "the playbook declares no {what} `{asked}`; ")?;
        if known.is_empty() {
            write!(f, "it has none")?
        } else {
            write!(f, "declared are {}", known.join(", "))?
        }
        match *what {
            "subscription" | "topic" => {
                write!(
                    f,
                    "; to declare it, add `- {{id: {asked}, name: NAME}}` under `{what}s:` of the playbook and apply it"
                )
            }
            _ => Ok(()),
        }
    }
}

impl Deed {
    /// The event's kind.
    pub fn event(&self) -> &'static str {
        match self {
            Deed::Pin(_) => kind::SEGMENT_PINNED,
            Deed::Ban(_) => kind::SEGMENT_BANNED,
            Deed::Release(_) => kind::SEGMENT_RELEASED,
            Deed::SetStage { .. } => kind::STAGE_SET,
            Deed::ReleaseStage { .. } => kind::STAGE_RELEASED,
            Deed::Enroll(_) => kind::SEQUENCE_ENTERED,
            Deed::Stop(_) => kind::SEQUENCE_STOPPED,
            Deed::Tag(_) => kind::TAGGED,
            Deed::Untag(_) => kind::UNTAGGED,
            Deed::Note(_) => kind::NOTE_WRITTEN,
            Deed::Call { .. } => kind::CALL_LOGGED,
            Deed::Owner(_) => kind::OWNER_SET,
            Deed::Consent(Consent { proof: Some(_), .. }) => kind::SUBSCRIBED,
            Deed::Consent(_) => kind::UNSUBSCRIBED,
        }
    }

    /// The event's properties, without the author.
    pub fn properties(&self) -> Map<String, Value> {
        let all = match self {
            Deed::Pin(segment) | Deed::Ban(segment) | Deed::Release(segment) => json!({"segment": segment}),
            Deed::SetStage { ladder, stage } => json!({"ladder": ladder, "stage": stage}),
            Deed::ReleaseStage { ladder } => json!({"ladder": ladder}),
            Deed::Enroll(sequence) | Deed::Stop(sequence) => json!({"sequence": sequence}),
            Deed::Tag(tag) | Deed::Untag(tag) => json!({"tag": tag}),
            Deed::Note(text) => json!({"text": text}),
            Deed::Call { outcome, note } => json!({"outcome": outcome, "note": note}),
            Deed::Owner(owner) => json!({"owner": owner}),
            Deed::Consent(Consent { proof, subscription, topic }) => {
                json!({"proof": proof, "subscription": subscription, "topic": topic})
            }
        };
        let Value::Object(all) = all else { return Map::new() };
        all.into_iter().filter(|(_, value)| !value.is_null()).collect()
    }

    /// The scope in which it would grant consent.
    pub fn grants(&self) -> Option<Scope> {
        let Deed::Consent(Consent { proof: Some(_), subscription, topic }) = self else { return None };
        let subscription = subscription.clone().map(Scope::Subscription);
        Some(subscription.or_else(|| topic.clone().map(Scope::Topic)).unwrap_or(Scope::All))
    }

    /// The text without which it says nothing, by the name that it has in a request.
    pub fn text(&self) -> Option<(&'static str, &str)> {
        match self {
            Deed::Tag(text) | Deed::Untag(text) => Some(("tag", text)),
            Deed::Note(text) => Some(("text", text)),
            Deed::Call { outcome, .. } => Some(("outcome", outcome)),
            Deed::Owner(owner) => Some(("owner", owner)),
            Deed::Consent(Consent { proof: Some(proof), .. }) => Some(("proof", proof)),
            _ => None,
        }
    }

    /// Whether these playbooks, the one in force and a pilot's, have what it names.
    pub fn fits(&self, playbooks: &[Playbook]) -> Result<(), Unknown> {
        let segments = |playbook: &Playbook| playbook.segments.iter().map(|segment| segment.id.clone()).collect();
        let ladders = |playbook: &Playbook| playbook.ladders.iter().map(|ladder| ladder.id.clone()).collect();
        let sequences = |playbook: &Playbook| playbook.sequences.iter().map(|sequence| sequence.id.clone()).collect();
        match self {
            Deed::Pin(id) | Deed::Ban(id) | Deed::Release(id) => known("segment", id, playbooks, segments),
            Deed::ReleaseStage { ladder } => known("ladder", ladder, playbooks, ladders),
            Deed::SetStage { ladder, stage } => {
                known("ladder", ladder, playbooks, ladders)?;
                known("stage", stage, playbooks, |playbook| {
                    let own = playbook.ladders.iter().filter(|other| other.id == *ladder);
                    own.flat_map(|ladder| &ladder.stages).map(|stage| stage.id.clone()).collect()
                })
            }
            Deed::Enroll(id) | Deed::Stop(id) => known("sequence", id, playbooks, sequences),
            Deed::Consent(Consent { subscription, topic, .. }) => {
                let subscriptions = |playbook: &Playbook| playbook.subscriptions.iter().map(|s| s.id.clone()).collect();
                let topics = |playbook: &Playbook| playbook.topics.iter().map(|topic| topic.id.clone()).collect();
                subscription.iter().try_for_each(|id| known("subscription", id, playbooks, subscriptions))?;
                topic.iter().try_for_each(|id| known("topic", id, playbooks, topics))
            }
            Deed::Tag(_) | Deed::Untag(_) | Deed::Note(_) | Deed::Call { .. } | Deed::Owner(_) => Ok(()),
        }
    }
}

impl From<Unknown> for Refusal {
    fn from(unknown: Unknown) -> Refusal {
        Refusal::Invalid(Invalid { detail: unknown.to_string(), places: Vec::new(), known: Some(unknown.known) })
    }
}

/// Refuses what none of these playbooks declares, and says what they do.
pub(crate) fn known(
    what: &'static str,
    asked: &str,
    playbooks: &[Playbook],
    ids: impl Fn(&Playbook) -> Vec<String>,
) -> Result<(), Unknown> {
    let mut known: Vec<String> = Vec::new();
    for id in playbooks.iter().flat_map(ids) {
        if !known.contains(&id) {
            known.push(id);
        }
    }
    if known.iter().any(|id| id == asked) {
        return Ok(());
    }
    Err(Unknown { what, asked: asked.to_owned(), known })
}
