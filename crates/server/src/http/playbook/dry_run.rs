//! `/api/playbook/dry-run`: what a candidate would change, in rules and in people.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_app::App;
use attractor_app::VersionNumber;
use attractor_app::playbook::people::{self, Called, People, PersonItem, Some20};
use attractor_engine::condition::Names;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Differs, Finding, findings};
use crate::http::body::JsonBody;
use crate::http::extract::Path;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// Text by path in the playbook's folder
    files: Option<BTreeMap<String, String>>,
    /// Or the text of the playbook alone
    text: Option<String>,
    /// Or the files of this version, as a rollback would publish them
    #[schema(value_type = Option<i64>)]
    version: Option<VersionNumber>,
    /// As though what becomes true by it enrolled
    #[serde(default, alias = "enrol")]
    enroll: bool,
    /// As though it were a pilot for this share of the leads, in percent
    pilot: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub struct DryRun {
    /// Under which `GET /api/playbook/dry-run/{id}` tells more, until others have been asked for
    id: u64,
    /// The version that it is compared with
    #[schema(value_type = i64)]
    in_force: VersionNumber,
    difference: Differs,
    warnings: Vec<Finding>,
    people: Moved,
}

/// Whom it would move
#[derive(Serialize, ToSchema)]
pub struct Moved {
    /// Whether all leads were looked at
    complete: bool,
    /// Whether the rules are those in force; then nobody would move, and no lead is looked at
    same_rules: bool,
    looked_at: u64,
    /// Leads of whom anything would change
    moved: u64,
    segments: Vec<SegmentFlow>,
    stages: Vec<StageFlow>,
    sequences: Vec<SequenceFlow>,
    /// Why it went no further
    failed: Option<String>,
}

/// How many leads, and up to twenty of them
#[derive(Serialize, ToSchema)]
pub struct Leads {
    count: u64,
    /// The name of each lead in `leads`: its user id, else its e-mail, else its visitor's id
    names: Vec<String>,
    leads: Vec<PersonItem>,
}

/// What the candidate's parts and the leads are called.
struct Words<'a> {
    parts: &'a Names,
    leads: &'a Called,
}

impl Words<'_> {
    fn of(&self, leads: &Some20) -> Leads {
        let names = leads.some.iter().map(|(_, name)| name.clone()).collect();
        Leads { count: leads.count, names, leads: self.leads.persons(leads) }
    }
}

#[derive(Serialize, ToSchema)]
pub struct SegmentFlow {
    /// The segment's id
    segment: String,
    /// Its name in the candidate; if the candidate removes it, its name in the version in force; otherwise its id
    name: String,
    entered: Leads,
    left: Leads,
}

#[derive(Serialize, ToSchema)]
pub struct StageFlow {
    /// The ladder's id
    ladder: String,
    ladder_name: String,
    /// Null: the version in force has no such ladder
    from: Option<String>,
    from_name: Option<String>,
    /// Null: the candidate has no such ladder
    to: Option<String>,
    to_name: Option<String>,
    leads: Leads,
}

#[derive(Serialize, ToSchema)]
pub struct SequenceFlow {
    /// The sequence's id
    sequence: String,
    name: String,
    /// `enrolled`, `held_out`, `goal`, `stopped` or `finished`
    change: &'static str,
    leads: Leads,
}

impl Moved {
    fn of(people: &People, words: &Words) -> Moved {
        let names = words.parts;
        let none = Some20::default();
        let mut ids: Vec<&String> = people.entered.keys().chain(people.left.keys()).collect();
        ids.sort();
        ids.dedup();
        let segment = |id: &String| SegmentFlow {
            segment: id.clone(),
            name: names.segment(id).to_owned(),
            entered: words.of(people.entered.get(id).unwrap_or(&none)),
            left: words.of(people.left.get(id).unwrap_or(&none)),
        };
        let stages = people.stages.iter().map(|((ladder, from, to), leads)| StageFlow {
            ladder: ladder.clone(),
            ladder_name: names.ladder(ladder).to_owned(),
            from: from.clone(),
            from_name: from.as_ref().map(|id| names.stage(ladder, id).to_owned()),
            to: to.clone(),
            to_name: to.as_ref().map(|id| names.stage(ladder, id).to_owned()),
            leads: words.of(leads),
        });
        let sequences = people.sequences.iter().map(|((sequence, change), leads)| SequenceFlow {
            sequence: sequence.clone(),
            name: names.sequence(sequence).to_owned(),
            change,
            leads: words.of(leads),
        });
        Moved {
            complete: people.done,
            same_rules: people.same_rules,
            looked_at: people.looked_at,
            moved: people.moved,
            segments: ids.into_iter().map(segment).collect(),
            stages: stages.collect(),
            sequences: sequences.collect(),
            failed: people.failed.clone(),
        }
    }
}

pub(super) async fn told(app: &App, run: &people::DryRun) -> Result<(StatusCode, Json<DryRun>), Problem> {
    let people = run.people(&app.machine).await;
    let leads = Called::read(app, &people).await?;
    let people = Moved::of(&people, &Words { parts: &run.names, leads: &leads });
    let status = if people.complete || people.failed.is_some() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let (id, in_force) = (run.id, run.in_force);
    let (difference, warnings) = (Differs::from(&run.difference), findings(&run.warnings));
    Ok((status, Json(DryRun { id, in_force, difference, warnings, people })))
}

/// What a candidate would change; nothing is published. 202 where not all leads were looked at yet
#[utoipa::path(post, path = "/api/playbook/dry-run", request_body = Tried,
    responses((status = 200, body = DryRun), (status = 202, body = DryRun)))]
pub async fn begin(
    State(app): State<Arc<App>>,
    JsonBody(candidate): JsonBody<Tried>,
) -> Result<(StatusCode, Json<DryRun>), Problem> {
    let tried = people::candidate(&app, candidate.files, candidate.text, candidate.version).await?;
    let run = people::begin(&app, tried, candidate.enroll, candidate.pilot).await?;
    told(&app, &run).await
}

/// How far a dry run is, and what it found; waits up to two seconds for its end
#[utoipa::path(get, path = "/api/playbook/dry-run/{id}", params(("id" = u64, Path)),
    responses((status = 200, body = DryRun), (status = 202, body = DryRun)))]
pub async fn show(State(app): State<Arc<App>>, Path(id): Path<u64>) -> Result<(StatusCode, Json<DryRun>), Problem> {
    let gone = || Problem::new(StatusCode::NOT_FOUND, "there is no such dry run any more; begin another one");
    told(&app, &*app.dry_runs.find(id).ok_or_else(gone)?).await
}
