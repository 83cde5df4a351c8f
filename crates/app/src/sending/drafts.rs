//! Drafts of sequences in review, released or rejected by a person (contract §4.10.10, §6 Copies 2).

use std::collections::{BTreeMap, BTreeSet};

use attractor_live::{CopyKey, Lane, Outcome, Report};
use attractor_store::copies::{self, CopySource, CopyState};
use attractor_store::{LeadId, outbox};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::App;
use crate::access::note;
use crate::actor::Actor;
use crate::refusal::{Refusal, all_of};

/// The most drafts that may be named at once.
const MOST: usize = 1000;
/// How many drafts one transaction decides.
const SLICE: usize = 200;

/// What becomes of drafts
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// They wait for their turn; the gate decides as for all e-mails.
    Release,
    /// They are withdrawn for good, and their sequences go on.
    Reject,
}

/// Which drafts are released or rejected
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DraftDecision {
    pub decision: Decision,
    /// The drafts with these `send_id`s, at most 1,000
    #[serde(default)]
    pub copies: Vec<String>,
    /// Id of a sequence: all its drafts as they are now
    pub sequence: Option<String>,
}

/// What was decided
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DraftsDecided {
    /// How many drafts were released or rejected
    pub decided: usize,
    /// How many were drafts no more: somebody else decided, or their sequences ended
    pub others: usize,
    /// What those are and what withdraws a copy that waits, in English; null where all were decided
    pub others_sentence: Option<String>,
}

/// How many copies are in each state; `None`: no copy has this id.
type StatesOfOthers = BTreeMap<Option<CopyState>, usize>;

/// Releases or rejects drafts.
pub async fn decide(app: &App, actor: &Actor, asked: DraftDecision) -> Result<DraftsDecided, Refusal> {
    let keys = keys(app, &asked).await?;
    let mut others = Vec::new();
    for slice in keys.chunks(SLICE) {
        others.extend(decide_some(app, actor, asked.decision, slice.to_vec()).await?);
    }
    app.copies.ring();
    let decided = keys.len() - others.len();
    if others.is_empty() {
        return Ok(DraftsDecided { decided, others: 0, others_sentence: None });
    }
    let count = others.len();
    let states = states(app, others).await?;
    Ok(DraftsDecided { decided, others: count, others_sentence: Some(in_words(&states)) })
}

async fn keys(app: &App, asked: &DraftDecision) -> Result<Vec<CopyKey>, Refusal> {
    match (&asked.sequence, asked.copies.as_slice()) {
        (Some(sequence), []) => {
            let sequence = sequence.clone();
            app.read(move |view| {
                let versions = view.versions()?;
                let program = versions.program_in_force();
                let is_known =
                    program.is_some_and(|program| program.playbook().sequences.iter().any(|one| one.id == sequence));
                let found = outbox::drafts(view.connection, &sequence)?;
                match is_known || !found.is_empty() {
                    true => Ok(found),
                    false => Err(Refusal::invalid("/sequence", format!("the playbook has no sequence `{sequence}`"))),
                }
            })
            .await
        }
        (None, copies) if !copies.is_empty() => named(copies),
        _ => Err(Refusal::senseless("say which drafts: either `copies` or `sequence`")),
    }
}

fn named(copies: &[String]) -> Result<Vec<CopyKey>, Refusal> {
    if copies.len() > MOST {
        return Err(Refusal::invalid("/copies", format!("name at most {MOST} drafts at once")));
    }
    let read = |(place, text): (usize, &String)| {
        let wrong = || format!("`{text}` is not the `send_id` of a copy; GET /api/outbox?state=draft lists the drafts");
        CopySource::of_send_id(text).ok_or_else(|| Refusal::invalid(format!("/copies/{place}"), wrong()))
    };
    all_of(copies.iter().enumerate().map(read))
}

/// What copies that were not decided are now.
async fn states(app: &App, others: Vec<CopyKey>) -> Result<StatesOfOthers, Refusal> {
    app.read(move |view| {
        let leads: BTreeSet<LeadId> = others.iter().map(|(lead, _)| *lead).collect();
        let leads: Vec<LeadId> = leads.into_iter().collect();
        let mut known: BTreeMap<CopyKey, CopyState> = BTreeMap::new();
        for some in leads.chunks(SLICE) {
            let found = copies::of_leads(view.connection, some)?;
            known.extend(found.into_iter().map(|copy| ((copy.lead, copy.source), copy.state)));
        }
        let mut counts = StatesOfOthers::new();
        for key in &others {
            *counts.entry(known.get(key).copied()).or_default() += 1;
        }
        Ok(counts)
    })
    .await
}

/// Why these copies were not decided.
fn in_words(states: &StatesOfOthers) -> String {
    let called = |state: &Option<CopyState>| state.map_or("unknown", CopyState::name).replace('_', " ");
    let each = states.iter().map(|(state, copies)| format!("{}: {copies}", called(state)));
    let start = match states.values().sum::<usize>() {
        1 => "1 copy was not decided, because it is not a draft".to_owned(),
        count => format!("{count} copies were not decided, because they are not drafts"),
    };
    let withdraws = match states.contains_key(&Some(CopyState::Waiting)) {
        true => {
            " To withdraw a copy that waits, end its lead's enrollment with POST /api/leads/{id}/stop, or cancel its \
             broadcast with POST /api/broadcasts/{id}/cancel."
        }
        false => "",
    };
    format!("{start} ({}).{withdraws}", each.collect::<Vec<_>>().join(", "))
}

/// Decides some; those that were not drafts.
async fn decide_some(
    app: &App,
    actor: &Actor,
    decision: Decision,
    keys: Vec<CopyKey>,
) -> Result<Vec<CopyKey>, Refusal> {
    let (outcome, what) = match decision {
        Decision::Release => (Outcome::DraftReleased, "drafts released"),
        Decision::Reject => (Outcome::DraftRejected, "drafts rejected"),
    };
    let (actor, now) = (actor.clone(), app.clock.now());
    let run = move |lane: &mut Lane| {
        lane.deed(now, |deed| {
            let report = |key: &CopyKey| Report {
                key: key.clone(),
                claim: None,
                outcome: outcome.clone(),
                messages: Vec::new(),
            };
            let counts = deed.settle_copies(&keys.iter().map(report).collect::<Vec<_>>())?;
            let decided: Vec<String> = keys
                .iter()
                .zip(&counts)
                .filter(|(_, counts)| **counts)
                .map(|((lead, source), _)| source.send_id(*lead))
                .collect();
            if !decided.is_empty() {
                note(deed.connection(), &actor, now.0, what, "drafts", &json!({"copies": decided}))?;
            }
            let others = keys.iter().zip(&counts).filter(|(_, counts)| !**counts);
            Ok(others.map(|(key, _)| key.clone()).collect::<Vec<CopyKey>>())
        })
    };
    Ok(app.lane.run(run).await??)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_decided_is_said_with_its_states_and_what_withdraws_a_copy_that_waits() {
        let withdraws = " To withdraw a copy that waits, end its lead's enrollment with POST /api/leads/{id}/stop, or cancel \
                         its broadcast with POST /api/broadcasts/{id}/cancel.";
        for (states, expected) in [
            (vec![(None, 1)], "1 copy was not decided, because it is not a draft (unknown: 1).".to_owned()),
            (
                vec![(Some(CopyState::InDoubt), 2)],
                "2 copies were not decided, because they are not drafts (in doubt: 2).".to_owned(),
            ),
            (
                vec![(Some(CopyState::Waiting), 1), (Some(CopyState::Withdrawn), 2)],
                format!(
                    "3 copies were not decided, because they are not drafts (waiting: 1, withdrawn: 2).{withdraws}"
                ),
            ),
        ] {
            let states: StatesOfOthers = states.into_iter().collect();
            assert_eq!(in_words(&states), expected);
        }
    }
}
