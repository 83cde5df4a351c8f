//! What somebody did to a lead by hand from which an alert follows.

use attractor_engine::condition::Names;
use attractor_engine::vocabulary::kind;
use attractor_store::moves::{Alert, Move, MoveKind};
use attractor_store::{Connection, Error, IdentityId, IdentityKind, events, identities, leads};
use serde_json::Value;

use crate::access::names::ActorNames;
use crate::leads::key::LeadKey;

/// What was done, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ByHand {
    pub act: HandAct,
    /// `user:3`, `key:2`
    pub by: String,
    /// The name of this user or key, or what stands for it where it has none.
    pub who: String,
}

/// With names of the playbook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum HandAct {
    Pinned { segment: String },
    StageSet { stage: String },
    Enrolled,
}

/// What somebody did by which the lead came into the sequence of an alert; `None` where nobody did. `all` are the lead's
/// moves.
pub(super) fn cause(
    connection: &mut Connection,
    (alert, row): (&Alert, &leads::Lead),
    all: &[Move],
    names: &Names,
) -> Result<Option<ByHand>, Error> {
    let is_enrollment = |noted: &&Move| {
        noted.kind == MoveKind::Sequence
            && noted.became == "enrolled"
            && (noted.subject.as_str(), noted.at) == (alert.sequence.as_str(), alert.began)
    };
    let Some(enrollment) = all.iter().find(is_enrollment) else { return Ok(None) };
    // What is done by hand is stored under the key that such messages carry.
    let key = LeadKey::of(connection, row)?;
    let kind = if key.field == "userId" { IdentityKind::User } else { IdentityKind::Visitor };
    let identities = identities::find(connection, &[(kind, key.text.as_str())])?;
    let keys: Vec<(IdentityId, &str)> = identities.iter().map(|one| (one.id, enrollment.because.as_str())).collect();
    let Some(event) = events::of_keys(connection, &keys)?.into_iter().next() else { return Ok(None) };
    let message: Value = serde_json::from_str(&event.message).unwrap_or_default();
    let Some(act) = act(&message, names) else { return Ok(None) };
    let by = message["properties"]["by"].as_str().unwrap_or(&event.origin).to_owned();
    let who = ActorNames::read(connection)?.of(&by).unwrap_or_else(|| by.clone());
    Ok(Some(ByHand { act, by, who }))
}

/// What a message says that somebody did by hand; `None` of all others.
fn act(message: &Value, names: &Names) -> Option<HandAct> {
    let property = |name: &str| message["properties"][name].as_str();
    match message["event"].as_str()? {
        kind::SEGMENT_PINNED => Some(HandAct::Pinned { segment: names.segment(property("segment")?).to_owned() }),
        kind::STAGE_SET => {
            let stage = names.stage(property("ladder")?, property("stage")?).to_owned();
            Some(HandAct::StageSet { stage })
        }
        kind::SEQUENCE_ENTERED => Some(HandAct::Enrolled),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_done_by_hand_is_told_from_what_the_lead_did() {
        let names = Names::default();
        let act = |event: &str, properties: Value| act(&json!({"event": event, "properties": properties}), &names);
        let pinned = HandAct::Pinned { segment: "vip".into() };
        assert_eq!(act(kind::SEGMENT_PINNED, json!({"segment": "vip", "by": "user:1"})), Some(pinned));
        let set = HandAct::StageSet { stage: "hot".into() };
        assert_eq!(act(kind::STAGE_SET, json!({"ladder": "life", "stage": "hot"})), Some(set));
        assert_eq!(act(kind::SEQUENCE_ENTERED, json!({"sequence": "calls"})), Some(HandAct::Enrolled));
        assert_eq!(act("Form Submitted", json!({"segment": "vip"})), None);
    }
}
