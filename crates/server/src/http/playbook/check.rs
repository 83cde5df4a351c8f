//! `POST /api/playbook/check`: what is wrong with a candidate.

use std::collections::BTreeMap;
use std::sync::Arc;

use attractor_app::App;
use attractor_app::playbook::check::problems_here;
use attractor_app::playbook::people::files;
use attractor_engine::playbook::Severity;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Finding, findings};
use crate::http::body::JsonBody;
use crate::http::problem::Problem;

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Checkable {
    /// Text by path in the playbook's folder
    files: Option<BTreeMap<String, String>>,
    /// Or the text of the playbook alone
    text: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub struct Checked {
    errors: usize,
    warnings: usize,
    /// What the playbook costs that is good to know
    notes: usize,
    problems: Vec<Finding>,
    /// One line each, `FILE:LINE:COL: what is wrong, what would be right`
    lines: Vec<String>,
}

/// Everything that is wrong with a candidate, or hardly meant so: by the playbook alone, by the events and attributes that
/// were received, and by the webhooks and forms that name parts of it
#[utoipa::path(post, path = "/api/playbook/check", request_body = Checkable, responses((status = 200, body = Checked)))]
pub async fn check(
    State(app): State<Arc<App>>,
    JsonBody(candidate): JsonBody<Checkable>,
) -> Result<Json<Checked>, Problem> {
    let files = files(candidate.files, candidate.text)?;
    let (zones, alert_lists) = (app.machine.zones(), app.settings.alert_lists.clone());
    let found = app.read(move |view| problems_here(view, &files, &zones, &alert_lists)).await?;
    let errors = found.iter().filter(|finding| finding.problem.is_error()).count();
    let notes = found.iter().filter(|finding| finding.problem.severity == Severity::Note).count();
    Ok(Json(Checked {
        errors,
        warnings: found.len() - errors - notes,
        notes,
        problems: findings(&found),
        lines: found.iter().map(ToString::to_string).collect(),
    }))
}
