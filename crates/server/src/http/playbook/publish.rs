//! `PUT /api/playbook`: a new version.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_app::App;
use attractor_app::VersionNumber;
use attractor_app::actor::Actor;
use attractor_app::playbook::check::Bodies;
use attractor_app::playbook::number;
use attractor_app::playbook::publish::{self, PublishRequest};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Differs, Finding, findings, if_match, tag};
use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Candidate {
    /// Text by path in the playbook's folder
    files: BTreeMap<String, String>,
    /// What changed and why, for those who come later
    #[serde(default)]
    note: String,
    /// Publish whatever it is based on, and end a pilot that runs
    #[serde(default)]
    force: bool,
    /// Let the moves that it causes enroll
    #[serde(default, alias = "enrol")]
    enroll: bool,
    /// For this share of the leads alone, in percent, until it is promoted or withdrawn
    pilot: Option<f64>,
}

#[derive(Serialize, ToSchema)]
pub struct Published {
    /// The version that these files are
    #[schema(value_type = i64)]
    version: VersionNumber,
    #[schema(value_type = i64)]
    in_force: VersionNumber,
    /// False: it was so already, and nothing was published
    changed: bool,
    difference: Differs,
    warnings: Vec<Finding>,
}

impl From<publish::Published> for Published {
    fn from(done: publish::Published) -> Published {
        Published {
            version: done.version,
            in_force: done.in_force,
            changed: done.changed,
            difference: Differs::from(&done.difference),
            warnings: findings(&done.warnings),
        }
    }
}

/// Publishes a version. `If-Match` names the version that it was made from; where another one is in force, nothing is
/// published, and the 412 holds the difference
#[utoipa::path(put, path = "/api/playbook", request_body = Candidate, params(
    ("if-match" = Option<String>, Header, description = "The version that it was made from, as its ETag")),
    responses((status = 200, body = Published), (status = 412, description = "Another version is in force")))]
pub async fn put(
    State(app): State<Arc<App>>,
    Extension(actor): Extension<Actor>,
    headers: HeaderMap,
    JsonBody(candidate): JsonBody<Candidate>,
) -> Result<impl IntoResponse, Problem> {
    let in_force = app.read(number).await?;
    let based_on = if_match(&headers, in_force)?;
    let Candidate { files, note, force, enroll: enrols, pilot } = candidate;
    let (draft, bodies) = (None, Bodies::Made);
    let request = PublishRequest { files, note, based_on, force, enrols, pilot, draft, bodies };
    let done = publish::publish(&app, &actor, request).await?;
    Ok((tag(done.in_force), Json(Published::from(done))))
}
