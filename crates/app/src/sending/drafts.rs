//! Drafts of sequences in review, released or rejected by a person (contract §4.10.10, §6 Copies 2).

use attractor_live::{CopyKey, Lane, Outcome, Report};
use attractor_store::copies::CopySource;
use attractor_store::outbox;
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
}

/// Releases or rejects drafts.
pub async fn decide(app: &App, actor: &Actor, asked: DraftDecision) -> Result<DraftsDecided, Refusal> {
    let keys = keys(app, &asked).await?;
    let mut done = DraftsDecided { decided: 0, others: 0 };
    for slice in keys.chunks(SLICE) {
        let decided = decide_some(app, actor, asked.decision, slice.to_vec()).await?;
        done.decided += decided;
        done.others += slice.len() - decided;
    }
    app.copies.ring();
    Ok(done)
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

/// How many of these were drafts.
async fn decide_some(app: &App, actor: &Actor, decision: Decision, keys: Vec<CopyKey>) -> Result<usize, Refusal> {
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
                .zip(counts)
                .filter(|(_, counts)| *counts)
                .map(|((lead, source), _)| source.send_id(*lead))
                .collect();
            if !decided.is_empty() {
                note(deed.connection(), &actor, now.0, what, "drafts", &json!({"copies": decided}))?;
            }
            Ok(decided.len())
        })
    };
    Ok(app.lane.run(run).await??)
}
