//! Calls in the export of a person.

use attractor_engine::time::Instant;
use attractor_store::Error;
use attractor_store::calls::Call;
use serde::Serialize;
use utoipa::ToSchema;

use super::document::{CallDocument, Entry, Reason};
use super::words;
use crate::closed_lists::CallStateName;
use crate::moves::instant;

/// A call to a person, as it is kept
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptCall {
    pub id: String,
    #[schema(value_type = CallStateName)]
    pub state: &'static str,
    /// The address of a user
    pub owner: Option<String>,
    #[schema(format = DateTime)]
    pub opened_at: String,
    #[schema(format = DateTime)]
    pub ended_at: Option<String>,
    /// Why it was opened, in the words of sequences and users
    pub reasons: Vec<String>,
    /// How it ended; null while it has not
    pub outcome: Option<String>,
    /// What users wrote about it
    pub notes: Vec<String>,
}

impl KeptCall {
    /// As it is at an instant.
    pub(crate) fn of(call: &Call, now: Instant) -> Result<KeptCall, Error> {
        let CallDocument { reasons, log } = CallDocument::of(call)?;
        Ok(KeptCall {
            id: call.id.to_string(),
            state: words::state(call, now),
            owner: call.owner.clone(),
            opened_at: instant(call.opened_at),
            ended_at: call.ended_at.map(instant),
            reasons: reasons.into_iter().map(|Reason { say, .. }| say).collect(),
            outcome: words::outcome(call),
            notes: log.into_iter().filter_map(|Entry { note, .. }| note).collect(),
        })
    }
}
